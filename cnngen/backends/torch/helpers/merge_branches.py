"""Layers side by side whose outputs are added, as one convolution."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from cnngen.backends.torch.helpers.scale_and_shift import scale_and_shift


def merge_branches(
    trained: Mapping[str, Tensor],
    model: nn.Module,
    branches: Mapping[str, Sequence[str]],
    eps: float = 0.0,
) -> dict[str, Tensor]:
    """The weights for inference: those of layers whose outputs are added, in one.

    `branches` has by the name of a convolution those of the convolutions and batch
    norms that become part of it; an empty one is their input itself.
    """
    weights, own = dict(trained), model.state_dict()
    left = {key.rpartition(".")[0] for key in trained if key not in own}
    for name, others in branches.items():
        for key in trained:
            block = key.removesuffix(f"{name}.weight")
            paths = [block + other for other in others if block + other in left]
            if block == key or block[-1:] not in ("", ".") or not paths:
                continue
            weight = weights[key]
            if weight.shape != own[key].shape:  # of another network
                continue
            bias = weights.get(f"{block}{name}.bias", weight.new_zeros(len(weight)))
            for path in paths:
                kernel, shift = _branch(weights, path, weight, eps)
                weight, bias = weight + kernel, bias + shift
            weights[key] = weight + _identity(weight) if "" in others else weight
            weights[f"{block}{name}.bias"] = bias
    return weights


def _branch(
    weights: dict[str, Tensor], path: str, weight: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """The kernel of a layer, in the size of `weight`, and its bias."""
    if f"{path}.running_mean" in weights:
        scale, shift = scale_and_shift(weights, path, eps)
        return _identity(weight) * scale.reshape(-1, *[1] * (weight.ndim - 1)), shift
    small = weights.pop(f"{path}.weight")
    sizes = zip(weight.shape, small.shape, strict=True)
    middle = tuple(slice((its - own) // 2, (its + own) // 2) for its, own in sizes)
    kernel = torch.zeros_like(weight)
    kernel[middle] = small
    return kernel, weights.pop(f"{path}.bias", small.new_zeros(len(small)))


def _identity(weight: Tensor) -> Tensor:
    """The kernel of this size that gives what it takes."""
    return nn.init.dirac_(torch.empty_like(weight), len(weight) // weight.shape[1])
