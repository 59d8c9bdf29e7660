"""Activations."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from cnngen.lifting.torch.arrangement import CHANNELS, whole
from cnngen.lifting.torch.recorder import UnsayableError
from cnngen.lifting.torch.site import Site
from cnngen.lifting.torch.table import FUNCTIONS, Rule, function
from cnngen.ops import (
    Abs,
    Celu,
    Elu,
    Gelu,
    Glu,
    HardSigmoid,
    HardSwish,
    HardTanh,
    LeakyRelu,
    LogSigmoid,
    LogSoftmax,
    Mish,
    Op,
    PRelu,
    Relu,
    Relu6,
    Selu,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)

PLAIN: dict[str, type[Op]] = {
    "relu": Relu,
    "relu6": Relu6,
    "selu": Selu,
    "silu": Silu,
    "mish": Mish,
    "sigmoid": Sigmoid,
    "logsigmoid": LogSigmoid,
    "log_sigmoid": LogSigmoid,
    "hardsigmoid": HardSigmoid,
    "hardswish": HardSwish,
    "abs": Abs,
    "tanh": Tanh,
    "softsign": Softsign,
}
"""Activations without parameters."""


def _plain(kind: type[Op]) -> Rule:
    def rule(site: Site, input: Tensor, inplace: bool = False) -> None:  # noqa: A002
        site.each(kind, input)

    return rule


FUNCTIONS.update({name: _plain(kind) for name, kind in PLAIN.items()})


@function("leaky_relu")
def _leaky_relu(
    site: Site,
    input: Tensor,  # noqa: A002
    negative_slope: float = 0.01,
    inplace: bool = False,
) -> None:
    site.each(LeakyRelu, input, slope=float(negative_slope))


@function("elu")
def _elu(
    site: Site,
    input: Tensor,  # noqa: A002
    alpha: float = 1.0,
    scale: Any = False,
    input_scale: Any = 1,
    inplace: bool = False,
) -> None:
    """The second and the third are those of ATen; F.elu has ``inplace`` in their place."""
    if scale not in (False, True, 1) or input_scale != 1:
        raise UnsayableError("`elu` with other scales than 1")
    site.each(Elu, input, alpha=float(alpha))


@function("celu")
def _celu(
    site: Site,
    input: Tensor,  # noqa: A002
    alpha: float = 1.0,
    inplace: bool = False,
) -> None:
    site.each(Celu, input, alpha=float(alpha))


@function("gelu")
def _gelu(site: Site, input: Tensor, approximate: str = "none") -> None:  # noqa: A002
    site.each(Gelu, input, form="tanh" if approximate == "tanh" else "exact")


@function("softplus")
def _softplus(site: Site, input: Tensor, beta: float = 1, threshold: float = 20) -> None:  # noqa: A002
    """Beyond the threshold torch returns its input: a difference of less than e^-20."""
    if beta != 1 or threshold < 20:
        raise UnsayableError(f"`softplus` with beta={beta:g} and threshold={threshold:g}")
    site.each(Softplus, input)


@function("hardtanh", "clamp", "clip")
def _hardtanh(
    site: Site,
    input: Tensor,  # noqa: A002
    min_val: Any = None,
    max_val: Any = None,
    inplace: bool = False,
    *,
    min: Any = None,  # noqa: A002
    max: Any = None,  # noqa: A002
) -> None:
    """The defaults of ``hardtanh`` are -1 and 1, ``clamp`` has none."""
    low = min if min_val is None else min_val
    high = max if max_val is None else max_val
    if site.name == "hardtanh":
        low, high = -1.0 if low is None else low, 1.0 if high is None else high
    if low == 0 and high == 6:
        site.each(Relu6, input)
    elif low == 0 and (high is None or high > 0):
        site.each(Relu, input, max=None if high is None else float(high))
    elif (low, high) == (-1, 1):
        site.each(HardTanh, input)
    else:
        raise UnsayableError(f"no activation has values from {low} to {high}")


@function("prelu")
def _prelu(site: Site, input: Tensor, weight: Tensor) -> None:  # noqa: A002
    per = "layer" if weight.numel() == 1 and input.shape[1] != 1 else "channel"
    site.layer(PRelu, input, site.weights(slope=weight), per=per)


@function("glu")
def _glu(site: Site, input: Tensor, dim: int = -1) -> None:  # noqa: A002
    if dim % input.dim() != 1:
        raise UnsayableError("`glu` along another dimension than that of the channels")
    site.layer(Glu, input)


def _over_channels(kind: type[Op]) -> Rule:
    def rule(
        site: Site,
        input: Tensor,  # noqa: A002
        dim: int | None = None,
        _stacklevel: Any = None,
        dtype: Any = None,
    ) -> None:
        if dim is None:
            raise UnsayableError("the dimension that it sums over is not given")
        value = site.shown(input)
        shape = site.shape(value.step)
        over = value.dims[dim % input.dim()]  # of size 1, any dimension is that of one channel
        if dim % input.dim() == 0 or over != whole(shape, CHANNELS):
            raise UnsayableError("it sums over another dimension than that of the channels")
        site.each(kind, input)

    return rule


FUNCTIONS["softmax"] = _over_channels(Softmax)
FUNCTIONS["log_softmax"] = _over_channels(LogSoftmax)
