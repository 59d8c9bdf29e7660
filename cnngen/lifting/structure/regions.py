"""A graph of parts as chains: residuals, gates and branches, and labels for the rest."""

from __future__ import annotations

from collections.abc import Callable

from cnngen.lifting.structure.items import (
    Branches,
    Gate,
    Item,
    Read,
    Residual,
    everything,
)
from cnngen.lifting.structure.labels import plain_name
from cnngen.lifting.structure.scopes import Leaf, Part
from cnngen.lifting.structure.steps import Steps
from cnngen.lifting.traced import Join
from cnngen.ops import ConvTranspose, PixelShuffle, Resize
from cnngen.record import NamedTuple

LONGEST = 24
"""Parts of a region; what is longer is read more easily with a label."""


class Region(NamedTuple):
    """Parts between a value and the join of what is made of it."""

    join: Leaf
    branches: tuple[tuple[Part, ...], ...]

    @property
    def parts(self) -> set[Part]:
        """The join, and what is joined."""
        return {self.join, *(part for branch in self.branches for part in branch)}


class Chain:
    """Writes the parts of one scope as items.

    Args:
        steps: those of the model.
        outside: for each value, how many parts outside of this scope, or returns, read it.
        item: makes the item of a part that stands in the chain.
        named: whether layers keep their names, so that the path of a shortcut is one part.
    """

    def __init__(
        self,
        steps: Steps,
        outside: dict[int, int],
        item: Callable[[Part], Item],
        *,
        named: bool,
    ) -> None:
        self.steps, self.outside, self.item, self.named = steps, outside, item, named

    def items(self, parts: tuple[Part, ...], start: int) -> tuple[Item, ...]:
        """The items of parts in order, from the value ``start`` on."""
        remaining = list(parts)
        current = start
        made: list[Item] = []
        while remaining:
            region = self._region(current, remaining)
            if region is not None:
                item = self._of_region(region, current)
                made.append(item)
                remaining = [part for part in remaining if part not in region.parts]
                current = region.join.at
                continue
            part = self._next(current, remaining)
            remaining.remove(part)
            made += self._read(part, current)
            current = made[-1].value
        return tuple(made)

    def _next(self, current: int, remaining: list[Part]) -> Part:
        """What goes on from the current value where that can be run, else what comes first."""
        waiting = {at for part in remaining for at in part.steps}
        ready = [part for part in remaining if not waiting & set(part.inputs)]
        return next((part for part in ready if current in part.inputs), ready[0])

    def _read(self, part: Part, current: int) -> list[Item]:
        """A part, with what brings its input here."""
        if isinstance(part, Leaf) and isinstance(self.steps[part.at].what, Join):
            return self._join(part, current)
        source = part.inputs[0]
        read = [] if source == current else [self._from(source)]
        return [*read, self.item(part)]

    def _from(self, source: int) -> Item:
        return Read("from", (source,), self._channels(source), source)

    def _join(self, part: Leaf, current: int) -> list[Item]:
        join = self.steps[part.at].what
        assert isinstance(join, Join)
        first, *others = part.inputs
        made: list[Item] = []
        if join.word in ("concat", "subtract"):
            if first != current:
                made.append(self._from(first))
        elif current in part.inputs:
            others = list(part.inputs)
            others.remove(current)
            first = current
        else:
            made.append(self._from(first))
        axis = join.axis if join.word == "concat" and join.axis != "channels" else ""
        channels = self._channels(first)
        return [*made, Read(join.word, tuple(others), channels, part.at, axis=axis)]

    # --- regions -----------------------------------------------------------------------------

    def _region(self, current: int, remaining: list[Part]) -> Region | None:
        """The first join of what is made of the current value alone, if there is one.

        Where another one holds all that reads the value, that is it: what a residual's body begins
        with is in the residual.
        """
        produced = {at: part for part in remaining for at in part.steps}
        readers = {part for part in remaining if current in part.inputs}
        first = None
        for part in remaining[: 2 * LONGEST]:
            if isinstance(part, Leaf) and isinstance(self.steps[part.at].what, Join):
                region = self._closed(part, current, produced, remaining)
                if region is not None and readers <= region.parts:
                    return region
                first = first or region
        return first

    def _closed(
        self, join: Leaf, current: int, produced: dict[int, Part], remaining: list[Part]
    ) -> Region | None:
        what = self.steps[join.at].what
        assert isinstance(what, Join)
        if not _has_region(what) or len(set(join.inputs)) != len(join.inputs):
            return None
        branches = [self._branch(of, current, produced) for of in join.inputs]
        if any(branch is None for branch in branches):
            return None
        found = [branch for branch in branches if branch is not None]
        every = [part for branch in found for part in branch]
        if len(set(every)) != len(every) or not every or len(every) > LONGEST:
            return None
        if what.word == "concat" and not all(found) and self._enlarges(every):
            return None
        if not _fits(what, found, named=self.named) or not self._keeps_shape(
            what, current, join.at
        ):
            return None
        inside = {join, *every}
        values = {at for part in every for at in part.steps}
        if any(self.outside.get(at) for at in values):
            return None
        for part in remaining:
            if part not in inside and values & set(part.inputs):
                return None
        order = {part: place for place, part in enumerate(remaining)}
        rows = tuple(tuple(sorted(branch, key=order.__getitem__)) for branch in found)
        return Region(join, rows)

    def _branch(self, end: int, current: int, produced: dict[int, Part]) -> list[Part] | None:
        """The parts between two values; None where something else comes in."""
        found: dict[Part, None] = {}
        waiting = [end]
        while waiting:
            value = waiting.pop()
            if value == current:
                continue
            part = produced.get(value)
            if part is None or len(found) > LONGEST:
                return None
            if part not in found:
                found[part] = None
                waiting += part.inputs
        return list(found)

    def _of_region(self, region: Region, current: int) -> Item:
        join = self.steps[region.join.at].what
        assert isinstance(join, Join)
        bodies = tuple(self.items(branch, current) for branch in region.branches)
        channels, value = self._channels(current), region.join.at
        if join.word == "concat":
            return Branches(bodies, channels, value)
        if join.word == "multiply":
            return Gate(next(body for body in bodies if body), channels, value)
        body, path = sorted(bodies, key=_weight, reverse=True)
        return Residual(body, channels, value, path or "identity")

    def _enlarges(self, parts: list[Part]) -> bool:
        """Whether a map shrinks and grows again: what passes by that has a label, as in a U-Net."""
        ops = (self.steps[at].what for part in parts for at in part.steps)
        return any(isinstance(op, (ConvTranspose, PixelShuffle, Resize)) for op in ops)

    def _keeps_shape(self, join: Join, current: int, end: int) -> bool:
        """Whether a gate's input is what has the shape of the product."""
        return join.word != "multiply" or self.steps[current].shape == self.steps[end].shape

    def _channels(self, value: int) -> int:
        return self.steps[value].shape.channels


def _has_region(join: Join) -> bool:
    return join.word in ("add", "multiply") or join == Join("concat")


def _fits(join: Join, branches: list[list[Part]], *, named: bool) -> bool:
    empty = sum(not branch for branch in branches)
    if join.word == "concat":
        return empty <= 1
    if len(branches) != 2:
        return False
    return empty == 1 or (join.word == "add" and (not named or _has_path(branches)))


def _has_path(branches: list[list[Part]]) -> bool:
    """Whether one branch can be the path of a shortcut, and keeps its name as that."""
    names = [branch[0].name for branch in branches if len(branch) == 1]
    return bool(names) and all(name == plain_name(name) for name in names if name)


def _weight(body: tuple[Item, ...]) -> tuple[int, int]:
    """What makes one branch the body and the other the path of the shortcut."""
    return len(body), sum(1 for _ in everything(body))
