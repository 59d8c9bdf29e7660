"""Files with dozens of test cases each, as plain text that is read and written by hand::

    == the title of a case
    what goes in
    -- blocks.cnn
    a file beside it, where one is needed
    -- expected
    what comes out

A line that starts with ``==`` begins a case, one that starts with ``--`` a part of it. What stands
before the first case is a comment. ``pytest --refresh`` writes what is expected anew.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

EXPECTED = "expected"
"""The name of the part that says what comes out."""

_TITLE = re.compile(r"^== ", re.MULTILINE)
_PART = re.compile(r"^-- (.+)\n", re.MULTILINE)


class Case(NamedTuple):
    """One case of a file: what goes in, the files beside it, and what comes out, if it says so."""

    path: Path
    title: str
    text: str
    files: tuple[tuple[str, str], ...] = ()
    expected: str | None = None

    def __str__(self) -> str:
        return f"{self.path.stem}: {self.title}"


def read_cases(path: Path) -> list[Case]:
    """The cases of a file.

    Raises:
        ValueError: two cases have one title, or two parts of a case one name.
    """
    _, *texts = _TITLE.split(path.read_text(encoding="utf-8"))
    cases = [_case(path, text) for text in texts]
    _refuse_twice(path, [case.title for case in cases])
    return cases


def _case(path: Path, text: str) -> Case:
    title, _, body = text.partition("\n")
    main, *rest = _PART.split(body)
    _refuse_twice(path, rest[::2])
    parts = dict(zip(rest[::2], rest[1::2], strict=True))
    expected = parts.pop(EXPECTED, None)
    if expected is not None:  # the blank line before the next title is no part of it
        expected = expected.rstrip("\n") + "\n"
    return Case(path, title, main, tuple(parts.items()), expected)


def _refuse_twice(path: Path, names: list[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"{path.name} has twice: {', '.join(twice)}")


def refresh(case: Case, found: str) -> None:
    """Write what comes out of ``case`` into its file, and leave all else there as it is."""
    comment, *texts = _TITLE.split(case.path.read_text(encoding="utf-8"))
    texts = [_refreshed(text, found) if _is(case, text) else text for text in texts]
    case.path.write_text("== ".join([comment, *texts]), encoding="utf-8", newline="\n")


def _is(case: Case, text: str) -> bool:
    return text.partition("\n")[0] == case.title


def _refreshed(text: str, found: str) -> str:
    """The text of a case; the blank line at its end parts it from the next, and stays."""
    mark = f"-- {EXPECTED}\n"
    content = text.rstrip("\n") + "\n"
    blank = text[len(content) :]
    return f"{content.partition(mark)[0]}{mark}{found.rstrip()}\n{blank}"


def difference(expected: str, found: str) -> str:
    """How two texts differ, line by line; empty where they don't."""
    before, after = expected.splitlines(keepends=True), found.splitlines(keepends=True)
    return "".join(difflib.unified_diff(before, after, "expected", "found"))
