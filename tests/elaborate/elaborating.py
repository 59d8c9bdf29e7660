"""Short ways from a source to values, networks and the codes of mistakes."""

from __future__ import annotations

from collections.abc import Mapping

from cnngen.choice import Choice
from cnngen.diagnostics import DiagnosticError
from cnngen.elaborate import elaborate
from cnngen.elaborate.evaluate import Surroundings, evaluate
from cnngen.ir import Module, Network, layers
from cnngen.ops import Op
from cnngen.ops.kinds import Value
from cnngen.passes import verify
from cnngen.source import Source
from cnngen.syntax import ast
from cnngen.syntax.parser import parse, parse_settings


def settings(text: str) -> tuple[ast.Argument, ...]:
    read, found = parse_settings(Source("--set", text))
    assert not found
    return read


def value(text: str, names: Mapping[str, Value] | None = None) -> Value:
    """What an expression is, with these names around it."""
    (argument,) = settings(f"value={text}")
    known = names or {}
    return evaluate(argument.value, Surroundings(lambda name: known[name.name]))


def value_code(text: str, names: Mapping[str, Value] | None = None) -> str:
    """The code of what is wrong with an expression; empty where nothing is."""
    try:
        value(text, names)
    except DiagnosticError as error:
        return error.diagnostic.code.id
    return ""


def module(text: str, choice: Choice | None = None) -> Module:
    """The networks of a faultless source, each of them a valid IR."""
    file, found = parse(Source("test.cnn", text))
    assert not found
    made, more = elaborate(file, choice or Choice())[:2]
    assert not more, [d.message for d in more]
    for network in made.networks:
        verify(network, resolved=False)
    return made


def networks(text: str, choice: Choice | None = None) -> dict[str, Network]:
    return {network.name: network for network in module(text, choice).networks}


def network(body: str, parameters: str = "", blocks: str = "") -> Network:
    """One network with this body, and the blocks that it uses."""
    (made,) = module(f"{blocks}\nnetwork Net({parameters}) {{\n{body}\n}}\n").networks
    return made


def codes_of(text: str, choice: Choice | None = None) -> list[str]:
    """The codes of everything that is wrong with a source."""
    file, found = parse(Source("test.cnn", text))
    _, more = elaborate(file, choice or Choice())[:2]
    return [d.code.id for d in [*found, *more]]


def body_codes(body: str, parameters: str = "", blocks: str = "") -> list[str]:
    return codes_of(f"{blocks}\nnetwork Net({parameters}) {{\n{body}\n}}\n")


def ops(made: Network) -> list[Op]:
    return [layer.op for _, layer in layers(made.body)]


def paths(made: Network) -> list[str]:
    return [path for path, _ in layers(made.body)]


def free(made: Network) -> dict[str, Value]:
    """The parameters that the generated constructor takes, with the values of this network."""
    return {name: made.values[name] for name in made.parameters}
