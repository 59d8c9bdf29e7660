"""W113 and W114: windows that leave something out, or are larger than they were meant to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnngen.diagnostics import Diagnostic, Edit, Fix, codes
from cnngen.ir import Layer
from cnngen.lint.rule import UNSAFE, Rule
from cnngen.lint.view import Pair, View
from cnngen.ops import Conv, Map, Pad, Pool
from cnngen.ops.shapes import POSITIONS, by
from cnngen.ops.window import Pads, spans
from cnngen.syntax import ast

WIDEST_WINDOW = 15
"""Positions on each axis of two or more; what is larger was mostly meant to be something else."""

FEW_FILTERS = 11
"""A number of filters that would rather be a window."""


SMALL_SHARE = 0.1
"""Of an axis: a strided stem that leaves out one of 224 rows is what the literature has too."""


def _lost(view: View) -> Iterator[Diagnostic]:
    # Where zeros were put around the map, what is left out are those.
    padded = {place for (_, place), pairs in view.pairs.items() if _is_padded(pairs[0])}
    for place, layers in view.layers.items():
        if place not in view.words or place in padded:
            continue
        losses = [_left_out(layer) for layer in layers]
        if all(map(_is_large, layers, losses)):
            x = layers[0].at.input
            assert isinstance(x, Map)
            names = zip(losses[0], POSITIONS[x.axes], strict=True)
            lost = " and ".join(f"{cells} along the {name}" for cells, name in names if cells)
            yield Diagnostic(
                codes.PIXELS_LOST,
                f"no window of `{layers[0].op.word}` reaches the last positions of the "
                f"{by(x.sizes)} map: {lost}",
                place,
                "the stride does not fit",
                hint="`pad=same`, or `ceil=true` of a pool, takes them in; so does a size that "
                "the strides divide",
            )


def _is_large(layer: Layer, lost: tuple[int, ...]) -> bool:
    """Whether so much of an axis is left out that it counts."""
    x: Any = layer.at.input
    return bool(lost) and any(
        cells > SMALL_SHARE * size for cells, size in zip(lost, x.sizes, strict=True)
    )


def _is_padded(pair: Pair) -> bool:
    return isinstance(pair.before.op, Pad)


def _left_out(layer: Layer) -> tuple[int, ...]:
    """How many positions at the end of each axis no window reaches."""
    op: Any = layer.op
    x = layer.at.input
    if not isinstance(x, Map) or not isinstance(op, (Conv, Pool)):
        return ()
    if isinstance(op, Pool):
        if op.has_output:
            return ()
        around, reach, step = op.pads(x.sizes), op.reach, op.step
    else:
        around, reach, step = op.pads(x.sizes), spans(op.kernel, op.dilation), op.stride
    return tuple(
        _rest(size, before, after, span, stride)
        for size, before, after, span, stride in zip(
            x.sizes, *_sides(around), reach, step, strict=True
        )
    )


def _sides(around: Pads) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return around.before, around.after


def _rest(size: int, before: int, after: int, span: int, stride: int) -> int:
    """The positions behind the last window; a window below its stride leaves some out anyway."""
    rest = (size + before + after - span) % stride
    return max(rest - after, 0) if span >= stride else 0


PIXELS_LOST = Rule(codes.PIXELS_LOST, _lost)


def _wide(view: View) -> Iterator[Diagnostic]:
    for place, layers in view.layers.items():
        if place in view.words and all(map(_is_wide, layers)):
            op: Any = layers[0].op
            swapped = _swapped(view.words[place])
            fix, hint = None, "a stack of small windows sees as far with fewer weights"
            if swapped is not None:
                hint = f"the filters come first, then the window: `{swapped}`"
                fix = Fix((Edit(place, swapped),))
            yield Diagnostic(
                codes.WIDE_WINDOW,
                f"a window of {by(op.kernel)} for each of {op.channels} filters",
                place,
                "a very large window",
                hint=hint,
                fix=fix,
            )


def _is_wide(layer: Layer) -> bool:
    op, x = layer.op, layer.at.input
    if not isinstance(op, Conv) or not isinstance(x, Map) or x.axes < 2 or op.groups > 1:
        return False
    covers = op.kernel == x.sizes  # a dense layer, as a convolution
    return min(op.kernel) > WIDEST_WINDOW and not covers


def _swapped(layer: ast.Layer) -> str | None:
    """The layer with its first two arguments the other way round, where that is likely meant."""
    texts = [argument.span.text for argument in layer.arguments[:2]]
    if len(texts) < 2 or not all(text.isdecimal() for text in texts):
        return None
    if int(texts[0]) > FEW_FILTERS:
        return None
    first, second = (argument.span for argument in layer.arguments[:2])
    start = layer.span.start
    text = layer.span.text
    return (
        text[: first.start - start]
        + texts[1]
        + text[first.end - start : second.start - start]
        + texts[0]
        + text[second.end - start :]
    )


WIDE_WINDOW = Rule(codes.WIDE_WINDOW, _wide, UNSAFE)
