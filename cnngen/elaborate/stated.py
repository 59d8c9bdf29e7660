"""Stated shapes: what ``input`` and ``->`` say, and what to say where they are wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from itertools import islice
from typing import Any

from cnngen.diagnostics import Diagnostic, Edit, Fix, Related, codes
from cnngen.elaborate.evaluate import describe, fail
from cnngen.elaborate.flow import Flow, Step
from cnngen.elaborate.trail import came_about
from cnngen.ops import Map, Op, OpError, Shape, Vector, same_size
from cnngen.ops.kinds import LARGEST, Value
from cnngen.ops.shapes import MOST_AXES
from cnngen.source import Span

LARGEST_MAP = 2**40
"""Elements of one map; more is a mistake, and no machine would hold it."""

MOST_TRIED = 32
"""Paddings that are tried for a hint: beyond, none is likely to be meant, and a window may be as
wide as numbers go."""

MOST_STEPS_BACK = 100
"""Steps of the way that are looked at for a hint: all of those after it keep the shape."""


def read_shape(value: Value, span: Span) -> Shape:
    """The shape that a value states: HxWxC, or a number of features.

    Raises:
        DiagnosticError: where it is no shape.
    """
    sizes = value if isinstance(value, tuple) else (value,)
    if len(sizes) > MOST_AXES + 1 or any(type(size) is not int for size in sizes):
        hint = "a map is height x width x channels, for example 28x28x6; a vector one number"
        if len(sizes) > MOST_AXES + 1:
            hint = "a map has at most three axes: depth x height x width x channels"
        fail(
            codes.BAD_SHAPE, f"{describe(value)} is not a shape", span, "expected HxWxC or N", hint
        )
    if min(sizes) < 1:
        fail(
            codes.BAD_SHAPE,
            f"the shape {describe(value)} has a size below 1",
            span,
            "sizes are at least 1",
        )
    if max(sizes) > LARGEST:
        fail(
            codes.SIZE_TOO_LARGE,
            f"the shape {describe(value)} has a size of {max(sizes):,}",
            span,
            f"sizes are at most {LARGEST:,}",
        )
    *positions, channels = sizes
    shape = Map(tuple(positions), channels) if positions else Vector(channels)
    if shape.elements > LARGEST_MAP:
        fail(
            codes.SIZE_TOO_LARGE,
            f"the map {shape} has {shape.elements:,} elements",
            span,
            f"at most {LARGEST_MAP:,}",
        )
    return shape


def mismatch(stated: Shape, flow: Flow, span: Span) -> Diagnostic:
    """The diagnostic of a shape that is not the one stated, with the way that led to it."""
    assert flow.shape is not None
    return Diagnostic(
        codes.SHAPE_MISMATCH,
        f"the shape here is {flow.shape}, not {stated}",
        span,
        f"expected {stated}, found {flow.shape}",
        hint=_hint(stated, flow),
        notes=came_about(flow.trail),
    )


COLOURS = 4
"""Most channels of an image, by which a shape with its channels first is told."""


def otherwise_meant(found: Diagnostic, first: Step) -> Diagnostic:
    """With the input that was likely meant, where it is a product or has its channels first."""
    span, shape = first.span, first.output
    if first.op is not None or not span.text.startswith("input"):
        return found
    start = span.start + len("input")
    written = span.text[len("input") :]
    product = re.fullmatch(r"\s+(\d+(?:\s*\*\s*\d+){1,3})", written)
    meant = ""
    if isinstance(shape, Vector) and product and found.code is codes.NEEDS_MAP:
        sizes = product[1].replace(" ", "").split("*")
        turned = len(sizes) == 3 and int(sizes[0]) <= COLOURS < int(sizes[2])
        meant = "x".join([*sizes[1:], sizes[0]] if turned else sizes)
        hint = f"a `*` multiplies: write `input {meant}` for a map"
    elif isinstance(shape, Map) and shape.axes == 2 and shape.sizes[0] <= COLOURS < shape.channels:
        meant = f"{shape.sizes[1]}x{shape.channels}x{shape.sizes[0]}"
        hint = f"channels come last: write `input {meant}`"
    if not meant:
        return found
    fix = Fix((Edit(Span(span.source, start, span.end), f" {meant}"),))
    return found._replace(hint=hint, fix=fix, related=(Related(span, f"a shape of {shape}"),))


def _hint(stated: Shape, flow: Flow) -> str:
    """A change of one argument of the last layers that gives the shape, if one is found."""
    assert flow.shape is not None
    change = next(_repairs(stated, flow.trail), None)
    if change:
        return f"{change} gives {stated}; if the layers are right, write `-> {flow.shape}`"
    if isinstance(flow.shape, Map) and isinstance(stated, Vector):
        return f"`flatten` makes a vector of it, of {flow.shape.elements} features"
    return f"if the layers are right, write `-> {flow.shape}`"


def _repairs(stated: Shape, trail: list[Step]) -> Iterator[str]:
    """Single changes to the last layer that changes a shape."""
    for step in islice(reversed(trail), MOST_STEPS_BACK):
        if step.op is None or step.input is None:
            return
        if same_size(step.input, step.output):
            continue
        for name, value, text in _variations(step.op, step.input.axes, stated):
            if _gives(step.op.replace(**{name: value}), step.input, stated):
                yield f"`{text}` for `{step.op.word}` in line {step.span.line}"
        return


def _gives(op: Op, x: Shape, stated: Shape) -> bool:
    try:
        op.check()
        return same_size(op.infer(x), stated)
    except OpError:
        return False


def _variations(op: Op, axes: int, stated: Shape) -> Iterator[tuple[str, object, str]]:
    names = {f.name for f in fields(op)}
    if "pad" in names:
        window: Any = getattr(op, "kernel", None)
        widest = max(window) if isinstance(window, tuple) else 0
        for pad in range(min(widest, MOST_TRIED)):
            yield "pad", (pad,) * axes, f"pad={pad}"
    if "stride" in names:
        for stride in range(1, 9):
            yield "stride", (stride,) * axes, f"stride={stride}"
    if "ceil" in names:
        yield "ceil", True, "ceil=true"
    if op.output_parameter:
        yield op.output_parameter, stated.channels, f"{op.word} {stated.channels}"
