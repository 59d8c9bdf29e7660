"""What is said where no mistake of its own is recognised."""

from __future__ import annotations

import re
from collections.abc import Callable

from cnngen.diagnostics import Diagnostic, Edit, Fix, codes
from cnngen.ops import LAYERS
from cnngen.syntax.lalr import END
from cnngen.syntax.mistakes.mistake import (
    COMPARISONS,
    LAYER_STARTS,
    NAMES,
    SIGNS,
    STATEMENTS,
    VALUE_STARTS,
    VALUES,
    Mistake,
    found,
    next_line,
)


def anything(m: Mistake) -> Diagnostic:
    """What was expected, and what was found."""
    wanted = _expected(m)
    message = f"{found(m)} does not fit here"
    if m.kind in ("_NL", END):
        message = f"the {'line' if m.kind == '_NL' else 'file'} ends too early"
    return Diagnostic(
        codes.UNEXPECTED,
        message,
        m.span,
        f"expected {wanted}" if wanted else "not expected here",
        hint=_generic_hint(m),
        fix=_arrow(m) if _is_arrow(m) else None,
    )


def _arrow(m: Mistake) -> Fix:
    return Fix((Edit(m.span._replace(end=m.end + 1), "->"),), translates=True)


def _is_arrow(m: Mistake) -> bool:
    """Whether `=>` stands where `->` could."""
    return "ARROW" in m.expected and m.token.value + m.after[:1] == "=>" and not _layer_follows(m)


def _layer_follows(m: Mistake) -> bool:
    """Whether a layer comes after the token and its signs."""
    word = re.match(r"[=>\s]*([A-Za-z_]\w*)", m.after)
    return word is not None and word[1] in LAYERS


def _generic_hint(m: Mistake) -> str:
    for fits, hint in _HINTS:
        if fits(m):
            return hint
    return ""


_DEFINITION = re.compile(r"(network|block)\b")
_HEAD = re.compile(r"(if|for|repeat|(.*\} *)?else)\b")

