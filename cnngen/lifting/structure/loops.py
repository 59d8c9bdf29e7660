"""Items that follow one another and are alike, as loops."""

from __future__ import annotations

import re
from collections.abc import Callable

from cnngen.lifting.structure.items import (
    INSIDE,
    Branches,
    Formula,
    Group,
    If,
    Item,
    Layer,
    Loop,
    Optional,
    Use,
    parts,
    rebuild,
    same_namespace,
)
from cnngen.lifting.structure.labels import QUOTED
from cnngen.lifting.structure.norms import is_cut
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
        rebuild(item, tuple(_of_body(item, body, named) for body in parts(item))) for item in items
    )
    return _in_rows(_counted(_repeated(inner, named)), named)


def _of_body(item: Item, body: tuple[Item, ...], named: bool) -> tuple[Item, ...]:
    found = looped(body, named=_is_named(item, body, named))
    if isinstance(item, Branches) and len(found) == 1 and isinstance(found[0], Loop):
        return body  # a loop among branches makes a branch in each turn
    return found


def _is_named(item: Item, body: tuple[Item, ...], around: bool) -> bool:
    return not is_plain(body) if isinstance(item, (Group, Use)) else around


def is_plain(items: tuple[Item, ...]) -> bool:
    """Whether the items of a group or block are numbered: nothing has a label, nothing joins."""
    inside = [item for item in same_namespace(items) if not isinstance(item, (Loop, Optional, If))]
    return all(isinstance(item, (Layer, Group, Use)) and not item.label for item in inside)


def _repeated(items: tuple[Item, ...], named: bool) -> tuple[Item, ...]:
    made: list[Item] = []
    place = 0
    while place < len(items):
        period, times = _period(items[place:])
        run = items[place : place + period]
        cuts = is_cut(items, place) or (isinstance(run[-1], Layer) and run[-1].before_norm)
        if times > 1 and not cuts and not (named and any(_has_name(item) for item in run)):
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


def _counted(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """``layer1: unit 64, layer2: unit 64`` as a loop that counts."""
    made: list[Item] = []
    place = 0
    while place < len(items):
        period, times = _counting(items[place:])
        if times > 1 and period * times > 2:
            run = items[place : place + period]
            made.append(Loop(tuple(_with_index(item) for item in run), times, ("i",)))
            place += period * times
        else:
            made.append(items[place])
            place += 1
    return tuple(made)


def _counting(items: tuple[Item, ...]) -> tuple[int, int]:
    """How many items come again with labels that count on, and how often."""
    best = (1, 1)
    for period in range(1, min(LONGEST_PERIOD, len(items) // 2) + 1):
        first = items[:period]
        if not _numbers(first) or not all(_may_count(item) for item in first):
            continue
        times = 1
        while _counts_on(first, items[period * times : period * (times + 1)], times):
            times += 1
        if period * (times - 1) > best[0] * (best[1] - 1):
            best = (period, times)
    return best


def _may_count(item: Item) -> bool:
    """Whether a loop can give it its name: a layer with weights needs a label with a number."""
    inside = [each for each in same_namespace((item,)) if isinstance(each, (Layer, Use, Group))]
    named = (each for each in inside if not isinstance(each, Layer) or each.weighted or each.label)
    return all(_split(each.label) is not None for each in named)


def _counts_on(first: tuple[Item, ...], items: tuple[Item, ...], turn: int) -> bool:
    expected = [(stem, number + turn) for stem, number in _numbers(first)]
    if len(items) != len(first) or _numbers(items) != expected:
        return False
    return _equal(tuple(map(_bare, first)), tuple(map(_bare, items)))


def _numbers(items: tuple[Item, ...]) -> list[tuple[str, int]]:
    found = [_split(item.label) for item in same_namespace(items) if item.label]
    return [each for each in found if each is not None]


def _split(label: str) -> tuple[str, int] | None:
    """A label as what stands before its number, and the number."""
    match = re.fullmatch(r"(.*?[^0-9])(0|[1-9][0-9]*)", label)
    return (match[1], int(match[2])) if match else None


def _bare(item: Item) -> Item:
    return _relabelled(item, lambda label: "")


def _with_index(item: Item) -> Item:
    return _relabelled(item, _indexed)


def _indexed(label: str) -> str:
    found = _split(label)
    if found is None:
        return label
    stem, first = found
    index = f"i + {first}" if first else "i"
    is_plain_name = stem.isidentifier() and stem not in QUOTED
    return f"{stem}[{index}]" if is_plain_name else f'"{stem}{{{index}}}"'


def _relabelled(item: Item, change: Callable[[str], str]) -> Item:
    if item.label:
        item = item._replace(label=change(item.label))
    if isinstance(item, INSIDE):
        bodies = tuple(tuple(_relabelled(each, change) for each in body) for body in parts(item))
        return rebuild(item, bodies)
    return item


# --- rows of a table -----------------------------------------------------------------------------

LEAST_ROWS = 3
"""Uses of a block that are a table."""

MOST_VALUES = 2
"""Values that differ from row to row; with more, the uses themselves are the table."""

MOST_CHARACTERS = 70
"""Of the values, which stand in one line: in several, they are as long as the uses are."""


def _in_rows(items: tuple[Item, ...], named: bool) -> tuple[Item, ...]:
    """Uses of one block that differ in few values, as a loop over these."""
    made: list[Item] = []
    place = 0
    while place < len(items):
        end = place + 1
        while not named and end < len(items) and _follows(items[place], items[end]):
            end += 1
        run = items[place:end]
        loop = _over_values(run) if len(run) >= LEAST_ROWS else None
        made += run if loop is None else [loop]
        place = end
    return tuple(made)


def _follows(first: Item, item: Item) -> bool:
    if not isinstance(first, Use) or not isinstance(item, Use) or first.label or item.label:
        return False
    return first.block == item.block and len(_differing((first, item))) <= MOST_VALUES


def _differing(run: tuple[Item, ...]) -> list[str]:
    uses = [item for item in run if isinstance(item, Use)]
    return [
        name
        for name in uses[0].arguments
        if any(use.arguments[name] != uses[0].arguments[name] for use in uses)
    ]


def _over_values(run: tuple[Item, ...]) -> Loop | None:
    first = run[0]
    assert isinstance(first, Use)
    names = _differing(run)
    rows = [[use.arguments[name] for name in names] for use in run if isinstance(use, Use)]
    if len(names) > MOST_VALUES or not all(type(v) in (int, float) for row in rows for v in row):
        return None
    texts = [", ".join(map(repr, row)) for row in rows]
    values = ", ".join(texts if len(names) == 1 else [f"[{text}]" for text in texts])
    if len(values) > MOST_CHARACTERS:
        return None
    given = {**first.arguments, **{name: Formula(name) for name in names}}
    return Loop((first._replace(arguments=given),), len(run), tuple(names), f"[{values}]")
