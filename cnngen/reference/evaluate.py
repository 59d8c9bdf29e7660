"""A network's value, in evaluation and in training: its items one after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce

import numpy as np

from cnngen.ir import (
    Branches,
    Chain,
    Gate,
    Input,
    Instance,
    Item,
    Join,
    Layer,
    Network,
    Residual,
    Resume,
    SideHead,
)
from cnngen.ops import BatchNorm
from cnngen.record import NamedTuple
from cnngen.reference.table import TABLE, Array, Weights

MAIN = "main"
"""What the output is called that is no side head's."""

AllWeights = Mapping[str, Weights]
"""Each layer's arrays, by the layer's path; a layer without weights may be left out."""

See = Callable[[str, Layer, Array, Array], None]
"""Is told of each layer: its path, the layer, its input and its output."""

Change = Callable[[Array], Array]
"""Makes something else of a layer's output."""


def evaluate(
    network: Network, weights: AllWeights, x: Array, *, change: Change | None = None
) -> Array:
    """The network's output in evaluation, without its side heads.

    Args:
        network: what to evaluate.
        weights: each layer's arrays, by the layer's path and the weight's name.
        x: a batch, (N, height, width, channels) or (N, features).
        change: what becomes of each layer's output before it goes on, where that is not itself.
    """
    return _Evaluation(weights, with_heads=False, change=change).namespace(network.body, x, "")


def trace(network: Network, weights: AllWeights, x: Array) -> dict[str, Array]:
    """Every layer's output by the layer's path, those of side heads included."""
    evaluation = _Evaluation(weights, with_heads=True, traced=True)
    evaluation.namespace(network.body, x, "")
    return evaluation.outputs


def side_heads(network: Network, weights: AllWeights, x: Array) -> dict[str, Array]:
    """The outputs of the side heads, by their names."""
    evaluation = _Evaluation(weights, with_heads=True)
    evaluation.namespace(network.body, x, "")
    return evaluation.heads


class Seen(NamedTuple):
    """What goes into a layer, where that can be told, and what comes out."""

    input: Array | None
    output: Array


def watch(network: Network, weights: AllWeights, x: Array, *, training: bool) -> dict[str, Seen]:
    """What goes through every layer, side heads included, by the layer's path."""
    seen: dict[str, Seen] = {}

    def see(path: str, _layer: Layer, given: Array, made: Array) -> None:
        seen[path] = Seen(given, made)

    _Evaluation(weights, with_heads=True, training=training, see=see).namespace(network.body, x, "")
    return seen


class Batch(NamedTuple):
    """What a batch norm sees of a batch: per channel the mean and the biased variance.

    ``size`` is how many values of a channel there are.
    """

    mean: Array
    variance: Array
    size: int


class Training(NamedTuple):
    """What a forward pass in training gives, without dropout.

    Attributes:
        output: the network's own.
        heads: the outputs of the side heads, by their names.
        layers: every layer's output by the layer's path, where they are kept.
        batches: what each batch norm sees, by its path.
    """

    output: Array
    heads: dict[str, Array]
    layers: dict[str, Array]
    batches: dict[str, Batch]

    @property
    def outputs(self) -> dict[str, Array]:
        """The main output and the side heads', by name."""
        return {MAIN: self.output, **self.heads}


def train(
    network: Network,
    weights: AllWeights,
    x: Array,
    *,
    traced: bool = False,
    see: See | None = None,
    change: Change | None = None,
) -> Training:
    """A forward pass in training: batch norms use the statistics of the batch.

    Dropout is left out. The outputs of layers are kept where ``traced``; ``see`` is called with
    each layer's path, the layer, its input and its output. See :func:`evaluate` for the other
    arguments.
    """
    evaluation = _Evaluation(
        weights, with_heads=True, traced=traced, training=True, see=see, change=change
    )
    output = evaluation.namespace(network.body, x, "")
    return Training(output, evaluation.heads, evaluation.outputs, evaluation.batches)


