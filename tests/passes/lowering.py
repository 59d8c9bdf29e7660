"""Short ways from a source to a network before its passes, and to its ops by path."""

from __future__ import annotations

from cnngen.choice import Choice
from cnngen.elaborate import elaborate
from cnngen.ir import Item, Network, layers
from cnngen.ops import Op
from cnngen.source import Source
from cnngen.syntax.parser import parse


def elaborated(body: str, parameters: str = "", blocks: str = "") -> Network:
    """One faultless network, before any pass."""
    text = f"{blocks}\nnetwork Net({parameters}) {{\n{body}\n}}\n"
    file, found = parse(Source("test.cnn", text))
    module, more = elaborate(file, Choice())[:2]
    assert not [*found, *more], [d.message for d in [*found, *more]]
    (network,) = module.networks
    return network


def ops(network: Network) -> dict[str, Op]:
    return {path: layer.op for path, layer in layers(network.body)}


def with_fields(item: Item, **fields: object) -> Item:
    """The item with other fields; ``input`` and ``output`` are those of its place."""
    shapes = {name: fields.pop(name) for name in ("input", "output") if name in fields}
    if shapes:
        fields["at"] = item.at._replace(**shapes)  # type: ignore[arg-type]
    return item._replace(**fields)  # type: ignore[arg-type]
