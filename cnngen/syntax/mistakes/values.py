"""Names and values that are missing, or that cannot be what they are."""

from __future__ import annotations

import re

from cnngen.diagnostics import Diagnostic, codes
from cnngen.diagnostics.suggest import shortened
from cnngen.source import Span
from cnngen.syntax.mistakes.mistake import (
    CLOSERS,
    KEYWORDS,
    NAMES,
    VALUE_FOLLOWS,
    VALUES,
    Mistake,
    found,
)


def keyword_as_name(m: Mistake) -> Diagnostic | None:
    """A word of the language where only a name can stand."""
    named = re.match(r"\s*=[^=]", m.after)
    place = "INT" not in m.expected and not m.expected >= {"NAME", "LBRACE"}
    operator = m.kind in ("X", "IN", "AND", "OR", "BLOCK", "USE") and not m.operators_fit
    if m.kind not in KEYWORDS or "NAME" not in m.expected or m.before.endswith("for"):
        return None
    if not (place or named or operator):
        return None
    return Diagnostic(
        codes.NAME_REFUSED,
        f"`{m.token.value}` is a word of the language and cannot be a name",
        m.span,
        "choose another name",
    )


LABEL_LIKE = ("network", "block", "use", "input", "let", "default", "repeat", "for", "if", "x")
"""Keywords that stand at the start of a line, where a label does."""


def keyword_as_label(m: Mistake) -> Diagnostic | None:
    """``repeat: relu``: a word of the language where a label stands."""
    word = m.before if m.kind == "COLON" else m.token.value
    follows = m.kind == "COLON" or re.match(r"(\[[^\[\]]*\])?\s*:", m.after)
    if word not in LABEL_LIKE or not follows:
        return None
    start = m.source.text.rindex(word, 0, m.end)
    return Diagnostic(
        codes.NAME_REFUSED,
        f"`{word}` is a word of the language and cannot be a label",
        Span(m.source, start, start + len(word)),
        "choose another label",
        hint="" if "[" in m.after[:1] else f'in quotes it can be one: `"{word}": ...`',
    )


def path_as_name(m: Mistake) -> Diagnostic | None:
    """``stem.low`` where no value of a group can stand: as a label, a layer, a name."""
    if m.kind != "PATH":
        return None
    group, _, label = m.token.value.partition(".")
    is_label = re.match(r"\s*:", m.after)
    return Diagnostic(
        codes.NAME_REFUSED,
        f"`{shortened(m.token.value)}` has a `.` in it, as only values of groups have",
        m.span,
        "expected a name",
        hint=f"a label in a group is written there: `{group}: {{ {label}: ... }}`"
        if is_label and "." not in label
        else "names, layers and blocks are one word",
    )


def missing_name(m: Mistake) -> Diagnostic | None:
    """A name does not come where one must."""
    if m.expected != {"NAME"}:
        return None
    after = m.before.split()[-1] if m.before else "this"
    return Diagnostic(
        codes.MISSING_NAME,
        f"expected a name after `{shortened(after)}`, found {found(m)}",
        m.span,
        "expected a name",
        hint="names stand without brackets: `for a, b in rows { ... }`"
        if m.before == "for" and m.token.value in CLOSERS
        else NAMES,
    )


def missing_value(m: Mistake) -> Diagnostic | None:
    """A value or a shape does not come where one must."""
    last = re.search(r"(->|==|!=|<=|>=|//|\w+|[^\w\s])$", m.before[-60:])
    after = last[1] if last else ""
    wants_value = after in VALUE_FOLLOWS or not re.fullmatch(r"\w*", after)
    if not wants_value or m.operators_fit or "INT" not in m.expected or m.kind in VALUES:
        return None
    shape = after in ("->", "input")
    return Diagnostic(
        codes.MISSING_VALUE,
        f"expected a {'shape' if shape else 'value'} after `{after}`, found {found(m)}",
        m.span,
        "expected HxWxC or a number" if shape else "expected a value",
        hint="for example `28x28x6`" if shape else _value_hint(m, after),
    )


def _value_hint(m: Mistake, after: str) -> str:
    if m.kind == "_NL" and m.bracket and m.bracket_is_closed:
        return "inside brackets, a line ends after the bracket or after a comma"
    return MEANT.get(after + m.token.value.strip(), "")


MEANT = {
    "===": "write `==`",
    "!==": "write `!=`",
    "<>": "write `!=`",
    "->": "write `->`, without a space",
    "**": "there is no power; write a product such as `n * n`",
    "%": "a share is written as a number: 0.5 for 50%",
}
"""What two signs in a row, or one at the end of a line, were meant to be."""
