"""The tree as text, in the one layout that every source can have.

Four spaces for each level, an empty line between definitions, `key=value` without spaces, no more
parentheses than needed, and stated shapes below one another. What the writer of a source decides
is kept: empty lines between statements, the lines of a long chain, whether a body or a list of
one line has lines of its own. Every comment stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cnngen.diagnostics import Diagnostic, DiagnosticError, codes
from cnngen.source import Source, Span
from cnngen.syntax import ast
from cnngen.syntax.flat import argument, flat, for_head, label, of_loop, repeat_head, words
from cnngen.syntax.rows import Rows

DEEPEST = 250
"""Levels of nodes; 64 of braces have fewer, and Python's stack holds more."""


def to_text(file: ast.File) -> str:
    """The canonical text of a file that has no syntax errors.

    Its tree is the same, places aside, and so is what the comments in it describe.

    Raises:
        DiagnosticError: the tree is too deep.
        ValueError: the file has syntax errors, and so no tree of the whole.
    """
    if file.broken:
        raise ValueError(f"{file.source.path} has syntax errors")
    _check(file.definitions)
    printer = _Printer(file.source)
    printer.file(file.definitions)
    return printer.rows.text()


def _check(definitions: Sequence[ast.Definition]) -> None:
    """Refuse what cannot be printed before any of it is."""
    waiting: list[tuple[Any, int]] = [(definition, 1) for definition in definitions]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, ast.Broken):
            raise ValueError(f"{node.span.source.path} has syntax errors")
        if depth > DEEPEST:
            message = "braces or brackets nested too deep to be laid out"
            raise DiagnosticError(
                Diagnostic(codes.TOO_DEEP, message, node.span, "too deep from here")
            )
        for child in _children(node):
            # An `else if` is no deeper than its `if`.
            same = isinstance(node, ast.If) and isinstance(child, ast.If)
            waiting.append((child, depth if same else depth + 1))


def _children(node: Any) -> list[Any]:
    """The nodes right below one."""
    found: list[Any] = []
    for part in node[1:]:  # all but its place
        if type(part) is tuple:
            found += [child for child in part if isinstance(child, tuple)]
        elif isinstance(part, tuple):
            found.append(part)
    return found


