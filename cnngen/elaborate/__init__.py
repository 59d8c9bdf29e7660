"""From the tree of a file to its networks: parameters, loops, names and shapes all decided."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from cnngen.choice import Choice
from cnngen.diagnostics import (
    Diagnostic,
    DiagnosticError,
    Related,
    codes,
    did_you_mean,
    there_are,
)
from cnngen.elaborate.blocks import block_of, defaults_of
from cnngen.elaborate.budget import Budget
from cnngen.elaborate.comments import comment_above, head_comment
from cnngen.elaborate.definitions import Definitions, Instance
from cnngen.elaborate.flow import Shapes
from cnngen.elaborate.library import Library, Load, refuse
from cnngen.elaborate.outputs import check_outputs, warn_of_losses
from cnngen.elaborate.start import start_of
from cnngen.elaborate.twice import report_labels_twice
from cnngen.elaborate.walk import ITEMS
from cnngen.elaborate.walker import Head, Walker
from cnngen.ir import Block, Chain, Module, Network
from cnngen.ops import same_size
from cnngen.record import NamedTuple
from cnngen.syntax import ast

Report = Callable[[Diagnostic], None]

MOST_MISTAKES = 100
"""Reported for one file; nobody reads more, and finding them takes time."""

MOST_FOUND = 2_000
"""Mistakes found before the work ends, the same ones counted again in each turn of a loop."""


class Enough(Exception):  # noqa: N818 - not an error
    """Raised where more mistakes than anybody reads have been found, or the work ends here."""


class Elaborated(NamedTuple):
    """What a file comes to.

    ``module`` has the networks without mistakes, ``diagnostics`` what is wrong with the others;
    ``blocks`` are those that the file knows, ``shapes`` what was seen at each place, also in
    networks with mistakes up to these. ``reached`` are such networks, up to the first one.
    """

    module: Module
    diagnostics: list[Diagnostic]
    blocks: Mapping[str, Block]
    shapes: Shapes
    reached: tuple[Network, ...]


def elaborate(file: ast.File, choice: Choice, load: Load = refuse) -> Elaborated:
    """The file's networks and what is wrong with it; ``load`` finds the files that it uses."""
    found: dict[tuple[object, str], Diagnostic] = {}
    warnings: dict[tuple[object, str], Diagnostic] = {}
    count = 0

    def report(diagnostic: Diagnostic) -> None:
        """Keep the first of a kind at a place: variants share the mistakes of their base."""
        nonlocal count
        key = diagnostic.span, diagnostic.code.id
        if diagnostic.code.severity != "error":  # which end nothing, however many there are
            if len(warnings) < MOST_MISTAKES:
                warnings.setdefault(key, diagnostic)
            return
        count += 1
        found.setdefault(key, diagnostic)
        enough = len(found) >= MOST_MISTAKES or count >= MOST_FOUND
        if enough or diagnostic.code is codes.EXPANSION_LIMIT:
            raise Enough

    networks: list[Network] = []
    reached: list[Network] = []
    shapes: Shapes = {}
    library = Library(load, report)
    try:
        _networks(file, choice, library, report, networks, reached, shapes)
    except Enough:
        networks.clear()
    used = tuple(library.sources)
    about = head_comment(file.source)
    module = Module(file.source, about, tuple(networks), used, library.brought)
    diagnostics = [*found.values(), *warnings.values()]
    return Elaborated(module, diagnostics, library.known, shapes, tuple(reached))


def _networks(
    file: ast.File,
    choice: Choice,
    library: Library,
    report: Report,
    networks: list[Network],
    reached: list[Network],
    shapes: Shapes,
) -> None:
    blocks = library.read(file)
    definitions = Definitions(file, report)
    _check_choice(file, definitions, choice, report)
    if library.broken:  # what it would have brought in is missing: nothing more can be said
        return
    for definition in file.definitions:
        if isinstance(definition, ast.Network):
            report_labels_twice(definition, report)
    budget = Budget(choice.most_steps)
    bases: dict[int, Block] = {}
    defaults = defaults_of(file)
    for instance in definitions.instances(choice.network, choice.settings):
        base = bases.setdefault(id(instance.base), block_of(instance.base, blocks, defaults))
        _network(instance, base, budget, choice, report, networks, reached, shapes)


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
        hint = did_you_mean(choice.network, names, there_are(names))
        report(Diagnostic(codes.UNKNOWN_NETWORK, message, path=path, hint=hint))


