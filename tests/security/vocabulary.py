"""The words that a generated module may be made of, besides the names that its source has.

They are read from what writes modules: the template of a backend, and the texts and arguments in
its code. What a network can contain is what these say; its text can add nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import cnngen
from cnngen.elaborate.words import WORDS
from cnngen.ops import LAYERS

BACKENDS = Path(cnngen.__file__).parent / "backends"

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def pieces(names: Iterable[str]) -> frozenset[str]:
    """What names are put together from: ``Layer1Conv`` and ``layer_conv2`` have the same."""
    return frozenset(piece.lower() for name in names for piece in _PIECE.findall(name))


@cache
def words(target: str) -> frozenset[str]:
    """Every identifier in the template, in the texts of the backend's code, and of layers."""
    texts = [_template(target), *(text for file in _files(target) for text in _texts(file))]
    # A block used on a vector too is `unit_vector` there.
    stems = {*(op.stem for op in LAYERS.values()), *WORDS, "vector"}
    return frozenset(word for text in [*texts, *stems] for word in IDENTIFIER.findall(text))


@cache
def helpers(target: str) -> frozenset[str]:
    """The classes and functions that modules get as they are, as trees without docstrings."""
    from security.harness import without_docstrings

    files = [*(BACKENDS / target / "helpers").glob("*.py"), *(BACKENDS / "shared").glob("*.py")]
    trees = [without_docstrings(file.read_text(encoding="utf-8")) for file in files]
    return frozenset(ast.dump(node) for tree in trees for node in tree.body)


def helper_words(target: str) -> frozenset[str]:
    """What the target's helpers are called, and the words in them."""
    files = [*(BACKENDS / target / "helpers").glob("*.py"), *(BACKENDS / "shared").glob("*.py")]
    text = " ".join(file.read_text(encoding="utf-8") for file in files)
    return frozenset(IDENTIFIER.findall(text))


def _template(target: str) -> str:
    """The skeleton of a module: what is code in it."""
    text = (BACKENDS / target / "module.py.jinja").read_text(encoding="utf-8")
    return re.sub(r'\{\{.*?\}\}|\{%.*?%\}|""".*?"""|#[^\n]*', " ", text, flags=re.DOTALL)


def _files(target: str) -> list[Path]:
    """The code of a backend, but for its lists of words that sources must not use."""
    files = [*BACKENDS.glob("*.py"), *(BACKENDS / target).glob("*.py")]
    return [file for file in sorted(files) if file.name != "names.py"]


def _texts(file: Path) -> Iterator[str]:
    """The texts in a file that are no prose, and the names of arguments in calls."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield "" if _FOUR_WORDS.search(node.value) else node.value


_FOUR_WORDS = re.compile(r"([A-Za-z`]+[ ,]+){3}[A-Za-z`]")
