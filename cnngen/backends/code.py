"""Python expressions as finished values, and how they are laid out in lines.

The layout is what ``ruff format`` and ``black`` leave as it is: one line where it fits, else one
argument a line with a comma after the last.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from cnngen.record import NamedTuple

COLUMNS = 88
INDENT = " " * 4


class Call(NamedTuple):
    """``function(arguments)``; ``comments`` stand behind the arguments, if any, one for each.

    Without a function it is a tuple, or with ``[]`` for brackets a list.
    """

    function: str
    arguments: tuple[Code, ...] = ()
    comments: tuple[str, ...] = ()
    brackets: str = "()"

    @property
    def spread(self) -> bool:
        """Whether it always takes a line for each argument."""
        return bool(self.comments) or any(
            argument.spread for argument in self.arguments if not isinstance(argument, str)
        )


class Keyword(NamedTuple):
    """``name=value`` among the arguments of a call, or with ``: `` a pair of a dictionary."""

    name: str
    value: Call
    sign: str = "="

    @property
    def spread(self) -> bool:
        """Whether the value always takes a line for each argument."""
        return self.value.spread


class Repeated(NamedTuple):
    """``*(value for _ in range(times))`` among the arguments of a call."""

    value: Call
    times: Raw

    @property
    def spread(self) -> bool:
        """Whether the value always takes a line for each argument."""
        return self.value.spread


Code = str | Call | Keyword | Repeated


def call(function: str, *arguments: object, **keywords: object) -> Call:
    """A call of ``function``; numbers, texts and tuples are written as Python writes them."""
    named = (_keyword(name, code(value)) for name, value in keywords.items())
    return Call(function, (*map(code, arguments), *named))


def _keyword(name: str, value: Code) -> Code:
    if isinstance(value, Call):
        return Keyword(name, value)
    written = f"{name}={value}"
    return Symbolic(written, value.names) if isinstance(value, Symbolic) else Raw(written)


class Raw(str):
    """Text that is code already: a parameter's name."""


class Symbolic(Raw):
    """Code with parameters of a class or function in it; ``names`` says which."""

    names: frozenset[str]

    def __new__(cls, text: str, names: frozenset[str]) -> Symbolic:
        """Text that is code, with the parameters in it."""
        made = super().__new__(cls, text)
        made.names = names
        return made


def names_in(code: Code) -> frozenset[str]:
    """The parameters that code reads."""
    if isinstance(code, Symbolic):
        return code.names
    if isinstance(code, str):
        return frozenset()
    if isinstance(code, Keyword):
        return names_in(code.value)
    if isinstance(code, Repeated):
        return names_in(code.value) | names_in(code.times)
    return frozenset().union(*map(names_in, code.arguments))


def code(value: object) -> Code:
    """A value as Python source."""
    if isinstance(value, (Call, Raw)):
        return value
    if isinstance(value, float):
        return number(value)
    if isinstance(value, str):
        return string(value)
    if isinstance(value, tuple):
        return Call("", tuple(map(code, value)))
    return Raw(value)


def number(value: float) -> Raw:
    """The shortest text of a number: ``1e-5``, not ``1e-05``."""
    text = repr(value)
    if not math.isfinite(value):
        return Raw(f'float("{text}")')
    mantissa, e, exponent = text.partition("e")
    return Raw(f"{mantissa}{e}{int(exponent)}" if e else text)


def string(text: str) -> Raw:
    """``text`` as a string literal in double quotes: the one place where text becomes code."""
    shown = "".join(_escaped(character) for character in text)
    return Raw(f'"{shown}"')


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    code_point = ord(character)
    return f"\\u{code_point:04x}" if code_point < 0x10000 else f"\\U{code_point:08x}"