class _Evaluation:
    def __init__(
        self,
        weights: AllWeights,
        *,
        with_heads: bool,
        traced: bool = False,
        training: bool = False,
        see: See | None = None,
        change: Change | None = None,
    ) -> None:
        self.weights = weights
        self.with_heads = with_heads
        self.traced = traced
        self.training = training
        self.see = see
        self.change = change
        self.outputs: dict[str, Array] = {}
        self.heads: dict[str, Array] = {}
        self.batches: dict[str, Batch] = {}

    def namespace(self, chain: Chain, x: Array, prefix: str) -> Array:
        """A chain that reads the labels of its own items only."""
        return self._chain(chain, x, prefix, {})

    def _chain(self, chain: Chain, x: Array, prefix: str, labels: dict[str, Array]) -> Array:
        for item in chain.items:
            x = labels[item.name] = self._item(item, x, prefix, labels)
        return x

    def _item(self, item: Item, x: Array, prefix: str, labels: dict[str, Array]) -> Array:
        if isinstance(item, Layer):
            return self._layer(item, x, prefix + item.name)
        if isinstance(item, Chain):
            return self.namespace(item, x, f"{prefix}{item.name}.")
        if isinstance(item, Instance):
            return self.namespace(item.body, x, f"{prefix}{item.name}.")
        if isinstance(item, Residual):
            return self._residual(item, x, prefix, labels)
        if isinstance(item, Branches):
            parts = [self._chain(branch, x, prefix, labels) for branch in item.branches]
            return np.concatenate(parts, axis=-1)
        if isinstance(item, Gate):
            return x * self._chain(item.body, x, prefix, labels)
        if isinstance(item, Input):
            return x
        if isinstance(item, Resume):
            return labels[item.label]
        if isinstance(item, Join):
            return _join(item.kind, [x, *(labels[label] for label in item.labels)])
        if isinstance(item, SideHead):
            return self._side_head(item, x, prefix, labels)
        raise TypeError(f"{type(item).__name__} has no meaning")

    def _layer(self, layer: Layer, x: Array, path: str) -> Array:
        own = self.weights.get(path, {})
        if self.training and isinstance(layer.op, BatchNorm):
            batch = self.batches[path] = _batch(x)
            own = {**own, "mean": batch.mean, "variance": batch.variance}
        y = TABLE(layer.op, own, x)
        if self.change is not None:
            y = self.change(y)
        if self.traced:
            self.outputs[path] = y
        if self.see is not None:
            self.see(path, layer, x, y)
        return y

    def _residual(self, item: Residual, x: Array, prefix: str, labels: dict[str, Array]) -> Array:
        """F(x) + x, or F(x) + W_s x (He et al., 2016, equations 1 and 2)."""
        if item.mode == "none":
            return self._chain(item.body, x, prefix, labels)
        shortcut = x
        if item.path is not None:
            shortcut = self._item(item.path, x, prefix, labels)
        return self._chain(item.body, x, prefix, labels) + shortcut

    def _side_head(self, item: SideHead, x: Array, prefix: str, labels: dict[str, Array]) -> Array:
        if self.with_heads:
            self.heads[item.name] = self._item(item.head, x, prefix, labels)
        return x


def _batch(x: Array) -> Batch:
    """Ioffe & Szegedy, 2015, algorithm 1: over all but the channels."""
    axes = tuple(range(x.ndim - 1))
    return Batch(x.mean(axes), x.var(axes), x[..., 0].size)


def _join(kind: str, values: list[Array]) -> Array:
    """The current value, which comes first, with labelled ones."""
    if kind == "concat":
        return np.concatenate(values, axis=-1)
    total = reduce(_ELEMENTWISE[kind], values)
    return total / len(values) if kind == "average" else total


_ELEMENTWISE: Mapping[str, Callable[[Array, Array], Array]] = {
    "add": np.add,
    "average": np.add,
    "maximum": np.maximum,
    "multiply": np.multiply,
    "subtract": np.subtract,
}
