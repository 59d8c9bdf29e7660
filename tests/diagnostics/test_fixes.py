"""A fix leads to no other mistake: each is made, and the source checked again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from case_files import Case
from checking import check, fixed
from test_snapshots import MISTAKES, found

from cnngen.diagnostics import Diagnostic, codes

WITH_FIX = [case for case in MISTAKES if any(d.fix for d in found(case))]


@pytest.mark.parametrize("case", WITH_FIX, ids=str)
def test_a_fix_leaves_nothing_wrong_at_its_place(case: Case) -> None:
    for diagnostic in found(case):
        if diagnostic.fix is None or diagnostic.span is None:
            continue
        (edit, *_) = diagnostic.fix.edits
        lines = range(edit.span.line, edit.span.line + edit.text.count("\n") + 1)
        left = [d for d in check(fixed(diagnostic)) if d.span and d.span.line in lines]
        assert left == [], diagnostic.hint


LINES = (Path(__file__).parent / "other_lines.txt").read_text(encoding="utf-8").splitlines()
"""What people wrote, or might, who know another tool."""


@pytest.mark.parametrize("shape", ["32x32x16", "512"])
@pytest.mark.parametrize("line", LINES)
def test_of_a_fixed_line_the_shape_alone_may_not_fit(line: str, shape: str) -> None:
    before = f"network Net(classes=10) {{\n    input {shape}\n    "
    for diagnostic in check(f"{before}{line}\n    relu\n}}\n"):
        if diagnostic.fix is not None:
            left = [d.code.id for d in check(fixed(diagnostic)) if d.span and d.span.line == 3]
            assert all(code.startswith("E3") for code in left), diagnostic.hint


CODE_ALONE = re.compile(r"(?:did you mean|write|it is called) `([^`]+)`(?: here|\?)?")
"""A hint that is code and nothing else: it stands for the range, for what is around it without a
space, for a call or a setting that the range is in, or for the line."""

ELSEWHERE = {
    "else on its own line": "it belongs to the line before",
    "else on its own line after brace": "it belongs to the line before",
    "lookalike times": "there are two on the line",
    "equals in condition": "there are two mistakes on a line",
    "function of wrong type": "a usage, with words for its arguments",
    "loops over lists that do not fit": "a usage, with words for its arguments",
    "number for a list": "a usage, with words for its arguments",
    "an argument that resize has not": "a guess of which argument was meant",
    "the size of a label that there is not, in a way that is not taken": "the label is wrong, too",
    "number dot at end": "the number is out of range, too",
    "words of other tools and their arguments": "an argument is missing, too",
    "transpose": "an argument is missing, too",
    "settings of definitions": "there are two mistakes on the line",
    "use of shipped unknown": "the range is the name alone",
    "import of another language": "there is no such file here",
    "use of a path without quotes": "there is no such file here",
    "use with open quote": "there is no such file here",
    "use with other quotes": "there is no such file here",
}
"""Cases whose hints alone do not mend the line, and why."""


@pytest.mark.parametrize(
    "case", [c for c in MISTAKES if not c.files and c.title not in ELSEWHERE], ids=str
)
def test_a_hint_that_is_code_mends_its_place(case: Case) -> None:
    for diagnostic in found(case):
        code, span = CODE_ALONE.fullmatch(diagnostic.hint), diagnostic.span
        if code is None or diagnostic.fix or span is None or "..." in code[1]:
            continue
        places = list(_around(span.source.text, span.start, span.end))
        texts = [span.source.text[:a] + code[1] + span.source.text[b:] for a, b in places]
        left = [[d for d in check(text) if d.span and d.span.line == span.line] for text in texts]
        errors = [[d for d in each if _is_wrong(d)] for each in left]
        assert [] in errors, (diagnostic.hint, errors)


DEFINITION = re.compile(r"write `((?:network|block) [^`]*) \{ \.\.\. \}`")
"""A hint that is the head of a definition: it stands for the line, and its body is what follows."""

HEADS = [
    (case, diagnostic, head[1])
    for case in MISTAKES
    for diagnostic in found(case)
    if (head := DEFINITION.fullmatch(diagnostic.hint)) and diagnostic.code.id == "E108"
]


@pytest.mark.parametrize(("case", "diagnostic", "head"), HEADS, ids=lambda each: str(each)[:40])
def test_a_hint_that_is_the_head_of_a_definition_is_one(
    case: Case, diagnostic: Diagnostic, head: str
) -> None:
    assert diagnostic.span is not None
    lines = case.text.split("\n")
    first = diagnostic.span.line
    end = next((n for n in range(first, len(lines)) if re.match(r"[^ ]", lines[n])), len(lines))
    rest = lines[end + (lines[end : end + 1] == ["}"]) :]
    text = "\n".join([*lines[: first - 1], f"{head} {{", *lines[first:end], "}", *rest])
    assert not [d for d in check(text) if _is_wrong(d) and d.code is not codes.NO_NETWORK], text


def test_heads_are_of_networks_and_of_blocks() -> None:
    assert {head.split()[0] for _, _, head in HEADS} == {"network", "block"}


def _is_wrong(diagnostic: Diagnostic) -> bool:
    """An error, but for a network that was empty before."""
    return diagnostic.code.severity == "error" and diagnostic.code.id != "E308"


def _around(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """What a hint may stand for: see ``CODE_ALONE``."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", start) if "\n" in text[start:] else len(text)
    line = text[first:last]
    yield start, end
    yield first + len(line) - len(line.lstrip()), last
    for pattern in (r"\S+", r"\w+\s*\([^()]*\)", r"\w+=\w+ \w+", r"[=!<>]+"):
        for match in re.finditer(pattern, line):
            if first + match.start() <= start and end <= first + match.end():
                yield first + match.start(), first + match.end()


def test_edits_do_not_overlap() -> None:
    for case in WITH_FIX:
        for diagnostic in found(case):
            spans = sorted((e.span.start, e.span.end) for e in (diagnostic.fix or ((),))[0])
            assert all(end <= start for (_, end), (start, _) in pairwise(spans))
