"""Operators between values, and between a value and numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from cnngen import ops
from cnngen.lifting.keras.activations import ceiling
from cnngen.lifting.keras.merging import Ceiling
from cnngen.lifting.keras.site import Site, UnsaidError, Value, built, numbers, only, says
from cnngen.lifting.numbers import as_written
from cnngen.lifting.traced import Join


def _is_variable(thing: Any) -> bool:
    return isinstance(thing, keras.Variable)


def constant(thing: Any) -> Any:
    """A number, or an array of numbers.

    Raises:
        UnsaidError: it is neither.
    """
    if _is_variable(thing):
        raise UnsaidError("a weight takes part that belongs to no layer of the language")
    try:
        return np.asarray(keras.ops.convert_to_numpy(thing), float)
    except (TypeError, ValueError):
        raise UnsaidError(f"{type(thing).__name__} takes part") from None


def _per_channel(array: Any, x: Value) -> Any:
    """One number for each channel, of an array that is spread over a value."""
    channels = x.known.channels
    alone = all(size == 1 for size in array.shape[:-1]) and array.ndim <= x.axes + 2
    if not alone or array.shape[-1] not in (1, channels):
        raise UnsaidError(f"a constant of the shape {array.shape} takes part")
    return np.broadcast_to(array.reshape(-1), (channels,))


def _normalised(site: Site, x: Value, mean: Any, deviation: Any) -> Value:
    channels = x.known.channels
    both = {
        "mean": numbers(np.broadcast_to(mean, (channels,))),
        "deviation": numbers(np.broadcast_to(deviation, (channels,))),
    }
    return site.step(built(ops.Normalize, x.axes, **both), x)


def _plus(site: Site, x: Value, constant: Any) -> Value:
    if constant.size == 1:
        return site.step(built(ops.Offset, x.axes, constant=constant.item()), x)
    return _normalised(site, x, -_per_channel(constant, x), 1.0)


def _times(site: Site, x: Value, factor: Any) -> Value:
    if factor.size == 1:
        return site.step(built(ops.Scale, x.axes, factor=factor.item()), x)
    factors = _per_channel(factor, x)
    if not factors.all():
        raise UnsaidError("it multiplies by zero")
    return _normalised(site, x, 0.0, 1 / factors)


def two(site: Site) -> tuple[Any, Any]:
    """The two arguments of a function."""
    given = [*site.args, *site.kwargs.values()]
    if len(given) != 2:
        raise UnsaidError("it does not take two values")
    return given[0], given[1]


Mixed = Callable[[Site, Value, Any], Value]


def _operator(word: str, right: Mixed, left: Mixed) -> Callable[[Site], Value]:
    """An operator between two values, or a value and what stands to its right or its left."""

    def say(site: Site) -> Value:
        a, b = two(site)
        if isinstance(a, Value) and isinstance(b, Value):
            return site.join(Join(word), [a, b])
        return right(site, a, b) if isinstance(a, Value) else left(site, b, a)

    return say


def _add(site: Site, x: Value, other: Any) -> Value:
    return _plus(site, x, constant(other))


def _multiply(site: Site, x: Value, other: Any) -> Value:
    if not _is_variable(other):
        return _times(site, x, constant(other))
    values = keras.ops.convert_to_numpy(other)
    start = as_written(values.flat[0]) if np.ptp(values) == 0 else None
    return site.weighted(built(ops.LayerScale, x.axes, start=start), x, {"scale": other})


def _taken_from(site: Site, x: Value, other: Any) -> Value:
    return _plus(site, _times(site, x, np.asarray(-1.0)), constant(other))


def _take(site: Site, x: Value, other: Any) -> Value:
    return _plus(site, x, -constant(other))


def _divide(site: Site, x: Value, other: Any) -> Value:
    divisor = constant(other)
    if not divisor.all():
        raise UnsaidError("it divides by zero")
    if divisor.size == 1:
        return _times(site, x, 1 / divisor)
    return _normalised(site, x, 0.0, _per_channel(divisor, x))


def _no(site: Site, x: Value, other: Any) -> Value:
    raise UnsaidError("the language has no such function of a value and a number")


says("ops.Add")(_operator("add", _add, _add))
says("ops.Multiply")(_operator("multiply", _multiply, _multiply))
says("ops.Subtract")(_operator("subtract", _take, _taken_from))


@says("ops.Divide", "ops.TrueDivide")
def _quotient(site: Site) -> Value:
    a, b = two(site)
    if not isinstance(a, Value) or isinstance(b, Value):
        raise UnsaidError("it divides by a value")
    return _divide(site, a, b)


def _at_least(site: Site, x: Value, other: Any) -> Value:
    """The larger of a value and zero."""
    if constant(other).any() or constant(other).size != 1:
        return _no(site, x, other)
    return site.step(ops.Relu(), x)


says("ops.Maximum")(_operator("maximum", _at_least, _at_least))


def _at_most(site: Site, x: Value, other: Any) -> Value:
    most = constant(other)
    if most.size != 1:
        return _no(site, x, other)
    return site.step(Ceiling(most=most.item()), x)


@says("ops.Minimum")
def _minimum(site: Site) -> Value:
    a, b = two(site)
    if isinstance(a, Value) and isinstance(b, Value):
        raise UnsaidError("the language has no minimum of two values")
    return _at_most(site, a, b) if isinstance(a, Value) else _at_most(site, b, a)


@says("ops.Negative")
def _negative(site: Site) -> Value:
    return _times(site, only(site), np.asarray(-1.0))


@says("ops.Clip")
def _clip(site: Site) -> Value:
    function, x = site.layer, only(site)
    least, most = float(constant(function.x_min)), float(constant(function.x_max))
    if (least, most) == (-1, 1):
        return site.step(ops.HardTanh(), x)
    if least == 0:
        return site.step(ceiling(most, x), x)
    raise UnsaidError(f"it keeps values between {least:g} and {most:g}")
