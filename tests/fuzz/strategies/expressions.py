"""Arguments: numbers and words as they stand, names, sums and products of names."""

from __future__ import annotations

from typing import Any

from cnngen.expressions import Listed
from cnngen.ops import LAYERS, parameters
from cnngen.ops.kinds import Kind
from fuzz.strategies.scope import NAMES, Parameter, Scope
from fuzz.strategies.values import (
    LAYER,
    NO_LAYER,
    TRUTH,
    LayerValue,
    accepts,
    is_number,
    values,
    written,
)

FIELDS = {"channels": "filters", "kernel": "kernel"}
"""Parameters are called after the argument that they are for, where not otherwise here."""


def argument(scope: Scope, kind: Kind, wanted: str) -> tuple[str, Any]:
    """An expression for an argument, and its value here."""
    draw = scope.drawer
    value = plain(scope, kind)
    if isinstance(value, Listed):  # nothing is worked out of a list of constants
        return written(value), value
    how = draw.below(12)
    if how in (6, 7, 8) and scope.parameters is not None:
        return _parameter(scope, kind, value, wanted)
    if how in (9, 10):
        return _name(scope, kind) or (written(value), value)
    if how == 11:
        return _sum(scope, kind) or (written(value), value)
    return written(value), value


def plain(scope: Scope, kind: Kind) -> Any:
    """A value of a kind: often a word where there are any, small numbers more often than large."""
    draw = scope.drawer
    if kind.words and draw.chance(2):
        return draw.pick(kind.words)
    known = values(kind)
    return known[min(draw.below(len(known)), draw.below(len(known)))]


def _parameter(scope: Scope, kind: Kind, value: Any, wanted: str) -> tuple[str, Any]:
    """A new parameter of the block or network."""
    draw = scope.drawer
    assert scope.parameters is not None
    wanted = draw.pick(NAMES) if draw.chance(4) else FIELDS.get(wanted, wanted)
    if is_number(value) and draw.chance(8):
        return _of_list(scope, kind, value)
    name = scope.fresh(wanted)
    scope.parameters.append(Parameter(name, kind, value, written(value)))
    scope.names[name] = value
    return name, value


def _of_list(scope: Scope, kind: Kind, value: int) -> tuple[str, int]:
    """An item of a new parameter that is a list."""
    assert scope.parameters is not None
    name = scope.fresh("sizes")
    pair = [value, scope.drawer.pick([v for v in values(kind) if is_number(v)])]
    scope.parameters.append(Parameter(name, LISTS, pair, written(pair)))
    scope.names[name] = pair
    return f"{name}[0]", value


def _name(scope: Scope, kind: Kind) -> tuple[str, Any] | None:
    """A visible name that the argument takes."""
    found = [(n, v) for n, v in scope.values().items() if accepts(kind, v) and v != 0]
    found += [
        (f"{n}[{place}]", item)
        for n, v in scope.names.items()
        if isinstance(v, list)
        for place, item in enumerate(v)
        if accepts(kind, item)
    ]
    return scope.drawer.pick(found) if found else None