def _network(
    instance: Instance,
    base: Block,
    budget: Budget,
    choice: Choice,
    report: Report,
    networks: list[Network],
    reached: list[Network],
    shapes: Shapes,
) -> None:
    """One network's body walked; it has only been ``reached`` where a mistake was reported."""
    failed = False

    def note(diagnostic: Diagnostic) -> None:
        nonlocal failed
        failed = failed or diagnostic.code.severity == "error"
        report(_in_variant(_as_set(diagnostic, choice.settings, instance.base), instance))

    walker = Walker(note, instance.scope, budget, ITEMS, base.known, choice.most_levels)
    walker.flow.seen = shapes
    body: Chain | None = None
    try:
        body = _walked(walker, instance, base, note)
    finally:
        part = (walker.bodies_open.reached() or body) if failed else None
        if part is not None:
            reached.append(_made(instance, base, part))
    if failed or walker.flow.incomplete:
        return
    if body is None or walker.followed:
        raise AssertionError(f"something of {instance.name.name} was left out in silence")
    _compare_heads(walker.heads, body, note)
    warn_of_losses(body, note)
    networks.append(_made(instance, base, body))


def _walked(walker: Walker, instance: Instance, base: Block, note: Report) -> Chain | None:
    """The network's body; None where nothing could be made of it."""
    try:
        walker.start = start_of(base, walker.start, walker.values, instance.scope, None)
        body = walker.network(instance.base.body)
    except DiagnosticError as error:
        walker.report(error.diagnostic)
        return None
    if body is not None:
        check_outputs(body, note)
    return body


def _made(instance: Instance, base: Block, body: Chain) -> Network:
    definition = instance.definition
    return Network(
        instance.name.name,
        comment_above(definition.span.source, definition.span.start),
        base,
        instance.given,
        {name: value for name, value in instance.scope.values.items() if value is not None},
        body,
        instance.name.span,
    )


def _compare_heads(heads: list[Head], body: Chain, report: Report) -> None:
    """Warn of side heads that tell other classes apart than the main head."""
    for head in heads:
        if not same_size(head.output, body.at.output):
            report(
                Diagnostic(
                    codes.HEADS_DIFFER,
                    f"the side head `{head.label.name}` gives {head.output}, "
                    f"the network {body.at.output}",
                    head.span,
                    f"expected {body.at.output}",
                    hint="both are trained on the same classes"
                    if head.output.channels != body.at.output.channels
                    else "both have the same targets: `resize to=HxW` gives them one size",
                )
            )


def _as_set(
    diagnostic: Diagnostic, settings: Sequence[ast.Argument], base: ast.Network
) -> Diagnostic:
    """Say of a mistake where the values were set that are read at its place, if any were."""
    place, whole = diagnostic.span, base.span
    if not settings or place is None or place.source is not whole.source:
        return diagnostic
    if not whole.start <= place.start < whole.end:
        return diagnostic
    read = set(re.findall(r"\w+", place.text))
    related = (
        Related(each.span, f"`{each.name.name}` is set here")
        for each in settings
        if each.name.name in read
    )
    return diagnostic._replace(related=(*diagnostic.related, *related))


def _in_variant(diagnostic: Diagnostic, instance: Instance) -> Diagnostic:
    """Say in which variant a mistake shows, where the body is another network's."""
    if instance.definition is instance.base:
        return diagnostic
    line = instance.name.span.line
    note = f"in the variant `{instance.name.name}` of line {line}"
    return diagnostic._replace(notes=(*diagnostic.notes, note))
