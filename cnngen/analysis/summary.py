"""What a network comes to, layer by layer: shapes, parameters, cost, receptive field, memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cnngen.analysis import memory
from cnngen.analysis.dataflow import Dataflow, Node, dataflow
from cnngen.analysis.receptive_field import receptive_fields
from cnngen.analysis.text import use_text
from cnngen.elaborate.reached import UNFINISHED
from cnngen.ir import (
    Block,
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
)
from cnngen.ops import Shape
from cnngen.ops.text import op_text
from cnngen.record import NamedTuple
from cnngen.source import Span


class Figures(NamedTuple):
    """What is added up over layers.

    ``parameters`` are trained, ``statistics`` are the means and variances of batch norms; ``macs``
    are multiply-accumulates for one input, ``elements`` numbers that stay for the backward pass.
    """

    parameters: int = 0
    statistics: int = 0
    macs: int = 0
    elements: int = 0

    def __add__(self, other: object) -> Figures:
        """Both together; what is applied again counts its work, not its weights."""
        assert isinstance(other, Figures)
        return Figures(*(a + b for a, b in zip(self, other, strict=True)))

    @property
    def values(self) -> int:
        """All that a file of weights holds."""
        return self.parameters + self.statistics


class Row(NamedTuple):
    """An item of the source at its place.

    ``field`` is the receptive field along each axis; None where it is all of the input, or no
    value is made.
    """

    name: str
    path: str
    text: str
    span: Span
    output: Shape
    figures: Figures
    field: tuple[int, ...] | None
    children: tuple[Row, ...]
    block: Block | None = None

    @property
    def is_layer(self) -> bool:
        """Whether nothing is inside of it."""
        return not self.children


class Summary(NamedTuple):
    """A network: its items, and the figures of all of them.

    ``peak`` are the most numbers that live at once in evaluation, for one input.
    """

    name: str
    inputs: tuple[Shape, ...]
    rows: tuple[Row, ...]
    total: Figures
    peak: int

    def inference_bytes(self, batch: int) -> int:
        """The weights, and the values that live at once, in float32."""
        return memory.FLOAT32 * (self.total.values + batch * self.peak)

    def training_bytes(self, batch: int) -> int:
        """The weights, a gradient for each, and all values, in float32; no optimiser's state."""
        weights = self.total.values + self.total.parameters
        return memory.FLOAT32 * (weights + batch * self.total.elements)


class Uses(NamedTuple):
    """A block: how often it is used, and what all uses come to."""

    name: str
    times: int
    figures: Figures


def summary(network: Network) -> Summary:
    """The figures of a network with the default arguments, side heads included."""
    flow = dataflow(network)
    rows = tuple(_Rows(flow).rows(flow.nodes))
    given = sum(value.shape.elements for value in flow.values if not value.reads)
    total = _sum(rows) + Figures(elements=given)
    shapes = tuple(value.shape for value in flow.values if not value.reads)
    return Summary(network.name, shapes, rows, total, memory.peak(flow))


def by_block(rows: Iterable[Row]) -> list[Uses]:
    """The blocks in the order of their first use; what is inside of another one counts in both."""
    found: dict[int, Uses] = {}
    for row in _all(rows):
        if row.block is not None:
            before = found.get(id(row.block), Uses(row.block.name, 0, Figures()))
            figures = before.figures + row.figures
            found[id(row.block)] = Uses(before.name, before.times + 1, figures)
    return list(found.values())


def _all(rows: Iterable[Row]) -> Iterable[Row]:
    for row in rows:
        yield row
        yield from _all(row.children)


def _sum(rows: Iterable[Row]) -> Figures:
    return sum((row.figures for row in rows), Figures())


class _Rows:
    def __init__(self, flow: Dataflow) -> None:
        self.flow = flow
        self.fields = receptive_fields(flow)

    def rows(self, nodes: Sequence[Node], *, again: bool = False) -> list[Row]:
        """A row for each item that makes something."""
        return [
            self._row(node, again=again)
            for node in nodes
            if not isinstance(node.item, (Input, Output, Resume))
        ]

    def _row(self, node: Node, *, again: bool) -> Row:
        item = node.item
        again = again or isinstance(item, Reuse)
        children = self.rows(node.children, again=again)
        if isinstance(item, (SideHead, Reuse)) and children:
            children = list(children[0].children)
        field = self.fields[node.value]
        return Row(
            item.name,
            node.path,
            _text(item),
            item.at.span,
            self.flow.values[node.value].shape,
            self._figures(node, children, again=again),
            None if field is None else field.sizes,
            tuple(children),
            item.block if isinstance(item, Instance) else None,
        )

    def _figures(self, node: Node, children: Iterable[Row], *, again: bool) -> Figures:
        inside = _sum(children)
        own = [place for place in range(node.first, node.end) if self._makes(place, node)]
        elements = sum(memory.elements(self.flow.values[place], training=True) for place in own)
        layer = _layer(node.item)
        if layer is None:
            return inside + Figures(elements=elements)
        weights = () if again else layer.op.weights(layer.at.input)
        sizes = dict.fromkeys((True, False), 0)
        for weight in weights:
            sizes[weight.trained] += weight.size
        return Figures(sizes[True], sizes[False], layer.macs, elements)

    def _makes(self, place: int, node: Node) -> bool:
        """Whether a value is made by a node itself, not by what is inside of it."""
        return not any(child.first <= place < child.end for child in _inside(node))


def _inside(node: Node) -> Sequence[Node]:
    """What has rows of its own below a node's."""
    if isinstance(node.item, (SideHead, Reuse)):
        return node.children[0].children
    return node.children


def _layer(item: Item) -> Layer | None:
    """The layer that a row without others below it stands for."""
    if isinstance(item, SideHead):
        return _layer(item.head)
    if isinstance(item, Reuse):
        return _layer(item.item)
    return item if isinstance(item, Layer) else None


def _text(item: Item) -> str:
    """An item as the language writes it, with numbers for what is a parameter in the source."""
    match item:
        case Layer(op=op):
            return op_text(op)
        case Instance(block=block, arguments=arguments):
            return use_text(block, arguments)
        case Residual():
            return "residual" if item.path is None or not item.inserted else "residual, projected"
        case Branches():
            return "concat"
        case Gate():
            return "gate"
        case SideHead(weight=weight):
            return f"aux weight={weight:g}"
        case Reuse(label=label):
            return f"{label} again"
        case Join(kind=kind, labels=labels):
            return " ".join((kind, *labels))
        case Chain(at=at):
            return _opening(at.span) if item.name == UNFINISHED else ""
        case _:
            return type(item).__name__.lower()


def _opening(body: Span) -> str:
    """What stands on the line before a body begins."""
    return body.source.text[: body.start].rpartition("\n")[2].strip()
