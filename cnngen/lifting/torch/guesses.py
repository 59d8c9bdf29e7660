"""Which layer a module may be, by the name of its class and its attributes.

Such modules belong to many libraries, those that are generated here among them. A name proves
nothing: see ``trials.py``, where each guess is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from torch import Tensor, nn

from cnngen.lifting.torch.recorder import checked
from cnngen.lifting.torch.rules.pool import MODES
from cnngen.lifting.torch.table import per_axis
from cnngen.ops import (
    AvgPool,
    BlurPool,
    ChannelShuffle,
    DropPath,
    GaussianDropout,
    GaussianNoise,
    GlobalResponseNorm,
    HardSigmoid,
    Identity,
    LayerNorm,
    Normalize,
    Op,
    Permute,
    PRelu,
    Resize,
    RmsNorm,
    Shape,
    StandardizedConv,
)
from cnngen.ops.basic import axes_of
from cnngen.record import NamedTuple


class Leaf(NamedTuple):
    """A layer that a module may be, and the module's attribute for each weight of it."""

    op: Op
    weights: Mapping[str, str] = {}


Guess = Callable[[Any, Shape], Iterator[Leaf]]
"""The layers that a module may be for an input of this shape, the likeliest first."""


def guess_for(module: nn.Module) -> Guess | None:
    """What guesses the layer that a module may be; None where its class is not known."""
    name = type(module).__name__
    if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Conv3d)):
        known = ("std", "ws", "standardized")
        return _standardized if any(part in name.lower() for part in known) else None
    if type(module).__module__.startswith("torch."):
        return None
    if name in LEAVES:
        return LEAVES[name]
    return next((guess for part, guess in NORMS.items() if part in name.lower()), None)


def _noise(rate: Callable[[Any], Any], kind: type[Op], word: str) -> Guess:
    """A layer that draws in training; otherwise, and where it draws nothing, the identity."""

    def guess(module: Any, shape: Shape) -> Iterator[Leaf]:
        given = rate(module)
        if not module.training or given == 0:
            yield Leaf(Identity())
        elif isinstance(given, (int, float)):
            yield Leaf(checked(kind, shape, {word: float(given)}))

    return guess


def _rate(module: Any) -> Any:
    return getattr(module, "drop_prob", getattr(module, "p", None))


def _deviation(module: Any) -> Any:
    return getattr(module, "std", None)


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
    window = getattr(module, "window", None)
    given_size = getattr(module, "filt_size", 3)
    size = tuple(window.shape[2:]) if isinstance(window, Tensor) else given_size
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
    for pad in (_border(module, axes), {"pad": "same"}):
        yield Leaf(checked(StandardizedConv, shape, {**given, **pad}), attributes)


def _border(module: Any, axes: int) -> dict[str, Any]:
    """What a convolution puts around a map: ``sides`` has the last axis first, as torch does."""
    sides = getattr(module, "sides", None)
    if sides is not None:
        before, after = tuple(sides[-2::-2]), tuple(sides[::-2])
        return {"pad": before, "pad_after": after, "pad_mode": MODES.get(module.border)}
    pad = module.padding if isinstance(module.padding, str) else per_axis(module.padding, axes)
    return {"pad": pad, "pad_mode": MODES.get(module.padding_mode, "zeros")}


def _cells(module: Any, shape: Shape) -> Iterator[Leaf]:
    yield Leaf(checked(PRelu, shape, {"per": "cell"}), {"slope": "weight"})


def _hard_sigmoid(module: Any, shape: Shape) -> Iterator[Leaf]:
    if hasattr(module, "slope"):
        yield Leaf(checked(HardSigmoid, shape, {"slope": module.slope}))


def _normalize(module: Any, shape: Shape) -> Iterator[Leaf]:
    given = {"mean": tuple(module.mean), "deviation": tuple(module.std)}
    yield Leaf(checked(Normalize, shape, given))


def _same_average(module: Any, shape: Shape) -> Iterator[Leaf]:
    axes = shape.axes
    given = {
        "kernel": per_axis(module.kernel_size, axes),
        "stride": per_axis(module.stride, axes),
        "pad": "same",
        "count_pad": module.count_include_pad,
    }
    yield Leaf(checked(AvgPool, shape, given))


def _resized(module: Any, shape: Shape) -> Iterator[Leaf]:
    yield Leaf(checked(Resize, shape, {"to": per_axis(module.size, shape.axes)}))


def _shuffled(module: Any, shape: Shape) -> Iterator[Leaf]:
    yield Leaf(checked(ChannelShuffle, shape, {"groups": module.groups}))


def _permuted(module: Any, shape: Shape) -> Iterator[Leaf]:
    """Torch counts the batch and has the channels first; the language has them last."""
    order = getattr(module, "axes", None)
    if not isinstance(order, tuple) or len(order) != shape.axes + 2:
        return
    *positions, channels = axes_of(shape.axes)
    words = [("", channels, *positions)[axis] for axis in order]
    names = ("first", "second", "third", "fourth")
    yield Leaf(checked(Permute, shape, dict(zip(names, (*words[2:], words[1]), strict=False))))


_drop_path = _noise(_rate, DropPath, "rate")


LEAVES: Mapping[str, Guess] = {
    **dict.fromkeys(("BlurPool1d", "BlurPool2d", "BlurPool3d"), _blurred),
    **dict.fromkeys(("SameAvgPool1d", "SameAvgPool2d", "SameAvgPool3d"), _same_average),
    "CellPReLU": _cells,
    "ChannelShuffle": _shuffled,
    "DropPath": _drop_path,
    "StochasticDepth": _drop_path,
    "GaussianDropout": _noise(_rate, GaussianDropout, "rate"),
    "GaussianNoise": _noise(_deviation, GaussianNoise, "deviation"),
    "GlobalResponseNorm": _global_response,
    "GRN": _global_response,
    "HardSigmoid": _hard_sigmoid,
    "Normalize": _normalize,
    "Permute": _permuted,
    "ResizeNearest": _resized,
}
"""By the name of the class."""

NORMS: Mapping[str, Guess] = {"layernorm": _layer_norm, "rmsnorm": _rms_norm}
"""By a part of the name of a class that is not torch's own."""
