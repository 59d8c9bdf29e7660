"""Shortcuts: what is added to a residual's body, decided once for every target.

Where the body changes its input's shape, what is added is the matrix W_s of He et al., 2016,
equation 2, as a 1x1 convolution with the stride that gives the body's size, followed by a batch
norm exactly where the body ends in one; or, with ``shortcut=pad``, every stride-th position and
channels of zeros (option A of section 3.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnngen.ir import (
    At,
    Chain,
    Instance,
    Item,
    Layer,
    Network,
    Residual,
    ending,
    layers,
    parts,
    paths,
    rebuild,
)
from cnngen.ops import BatchNorm, Conv, Map, Op, Shape, Subsample, made
from cnngen.ops.resize import stride_between
from cnngen.record import NamedTuple


class Inserted(NamedTuple):
    """A path that was inserted: where, and at what cost."""

    path: str
    residual: Residual
    parameters: int
    macs: int


def resolve_shortcuts(network: Network) -> Network:
    """Each residual's shortcut as nothing, the input itself, or a path, inserted where needed."""
    body = _Resolver().item(network.body)
    assert isinstance(body, Chain)
    return network._replace(body=body)


class _Resolver:
    def __init__(self) -> None:
        self.bodies: dict[int, Chain] = {}

    def item(self, item: Item) -> Item:
        """The item with all shortcuts in it decided; a block's body once for all its uses."""
        if isinstance(item, Instance):
            return rebuild(item, (self._body(item.body),))
        made = rebuild(item, tuple(map(self.item, parts(item))))
        return _resolved(made) if isinstance(made, Residual) else made

    def _body(self, chain: Chain) -> Chain:
        if id(chain) not in self.bodies:
            made = rebuild(chain, tuple(map(self.item, chain.items)))
            assert isinstance(made, Chain)
            self.bodies[id(chain)] = made
        return self.bodies[id(chain)]


def _resolved(residual: Residual) -> Residual:
    if residual.mode == "path":
        return residual
    if not residual.joined:
        return residual._replace(mode="none")
    if not residual.takes_path:
        return residual._replace(mode="identity")
    return residual._replace(mode="path", path=_path(residual), inserted=True)


def _path(residual: Residual) -> Item:
    """The layer, or the layers, that make the body's output shape of its input's."""
    x, y = residual.at.input, residual.at.output
    assert isinstance(x, Map)
    assert isinstance(y, Map)
    stride = stride_between(x.sizes, y.sizes)
    assert stride is not None
    if residual.mode == "pad":
        return _layers(residual, [Subsample(y.channels, stride)])
    projected: list[Op] = [projection(y.channels, stride, residual.init, x.axes)]
    last = ending(residual.body)
    if last is not None and isinstance(last.op, BatchNorm):
        projected.append(norm_for_path(last.op))
    return _layers(residual, projected)


def projection(channels: Any, stride: Any, init: Any, axes: int) -> Op:
    """The convolution of one cell that changes channels and sizes; each may be an expression."""
    start = {"bias": False, "init": init}
    return made(
        Conv, {"channels": channels, "kernel": (1,) * axes, "stride": stride, **start}, axes
    )


def norm_for_path(norm: BatchNorm) -> BatchNorm:
    """The norm for the path, which starts as usual: beside a body of zeros it is all there is."""
    return norm.replace(zero_scale=False) if norm.zero_scale else norm


def _layers(residual: Residual, ops: list[Op]) -> Item:
    items: list[Item] = []
    x: Shape = residual.at.input
    for place, op in enumerate(ops):
        y = op.infer(x)
        items.append(Layer(str(place), op, residual.at._replace(input=x, output=y)))
        x = y
    if len(items) == 1:
        return items[0]._replace(name=residual.path_name)
    at = At(residual.at.input, x, residual.at.span, residual.at.step)
    return Chain(residual.path_name, tuple(items), at, numbered=True)


def inserted(network: Network) -> Iterator[Inserted]:
    """Every path in the network that the source does not write out, in the order of execution."""
    for place, item in paths(network.body):
        if isinstance(item, Residual) and item.inserted and item.path is not None:
            own = [layer for _, layer in layers(item.path)]
            weights = [w for layer in own for w in layer.op.weights(layer.at.input) if w.trained]
            yield Inserted(
                place.removesuffix(item.name) + item.path_name,
                item,
                sum(weight.size for weight in weights),
                sum(layer.macs for layer in own),
            )
