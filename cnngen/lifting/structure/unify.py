"""Anti-unification: one body with parameters that stands for several that differ in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from cnngen.elaborate.scope import refusal
from cnngen.lifting.structure.formulas import ABSENT, Column, Columns, formula
from cnngen.lifting.structure.items import (
    Formula,
    Gate,
    Given,
    Group,
    If,
    Item,
    Layer,
    Optional,
    Residual,
    Use,
    parts,
    rebuild,
)
from cnngen.lifting.structure.skeletons import arguments, with_arguments
from cnngen.ops import LAYERS, Conv, Relu, parameters
from cnngen.ops.text import plain
from cnngen.record import NamedTuple

NAMES = {"channels": "filters", "times": "depth"}
"""What a parameter of a block is called after the argument that it stands for; others as it is."""

TAKEN = {"channels", "height", "width", "length", "entry", "x", "i"}
"""Names that mean something else in a block."""


SHAPES = ("shape",)
"""Arguments that are shapes, written out."""


class Parameter(NamedTuple):
    """A parameter of a block, with its value in each use."""

    name: str
    values: Column
    default: Any = None


class Unified(NamedTuple):
    """A body that stands for several, and what each of them gives its parameters."""

    items: tuple[Item, ...]
    parameters: tuple[Parameter, ...]
    reads_entry: bool


def unify(groups: Sequence[Group]) -> Unified:
    """One body for groups that have one skeleton."""
    unifier = _Unifier(groups)
    rows = list(zip(*(list(arguments(group.items)) for group in groups), strict=True))
    given = [unifier.row([a for a, _ in row], tuple(c for _, c in row)) for row in rows]
    items = with_arguments(_named_shortcuts(groups), iter(given))
    bodies = [group.items for group in groups]
    items = _decided(items, bodies, unifier)
    return Unified(items, unifier.parameters(), unifier.reads_entry)


def _decided(
    items: tuple[Item, ...], bodies: Sequence[tuple[Item, ...]], unifier: _Unifier
) -> tuple[Item, ...]:
    """Conditions in place of what only some uses have."""
    made: list[Item] = []
    place = 0
    while place < len(items):
        item = items[place]
        columns = [body[place] for body in bodies]
        if not isinstance(item, Optional):
            inner = zip(parts(item), *map(parts, columns), strict=True)
            done = tuple(_decided(own, others, unifier) for own, *others in inner)
            made.append(rebuild(item, done))
            place += 1
            continue
        end = place
        while end < len(items) and isinstance(items[end], Optional):
            end += 1
        run = [(items[at], _presence(bodies, at)) for at in range(place, end)]
        made += _conditions(run, bodies, place, unifier)
        place = end
    return tuple(made)


def _presence(bodies: Sequence[tuple[Item, ...]], place: int) -> Column:
    return tuple(isinstance(each := body[place], Optional) and each.present for body in bodies)


def _conditions(
    run: list[tuple[Item, Column]],
    bodies: Sequence[tuple[Item, ...]],
    place: int,
    unifier: _Unifier,
) -> list[Item]:
    """Runs of what is optional, by when it is there."""
    alternatives = unifier.alternatives(run)
    if alternatives is not None:
        return [alternatives]
    made: list[Item] = []
    at = 0
    while at < len(run):
        presence = run[at][1]
        end = at
        while end < len(run) and run[end][1] == presence:
            end += 1
        inner = _inner(run[at:end], bodies, place + at, unifier)
        opposite = tuple(not each for each in presence)
        further = end
        while further < len(run) and run[further][1] == opposite:
            further += 1
        otherwise = _inner(run[end:further], bodies, place + end, unifier)
        first = inner[0]
        condition = unifier.condition(presence, first)
        made.append(If(condition, inner, otherwise, first.channels, inner[-1].value))
        at = further
    return made


def _inner(
    run: list[tuple[Item, Column]],
    bodies: Sequence[tuple[Item, ...]],
    place: int,
    unifier: _Unifier,
) -> tuple[Item, ...]:
    made: list[Item] = []
    for at, (item, _) in enumerate(run):
        assert isinstance(item, Optional)
        inner = [parts(body[place + at])[0] for body in bodies]
        made += _decided(item.items, inner, unifier)
    return tuple(made)


class _Unifier:
    """Finds the parameters while the arguments of one layer after another are looked at."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self.entry = tuple(group.channels for group in groups)
        self.made = _made(groups)
        self.own: dict[str, Column] = {}
        self.reads_entry = False

    def row(self, given: list[Mapping[str, Any]], channels: Column) -> dict[str, Any]:
        """The arguments of one layer, as they are in all uses."""
        return {
            name: self._argument(name, [each[name] for each in given], channels)
            for name in given[0]
        }

    def condition(self, presence: Column, first: Item) -> str:
        """What tells the uses that have something from the others."""
        for names in (self.own, self.made):
            for name, values in names.items():
                text = _telling(name, values, presence)
                if text:
                    self.own.setdefault(name, values)
                    return text
        return self._new(f"has_{_word(first)}", presence)

    def alternatives(self, run: list[tuple[Item, Column]]) -> Item | None:
        """One of several activations, as a parameter that is a layer."""
        layers = [item.items[0] for item, _ in run if isinstance(item, Optional)]
        columns = [presence for _, presence in run]
        if len(run) < 2 or not all(map(_is_activation, layers)):
            return None
        if any(sum(column) != 1 for column in zip(*columns, strict=True)):
            return None
        words = tuple(
            next(_word(layer) for layer, there in zip(layers, use, strict=True) if there)
            for use in zip(*columns, strict=True)
        )
        values = tuple(map(Formula, words))
        name = next((own for own, column in self.own.items() if column == values), "")
        name = name or self._new("act", values)
        return Given(name, layers[0].channels, layers[-1].value)

    def _argument(self, name: str, values: list[Any], channels: Column) -> Any:
        there = [value for value in values if value is not ABSENT]
        if all(value == there[0] and type(value) is type(there[0]) for value in there):
            return there[0]
        column = tuple(map(plain, values))
        if name in SHAPES:
            return self._shape(column, channels)
        found = formula(column, Columns(self.own, self.made, channels, self.entry))
        if found is None:
            own = self._new(NAMES.get(name, name), column)
            return Formula(own)
        if found.parameter:
            self.own.setdefault(found.parameter, column)
            if found.parameter in self.made:
                self.own[found.parameter] = self.made[found.parameter]
        self.reads_entry |= "entry" in found.text.split()
        return Formula(found.text)

    def _shape(self, column: Column, channels: Column) -> Formula:
        """A shape that has to be written out, of whose sizes some differ."""
        sizes = zip(*column, strict=True)
        made = (self._argument("size", list(size), channels) for size in sizes)
        return Formula(" x ".join(str(getattr(size, "text", size)) for size in made))

    def _new(self, name: str, column: Column) -> str:
        if ABSENT in column:
            common = most_common(tuple(each for each in column if each is not ABSENT))
            column = tuple(common if each is ABSENT else each for each in column)
        while refusal(name) or name in TAKEN or name in self.own:
            stem = name.rstrip("0123456789")
            name = f"{stem}{int(name[len(stem) :] or 1) + 1}"
        self.own[name] = column
        return name

    def parameters(self) -> tuple[Parameter, ...]:
        """In the order of the constructor, as far as they are its; those with a default last."""
        order = [name for name in self.made if name in self.own]
        order += [name for name in self.own if name not in self.made]
        found = [Parameter(name, self.own[name], _default(name, self.own[name])) for name in order]
        return tuple(sorted(found, key=lambda each: each.default is not None))


