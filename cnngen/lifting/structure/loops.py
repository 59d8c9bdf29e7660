"""Items that follow one another and are alike, as loops."""

from __future__ import annotations

import re

from cnngen.lifting.structure.items import Group, Item, Layer, Loop, Use, parts, rebuild
from cnngen.lifting.structure.skeletons import arguments, skeleton

LONGEST_PERIOD = 8


def looped(items: tuple[Item, ...], *, named: bool) -> tuple[Item, ...]:
    """The items with a ``repeat`` for what is repeated, in groups and regions too.

    Args:
        items: those of a group, a block or a network.
        named: whether what has no label is named after its place in the source, so that a loop
            would give layers with weights other names.
    """
    inner = tuple(
        rebuild(item, tuple(looped(body, named=_is_named(item, body, named)) for body in parts(item)))
        for item in items
    )
    return _counted(_repeated(inner, named), named)


def _is_named(item: Item, body: tuple[Item, ...], around: bool) -> bool:
    if isinstance(item, (Group, Use)):
        return any(each.label for each in body) or not all(
            isinstance(each, (Layer, Group, Use)) for each in body
        )
    return around


def _repeated(items: tuple[Item, ...], named: bool) -> tuple[Item, ...]:
    made: list[Item] = []
    place = 0
    while place < len(items):
        period, times = _period(items[place:])
        run = items[place : place + period]
        if times > 1 and not (named and any(_has_name(item) for item in run)):
            made.append(Loop(run, times))
            place += period * times
        else:
            made.append(items[place])
            place += 1
    return tuple(made)


def _period(items: tuple[Item, ...]) -> tuple[int, int]:
    """How many items come again, and how often; the most that a loop takes away."""
    best = (1, 1)
    for period in range(1, min(LONGEST_PERIOD, len(items) // 2) + 1):
        times = 1
        while _equal(items[:period], items[period * times : period * (times + 1)]):
            times += 1
        saved = period * (times - 1)
        if times > 1 and saved > best[0] * (best[1] - 1) and period * times > 1:
            best = (period, times)
    return best


def _equal(a: tuple[Item, ...], b: tuple[Item, ...]) -> bool:
    if len(a) != len(b) or not a:
        return False
    return skeleton(a) == skeleton(b) and _arguments(a) == _arguments(b)


def _arguments(items: tuple[Item, ...]) -> list[object]:
    return [sorted(given.items(), key=lambda pair: pair[0]) for given, _ in arguments(items)]


def _has_name(item: Item) -> bool:
    return bool(item.label) or not isinstance(item, Layer) or item.weighted


# --- labels that count -------------------------------------------------------------------------


def _counted(items: tuple[Item, ...], named: bool) -> tuple[Item, ...]:
    """``layer1: unit 64, layer2: unit 64`` as a loop that counts."""
    made: list[Item] = []
    place = 0
    while place < len(items):
        run = _counting(items[place:])
        if len(run) > 2:
            made.append(_loop(run))
            place += len(run)
        else:
            made.append(items[place])
            place += 1
    return tuple(made)


def _counting(items: tuple[Item, ...]) -> tuple[Item, ...]:
    run = items[:1]
    found = _number(run[0])
    if found is None:
        return run
    stem, first = found
    for item in items[1:]:
        if _number(item) != (stem, first + len(run)):
            break
        if not _equal((run[0]._replace(label=""),), (item._replace(label=""),)):
            break
        run = (*run, item)
    return run


def _number(item: Item) -> tuple[str, int] | None:
    if not isinstance(item, (Layer, Use, Group)):
        return None
    match = re.fullmatch(r"([a-z][a-z_]*)([0-9]|[1-9][0-9]+)", item.label)
    return (match[1], int(match[2])) if match else None


def _loop(run: tuple[Item, ...]) -> Loop:
    found = _number(run[0])
    assert found is not None
    stem, first = found
    index = {0: "i"}.get(first, f"i + {first}")
    return Loop((run[0]._replace(label=f"{stem}[{index}]"),), len(run), ("i",), f"range({len(run)})")
