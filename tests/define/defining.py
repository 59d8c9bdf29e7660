"""Short ways from a source to its definitions."""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.choice import Choice
from cnngen.define import Defined, define
from cnngen.definition import Body, Definition, Layer, Node, nodes
from cnngen.elaborate import elaborate
from cnngen.ir import Network
from cnngen.passes import run_passes
from cnngen.source import Source
from cnngen.syntax.parser import parse


def networks(text: str) -> tuple[Network, ...]:
    """The networks of a faultless source, after all passes."""
    file, found = parse(Source("test.cnn", text))
    module, more = elaborate(file, Choice())[:2]
    assert not [*found, *more], [d.message for d in [*found, *more]]
    return tuple(run_passes(network, debug=True) for network in module.networks)


def network(body: str, parameters: str = "", blocks: str = "") -> Network:
    (made,) = networks(f"{blocks}\nnetwork Net({parameters}) {{\n{body}\n}}\n")
    return made


def defined(body: str, parameters: str = "", blocks: str = "") -> Defined:
    return define([network(body, parameters, blocks)])


def definition(body: str, parameters: str = "", blocks: str = "") -> Definition:
    """The definition of one network with this body."""
    return defined(body, parameters, blocks).networks["Net"]


def block(text: str, uses: str, parameters: str = "", head: str = "input 32x32x4") -> Definition:
    """The only definition of the only block."""
    (made,) = defined(f"{head}\n{uses}", parameters, text).blocks
    return made


def all_of(kind: type[Node], found: Body | Definition) -> list[Node]:  # type: ignore[type-arg]
    """The nodes of a kind, in the order of execution."""
    body = found.body if isinstance(found, Definition) else found
    return [node for node in nodes(body) if isinstance(node, kind)]  # type: ignore[arg-type]


def layers(found: Body | Definition) -> Iterator[Layer]:
    for node in all_of(Layer, found):
        assert isinstance(node, Layer)
        yield node


def called(found: Body | Definition) -> list[str]:
    """What the layers are called; with ``[]`` where each turn of a loop makes one."""
    return [node.name.text + ("[]" if node.name.looped else "") for node in layers(found)]
