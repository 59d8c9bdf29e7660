"""W101 and W102: sizes and channels taken for one another."""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.diagnostics import Diagnostic, Edit, Fix, codes
from cnngen.lint.rule import UNSAFE, Rule
from cnngen.lint.view import View
from cnngen.ops import LAYERS, positional
from cnngen.ops.shapes import AXES, by
from cnngen.syntax import ast

FEW_CHANNELS = (1, 3)
"""Channels of images."""

SMALLEST_IMAGE = 8
"""Positions along an axis; less is a map, not an image."""

SHORTEST_SOUND = 1_000
"""Samples; fewer may be channels."""


def _orders(view: View) -> Iterator[Diagnostic]:
    for node in view.inputs:
        value = node.shape.value if isinstance(node.shape, ast.Literal) else None
        if isinstance(value, tuple) and _is_channels_first(value):
            last = by((*value[1:], value[0]))
            yield Diagnostic(
                codes.INPUT_ORDER,
                f"`input {by(value)}` is an input of {value[-1]} channels",
                node.shape.span,
                "channels come last, in every target",
                hint=f"write `input {last}`; the generated code has the order of its framework",
                fix=Fix((Edit(node.shape.span, last),)),
            )


def _is_channels_first(sizes: tuple[int, ...]) -> bool:
    first, *others = sizes
    if len(others) == 1:
        return first in FEW_CHANNELS and others[0] >= SHORTEST_SOUND
    square = len(others) == 2 and others[0] == others[1]
    return square and first in FEW_CHANNELS and others[0] >= SMALLEST_IMAGE


INPUT_ORDER = Rule(codes.INPUT_ORDER, _orders, UNSAFE)


def _filters(view: View) -> Iterator[Diagnostic]:
    for span, layer in view.words.items():
        argument = _output_argument(layer)
        if not isinstance(argument, ast.Name) or argument.name not in AXES:
            continue
        if argument.span in view.names or span not in view.layers:
            continue
        size = next(iter(view.layers[span])).at.output.channels
        yield Diagnostic(
            codes.SIZE_AS_FILTERS,
            f"`{argument.name}` is the {argument.name} of the map that comes in, here {size}: as "
            "many filters as that",
            argument.span,
            "a size of the map",
            hint=f"write the number of filters; a parameter that is called `{argument.name}` "
            "would stand for its own value",
        )


def _output_argument(layer: ast.Layer) -> ast.Expression | None:
    """What says how many channels or features come out."""
    cls = LAYERS.get(layer.word.name)
    name = cls.output_parameter if cls else ""
    if not cls or not name:
        return None
    first = positional(cls)[0].name == name
    for place, argument in enumerate(layer.arguments):
        if isinstance(argument, ast.Argument):
            if argument.name.name == name:
                return argument.value
        elif place == 0 and first:
            return argument
    return None


SIZE_AS_FILTERS = Rule(codes.SIZE_AS_FILTERS, _filters)
