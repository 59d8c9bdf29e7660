"""Layers behind one another, as one."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def merge_layers(
    trained: Mapping[str, Tensor], model: nn.Module, layers: Mapping[str, str]
) -> dict[str, Tensor]:
    """The weights for inference: those of layers that follow another one, in that.

    `layers` has the first one's name by the second's; in a sequence it is the nearest
    before that has weights.
    """
    weights, own = dict(trained), model.state_dict()
    for key in trained:
        path, _, kind = key.rpartition(".")
        first = _first(path, weights, layers)
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


def _first(path: str, weights: Mapping[str, Tensor], layers: Mapping[str, str]) -> str:
    """The path of the layer that one becomes part of; empty where there is none."""
    *block, name = path.split(".")
    if not name.isdigit():
        return ".".join([*block, layers[name]]) if name in layers else ""
    numbers = (".".join([*block, str(n)]) for n in reversed(range(int(name))))
    return next((each for each in numbers if f"{each}.weight" in weights), "")
