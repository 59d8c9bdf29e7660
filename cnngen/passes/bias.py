"""``bias=auto`` decided: none where a batch norm follows directly, which would cancel it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from cnngen.ir import Layer, Network, edges, map_layers
from cnngen.ops import BatchNorm, Op


def resolve_bias(network: Network) -> Network:
    """Every op's ``bias`` true or false."""
    before_norm = {
        path for (path, _), (_, after) in edges(network.body) if isinstance(after.op, BatchNorm)
    }

    def decide(path: str, layer: Layer) -> Layer:
        if getattr(layer.op, "bias", None) != "auto":
            return layer
        return layer._replace(op=_with_bias(layer.op, path not in before_norm))

    return network._replace(body=map_layers(network.body, decide))


@lru_cache(1024)
def _with_bias(op: Op, bias: bool) -> Op:
    changed: Any = op
    decided: Op = replace(changed, bias=bias)
    return decided
