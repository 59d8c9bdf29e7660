"""The words of the language, read off the grammar and the registry: none is written here."""

from __future__ import annotations

import re

from cnngen.elaborate.words import CHOICES, NAMING, WORDS
from cnngen.ops import LAYERS, parameters
from cnngen.ops.initial import MODE_WORDS
from cnngen.syntax.parser import read_grammar

_GRAMMAR = read_grammar()

PATTERNS = {
    terminal: re.sub(r"(?<!\\)\((?!\?)", "(?:", pattern)
    for terminal, pattern in re.findall(r"^([A-Z_]+)(?:\.-?\d+)?: /(.+)/$", _GRAMMAR, re.MULTILINE)
}
"""The regular expressions of terminals, by the terminal's name; none captures a group."""

SYMBOLS = dict(re.findall(r'^([A-Z_]+): "([^"\w]+)"$', _GRAMMAR, re.MULTILINE))
"""The signs of terminals, by the terminal's name."""

RESERVED = dict(re.findall(r'^([A-Z_]+): "(\w+)"$', _GRAMMAR, re.MULTILINE))
"""The words of terminals, by the terminal's name."""

ARROW = SYMBOLS.pop("ARROW")
COLON = SYMBOLS.pop("COLON")
BRACKETS = tuple("{}()[]")
OPERATORS = (*(symbol for symbol in SYMBOLS.values() if symbol not in BRACKETS), "=")

TRUTH = (RESERVED["TRUE"], RESERVED["FALSE"])
KEYWORDS = tuple(word for word in RESERVED.values() if word not in TRUTH)

TIMES = "x"
"""Stands between the parts of a size; never a name."""

LAYER_WORDS = tuple(sorted(LAYERS))
REGION_WORDS = tuple(sorted(WORDS))
NAMING_WORDS = tuple(sorted(NAMING))

ARGUMENTS = frozenset({*CHOICES, *(name for cls in LAYERS.values() for name in parameters(cls))})
"""What layers are given by name."""


def _choices() -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {name: set(words) for name, words in CHOICES.items()}
    for cls in LAYERS.values():
        for name, parameter in parameters(cls).items():
            found.setdefault(name, set()).update(parameter.kind.words)
    return {name: tuple(sorted(words)) for name, words in sorted(found.items()) if words}


CHOICES_OF = _choices()
"""The words that an argument takes, by the argument's name."""

CHOSEN = tuple(sorted({word for words in CHOICES_OF.values() for word in words}))
"""All of these words: values after ``==`` and ``!=``."""

CONSTANTS = (*TRUTH, *(word for word in (*CHOSEN, *MODE_WORDS) if word not in ARGUMENTS))
"""Values wherever an expression stands: ``same``, and ``uniform`` in ``init=he(uniform)``.

``pad`` is not: it may be a name, as in ``pad=pad``.
"""

SHADOWED = {
    argument: shadowed
    for argument, words in CHOICES_OF.items()
    if (shadowed := tuple(word for word in words if word not in CONSTANTS))
}
"""The words that are values right after their argument alone."""
