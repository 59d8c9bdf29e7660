"""``fmt --shapes``: the shapes that the lines of networks state, written and refreshed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cnngen import definition
from cnngen.compiler import Result, analyse
from cnngen.definition import Form
from cnngen.diagnostics import Diagnostic, Edit, codes
from cnngen.diagnostics.edits import edited
from cnngen.elaborate.library import Load
from cnngen.expressions import Expression, Operation, Symbol
from cnngen.record import NamedTuple
from cnngen.source import Source, Span
from cnngen.syntax import ast
from cnngen.syntax.flat import flat
from cnngen.syntax.walk import bodies_of

MOST_TURNS = 20
"""Times that a source is read for wrong shapes, of which each finds up to a hundred."""


class Stated(NamedTuple):
    """A source with its shapes stated; as it was where it has mistakes, which are beside it."""

    source: Source
    diagnostics: Sequence[Diagnostic] = ()


def with_shapes(source: Source, load: Load) -> Stated:
    """The source with ``-> HxWxC`` at each line of a network where the shape changes.

    A statement that is right stays as it is written; a wrong one is replaced. In blocks, and where
    no text says the shape for all values of the parameters, statements are left alone; so are all
    in a network of which a parameter decides sizes, or what there is at all.
    """
    result, wrong = _blanked(source, load)
    if not result.complete:
        return Stated(source, analyse(source, load=load).diagnostics)
    edits = list(_edits(result, wrong))
    if any(not edit.text for edit in edits):  # wrong, and nothing to put in its place
        return Stated(source, analyse(source, load=load).diagnostics)
    made = Source(source.path, edited(source.text, edits))
    again = analyse(made, load=load)
    if not again.complete:
        raise AssertionError(f"a shape was stated wrongly: {again.diagnostics[0].message}")
    return Stated(made)


def _blanked(source: Source, load: Load) -> tuple[Result, Mapping[int, int]]:
    """What the source is without the wrong statements of its networks.

    They are made blank, so that all places stay what they are. Each is told by where it starts,
    behind the last item of its line, and where it ends.
    """
    wrong: dict[int, int] = {}
    text = source.text
    for turn in range(MOST_TURNS):
        result = analyse(Source(source.path, text), load=load)
        places = {d.span for d in result.diagnostics if d.code is codes.SHAPE_MISMATCH}
        found = {
            line.items[-1].span.end: line.shape.span.end
            for line in _lines(result.file)
            if line.shape is not None and line.shape.span in places
        }
        if not found or turn + 1 == MOST_TURNS:
            break
        for start, end in found.items():
            text = text[:start] + " " * (end - start) + text[end:]
        wrong |= found
    return result, wrong


def _edits(result: Result, wrong: Mapping[int, int]) -> Iterator[Edit]:
    """A statement for each line that changes the shape, or stated it wrongly, and has none."""
    places = _places(result)
    for line in _lines(result.file):
        item = line.items[-1]
        last = item.span
        if line.shape is not None:
            continue
        end = wrong.get(last.end)
        text = ""
        if end is not None or _changes(line, places):
            texts = {_text(at.output, names) for at, names in places.get(_place(item), ())}
            text = texts.pop() if len(texts) == 1 else ""
        if text or end is not None:
            yield Edit(Span(last.source, last.end, end or last.end), text and f" -> {text}")


_Places = Mapping[Span, list[tuple[definition.Where, frozenset[str]]]]
"""What comes in and goes out at each place of the networks, and the parameters there."""


def _places(result: Result) -> _Places:
    """A definition that is written for some values of its parameters tells nothing of others."""
    found: dict[Span, list[tuple[definition.Where, frozenset[str]]]] = {}
    for made in result.defined.networks.values():
        if made.fixed:
            continue
        names = frozenset(parameter.name for parameter in made.parameters)
        for node in _nodes(made.body):
            at = getattr(node, "at", None)
            if at is not None:
                found.setdefault(at.span, []).append((at, names))
    return found


def _nodes(body: definition.Body) -> Iterator[definition.Node]:
    """Every node in a body, but for side heads and shortcuts: the lines' values pass by them."""
    for node in body.nodes:
        yield node
        for part in definition.parts(node):
            yield from _nodes(part)


def _changes(line: ast.Line, places: _Places) -> bool:
    """Whether what goes out of a line has another shape than what comes in."""
    first, last = (places.get(_place(line.items[place]), []) for place in (0, -1))
    return {at.input for at, _ in first} != {at.output for at, _ in last}


def _place(item: ast.Item) -> Span:
    """Where definitions say that an item stands: at its word, for a region."""
    return item.word.span if isinstance(item, ast.Region) else item.span


def _lines(file: ast.File) -> Iterator[ast.Line]:
    """The lines of networks, but for those in braces that are on one line."""
    waiting = [node.body for node in file.definitions if isinstance(node, ast.Network)]
    while waiting:
        for statement in waiting.pop().statements:
            if isinstance(statement, ast.Line):
                yield statement
                inner = (body for item in statement.items for body in bodies_of(item))
                waiting += [body for body in inner if "\n" in body.span.text]


def _text(form: Form, names: frozenset[str]) -> str:
    """The shape as a source states it; empty where none holds for all that it may be."""
    if form.is_map and form.sizes is None:
        return ""
    sizes = "x".join(map(str, form.sizes or ()))
    if type(form.channels) is int:
        return f"{sizes}x{form.channels}" if sizes else str(form.channels)
    channels = _node(form.channels, names)
    if channels is None:
        return ""
    return f"{sizes} x {flat(channels)}" if sizes else flat(channels)


_NOWHERE = Span(Source("", ""), 0, 0)


def _node(part: Expression, names: frozenset[str]) -> ast.Expression | None:
    """A number of channels as it is written over a network's parameters; None where it is not."""
    if type(part) is int:
        return ast.Literal(_NOWHERE, part)
    if isinstance(part, Symbol) and part.name in names:
        return ast.Name(_NOWHERE, part.name)
    if isinstance(part, Operation) and part.sign in ("+", "-", "*", "//"):
        left, right = _node(part.left, names), _node(part.right, names)
        return left and right and ast.Binary(_NOWHERE, part.sign, left, right)
    return None
