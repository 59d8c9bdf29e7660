"""Python expressions as finished values, and how they are laid out in lines.

The layout is what ``ruff format`` and ``black`` leave as it is: one line where it fits, else one
argument a line with a comma after the last.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import NamedTuple

COLUMNS = 88
INDENT = " " * 4


class Call(NamedTuple):
    """``function(arguments)``; ``comments`` stand behind the arguments, if any, one for each."""

    function: str
    arguments: tuple[Code, ...] = ()
    comments: tuple[str, ...] = ()

    @property
    def spread(self) -> bool:
        """Whether it always takes a line for each argument."""
        return bool(self.comments) or any(
            argument.spread for argument in self.arguments if not isinstance(argument, str)
        )


class Keyword(NamedTuple):
    """``name=value`` among the arguments of a call."""

    name: str
    value: Call

    @property
    def spread(self) -> bool:
        """Whether the value always takes a line for each argument."""
        return self.value.spread


Code = str | Call | Keyword


def call(function: str, *arguments: object, **keywords: object) -> Call:
    """A call of ``function``; numbers, texts and tuples are written as Python writes them."""
    named = tuple(f"{name}={flat(code(value))}" for name, value in keywords.items())
    return Call(function, (*map(code, arguments), *named))


class Raw(str):
    """Text that is code already: a parameter's name."""


def code(value: object) -> Code:
    """A value as Python source."""
    if isinstance(value, Call | Raw):
        return value
    if isinstance(value, float):
        return number(value)
    if isinstance(value, str):
        return string(value)
    if isinstance(value, tuple):
        inner = ", ".join(flat(code(item)) for item in value)
        return Raw(f"({inner},)" if len(value) == 1 else f"({inner})")
    return Raw(value)


def number(value: float) -> Raw:
    """The shortest text of a number: ``1e-5``, not ``1e-05``."""
    text = repr(value)
    mantissa, e, exponent = text.partition("e")
    return Raw(f"{mantissa}{e}{int(exponent)}" if e else text)


def string(text: str) -> Raw:
    """``text`` as a string literal in double quotes: the one place where text becomes code."""
    shown = "".join(_escaped(character) for character in text)
    return Raw(f'"{shown}"')


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\u{ord(character):04x}"


def docstring(text: str, indent: str) -> list[str]:
    """``text`` as the lines of a docstring, with nothing in it that could end or escape it."""
    rows = list(_wrapped(text, COLUMNS - len(indent)))
    safe = [row.replace("\\", "/").replace('"""', "'''") for row in rows]
    if len(safe) == 1 and len(safe[0]) + len(indent) + 6 <= COLUMNS and not safe[0].endswith('"'):
        return [f'{indent}"""{safe[0]}"""']
    body = [f"{indent}{row}".rstrip() for row in safe[1:]]
    return [f'{indent}"""{safe[0]}', *body, f'{indent}"""']


def _wrapped(text: str, columns: int) -> Iterator[str]:
    """Paragraphs filled to ``columns``, the first line with room for the quotes before it."""
    for paragraph in re.split(r"(\n\s*\n)", text.strip()):
        printable = "".join(c if c.isprintable() else " " for c in paragraph).strip().lstrip('"')
        yield from textwrap.wrap(printable, columns - 3) or [""]


def comment(text: str) -> str:
    """``text`` as a comment of one line."""
    return "# " + "".join(c if c.isprintable() else " " for c in text)


def flat(code: Code) -> str:
    """The code on one line."""
    if isinstance(code, str):
        return code
    if isinstance(code, Keyword):
        return f"{code.name}={flat(code.value)}"
    return f"{code.function}({', '.join(map(flat, code.arguments))})"


def lay_out(indent: str, prefix: str, code: Code, suffix: str = "", note: str = "") -> list[str]:
    """``prefix code suffix  # note`` in as many lines as it needs."""
    if isinstance(code, Keyword):
        return lay_out(indent, f"{prefix}{code.name}=", code.value, suffix, note)
    line = f"{indent}{prefix}{flat(code)}{suffix}"
    noted = f"{line}  {comment(note)}" if note else line
    if isinstance(code, str) or not code.spread:
        if len(noted) <= COLUMNS:
            return [noted]
        if len(line) <= COLUMNS or isinstance(code, str):
            return [f"{indent}{comment(note)}", line] if note else [line]
    assert isinstance(code, Call)
    notes: Sequence[str] = code.comments or [""] * len(code.arguments)
    rows = [f"{indent}{prefix}{code.function}("]
    for argument, behind in zip(code.arguments, notes, strict=True):
        rows += lay_out(indent + INDENT, "", argument, ",", behind)
    end = f"{indent}){suffix}"
    return [*rows, f"{end}  {comment(note)}" if note else end]


def signature(
    indent: str, name: str, first: Sequence[str], parameters: Sequence[str], result: str
) -> list[str]:
    """``def name(first, parameters) -> result:``."""
    head = Call(name, (*first, *parameters))
    return lay_out(indent, "def ", head, f" -> {result}:")


def exports(names: Sequence[str]) -> list[str]:
    """``__all__``, sorted."""
    listed = [string(name) for name in sorted(names)]
    line = f"__all__ = [{', '.join(listed)}]"
    if len(line) <= COLUMNS:
        return [line]
    return ["__all__ = [", *(f"{INDENT}{name}," for name in listed), "]"]
