"""A network's value, in evaluation and in training: its items one after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce

import numpy as np

from cnngen.ir import (
    MAIN,
    RESIZE,
    Branches,
    Chain,
    Gate,
    Input,
    Instance,
    Item,
    Join,
    Layer,
    Network,
    Output,
    Residual,
    Resume,
    Reuse,
    SideHead,
    inputs,
    labels_read,
)
from cnngen.ops import BatchNorm, Resize
from cnngen.record import NamedTuple
from cnngen.reference.table import TABLE, Array, Weights, positions_of

AllWeights = Mapping[str, Weights]
"""Each layer's arrays, by the layer's path; a layer without weights may be left out."""

See = Callable[[str, Layer, Array, Array], None]
"""Is told of each layer: its path, the layer, its input and its output."""

Change = Callable[[Array], Array]
"""Makes something else of a layer's output."""

Inputs = Array | Mapping[str, Array]
"""A batch, (N, positions, channels) or (N, features); of a network with several inputs, by name."""


def named_inputs(network: Network, x: Inputs) -> dict[str, Array]:
    """The inputs by name, in the order of the source; an array is the only one.

    Raises:
        ValueError: there are others, or not all of them.
    """
    names = tuple(inputs(network))
    given = {names[0]: x} if isinstance(x, np.ndarray) else dict(x)
    if given.keys() != {*names}:
        raise ValueError(f"{network.name} takes {', '.join(names)}, not {', '.join(given)}")
    return {name: given[name] for name in names}


def evaluate(
    network: Network, weights: AllWeights, x: Inputs, *, change: Change | None = None
) -> dict[str, Array]:
    """What the network returns in evaluation, by name: without its side heads.

    Args:
        network: what to evaluate.
        weights: each layer's arrays, by the layer's path and the weight's name.
        x: the input, or the inputs.
        change: what becomes of each layer's output before it goes on, where that is not itself.
    """
    return _Evaluation(weights, with_heads=False, change=change).run(network, x)


def trace(network: Network, weights: AllWeights, x: Inputs) -> dict[str, Array]:
    """The output of each layer that is applied once by its path, those of side heads included."""
    evaluation = _Evaluation(weights, with_heads=True, traced=True)
    evaluation.run(network, x)
    return evaluation.outputs


def side_heads(network: Network, weights: AllWeights, x: Inputs) -> dict[str, Array]:
    """The outputs of the side heads, by their names."""
    evaluation = _Evaluation(weights, with_heads=True)
    evaluation.run(network, x)
    return evaluation.heads


class Seen(NamedTuple):
    """What goes into a layer, where that can be told, and what comes out."""

    input: Array | None
    output: Array


