"""Labels: what layers are called, and what is read further on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from cnngen.backends.torch.names import ATTRIBUTES, HELD, LOCALS, OUTPUTS
from cnngen.elaborate.scope import LONGEST_NAME
from cnngen.highlight.vocabulary import RESERVED, TIMES
from cnngen.lifting.structure.items import (
    INSIDE,
    Branches,
    Gate,
    Group,
    Head,
    Item,
    Layer,
    Missing,
    Read,
    Residual,
    Reuse,
    Use,
    parts,
    rebuild,
    same_namespace,
)
from cnngen.lifting.traced import Output, UnliftableError
from cnngen.ops import LAYERS
from cnngen.python_names import KEYWORDS

QUOTED = frozenset({*RESERVED.values(), TIMES})
"""Words of the language, which are labels in quotes alone."""

SKIP = "skip"
"""What values are called that something further on reads."""


def label_of(name: str) -> str:
    """A label for what a model calls so, whatever characters are in it."""
    label = re.sub(r"[^A-Za-z0-9_-]", "_", name).lstrip("_-")[:LONGEST_NAME]
    return f"{label}_1" if label in KEYWORDS else label


def path_label(path: str) -> str:
    """A label for the module at a path, which has dots where the path has them."""
    parts = [label_of(part) for part in path.split(".")]
    first, *others = parts
    label = ".".join((first, *(f"{part}_1" if part in HELD else part for part in others)))
    return label if all(parts) and len(label) <= LONGEST_NAME else label_of(path)


def plain_name(name: str) -> str:
    """A name where the language takes no quotes: of a side head, or of a shortcut's path."""
    name = label_of(name).replace("-", "_")
    is_free = name.isidentifier() and name not in QUOTED | OUTPUTS | ATTRIBUTES | LOCALS
    return name if is_free else f"own_{name}"


def distinct(items: tuple[Item, ...], taken: Collection[str] = ()) -> tuple[Item, ...]:
    """Items of one namespace, whose labels are made different where two are the same.

    What has another label cannot be in what a label with dots names.
    """
    seen = set(taken)
    every = {item.label for item in same_namespace(items) if item.label}

    def free(name: str) -> str:
        label, number = name, 2
        while label in seen:
            label = f"{name[: LONGEST_NAME - 4]}_{number}"
            number += 1
        seen.add(label)
        return label

    def one(item: Item) -> Item:
        if isinstance(item, Head):
            item = item._replace(name=free(item.name))
        if item.label:
            held = any(item.label.startswith(f"{label}.") for label in every)
            item = item._replace(label=free(label_of(item.label) if held else item.label))
        if isinstance(item, INSIDE):
            return rebuild(item, tuple(tuple(map(one, body)) for body in parts(item)))
        if isinstance(item, (Group, Head)):
            return item._replace(items=distinct(item.items))
        return item

    return tuple(map(one, items))


def labelled(
    items: tuple[Item, ...], start: int, inputs: dict[int, str] | None = None
) -> tuple[Item, ...]:
    """Items in which all that is read has a label, and is read by it.

    Args:
        items: those of a network, a group or a block.
        start: the value that comes in.
        inputs: the labels of a network's inputs.
    """
    inputs = inputs or {}
    needed = _read(items) - set(inputs)
    if start in needed:
        first = items[0].channels if items else 1
        items = (Layer("identity", {}, first, start, SKIP), *items)
    items = _given(items, needed, Counter())
    return _resolved(items, items, inputs)


def outputs_labelled(
    items: tuple[Item, ...], outputs: Sequence[Output], inputs: Mapping[int, str]
) -> tuple[tuple[Item, ...], tuple[str, ...]]:
    """Items of a network that have the labels by which it returns values, and these labels.

    What is returned under a name that its layer has not is passed on by one that has it.
    """
    made = list(items)
    names: list[str] = []
    for out in outputs:
        if inputs.get(out.step) == out.name:
            names.append(out.name)
            continue
        taken = {item.label for item in same_namespace(tuple(made)) if item.label}
        taken |= set(inputs.values())
        places = [place for place, item in enumerate(made) if _gives(item, out.step)]
        labelled = [place for place in places if made[place].label == out.name]
        free = [place for place in places if not made[place].label]
        name = out.name
        while name in taken and not labelled:
            name += "_out"
        names.append(name)
        if labelled:
            continue
        if free:
            made[free[0]] = made[free[0]]._replace(label=name)
            continue
        made.append(Read("from", (out.step,), 1, out.step))
        made.append(Layer("identity", {}, 1, out.step, name))
    return tuple(made), tuple(names)


