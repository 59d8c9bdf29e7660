"""A module of torch classes: submodules, forward, docstrings."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from cnngen.backends.code import COLUMNS, Call, Keyword, Raw, docstring, exports, lay_out, signature
from cnngen.backends.describe import module_docstring, network_docstring, parameters_code
from cnngen.backends.skeleton import template
from cnngen.backends.torch.emit import TABLE
from cnngen.ir import Chain, Item, Layer, Module, Network, layers, width
from cnngen.ops import Map, Shape

METHOD = " " * 8
RESULT = "output: Tensor = "


class Class(NamedTuple):
    """One network, ready for the template."""

    name: str
    docstring: str
    signature: str
    submodules: list[str]
    forward: list[str]


def write(module: Module) -> str:
    """The module's source, without the header."""
    skeleton = template(__file__)
    names = [network.name for network in module.networks]
    return skeleton.render(
        docstring="\n".join(docstring(module_docstring(module, "PyTorch"), "")),
        needs=_needs(module),
        exports="\n".join(exports(names)),
        ordered=any(_is_ordered(network.body) for network in module.networks),
        classes=[_class(network) for network in module.networks],
    )


def _needs(module: Module) -> set[str]:
    """The helper classes that the module's layers use."""
    emissions = (TABLE(layer) for n in module.networks for _, layer in layers(n.body))
    return {name for emission in emissions for name in emission.needs}


def _class(network: Network) -> Class:
    return Class(
        network.name,
        "\n".join(docstring(network_docstring(network, shape_text), "    ")),
        "\n".join(signature("    ", "__init__", ["self"], parameters_code(network), "None")),
        [row for item in network.body.items for row in _submodule(item)],
        list(_forward(network)),
    )


def shape_text(shape: Shape, symbol: str | None = None) -> str:
    """The shape with the batch, as torch orders it."""
    if isinstance(shape, Map):
        return f"(N, {symbol or shape.channels}, {shape.height}, {shape.width})"
    return f"(N, {symbol or shape.features})"


def _submodule(item: Item) -> list[str]:
    return lay_out(METHOD, f"self.{item.name} = ", _code(item))


def _code(item: Item) -> Call:
    """The expression that makes an item's module."""
    if isinstance(item, Layer):
        return TABLE(item).module
    notes = tuple(_change(child.input, child) for child in item.items)
    if item.numbered:
        return Call("nn.Sequential", tuple(_code(child) for child in item.items), notes)
    named = tuple(Keyword(child.name, _code(child)) for child in item.items)
    return Call("nn.Sequential", (Call("OrderedDict", named, notes),))


def _is_ordered(chain: Chain) -> bool:
    """Whether some group's children have names of their own."""
    groups = [item for item in chain.items if isinstance(item, Chain)]
    return any(not group.numbered or _is_ordered(group) for group in groups)


def _change(before: Shape, item: Item) -> str:
    """The shape after an item, where it is another one."""
    return "" if before == item.output else shape_text(item.output, width(item))


class _Line(NamedTuple):
    """One assignment in ``forward``."""

    value: str
    note: str


def _forward(network: Network) -> Iterator[str]:
    """One line for each line of the source, split where it would be too long."""
    *lines, last = _lines(network)
    for line in lines:
        yield from lay_out(METHOD, "x = ", Raw(line.value), "", line.note)
    # An annotation, since calling a module gives Any, which a typed function must not return.
    yield from lay_out(METHOD, RESULT, Raw(last.value), "", last.note)


def _lines(network: Network) -> Iterator[_Line]:
    for _, group in groupby(network.body.items, key=lambda item: item.step):
        value, before = "x", None
        for item in group:
            applied = f"self.{item.name}({value})"
            if value != "x" and len(METHOD + RESULT + applied) > COLUMNS:
                yield _Line(value, "")
                applied = f"self.{item.name}(x)"
            value, before = applied, before or item.input
        assert before is not None
        yield _Line(value, _change(before, item))
