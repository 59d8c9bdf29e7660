"""Braces and brackets that are open, closed twice, or of the wrong kind."""

from __future__ import annotations

import re

from cnngen.diagnostics import Diagnostic, Related, codes
from cnngen.syntax.lalr import END
from cnngen.syntax.mistakes.mistake import (
    CLOSERS,
    DEFINITIONS,
    Mistake,
    closed_further_left,
    token_span,
)

STARTS = {
    END: "the file ends",
    "NETWORK": "another network starts",
    "BLOCK": "a block starts",
    "USE": "a file is used",
    "USE_SHIPPED": "a file is used",
}
"""What comes where a brace is still open."""


def brace_open(m: Mistake) -> Diagnostic | None:
    """A `{` is open where the file ends or another definition starts."""
    if not m.braces or m.bracket or m.nested or m.kind not in STARTS:
        return None
    further_left = closed_further_left(m.source, m.braces[0].start_pos, m.start)
    if further_left:
        opening, closing = further_left
        what = "this `}` stands further left and closes an earlier `{`"
        related, hint = Related(closing, what), "add the missing `}` before it"
    else:
        opening = token_span(m.source, m.braces[-1])
        here = STARTS[m.kind]
        related, hint = Related(m.span, f"{here} here"), f"add the missing `}}` before {here}"
    return Diagnostic(
        codes.BRACE_OPEN,
        "this `{` is never closed",
        opening,
        "expected a `}` for this one",
        hint=hint,
        related=(related,),
    )


def brace_extra(m: Mistake) -> Diagnostic | None:
    """A `}` closes nothing."""
    if m.kind != "RBRACE" or m.opened:
        return None
    return Diagnostic(
        codes.BRACE_EXTRA,
        "this `}` closes nothing",
        m.span,
        "no brace is open here",
        hint="remove it, or look for a `}` too many further up",
    )


def bracket_open(m: Mistake) -> Diagnostic | None:
    """A `(` or `[` is open where its list cannot go on."""
    bracket = m.bracket
    if bracket is None:
        return None
    sign, closer = bracket.value, CLOSERS[bracket.value]
    opening = token_span(m.source, bracket)
    if m.kind in ("RPAR", "RSQB") and m.token.value != closer and _fits(m, closer):
        return Diagnostic(
            codes.BRACKET_OPEN,
            f"`{sign}` is closed by `{m.token.value}`",
            m.span,
            f"expected `{closer}`",
            related=(Related(opening, "opened here"),),
        )
    starts_anew = m.kind in {END, "LBRACE", "RBRACE", "_NL", *DEFINITIONS} or not m.before
    if not starts_anew or m.bracket_is_closed:
        return None
    return Diagnostic(
        codes.BRACKET_OPEN,
        f"this `{sign}` is never closed",
        opening,
        f"expected a `{closer}` for this one",
        hint=f"add the missing `{closer}`",
        related=() if m.kind == "_NL" else (Related(m.span, f"expected `{closer}` before this"),),
    )


def _fits(m: Mistake, closer: str) -> bool:
    return ("RPAR" if closer == ")" else "RSQB") in m.expected


def bracket_extra(m: Mistake) -> Diagnostic | None:
    """A `)` or `]` closes nothing."""
    if m.kind not in ("RPAR", "RSQB") or m.bracket:
        return None
    sign = "(" if m.kind == "RPAR" else "["
    return Diagnostic(
        codes.BRACKET_EXTRA,
        f"this `{m.token.value}` closes nothing",
        m.span,
        f"no `{sign}` is open here",
        hint="a `{` is closed by a `}`" if m.stands_alone and m.braces else "remove it",
    )


def index_of_several(m: Mistake) -> Diagnostic | None:
    """An index holds a comma: `sizes[1, 2]`."""
    if m.kind != "COMMA" or m.bracket is None or m.bracket.type != "INDEX":
        return None
    word = re.search(r"(\w+)\[[^\[]*$", m.before)
    call = f"a function is called with `{word[1]}(...)`; " if word else ""
    if re.match(r"[^\[\]]*\]\s*:", m.after):
        hint = "a label has one index"
    else:
        hint = f"{call}a list that is an argument has a space before its `[`"
    return Diagnostic(
        codes.UNEXPECTED,
        "an index is one number",
        m.span,
        "expected `]`",
        hint=hint,
    )


def slice_of_list(m: Mistake) -> Diagnostic | None:
    """A part of a list with a step, `depths[::2]`, or with a space before its bracket."""
    if m.kind != "COLON" or m.bracket is None or m.bracket.type not in ("INDEX", "LSQB"):
        return None
    if m.bracket.type == "LSQB":
        hint = "a part of a list is written with no space before its `[`: `depths[1:]`"
    else:
        hint = "for a step, go over its places: `for i in range(0, len(depths), 2) { ... }`"
    return Diagnostic(
        codes.UNEXPECTED,
        "a part of a list is written `list[first:stop]`",
        m.span,
        "expected `]`",
        hint=hint,
    )
