"""A module of functions: for each network one that returns a functional ``keras.Model``."""

from __future__ import annotations

from collections.abc import Sequence

from cnngen.backends.base import SPELLING
from cnngen.backends.code import (
    INDENT,
    Call,
    Raw,
    call,
    code,
    docstring,
    exports,
    lay_out,
    readable,
    signature,
    string,
)
from cnngen.backends.describe import (
    module_docstring,
    network_docstring,
    parameters_code,
    unit_docstring,
    unit_parameters,
)
from cnngen.backends.keras import initial
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
    share_networks,
    taken_names,
)
from cnngen.backends.skeleton import template
from cnngen.formula import INPUT_CHANNELS
from cnngen.ir import Chain, Module, Network, SideHead
from cnngen.ops import Map
from cnngen.record import NamedTuple
from cnngen.source import stem

IN_BLOCK = Prefix("{name}_", in_text=True)


class Function(NamedTuple):
    """One block or network, ready for the template; ``model`` where it has side heads."""

    signature: str
    docstring: str
    lines: list[str]
    model: Model | None = None


def write(module: Module) -> str:
    """The module's source, without the header."""
    names = [network.name for network in module.networks]
    taken = taken_names(module, GLOBALS | LOCALS)
    taken |= {f"{name}Model" for n in module.networks for name in (n.name, n.base.name)}
    units, by_body = share(module, _write_body, str, taken)
    needs: set[str] = set()
    functions = [_unit(unit, by_body, needs) for unit in units]
    shared = share_networks(module, _write_network, by_body, taken)
    bases: dict[str, Function] = {}
    for network in module.networks:
        base = shared.get(network.name)
        if base is None:
            functions.append(_network(network, by_body, needs))
            continue
        if base.name not in bases:
            bases[base.name] = _base(base, network, by_body, needs)
            functions.append(bases[base.name])
        functions.append(_variant(network, base))
    models = [function.model for function in functions if function.model]
    names += [model.name for model in models]
    return template(__file__).render(
        docstring="\n".join(docstring(module_docstring(module, "Keras 3"), "")),
        exports="\n".join(exports(names)),
        needs=needs,
        started=needs & initial.FUNCTIONS,
        scaled=[each for each in initial.SCALED.items() if each[0] in needs],
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


def _write_network(chain: Chain, context: Context, units: Units) -> Written:
    """A network's body as text that tells variants apart, shapes included."""
    writer = Writer(context, units, noted=True)
    result = writer.write(chain, "inputs", Prefix(""))
    weights = [f"{head.name} {head.weight}" for head, _ in writer.heads]
    text = "\n".join([*writer.lines, result, str(chain.input), *weights])
    return Written(text, frozenset(writer.names))


class Model(NamedTuple):
    """The class of a network with side heads, ready for the template."""

    name: str
    network: str
    weights: list[str]


def _model_class(name: str, heads: Sequence[SideHead]) -> Model:
    """The class of a network with side heads."""
    table = code(tuple((head.name, head.weight) for head in heads))
    return Model(f"{name}Model", name, lay_out(INDENT, "side_weights = ", table))


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
    described = unit_docstring(unit, shape_text)
    parameters = unit_parameters(unit.parameters, unit.types, unit.defaults())
    parameters += ["*", "name: str"]
    head = signature("", unit.name, ["x: keras.KerasTensor"], parameters, "keras.KerasTensor")
    return Function("\n".join(head), "\n".join(docstring(described, INDENT)), lines)


def _network(network: Network, units: Units, needs: set[str]) -> Function:
    head = signature("", network.name, [], parameters_code(network), "keras.Model")
    described = docstring(network_docstring(network, shape_text), INDENT)
    context, name = network_context(network), string(network.name)
    lines, model = _body(network, network.name, context, units, needs, name)
    return Function("\n".join(head), "\n".join(described), lines, model)


def _base(unit: Unit, network: Network, units: Units, needs: set[str]) -> Function:
    """The function that variants of a network share."""
    parameters = unit_parameters(unit.parameters, unit.types, unit.defaults())
    head = signature("", unit.name, [], [*parameters, "*", "name: str"], "keras.Model")
    described = readable(unit.block.description) or f"What variants of {unit.name} share."
    lines, model = _body(network, unit.name, unit.context, units, needs, Raw("name"))
    return Function("\n".join(head), "\n".join(docstring(described, INDENT)), lines, model)


def _variant(network: Network, base: Unit) -> Function:
    """A function that only says what is its own."""
    head = signature("", network.name, [], parameters_code(network), "keras.Model")
    described = docstring(network_docstring(network, shape_text), INDENT)
    made = base.call(base.variant_arguments(network))
    name = Raw(f"name={string(network.name)}")
    made = made._replace(arguments=(*made.arguments, name))
    return Function("\n".join(head), "\n".join(described), lay_out(INDENT, "return ", made))


def _body(
    network: Network, name: str, context: Context, units: Units, needs: set[str], called: Raw
) -> tuple[list[str], Model | None]:
    """The lines of a network's function, and its class where it has side heads.

    ``called`` is the code of what the model is called.
    """
    x = network.body.input
    sizes = (x.height, x.width, x.channels) if isinstance(x, Map) else (x.features,)
    inputs = lay_out(INDENT, "inputs = ", call("keras.Input", sizes))
    writer = Writer(context, units, noted=True, reserved=[f"{name}Model"])
    result = writer.write(network.body, "inputs", Prefix(""))
    needs |= writer.needs
    lines = [*inputs, *without_double_spaces(writer.lines)]
    model_name = Raw(f"name={called}")
    if not writer.heads:
        model = Call("keras.Model", (Raw("inputs"), Raw(result), model_name))
        return [*lines, *lay_out(INDENT, "return ", model)], None
    outputs = [("main", result), *((head.name, value) for head, value in writer.heads)]
    pairs = tuple(Raw(f"{string(key)}: {value}") for key, value in outputs)
    lines += lay_out(INDENT, "outputs = ", Call("", pairs, brackets="{}"))
    made = _model_class(name, [head for head, _ in writer.heads])
    model = Call(made.name, (Raw("inputs"), Raw("outputs"), model_name))
    return [*lines, *lay_out(INDENT, "return ", model)], made
