"""``# cnn: ignore[W101]``: warnings that a line says are meant; W117 where it says so in vain."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from cnngen.diagnostics import Diagnostic, Edit, Fix, codes, did_you_mean
from cnngen.diagnostics.codes import CODES
from cnngen.record import NamedTuple
from cnngen.source import Source, Span
from cnngen.syntax.comments import comments

_IGNORE = re.compile(
    r"#[ \t]*cnn: ignore(?:\[(?P<codes>[^\]]{1,500})\](?!\w)|(?=[ \t]*(?:[:#]|$)))"
)
"""With codes, or followed by nothing but a reason behind a colon, or another comment."""

_ALMOST = re.compile(r"#[ \t]*cnn[ \t]*:[ \t]*ignor\w*(?:[ \t]*\[[^\]\n]*\]?)?", re.IGNORECASE)
"""What was meant to be one, or reads like one."""


class Ignore(NamedTuple):
    """A comment that silences its line: these codes, or all where it names none."""

    span: Span
    codes: tuple[str, ...] | None

    def silences(self, diagnostic: Diagnostic) -> bool:
        """Whether it means a warning or a note on its line."""
        span, code = diagnostic.span, diagnostic.code
        if span is None or span.source is not self.span.source or code.severity == "error":
            return False
        return self.codes is None or code.id in self.codes


def ignores(source: Source) -> tuple[list[Ignore], list[Span]]:
    """The comments of a source that silence their lines, and those that are only almost such."""
    found: list[Ignore] = []
    almost: list[Span] = []
    if not _ALMOST.search(source.text):
        return found, almost
    for comment in comments(source):
        match = _IGNORE.search(comment.text) or _ALMOST.search(comment.text)
        if not match:
            continue
        start = comment.span.start + match.start()
        span = Span(source, start, start + len(match[0]))
        named = match.groupdict().get("codes")
        listed = None if named is None else tuple(re.findall(r"[^\s,]+", named))
        if match.re is _ALMOST or listed == ():
            almost.append(span)
        else:
            found.append(Ignore(span, listed))
    return found, almost


Judged = Callable[[int, str], bool]
"""Whether a code is looked for on a line at all: no comment is in vain for one that is not."""


def silenced(source: Source, diagnostics: Sequence[Diagnostic], judged: Judged) -> list[Diagnostic]:
    """The diagnostics that no comment silences, and a warning for each that silences in vain."""
    well_formed, almost = ignores(source)
    by_line = {each.span.line: each for each in well_formed}
    used: dict[int, set[str]] = {line: set() for line in by_line}
    left: list[Diagnostic] = []
    for diagnostic in diagnostics:
        line = diagnostic.span.line if diagnostic.span else 0
        ignore = by_line.get(line)
        if ignore is not None and ignore.silences(diagnostic):
            used[line].add(diagnostic.code.id)
        else:
            left.append(diagnostic)
    for line, ignore in by_line.items():
        left += _in_vain(ignore, used[line], judged)
    return left + [_malformed(span) for span in almost]


def _in_vain(ignore: Ignore, there: set[str], judged: Judged) -> list[Diagnostic]:
    """What a comment names that is not ``there``, among the codes that it has silenced."""
    line = ignore.span.line
    if ignore.codes is None:
        if there or not all(judged(line, code) for code in CODES if code[0] in "WN"):
            return []
        return [_unused(ignore, "there is nothing to ignore on this line", True)]
    found = []
    needless = [code for code in ignore.codes if code not in there]
    whole = len(needless) == len(ignore.codes)
    for code in needless:
        if code not in CODES or code.startswith("E"):
            hint = did_you_mean(code, [each for each in CODES if not each.startswith("E")])
            found.append(_unused(ignore, f"there is no warning `{code}`", False, hint))
        elif judged(line, code):
            found.append(_unused(ignore, f"there is no {code} on this line", whole))
    return found


def _malformed(span: Span) -> Diagnostic:
    text = " ".join(span.text.split())
    return Diagnostic(
        codes.UNUSED_IGNORE,
        f"`{text}` is a comment like any other",
        span,
        "ignores nothing",
        hint="what ignores something is `# cnn: ignore[W105]`, or `# cnn: ignore`; a reason "
        "follows behind a colon",
    )


def _unused(ignore: Ignore, message: str, removable: bool, hint: str = "") -> Diagnostic:
    return Diagnostic(
        codes.UNUSED_IGNORE,
        message,
        ignore.span,
        "ignores nothing",
        hint=hint or "remove it",
        fix=_without(ignore) if removable else None,
    )


def _without(ignore: Ignore) -> Fix | None:
    """The line without the comment, and the blanks before it."""
    source, start, end = ignore.span
    row_end = source.text.find("\n", end)
    if source.text[end : row_end if row_end >= 0 else len(source.text)].strip():
        return None
    while start and source.text[start - 1] in " \t":
        start -= 1
    return Fix((Edit(Span(source, start, end), ""),))
