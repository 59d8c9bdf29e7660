"""A module of functions that each return a functional ``keras.Model``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cnngen.backends.code import (
    COLUMNS,
    INDENT,
    Call,
    Raw,
    call,
    code,
    comment,
    docstring,
    exports,
    lay_out,
    signature,
)
from cnngen.backends.describe import module_docstring, network_docstring, parameters_code
from cnngen.backends.keras.emit import TABLE, Part
from cnngen.backends.skeleton import template
from cnngen.ir import Chain, Layer, Module, Network, layers
from cnngen.ops import Map, Shape
from cnngen.source import stem


class Function(NamedTuple):
    """One network, ready for the template."""

    signature: str
    docstring: str
    lines: list[str]


def write(module: Module) -> str:
    """The module's source, without the header."""
    names = [network.name for network in module.networks]
    skeleton = template(__file__)
    return skeleton.render(
        docstring="\n".join(docstring(module_docstring(module, "Keras 3"), "")),
        exports="\n".join(exports(names)),
        needs=_needs(module),
        registered="\n".join(_registered(stem(module.source.path))),
        functions=[_function(network) for network in module.networks],
    )


def _needs(module: Module) -> set[str]:
    """The imports and helper classes that the module's layers use."""
    emissions = (TABLE(layer) for n in module.networks for _, layer in layers(n.body))
    return {name for emission in emissions for name in emission.needs}


def _registered(package: str) -> list[str]:
    """The decorator that lets Keras load a saved model with a helper class in it."""
    return lay_out("", "@", call("keras.saving.register_keras_serializable", package))


def shape_text(shape: Shape, symbol: str | None = None) -> str:
    """The shape with the batch, as Keras orders it."""
    if isinstance(shape, Map):
        return f"(N, {shape.height}, {shape.width}, {symbol or shape.channels})"
    return f"(N, {symbol or shape.features})"


def _note(layer: Layer) -> str:
    """The shape after a layer as the source states it, whose order is that of Keras too."""
    y = layer.output
    channels = layer.width or y.channels
    return f"{y.height}x{y.width}x{channels}" if isinstance(y, Map) else str(channels)


def layer_name(path: str) -> str:
    """The name of a Keras layer: the path, with ``_`` since ``.`` is not welcome everywhere."""
    return path.replace(".", "_")


def _function(network: Network) -> Function:
    parameters = parameters_code(network)
    head = signature("", network.name, [], parameters, "keras.Model")
    described = docstring(network_docstring(network, shape_text), INDENT)
    return Function("\n".join(head), "\n".join(described), list(_lines(network)))


def _lines(network: Network) -> Iterator[str]:
    x = network.body.input
    sizes = (x.height, x.width, x.channels) if isinstance(x, Map) else (x.features,)
    yield from lay_out(INDENT, "inputs = ", call("keras.Input", sizes))
    yield from _without_double_spaces(_Writer().chain(network.body, ""))
    model = call("keras.Model", Raw("inputs"), Raw("x"), name=network.name)
    yield from lay_out(INDENT, "return ", model)


def _without_double_spaces(lines: Iterable[str]) -> Iterator[str]:
    """The lines with no empty one after another: groups that meet each ask for theirs."""
    before = "..."
    for line in lines:
        if line or before:
            yield line
        before = line


def _heading(path: str) -> str:
    """A comment with a group's path, or with the end of a very long one."""
    room = COLUMNS - len(INDENT) - len("# ")
    return comment(path if len(path) <= room else "..." + path[3 - room :])


class _Writer:
    """The assignments to ``x``, in the order of execution."""

    def __init__(self) -> None:
        self.current = "inputs"

    def chain(self, chain: Chain, prefix: str) -> Iterator[str]:
        """The lines of a chain; a group is set off under its own name."""
        for item in chain.items:
            if isinstance(item, Layer):
                yield from self.layer(item, prefix + item.name)
                continue
            yield ""
            yield f"{INDENT}{_heading(prefix + item.name)}"
            yield from self.chain(item, f"{prefix}{item.name}.")
            yield ""

    def layer(self, layer: Layer, path: str) -> Iterator[str]:
        """The lines of one layer; the last one notes the shape where it changes."""
        changed = layer.input != layer.output
        note = _note(layer) if changed else ""
        parts = TABLE(layer).parts
        for part in parts:
            yield from self._assignment(part, path, note if part is parts[-1] else "")
            self.current = "x"

    def _assignment(self, part: Part, path: str, note: str) -> list[str]:
        function, arguments, _ = part.call
        if part.function:
            made = Call(function, (self.current, *arguments))
            return lay_out(INDENT, "x = ", made, "", note)
        name = f"name={code(layer_name(path) + part.suffix)}"
        made = Call(function, (*arguments, name))
        return lay_out(INDENT, "x = ", made, f"({self.current})", note)
