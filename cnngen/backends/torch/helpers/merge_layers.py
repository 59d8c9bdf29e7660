"""Layers behind one another, as one."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def merge_layers(
    trained: Mapping[str, Tensor], model: nn.Module, layers: Mapping[str, str]
) -> dict[str, Tensor]:
    """The weights for inference: those of layers that follow another one, in that.

    `layers` has the first one's name by the second's.
    """
    weights, own = dict(trained), model.state_dict()
    for key in trained:
        path, _, kind = key.rpartition(".")
        block, dot, name = path.rpartition(".")
        first = f"{block}{dot}{layers.get(name)}"
        if kind != "weight" or key in own or f"{first}.weight" not in weights:
            continue
        second, before = weights.pop(key), weights[f"{first}.weight"]
        bias = weights.pop(f"{path}.bias", 0)
        if f"{first}.bias" in weights:
            sums = second.reshape(*second.shape[:2], -1).sum(2)
            bias = bias + sums @ weights[f"{first}.bias"]
        weights[f"{first}.weight"] = torch.einsum("om...,mi...->oi...", second, before)
        weights[f"{first}.bias"] = before.new_zeros(len(second)) + bias
    return weights
