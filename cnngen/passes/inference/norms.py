"""Batch norms folded into the layers beside them, and what becomes of the weights.

In evaluation a batch norm is scale x + shift with numbers for each channel. After weighted sums,
which a convolution or a dense layer gives, these go into the sums' weights and bias. Before them
they do, too, where each sum has all of its inputs: at a border, zeros would stand for the shift.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from cnngen.expressions import Expression
from cnngen.ir import Chain, Item, Layer, Network
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
from cnngen.passes.inference.chains import each_chain, rows
from cnngen.passes.inference.plan import Array, Pair, Pass, Plan, Told, Weights
from cnngen.passes.inference.sizes import is_unpadded
from cnngen.record import NamedTuple

SUMS: dict[type[Op], int] = dict.fromkeys((Conv, Dense, DepthwiseConv, SeparableConv), 0)
SUMS[ConvTranspose] = 1
"""The layers that take in a batch norm, and which axis of the kernel is the first of outputs."""


def takes_norm(op: Op) -> bool:
    """Whether a batch norm after this layer can become part of it."""
    return type(op) in SUMS and (not isinstance(op, ConvTranspose) or op.groups == 1)


def takes_norm_ahead(op: Op) -> bool:
    """Whether a batch norm before this layer can become part of it, as far as is known."""
    return type(op) is Dense or (type(op) is Conv and op.groups == 1 and is_unpadded(op))


def fold_norms(network: Network, plan: Plan) -> Network:
    """The network with the identity in place of the norms of the plan, and a bias beside them."""

    def rule(chain: Chain) -> Chain:
        items: list[Any] = list(chain.items)
        for place, pair in enumerate(pairwise(chain.items)):
            norm = folded_norm(pair, plan)
            if norm is not None:
                at, beside = (place, place + 1) if norm is pair[0] else (place + 1, place)
                items[at] = norm._replace(op=Identity())
                items[beside] = with_bias(items[beside])
        return chain._replace(items=tuple(items))

    return each_chain(network, rule)


def with_bias(layer: Any, bias: Expression = True) -> Any:
    """A layer of a network or of a definition that adds a bias, in a definition perhaps."""
    return layer._replace(op=layer.op.replace(bias=bias))


def folded_norm(pair: tuple[Item, Item], plan: Plan) -> Layer | None:
    """The norm of two items that follow each other, where the plan makes it part of the other one.

    At its place may be something else in another network: a layer may be a value.
    """
    first, second = pair
    if not (isinstance(first, Layer) and isinstance(second, Layer)):
        return None
    spans = (first.at.span, second.at.span)
    if spans in plan.folded and isinstance(second.op, BatchNorm):
        return second
    return first if spans in plan.ahead and isinstance(first.op, BatchNorm) else None


class Fold(NamedTuple):
    """A layer that takes in a norm, both with their paths; ``ahead`` where the norm comes first."""

    path: str
    layer: Layer
    norm_path: str
    norm: Layer
    ahead: bool

    @property
    def pair(self) -> Pair:
        """Their places, in the order of execution."""
        spans = (self.layer.at.span, self.norm.at.span)
        return spans[::-1] if self.ahead else spans


def folds(network: Network, plan: Plan) -> Iterator[Fold]:
    """What is folded, once each."""
    found = {each.norm_path: each for each in _folds(network, plan)}
    return iter(found.values())


def _folds(network: Network, plan: Plan) -> Iterator[Fold]:
    for prefix, row in rows(network.body):
        for first, second in pairwise(row):
            norm = folded_norm((first, second), plan)
            if norm is not None:
                layer = second if norm is first else first
                assert isinstance(layer, Layer)
                yield Fold(prefix + layer.name, layer, prefix + norm.name, norm, norm is first)


def folded_weights(network: Network, plan: Plan, weights: Weights) -> Weights:
    """The weights after :func:`fold_norms`, for those before it.

    Args:
        network: before it.
        plan: what is folded.
        weights: of any floating type, which stays.
    """
    made = {path: dict(arrays) for path, arrays in weights.items()}
    for fold in folds(network, plan):
        fold_in = _folded_ahead if fold.ahead else _folded
        own, norm = made[fold.path], scale_and_shift(fold.norm.op, made.pop(fold.norm_path))
        changed = fold_in(fold.layer.op, own, *norm)
        dtype = own["pointwise" if isinstance(fold.layer.op, SeparableConv) else "kernel"].dtype
        made[fold.path] = {name: array.astype(dtype) for name, array in changed.items()}
    return made


def _told(network: Network, plan: Plan) -> Iterator[Told]:
    for fold in folds(network, plan):
        where = "after" if fold.ahead else "before"
        yield fold.norm.at.span, f"part of the `{fold.layer.op.word}` {where} it"


def _folded(op: Op, own: Mapping[str, Array], scale: Array, shift: Array) -> dict[str, Array]:
    """The kernel and the bias that do both, worked out in float64."""
    last = "pointwise" if isinstance(op, SeparableConv) else "kernel"  # what gives the sums
    kernel, bias = own[last].astype("float64"), own.get("bias", 0)
    if isinstance(op, DepthwiseConv):  # channels, and for each of them several
        factors = scale.reshape(*kernel.shape[:2], *[1] * (kernel.ndim - 2))
    else:
        factors = scale.reshape([-1 if n == SUMS[type(op)] else 1 for n in range(kernel.ndim)])
    return {**own, last: kernel * factors, "bias": shift + bias * scale}


def _folded_ahead(op: Op, own: Mapping[str, Array], scale: Array, shift: Array) -> dict[str, Array]:
    """The same where the norm comes first."""
    kernel = own["kernel"].astype("float64")
    outputs, inputs = kernel.shape[:2]
    added = kernel.reshape(outputs, inputs, -1).sum(axis=2) @ shift
    factors = scale.reshape(1, inputs, *[1] * (kernel.ndim - 2))
    return {"kernel": kernel * factors, "bias": own.get("bias", 0) + added}


def scale_and_shift(norm: Op, statistics: Mapping[str, Array]) -> tuple[Array, Array]:
    """What a batch norm multiplies by in evaluation, and what it adds, in float64."""
    assert isinstance(norm, BatchNorm)
    mean, variance = (statistics[name].astype("float64") for name in ("mean", "variance"))
    scale = statistics.get("scale", 1) / (variance + norm.eps) ** 0.5
    return scale, statistics.get("shift", 0) - mean * scale


FOLD_NORMS = Pass(
    "fold-norms",
    "a batch norm becomes part of the convolution or dense layer before it, or else after it",
    fold_norms,
    _told,
    folded_weights,
)
