"""Batch norms folded into the layers before them, and what becomes of the weights.

In evaluation a batch norm is scale x + shift with numbers for each channel. After weighted sums,
which a convolution or a dense layer gives, these go into the sums' weights and bias.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from cnngen.expressions import Expression
from cnngen.ir import Chain, Instance, Item, Layer, Network, children
from cnngen.ops import (
    BatchNorm,
    Conv,
    ConvTranspose,
    Dense,
    DepthwiseConv,
    Identity,
    Op,
    SeparableConv,
)
from cnngen.passes.inference.chains import each_chain
from cnngen.passes.inference.plan import Array, Pass, Plan, Told, Weights

SUMS: dict[type[Op], int] = dict.fromkeys((Conv, Dense, DepthwiseConv, SeparableConv), 0)
SUMS[ConvTranspose] = 1
"""The layers that take in a batch norm, and which axis of the kernel is the first of outputs."""


def takes_norm(op: Op) -> bool:
    """Whether a batch norm after this layer can become part of it."""
    return type(op) in SUMS and (not isinstance(op, ConvTranspose) or op.groups == 1)


def fold_norms(network: Network, plan: Plan) -> Network:
    """The network with the identity in place of the norms of the plan, and a bias before them."""

    def rule(chain: Chain) -> Chain:
        items = list(chain.items)
        for place, (layer, norm) in enumerate(pairwise(items)):
            if _is_folded(layer, norm, plan):
                assert isinstance(norm, Layer)
                items[place] = with_bias(layer)
                items[place + 1] = norm._replace(op=Identity())
        return chain._replace(items=tuple(items))

    return each_chain(network, rule)


def with_bias(layer: Any, bias: Expression = True) -> Any:
    """A layer of a network or of a definition that adds a bias, in a definition perhaps."""
    return layer._replace(op=layer.op.replace(bias=bias))


def _is_folded(layer: Item, norm: Item, plan: Plan) -> bool:
    return (
        isinstance(layer, Layer)
        and isinstance(norm, Layer)
        and isinstance(norm.op, BatchNorm)
        and (layer.at.span, norm.at.span) in plan.folded
    )


def folded_layers(network: Network, plan: Plan) -> dict[str, tuple[Layer, str, Layer]]:
    """By the path of each layer that takes a norm in: it, and the norm with its path."""
    return {path: (layer, at, norm) for path, layer, at, norm in _pairs(network.body, plan, "")}


def _pairs(item: Item, plan: Plan, prefix: str) -> Iterator[tuple[str, Layer, str, Layer]]:
    if isinstance(item, Layer):
        return
    named = isinstance(item, (Chain, Instance)) and item.name
    within = f"{prefix}{item.name}." if named else prefix
    found = children(item)
    for layer, norm in pairwise(found):
        if _is_folded(layer, norm, plan):
            assert isinstance(layer, Layer)
            assert isinstance(norm, Layer)
            yield within + layer.name, layer, within + norm.name, norm
    for child in found:
        yield from _pairs(child, plan, within)


def folded_weights(network: Network, plan: Plan, weights: Weights) -> Weights:
    """The weights after :func:`fold_norms`, for those before it.

    Args:
        network: before it.
        plan: what is folded.
        weights: of any floating type, which stays.
    """
    made = {path: dict(arrays) for path, arrays in weights.items()}
    for path, (layer, at, norm) in folded_layers(network, plan).items():
        made[path] = _folded(layer.op, norm.op, made[path], made.pop(at))
    return made


def _told(network: Network, plan: Plan) -> Iterator[Told]:
    for layer, _, norm in folded_layers(network, plan).values():
        yield norm.at.span, f"part of the `{layer.op.word}` before it"


def _folded(
    op: Op, norm: Op, own: Mapping[str, Array], statistics: Mapping[str, Array]
) -> dict[str, Array]:
    """The kernel and the bias that do both, worked out in float64."""
    last = "pointwise" if isinstance(op, SeparableConv) else "kernel"  # what gives the sums
    dtype = own[last].dtype
    kernel, bias = own[last].astype("float64"), own.get("bias", 0)
    scale, shift = scale_and_shift(norm, statistics)
    if isinstance(op, DepthwiseConv):  # channels, and for each of them several
        factors = scale.reshape(*kernel.shape[:2], *[1] * (kernel.ndim - 2))
    else:
        factors = scale.reshape([-1 if n == SUMS[type(op)] else 1 for n in range(kernel.ndim)])
    made = {**own, last: kernel * factors, "bias": shift + bias * scale}
    return {name: array.astype(dtype) for name, array in made.items()}


def scale_and_shift(norm: Op, statistics: Mapping[str, Array]) -> tuple[Array, Array]:
    """What a batch norm multiplies by in evaluation, and what it adds, in float64."""
    assert isinstance(norm, BatchNorm)
    mean, variance = (statistics[name].astype("float64") for name in ("mean", "variance"))
    scale = statistics.get("scale", 1) / (variance + norm.eps) ** 0.5
    return scale, statistics.get("shift", 0) - mean * scale


FOLD_NORMS = Pass(
    "fold-norms",
    "a batch norm becomes part of the convolution or dense layer before it",
    fold_norms,
    _told,
    folded_weights,
)
