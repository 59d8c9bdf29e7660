"""Mistakes in a layer and its arguments."""

from __future__ import annotations

import re

from cnngen.diagnostics import Diagnostic, Edit, Fix, codes
from cnngen.diagnostics.suggest import nearest, shortened
from cnngen.ops import LAYERS, parameters, positional
from cnngen.source import Source, Span
from cnngen.syntax.mistakes.mistake import (
    ELIF,
    KEYWORDS,
    LONGEST_BEFORE,
    VALUES,
    Mistake,
    found,
    next_line,
    one_line,
)


def comma_in_arguments(m: Mistake) -> Diagnostic | None:
    """A comma between the arguments of one layer."""
    after_comma = m.before.endswith(",") and m.kind in VALUES - {"NAME"}
    named = m.kind == "EQUAL" and re.search(r",\s*\w+$", m.before)
    if not m.braces or m.bracket or not (after_comma or named):
        return None
    comma = m.source.text.rindex(",", 0, m.start)
    before = m.before[: m.before.rindex(",")].strip()
    return Diagnostic(
        codes.COMMA_IN_ARGUMENTS,
        "a comma starts the next layer; arguments are separated by spaces",
        Span(m.source, comma, comma + 1),
        "expected a space",
        hint=f"write `{one_line(before + ' ' + _arguments(m.source, comma + 1))}`",
    )


def _arguments(source: Source, start: int) -> str:
    """The arguments from ``start`` on, without the commas between them."""
    line = source.text[start : start + LONGEST_BEFORE].split("\n", 1)[0]
    rest = re.split(r"->|#|\{|\}", line, maxsplit=1)[0]
    found: list[str] = []
    for piece in rest.split(","):
        if found and not re.match(r"\s*(\w+\s*=[^=]|[0-9(\[\"])", piece):
            break
        found.append(piece.strip())
    return " ".join(found)


WITH_BODY = ("residual", "inception", "gate", "aux")
"""Words that nobody uses without a body."""


def body_in_brackets(m: Mistake) -> Diagnostic | None:
    """`residual(conv 8 3x3)`, `gate [...]`: a body that does not stand in braces."""
    start = m.start
    if m.bracket is not None:
        start = m.bracket.start_pos
    elif m.kind != "CALL":
        return None
    line = m.source.text[max(0, start - LONGEST_BEFORE) : start].rpartition("\n")[2]
    word = re.search(rf"(?:^|[{{,:])\s*({'|'.join(WITH_BODY)})\s*$", line)
    if not word:
        return None
    return Diagnostic(
        codes.CALL_STYLE,
        f"the body of `{word[1]}` stands in braces",
        Span(m.source, start, start + 1),
        "expected `{`",
        hint=f"write `{word[1]} {{ ... }}`",
    )


def call_style(m: Mistake) -> Diagnostic | None:
    """``conv(64, 3)``; with a space, ``conv (64, 3)`` is noticed at its first comma."""
    inside = m.kind in ("COMMA", "EQUAL") and m.bracket is not None and m.bracket.value == "("
    spaced = re.search(r"(?:^|[{,:])\s*([A-Za-z_]\w*) +\(\s*\w+$", m.before) if inside else None
    direct = re.search(r"(?:^|[{,:=])\s*([A-Za-z_]\w*)$", m.before) if m.kind == "CALL" else None
    word = spaced or direct
    if not word or (direct and m.bracket):
        return None
    opening = m.bracket.start_pos if inside and m.bracket else m.start
    assert opening is not None
    inner = re.match(r"\(([^()\n]*)\)", m.source.text[opening : opening + LONGEST_BEFORE])
    hint, fix = "leave out the parentheses, and the commas between the arguments", None
    if inner and _may_be_taken(word[1], inner[1]):
        arguments = re.sub(r" *= *", "=", _COMMA.sub(" ", inner[1].strip(" ,")))
        written = f"{word[1]} {arguments}".strip()
        hint = f"write `{one_line(written)}`"
        start = m.source.text.rindex(word[1], 0, opening)
        if _is_known(m.source, word[1]):
            fix = Fix((Edit(Span(m.source, start, opening + inner.end()), written),))
    return Diagnostic(
        codes.CALL_STYLE,
        f"the arguments of `{word[1]}` follow it without parentheses",
        Span(m.source, opening, opening + 1),
        "expected a space",
        hint=hint,
        fix=fix,
    )


