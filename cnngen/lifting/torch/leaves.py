"""Modules that are one layer although their forward is written with other functions.

They belong to many libraries, so they are known by the name of their class and by attributes. That
proves nothing: each is tried on numbers, and is a layer only where it computes what the reference
has for that layer.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cnngen.lifting.torch.arrangement import axes_in, has_batch_first
from cnngen.lifting.torch.contents import Held, Value
from cnngen.lifting.torch.recorder import Recorder, UnsayableError, checked
from cnngen.lifting.torch.table import per_axis
from cnngen.ops import (
    BlurPool,
    DropPath,
    GlobalResponseNorm,
    LayerNorm,
    Map,
    Op,
    OpError,
    RmsNorm,
    Shape,
    StandardizedConv,
)
from cnngen.record import NamedTuple
from cnngen.reference import TABLE


class Leaf(NamedTuple):
    """A layer that a module may be, and the module's attribute for each weight of it."""

    op: Op
    weights: Mapping[str, str] = {}


Guess = Callable[[Any, Shape], Iterator[Leaf]]
"""The layers that a module may be for an input of this shape, the likeliest first."""


def leaf(recorder: Recorder, module: nn.Module, args: tuple[Any, ...]) -> Leaf | None:
    """The layer that a module is when it is called with these arguments, if it is known as one."""
    guess = _guess(module)
    if guess is None or len(args) != 1 or not isinstance(args[0], Tensor):
        return None
    value = recorder.contents.get(args[0])
    if not isinstance(value, Value) or not has_batch_first(value.dims):
        return None
    shape = recorder.steps[value.step].shape
    order = axes_in(shape, value.dims[1:])
    if order is None or recorder.contents.is_stale(args[0]):
        return None
    try:
        for each in guess(module, shape):
            alike = (type(module), *_without_channels(each.op), order)
            if alike not in recorder.tried:
                recorder.tried[alike] = _is(recorder, module, each, shape, order)
            if recorder.tried[alike]:
                return each
    except (UnsayableError, OpError):
        pass
    return None


def _without_channels(op: Op) -> tuple[Any, ...]:
    """What tells layers of a kind apart but for how many channels they have."""
    numbers = {"channels": 0, "groups": getattr(op, "groups", 1) > 1}
    return (type(op), *{**vars(op), **numbers}.items())


def apply_leaf(recorder: Recorder, found: Leaf, module: nn.Module, x: Tensor, result: Any) -> None:
    """Record the layer that a module is; what it returns has its input's arrangement."""
    value = recorder.contents.get(x)
    assert isinstance(value, Value)
    weights = {}
    for word, attribute in found.weights.items():
        content = recorder.contents.get(getattr(module, attribute))
        assert isinstance(content, Held)
        weights[word] = content.name
    step = recorder.applied(found.op, value.step, weights or None)
    shape = recorder.steps[step].shape
    same = shape == recorder.steps[value.step].shape
    recorder.contents[result] = value._replace(step=step) if same else recorder.usual(step)


def _guess(module: nn.Module) -> Guess | None:
    name = type(module).__name__
    if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Conv3d)):
        return _standardized if any(part in name.lower() for part in ("std", "ws")) else None
    if name in LEAVES or type(module).__module__.startswith("torch."):
        return LEAVES.get(name)
    return next((guess for part, guess in NORMS.items() if part in name.lower()), None)


def _drop_path(module: Any, shape: Shape) -> Iterator[Leaf]:
    """Of whole inputs of the batch, of which the others are scaled up."""
    rate = getattr(module, "drop_prob", getattr(module, "p", None))
    if module.training and isinstance(rate, float) and 0 < rate < 1:
        yield Leaf(DropPath(rate))


def _layer_norm(module: Any, shape: Shape) -> Iterator[Leaf]:
    """Over the channels, wherever these stand."""
    weights = {"scale": "weight", "shift": "bias"}
    if all(isinstance(getattr(module, name, None), nn.Parameter) for name in weights.values()):
        eps = getattr(module, "eps", LayerNorm.defaults["eps"])
        yield Leaf(checked(LayerNorm, shape, {"eps": eps}), weights)


def _rms_norm(module: Any, shape: Shape) -> Iterator[Leaf]:
    if isinstance(getattr(module, "weight", None), nn.Parameter):
        eps = getattr(module, "eps", RmsNorm.defaults["eps"])
        yield Leaf(checked(RmsNorm, shape, {"eps": eps}), {"scale": "weight"})


def _global_response(module: Any, shape: Shape) -> Iterator[Leaf]:
    for scale, shift in (("weight", "bias"), ("gamma", "beta")):
        if hasattr(module, scale) and hasattr(module, shift):
            eps = getattr(module, "eps", GlobalResponseNorm.defaults["eps"])
            yield Leaf(
                checked(GlobalResponseNorm, shape, {"eps": eps}), {"scale": scale, "shift": shift}
            )


