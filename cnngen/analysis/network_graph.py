"""The graph of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnngen.analysis.graph import Builder, Graph, Sizes
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
)
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

Labels = dict[str, tuple[int, Shape]]
"""Values that have a label: the place of each in the graph, and its shape."""


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
    return _Walk(network, shapes, Builder(detailed=detailed)).graph()


class _Walk:
    def __init__(
        self, network: Network, shapes: Mapping[str, Sequence[Sizes]], builder: Builder
    ) -> None:
        self.network = network
        self.shapes = shapes
        self.builder = builder
        self.inputs = {name: builder.input(name) for name in inputs(network)}
        self.returned: dict[str, int] = {}
        self.heads: dict[str, int] = {}
        self.turned = False

    def graph(self) -> Graph:
        """The whole."""
        main = self._chain(self.network.body, next(iter(self.inputs.values())), "", {})
        return self.builder.graph({**(self.returned or {MAIN: main}), **self.heads})

    def _chain(self, chain: Chain, x: int, prefix: str, labels: Labels) -> int:
        for item in chain.items:
            x = self._item(item, x, prefix, labels)
            labels[item.name] = x, item.at.output
        return x

    def _item(self, item: Item, x: int, prefix: str, labels: Labels) -> int:
        name = prefix + item.name
        if isinstance(item, Layer):
            return self._layer(item, x, name)
        if isinstance(item, Chain):
            inside: Labels = {}
            y = self._chain(item, x, f"{name}.", inside)
            labels.update({f"{item.name}.{label}": value for label, value in inside.items()})
            return y
        if isinstance(item, Instance):
            return self._chain(item.body, x, f"{name}.", {})
        if isinstance(item, (Residual, Branches, Gate)):
            return self._region(item, x, prefix, labels)
        if isinstance(item, Reuse):
            return self._item(item.item, x, prefix, {})
        if isinstance(item, Join):
            return self._join(item, x, name, labels)
        return self._other(item, x, prefix, labels)

    def _region(self, item: Residual | Branches | Gate, x: int, prefix: str, labels: Labels) -> int:
        name, given = prefix + item.name, (x, item.at.input)
        if isinstance(item, Branches):
            made = [self._part(branch, x, prefix, labels) for branch in item.branches]
            return self._joined("concat", name, made)
        if isinstance(item, Gate):
            return self._joined("multiply", name, [given, self._part(item.body, x, prefix, labels)])
        if item.mode == "none":
            return self._chain(item.body, x, prefix, labels)
        if item.path is not None:
            given = self._item(item.path, x, prefix, labels), item.path.at.output
        return self._joined("add", name, [self._part(item.body, x, prefix, labels), given])

    def _part(self, chain: Chain, x: int, prefix: str, labels: Labels) -> tuple[int, Shape]:
        return self._chain(chain, x, prefix, labels), chain.at.output

    def _join(self, item: Join, x: int, name: str, labels: Labels) -> int:
        if item.kind == RESIZE:
            return x
        values = [(x, item.at.input), *(labels[label] for label in item.labels)]
        return self._joined(item.kind, name, values, item.axis)

    def _joined(
        self, kind: str, name: str, values: Sequence[tuple[int, Shape]], axis: int | None = None
    ) -> int:
        if kind == "concat":
            return self.builder.concat(name, ((x, of.channels) for x, of in values), axis)
        return self.builder.join(kind, name, [(x, _sizes(of)) for x, of in values])

    def _other(self, item: Item, x: int, prefix: str, labels: Labels) -> int:
        if isinstance(item, Input):
            return self.inputs[item.name]
        if isinstance(item, Resume):
            return labels[item.label][0]
        if isinstance(item, Output):
            self.returned |= {label: labels[label][0] for label in item.labels}
            return x
        assert isinstance(item, SideHead)
        self.heads[prefix + item.name] = self._item(item.head, x, prefix, labels)
        return x

    def _layer(self, layer: Layer, x: int, path: str) -> int:
        op, at, builder = layer.op, layer.at, self.builder
        turned, self.turned = self.turned, isinstance(op, Permute) and _turns(op, at.input)
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
        if isinstance(op, Flatten) and (turned or (op.ordered and _turns(op, at.input))):
            return builder.channels_first(path, x)
        if isinstance(op, Activation):
            return builder.function(op.word, path, x)
        if isinstance(op, (MaxPool, AvgPool)) and isinstance(at.input, Map) and not op.has_output:
            sizes = () if op.pads(at.input.sizes).any else at.input.sizes
            return builder.pool(op.word, path, x, op.window, sizes)
        return x


def _sizes(of: Shape) -> Sizes:
    return (*of.sizes, of.channels) if isinstance(of, Map) else (of.channels,)


def _turns(op: Flatten | Permute, x: Shape) -> bool:
    """Whether the channels come before the positions in the result."""
    if not isinstance(x, Map) or 1 in (x.channels, x.positions):
        return False
    return isinstance(op, Flatten) or op.places(x.axes)[0] == x.axes