class _Printer:
    """Writes the nodes of a tree."""

    def __init__(self, source: Source) -> None:
        self.rows = Rows(source)

    # --- definitions -------------------------------------------------------------------------

    def file(self, definitions: Sequence[ast.Definition]) -> None:
        """Write a whole file."""
        before: ast.Definition | None = None
        for definition in definitions:
            always = before is not None and not _may_touch(before, definition)
            start = definition.span.start
            own = self.rows.comments_before(start, always=always)
            self.rows.part(definition.span, always=always and not own)
            self.rows.end_definition()
            _DEFINITIONS[type(definition)](self, definition)
            before = definition
        self.rows.comments_before(len(self.rows.source.text))

    def _definition(self, node: ast.Network | ast.Block) -> None:
        keyword = "network" if isinstance(node, ast.Network) else "block"
        self.rows.start(f"{keyword} {flat(node.name)}")
        if node.parameters:
            self._parameters(node)
        self._arguments(node.settings)
        self.rows.add(" ")
        if node.body.statements:
            self._statements(node.body)
        else:
            self._body(node.body)

    def _parameters(self, node: ast.Network | ast.Block) -> None:
        after = node.settings[0] if node.settings else node.body
        head = Span(self.rows.source, node.name.span.end, after.span.start)
        text = ", ".join(map(flat, node.parameters))
        self.rows.add("(")
        if self._stays(head, text):
            self.rows.add(text)
        else:
            self._in_rows(node.parameters, head.end)
        self.rows.add(")")

    def _variant(self, node: ast.Variant) -> None:
        self.rows.start(f"network {flat(node.name)} = {flat(node.base)}")
        self._arguments(node.arguments)

    def _use(self, node: ast.Use) -> None:
        self.rows.start(f"use {node.target}" if node.shipped else f'use "{node.target}"')

    # --- statements --------------------------------------------------------------------------

    def _body(self, body: ast.Body) -> None:
        """``{ ... }``, on one line where the source has it so and it fits."""
        if self._is_one_line(body):
            self.rows.add(flat(body))
        else:
            self._statements(body)

    def _is_one_line(self, body: ast.Body) -> bool:
        if self.rows.has_comment(body.span):
            return False
        return not body.statements or (_is_short(body) and self.rows.fits(flat(body)))

    def _statements(self, body: ast.Body) -> None:
        self.rows.open()
        for statement in body.statements:
            self.rows.comments_before(statement.span.start)
            self.rows.part(statement.span)
            self.rows.start()
            _STATEMENTS[type(statement)](self, statement)
        self.rows.close(body.span.end)

    def _line(self, node: ast.Line) -> None:
        level = self.rows.level
        for place, item in enumerate(node.items):
            if place:
                self.rows.add(",")
                self._go_on(node.items[place - 1], item, level)
            _ITEMS[type(item)](self, item)
        self.rows.level = level
        if node.shape:
            self.rows.state(flat(node.shape))

    def _go_on(self, before: ast.Item, item: ast.Item, level: int) -> None:
        """To the next item of a chain: behind the comma, or on a line of its own."""
        between = self.rows.source.text[before.span.end : item.span.start]
        if "\n" not in between and (not _is_short(item) or self.rows.fits(f" {flat(item)},")):
            self.rows.add(" ")
            return
        self.rows.level = level + 1
        self.rows.comments_before(item.span.start, part=False)
        self.rows.start()

    def _input(self, node: ast.Input) -> None:
        self.rows.add(flat(node))

    def _default(self, node: ast.Default) -> None:
        self.rows.add(f"default {flat(node.word)}")
        self._arguments(node.arguments)

    def _default_of_file(self, node: ast.Default) -> None:
        self.rows.start()
        self._default(node)

    def _let(self, node: ast.Let) -> None:
        self.rows.add(f"let {flat(node.name)} = ")
        self._value(node.value)

    # --- items -------------------------------------------------------------------------------

    def _layer(self, node: ast.Layer) -> None:
        self.rows.add(words(label(node.label), flat(node.word)))
        self._arguments(node.arguments)

    def _group(self, node: ast.Group) -> None:
        self.rows.add(f"{label(node.label)} " if node.label else "")
        loop = of_loop(node)
        if loop:
            _ITEMS[type(loop)](self, loop)
        else:
            self._body(node.body)

    def _region(self, node: ast.Region) -> None:
        self.rows.add(words(label(node.label), flat(node.word)))
        self._arguments(node.arguments)
        self.rows.add(" ")
        self._body(node.body)
        if node.second and node.otherwise:
            self.rows.add(f" {flat(node.second)} ")
            self._body(node.otherwise)

    def _repeat(self, node: ast.Repeat) -> None:
        self.rows.add(f"{repeat_head(node)} ")
        self._body(node.body)

    def _for(self, node: ast.For) -> None:
        self.rows.add(f"{for_head(node)} ")
        self._value(node.values)
        self.rows.add(" ")
        self._body(node.body)

    def _if(self, node: ast.If) -> None:
        """All ways on one line, or each in lines of its own."""
        ways = list(_ways(node))
        one_line = all(_is_short(body) and not self.rows.has_comment(body.span) for _, body in ways)
        text = " else ".join(head + flat(body) for head, body in ways) if one_line else ""
        if one_line and self.rows.fits(text):
            self.rows.add(text)
            return
        for place, (head, body) in enumerate(ways):
            self.rows.add(f" else {head}" if place else head)
            if body.statements:
                self._statements(body)
            else:
                self._body(body)

    # --- arguments and lists -----------------------------------------------------------------

    def _arguments(self, nodes: Sequence[ast.Expression | ast.Argument]) -> None:
        for node in nodes:
            self.rows.add(" ")
            if isinstance(node, ast.Argument):
                self.rows.add(f"{flat(node.name)}=")
                self._value(node.value)
            elif isinstance(node, ast.List):
                self._value(node)
            else:
                self.rows.add(argument(node))

    def _value(self, node: ast.Expression) -> None:
        """An expression; a list has a line for each item where the source starts one, or has to."""
        if not isinstance(node, ast.List) or self._stays(node.span, flat(node)):
            self.rows.add(flat(node))
            return
        self.rows.add("[")
        self._in_rows(node.items, node.span.end)
        self.rows.add("]")

    def _stays(self, span: Span, text: str) -> bool:
        """Whether what stands between brackets stays on the line of the first."""
        is_open = _OPENED.match(self.rows.source.text, span.start, span.end)
        return not is_open and not self.rows.has_comment(span) and self.rows.fits(text)

    def _in_rows(self, nodes: Sequence[ast.Expression | ast.Parameter], end: int) -> None:
        """A line for each of these, and one for what follows.

        Plain numbers and words stand in as many lines as the source has them in, or have to.
        """
        self.rows.level += 1
        plain = all(isinstance(node, (ast.Literal, ast.Name)) for node in nodes)
        for place, node in enumerate(nodes):
            if plain and place and self._goes_on(nodes[place - 1], node):
                self.rows.add(" ")
            else:
                self.rows.comments_before(node.span.start, part=False)
                self.rows.start()
            self._item(node)
            self.rows.add(",")
        self.rows.comments_before(end, part=False)
        self.rows.level -= 1
        self.rows.start()

    def _goes_on(self, before: Any, node: Any) -> bool:
        """Whether an item of a list stands on the line of the one before it."""
        between = self.rows.source.text[before.span.end : node.span.start]
        return "\n" not in between and self.rows.fits(f" {flat(node)},")

    def _item(self, node: ast.Expression | ast.Parameter) -> None:
        if isinstance(node, ast.Parameter) and node.default:
            self.rows.add(f"{flat(node.name)}=")
            self._value(node.default)
        elif isinstance(node, ast.Parameter):
            self.rows.add(flat(node))
        else:
            self._value(node)