def _sum(scope: Scope, kind: Kind) -> tuple[str, Any] | None:
    """A sum, product, function or size made of a visible number."""
    numbers = [(n, v) for n, v in scope.values().items() if is_number(v)]
    if not numbers:
        return None
    name, n = scope.drawer.pick(numbers)
    forms: list[tuple[str, Any]] = [
        (f"2 * {name}", 2 * n),
        (f"{name} + 1", n + 1),
        (f"{name} - 1", n - 1),
        (f"{name} // 2", n // 2),
        (f"max(2, {name})", max(2, n)),
        (f"min({name}, 3)", min(n, 3)),
        (f"{name} % 3", n % 3),
        (f"2 x {name}", (2, n)),
        (f"{name} x 1", (n, 1)),
        (f"{name} / 2", n // 2 if n % 2 == 0 else n / 2),
        (f"ceil({name} / 2)", -(-n // 2)),
        (f"floor({name} / 2)", n // 2),
        *_of_lists(scope),
        (f"(2 if {name} > 2 else {name})", 2 if n > 2 else n),
        (f"({name} if {name} < 4 else 1 if {name} < 6 else 3)", n if n < 4 else 1 if n < 6 else 3),
    ]
    found = [form for form in forms if accepts(kind, form[1])]
    return scope.drawer.pick(found) if found else None


def _of_lists(scope: Scope) -> list[tuple[str, Any]]:
    """Functions of the lists that are visible."""
    lists = [(name, value) for name, value in scope.names.items() if isinstance(value, list)]
    forms: list[tuple[str, Any]] = []
    for name, value in lists:
        forms += [
            (f"len({name})", len(value)),
            (f"{name}[-1]", value[-1]),
            (f"{name}[1:][0]" if len(value) > 1 else f"{name}[:1][0]", value[len(value) > 1]),
        ]
        if all(type(item) is int for item in value):
            forms += [
                (f"sum({name})", sum(value)),
                (f"sum({name}[:-1])", sum(value[:-1])),
                (f"zip({name}, {name})[0][1]", value[0]),
                (f"enumerate({name})[-1][0]", len(value) - 1),
            ]
    return forms


def condition(scope: Scope) -> tuple[str, bool]:
    """A condition, and whether it holds here."""
    draw = scope.drawer
    text, holds = _comparison(scope)
    if draw.chance(4):
        return f"not ({text})", not holds
    if draw.chance(4):
        other, too = _comparison(scope)
        return (f"{text} and {other}", holds and too) if too else (f"{text} or {other}", holds)
    return text, holds


def _comparison(scope: Scope) -> tuple[str, bool]:
    draw = scope.drawer
    if draw.chance(3):
        text, value = argument(scope, TRUTH, "flag")
        return text, value
    name, value = draw.pick(list(scope.values().items()))
    if isinstance(value, LayerValue):
        return f"{name} == none", value == NO_LAYER
    if not is_number(value):
        return f"{name} == {written(value)}", True
    other = draw.pick(range(1, 7))
    sign, holds = draw.pick(
        [
            ("==", value == other),
            ("!=", value != other),
            ("<", value < other),
            ("<=", value <= other),
            (">", value > other),
            (">=", value >= other),
        ]
    )
    return f"{name} {sign} {other}", holds


def other_value(scope: Scope, parameter: Parameter) -> tuple[str, Any]:
    """What a block's parameter is given: what it was drawn for, a name, or anything."""
    draw = scope.drawer
    if parameter.kind is LISTS:
        numbers = [draw.pick(range(1, 5)) for _ in parameter.value]
        return written(numbers), numbers
    how = draw.below(6)
    if parameter.kind is LAYER:
        value = other_layer(scope, parameter.value)
        return (value, scope.names[value]) if isinstance(value, str) else (value.text, value)
    if how < 2:
        return written(parameter.value), parameter.value
    if how == 5:
        return argument(scope, parameter.kind, parameter.name)
    value = plain(scope, parameter.kind)
    return written(value), value


def layer_value(scope: Scope) -> LayerValue:
    """Any layer as a value, with arguments without names or without any; at times none."""
    draw = scope.drawer
    if draw.chance(6):
        return NO_LAYER
    words = [word for word in LAYERS if word not in NAMES and word not in scope.names]
    common = [word for word in LAYERS_AS_VALUES if word in words]
    word = draw.pick(words if draw.chance(4) else common)
    given: list[str] = []
    for parameter in parameters(LAYERS[word]).values():
        if not parameter.positional or not (parameter.required or draw.chance(2)):
            break
        given.append(written(plain(scope, parameter.kind.on_axes(scope.shape.axes))))
    return LayerValue(f"{word}({', '.join(given)})" if given else word)


def other_layer(scope: Scope, own: LayerValue) -> LayerValue | str:
    """What a parameter that stands for a layer is given: a layer, or the name of another one."""
    names = [name for name, value in scope.names.items() if isinstance(value, LayerValue)]
    if names and scope.drawer.chance(2):
        return scope.drawer.pick(names)
    if scope.parameters is not None and scope.drawer.chance(3):
        return new_layer(scope, own)
    return scope.drawer.pick((own, NO_LAYER, layer_value(scope)))


def new_layer(scope: Scope, value: LayerValue) -> str:
    """A new parameter that stands for a layer."""
    assert scope.parameters is not None
    name = scope.fresh(scope.drawer.pick(LAYER_NAMES))
    scope.parameters.append(Parameter(name, LAYER, value, value.text))
    scope.names[name] = value
    return name


LAYER_NAMES = ("act", "norm", "activation", "before", "conv_layer")
"""What parameters are called that stand for a layer."""

LAYERS_AS_VALUES = ("relu", "leaky_relu", "bn", "elu", "tanh", "groupnorm", "conv", "silu")
"""What parameters that stand for a layer are mostly given."""


def _read_list(value: Any) -> Any:
    return value


LISTS = Kind("a list", _read_list)
"""The kind of parameters that are lists of numbers."""
