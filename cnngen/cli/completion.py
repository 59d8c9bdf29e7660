"""What a shell offers for a word that is being typed: networks, targets, layers, codes, files.

click asks these functions; they say nothing where something is wrong, since nobody could read it.
"""

from __future__ import annotations

from collections.abc import Iterable

import click
from click.shell_completion import CompletionItem

from cnngen.diagnostics import DiagnosticError

Items = list[CompletionItem]


def source_files(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Files, by the shell's own means, and the families of the zoo behind ``zoo:``."""
    from cnngen import shipped
    from cnngen.source import SCHEME

    # A shell that takes `:` for the end of a word gives what stands behind it.
    if incomplete and SCHEME.startswith(incomplete[: len(SCHEME)]):
        found = _beginning(incomplete, (f"{SCHEME}{each}" for each in shipped.families()))
        if found:
            return found
    return [CompletionItem(incomplete, type="file")]


def networks(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The networks of the sources that stand before on the line."""
    from cnngen import files
    from cnngen.syntax import ast
    from cnngen.syntax.parser import parse

    names: list[str] = []
    for path in ctx.args:  # where an option waits for its value, click has read none of them
        try:
            file, _ = parse(files.read_source(path.partition(".cnn:")[0]))
        except DiagnosticError:
            continue
        kinds = (ast.Network, ast.Variant)
        names += [each.name.name for each in file.definitions if isinstance(each, kinds)]
    return _beginning(incomplete, names)


def targets(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The targets that are installed."""
    from cnngen.backends import target_names

    return _beginning(incomplete, target_names())


def passes(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The passes for inference, the last of several with those before."""
    from cnngen.passes.inference import PASSES

    before, comma, _ = incomplete.rpartition(",")
    return _beginning(incomplete, (f"{before}{comma}{each.name}" for each in PASSES))


def words(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """What ``cnngen layers`` knows."""
    from cnngen.cli.layers import known_words

    return _beginning(incomplete, known_words())


def codes_and_words(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """What ``cnngen explain`` knows: the codes of diagnostics, with their titles, and words."""
    from cnngen.diagnostics.codes import CODES

    found = (code for code in CODES.values() if code.id.startswith(incomplete.upper()))
    items = [CompletionItem(code.id, help=code.title) for code in found]
    return [*items, *words(ctx, param, incomplete)]


def families(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The families of the zoo."""
    from cnngen import shipped

    return _beginning(incomplete, shipped.families())


def _beginning(incomplete: str, values: Iterable[str]) -> Items:
    return [CompletionItem(value) for value in values if value.startswith(incomplete)]
