"""W120: ``3*3`` where a size was meant, which is written ``3x3``."""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.diagnostics import Diagnostic, Edit, Fix, codes
from cnngen.elaborate.arguments import arrange
from cnngen.lint.rule import UNSAFE, Rule
from cnngen.lint.view import View
from cnngen.ops import LAYERS, Map, parameters, positional
from cnngen.syntax import ast


def _products(view: View) -> Iterator[Diagnostic]:
    for place, layers in view.layers.items():
        word = view.words.get(place)
        if word is None:
            continue
        inputs = [layer.at.input for layer in layers]
        for value in _sizes(word):
            factors = _factors(value)
            of_axes = all(isinstance(x, Map) and x.axes == len(factors) for x in inputs)
            if not of_axes or not _is_size(factors):
                continue
            size = (" x " if isinstance(factors[0], ast.Name) else "x").join(
                each.span.text for each in factors
            )
            yield Diagnostic(
                codes.PRODUCT_AS_SIZE,
                f"`{value.span.text}` is a product: one number, for each axis",
                value.span,
                "a `*` multiplies",
                hint=f"a size is written `{size}`",
                fix=Fix((Edit(value.span, size),)),
            )


def _sizes(layer: ast.Layer) -> Iterator[ast.Expression]:
    """The arguments that may be a number for each axis."""
    cls = LAYERS.get(layer.word.name)
    if cls is None:
        return
    known = parameters(cls)
    written = arrange(layer, [each.name for each in positional(cls)], known, "")
    yield from (value for name, value in written.items() if known[name].kind.on is not None)


def _factors(value: ast.Expression) -> list[ast.Expression]:
    """What is multiplied, in the source's order; the value itself where it is no product."""
    found: list[ast.Expression] = []
    while isinstance(value, ast.Binary) and value.operator == "*":
        found.append(value.right)
        value = value.left
    return [value, *reversed(found)]


def _is_size(factors: list[ast.Expression]) -> bool:
    """Whether they are numbers, or one name again and again."""
    if len(factors) < 2:
        return False
    if all(isinstance(each, ast.Literal) and type(each.value) is int for each in factors):
        return True
    return len({each.name if isinstance(each, ast.Name) else each for each in factors}) == 1


PRODUCT_AS_SIZE = Rule(codes.PRODUCT_AS_SIZE, _products, UNSAFE)