def _gives(item: Item, value: int) -> bool:
    """Whether a layer or a join, or a group that has a name, gives a value."""
    if item.value != value or (isinstance(item, Read) and item.word == "from"):
        return False
    return isinstance(item, (Layer, Read)) or bool(item.label)


def _read(items: tuple[Item, ...]) -> set[int]:
    """The values that are read in one namespace."""
    found: set[int] = set()
    for item in same_namespace(items):
        if isinstance(item, Read):
            found |= {of for of in item.of if isinstance(of, int)}
        elif isinstance(item, Reuse) and isinstance(item.of, int):
            found.add(item.of)
    return found


def _given(
    items: tuple[Item, ...], needed: Collection[int], taken: Counter[str]
) -> tuple[Item, ...]:
    """The items with labels for the values that are needed; each label is given once."""
    waiting = set(needed)
    names = {item.label for item in same_namespace(items) if item.label}

    def name() -> str:
        while True:
            taken[SKIP] += 1
            label = SKIP if taken[SKIP] == 1 else f"{SKIP}{taken[SKIP]}"
            if label not in names:
                return label

    def body(rows: tuple[Item, ...]) -> tuple[Item, ...]:
        made: list[Item] = []
        for item in rows:
            made += one(item)
        return tuple(made)

    def one(item: Item) -> list[Item]:
        if isinstance(item, Head):
            return [item._replace(items=labelled_inside(item.items, item.value, ()))]
        own = item.value in waiting and not (isinstance(item, Read) and item.word == "from")
        if isinstance(item, Group):
            if own:
                waiting.discard(item.value)
                item = item if item.label else item._replace(label=name())
            inner = {at for at in waiting if _holds(item, at)}
            waiting.difference_update(inner)
            start = _start(item)
            inside = labelled_inside(item.items, start, inner)
            if inner:
                return [item._replace(items=inside, kind="", identity="", is_read=True)]
            if is_numbered(inside):
                inside = tuple(each._replace(label="") for each in inside)
            return [item._replace(items=inside)]
        if isinstance(item, INSIDE):
            made: list[Item] = [rebuild(item, tuple(map(body, parts(item))))]
            if item.value in waiting:
                waiting.discard(item.value)
                channels = item.channels
                made.append(Layer("identity", {}, channels, item.value, name()))
            return made
        if own and isinstance(item, (Layer, Use, Read, Missing, Reuse)):
            waiting.discard(item.value)
            return [item if item.label else item._replace(label=name())]
        return [item]

    return body(items)


def labelled_inside(
    items: tuple[Item, ...], start: int, needed: Collection[int]
) -> tuple[Item, ...]:
    """The items of a group, some of whose values are read outside of it."""
    own = _read(items)
    if start in own:
        items = (Layer("identity", {}, items[0].channels, start, SKIP), *items)
    items = _given(items, own | set(needed), Counter())
    return _resolved(items, items, {})


def _start(group: Group) -> int:
    """The value that comes into a group: what is read in it and made nowhere in it."""
    inside = _values(group.items)
    return next((of for of in _read(group.items) if of not in inside), -1)


def _values(items: tuple[Item, ...]) -> set[int]:
    found: set[int] = set()
    for item in items:
        if not (isinstance(item, Read) and item.word == "from"):
            found.add(item.value)
        for body in parts(item):
            found |= _values(body)
    return found


def _holds(group: Group, value: int) -> bool:
    return value in _values(group.items)


def _resolved(
    items: tuple[Item, ...], namespace: tuple[Item, ...], inputs: dict[int, str]
) -> tuple[Item, ...]:
    """Reads by label in place of by value."""
    made: list[Item] = []
    for item in items:
        if isinstance(item, INSIDE):
            item = rebuild(item, tuple(_resolved(body, namespace, inputs) for body in parts(item)))
        elif isinstance(item, Read):
            item = item._replace(of=tuple(_path(of, namespace, inputs) for of in item.of))
        elif isinstance(item, Reuse):
            item = item._replace(of=_path(item.of, namespace, inputs))
        made.append(item)
    return tuple(made)


