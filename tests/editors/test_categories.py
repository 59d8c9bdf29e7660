"""What the compiler's own lexer says of each part of a source, against cases written by hand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from editing import CASES, EDITORS, EXAMPLES, RIGHT, ROOT, places, read
from lark import Lark
from lark.lexer import PatternStr

from cnngen.highlight import vocabulary
from cnngen.highlight.category import Category
from cnngen.highlight.rules import CONTEXTS
from cnngen.highlight.spans import pieces
from cnngen.ops import LAYERS, parameters
from cnngen.syntax.parser import parse, read_grammar

sys.path.insert(0, str(EDITORS / "generate"))
import textmate

MARK = re.compile(r"#(?: *(\^+)| *<(-+)) +(.+)")


@pytest.mark.parametrize("path", sorted(CASES.glob("*.cnn")), ids=lambda path: path.stem)
def test_the_marks_of_the_cases_hold(path: Path) -> None:
    """The same marks that ``vscode-tmgrammar-test`` reads, held against the compiler."""
    source = read(path)
    categories = {(place.line, place.column): place.category for place in places(source)}
    lines = source.text.split("\n")
    above, wrong, count = 0, [], 0
    for number, line in enumerate(lines, start=1):
        mark = MARK.fullmatch(line)
        if mark is None:
            above = number
            continue
        count += 1
        start = 0 if mark[2] else mark.start(1)
        scopes = mark[3].partition(" - ")[0].split()
        for column in range(start + 1, start + 1 + len(mark[1] or mark[2])):
            category = categories.get((above, column))
            blank = lines[above - 1][column - 1 : column] == " "
            if not blank and (category is None or textmate.SCOPES[category] not in scopes):
                wrong.append(f"{above}:{column}: {category}, not {scopes}")
    assert not wrong, "\n".join(wrong)
    assert count > 30


def test_the_hard_cases_have_no_syntax_error() -> None:
    assert parse(read(CASES / "hard.cnn"))[1] == []


def test_every_category_is_in_some_source() -> None:
    found = {place.category for source in RIGHT for place in places(source)}
    assert found == set(Category)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_pieces_are_in_order_and_leave_out_blanks_alone(path: Path) -> None:
    source = read(path)
    end = 0
    for piece in pieces(source):
        assert source.text[end : piece.start].strip() == ""
        assert piece.start < piece.end
        end = piece.end
    assert source.text[end:].strip() == ""


def test_reserved_words_and_signs_are_those_of_the_parser() -> None:
    lark = Lark(read_grammar(), parser="lalr", start=["start", "settings"])
    texts = {t.name: t.pattern.value for t in lark.terminals if isinstance(t.pattern, PatternStr)}
    words = {name: text for name, text in texts.items() if text.isalpha()}
    assert words.pop("X") == vocabulary.TIMES
    assert words == vocabulary.RESERVED
    signs = {text for text in texts.values() if not text.isalpha()} - {",", ":"}
    assert signs == {*vocabulary.OPERATORS, *vocabulary.BRACKETS, vocabulary.ARROW}
    expressions = {t.name for t in lark.terminals if not isinstance(t.pattern, PatternStr)}
    assert expressions == set(vocabulary.PATTERNS)


def test_words_of_layers_are_those_of_the_registry() -> None:
    assert set(vocabulary.LAYER_WORDS) == set(LAYERS)
    for cls in LAYERS.values():
        for name, parameter in parameters(cls).items():
            assert set(parameter.kind.words) <= set(vocabulary.CHOICES_OF.get(name, ()))


def test_every_context_is_read_from_the_one_of_lines() -> None:
    used = {"line"}
    for context in CONTEXTS.values():
        used |= {e if isinstance(e, str) else getattr(e, "context", "line") for e in context}
    assert used == set(CONTEXTS)


NEW_LAYER = """
import sys
sys.path.insert(0, "editors/generate")
from cnngen.ops.base import Op, op, param
from cnngen.ops import kinds

@op("brandnew")
class BrandNew(Op):
    way: str = param("how", kinds.word("sideways"), "sideways")

from pathlib import Path
from cnngen.highlight.pygments import CnnLexer
import runpy
made = runpy.run_path("editors/generate/__main__.py")["artefacts"]()
for path in sorted(made):
    print(path, "brandnew" in made[path] and "sideways" in made[path])
for token, text in CnnLexer().get_tokens("brandnew way=sideways"):
    print(token) if text.strip() else None
"""


def test_a_new_layer_is_coloured_everywhere_without_an_edit() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NEW_LAYER], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "editors/vim/syntax/cnn.vim True",
        "editors/vscode/LICENSE False",
        "editors/vscode/syntaxes/cnn.tmLanguage.json True",
        "grammar/cnn.tmLanguage.json True",
        "Token.Name.Builtin",
        "Token.Name.Attribute",
        "Token.Operator",
        "Token.Keyword.Constant",
    ]


def test_what_is_committed_is_what_is_generated() -> None:
    command = [sys.executable, "editors/generate", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert not done.stderr
    assert done.returncode == 0
