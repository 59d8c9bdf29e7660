"""What follows itself in a chain, as turns of a loop do: found by structure, drawn once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnngen.ir import (
    Branches,
    Chain,
    Gate,
    Instance,
    Item,
    Join,
    Layer,
    Residual,
    Resume,
    Reuse,
    is_unnamed,
    named_items,
    parts,
)
from cnngen.ops import Op
from cnngen.record import NamedTuple

LONGEST_TURN = 32
"""Items of one turn of a loop that are looked for."""


class Run(NamedTuple):
    """Items that stand one after another ``times`` times; ``items`` are those of all turns."""

    items: tuple[Item, ...]
    times: int

    @property
    def period(self) -> int:
        """The items of one turn."""
        return len(self.items) // self.times

    def turns(self, place: int) -> tuple[Item, ...]:
        """What stands at one place in each turn."""
        return self.items[place :: self.period]


class Folder:
    """Finds runs. Bodies of blocks are compared once for all uses that share them."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self._bodies: dict[int, int] = {}
        self._kept: list[Chain] = []

    def runs(self, items: Sequence[Item], read: frozenset[str]) -> Iterator[Run]:
        """The items in order, each in one run.

        Args:
            items: of a chain.
            read: labels that are read further on: what has one is not like others.
        """
        marks = [self._mark(item, read) for item in items]
        start = 0
        while start < len(items):
            period, times = _longest(marks, start)
            end = start + period * times
            yield Run(tuple(items[start:end]), times)
            start = end

    def _mark(self, item: Item, read: frozenset[str]) -> int:
        """Equal for items that are drawn alike: shapes and names do not count."""
        if _is_read(item, read):
            return self._number((object(),))
        return self._signature(item)

    def _signature(self, item: Item) -> int:
        place = (item.at.span.source.path, item.at.span.start, type(item).__name__)
        if isinstance(item, Layer):
            return self._number((place, _essence(item.op)))
        if isinstance(item, Instance):
            return self._number((place, item.block.span.start, self._body(item.body)))
        if isinstance(item, Join):
            return self._number((place, item.kind, item.labels, item.axis, item.mode))
        if isinstance(item, (Resume, Reuse)):
            return self._number((place, item.label))
        if isinstance(item, (Chain, Residual, Branches, Gate)):
            inside = tuple(map(self._signature, parts(item)))
            mode = (item.mode, item.inserted) if isinstance(item, Residual) else ()
            return self._number((place, mode, inside))
        return self._number((object(),))

    def _body(self, body: Chain) -> int:
        if id(body) not in self._bodies:
            self._kept.append(body)  # so that no other one gets its identity
            self._bodies[id(body)] = self._signature(body)
        return self._bodies[id(body)]

    def _number(self, key: object) -> int:
        return self._numbers.setdefault(key, len(self._numbers))


def _essence(op: Op) -> object:
    """What counts of a layer: rates of what draws at random may change from turn to turn."""
    return type(op) if op.draws else op


def _is_read(item: Item, read: frozenset[str]) -> bool:
    if item.name in read:
        return True
    if not isinstance(item, (Residual, Branches, Gate)):
        return False
    inside = (part for part in parts(item) if is_unnamed(part))
    return any(each.name in read for chain in inside for each in named_items(chain))


def _longest(marks: Sequence[int], start: int) -> tuple[int, int]:
    """The period and the number of turns that take in most from here; 1 and 1 where none does."""
    best = (1, 1)
    for period in range(1, LONGEST_TURN + 1):
        end = start + period
        while (
            end + period <= len(marks)
            and marks[end : end + period] == marks[start : start + period]
        ):
            end += period
        turns = (end - start) // period
        if turns > 1 and turns * period > best[0] * best[1]:
            best = (period, turns)
        if start + 2 * period > len(marks):
            break
    return best
