"""``cnngen fmt``: sources in the one layout that all can have."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from cnngen import files
from cnngen.cli import FINDINGS, config, console, examples, options
from cnngen.cli.difference import unified
from cnngen.cli.sources import Shown
from cnngen.diagnostics import Diagnostic, DiagnosticError, codes, has_errors
from cnngen.diagnostics.render import one_line
from cnngen.formatting import formatted
from cnngen.record import NamedTuple
from cnngen.source import SCHEME, Source, Span
from cnngen.syntax.parser import parse


class How(NamedTuple):
    """What is done with sources that are laid out otherwise."""

    check: bool
    diff: bool
    shapes: bool
    quiet: bool

    @property
    def writes(self) -> bool:
        """Whether anything is to be written."""
        return not (self.check or self.diff)


@click.command(
    epilog=examples(
        "cnngen fmt",
        "cnngen fmt lenet5.cnn",
        "cnngen fmt nets/ --check",
        "cnngen fmt lenet5.cnn --shapes --diff",
        "cnngen fmt - < lenet5.cnn",
    )
)
@options.sources
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a file would change.")
@click.option("--diff", is_flag=True, help="Print what would change; write nothing.")
@click.option(
    "--shapes",
    is_flag=True,
    help="State the shape, `-> HxWxC`, at each line of a network that changes it, and set right "
    "what is stated wrongly.",
)
@click.option("-q", "--quiet", is_flag=True, help="Do not say what was changed.")
@console.output_format
@console.color
@console.debug
def command(
    sources: tuple[str, ...],
    check: bool,
    diff: bool,
    shapes: bool,
    quiet: bool,
    form: str,
    color: str,
    debug: bool,
) -> None:
    """Lay out .cnn files in the one way that all can have.

    Where no FILE is given, those of `[tool.cnngen]` in pyproject.toml are laid out; a FOLDER stands
    for all files in it.

    Files are changed in place, with line feeds at the ends of lines; comments, and empty lines
    between parts, stay. `-` reads standard input and writes to standard output. What a file says
    stays the same, and one with syntax errors is left as it is: exit code 1.
    """
    how = How(check, diff, shapes, quiet or form in console.FOR_PROGRAMS)
    try:
        paths = options.sources_or_configured(sources, config.load())
    except DiagnosticError as error:
        Shown(form, color).end(error.diagnostic)
    found: list[Diagnostic] = []
    changed = False
    for path in paths:
        _refuse_unwritable(path, how)
    for path in paths:
        try:
            changed |= _format(path, how)
        except DiagnosticError as error:
            found.append(error.diagnostic)
        except MistakesError as error:
            found += error.diagnostics
    code = console.show(found, form, color, product=diff or files.STANDARD in paths)
    console.summary(found, form)
    sys.exit(code or (FINDINGS if changed and not how.writes else 0))


class MistakesError(Exception):
    """A source has mistakes, and stays as it is."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(diagnostics[0].message)
        self.diagnostics = diagnostics


def _refuse_unwritable(path: str, how: How) -> None:
    """A usage error where the file is none that could be written in place."""
    if not how.writes or path == files.STANDARD:
        return
    if path.startswith(SCHEME):
        family = path.removeprefix(SCHEME)
        raise click.UsageError(
            one_line(
                f"'{path}' is shipped and stays as it is; `cnngen zoo {family} > {family}.cnn` "
                "makes a file of it"
            )
        )
    if not path.endswith(".cnn") or files.is_special(path):
        raise click.UsageError(
            one_line(f"'{path}' is no file that ends in .cnn: `-` lays out any text")
        )


def _format(path: str, how: How) -> bool:
    """Lay out one source; whether it was laid out otherwise.

    Raises:
        DiagnosticError: it cannot be read or written, or is laid out otherwise with ``--check``.
        MistakesError: it has mistakes.
    """
    source = files.read_source(path)
    text = _text(source, how)
    if how.writes and path == files.STANDARD:
        files.write_standard_output(text)
        return False
    if text == source.text and source.verbatim:
        return False
    if how.diff:
        click.echo(_difference(source, text), nl=False)
    if how.check:
        raise DiagnosticError(_otherwise(source, text))
    if how.writes:
        files.write_output(path, text)
        if not how.quiet:
            click.echo(one_line(f"{path}: laid out"), err=True)
    return True


def _text(source: Source, how: How) -> str:
    """What the file should hold.

    Raises:
        DiagnosticError: it is nested too deep.
        MistakesError: it has mistakes.
    """
    if how.shapes:
        from cnngen.formatting.shapes import with_shapes

        stated = with_shapes(source, files.loader(source))
        if has_errors(stated.diagnostics):
            raise MistakesError(stated.diagnostics)
        source = stated.source
    file, found = parse(source)
    if found:
        raise MistakesError(found)
    return formatted(file)


def _difference(source: Source, text: str) -> str:
    """The lines that would change; where there are none, what else would."""
    if text == source.text:
        return f"{one_line(source.path)}: {ENDS_ALONE} would change\n"
    return unified(source.path, source.text.encode("utf-8"), text)


ENDS_ALONE = "the ends of lines, or a byte-order mark before the first,"


def _otherwise(source: Source, text: str) -> Diagnostic:
    """What ``--check`` says, at the first line that would change."""
    lines = zip(source.text.split("\n"), text.split("\n"), strict=False)
    first = next((n for n, (old, new) in enumerate(lines, 1) if old != new), None)
    span = None
    if first is not None:
        start = source.line_starts[first - 1]
        span = Span(source, start, start + len(source.line(first)))
    return Diagnostic(
        codes.LAID_OUT_OTHERWISE,
        f"{source.path} is laid out otherwise" + ("" if span else f": {ENDS_ALONE} would change"),
        span,
        "the first line that would change",
        hint="the same command without `--check` lays the file out",
        path=source.path,
    )
