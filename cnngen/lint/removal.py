"""Definitions and parameters taken out of a source, wherever it speaks of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cnngen.diagnostics import Edit, Fix
from cnngen.elaborate.arguments import arrange
from cnngen.lint.edits import rows
from cnngen.lint.view import View
from cnngen.source import Source, Span
from cnngen.syntax import ast

Head = ast.Network | ast.Block


def without_definition(source: Source, place: Span) -> Fix | None:
    """The source without the lines of a definition and the comment above them, which is about it.

    None where something else is on them.
    """
    first, last = place.line, source.line_number(place.end)
    between = rows(source, first, last)
    if between.text.strip() != place.text:
        return None
    while first > 1 and source.line(first - 1).lstrip().startswith("#"):
        first -= 1
    if last < len(source.line_starts) and not source.line(last + 1).strip():
        last += 1
    return Fix((Edit(rows(source, first, last), ""),))


def without_parameter(view: View, node: Head, parameter: ast.Parameter) -> Fix | None:
    """The source without a parameter, and without what is given for it.

    None where its default stands in the body as a number: that was likely meant to be read.
    """
    if parameter.default is not None and _stands_in(node.body, parameter.default):
        return None
    spans = [each.span for each in node.parameters]
    edits = [
        _without_item(spans, node.parameters.index(parameter), node.name.span),
        *_without_arguments(view, node, parameter),
    ]
    if any("#" in edit.span.text for edit in edits):
        return None
    return Fix(tuple(sorted(edits, key=lambda edit: edit.span.start)))


def _stands_in(body: ast.Body, default: ast.Expression) -> bool:
    """Whether a body has a number, or a list, as a default has it."""
    waiting: list[Any] = [body]
    while waiting:
        node = waiting.pop()
        if getattr(node, "span", None) is not None and node.span.text == default.span.text:
            return True
        if isinstance(node, tuple):
            waiting += [part for part in node if type(part) is not Span]
    return False


def _without_item(spans: Sequence[Span], at: int, name: Span) -> Edit:
    """One item of a list in parentheses; with the last, they go."""
    place = spans[at]
    if at > 0:
        return Edit(Span(place.source, spans[at - 1].end, place.end), "")
    if len(spans) > 1:
        return Edit(Span(place.source, place.start, spans[1].start), "")
    end = place.source.text.index(")", place.end) + 1
    return Edit(Span(place.source, name.end, end), "")


def _without_arguments(view: View, node: Head, parameter: ast.Parameter) -> Iterator[Edit]:
    """What the file's uses of a block, or variants of a network, give a parameter."""
    for head, arguments, given in _given(view, node, parameter):
        parts = [head, *arguments]
        before = parts[parts.index(given) - 1].span.end
        yield Edit(Span(view.source, before, given.span.end), "")


Given = tuple[ast.Name, Sequence[ast.Expression | ast.Argument], ast.Expression | ast.Argument]


def _given(view: View, node: Head, parameter: ast.Parameter) -> Iterator[Given]:
    """Each argument for a parameter, with the name before the arguments, and all of them."""
    names = [each.name.name for each in node.parameters]
    for use in view.words.values() if isinstance(node, ast.Block) else ():
        if use.word.name == node.name.name:
            value = arrange(use, names, names, "").get(parameter.name.name)
            for each in use.arguments:
                if value is not None and value in (each, getattr(each, "value", None)):
                    yield use.word, use.arguments, each
                    break
    variants = (each for each in view.file.definitions if isinstance(each, ast.Variant))
    for variant in variants:
        for each in variant.arguments:
            if view.names.get(each.name.span) == parameter.name.span:
                yield variant.base, variant.arguments, each
