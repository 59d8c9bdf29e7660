"""Every source without syntax errors can be laid out, and is then the same."""

from __future__ import annotations

from typing import Any

from cnngen.diagnostics import DiagnosticError, codes
from cnngen.source import Source, Span
from cnngen.syntax import ast
from cnngen.syntax.parser import parse
from cnngen.syntax.printer import to_text


def lay_out(text: str) -> None:
    """Check the layout of a source, if it can be read."""
    file, found = parse(Source("net.cnn", text))
    if found or file.broken:
        return
    try:
        printed = to_text(file)
    except DiagnosticError as error:
        if error.diagnostic.code is not codes.TOO_DEEP:
            raise
        return
    again, found = parse(Source("net.cnn", printed))
    assert not found, printed
    assert without_places(again) == without_places(file), printed
    assert to_text(again) == printed


def without_places(file: ast.File) -> list[object]:
    """All that a file says, so that equal trees compare equal; 1, 1.0 and true are not."""
    return plain(file.definitions)


def plain(node: Any) -> list[object]:
    """A node's parts in their order; a list, since trees may be deeper than the stack."""
    found: list[object] = []
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if hasattr(node, "span"):
            found.append(type(node).__name__)
            waiting += [part for part in reversed(node) if type(part) is not Span]
        elif type(node) is tuple:
            found.append(len(node))
            waiting += reversed(node)
        else:
            found.append((type(node).__name__, node))
    return found
