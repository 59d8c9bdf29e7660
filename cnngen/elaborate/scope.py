"""Names and their values while a network is elaborated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from cnngen.elaborate.words import SHORTCUTS
from cnngen.ops import LAYERS, parameters
from cnngen.ops.initial import MODE_WORDS
from cnngen.ops.kinds import Value
from cnngen.ops.shapes import AXES
from cnngen.python_names import BUILTINS, KEYWORDS

SHAPE_NAMES = ("channels", *sorted(AXES))
"""Names of the incoming shape, where nothing else has these names."""

LONGEST_NAME = 48
"""Characters; generated lines of code have to hold it."""


class Word(str):
    """A word such as ``same`` as a value: written without quotes, unlike a text."""

    __slots__ = ()


class Scope:
    """Names visible at one place; an inner scope may not hide an outer one's names."""

    def __init__(self, parent: Scope | None = None) -> None:
        self.parent = parent
        self.values: dict[str, Value | None] = {}

    def find(self, name: str) -> Value | None:
        """The value of ``name``; None where it has none, or none that could be worked out."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.parent
        return None

    def names(self) -> Iterator[str]:
        """Every visible name."""
        scope: Scope | None = self
        while scope is not None:
            yield from scope.values
            scope = scope.parent

    def __contains__(self, name: object) -> bool:
        """Whether the name is defined; see :meth:`knows`."""
        return isinstance(name, str) and self.knows(name)

    def knows(self, name: str) -> bool:
        """Whether the name is defined, if only by a statement with a mistake in it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return True
            scope = scope.parent
        return False


@cache
def words() -> frozenset[str]:
    """What layers, residuals and initialisers take as a word, such as ``same``."""
    every = (p for cls in LAYERS.values() for p in parameters(cls).values())
    return frozenset(word for p in every for word in p.kind.words).union(SHORTCUTS, MODE_WORDS)


def word_value(name: str) -> Word | None:
    """The value of a word; it is one where no name of the user's hides it."""
    return Word(name) if name in words() else None


QUOTED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""What each part of a label in quotes may be, between dots: a key that both frameworks take as it
stands, and that ends no literal in code. Keras has no ``/`` in the name of a layer."""


def refusal_of_quoted(name: str) -> str:
    """Why ``name`` cannot be a label in quotes; empty where it can.

    Keywords of Python cannot: ``torch.fx`` and ``torch.export`` write ``self.lambda`` of them.
    """
    parts = name.split(".")
    for keyword in KEYWORDS.intersection(parts):
        return f"`{keyword}` is a keyword of Python"
    if len(name) > LONGEST_NAME:
        return f"a name has at most {LONGEST_NAME} characters, this one {len(name)}"
    if "{" in name:
        return "in a label, what is in braces is a name, or a name plus or minus a number"
    if not all(map(QUOTED.fullmatch, parts)):
        what = "a label in quotes" if len(parts) == 1 else "each part of a label with dots"
        return f"{what} is made of letters, digits, _ and -, and starts with a letter or a digit"
    return ""


def written_label(name: str) -> str:
    """A label as the source has it: what is no name elsewhere stands in quotes."""
    return name if name.isidentifier() else f'"{name}"'


def refusal(name: str, *, of_code: bool = True) -> str:
    """Why ``name`` cannot be given to something of the user's; empty where it can.

    ``of_code``: it becomes a variable, a class or a function of the generated module, where a
    built-in name of Python may be needed.
    """
    if "." in name:
        return "a name has no `.` in it"
    if name in KEYWORDS:
        return f"`{name}` is a keyword of Python"
    if name.startswith("_"):
        return "names with a leading underscore are kept for the generated code"
    if len(name) > LONGEST_NAME:
        return f"a name has at most {LONGEST_NAME} characters, this one {len(name)}"
    if of_code and name in BUILTINS:
        return f"`{name}` is a built-in name of Python"
    return ""