def watch(network: Network, weights: AllWeights, x: Inputs, *, training: bool) -> dict[str, Seen]:
    """What goes through every layer, side heads included, by the layer's path."""
    seen: dict[str, Seen] = {}

    def see(path: str, _layer: Layer, given: Array, made: Array) -> None:
        seen[path] = Seen(given, made)

    _Evaluation(weights, with_heads=True, training=training, see=see).run(network, x)
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
        outputs: what the network returns, by name, its own first.
        layers: every layer's output by the layer's path, where they are kept.
        batches: what each batch norm sees, by its path, once for each time that it is applied.
    """

    outputs: dict[str, Array]
    layers: dict[str, Array]
    batches: dict[str, tuple[Batch, ...]]


def train(
    network: Network,
    weights: AllWeights,
    x: Inputs,
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
    own = evaluation.run(network, x)
    return Training({**own, **evaluation.heads}, evaluation.outputs, evaluation.batches)


class _Labels(NamedTuple):
    """The values of labelled items that are read further on; the others are let go of."""

    read: frozenset[str]
    values: dict[str, Array]

    def keep(self, label: str, value: Array) -> None:
        """Remember what an item gives."""
        if label in self.read:
            self.values[label] = value


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
        self.seen: set[str] = set()
        self.inputs: Mapping[str, Array] = {}
        self.returned: dict[str, Array] = {}
        self.heads: dict[str, Array] = {}
        self.batches: dict[str, tuple[Batch, ...]] = {}

    def run(self, network: Network, x: Inputs) -> dict[str, Array]:
        """What the network returns by name, side heads aside."""
        self.inputs = named_inputs(network, x)
        main = self.namespace(network.body, next(iter(self.inputs.values())), "")
        return self.returned or {MAIN: main}

    def namespace(self, chain: Chain, x: Array, prefix: str) -> Array:
        """A chain that reads the labels of its own items only."""
        return self._chain(chain, x, prefix, _Labels(labels_read(chain), {}))

    def _chain(self, chain: Chain, x: Array, prefix: str, labels: _Labels) -> Array:
        for item in chain.items:
            x = self._item(item, x, prefix, labels)
            labels.keep(item.name, x)
        return x

    def _item(self, item: Item, x: Array, prefix: str, labels: _Labels) -> Array:
        if isinstance(item, Layer):
            return self._layer(item, x, prefix + item.name)
        if isinstance(item, Chain):
            inside = _Labels(labels_read(item, labels.read), {})
            y = self._chain(item, x, f"{prefix}{item.name}.", inside)
            for label, value in inside.values.items():
                labels.keep(f"{item.name}.{label}", value)
            return y
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
            return self.inputs[item.name]
        if isinstance(item, Output):
            self.returned |= {label: labels.values[label] for label in item.labels}
            return x
        if isinstance(item, Reuse):
            return self._item(item.item, x, prefix, _Labels(frozenset(), {}))
        if isinstance(item, Resume):
            return labels.values[item.label]
        if isinstance(item, Join):
            return _join(item, [x, *(labels.values[label] for label in item.labels)])
        if isinstance(item, SideHead):
            return self._side_head(item, x, prefix, labels)
        raise TypeError(f"{type(item).__name__} has no meaning")

    def _layer(self, layer: Layer, x: Array, path: str) -> Array:
        own = self.weights.get(path, {})
        if self.training and isinstance(layer.op, BatchNorm):
            batch = _batch(x)
            self.batches[path] = (*self.batches.get(path, ()), batch)
            own = {**own, "mean": batch.mean, "variance": batch.variance}
        y = TABLE(layer.op, own, x)
        if self.change is not None:
            y = self.change(y)
        if self.traced and path not in self.seen:
            self.outputs[path] = y
        elif self.traced:
            self.outputs.pop(path, None)
        self.seen.add(path)
        if self.see is not None:
            self.see(path, layer, x, y)
        return y

    def _residual(self, item: Residual, x: Array, prefix: str, labels: _Labels) -> Array:
        """F(x) + x, or F(x) + W_s x (He et al., 2016, equations 1 and 2)."""
        if item.mode == "none":
            return self._chain(item.body, x, prefix, labels)
        shortcut = x
        if item.path is not None:
            shortcut = self._item(item.path, x, prefix, labels)
        return self._chain(item.body, x, prefix, labels) + shortcut

    def _side_head(self, item: SideHead, x: Array, prefix: str, labels: _Labels) -> Array:
        if self.with_heads:
            self.heads[item.name] = self._item(item.head, x, prefix, labels)
        return x


def _batch(x: Array) -> Batch:
    """Ioffe & Szegedy, 2015, algorithm 1: over all but the channels."""
    axes = tuple(range(x.ndim - 1))
    return Batch(x.mean(axes), x.var(axes), x[..., 0].size)


def _join(item: Join, values: list[Array]) -> Array:
    """The current value, which comes first, with labelled ones."""
    if item.kind == RESIZE:
        x, like = values
        return TABLE(Resize(to=positions_of(like), mode=item.mode), {}, x)
    if item.kind == "concat":
        return np.concatenate(values, axis=-1 if item.axis is None else 1 + item.axis)
    total = reduce(_ELEMENTWISE[item.kind], values)
    return total / len(values) if item.kind == "average" else total


_ELEMENTWISE: Mapping[str, Callable[[Array, Array], Array]] = {
    "add": np.add,
    "average": np.add,
    "maximum": np.maximum,
    "multiply": np.multiply,
    "subtract": np.subtract,
}
