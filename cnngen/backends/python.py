"""Expressions as Python, and the statements of a function as a tree that is pruned and laid out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from cnngen.backends.code import (
    COLUMNS,
    INDENT,
    Call,
    Code,
    Raw,
    Symbolic,
    columns,
    flat,
    lay_out,
    number,
    string,
)
from cnngen.definition import Name
from cnngen.expressions import (
    IN_CHANNELS,
    Apply,
    Choice,
    Element,
    Expression,
    Items,
    Listed,
    Not,
    Operation,
    Sizes,
    Symbol,
    apply,
    are_constant,
    is_constant,
    is_list,
    is_table,
    items,
    listed,
    names,
    negated,
    walk,
)
from cnngen.record import NamedTuple

SPELLING = {IN_CHANNELS: "in_channels"}
"""What symbols that are no names of the user's are called in generated code."""

_PRECEDENCE = {
    "or": 1,
    "and": 2,
    "==": 4,
    "!=": 4,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "//": 6,
    "%": 6,
}
_CHOICE, _NOT, _ATOM = 0, 3, 8

WHOLE, REAL, EITHER = "whole", "real", "either"
"""What is wanted of an expression: a whole number, any number, or whichever it is.

Of a whole number every quotient on the way is one, so that ``//`` is right; where any number will
do, ``/`` is. Else ``divide`` tells the two apart as the language does.
"""

FUNCTIONS = {"floor": "math.floor", "ceil": "math.ceil", "round": "round_half_up"}
"""What functions of the language are called in Python, where it is not the same."""

NEEDS = {
    "floor": "math",
    "ceil": "math",
    "round": "round_half_up",
    "round_to": "round_to",
    "divide": "divide",
}
"""The import or helper that a function needs."""


