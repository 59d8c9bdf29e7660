"""``add { ... }`` and ``sum { ... }``: a sum of branches in braces is a residual here."""

from __future__ import annotations

from cnngen.diagnostics import Diagnostic, Edit, Fix
from cnngen.diagnostics.suggest import shortened
from cnngen.source import Span
from cnngen.syntax import ast

LONGEST = 80
"""Characters of a residual that a hint shows; the fix has all of it."""

IN_GENERAL = (
    "`residual { ... } shortcut { ... }` adds two branches, `add a b` labelled values and the "
    "current one"
)


def as_residual(found: Diagnostic, node: ast.Region) -> Diagnostic:
    """What is said of a sum with a body, with the residual that gives the same."""
    code = _residual(node)
    if not code:
        return found._replace(hint=IN_GENERAL)
    whole = Span(node.span.source, node.word.span.start, node.span.end)
    hint = f"write `{shortened(code, LONGEST)}`"
    return found._replace(hint=hint, fix=Fix((Edit(whole, code),)))


def _residual(node: ast.Region) -> str:
    """The sum of one or two branches, each a line; empty where it is none, or has comments.

    A branch that is the input itself is what a residual adds.
    """
    if node.arguments or node.second or "#" in node.span.text:
        return ""
    lines = [" ".join(each.span.text.split()) for each in node.body.statements]
    branches = [line for line in lines if line != "identity"]
    if len(lines) > 2 or not branches:
        return ""
    first, *second = branches
    return f"residual {{ {first} }}" + "".join(f" shortcut {{ {each} }}" for each in second)
