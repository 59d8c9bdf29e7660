"""From the tree of a file to its networks: parameters, loops, names and shapes all decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cnngen.diagnostics import Diagnostic, DiagnosticError, codes, did_you_mean, listed
from cnngen.elaborate.comments import comment_above, head_comment
from cnngen.elaborate.definitions import Definitions, Instance
from cnngen.elaborate.walk import Walker
from cnngen.ir import Chain, Layer, Module, Network, Parameter, map_layers
from cnngen.syntax import ast

Report = Callable[[Diagnostic], None]

MOST_STEPS = 200_000
"""Statements, layers and turns of loops that one network may take to expand."""


class Choice(NamedTuple):
    """What of a file is wanted: one network by name, other values for parameters."""

    network: str | None = None
    settings: tuple[ast.Argument, ...] = ()
    most_steps: int = MOST_STEPS


def elaborate(file: ast.File, choice: Choice) -> tuple[Module, list[Diagnostic]]:
    """The file's networks and what is wrong with it; networks with mistakes are left out."""
    found: dict[tuple[object, str], Diagnostic] = {}

    def report(diagnostic: Diagnostic) -> None:
        """Keep the first of a kind at a place: variants share the mistakes of their base."""
        found.setdefault((diagnostic.span, diagnostic.code.id), diagnostic)

    definitions = Definitions(file, report)
    _check_choice(file, definitions, choice, report)
    networks = []
    for instance in definitions.instances(choice.network, choice.settings):
        network = _network(instance, choice.most_steps, report)
        if network:
            networks.append(network)
    module = Module(file.source, head_comment(file.source), tuple(networks))
    return module, list(found.values())


def _check_choice(file: ast.File, definitions: Definitions, choice: Choice, report: Report) -> None:
    names = definitions.by_name
    if not names and not file.broken:
        report(Diagnostic(codes.NO_NETWORK, "there is no network in this file", path=file.source.path,
                          hint="a network is written `network Name { input HxWxC ... }`"))  # fmt: skip
    elif choice.network is not None and choice.network not in names and not file.broken:
        report(Diagnostic(codes.UNKNOWN_NETWORK, f"there is no network `{choice.network}`",
                          path=file.source.path,
                          hint=did_you_mean(choice.network, names, f"there are {listed(names)}")))  # fmt: skip


def _network(instance: Instance, most_steps: int, report: Report) -> Network | None:
    """One network's body walked; None where a mistake in it was reported."""
    failed = False

    def note(diagnostic: Diagnostic) -> None:
        nonlocal failed
        failed = True
        report(_in_variant(diagnostic, instance))

    walker = Walker(note, instance.scope, most_steps)
    try:
        body = walker.network(instance.base.body)
    except DiagnosticError as error:
        note(error.diagnostic)
        return None
    if body is None or failed or walker.incomplete:
        return None
    source, start = instance.definition.span.source, instance.definition.span.start
    own = comment_above(source, start)
    base = comment_above(instance.base.span.source, instance.base.span.start)
    return Network(
        instance.name.name,
        own or base,
        _free_parameters(instance, body, walker.fixed),
        _without(walker.fixed, body),
        instance.name.span,
    )


def _in_variant(diagnostic: Diagnostic, instance: Instance) -> Diagnostic:
    """Say in which variant a mistake shows, where the body is another network's."""
    if instance.definition is instance.base:
        return diagnostic
    line = instance.name.span.line
    note = f"in the variant `{instance.name.name}` of line {line}"
    return diagnostic._replace(notes=(*diagnostic.notes, note))


def _free_parameters(instance: Instance, body: Chain, fixed: set[str]) -> tuple[Parameter, ...]:
    """The parameters that some layer takes as they are, and that nothing else depends on."""
    used = _symbols(body) - fixed
    places = {p.name.name: p.name.span for p in instance.base.parameters}
    found = []
    for name, binding in instance.scope.bindings.items():
        if name in used and binding is not None and isinstance(binding.value, int | float):
            found.append(Parameter(name, binding.value, places[name]))
    return tuple(found)


def _symbols(chain: Chain) -> set[str]:
    names: set[str] = set()
    for item in chain.items:
        names |= set(item.symbols.values()) if isinstance(item, Layer) else _symbols(item)
    return names


def _without(fixed: set[str], body: Chain) -> Chain:
    """The body with the symbols of fixed parameters gone: their values are literals now."""

    def settle(layer: Layer) -> Layer:
        if layer.width not in fixed and fixed.isdisjoint(layer.symbols.values()):
            return layer
        kept = {field: name for field, name in layer.symbols.items() if name not in fixed}
        width = None if layer.width in fixed else layer.width
        return layer._replace(symbols=kept, width=width)

    return map_layers(body, settle) if fixed else body
