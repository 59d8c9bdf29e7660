"""Projections: what a shortcut needs where a residual body changes its input's shape.

The matrix W_s of He et al., 2016, equation 2, as a 1x1 convolution with the stride that gives the
body's size, followed by a batch norm exactly where the body ends in one; or, with
``shortcut=pad``, every stride-th position and channels of zeros (option A of section 3.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cnngen.formula import Formula, is_constant
from cnngen.ir import (
    Branches,
    Chain,
    Gate,
    Instance,
    Item,
    Layer,
    Network,
    Residual,
    SideHead,
    children,
    ending,
    layers,
)
from cnngen.ops import BatchNorm, Conv, Map, MaxPool, Op, PadChannels, Shape
from cnngen.ops.resize import stride_between
from cnngen.record import NamedTuple


class Inserted(NamedTuple):
    """A path that was inserted: where, and at what cost."""

    path: str
    residual: Residual
    parameters: int
    macs: int


def insert_projections(network: Network) -> Network:
    """A path on each shortcut that may need one; the body is rewritten once for all its uses."""
    return network._replace(body=_Inserter().chain(network.body))


class _Inserter:
    def __init__(self) -> None:
        self.bodies: dict[int, Chain] = {}

    def chain(self, chain: Chain) -> Chain:
        items = tuple(map(self._item, chain.items))
        same = all(new is old for new, old in zip(items, chain.items, strict=True))
        return chain if same else chain._replace(items=items)

    def _item(self, item: Item) -> Item:
        if isinstance(item, Chain):
            return self.chain(item)
        if isinstance(item, Instance):
            key = id(item.body)
            if key not in self.bodies:
                self.bodies[key] = self.chain(item.body)
            body = self.bodies[key]
            return item if body is item.body else item._replace(body=body)
        if isinstance(item, Residual):
            return self._residual(item)
        if isinstance(item, Gate):
            body = self.chain(item.body)
            return item if body is item.body else item._replace(body=body)
        if isinstance(item, Branches):
            branches = tuple(map(self.chain, item.branches))
            same = all(new is old for new, old in zip(branches, item.branches, strict=True))
            return item if same else item._replace(branches=branches)
        if isinstance(item, SideHead):
            head = self._item(item.head)
            return item if head is item.head else item._replace(head=head)
        return item

    def _residual(self, item: Residual) -> Residual:
        path = item.path and self._item(item.path)
        item = item._replace(body=self.chain(item.body), path=path)
        if item.mode in ("auto", "projection", "pad"):
            return item._replace(path=_path(item))
        return item


def _path(residual: Residual) -> Item | None:
    """What the input goes through before it is added; None where maps cannot be made alike."""
    x, y = residual.input, residual.output
    stride = stride_between(x, y) if isinstance(x, Map) and isinstance(y, Map) else None
    if stride is None:
        return None
    channels, ratio = _formula(residual.channels), _formula(residual.stride)
    steps: list[tuple[Op, dict[str, Formula]]] = []
    if residual.mode != "pad":
        projection = Conv(y.channels, (1, 1), stride=stride, bias=False, init=residual.init)
        steps.append((projection, _named(channels=channels, stride=ratio)))
        last = ending(residual.body)
        if last is not None and isinstance(last.op, BatchNorm):
            steps.append((_norm(last.op), {}))
    elif y.channels < x.channels:
        return None
    else:
        if stride != (1, 1) or ratio is not None:
            steps.append((MaxPool((1, 1), stride=stride), _named(stride=ratio)))
        if y.channels != x.channels or (channels is not None and channels != residual.source):
            steps.append((PadChannels(y.channels), _named(channels=channels)))
    return _chain(residual, steps)


def _norm(norm: BatchNorm) -> BatchNorm:
    """The norm for the path, which starts as usual: beside a body of zeros it is all there is."""
    return replace(norm, zero_scale=False) if norm.zero_scale else norm


def _formula(formula: Formula) -> Formula | None:
    return None if is_constant(formula) else formula


def _named(**formulas: Formula | None) -> dict[str, Formula]:
    return {name: formula for name, formula in formulas.items() if formula is not None}


def _chain(residual: Residual, steps: list[tuple[Op, dict[str, Formula]]]) -> Item | None:
    items: list[Item] = []
    x: Shape = residual.input
    source = residual.source
    for place, (op, formulas) in enumerate(steps):
        y = op.infer(x)
        channels = residual.channels if y.channels != x.channels or formulas else source
        if isinstance(op, MaxPool):
            channels = source
        about = (residual.span, residual.step, channels, source, formulas)
        items.append(Layer(str(place), op, x, y, *about))
        x, source = y, channels
    if not items:
        return None
    name = residual.path_name
    if len(items) == 1:
        return items[0]._replace(name=name)
    return Chain(
        name,
        tuple(items),
        residual.input,
        x,
        residual.span,
        residual.step,
        residual.channels,
        residual.source,
        numbered=True,
    )


def inserted(network: Network) -> Iterator[Inserted]:
    """Every path in the network that the source does not write out, in the order of execution."""
    yield from _inserted(network.body, "")


def _inserted(item: Item, prefix: str) -> Iterator[Inserted]:
    if isinstance(item, Residual) and item.takes_path and item.mode != "path" and item.path:
        own = [layer for _, layer in layers(item.path)]
        weights = [w for layer in own for w in layer.op.weights(layer.input) if w.trained]
        yield Inserted(
            prefix + item.path_name,
            item,
            sum(weight.size for weight in weights),
            sum(layer.op.macs(layer.input) for layer in own),
        )
    items = item.body.items if isinstance(item, Instance) else children(item)
    level = f"{prefix}{item.name}." if isinstance(item, Chain | Instance) and item.name else prefix
    for child in items:
        yield from _inserted(child, level)
