"""Which items of a chain are written alike, one after another, so that they can be a loop."""

from __future__ import annotations

from collections.abc import Callable

from cnngen.formula import Formula, is_constant, operation
from cnngen.ir import Chain, Loop

FEWEST = 3
"""Uses of a block in a row that become a loop though the source has none."""


class Runs:
    """The runs of a chain, found once for all of its places.

    ``continues`` says whether the item after a place is written as the one at it, under the next
    name; ``formula`` gives how often a loop of the source runs in the terms that are written.
    """

    def __init__(
        self, chain: Chain, continues: Callable[[int], bool], formula: Callable[[Formula], Formula]
    ) -> None:
        count = len(chain.items)
        self.stops = [count] * count
        for place in range(count - 2, -1, -1):
            self.stops[place] = self.stops[place + 1] if continues(place) else place + 1
        self.around: dict[int, list[Loop]] = {}
        for loop in chain.loops:
            written = loop._replace(times=formula(loop.times))
            for place in range(loop.start, loop.stop):
                self.around.setdefault(place, []).append(written)

    def at(self, place: int) -> Loop | None:
        """The longest loop that starts here: the rest of one of the source, or a run without one.

        Where the number of turns is a parameter, one turn is enough.
        """
        for start, stop, times in self.around.get(place, ()):
            left = operation("-", times, place - start)
            if self.stops[place] >= stop and (stop - place > 1 or not is_constant(left)):
                return Loop(place, stop, left)
        stop = self.stops[place]
        return Loop(place, stop, stop - place) if stop - place >= FEWEST else None
