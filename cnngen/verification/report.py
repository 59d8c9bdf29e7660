"""What was found out about a network."""

from __future__ import annotations

from cnngen.record import NamedTuple


class Row(NamedTuple):
    """Two models compared in one respect.

    Attributes:
        check: what was compared.
        pair: the names of the two; the relative difference is to the second.
        absolute: the largest difference.
        relative: the largest difference relative to its scale.
        limit: what is allowed of ``relative``; None where it is shown but not judged.
        layer: where the difference first exceeds it.
        why: the reason for a limit other than the usual.
    """

    check: str
    pair: tuple[str, str]
    absolute: float
    relative: float
    limit: float | None
    layer: str = ""
    why: str = ""

    @property
    def holds(self) -> bool:
        """Whether the difference is allowed; NaN never is."""
        return self.limit is None or self.relative <= self.limit


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
