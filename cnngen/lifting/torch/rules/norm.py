"""Normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from cnngen.lifting.torch.recorder import UnsayableError
from cnngen.lifting.torch.site import Site
from cnngen.lifting.torch.table import function
from cnngen.ops import (
    BatchNorm,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    LocalResponseNorm,
    Op,
    RmsNorm,
)


def _affine(weight: Tensor | None, bias: Tensor | None) -> bool | str:
    if weight is None:
        return "shift" if bias is not None else False
    return True if bias is not None else "scale"


@function("batch_norm")
def _batch_norm(
    site: Site,
    input: Tensor,  # noqa: A002 - the names are torch's
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> None:
    if running_mean is None or running_var is None:
        raise UnsayableError("a batch norm without running statistics")
    if training != site.training:
        which = "the batch's own in evaluation" if training else "the running ones in training"
        raise UnsayableError(f"a batch norm that uses {which}")
    statistics = {"mean": running_mean, "variance": running_var}
    weights = site.weights(scale=weight, shift=bias)
    weights |= {name: site.held(each, trained=False) for name, each in statistics.items()}
    affine = _affine(weight, bias)
    site.layer(BatchNorm, input, weights, eps=eps, momentum=momentum, affine=affine)


@function("layer_norm")
def _layer_norm(
    site: Site,
    input: Tensor,  # noqa: A002
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> None:
    """Over the channels; over all of a map, where it has no weights, it is one group's norm."""
    if len(normalized_shape) == input.dim() - 1 > 1 and weight is None and bias is None:
        site.layer(GroupNorm, input, {}, groups=1, eps=eps, affine=False)
        return
    weights = site.weights(scale=weight, shift=bias)
    _over_last(site, LayerNorm, input, normalized_shape, weights, eps, _affine(weight, bias))


@function("rms_norm")
def _rms_norm(
    site: Site,
    input: Tensor,  # noqa: A002
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> None:
    if weight is None:
        raise UnsayableError("an RMS norm without a scale")
    least = torch.finfo(input.dtype).eps if eps is None else eps
    _over_last(site, RmsNorm, input, normalized_shape, site.weights(scale=weight), least)


def _over_last(
    site: Site,
    kind: type[Op],
    tensor: Tensor,
    normalized: Sequence[int],
    weights: dict[str, str],
    eps: float,
    affine: bool | str | None = None,
) -> None:
    given: dict[str, Any] = {"eps": eps} if affine is None else {"eps": eps, "affine": affine}
    value = site.value(tensor)
    if len(normalized) != 1:
        raise UnsayableError("it normalises over positions")
    if tensor.dim() > 2 and site.has_channels_last(value):
        site.gives(site.recorder.layer(kind, value.step, weights, **given), value.dims)
    elif tensor.dim() == 2:
        site.layer(kind, tensor, weights, **given)
    else:
        raise UnsayableError("it normalises over a dimension that is not that of the channels")


@function("group_norm")
def _group_norm(
    site: Site,
    input: Tensor,  # noqa: A002
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> None:
    affine = _affine(weight, bias)
    if isinstance(affine, str):
        raise UnsayableError(f"a group norm with a {affine} alone")
    weights = site.weights(scale=weight, shift=bias)
    site.layer(GroupNorm, input, weights, groups=num_groups, eps=eps, affine=affine)


@function("instance_norm")
def _instance_norm(
    site: Site,
    input: Tensor,  # noqa: A002
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> None:
    affine = _affine(weight, bias)
    if running_mean is not None or not use_input_stats or isinstance(affine, str):
        raise UnsayableError("an instance norm with running statistics, or with half a scale")
    weights = site.weights(scale=weight, shift=bias)
    site.layer(InstanceNorm, input, weights, eps=eps, affine=affine)


@function("local_response_norm")
def _local_response_norm(
    site: Site,
    input: Tensor,  # noqa: A002
    size: int,
    alpha: float = 1e-4,
    beta: float = 0.75,
    k: float = 1.0,
) -> None:
    """Torch divides alpha by the size, the paper does not."""
    given = {"alpha": alpha / size, "beta": float(beta), "k": float(k)}
    site.layer(LocalResponseNorm, input, None, size=size, **given)
