"""Whether an IR is valid: names, shapes, connections. Run between passes in tests and --debug."""

from __future__ import annotations

from collections.abc import Mapping

from cnngen.ir import (
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
    is_unnamed,
    named_items,
    parts,
)
from cnngen.ops import Map, OpError, Shape, is_factor, product_shape, same_size


class InvalidIRError(AssertionError):
    """A pass or the elaboration made an IR that breaks a rule: a fault of cnngen."""


def verify(network: Network, *, resolved: bool = True) -> None:
    """Raise InvalidIRError where a rule is broken.

    ``resolved`` says that shortcuts have been decided.
    """
    _Verifier(resolved=resolved).namespace(network.body, network.name)


class _Verifier:
    def __init__(self, *, resolved: bool) -> None:
        self.resolved = resolved
        self.bodies: set[int] = set()

    def namespace(self, chain: Chain, path: str) -> dict[str, Shape]:
        """A chain whose items, with those of its regions, are named together; their values."""
        names = [item.name for item in named_items(chain)]
        if len(set(names)) != len(names):
            raise InvalidIRError(f"{path}: names are not unique: {names}")
        labels: dict[str, Shape] = {}
        self._chain(chain, path, labels)
        return labels

    def _chain(self, chain: Chain, path: str, labels: dict[str, Shape]) -> None:
        if not chain.items:
            raise InvalidIRError(f"{path}: an empty chain")
        shape: Shape = chain.at.input
        for item in chain.items:
            where = f"{path}.{item.name}"
            if item.at.input != shape:
                raise InvalidIRError(f"{where}: takes {item.at.input!r} after {shape!r}")
            self._item(item, where, labels)
            shape = item.at.output
            labels[item.name] = shape
        if not same_size(shape, chain.at.output):
            raise InvalidIRError(f"{path}: gives {shape}, says {chain.at.output}")

    def _item(self, item: Item, where: str, labels: dict[str, Shape]) -> None:
        if isinstance(item, Layer):
            _layer(item, where)
        elif isinstance(item, Chain):
            inside = self.namespace(item, where)
            labels |= {f"{item.name}.{label}": shape for label, shape in inside.items()}
        elif isinstance(item, Instance):
            self._instance(item, where)
        elif isinstance(item, SideHead):
            _takes(item.head, item, where)
            _same(item.at.output, item.at.input, where)
            self._item(item.head, where, labels)
        elif isinstance(item, Reuse):
            if item.label not in labels or item.item.name != item.label:
                raise InvalidIRError(f"{where}: applies {item.label!r}, which is not there")
            _takes(item.item, item, where)
            _same(item.at.output, item.item.at.output, where)
            self._item(item.item, where, {})
        elif isinstance(item, (Join, Resume, Output)):
            _sources(item, where, labels)
        elif isinstance(item, Input):
            pass  # it says itself what it is
        else:
            for part in parts(item):
                _takes(part, item, where)
                if is_unnamed(part):
                    self._chain(part, where, labels)
                else:
                    self._item(part, where, labels)
            _region(item, where, resolved=self.resolved)

    def _instance(self, item: Instance, where: str) -> None:
        _same(item.at.input, item.body.at.input, where)
        _same(item.at.output, item.body.at.output, where)
        if id(item.body) not in self.bodies:
            self.bodies.add(id(item.body))
            self.namespace(item.body, where)


def _region(item: Residual | Branches | Gate, where: str, *, resolved: bool) -> None:
    if isinstance(item, Branches):
        total = sum(branch.at.output.channels for branch in item.branches)
        if total != item.at.output.channels:
            raise InvalidIRError(f"{where}: {total} channels, says {item.at.output}")
        if len({str(branch.at.output).rpartition("x")[0] for branch in item.branches}) > 1:
            raise InvalidIRError(f"{where}: branches of different size")
    elif isinstance(item, Gate):
        _same(item.at.output, item.at.input, where)
        own, x = item.body.at.output, item.at.input
        if not is_factor(own, x):
            raise InvalidIRError(f"{where}: a factor of {own} for {x}")
    else:
        _same(item.at.output, item.body.at.output, where)
        if resolved and item.takes_path != (item.path is not None):
            raise InvalidIRError(f"{where}: a shortcut of mode {item.mode} with the wrong path")
        if resolved and item.mode == "identity":
            _same(item.at.output, item.at.input, where)
        if item.path is not None:
            _same(item.path.at.output, item.at.output, where)


def _sources(item: Join | Resume | Output, where: str, labels: Mapping[str, Shape]) -> None:
    read = (item.label,) if isinstance(item, Resume) else item.labels
    for label in read:
        if label not in labels:
            raise InvalidIRError(f"{where}: reads {label!r}, which has no value yet")
    known = [labels[label] for label in read]
    if isinstance(item, Resume):
        _same(item.at.output, known[0], where)
    elif isinstance(item, Output):
        _same(item.at.output, item.at.input, where)
    elif item.kind == "multiply":
        made = product_shape([item.at.input, *known])
        if made is None or not same_size(made, item.at.output):
            raise InvalidIRError(f"{where}: a product of {made}, says {item.at.output}")
    elif item.kind == RESIZE:
        x, value, made = item.at.input, known[0], item.at.output
        if not (isinstance(x, Map) and isinstance(value, Map) and x.axes == value.axes):
            raise InvalidIRError(f"{where}: {x} in the size of {value}")
        _same(made, x._replace(sizes=value.sizes), where)
    elif item.axis is not None:
        sizes = [
            value.sizes[item.axis] for value in (item.at.input, *known) if isinstance(value, Map)
        ]
        made = item.at.output
        if not isinstance(made, Map) or made.sizes[item.axis] != sum(sizes):
            raise InvalidIRError(f"{where}: says {made}")
    elif item.kind == "concat":
        total = item.at.input.channels + sum(value.channels for value in known)
        if item.at.output.channels != total:
            raise InvalidIRError(f"{where}: says {item.at.output}")
    else:
        for value in (item.at.input, *known):
            _same(item.at.output, value, where)


def _takes(part: Item, item: Item, where: str) -> None:
    if part.at.input != item.at.input:
        raise InvalidIRError(f"{where}: a part takes {part.at.input!r}, not {item.at.input!r}")


def _same(a: Shape, b: Shape, where: str) -> None:
    if not same_size(a, b):
        raise InvalidIRError(f"{where}: says {a}, has {b}")


def _layer(layer: Layer, where: str) -> None:
    try:
        inferred = layer.op.infer(layer.at.input)
    except OpError as error:
        raise InvalidIRError(f"{where}: {error.message}") from error
    if inferred != layer.at.output:
        raise InvalidIRError(f"{where}: says {layer.at.output!r}, its op gives {inferred!r}")
