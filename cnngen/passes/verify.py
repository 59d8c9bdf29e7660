"""Whether an IR is valid: names, shapes, connections. Run between passes in tests and --debug."""

from __future__ import annotations

from cnngen.ir import Chain, Layer, Network, layers
from cnngen.ops import OpError, Shape, same_size


class InvalidIRError(AssertionError):
    """A pass or the elaboration made an IR that breaks a rule: a fault of cnngen."""


def verify(network: Network) -> None:
    """Raise InvalidIRError where a rule is broken."""
    _chain(network.body, network.name)
    known = {parameter.name for parameter in network.parameters}
    for path, layer in layers(network.body):
        if not {*layer.symbols.values(), *filter(None, [layer.width])} <= known:
            raise InvalidIRError(f"{network.name}.{path}: a symbol is no parameter of the network")


def _chain(chain: Chain, path: str) -> None:
    names = [item.name for item in chain.items]
    if len(set(names)) != len(names):
        raise InvalidIRError(f"{path}: names are not unique: {names}")
    if not names:
        raise InvalidIRError(f"{path}: an empty chain")
    shape: Shape = chain.input
    for item in chain.items:
        where = f"{path}.{item.name}"
        if item.input != shape:
            raise InvalidIRError(f"{where}: takes {item.input!r} after {shape!r}")
        if isinstance(item, Layer):
            _layer(item, where)
        else:
            _chain(item, where)
        shape = item.output
    if not same_size(shape, chain.output):
        raise InvalidIRError(f"{path}: gives {shape}, says {chain.output}")


def _layer(layer: Layer, where: str) -> None:
    try:
        inferred = layer.op.infer(layer.input)
    except OpError as error:
        raise InvalidIRError(f"{where}: {error.message}") from error
    if inferred != layer.output:
        raise InvalidIRError(f"{where}: says {layer.output!r}, its op gives {inferred!r}")
