"""Mistakes in what a file is made of: networks and variants."""

from __future__ import annotations

import re

from cnngen.diagnostics import Diagnostic, Related, codes
from cnngen.diagnostics.suggest import shortened
from cnngen.source import Span
from cnngen.syntax.mistakes.mistake import VALUES, Mistake, found, indentation, one_line


def nested_network(m: Mistake) -> Diagnostic | None:
    """A network starts within the body of another."""
    if not m.nested:
        return None
    return Diagnostic(
        codes.UNEXPECTED,
        "a network cannot stand inside another",
        m.span,
        "not expected here",
        hint="move it below the `}` of the network around it; `{ ... }` alone makes a group",
    )


def outside_network(m: Mistake) -> Diagnostic | None:
    """A layer, or anything else, stands outside every network."""
    outside = m.expected <= {"NETWORK", "_NL", "$END"} and "NETWORK" in m.expected
    if m.opened or m.before or not outside or m.kind in ("_NL", "$END"):
        return None
    related: tuple[Related, ...] = ()
    hint = "put it between the braces of `network Name { ... }`"
    if str(m.token).lower() == "network":
        hint = "write `network`"
    if m.previous is not None and indentation(m.source, m.start):
        end = Span(m.source, m.previous.body.span.end - 1, m.previous.body.span.end)
        related = (Related(end, f"`{m.previous.name.name}` ends here"),)
        hint = "is there a `}` too many?"
    return Diagnostic(
        codes.OUTSIDE_NETWORK,
        f"{found(m)} stands outside every network",
        m.span,
        "expected `network`",
        hint=hint,
        related=related,
    )


def variant_arguments(m: Mistake) -> Diagnostic | None:
    """A variant's arguments are not written as `name=value`."""
    base = re.match(r"network\s+\w+\s*=\s*(\w+)", m.before)
    if m.opened or not base:
        return None
    if m.kind == "COMMA":
        rest = m.after.replace(",", " ")
        return Diagnostic(
            codes.COMMA_IN_ARGUMENTS,
            "the arguments of a variant are separated by spaces",
            m.span,
            "expected a space",
            hint=f"write `{one_line(m.before + ' ' + rest)}`",
        )
    if m.kind in VALUES - {"NAME", "LPAR"}:
        return Diagnostic(
            codes.MISSING_NAME,
            "the arguments of a variant are written with their names",
            m.span,
            f"expected name={shortened(str(m.token))}",
            hint=f"the names are those of the parameters of `{base[1]}`",
        )
    return None