def _may_be_taken(word: str, arguments: str) -> bool:
    """Whether a layer takes as many arguments without names; what is no layer may be a block."""
    unnamed = [each for each in _COMMA.split(arguments) if each.strip() and "=" not in each]
    if word in LAYERS:
        named = re.findall(r"(\w+) *=(?!=)", arguments)
        known = parameters(LAYERS[word])
        return len(unnamed) <= len(positional(LAYERS[word])) and all(n in known for n in named)
    return word != "input" and not re.search(r"[^\w\s,.=+*/\[\]-]", arguments)


_COMMA = re.compile(r" *,(?![^\[]*\]) *")
"""A comma that is in no list."""


def _is_known(source: Source, word: str) -> bool:
    """Whether the word is a layer's, or that of a block or network in the file."""
    defined = re.compile(rf"^[ \t]*(block|network)\s+{word}\b", re.MULTILINE)
    return word in LAYERS or bool(defined.search(source.text))


def named_in_call(m: Mistake) -> Diagnostic | None:
    """``truncated_normal(std=0.1)``: a function's argument with a name."""
    if m.kind != "EQUAL" or m.bracket is None or m.bracket.value != "(":
        return None
    function = re.search(r"([A-Za-z_]\w*)\([^()]*$", m.before)
    if not function:
        return None
    opening = m.bracket.start_pos
    assert opening is not None
    inner = re.match(r"\(([^()\n]*)\)", m.source.text[opening : opening + LONGEST_BEFORE])
    values = re.sub(r"\w+ *=(?!=) *", "", inner[1]) if inner else "..."
    hint = f"write `{one_line(f'{function[1]}({values})')}`"
    if not _are_first(function[1], re.findall(r"(\w+) *=(?!=)", inner[1] if inner else "")):
        own = f"`default {function[1]} ...` gives those that have one"
        hint = f"the arguments of a layer that is a value have no names; {own}"
    return Diagnostic(
        codes.UNEXPECTED,
        f"{found(m)} does not fit here",
        m.span,
        "what a function takes has no name",
        hint=hint,
    )


def _are_first(word: str, named: list[str]) -> bool:
    """Whether these are the first arguments without names of a layer, if it is one."""
    if word not in LAYERS or not parameters(LAYERS[word]):
        return True
    return named == [p.name for p in positional(LAYERS[word])][: len(named)]


def label_index(m: Mistake) -> Diagnostic | None:
    """`layer i: conv 64`, `layer(i): ...`, `layer [i]: ...`: an index that is not written so."""
    line = m.before
    if m.kind == "CALL" and ":" in m.after:
        line += "(" + m.after.split(":")[0]
    elif m.kind != "COLON":
        return None
    found = _LABEL_INDEX.search(line)
    if not found or not m.braces or found["label"].upper() in KEYWORDS:
        return None
    if found["label"] in LAYERS:  # `channel_slice 0:4`
        return None
    start = m.source.text.rindex(found["label"], 0, m.start)
    end = m.source.text.index(":", m.start) + 1
    index = found["index"].strip(" ()[]")
    written = one_line(f"{found['label']}[{index}]")
    return Diagnostic(
        codes.UNEXPECTED,
        "the index of a label stands in brackets",
        Span(m.source, start, end),
        "expected a label",
        hint=f"write `{written}: ...`",
    )


_LABEL_INDEX = re.compile(
    r"(?:^|[{,])\s*(?P<label>[A-Za-z_]\w*)"
    r"(?P<index> +\[[^\[\]]*\]| +(\d+|\w\w?)|\([^()]*\)) *$"
)


def label_with_equals(m: Mistake) -> Diagnostic | None:
    """`conv1 = conv 64`: a label, or a value, written as in Python."""
    if m.kind != "EQUAL" or not re.fullmatch(r"[A-Za-z_]\w*(\[[^\[\]]*\])?", m.before):
        return None
    if not m.braces or m.bracket or m.expected == {"NAME"} or m.after.startswith(">"):
        return None
    word, rest = m.before, one_line(re.split(r",|->|#|\}", m.after, maxsplit=1)[0])
    rest = rest or "..."
    label, let = f"`{word}: {rest}` to name a layer", f"`let {word} = {rest}` to name a value"
    hint = f"write {let}" if re.match(r"[^A-Za-z_.]", rest) else f"write {label}, {let}"
    if rest.startswith("{"):
        written = f"`{word}: {{ ... }}`" if word not in WITH_BODY else f"`{word} {{ ... }}`"
        hint = f"write {written}"
    elif word.endswith("]"):
        hint = f"write {label}"
    return Diagnostic(
        codes.LABEL_WITH_EQUALS,
        f"`{word} =` cannot start a line",
        m.span,
        "expected `:` after a label",
        hint=f"write {label}" if re.match(r"[A-Za-z_]\w* +\w", rest) else hint,
    )


