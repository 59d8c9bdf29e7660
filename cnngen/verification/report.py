"""What was found out about a network."""

from __future__ import annotations

from cnngen.record import NamedTuple

JUDGED = 1e-3
"""What rounding alone moves by more than this is shown and not judged."""


class Place(NamedTuple):
    """Where two models part, in words.

    ``layer`` where it is known to be this one, ``step`` where it is one of several, from 1 on.
    """

    text: str = ""
    layer: str = ""
    step: int = 0

    def at_step(self, number: int) -> Place:
        """The same in a step of training."""
        text = f"{self.text}, step {number}" if self.text else f"step {number}"
        return self._replace(text=text, step=number)


class Row(NamedTuple):
    """Two models compared in one respect.

    Attributes:
        check: what was compared.
        pair: the names of the two; the relative difference is to the second.
        absolute: the largest difference.
        relative: the largest difference relative to its scale.
        limit: what is allowed of ``relative``; None where it is shown but not judged.
        place: where the difference first exceeds it, or where both have diverged.
        why: the reason for a limit other than the usual.
        diverged: whether both have left the numbers that can be compared.
    """

    check: str
    pair: tuple[str, str]
    absolute: float
    relative: float
    limit: float | None
    place: Place = Place()
    why: str = ""
    diverged: bool = False

    @property
    def verdict(self) -> str:
        """What is to be said of it: ``shown``, ``diverged``, ``ok`` or ``differs``."""
        if self.limit is None:
            return "shown"
        if self.diverged:
            return "diverged"
        return "ok" if self.relative <= self.limit else "differs"  # NaN is never allowed

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong: what has diverged shows nothing, so it does not hold."""
        return self.verdict in ("shown", "ok")

    def allowing(self, noise: float) -> Row:
        """The same with what rounding alone comes to, if that is more than what is allowed."""
        if self.limit is None or not noise > self.limit:
            return self
        why = f"{self.check}: rounding alone moves it by up to {noise:.0e}"
        why = f"{self.why}; {why}" if self.why else why
        return self._replace(limit=noise if noise <= JUDGED else None, why=why)


class Report(NamedTuple):
    """All that was compared of one network.

    ``losses`` are those of training by optimiser and model, in the order of the steps.
    """

    network: str
    dtype: str
    batch: int
    rows: tuple[Row, ...]
    losses: dict[str, dict[str, list[float]]]

    @property
    def holds(self) -> bool:
        """Whether everything agrees."""
        return all(row.holds for row in self.rows)
