"""From the tree of a file to its networks: parameters, loops, names and shapes all decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cnngen.diagnostics import Diagnostic, DiagnosticError, codes, did_you_mean, listed
from cnngen.elaborate.budget import Budget
from cnngen.elaborate.comments import comment_above, head_comment
from cnngen.elaborate.definitions import Definitions, Instance
from cnngen.elaborate.walk import Walker
from cnngen.ir import Chain, Layer, Module, Network, Parameter, layers, map_layers
from cnngen.syntax import ast

Report = Callable[[Diagnostic], None]

MOST_STEPS = 200_000
"""Statements, layers and turns of loops that a file's networks may take to expand."""

MOST_MISTAKES = 100
"""Reported for one file; nobody reads more, and finding them takes time."""

MOST_FOUND = 2_000
"""Mistakes found before the work ends, the same ones counted again in each turn of a loop."""


class Choice(NamedTuple):
    """What of a file is wanted: one network by name, other values for parameters."""

    network: str | None = None
    settings: tuple[ast.Argument, ...] = ()
    most_steps: int = MOST_STEPS


class Enough(Exception):  # noqa: N818 - not an error
    """Raised where more mistakes than anybody reads have been found, or the work ends here."""


def elaborate(file: ast.File, choice: Choice) -> tuple[Module, list[Diagnostic]]:
    """The file's networks and what is wrong with it; networks with mistakes are left out."""
    found: dict[tuple[object, str], Diagnostic] = {}
    count = 0

    def report(diagnostic: Diagnostic) -> None:
        """Keep the first of a kind at a place: variants share the mistakes of their base."""
        nonlocal count
        count += 1
        found.setdefault((diagnostic.span, diagnostic.code.id), diagnostic)
        enough = len(found) >= MOST_MISTAKES or count >= MOST_FOUND
        if enough or diagnostic.code is codes.EXPANSION_LIMIT:
            raise Enough

    networks: list[Network] = []
    try:
        _networks(file, choice, report, networks)
    except Enough:
        networks.clear()
    module = Module(file.source, head_comment(file.source), tuple(networks))
    return module, list(found.values())


def _networks(file: ast.File, choice: Choice, report: Report, networks: list[Network]) -> None:
    definitions = Definitions(file, report)
    _check_choice(file, definitions, choice, report)
    budget = Budget(choice.most_steps)
    for instance in definitions.instances(choice.network, choice.settings):
        network = _network(instance, budget, report)
        if network:
            networks.append(network)


def _check_choice(file: ast.File, definitions: Definitions, choice: Choice, report: Report) -> None:
    names, path = definitions.by_name, file.source.path
    if file.broken:
        return
    if not names:
        hint = "a network is written `network Name { input HxWxC ... }`"
        report(
            Diagnostic(codes.NO_NETWORK, "there is no network in this file", path=path, hint=hint)
        )
    elif choice.network is not None and choice.network not in names:
        message = f"there is no network `{choice.network}`"
        hint = did_you_mean(choice.network, names, f"there are {listed(names)}")
        report(Diagnostic(codes.UNKNOWN_NETWORK, message, path=path, hint=hint))


def _network(instance: Instance, budget: Budget, report: Report) -> Network | None:
    """One network's body walked; None where a mistake in it was reported."""
    failed = False

    def note(diagnostic: Diagnostic) -> None:
        nonlocal failed
        failed = True
        report(_in_variant(diagnostic, instance))

    walker = Walker(note, instance.scope, budget)
    try:
        body = walker.network(instance.base.body)
    except DiagnosticError as error:
        note(error.diagnostic)
        return None
    if failed or walker.flow.incomplete:
        return None
    if body is None or walker.followed:
        raise AssertionError(f"something of {instance.name.name} was left out in silence")
    source, start = instance.definition.span.source, instance.definition.span.start
    own = comment_above(source, start)
    base = comment_above(instance.base.span.source, instance.base.span.start)
    return Network(
        instance.name.name,
        own or base,
        _free_parameters(instance, body, walker.values.fixed),
        _without(walker.values.fixed, body),
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
    values = {
        name: getattr(layer.op, field)
        for _, layer in layers(body)
        for field, name in layer.symbols.items()
        if name not in fixed
    }
    return tuple(
        Parameter(p.name.name, values[p.name.name], p.name.span)
        for p in instance.base.parameters
        if p.name.name in values
    )


def _without(fixed: set[str], body: Chain) -> Chain:
    """The body with the symbols of fixed parameters gone: their values are literals now."""

    def settle(_path: str, layer: Layer) -> Layer:
        if layer.width not in fixed and fixed.isdisjoint(layer.symbols.values()):
            return layer
        kept = {field: name for field, name in layer.symbols.items() if name not in fixed}
        width = None if layer.width in fixed else layer.width
        return layer._replace(symbols=kept, width=width)

    return map_layers(body, settle) if fixed else body
