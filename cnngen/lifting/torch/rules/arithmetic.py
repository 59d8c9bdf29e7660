"""Sums, products and other arithmetic of values with each other, with numbers and with weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnngen.lifting.numbers import as_written
from cnngen.lifting.torch.arrangement import CHANNELS, Dims, size_of, whole
from cnngen.lifting.torch.contents import Constant, Held, Value, held_dims
from cnngen.lifting.torch.recorder import UnsayableError
from cnngen.lifting.torch.rules.compound import simpler_product, simpler_scale
from cnngen.lifting.torch.site import Site
from cnngen.lifting.torch.table import function
from cnngen.lifting.torch.views import is_repeated, unrepeated
from cnngen.ops import (
    LayerScale,
    Map,
    Normalize,
    Offset,
    Resize,
    Scale,
    Shape,
    product_shape,
    same_size,
)

START = LayerScale.defaults["start"]
"""What a layer scale starts at where its weights do not say it."""


@function("add")
def _add(site: Site, input: Any, other: Any, alpha: Any = 1) -> None:  # noqa: A002 - torch's names
    if alpha != 1:
        raise UnsayableError(f"a sum with alpha={alpha}")
    value, operand = _value_first(site, input, other)
    if isinstance(site.content(operand), Value):
        _joined(site, "add", value, operand)
        return
    number = site.own_number(operand)
    if number is None:
        _normalized(site, value, operand, lambda constant: (-constant, constant * 0 + 1))
    elif number == 0:
        site.recorder.contents[site.result] = site.value(value)
    else:
        site.each(Offset, value, constant=number)


@function("sub")
def _sub(site: Site, input: Any, other: Any, alpha: Any = 1) -> None:  # noqa: A002
    if alpha != 1:
        raise UnsayableError(f"a difference with alpha={alpha}")
    number = site.own_number(other)
    if not isinstance(site.content(input), Value):
        _reversed(site, other, input)
    elif isinstance(site.content(other), Value):
        _joined(site, "subtract", input, other)
    elif number is not None:
        site.each(Offset, input, constant=-number)
    else:
        _normalized(site, input, other, lambda constant: (constant, constant * 0 + 1))


@function("rsub")
def _rsub(site: Site, input: Any, other: Any, alpha: Any = 1) -> None:  # noqa: A002
    """``other - input``."""
    if alpha != 1:
        raise UnsayableError(f"a difference with alpha={alpha}")
    _reversed(site, input, other)


def _reversed(site: Site, tensor: Any, number: Any) -> None:
    constant = site.own_number(number)
    if constant is None:
        raise UnsayableError("it takes a value from what is no value of the network")
    value = site.shown(tensor)
    step = site.recorder.layer(Scale, value.step, factor=-1.0)
    if constant:
        step = site.recorder.layer(Offset, step, constant=constant)
    site.gives(step, value.dims)


@function("neg", "negative")
def _neg(site: Site, input: Any) -> None:  # noqa: A002
    site.each(Scale, input, factor=-1.0)


@function("mul")
def _mul(site: Site, input: Any, other: Any) -> None:  # noqa: A002
    value, operand = _value_first(site, input, other)
    content = site.content(operand)
    if isinstance(content, Value):
        _joined(site, "multiply", value, operand)
        return
    number = site.own_number(operand)
    if number is not None:
        _scaled(site, value, number)
    elif isinstance(content, Held) and content.trained:
        _layer_scale(site, value, operand, content)
    else:
        _normalized(site, value, operand, lambda constant: (constant * 0, 1 / constant))


@function("div")
def _div(site: Site, input: Any, other: Any, rounding_mode: str | None = None) -> None:  # noqa: A002
    number = site.own_number(other)
    if rounding_mode is not None:
        raise UnsayableError("it rounds")
    if not isinstance(site.content(input), Value) or isinstance(site.content(other), Value):
        raise UnsayableError("it divides by a value of the network")
    if number is not None and number != 0:
        _scaled(site, input, 1 / number)
    else:
        _normalized(site, input, other, lambda constant: (constant * 0, constant))


@function("square")
def _square(site: Site, input: Any) -> None:  # noqa: A002
    _joined(site, "multiply", input, input)


@function("pow")
def _pow(site: Site, input: Any, exponent: Any) -> None:  # noqa: A002
    if exponent != 2:
        raise UnsayableError(f"it raises to the power of {exponent}")
    _joined(site, "multiply", input, input)


@function("maximum")
def _maximum(site: Site, input: Any, other: Any) -> None:  # noqa: A002
    _joined(site, "maximum", input, other)


def _value_first(site: Site, one: Any, other: Any) -> tuple[Any, Any]:
    return (one, other) if isinstance(site.content(one), Value) else (other, one)


def _scaled(site: Site, tensor: Any, factor: float) -> None:
    value = site.shown(tensor)
    found = simpler_scale(site.recorder.steps, value.step, factor)
    if found is not None:
        op, x = found
        site.gives(site.recorder.applied(op, x), value.dims)
    elif factor == 1:
        site.recorder.contents[site.result] = site.value(tensor)
    else:
        site.each(Scale, tensor, factor=factor)


def _joined(site: Site, word: str, one: Any, other: Any) -> None:
    """Two values; of a product, one may have sizes of 1, elsewhere it is repeated first."""
    first, second = _alike(site, word, one, other)
    steps = [first.step, second.step]
    shapes = [site.shape(step) for step in steps]
    shape = product_shape(shapes)
    if shape is None and word == "multiply":
        steps = [_spread(site, step, tuple(site.result.shape)) for step in steps]
        shapes = [site.shape(step) for step in steps]
        shape = product_shape(shapes)
    if shape is None or (word != "multiply" and not same_size(*shapes)):
        raise UnsayableError(f"it joins {shapes[0]} and {shapes[1]}, of which one is repeated")
    dims = first.dims if first.dims == second.dims else None
    found = simpler_product(site.recorder.steps, *steps) if word == "multiply" else None
    if found is not None:
        op, x = found
        site.gives(site.recorder.applied(op, x), dims)
    else:
        site.gives(site.join(word, steps, shape), dims)


def _alike(site: Site, word: str, one: Any, other: Any) -> tuple[Value, Value]:
    """Two values whose tensors stand to their axes in the same way."""
    first, second = site.value(one), site.value(other)
    if len(first.dims) != len(second.dims):
        raise UnsayableError("it joins values with different numbers of axes")
    whole_ones = is_repeated(first.dims) or is_repeated(second.dims)
    alike = same_size(site.shape(first.step), site.shape(second.step))
    if alike and not whole_ones and first.dims == second.dims and site.keeps_axes(first):
        return first, second
    made = []
    for value in (first, second):
        own = value._replace(dims=unrepeated(value.dims))
        step = site.recorder.settled(own)
        if word != "multiply":
            step = _spread(site, step, tuple(site.result.shape))
        made.append(site.recorder.usual(step))
    return made[0], made[1]


def _spread(site: Site, step: int, sizes: tuple[int, ...]) -> int:
    """A map with one position along some axes as one with as many as the result has there."""
    shape = site.shape(step)
    if not isinstance(shape, Map) or len(sizes) != shape.axes + 2 or shape.sizes == sizes[2:]:
        return step
    return site.recorder.layer(Resize, step, to=tuple(sizes[2:]))


def _channels_alone(site: Site, value: Value, dims: Dims) -> bool:
    """Whether an operand with these dimensions has a number for each channel of a value."""
    if len(dims) > len(value.dims):
        return False
    own = ((),) * (len(value.dims) - len(dims)) + dims
    filled = [place for place, dim in enumerate(own) if dim]
    channels = whole(site.shape(value.step), CHANNELS)
    return (
        len(filled) == 1
        and value.dims[filled[0]] == channels
        and size_of(own[filled[0]]) == size_of(channels)
    )


def _layer_scale(site: Site, tensor: Any, operand: Tensor, content: Held) -> None:
    value = site.shown(tensor)
    is_one = operand.numel() == 1 == site.shape(value.step).channels
    if not is_one and not _channels_alone(site, value, content.dims):
        raise UnsayableError(f"it multiplies by `{content.name}`, which is none for each channel")
    stored = site.recorder.state[content.name]
    start = START
    if stored.device.type != "meta" and bool((stored == stored.flatten()[0]).all()):
        first = stored.flatten()[0].item()
        start = first if stored.dtype == torch.float64 else as_written(np.float32(first))
    given = {"start": start, "bare": _kept_as(stored, site.shape(value.step))}
    step = site.recorder.layer(LayerScale, value.step, {"scale": content.name}, **given)
    if given["bare"] != "none":
        site.recorder.steps[step] = site.recorder.steps[step]._replace(name=content.name)
    site.gives(step, value.dims)


def _kept_as(stored: Tensor, x: Shape) -> str:
    """The word of the language for the dimensions of a parameter with factors for each channel."""
    ones = (1,) * x.axes
    words = {(x.channels,): "vector", (1, x.channels, *ones): "batch"}
    return ({(x.channels, *ones): "map"} | words).get(tuple(stored.shape), "none")


def _normalized(site: Site, tensor: Any, operand: Any, constants: Any) -> None:
    """Constants for each channel: ``constants`` gives the mean and the deviation."""
    site.value(tensor)
    content = site.content(operand)
    if isinstance(content, Held) and content.trained:
        raise UnsayableError(f"`{content.name}`, which the model holds, is an operand of it")
    known = site.numbers(operand)
    if known is None or not isinstance(content, (Held, Constant)):
        site.value(operand)
        raise UnsayableError("an operand of it is not known before the network runs")
    value = site.shown(tensor)
    if not _channels_alone(site, value, held_dims(tuple(known.shape))):
        raise UnsayableError("its constants are none for each channel")
    mean, deviation = (tuple(each.tolist()) for each in constants(known.double().flatten()))
    x = value.step
    before = site.recorder.steps[x]
    if isinstance(before.what, Normalize) and set(before.what.deviation) == {1} and not any(mean):
        # (x - mean) / deviation, in two steps.
        mean, (x,) = before.what.mean, before.inputs
    step = site.recorder.layer(Normalize, x, None, mean=mean, deviation=deviation)
    site.gives(step, value.dims)