class Writer:
    """Writes expressions as Python.

    ``spelling`` says what symbols are called, ``reals`` which of them may be fractions, ``mixed``
    which are whole numbers in one place and numbers in another; ``needs`` collects imports and
    helpers.
    """

    def __init__(
        self,
        spelling: Mapping[str, str],
        reals: Iterable[str],
        needs: set[str],
        mixed: Iterable[str] = (),
    ) -> None:
        self.spelling = {**SPELLING, **spelling}
        self.reals = frozenset(reals)
        self.mixed = frozenset(mixed)
        self.needs = needs

    def spelled(self, spelling: Mapping[str, str]) -> Writer:
        """The same with other names for some symbols."""
        return Writer({**self.spelling, **spelling}, self.reals, self.needs, self.mixed)

    def wanted(self, name: str) -> str:
        """What is wanted of the value of a name that is computed on the way."""
        if name in self.reals:
            return REAL
        return EITHER if name in self.mixed else WHOLE

    def code(self, expression: Expression, want: str = WHOLE) -> Any:
        """An expression as code that knows its names; a plain value as it is."""
        if is_constant(expression):
            return expression
        return Symbolic(self.text(expression, want=want), names(expression))

    def formatted(self, name: Name) -> str:
        """A name with numbers in it, as it stands in an f-string."""
        return "".join(p if isinstance(p, str) else f"{{{self.text(p)}}}" for p in name.pieces)

    def text(self, expression: Expression, around: int = 0, *, want: str = WHOLE) -> str:
        """The expression as Python."""
        if isinstance(expression, Symbol):
            return self.spelling.get(expression.name, expression.name)
        if isinstance(expression, Operation):
            return self._operation(expression, around, want)
        if isinstance(expression, Not):
            written = f"not {self.text(expression.operand, _NOT)}"
            return f"({written})" if around > _NOT else written
        if isinstance(expression, Element):
            values = self.text(expression.values, _ATOM, want=want)
            return f"{values}[{self.text(expression.position)}]"
        if is_table(expression):
            return f"tuple({self.iterated(expression, want=want)})"
        if isinstance(expression, Apply):
            return self._call(expression, around, want)
        if isinstance(expression, Choice):
            condition = self.text(expression.condition, 1)
            first = self.text(expression.first, 1, want=want)
            second = self.text(expression.second, want=want)
            written = f"{first} if {condition} else {second}"
            return f"({written})" if around > _CHOICE else written
        if isinstance(expression, (Sizes, Items)):
            return _tuple([self.text(part, want=want) for part in expression.parts])
        return constant(expression)

    def iterated(self, values: Expression, around: int = 0, *, want: str = EITHER) -> str:
        """A list as Python where it is gone through once: what gives its items will do."""
        if is_table(values):
            return flat(table_code(values, self, want))
        return self.text(values, around, want=want)

    def _operation(self, expression: Operation, around: int, want: str) -> str:
        sign, left, right = expression
        own = _PRECEDENCE[sign]
        # Comparisons do not chain here, and a difference groups to the left.
        before, after = (own + 1, own + 1) if own == 4 else (own, own + 1)
        if sign in ("and", "or"):
            # Mixed, they are told apart by parentheses, which linters ask for.
            sides = [
                f"({self.text(side)})"
                if isinstance(side, Operation) and side.sign in ("and", "or") and side.sign != sign
                else self.text(side, own)
                for side in (left, right)
            ]
            written = f" {sign} ".join(sides)
            return f"({written})" if own < around else written
        if sign in ("==", "!=") and (type(right) is bool or type(left) is bool):
            return self._truth(expression, around)
        if sign in ("+", "==", "!=") and (is_list(left) or is_list(right)):
            return self._lists(expression, around)
        if own == 4 or (want != REAL and self._is_real(expression)):
            want = REAL
        if sign == "/" and want == EITHER:
            return self._call(Apply("divide", (left, right)), around, EITHER)
        if sign == "/" and want == WHOLE:
            sign = "//"
        written = (
            f"{self.text(left, before, want=want)} {sign} {self.text(right, after, want=want)}"
        )
        return f"({written})" if own < around else written

    def _lists(self, expression: Operation, around: int) -> str:
        """Lists joined or compared; what a parameter stands for may be of any sequence type."""
        sign, left, right = expression
        if sign == "+":
            parts = [
                self.text(part, want=EITHER)
                for side in (left, right)
                for part in (listed(side) or (Symbol(f"*{self.iterated(side, _ATOM)}"),))
            ]
            return _tuple(parts)
        sides = [
            self.text(side, want=EITHER)
            if listed(side) is not None
            else f"tuple({self.iterated(side)})"
            for side in (left, right)
        ]
        written = f" {sign} ".join(sides)
        return f"({written})" if around > 4 else written

    def _truth(self, expression: Operation, around: int) -> str:
        """A comparison with ``true`` or ``false`` as the value itself."""
        sides = (expression.left, expression.right)
        plain = next(side for side in sides if type(side) is bool)
        value = next(side for side in sides if side is not plain)
        if (expression.sign == "==") is plain:
            return self.text(value, around)
        return self.text(Not(value), around)

    def _is_real(self, expression: Expression) -> bool:
        """Whether it may be a fraction, and not only where a division is not exact."""
        return any(
            type(part) is float or (isinstance(part, Symbol) and part.name in self.reals)
            for part in walk(expression)
        )

    def _call(self, expression: Apply, around: int, want: str) -> str:
        function, arguments = expression
        if function == "slice":
            values, first, *stop = arguments
            start = "" if first == 0 else self.text(first)
            end = self.text(stop[0]) if stop else ""
            colon = ":"
            if any(isinstance(place, (Operation, Apply, Element)) for place in (first, *stop)):
                colon = " :" * bool(start) or ":"  # as formatters set it beside an operator
                colon += " " * bool(end)
            return f"{self.text(values, _ATOM, want=want)}[{start}{colon}{end}]"
        if function == "floor" and self._is_whole_quotient(arguments[0]):
            quotient = arguments[0]
            assert isinstance(quotient, Operation)
            return self.text(quotient, around)
        if function in NEEDS:
            self.needs.add(NEEDS[function])
        if function in ("floor", "ceil", "round", "round_to"):
            want = REAL
        elif function in ("min", "max", "divide"):
            want = REAL if want == REAL else EITHER
        else:
            want = WHOLE
        listed = ", ".join(self.text(argument, want=want) for argument in arguments)
        return f"{FUNCTIONS.get(function, function)}({listed})"

    def _is_whole_quotient(self, expression: Expression) -> bool:
        """Whether it is a quotient of whole numbers, with no other in it."""
        if not isinstance(expression, Operation) or expression.sign != "/":
            return False
        quotients = [p for p in walk(expression) if isinstance(p, Operation) and p.sign == "/"]
        return len(quotients) == 1 and not self._is_real(expression)


