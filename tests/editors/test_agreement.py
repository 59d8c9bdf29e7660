"""TextMate, Pygments and Vim put every character in the category that the compiler's lexer does.

Held on all examples, what is shipped, the sources of tests/generated, the hard cases, and on every
source of tests/diagnostics, each of which has a mistake in it.
"""

from __future__ import annotations

import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest
from editing import CASES, EDITORS, SOURCES, Place, identity, need, need_node, places

from cnngen.highlight.category import Category
from cnngen.source import Source

sys.path.insert(0, str(EDITORS / "generate"))
import textmate

pytest.importorskip("pygments")
from cnngen.highlight.pygments import TOKENS, CnnLexer


@pytest.mark.parametrize("source", SOURCES, ids=identity)
def test_pygments(source: Source) -> None:
    found = {}
    line = column = 1
    for _, token, value in CnnLexer().get_tokens_unprocessed(source.text):
        for character in value:
            found[line, column] = token
            line, column = (line + 1, 1) if character == "\n" else (line, column + 1)
    wrong = [
        f"{place}: {found[place.line, place.column]}"
        for place in places(source)
        if found[place.line, place.column] is not TOKENS[place.category]
    ]
    assert not wrong, "\n".join(wrong)


def test_textmate(tmp_path: Path) -> None:
    need_node()
    for source in SOURCES:
        has_marks = Path(source.path).parent == CASES
        marked = source.text if has_marks else _marked(source.text, places(source))
        (tmp_path / f"{identity(source)}.cnn").write_text(marked, encoding="utf-8")
    tool = EDITORS / "node_modules" / "vscode-tmgrammar-test" / "dist" / "unit.js"
    grammar = EDITORS.parent / "grammar" / "cnn.tmLanguage.json"
    command = ["node", str(tool), "-g", str(grammar), "--compact", f"{tmp_path}/*.cnn"]
    done = subprocess.run(command, cwd=EDITORS, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("run successfuly") == len(SOURCES)


def _marked(text: str, found: list[Place]) -> str:
    """The source with what ``vscode-tmgrammar-test`` has to find under each line."""
    rows = ['# SYNTAX TEST "source.cnn"']
    for number, line in enumerate(text.split("\n"), start=1):
        rows.append(line)
        for place in (place for place in found if place.line == number):
            # A mark cannot stand under the first character; an arrow shows it.
            mark = "<-" if place.column == 1 else " " * (place.column - 2) + "^"
            rows.append(f"#{' ' * (place.column == 1)}{mark} {textmate.SCOPES[place.category]}")
    return "\n".join(rows)


VIM = """
set nocompatible
set runtimepath^=EDITORS/vim
filetype plugin indent on
syntax on
let found = []
for path in argv()
  execute 'edit' fnameescape(path)
  for line in range(1, line('$'))
    let groups = map(range(1, col([line, '$']) - 1), "synIDattr(synID(line, v:val, 1), 'name')")
    call add(found, join(groups, ' '))
  endfor
endfor
call writefile(found, 'FOUND')
qall!
"""


@pytest.fixture(scope="module")
def groups(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[Source, int], list[str]]:
    """For each line of each source, the syntax group of each byte."""
    need("vim")
    folder = tmp_path_factory.mktemp("vim")
    script = VIM.replace("EDITORS", str(EDITORS)).replace("FOUND", str(folder / "found"))
    (folder / "script.vim").write_text(script, encoding="utf-8")
    files = []
    for source in SOURCES:
        files.append(folder / f"{identity(source)}.cnn")
        files[-1].write_text(source.text, encoding="utf-8", newline="\n")
    command = ["vim", "-es", "-u", "NONE", "-i", "NONE", "-n", "-S", str(folder / "script.vim")]
    subprocess.run([*command, *map(str, files)], stdin=subprocess.DEVNULL, timeout=120)
    rows = (folder / "found").read_text(encoding="utf-8").removesuffix("\n").split("\n")
    lines = [(source, number) for source in SOURCES for number in range(1, _lines(source) + 1)]
    return {line: row.split(" ") for line, row in zip(lines, rows, strict=True)}


def _lines(source: Source) -> int:
    """How many lines Vim has of a file: it ends one at line feeds alone."""
    return len(source.text.removesuffix("\n").split("\n"))


def test_vim(groups: dict[tuple[Source, int], list[str]]) -> None:
    wrong = []
    for source in SOURCES:
        name = identity(source)
        for (number, category), same in groupby(places(source), lambda p: (p.line, p.category)):
            wrong += [
                f"{name}:{number}:{place.column}: {place.text} is {category}, not {group}"
                for place in same
                if (group := _group(groups[source, number], source, place)) != category
            ]
    assert not wrong, "\n".join(wrong)


def _group(groups: list[str], source: Source, place: Place) -> Category | str:
    """The category that a group's name ends in. Vim's columns are bytes."""
    line = source.line(place.line)
    name = groups[len(line[: place.column - 1].encode())]
    return next((c for c in Category if name.endswith(c.value.title())), name)