def _is_activation(item: Item) -> bool:
    if not isinstance(item, Layer) or item.weighted or item.label:
        return False
    op = LAYERS[item.word]
    return op.__module__ == Relu.__module__ and all(
        each is ABSENT or each == op.defaults[name] for name, each in item.arguments.items()
    )


def _word(item: Item) -> str:
    match item:
        case Layer(word=word):
            return word
        case Use(block=block):
            return block
        case Group(items=items) if items:
            return _word(items[0])
        case Residual():
            return "residual"
        case Gate():
            return "gate"
        case _:
            return "part"


def _telling(name: str, values: Column, presence: Column) -> str:
    """A condition on a parameter that holds just where something is present; empty for none."""
    there = {repr(value): value for value, has in zip(values, presence, strict=True) if has}
    gone = {repr(value): value for value, has in zip(values, presence, strict=True) if not has}
    if there.keys() & gone.keys():
        return ""
    if all(type(value) is bool for value in values):
        return name if True in there.values() else f"not {name}"
    if any(type(value) is not int for value in values):
        return ""
    if len(gone) == 1 and next(iter(gone.values())) in NEUTRAL:
        return f"{name} != {next(iter(gone.values()))}"
    if len(there) == 1 and next(iter(there.values())) in NEUTRAL:
        return f"{name} == {next(iter(there.values()))}"
    return ""


NEUTRAL = (0, 1)
"""Numbers that say that something is not done, as an expansion by 1; others tell by accident."""


def _made(groups: Sequence[Group]) -> dict[str, Column]:
    """What the modules were constructed with, where it differs and can be a parameter."""
    found: dict[str, Column] = {}
    entry = tuple(group.channels for group in groups)
    for name in groups[0].made:
        if all(name in group.made for group in groups) and not refusal(name) and name not in TAKEN:
            column = tuple(plain(_as_tuple(group.made[name])) for group in groups)
            varies = len(set(map(repr, column))) > 1
            if varies and all(map(_is_value, column)) and column != entry:
                found[name] = column
    return found


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _is_value(value: Any) -> bool:
    if isinstance(value, tuple):
        return bool(value) and all(type(each) is int for each in value)
    return type(value) in (int, float, bool)


DEFAULTS = {
    parameter.name: plain(parameter.default)
    for parameter in parameters(Conv).values()
    if parameter.name in ("stride", "dilation", "groups", "pad")
}
"""Of arguments that most layers leave out."""


def _default(name: str, column: Column) -> Any:
    """What the uses that leave a parameter out mean by it."""
    if any(isinstance(value, Formula) for value in column):
        return most_common(column)
    if all(type(value) is bool for value in column):
        return most_common(column)
    default = DEFAULTS.get(name.rstrip("0123456789"))
    return default if default is not None and default in column else None


def _named_shortcuts(groups: Sequence[Group]) -> tuple[Item, ...]:
    """The first body, with the names that shortcuts have in those that have one."""
    items = groups[0].items
    for group in groups[1:]:
        items = _with_names(items, group.items)
    return items


def _with_names(items: tuple[Item, ...], others: tuple[Item, ...]) -> tuple[Item, ...]:
    return tuple(_with_name(item, other) for item, other in zip(items, others, strict=True))


def _with_name(item: Item, other: Item) -> Item:
    bodies = zip(parts(item), parts(other), strict=True)
    item = rebuild(item, tuple(_with_names(own, of) for own, of in bodies))
    if isinstance(item, Residual) and isinstance(other, Residual) and not item.shortcut_name:
        return item._replace(shortcut_name=other.shortcut_name)
    if isinstance(item, Layer) and isinstance(other, Layer):
        return item._replace(before_norm=item.before_norm or other.before_norm)
    return item


def most_common(column: Column) -> Any:
    """The value that most uses have."""
    return Counter(column).most_common(1)[0][0]