def constant(value: Any) -> str:
    """A plain value as Python."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, str):
        return string(value)
    if isinstance(value, tuple):
        return _tuple([constant(part) for part in value])
    return repr(value)


def _tuple(parts: list[str]) -> str:
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


# --- statements ----------------------------------------------------------------------------------

Live = frozenset[str]


class Line(NamedTuple):
    """A line, or lines, of code that reads these symbols."""

    written: Callable[[str], list[str]]
    reads: frozenset[str] = frozenset()


class Let(NamedTuple):
    """``name = value``, left out where nothing reads the name."""

    name: str
    value: Expression


class Block(NamedTuple):
    """What stands under a head, whose text may depend on what is read of what it binds."""

    head: Callable[[str, Live], list[str]]
    reads: frozenset[str]
    body: list[Any]


class Condition(NamedTuple):
    """Two ways; where the second is a condition alone, that is an ``elif``."""

    condition: Expression
    body: list[Any]
    otherwise: list[Any] = []  # noqa: RUF012 - never changed

    @property
    def reads(self) -> frozenset[str]:
        """The symbols of the condition."""
        return names(self.condition)


Tree = list[Any]


def refuse_others(name: Expression, words: Sequence[str], what: str, writer: Writer) -> Tree:
    """Statements that raise an error where a parameter is none of the words that it may be."""
    if not isinstance(name, Symbol):
        return []
    text = writer.text(name)
    known = Call("", tuple(map(string, words)), brackets="()")
    error = Raw(f'ValueError(f"there is no {what} {{{text}!r}}")')
    return [
        Block(
            lambda indent, _live: lay_out(indent, f"if {text} not in ", known, ":"),
            names(name),
            [Line(lambda indent: lay_out(indent, "raise ", error))],
        )
    ]


def one_of(ways: Sequence[tuple[Expression, Tree]]) -> Condition:
    """The first way whose condition holds."""
    (condition, body), *others = ways
    return Condition(condition, body, [one_of(others)] if others else [])


def laid_out(tree: Tree, indent: str, writer: Writer, also: Iterable[str] = ()) -> list[str]:
    """The lines of statements, without names that nothing reads and loops that do nothing.

    ``also`` are symbols that are read elsewhere.
    """
    live = live_names(tree, also)
    pruned = _pruned(tree, live)
    return _lines(pruned, indent, writer, live)


def live_names(tree: Tree, also: Iterable[str] = ()) -> Live:
    """The symbols that are read, by what is not left out itself."""
    reads: set[str] = set(also)
    lets: list[Let] = []
    blocks: list[Block | Condition] = []

    def visit(statements: Tree) -> bool:
        does = False
        for statement in statements:
            if isinstance(statement, Let):
                lets.append(statement)
            elif isinstance(statement, (Block, Condition)):
                inner = [visit(way) for way in _ways(statement)]
                blocks.append(statement)
                if any(inner):
                    reads.update(statement.reads)
                    does = True
            else:
                reads.update(statement.reads)
                does = True
        return does

    visit(tree)
    changed = True
    while changed:
        before = len(reads)
        for let in lets:
            if let.name in reads:
                reads |= names(let.value)
        for block in blocks:
            if any(isinstance(s, Let) and s.name in reads for s in _all(block)):
                reads |= block.reads
        changed = len(reads) > before
    return frozenset(reads)


def _ways(statement: Block | Condition) -> tuple[Tree, ...]:
    if isinstance(statement, Condition):
        return statement.body, statement.otherwise
    return (statement.body,)


def _all(block: Block | Condition) -> Iterable[Any]:
    for statement in chain.from_iterable(_ways(block)):
        yield statement
        if isinstance(statement, (Block, Condition)):
            yield from _all(statement)


def _pruned(tree: Tree, live: Live) -> Tree:
    made: Tree = []
    for statement in tree:
        if isinstance(statement, Let):
            if statement.name in live:
                made.append(statement)
        elif isinstance(statement, Condition):
            body, otherwise = (_pruned(way, live) for way in _ways(statement))
            if body:
                made.append(Condition(statement.condition, body, otherwise))
            elif otherwise:
                made.append(Condition(negated(statement.condition), otherwise))
        elif isinstance(statement, Block):
            body = _pruned(statement.body, live)
            if body:
                made.append(statement._replace(body=body))
        else:
            made.append(statement)
    return made


def _lines(tree: Tree, indent: str, writer: Writer, live: Live) -> list[str]:
    made: list[str] = []
    for statement in tree:
        if isinstance(statement, Let):
            made += _let(statement, indent, writer)
        elif isinstance(statement, Condition):
            made += _condition(statement, indent, writer, live)
        elif isinstance(statement, Block):
            made += statement.head(indent, live)
            made += _lines(statement.body, indent + INDENT, writer, live)
        else:
            made += statement.written(indent)
    return made


def _condition(statement: Condition, indent: str, writer: Writer, live: Live) -> list[str]:
    made = condition_lines(indent, "if", statement.condition, writer)
    made += _lines(statement.body, indent + INDENT, writer, live)
    otherwise = statement.otherwise
    while len(otherwise) == 1 and isinstance(otherwise[0], Condition):
        condition, body, otherwise = otherwise[0]
        made += condition_lines(indent, "elif", condition, writer)
        made += _lines(body, indent + INDENT, writer, live)
    if otherwise:
        made.append(f"{indent}else:")
        made += _lines(otherwise, indent + INDENT, writer, live)
    return made


def _let(statement: Let, indent: str, writer: Writer) -> list[str]:
    target = writer.text(Symbol(statement.name))
    value, want = statement.value, writer.wanted(statement.name)
    if (
        isinstance(value, Operation)
        and value.sign in "+-*"
        and value.left == Symbol(statement.name)
    ):
        tight = _PRECEDENCE[value.sign] + 1 if value.sign == "-" else 0
        added = writer.text(value.right, tight, want=want)
        return [f"{indent}{target} {value.sign}= {added}"]
    return lay_out(indent, f"{target} = ", _broken(value, writer, want))


def _broken(value: Expression, writer: Writer, want: str) -> Code:
    """A value as code; a list can be broken into lines, an item on each."""
    parts = listed(value)
    if not parts or not isinstance(value, (Items, Listed)):
        return Raw(writer.text(value, want=want))
    return Call("", tuple(_broken(part, writer, want) for part in parts))


def condition_lines(indent: str, word: str, condition: Expression, writer: Writer) -> list[str]:
    """``if condition:``, an operand a line where it is too long."""
    line = f"{indent}{word} {writer.text(condition)}:"
    if columns(line) <= COLUMNS or not isinstance(condition, Operation):
        return [line]
    first, *others = _operands(condition, condition.sign)
    texts = [_operand(each, condition.sign, writer) for each in (first, *others)]
    # Where the last operand has parentheses of its own, formatters break those first.
    head = f"{indent}{word} {f' {condition.sign} '.join([*texts[:-1], ''])}("
    inner = f"{indent}{INDENT}{texts[-1][1:-1]}"
    if texts[-1].startswith("(") and max(columns(head), columns(inner)) <= COLUMNS:
        return [head, inner, f"{indent}):"]
    rows = [f"{indent}{INDENT}{texts[0]}"]
    rows += [f"{indent}{INDENT}{condition.sign} {text}" for text in texts[1:]]
    return [f"{indent}{word} (", *rows, f"{indent}):"]


def _operands(expression: Expression, sign: str) -> list[Expression]:
    if isinstance(expression, Operation) and expression.sign == sign and sign in ("and", "or"):
        return [*_operands(expression.left, sign), *_operands(expression.right, sign)]
    if isinstance(expression, Operation) and expression.sign == sign:
        return [expression.left, expression.right]
    return [expression]


def _operand(expression: Expression, sign: str, writer: Writer) -> str:
    mixed = isinstance(expression, Operation) and expression.sign in ("and", "or")
    text = writer.text(expression)
    return f"({text})" if mixed and sign in ("and", "or") else text


def for_lines(
    indent: str,
    targets: tuple[str, ...],
    values: Expression,
    writer: Writer,
    live: Live,
    index: str = "",
) -> list[str]:
    """``for a, b in values:``, without columns that nothing reads; ``index`` counts the turns."""
    read = [target for target in targets if target in live]
    if is_range(values) or (not read and (index or is_table(values) or listed(values) is not None)):
        values = Apply("range", (_length(values),))
    spelled, table = read_rows(targets, values, writer, live) if read else ([], values)
    shown = ", ".join(spelled) or index or "_"
    over = table_code(table, writer, REAL if set(read) <= writer.reals else EITHER)
    if index and spelled:
        shown = f"({shown})" if len(spelled) > 1 else shown
        return lay_out(indent, f"for {index}, {shown} in ", Call("enumerate", (over,)), ":")
    return lay_out(indent, f"for {shown} in ", over, ":")


def read_rows(
    targets: tuple[str, ...], values: Expression, writer: Writer, live: Live
) -> tuple[list[str], Expression]:
    """The targets of a loop as they are spelled, and what it goes over, as far as it is read."""
    read = [target for target in targets if target in live]
    spelled = [writer.text(Symbol(target)) for target in read]
    unread = [place for place, target in enumerate(targets) if target not in live]
    if len(targets) == 1 or not unread:
        return spelled, values
    if is_table(values) and values.function == "enumerate":
        (items_,) = values.arguments
        return spelled, items_ if unread == [0] else Apply("range", (_length(items_),))
    table = rows_without(values, unread)
    if table is values:
        spelled = [writer.text(Symbol(target)) if target in live else "_" for target in targets]
    return spelled, table


def _length(values: Expression) -> Expression:
    if is_range(values) and isinstance(values, Apply):
        return values.arguments[0]
    return apply("len", (values,))


def is_range(values: Expression) -> bool:
    """Whether a list is 0, 1, 2, ..."""
    if isinstance(values, Apply):
        return values.function == "range" and len(values.arguments) == 1
    known = listed(values)
    if known is None or any(type(each) is not int for each in known):
        return False
    return tuple(known) == tuple(range(len(known)))


def is_enumeration(values: Expression, targets: Sequence[str]) -> bool:
    """Whether the first target counts the turns, and another one is the item."""
    return len(targets) == 2 and is_table(values) and values.function == "enumerate"


def table_code(table: Expression, writer: Writer, want: str) -> Code:
    """A list as code that can be broken into lines, a row on each."""
    if is_table(table):
        lists = tuple(table_code(each, writer, want) for each in table.arguments)
        # As in the language, lists of different lengths are a mistake.
        strict = (Raw("strict=True"),) if table.function == "zip" else ()
        return Call(table.function, (*lists, *strict))
    parts = listed(table)
    if parts is None or not isinstance(table, (Items, Listed)):
        return Raw(writer.text(table, want=want))
    rows = tuple(_broken(part, writer, want) for part in parts)
    return Call("", rows, brackets="[]") if rows else Raw("()")


def rows_without(values: Expression, unread: list[int]) -> Expression:
    """A table without the columns that nothing reads; as it is where it is no plain table."""
    parts = listed(values)
    if not unread or parts is None:
        return values
    rows = []
    for row in parts:
        columns = listed(row)
        if columns is None:
            return values
        kept = tuple(c for place, c in enumerate(columns) if place not in unread)
        rows.append(
            kept[0] if len(kept) == 1 else Items(kept) if not are_constant(kept) else Listed(kept)
        )
    return items(tuple(rows))
