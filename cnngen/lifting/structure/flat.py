"""Graphs without modules, as Keras has them: what occurs several times is found by its form.

Names of layers are no keys of weights there, so that what is found can be a block.
"""

from __future__ import annotations

from collections.abc import Mapping

from cnngen.lifting.structure.alignment import is_part
from cnngen.lifting.structure.blocks import CHAIN
from cnngen.lifting.structure.items import (
    INSIDE,
    Branches,
    Gate,
    Group,
    Head,
    Item,
    Layer,
    Read,
    Residual,
    everything,
    parts,
    rebuild,
    same_namespace,
)
from cnngen.lifting.structure.norms import ACTIVATIONS, is_cut
from cnngen.lifting.structure.skeletons import arguments, skeleton

LEAST_LAYERS = 4
"""Layers of a chain that is worth a block."""

LEAST_TIMES = 3
"""How often such a chain comes, one after another."""

LONGEST_PERIOD = 24

NAMES: dict[type, str] = {Residual: "unit", Branches: "mixed", Gate: "squeeze_excite"}
"""What blocks are called after what they begin with."""


def grouped(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Items in which regions and chains that come again are groups, as modules would be."""
    items = _regions(items)
    items = _like_bodies(items, _bodies(items))
    return _periodic(items)


def ungrouped(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Items without the groups that have become no block and have no name."""
    made: list[Item] = []
    for item in items:
        item = rebuild(item, tuple(map(ungrouped, parts(item))))
        plain = isinstance(item, Group) and not (item.label or item.identity or item.is_read)
        made += parts(item)[0] if plain else [item]
    return tuple(made)


def _regions(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Each region with the activation after it, where it holds layers with weights."""
    made: list[Item] = []
    place = 0
    while place < len(items):
        item = items[place]
        if isinstance(item, (Group, Head, *INSIDE)):
            item = rebuild(item, tuple(map(_regions, parts(item))))
        place += 1
        name = NAMES.get(type(item))
        if name is None or item.label or not _is_weighted(item) or _is_read(items, item):
            made.append(item)
            continue
        run: tuple[Item, ...] = (item,)
        if place < len(items) and _is_activation(items[place]):
            run = (*run, items[place])
            place += 1
        made.append(_group(run, name))
    return tuple(made)


def _is_weighted(item: Item) -> bool:
    return any(isinstance(each, Layer) and each.weighted for each in everything((item,)))


def _is_read(items: tuple[Item, ...], item: Item) -> bool:
    """Whether a value in it is read from outside, as the values of a block cannot be."""
    inside = {each.value for each in everything((item,))}
    reads = (each for each in items if isinstance(each, Read) and each is not item)
    return any(of in inside for each in reads for of in each.of)


def _is_activation(item: Item) -> bool:
    return isinstance(item, Layer) and item.word in ACTIVATIONS and not item.label


def _group(run: tuple[Item, ...], name: str) -> Group:
    return Group(run, run[0].channels, run[-1].value, "", name, name)


def _bodies(items: tuple[Item, ...]) -> list[tuple[Item, ...]]:
    """One of each form of residuals' bodies, the longest first."""
    residuals = [each for each in everything(items) if isinstance(each, Residual)]
    found = {skeleton(each.body): each.body for each in residuals}
    return sorted((body for body in found.values() if len(body) >= LEAST_LAYERS), key=len)[::-1]


def _like_bodies(items: tuple[Item, ...], bodies: list[tuple[Item, ...]]) -> tuple[Item, ...]:
    """What is like the body of a residual, but has no shortcut, is a unit that changes shape."""
    made: list[Item] = []
    place = 0
    while place < len(items):
        run = next((run for body in bodies if (run := _like(body, items, place))), ())
        if run and not _are_read(items, run):
            made.append(_group(run, NAMES[Residual]))
            place += len(run)
        else:
            made.append(items[place])
            place += 1
    return tuple(made)


def _like(body: tuple[Item, ...], items: tuple[Item, ...], place: int) -> tuple[Item, ...]:
    """The items from this place on that are a residual's body, or the most of one."""
    for length in range(len(body), max(LEAST_LAYERS, len(body) // 2) - 1, -1):
        run = items[place : place + length]
        if is_cut(items, place) or is_cut(items, place + length) or len(run) < length:
            continue
        if is_part(run, body) and _windows(run) <= _windows(body):
            return run
    return ()


def _windows(items: tuple[Item, ...]) -> set[object]:
    """The windows of plain convolutions, which the uses of a block have alike."""
    layers = (item for item in everything(items) if isinstance(item, Layer))
    return {layer.arguments["kernel"] for layer in layers if layer.word == "conv"}


def _are_read(items: tuple[Item, ...], run: tuple[Item, ...]) -> bool:
    return any(_is_read(items, item) for item in run[:-1]) or any(
        isinstance(item, Read) for item in same_namespace(run)
    )


def _periodic(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Chains of layers that come again and again."""
    made: list[Item] = []
    place = 0
    while place < len(items):
        period, times = (1, 1) if is_cut(items, place) else _period(items[place:])
        if times >= LEAST_TIMES:
            for turn in range(times):
                run = items[place + turn * period : place + (turn + 1) * period]
                made.append(_group(run, CHAIN))
            place += period * times
        else:
            made.append(items[place])
            place += 1
    return tuple(made)


def _period(items: tuple[Item, ...]) -> tuple[int, int]:
    """How many layers come again at the beginning, and how often; (1, 1) if later is better."""
    best = max((_repeats(items, period) for period in _PERIODS), default=(1, 1), key=_covered)
    for later in range(1, best[0]):
        other = _repeats(items[later:], best[0])
        as_much = other[1] >= LEAST_TIMES and _covered(other) + best[0] >= _covered(best)
        if as_much and _varying(items[later:], *other) < _varying(items, *best):
            return (1, 1)
    return best


_PERIODS = range(LEAST_LAYERS, LONGEST_PERIOD + 1)


def _covered(found: tuple[int, int]) -> int:
    period, times = found
    return period * times if times >= LEAST_TIMES else 1


def _repeats(items: tuple[Item, ...], period: int) -> tuple[int, int]:
    first = items[:period]
    is_plain = all(isinstance(item, Layer) for item in first)
    if not is_plain or is_cut(items, period) or _are_read(items, first):
        return (1, 1)
    times = 1
    while _alike(first, items[period * times : period * (times + 1)]):
        times += 1
    return (period, times) if times >= LEAST_TIMES else (1, 1)


def _varying(items: tuple[Item, ...], period: int, times: int) -> int:
    """How many arguments are not the same each time."""
    turns = [items[period * turn : period * (turn + 1)] for turn in range(times)]
    rows = [[value for given, _ in arguments(turn) for value in given.values()] for turn in turns]
    return sum(len(set(map(repr, column))) > 1 for column in zip(*rows, strict=True))


def _alike(first: tuple[Item, ...], run: tuple[Item, ...]) -> bool:
    return len(run) == len(first) and skeleton(run) == skeleton(first)


def unnamed(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Items without the names of layers."""
    return tuple(_unnamed(item) for item in items)


def _unnamed(item: Item) -> Item:
    item = rebuild(item, tuple(map(unnamed, parts(item))))
    if isinstance(item, Residual):
        return item._replace(shortcut_name="")
    return item._replace(label="") if isinstance(item, Layer) else item


def names(items: tuple[Item, ...]) -> dict[int, str]:
    """The names that somebody gave to layers, by the values that they give."""
    return {
        item.value: item.label
        for item in everything(items)
        if isinstance(item, Layer) and item.label and not is_automatic(item.label)
    }


def with_names(items: tuple[Item, ...], own: Mapping[int, str]) -> tuple[Item, ...]:
    """Items of a network whose layers have their names again, but for those in blocks.

    What another item is called by now, such as an output, it keeps.
    """
    taken = {item.label for item in same_namespace(items) if item.label}
    left = {value: name for value, name in own.items() if name not in taken}
    return _with_names(items, left)


def _with_names(items: tuple[Item, ...], own: Mapping[int, str]) -> tuple[Item, ...]:
    made: list[Item] = []
    for item in items:
        if isinstance(item, Layer) and item.value in own and not item.label:
            item = item._replace(label=own[item.value])
        if isinstance(item, INSIDE):
            item = rebuild(item, tuple(_with_names(body, own) for body in parts(item)))
        made.append(item)
    return tuple(made)


AUTOMATIC = frozenset(
    [
        *(f"conv{axes}d" for axes in (1, 2, 3)),
        *(f"conv{axes}d_transpose" for axes in (1, 2, 3)),
        *(f"{kind}_conv{axes}d" for axes in (1, 2) for kind in ("depthwise", "separable")),
        "batch_normalization",
        "dense",
        "group_normalization",
        "layer_normalization",
        "p_re_lu",
    ]
)
"""What Keras calls layers that nobody named, before their numbers."""


def is_automatic(label: str) -> bool:
    """Whether a layer's name is one that Keras counted."""
    return label.rstrip("0123456789").rstrip("_") in AUTOMATIC or label in AUTOMATIC
