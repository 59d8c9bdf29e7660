"""What a diagnostic is. Prose is made where a problem is found; how it is drawn, in ``render``."""

from __future__ import annotations

from collections.abc import Iterable

from cnngen.diagnostics.codes import Code
from cnngen.record import NamedTuple
from cnngen.source import Span


class Related(NamedTuple):
    """A second place that explains the first: an earlier definition, the brace that is open."""

    span: Span
    text: str


class Edit(NamedTuple):
    """What the characters of ``span`` become; an empty span is a place where ``text`` goes in."""

    span: Span
    text: str


class Fix(NamedTuple):
    """The hint as data: edits of one file, made together, that do not overlap.

    ``translates`` where they say in this language what an error says in another: there is nothing
    else that it could mean. Whether fixes of warnings are safe, their rules say.
    """

    edits: tuple[Edit, ...]
    translates: bool = False


class Diagnostic(NamedTuple):
    """One problem, at one place.

    ``message`` says what is wrong, with the values; ``label`` what was expected right at the
    place; ``notes`` add what a reader needs to see why; ``hint`` is what would fix it. ``path``
    stands in for ``span`` where the file could not be read at all. ``fix`` is the hint as edits,
    where it is that exact. ``reason`` says to programs which of several cases it is, in a word
    that stays.
    """

    code: Code
    message: str
    span: Span | None = None
    label: str = ""
    hint: str = ""
    notes: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    path: str = ""
    fix: Fix | None = None
    reason: str = ""


class DiagnosticError(Exception):
    """Carries a diagnostic from the place that finds a problem to the one that collects them."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any is an error, not a warning or a note."""
    return any(diagnostic.code.severity == "error" for diagnostic in diagnostics)


def in_source_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sorted by place, each problem once: a network's variants share their body's mistakes.

    On a line that could not be read as it stands, only that is said: what else is found there may
    follow from it.
    """
    once = {(d.path, d.span, d.code, d.message): d for d in reversed(list(diagnostics))}
    unread = {(d.span.source, d.span.line) for d in once.values() if d.span and _is_syntax(d)}
    told = [
        d
        for d in once.values()
        if _is_syntax(d) or d.span is None or (d.span.source, d.span.line) not in unread
    ]
    return sorted(told, key=_place)


def _place(diagnostic: Diagnostic) -> tuple[str, int, str]:
    span = diagnostic.span
    path = span.source.path if span else diagnostic.path
    return path, span.start if span else -1, diagnostic.code.id


def _is_syntax(diagnostic: Diagnostic) -> bool:
    return diagnostic.code.id.startswith("E1")
