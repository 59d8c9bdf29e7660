"""A module of functions: for each network one that returns a functional ``keras.Model``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from cnngen.backends.base import SPELLING
from cnngen.backends.code import (
    INDENT,
    Call,
    Raw,
    call,
    docstring,
    exports,
    lay_out,
    number,
    signature,
    string,
)
from cnngen.backends.describe import (
    block_docstring,
    module_docstring,
    network_docstring,
    parameters_code,
)
from cnngen.backends.keras.body import (
    Prefix,
    Writer,
    shape_text,
    without_double_spaces,
)
from cnngen.backends.keras.names import GLOBALS, LOCALS
from cnngen.backends.sharing import (
    Context,
    Unit,
    Units,
    Written,
    network_context,
    share,
    taken_names,
)
from cnngen.backends.skeleton import template
from cnngen.formula import INPUT_CHANNELS
from cnngen.ir import Chain, Module, Network, SideHead
from cnngen.ops import Map
from cnngen.source import stem

IN_BLOCK = Prefix("{name}_", in_text=True)


class Function(NamedTuple):
    """One block or network, ready for the template."""

    signature: str
    docstring: str
    lines: list[str]


def write(module: Module) -> str:
    """The module's source, without the header."""
    models = [model for model in map(_model_class, module.networks) if model]
    names = [network.name for network in module.networks] + [model.name for model in models]
    taken = taken_names(module, GLOBALS | LOCALS) | set(names)
    units, by_body = share(module, _write_body, str, taken)
    needs: set[str] = set()
    functions = [_unit(unit, by_body, needs) for unit in units]
    functions += [_network(network, by_body, needs) for network in module.networks]
    return template(__file__).render(
        docstring="\n".join(docstring(module_docstring(module, "Keras 3"), "")),
        exports="\n".join(exports(names)),
        needs=needs,
        registered="\n".join(_registered(stem(module.source.path))),
        models=models,
        functions=functions,
    )


def _write_body(chain: Chain, context: Context, units: Units) -> Written:
    """A block's body as text that tells bodies apart."""
    writer = Writer(context, units, noted=False)
    result = writer.write(chain, "x", IN_BLOCK)
    # A Keras tensor knows its own channels: nobody needs to pass them.
    return Written("\n".join([*writer.lines, result]), frozenset(writer.names - {INPUT_CHANNELS}))


class Model(NamedTuple):
    """The class of a network with side heads, ready for the template."""

    name: str
    network: str
    weights: list[str]


def model_name(network: Network) -> str:
    """The name of the class of a network with side heads."""
    return f"{network.name}Model"


def _model_class(network: Network) -> Model | None:
    heads = [item for item in network.body.items if isinstance(item, SideHead)]
    if not heads:
        return None
    weights = tuple(Raw(f"{string(head.name)}: {number(head.weight)}") for head in heads)
    table = Call("", weights, brackets="{}")
    return Model(model_name(network), network.name, lay_out(INDENT, "side_weights = ", table))


def _registered(package: str) -> list[str]:
    """The decorator that lets Keras load a saved model with a helper class in it."""
    return lay_out("", "@", call("keras.saving.register_keras_serializable", package))


def _unit(unit: Unit, units: Units, needs: set[str]) -> Function:
    writer = Writer(unit.context, units, noted=unit.alone)
    result = writer.write(unit.body, "x", IN_BLOCK)
    needs |= writer.needs
    writer.return_result(result)
    lines = list(without_double_spaces(writer.lines))
    if writer.reads_input_channels:
        lines.insert(0, f"{INDENT}{SPELLING[INPUT_CHANNELS]} = x.shape[-1]")
    shapes = (unit.body.input, unit.body.output) if unit.alone else ()
    described = block_docstring(unit.block, [shape_text(shape) for shape in shapes])
    defaults = unit.defaults()
    parameters = [
        f"{name}: {unit.types[name]}" + (f" = {defaults[name]!r}" if name in defaults else "")
        for name in unit.parameters
    ]
    parameters += ["*", "name: str"]
    head = signature("", unit.name, ["x: keras.KerasTensor"], parameters, "keras.KerasTensor")
    return Function("\n".join(head), "\n".join(docstring(described, INDENT)), lines)


def _network(network: Network, units: Units, needs: set[str]) -> Function:
    head = signature("", network.name, [], parameters_code(network), "keras.Model")
    described = docstring(network_docstring(network, shape_text), INDENT)
    return Function("\n".join(head), "\n".join(described), _lines(network, units, needs))


def _lines(network: Network, units: Units, needs: set[str]) -> list[str]:
    x = network.body.input
    sizes = (x.height, x.width, x.channels) if isinstance(x, Map) else (x.features,)
    inputs = lay_out(INDENT, "inputs = ", call("keras.Input", sizes))
    writer = Writer(network_context(network), units, noted=True)
    result = writer.write(network.body, "inputs", Prefix(""))
    needs |= writer.needs
    return [*inputs, *without_double_spaces(writer.lines), *_model(network, result, writer)]


def _model(network: Network, result: str, writer: Writer) -> Iterable[str]:
    name = Raw(f"name={string(network.name)}")
    if not writer.heads:
        model = Call("keras.Model", (Raw("inputs"), Raw(result), name))
        yield from lay_out(INDENT, "return ", model)
        return
    outputs = [("main", result), *((head.name, value) for head, value in writer.heads)]
    pairs = tuple(Raw(f"{string(key)}: {value}") for key, value in outputs)
    yield from lay_out(INDENT, "outputs = ", Call("", pairs, brackets="{}"))
    model = Call(model_name(network), (Raw("inputs"), Raw("outputs"), name))
    yield from lay_out(INDENT, "return ", model)