_OPENED = re.compile(r"[ \t]*[(\[][ \t]*\n")


def _ways(node: ast.If) -> Iterator[tuple[str, ast.Body]]:
    """The ways of a condition, each with what stands before its body."""
    rest: ast.Body | ast.If | None = node
    while isinstance(rest, ast.If):
        yield f"if {flat(rest.condition)} ", rest.body
        rest = rest.otherwise
    if rest is not None:
        yield "", rest


def _is_short(node: Any) -> bool:
    """Whether a body or an item is on one line, as one statement can be."""
    if "\n" in node.span.text:
        return False
    waiting = [] if isinstance(node, ast.Layer) else [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Body) and len(node.statements) > 1:
            return False
        waiting += _children(node)
    return True


def _may_touch(before: ast.Definition, after: ast.Definition) -> bool:
    """Whether two definitions of one line each may follow one another without an empty line."""
    return type(before) is type(after) and isinstance(after, (ast.Use, ast.Variant, ast.Default))


_DEFINITIONS: dict[type, Callable[[_Printer, Any], None]] = {
    ast.Network: _Printer._definition,
    ast.Block: _Printer._definition,
    ast.Variant: _Printer._variant,
    ast.Use: _Printer._use,
    ast.Default: _Printer._default_of_file,
}
_STATEMENTS: dict[type, Callable[[_Printer, Any], None]] = {
    ast.Line: _Printer._line,
    ast.Input: _Printer._input,
    ast.Let: _Printer._let,
    ast.Default: _Printer._default,
}
_ITEMS: dict[type, Callable[[_Printer, Any], None]] = {
    ast.Layer: _Printer._layer,
    ast.Group: _Printer._group,
    ast.Region: _Printer._region,
    ast.Repeat: _Printer._repeat,
    ast.For: _Printer._for,
    ast.If: _Printer._if,
}