def signed_argument(m: Mistake) -> Diagnostic | None:
    """`conv -1`: what could be a difference."""
    word = re.search(r"(?:^|[{,:])\s*([A-Za-z_]\w*)$", m.before)
    if m.kind not in ("MINUS", "PLUS") or not word or not m.braces or m.bracket:
        return None
    if re.match(r"[-=]|\w[\w-]*\s*:", m.after):
        return None
    value = re.match(r"[\w.]*", m.after)
    written = f"{m.token.value}{value[0] if value else ''}"
    return Diagnostic(
        codes.SIGNED_ARGUMENT,
        "an argument without a name cannot start with a sign",
        m.span,
        "expected a number or a name",
        hint=f"write it in parentheses, `({written})`, or with its name, `name={written}`",
    )


def conditional_argument(m: Mistake) -> Diagnostic | None:
    """`conv 64 if wide else 32`, `relu if deep`: a condition behind what it decides."""
    item = re.search(r"(?:^|[{,:])\s*(?P<item>[A-Za-z_]\w*(?:\s+(?P<last>[\w.]+))*)$", m.before)
    if m.kind != "IF" or not item or not m.braces or m.bracket:
        return None
    ways = re.match(r"\s*(?P<condition>[^{},#]+?)\s+else\s+(?P<second>[\w.]+)", m.after)
    hint = "a comma or a new line starts the next layer"
    if ways and item["last"]:
        written = f"({item['last']} if {ways['condition']} else {ways['second']})"
        hint = f"without a name, it stands in parentheses: `{one_line(written)}`"
    elif not ways and re.fullmatch(r"[^{},#]+", m.after):
        condition, layer = m.after.strip(), item["item"]
        hint = f"write `{one_line(f'if {condition} {{ {layer} }}')}`"
    return Diagnostic(
        codes.UNEXPECTED, "`if` does not fit here", m.span, "not expected here", hint=hint
    )


def else_alone(m: Mistake) -> Diagnostic | None:
    """`else` on a line of its own."""
    if m.kind != "ELSE":
        return None
    label, hint = "expected on the line of the closing brace", "write `} else {`"
    if m.before.endswith("}"):
        label, hint = "not expected here", "the `}` before it ends no `if`"
    return Diagnostic(
        codes.ELSE_ALONE, "`else` has no `if` before it on its line", m.span, label, hint=hint
    )


def second_body(m: Mistake) -> Diagnostic | None:
    """A word after a `}` that starts no body: `} shortcut` without its path, `} relu`."""
    word = re.search(r"\}\s*(\w+)$", m.before)
    if not word or m.expected != {"LBRACE"}:
        return None
    start = m.source.text.rindex(word[1], 0, m.start)
    if word[1] == "shortcut" or nearest(word[1], ["shortcut"]):
        message, hint = "the path of a shortcut stands in braces", "write `} shortcut { ... }`"
        if next_line(m).startswith("{"):
            hint = "the `{` stands at the end of this line, not on the next"
        return Diagnostic(codes.UNEXPECTED, message, m.span, "expected `{`", hint=hint)
    return Diagnostic(
        codes.UNEXPECTED,
        f"`{shortened(word[1])}` does not fit here",
        Span(m.source, start, start + len(word[1])),
        "expected a comma or a new line",
        hint="a comma or a new line starts the next layer",
    )


def comma_at_end(m: Mistake) -> Diagnostic | None:
    """A comma before a `}`: a chain that does not go on."""
    if m.kind != "RBRACE" or m.bracket or not m.braces:
        return None
    start = re.sub(r"#[^\n]*", lambda comment: " " * len(comment[0]), m.source.text[: m.start])
    place = len(start.rstrip()) - 1
    if start[place] != ",":
        return None
    return Diagnostic(
        codes.UNEXPECTED,
        "no layer follows this comma",
        Span(m.source, place, place + 1),
        "expected the end of the line",
        hint="leave it out: a comma goes on with the same chain, also on the next line",
    )


def elif_(m: Mistake) -> Diagnostic | None:
    """`elif`, which is written `else if` here."""
    if m.kind != "NAME" or m.token.value not in ELIF or not m.before.endswith("}"):
        return None
    return Diagnostic(
        codes.UNEXPECTED,
        f"`{m.token.value}` is no word of the language",
        m.span,
        "expected `else if`",
        hint="write `else if`",
    )