def _path(of: int | str, namespace: tuple[Item, ...], inputs: dict[int, str]) -> str:
    if isinstance(of, str):
        return of
    if of in inputs:
        return inputs[of]
    for item in same_namespace(namespace):
        if item.value == of and item.label and not isinstance(item, Residual):
            return item.label
    for item in same_namespace(namespace):
        if isinstance(item, Group) and _holds(item, of):
            return f"{item.label}.{_path(of, item.items, {})}"
    raise UnliftableError(
        "a value that is made inside of one module is read inside of another; "
        "the language has no way for that between blocks"
    )


# --- names that need not be written -----------------------------------------------------------


def is_numbered(items: tuple[Item, ...]) -> bool:
    """Whether the items of a group or block are called by their places anyway."""
    for place, item in enumerate(items):
        if not isinstance(item, (Layer, Group, Use)):
            return False
        weighted = not isinstance(item, Layer) or item.weighted
        if item.label != str(place) and (weighted or item.label):
            return False
    return True


def without_counted(
    items: tuple[Item, ...], *, top: bool, returned: Collection[str] = ()
) -> tuple[Item, ...]:
    """The items without the labels that they would have from counting.

    A group or block keeps one: without labels, its items would be numbered. Those ``returned`` as
    outputs of the network are read, and stay.
    """
    if not top and is_numbered(items):
        return _unlabelled(items, lambda item: True)
    items = _with_paths(items)
    read = {
        of.partition(".")[0]
        for item in same_namespace(items)
        if isinstance(item, (Read, Reuse))
        for of in ([item.of] if isinstance(item, Reuse) else item.of)
        if isinstance(of, str)
    }
    read.update(returned)
    counts: Counter[str] = Counter()
    labels = {item.label for item in _counted(items) if item.label}
    dropped: list[str] = []
    for item in _counted(items):
        stem = _stem(item)
        if not stem or stem[-1].isdigit():
            continue
        number = counts[stem] + 1
        while not item.label and f"{stem}{number}" in labels - set(dropped):
            number += 1
        if not item.label:
            counts[stem] = number
        elif item.label == f"{stem}{number}" and item.label not in read:
            counts[stem] = number
            dropped.append(item.label)
    alone = not top and not _has_region(items) and set(dropped) == labels
    kept = dropped[:1] if alone else []
    gone = set(dropped) - set(kept)
    return _unlabelled(items, lambda item: item.label in gone)


def _with_paths(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Items with the paths of their shortcuts finished, which are named by themselves."""
    made: list[Item] = []
    for item in items:
        if isinstance(item, INSIDE):
            item = rebuild(item, tuple(map(_with_paths, parts(item))))
        if isinstance(item, Residual) and isinstance(item.shortcut, tuple):
            item = item._replace(shortcut=without_counted(item.shortcut, top=False))
        made.append(item)
    return tuple(made)


def _counted(items: tuple[Item, ...]) -> Iterator[Item]:
    """Items that are counted together: a shortcut's path is named by itself."""
    for item in items:
        yield item
        if isinstance(item, INSIDE):
            for body in (item.body,) if isinstance(item, Residual) else parts(item):
                yield from _counted(body)


def _stem(item: Item) -> str:
    if isinstance(item, Layer):
        return LAYERS[item.word].stem
    return item.block if isinstance(item, Use) else ""


def _has_region(items: tuple[Item, ...]) -> bool:
    return any(isinstance(item, (Residual, Gate, Branches, Read, Reuse)) for item in items)


def _unlabelled(items: tuple[Item, ...], which: object) -> tuple[Item, ...]:
    made: list[Item] = []
    for item in items:
        if item.label and callable(which) and which(item):
            item = item._replace(label="")
        if isinstance(item, Residual):
            item = item._replace(body=_unlabelled(item.body, which))
        elif isinstance(item, INSIDE):
            item = rebuild(item, tuple(_unlabelled(body, which) for body in parts(item)))
        made.append(item)
    return tuple(made)
