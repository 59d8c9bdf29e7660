"""The graph of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnngen.analysis.dataflow import Dataflow, Value, dataflow
from cnngen.analysis.graph import Builder, Graph, Sizes
from cnngen.ir import RESIZE, Branches, Gate, Item, Join, Layer, Network, Residual
from cnngen.ops import (
    Activation,
    AvgPool,
    ChannelSlice,
    Flatten,
    Map,
    MaxPool,
    Permute,
    SeparableConv,
)
from cnngen.ops.shapes import Shape

JOINED: dict[type[Item], str] = {Branches: "concat", Gate: "multiply", Residual: "add"}
"""How a region joins what it reads."""

DEPTHWISE, POINTWISE = "depthwise", "pointwise"
"""The two layers that a separable convolution is."""


def separated(path: str) -> tuple[str, str]:
    """The paths of the two layers of a separable convolution."""
    return f"{path}.{DEPTHWISE}", f"{path}.{POINTWISE}"


def graph_of(
    network: Network, shapes: Mapping[str, Sequence[Sizes]], *, detailed: bool = False
) -> Graph:
    """How its layers are connected, side heads included.

    A separable convolution is two layers, as which others may write it.

    Args:
        network: which one.
        shapes: of the weights of each layer, by its path.
        detailed: see :mod:`cnngen.analysis.graph`.
    """
    return _Graph(dataflow(network), shapes, Builder(detailed=detailed)).made()


class _Graph:
    def __init__(
        self, flow: Dataflow, shapes: Mapping[str, Sequence[Sizes]], builder: Builder
    ) -> None:
        self.flow = flow
        self.shapes = shapes
        self.builder = builder
        self.places: list[int] = []

    def made(self) -> Graph:
        """The whole."""
        for value in self.flow.values:
            self.places.append(self._place(value))
        outputs = {**self.flow.outputs, **self.flow.heads}
        return self.builder.graph({name: self.places[at] for name, at in outputs.items()})

    def _place(self, value: Value) -> int:
        item, path = value.item, value.path
        if not value.reads:
            return self.builder.input(path)
        if isinstance(item, Layer):
            return self._layer(item, value)
        if isinstance(item, Join) and item.kind == RESIZE:
            return self.places[value.reads[0]]
        values = [(self.places[at], self.flow.values[at].shape) for at in value.reads]
        kind = item.kind if isinstance(item, Join) else JOINED[type(item)]
        if kind == "concat":
            axis = item.axis if isinstance(item, Join) else None
            return self.builder.concat(path, ((x, of.channels) for x, of in values), axis)
        return self.builder.join(kind, path, [(x, _sizes(of)) for x, of in values])

    def _layer(self, layer: Layer, value: Value) -> int:
        op, at, builder, path = layer.op, layer.at, self.builder, value.path
        before = self.flow.values[value.reads[0]].item
        x = self.places[value.reads[0]]
        steps = getattr(op, "stride", ()), getattr(op, "dilation", ())
        if isinstance(op, SeparableConv) and separated(path)[0] in self.shapes:
            first, second = separated(path)
            between = builder.layer(first, self.shapes[first], [x], *steps)
            return builder.layer(second, self.shapes[second], [between])
        if path in self.shapes:
            affine = getattr(op, "affine", True)
            alone = affine if isinstance(affine, str) else ""
            return builder.layer(path, self.shapes[path], [x], *steps, alone=alone)
        if isinstance(op, ChannelSlice):
            return builder.slice(path, x, op.start, op.stop, at.input.channels)
        if isinstance(op, Flatten) and (
            _is_turned(before) or (op.ordered and _turns(op, at.input))
        ):
            return builder.channels_first(path, x)
        if isinstance(op, Activation):
            return builder.function(op.word, path, x)
        if isinstance(op, (MaxPool, AvgPool)) and isinstance(at.input, Map) and not op.has_output:
            sizes = () if op.pads(at.input.sizes).any else at.input.sizes
            return builder.pool(op.word, path, x, op.window, sizes)
        return x


def _sizes(of: Shape) -> Sizes:
    return (*of.sizes, of.channels) if isinstance(of, Map) else (of.channels,)


def _is_turned(item: Item) -> bool:
    """Whether a value is a map whose channels were put before its positions."""
    return (
        isinstance(item, Layer) and isinstance(item.op, Permute) and _turns(item.op, item.at.input)
    )


def _turns(op: Flatten | Permute, x: Shape) -> bool:
    """Whether the channels come before the positions in the result."""
    if not isinstance(x, Map) or 1 in (x.channels, x.positions):
        return False
    return isinstance(op, Flatten) or op.places(x.axes)[0] == x.axes