_HINTS: tuple[tuple[Callable[[Mistake], object], str], ...] = (
    (
        lambda m: m.before.startswith("let ") and m.expected == {"EQUAL"},
        "write `let name = value`, one name for each `let`",
    ),
    (
        lambda m: m.before.startswith("let ") and m.kind in {"LBRACE", *VALUES},
        "a value is a number, a size, a list; a label names a layer: `name: conv 64 3x3`",
    ),
    (
        lambda m: m.before.startswith("for ") and "IN" in m.expected,
        "write `for name in list { ... }`, or `for i in range(4) { ... }`",
    ),
    (
        lambda m: "LBRACE" in m.expected and m.kind in VALUES | {"COLON"} and _HEAD.match(m.before),
        "what is repeated or chosen stands in braces: `{ ... }`",
    ),
    (
        lambda m: re.match(r"while\b", m.before),
        "loops are `repeat n { ... }` and `for a in list { ... }`",
    ),
    (
        lambda m: m.kind == "MINUS" and re.match(r"\w[\w-]*\s*:", m.after),
        'a label with a `-` in it stands in quotes: `"block1-0": conv 64 3x3`',
    ),
    (lambda m: m.kind == "PLUS" and re.match(r"\w[\w-]*\s*:", m.after), NAMES),
    (lambda m: m.kind == "MINUS" and re.match(r"network\b", m.before), NAMES),
    (
        lambda m: m.after.startswith("=") and m.kind in ("PLUS", "MINUS", "STAR", "SLASH"),
        "a name keeps its value: define another one with `let`",
    ),
    (
        lambda m: m.token.value + m.after[:1] in ("/*", "--") or m.kind == "DOUBLE_SLASH",
        "a comment starts with `#`",
    ),
    (
        lambda m: m.kind in VALUES | {"COMMA"} and re.match(r"input +\d+$", m.before),
        "a shape is written in one: `input 32x32x3`",
    ),
    (
        lambda m: m.kind == "COMMA" and re.match(r"input\b", m.before),
        "`input` stands on a line of its own",
    ),
    (
        lambda m: m.kind == "COMMA" and m.bracket and re.search(r"\( *\w+$", m.before),
        "a size is written `3x3`, a list `[3, 3]`",
    ),
    (
        lambda m: "ARROW" in m.expected and m.kind in ("GT", "EQUAL") and _layer_follows(m),
        "a comma or a new line starts the next layer",
    ),
    (
        lambda m: "ARROW" in m.expected and (m.kind == "GT" or _is_arrow(m)),
        "write `->`",
    ),
    (lambda m: m.expected == {"COLON"}, "a `:` stands between a label and its layer"),
    (
        lambda m: m.kind == "COLON" or re.search(r"\w:$", m.before),
        "a label names one layer or one group: `conv1: conv 64 3x3`, `stem: { ... }`",
    ),
    (lambda m: m.kind == "NETWORK", "a network starts on a line of its own"),
    (
        lambda m: m.kind == "_NL" and "LBRACE" in m.expected and next_line(m).startswith("{"),
        "the `{` stands at the end of this line, not on the next",
    ),
    (
        lambda m: m.kind == "EQUAL" and m.before.endswith(")") and m.before.startswith("network"),
        "a variant gives values after its base: `network Small = Base classes=10`",
    ),
    (lambda m: m.kind == "EQUAL" and m.after.startswith(">"), "write `>=`"),
    (lambda m: m.kind == "EQUAL" and "EQ" in m.expected, "to compare, write `==`"),
    (
        lambda m: m.kind in COMPARISONS and "AND" in m.expected,
        "compare two values at a time: `1 < n and n < 8`",
    ),
    (
        lambda m: m.kind == "COMMA" and not m.bracket and _DEFINITION.match(m.before),
        "parameters stand in parentheses; settings such as `init=he` follow, without commas",
    ),
    (
        lambda m: m.kind == "COMMA" and not m.before,
        "a comma stands at the end of the line before, or not at all",
    ),
    (
        lambda m: m.kind == "COMMA" and re.search(r"->[^,]*$", m.before),
        "`->` ends a line: what follows goes on a new line",
    ),
    (
        lambda m: m.kind == "ARROW" and re.match(r"input\b", m.before),
        "leave it out: `input` states the shape itself",
    ),
    (
        lambda m: m.kind == "ARROW" and not m.before,
        "`->` stands on the line of the layer whose shape it states",
    ),
    (
        lambda m: m.kind in ("INPUT", "LET") and m.before,
        "it stands on a line of its own",
    ),
    (
        lambda m: m.bracket is not None and m.kind in VALUES and not m.before,
        "is a comma missing at the end of the line before?",
    ),
    (
        lambda m: "COMMA" in m.expected and m.bracket is not None and m.kind in VALUES,
        "is a comma missing before it?",
    ),
    (
        lambda m: "ARROW" in m.expected and m.kind in VALUES | STATEMENTS | {"LBRACE"},
        "a comma or a new line starts the next layer",
    ),
)
"""What helps where no mistake of its own is recognised; the first that fits."""


def _expected(m: Mistake) -> str:
    """The few things that fit; nothing where the list would say too much."""
    left = set(m.expected)
    names = []
    for starts, what in ((LAYER_STARTS, "a layer"), (VALUE_STARTS, "a value")):
        if starts <= left and not m.operators_fit:
            names.append(what)
            left -= starts
    if m.bracket or names:
        left -= {"_NL"}
    if "LBRACE" in left and _DEFINITION.match(m.before):
        left -= {"NAME"}  # few definitions have a setting
    names += [text for kind, text in SIGNS.items() if kind in left]
    return " or ".join(filter(None, [", ".join(names[:-1]), *names[-1:]])) if len(names) < 4 else ""
