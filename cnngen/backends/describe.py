"""What docstrings of generated code say of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from cnngen.backends.base import SPELLING, mac_count, parameter_count
from cnngen.backends.code import code, flat, number, readable
from cnngen.backends.sharing import Unit, network_context
from cnngen.formula import Formula
from cnngen.ir import Module, Network
from cnngen.ops import Shape
from cnngen.passes.projection import inserted

ShapeText = Callable[[Shape, Formula | None], str]
"""A shape with the batch, in the order of a target; the formula stands for the channels."""


INSERTED = "Inserted on shortcuts whose shapes differ (parameters; multiply-accumulates):"


def module_docstring(module: Module, framework: str) -> str:
    """The comment at the head of the file, else the names of its networks."""
    names = ", ".join(network.name for network in module.networks)
    return readable(module.description) or f"{names} for {framework}."


def network_docstring(network: Network, shape_text: ShapeText) -> str:
    """Description, shapes and size."""
    given = shape_text(network.body.input, None)
    channels = network_context(network).formula(network.body.channels)
    result = shape_text(network.body.output, channels)
    size = (
        f"{parameter_count(network):,} parameters, "
        f"{mac_count(network):,} multiply-accumulates per input"
    )
    if network.parameters:
        size += ", with the default arguments"
    description = readable(network.description) or f"The network {network.name}."
    paragraphs = [description, f"Input: {given}. Output: {result}.", f"{size}."]
    projections = list(_projections(network))
    if projections:
        paragraphs.append("\n".join([INSERTED, *projections]))
    return "\n\n".join(paragraphs)


def _projections(network: Network) -> Iterator[str]:
    """What was inserted: where, from which shape to which, and at what cost."""
    for path, residual, parameters, macs in inserted(network):
        yield f"- {path}: {residual.input} -> {residual.output} ({parameters:,}; {macs:,})"


def unit_docstring(unit: Unit, shape_text: ShapeText) -> str:
    """Description, what is the same for all uses, and the shapes where they are."""
    block = unit.block
    paragraphs = [readable(block.description) or f"The block `{block.name}`."]
    fixed = [
        f"{parameter.name}={_value(unit.context.values[parameter.name])}"
        for parameter in block.parameters
        if parameter.name not in unit.context.live
        and unit.context.values[parameter.name] != parameter.default
    ]
    if fixed:
        paragraphs.append(f"Here {', '.join(fixed)}.")
    if unit.alone:
        given, result = (shape_text(shape, None) for shape in (unit.body.input, unit.body.output))
        paragraphs.append(f"Input: {given}. Output: {result}.")
    return "\n\n".join(paragraphs)


def _value(value: object) -> str:
    """A value as the source has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if type(value) is tuple:
        return "x".join(map(str, value))
    return f"[{', '.join(map(_value, value))}]" if isinstance(value, tuple) else str(value)


def unit_parameters(
    parameters: Iterable[str], types: Mapping[str, str], defaults: Mapping[str, object]
) -> list[str]:
    """Parameters of a class or function with their types and defaults."""
    return [
        f"{SPELLING.get(name, name)}: {types[name]}"
        + (f" = {flat(code(defaults[name]))}" if name in defaults else "")
        for name in parameters
    ]


def parameters_code(network: Network) -> list[str]:
    """The constructor's parameters with their types and defaults."""
    return [
        f"{p.name}: float = {number(p.default)}"
        if isinstance(p.default, float)
        else f"{p.name}: int = {p.default}"
        for p in network.parameters
    ]