def _blurred(module: Any, shape: Shape) -> Iterator[Leaf]:
    size = getattr(module, "filt_size", 3)
    given = {"kernel": per_axis(size, shape.axes), "stride": per_axis(module.stride, shape.axes)}
    yield Leaf(checked(BlurPool, shape, given))


def _standardized(module: Any, shape: Shape) -> Iterator[Leaf]:
    axes = shape.axes
    attributes = {"kernel": "weight"} | ({"bias": "bias"} if module.bias is not None else {})
    given = {
        "channels": module.out_channels,
        "kernel": per_axis(module.kernel_size, axes),
        "stride": per_axis(module.stride, axes),
        "dilation": per_axis(module.dilation, axes),
        "groups": module.groups,
        "bias": module.bias is not None,
        "eps": getattr(module, "eps", StandardizedConv.defaults["eps"]),
    }
    around = module.padding if isinstance(module.padding, str) else per_axis(module.padding, axes)
    for pad in (around, "same"):
        yield Leaf(checked(StandardizedConv, shape, {**given, "pad": pad}), attributes)


LEAVES: Mapping[str, Guess] = {
    "BlurPool2d": _blurred,
    "DropPath": _drop_path,
    "StochasticDepth": _drop_path,
    "GlobalResponseNorm": _global_response,
    "GRN": _global_response,
}
"""By the name of the class."""

NORMS: Mapping[str, Guess] = {"layernorm": _layer_norm, "rmsnorm": _rms_norm}
"""By a part of the name of a class that is not torch's own."""


def _is(
    recorder: Recorder, module: nn.Module, guess: Leaf, shape: Shape, order: tuple[int, ...]
) -> bool:
    """Whether a module computes what a layer does, on a few numbers in float64."""
    with torch.random.fork_rng(devices=[]), torch.no_grad(), torch.device("cpu"):
        torch.manual_seed(0)
        try:
            if guess.op.draws:
                return _drops_inputs(module, guess.op)
            return _computes(_real(recorder, module), guess, _small(guess.op, shape), order)
        except (RuntimeError, TypeError, ValueError, OpError):
            return False


def _small(op: Op, shape: Shape) -> Shape:
    """A map that a window still moves over, as large as it needs to be."""
    if not isinstance(shape, Map):
        return shape
    window = getattr(op, "kernel", (1,) * shape.axes)
    dilation = getattr(op, "dilation", (1,) * shape.axes)
    sizes = zip(shape.sizes, window, dilation, strict=True)
    return shape._replace(
        sizes=tuple(min(n, (k - 1) * d + 3 + a) for a, (n, k, d) in enumerate(sizes))
    )


def _real(recorder: Recorder, module: nn.Module) -> nn.Module:
    """The module in float64 with its own buffers and any parameters."""
    real = copy.deepcopy(module).to_empty(device="cpu").double()
    for parameter in real.parameters():
        parameter.copy_(torch.rand_like(parameter) - 0.3)
    for tensor, own in zip(real.buffers(), module.buffers(), strict=True):
        content = recorder.contents.get(own)
        assert isinstance(content, Held)
        tensor.copy_(recorder.state[content.name])
    return real


def _computes(real: nn.Module, guess: Leaf, shape: Shape, order: tuple[int, ...]) -> bool:
    sizes = (shape.channels, *(shape.sizes if isinstance(shape, Map) else ()))
    x = torch.randn(2, *sizes, dtype=torch.float64)
    got = real(x.permute(0, *(1 + axis for axis in order)))
    weights = {
        weight.name: getattr(real, guess.weights[weight.name])
        .numpy(force=True)
        .reshape([axis.size for axis in weight.axes])
        for weight in guess.op.weights(shape)
    }
    wanted = torch.from_numpy(
        np.moveaxis(TABLE(guess.op, weights, np.moveaxis(x.numpy(), 1, -1)), -1, 1)
    )
    wanted = wanted.permute(0, *(1 + axis for axis in order))
    return got.shape == wanted.shape and bool(torch.allclose(got, wanted, rtol=1e-9, atol=1e-12))


TRIED = 256
"""Inputs that a drop path is tried on: with fewer, all of them may be kept by chance."""


def _drops_inputs(module: nn.Module, op: Any) -> bool:
    by_input = module(torch.ones(TRIED, 2, 2, 2)).flatten(1)
    kept = by_input[:, 0] != 0
    expected = kept[:, None] / (1 - op.rate) * torch.ones_like(by_input)
    share = float(kept.double().mean())
    spread = 5 * (op.rate * (1 - op.rate) / TRIED) ** 0.5
    return bool(torch.allclose(by_input, expected)) and abs(share - (1 - op.rate)) < spread
