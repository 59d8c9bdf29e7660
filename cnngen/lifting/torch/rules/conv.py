"""Convolutions and weighted sums."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from cnngen.lifting.torch.arrangement import CHANNELS, whole
from cnngen.lifting.torch.recorder import UnsayableError
from cnngen.lifting.torch.site import Site
from cnngen.lifting.torch.table import function, per_axis
from cnngen.ops import Conv, ConvTranspose, Dense, DepthwiseConv, Map


@function("conv1d", "conv2d", "conv3d")
def _conv(
    site: Site,
    input: Tensor,  # noqa: A002 - the names are torch's
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> None:
    """The kernel is (out, in / groups, window)."""
    outputs, _, *kernel = weight.shape
    axes, inputs = len(kernel), input.shape[1]
    arguments: dict[str, Any] = {
        "kernel": tuple(kernel),
        "stride": per_axis(stride, axes),
        "pad": _padding(padding, axes),
        "dilation": per_axis(dilation, axes),
        "bias": bias is not None,
    }
    weights = site.weights(kernel=weight, bias=bias)
    if groups == inputs and groups > 1:
        multiplier = outputs // groups
        site.layer(DepthwiseConv, input, weights, multiplier=multiplier, **arguments)
    else:
        site.layer(Conv, input, weights, channels=outputs, groups=groups, **arguments)


def _padding(padding: Any, axes: int) -> tuple[int, ...] | str:
    if padding == "same":
        return "same"
    return per_axis(0 if padding == "valid" else padding, axes)


@function("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def _conv_transpose(
    site: Site,
    input: Tensor,  # noqa: A002
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> None:
    """The kernel is (in, out / groups, window)."""
    _, outputs, *kernel = weight.shape
    axes = len(kernel)
    site.layer(
        ConvTranspose,
        input,
        site.weights(kernel=weight, bias=bias),
        channels=outputs * groups,
        kernel=tuple(kernel),
        stride=per_axis(stride, axes),
        pad=per_axis(padding, axes),
        output_pad=per_axis(output_padding, axes),
        dilation=per_axis(dilation, axes),
        groups=groups,
        bias=bias is not None,
    )


@function("linear")
def _linear(site: Site, input: Tensor, weight: Tensor, bias: Tensor | None = None) -> None:  # noqa: A002
    """Over the last dimension, which has to be that of the channels, or of the features."""
    units = weight.shape[0]
    given = {"units": units, "bias": bias is not None}
    weights = site.weights(kernel=weight, bias=bias)
    value = site.value(input)
    shape = site.shape(value.step)
    if isinstance(shape, Map) and len(value.dims) > 2 and site.has_channels_last(value):
        step = site.recorder.layer(Dense, value.step, weights, per="position", **given)
        site.gives(step, (*value.dims[:-1], whole(site.shape(step), CHANNELS)))
        return
    if input.dim() != 2:
        raise UnsayableError("it sums over the last dimension, which is not that of the channels")
    site.layer(Dense, input, weights, **given)
