"""Batch norms as part of the layers before them."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def fold_norms(
    trained: Mapping[str, Tensor],
    model: nn.Module,
    layers: Mapping[str, str],
    eps: float,
) -> dict[str, Tensor]:
    """The weights for inference: those of batch norms in the layers before them.

    `layers` has the layer's name by the norm's; in a sequence it is the one before.
    """
    weights, own = dict(trained), model.state_dict()
    for key in trained:
        path, _, kind = key.rpartition(".")
        block, point, norm = path.rpartition(".")
        is_known = norm in layers or norm.isdigit()
        if kind != "running_mean" or key in own or not is_known:
            continue
        layer = block + point + (layers.get(norm) or str(int(norm) - 1))
        mean, variance = weights.pop(key), weights.pop(f"{path}.running_var")
        weights.pop(f"{path}.num_batches_tracked", None)
        scale = weights.pop(f"{path}.weight", torch.ones_like(mean))
        scale = scale / (variance + eps).sqrt()
        shift = weights.pop(f"{path}.bias", torch.zeros_like(mean))
        bias = weights.get(f"{layer}.bias", torch.zeros_like(mean))
        weights[f"{layer}.bias"] = shift + (bias - mean) * scale
        weight = weights[f"{layer}.weight"]
        shape = [1] * weight.ndim
        shape[getattr(model.get_submodule(layer), "transposed", False)] = -1
        weights[f"{layer}.weight"] = weight * scale.reshape(shape)
    return weights
