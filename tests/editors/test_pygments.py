"""The Pygments lexer: how it is found, and the tokens of all examples.

``pytest --refresh`` writes the tokens anew; read what has changed before it is committed.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from editing import EXAMPLES, RIGHT, ROOT, identity

pytest.importorskip("pygments")
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.token import Error

from cnngen.highlight.pygments import TOKENS, CnnLexer
from cnngen.source import Source

TOKENS_OF = Path(__file__).parent / "tokens"


def drawn(text: str) -> str:
    """Each line's words with their tokens."""
    rows: list[list[str]] = [[]]
    for token, value in CnnLexer().get_tokens(text):
        if value.strip():
            rows[-1].append(f"{value} {'.'.join(token)}")
        rows += [[] for _ in range(value.count("\n"))]
    return "\n".join(" | ".join(row) for row in rows)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_tokens(path: Path, refreshes: bool) -> None:
    found, golden = drawn(path.read_text(encoding="utf-8")), TOKENS_OF / f"{path.stem}.txt"
    if refreshes:
        golden.write_text(found, encoding="utf-8", newline="\n")
    assert found == golden.read_text(encoding="utf-8")


def test_every_golden_has_its_example() -> None:
    assert {path.stem for path in TOKENS_OF.glob("*.txt")} == {path.stem for path in EXAMPLES}


@pytest.mark.parametrize(
    "source", [source for source in RIGHT if identity(source) != "cases-broken"], ids=identity
)
def test_no_source_without_a_mistake_has_an_error_token(source: Source) -> None:
    tokens = CnnLexer().get_tokens(source.text)
    assert Error not in {token for token, _ in tokens}


@pytest.mark.parametrize("text", ["", "\n", "conv", "network N(", "#", '"', "a[", "->", "\t\r\n é"])
def test_nothing_of_a_text_is_lost(text: str) -> None:
    found = "".join(value for _, _, value in CnnLexer().get_tokens_unprocessed(text))
    assert found == text


def test_each_category_has_a_token_of_its_own() -> None:
    assert len(set(TOKENS.values())) == len(TOKENS)


def test_the_entry_point_names_the_lexer() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, name = project["entry-points"]["pygments.lexers"]["cnn"].partition(":")
    assert getattr(import_module(module), name) is CnnLexer


def test_pygmentize_reads_an_example() -> None:
    lexer = ROOT / "cnngen" / "highlight" / "pygments.py"
    options = ["-x", "-l", f"{lexer}:CnnLexer", "-f", "html", str(EXAMPLES[0])]
    done = subprocess.run(
        [sys.executable, "-m", "pygments", *options], capture_output=True, text=True, check=True
    )
    assert '<span class="nb">conv</span>' in done.stdout
    text = EXAMPLES[0].read_text(encoding="utf-8")
    assert done.stdout == highlight(text, CnnLexer(), HtmlFormatter())
