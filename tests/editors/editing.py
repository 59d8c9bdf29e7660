"""The sources that every editor has to colour alike, and what is needed to run the editors."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from case_files import read_cases

from cnngen.highlight.category import Category
from cnngen.highlight.spans import pieces
from cnngen.source import Source

ROOT = Path(__file__).parents[2]
EDITORS = ROOT / "editors"
CASES = Path(__file__).parent / "cases"
EXAMPLES = sorted((ROOT / "examples").rglob("*.cnn"))


def read(path: Path) -> Source:
    """A file, as the compiler has it."""
    return Source(str(path), path.read_text(encoding="utf-8"))


RIGHT = [
    read(path)
    for path in (
        *EXAMPLES,
        *sorted((ROOT / "cnngen" / "std").glob("*.cnn")),
        *sorted((ROOT / "tests" / "generated" / "sources").glob("*.cnn")),
        *sorted(CASES.glob("*.cnn")),
        EDITORS / "picture.cnn",
    )
]
BROKEN = [
    Source(f"{path.stem}/{case.title.replace(' ', '_')}.cnn", case.text)
    for path in sorted((ROOT / "tests" / "diagnostics" / "cases").glob("*.txt"))
    for case in read_cases(path)
]
"""Sources with a mistake each: what is being written looks like them."""

SOURCES = [*RIGHT, *BROKEN]

LISTS = """\
network N(
    depths=[
        [1, 2], # not { code
        [3, 4]
    ],
    name="{",
) {
    for a, b in [
        [1, 2],
        [3, 4],
    ] {
        relu
    }
    residual {
        conv 8
    } shortcut {
        conv 8
    }
    concat { conv depths[0] 3x3
        conv max(8, a) 1x1 # {
    }
    aux "side" { conv pad="same"
        concat { conv max(8, min(a, b)) 1x1
            relu
        }
    }
    if a { relu } else {
        tanh
    }

    relu
}
"""
"""Brackets over several lines."""

FOREIGN = re.compile(r"[^\W\d_a-zA-Z]")


class Place(NamedTuple):
    """A character of a source: line and column from 1, and what it is."""

    line: int
    column: int
    text: str
    category: Category


def places(source: Source) -> list[Place]:
    """Every character that is no blank, by the compiler's own lexer.

    Lines with letters of other alphabets outside of comments are left out: they are errors, and
    engines differ in where a word ends there.
    """
    found = []
    for piece in pieces(source):
        for offset in range(piece.start, piece.end):
            line = source.line_number(offset)
            text = source.text[offset]
            if text.strip() and not FOREIGN.search(source.line(line).partition("#")[0]):
                column = offset - source.line_starts[line - 1] + 1
                found.append(Place(line, column, text, piece.category))
    return found


def need(program: str, why: str = "") -> None:
    """Skip where something is not installed; in CI, where it has to be, fail."""
    there = (EDITORS / program).exists() if "/" in program else shutil.which(program)
    if there:
        return
    message = f"{program} is not installed{why}"
    if os.environ.get("CNNGEN_REQUIRE_EDITORS"):
        pytest.fail(message)
    pytest.skip(message)


def need_node() -> None:
    """Skip where the tools of editors/package.json are not installed."""
    need("node")
    need("node_modules/.package-lock.json", ": run `npm ci --prefix editors`")


def identity(source: Source) -> str:
    """How a test of a source is called."""
    path = Path(source.path)
    return f"{path.parent.name}-{path.stem}"