def docstring(text: str, indent: str) -> list[str]:
    """``text`` as the lines of a docstring, with nothing in it that could end or escape it.

    Spaces part it from quotes at its start and end, as formatters want it.
    """
    text = text.replace('"""', "'''")
    # Raw where a backslash is, so that it stays what the user wrote and escapes nothing.
    start = indent + ('r"""' if "\\" in text else '"""') + (" " if _is_quoted(text) else "")
    rows = _filled(text, COLUMNS - len(start))
    end = ' """' if re.search(r'(?<!\\)(\\\\)*"$', rows[-1]) else '"""'
    if len(rows) == 1 and not rows[0].endswith("\\"):
        # One row takes one line, whether or not it fits: formatters join the quotes to it.
        rows = _filled(text, COLUMNS - len(start + end))
        if len(rows) == 1:
            return [start + rows[0] + end]
    return [start + rows[0], *(f"{indent}{row}".rstrip() for row in rows[1:]), f'{indent}"""']


def _is_quoted(text: str) -> bool:
    return readable(text).startswith('"')


def readable(text: str) -> str:
    """``text`` without control characters and without space around it; its paragraphs stay."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text).strip()


def _filled(text: str, width: int) -> list[str]:
    """The paragraphs of ``text`` in rows of at most ``width`` columns, empty rows between them.

    A point of a list starts a row of its own.
    """
    rows: list[str] = []
    for paragraph in re.split(r"\n\s*\n", readable(text)):
        rows.append("")
        for point in re.split(r"\n(?=(?:[-*]|[0-9]+[.)]) )", paragraph):
            first, *others = _fill(point.split(), width)
            hanging = "  " if point.startswith("- ") else ""
            rows += [first, *(hanging + other for other in others)]
    return rows[1:]


def _fill(words: Sequence[str], width: int) -> Iterator[str]:
    """Rows of whole words: breaking one would break an address."""
    row = ""
    for word in words:
        longer = f"{row} {word}" if row else word
        if row and columns(longer) > width:
            yield row
            longer = word
        row = longer
    yield row


def columns(text: str) -> int:
    """The columns that a formatter counts: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.category(c) in ("Mn", "Me") for c in text)


def comment(text: str) -> str:
    """``text`` as a comment of one line."""
    return "# " + "".join(c if c.isprintable() else " " for c in text)


def flat(code: Code) -> str:
    """The code on one line."""
    if isinstance(code, str):
        return code
    if isinstance(code, Keyword):
        return f"{code.name}{code.sign}{flat(code.value)}"
    if isinstance(code, Repeated):
        return f"*({flat(code.value)} for _ in range({code.times}))"
    opening, closing = code.brackets[0], code.brackets[1]
    return f"{code.function}{opening}{_inner(code)}{closing}"


def _inner(code: Call) -> str:
    is_single = not code.function and len(code.arguments) == 1 and code.brackets == "()"
    return ", ".join(map(flat, code.arguments)) + ("," if is_single else "")


def _lay_out_repeated(indent: str, code: Repeated, suffix: str) -> list[str]:
    line = f"{indent}{flat(code)}{suffix}"
    if columns(line) <= COLUMNS and not code.spread:
        return [line]
    value = lay_out(indent + INDENT, "", code.value)
    return [
        f"{indent}*(",
        *value,
        f"{indent}{INDENT}for _ in range({code.times})",
        f"{indent}){suffix}",
    ]


def dictionary(values: Mapping[str, Code]) -> Call:
    """``{"name": value, ...}``; a text is the name of a variable."""
    pairs: list[Code] = []
    for name, value in values.items():
        pair = f"{string(name)}: {value}"
        pairs.append(Keyword(string(name), value, ": ") if isinstance(value, Call) else Raw(pair))
    return Call("", tuple(pairs), brackets="{}")


def lay_out(indent: str, prefix: str, code: Code, suffix: str = "", note: str = "") -> list[str]:
    """``prefix code suffix  # note`` in as many lines as it needs."""
    if isinstance(code, Keyword):
        return lay_out(indent, f"{prefix}{code.name}{code.sign}", code.value, suffix, note)
    if isinstance(code, Repeated):
        return _lay_out_repeated(indent, code, suffix)
    line = f"{indent}{prefix}{flat(code)}{suffix}"
    noted = f"{line}  {comment(note)}" if note else line
    above = [f"{indent}{comment(note)}", line] if note else [line]
    if isinstance(code, str) or not code.arguments:  # nowhere to break it
        return [noted] if columns(noted) <= COLUMNS else above
    if not code.spread:
        if columns(noted) <= COLUMNS:
            return [noted]
        if columns(line) <= COLUMNS:
            return above
    opening, closing = code.brackets[0], code.brackets[1]
    inner = f"{indent}{INDENT}{_inner(code)}"
    end = f"{indent}{closing}{suffix}"
    rows = [f"{indent}{prefix}{code.function}{opening}"]
    if columns(rows[0]) > COLUMNS and prefix.endswith(" = ") and not suffix:
        rows = [f"{indent}{prefix}(", *lay_out(indent + INDENT, "", code)]
        return [*rows, f"{indent})  {comment(note)}" if note else f"{indent})"]
    # Of two calls, `...(...)(x)`, formatters break the last one where the first fits on a line.
    head = f"{indent}{prefix}{flat(code)}("
    if not code.spread and suffix.startswith("(") and columns(head) <= COLUMNS:
        applied, closed = f"{indent}{INDENT}{suffix[1:-1]}", f"{indent})"
        return [head, applied, f"{closed}  {comment(note)}" if note else closed]
    # Formatters put arguments on a line of their own together, items of a list one by one.
    if code.function and not code.spread and columns(inner) <= COLUMNS:
        return [*rows, inner, f"{end}  {comment(note)}" if note else end]
    notes: Sequence[str] = code.comments or [""] * len(code.arguments)
    for argument, behind in zip(code.arguments, notes, strict=True):
        rows += lay_out(indent + INDENT, "", argument, ",", behind)
    return [*rows, f"{end}  {comment(note)}" if note else end]


def lay_out_applied(indent: str, prefix: str, made: Call, to: Call, note: str) -> list[str]:
    """``prefix made(to)  # note``, where ``to`` is a list: it is broken first, ``made`` last."""
    line = f"{indent}{prefix}{flat(made)}({flat(to)})"
    head = f"{indent}{prefix}{flat(made)}("
    if columns(line) <= COLUMNS or columns(head) > COLUMNS:
        return lay_out(indent, prefix, made, f"({flat(to)})", note)
    end = f"{indent})"
    inner = lay_out(indent + INDENT, "", to)
    return [head, *inner, f"{end}  {comment(note)}" if note else end]


def signature(
    indent: str, name: str, first: Sequence[str], parameters: Sequence[str], result: str
) -> list[str]:
    """``def name(first, parameters) -> result:``."""
    given = (*first, *parameters)
    lines = lay_out(indent, "def ", Call(name, given), f" -> {result}:")
    if len(given) == 1 and len(lines) > 1:  # formatters put a comma after the only parameter
        lines[1] = f"{lines[1].rstrip(',')},"
    return lines


def exports(names: Sequence[str]) -> list[str]:
    """``__all__``, sorted."""
    listed = [string(name) for name in sorted(names, key=_export_order)]
    line = f"__all__ = [{', '.join(listed)}]"
    if len(line) <= COLUMNS:
        return [line]
    return ["__all__ = [", *(f"{INDENT}{name}," for name in listed), "]"]


def _export_order(name: str) -> tuple[int, list[tuple[int, int, str]]]:
    """As isort and ruff have it: ``VGG``, then ``Vgg``, then ``vgg``; ``Net9`` before ``Net10``."""
    is_constant = len(name) > 1 and name.isupper()
    case = 0 if is_constant else 1 if name[0].isupper() else 2
    return case, [_export_part(part) for part in re.findall(r"\d+|\D", name)]


def _export_part(part: str) -> tuple[int, int, str]:
    """Numbers before letters, by their value; one that starts with 0 counts as a fraction."""
    if not part.isdigit():
        return 1, 0, part
    return 0, 0 if part[0] == "0" else len(part), part
