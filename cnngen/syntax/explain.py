"""Syntax errors in the user's terms: each likely mistake by its own name, with what mends it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from lark import Token

from cnngen.diagnostics import Diagnostic, Related, codes
from cnngen.diagnostics.suggest import shortened
from cnngen.source import Source, Span
from cnngen.syntax import ast

SIGNS = {
    "EQUAL": "`=`",
    "COMMA": "`,`",
    "COLON": "`:`",
    "ARROW": "`->`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "RSQB": "`]`",
    "IN": "`in`",
    "NETWORK": "`network`",
    "NAME": "a name",
    "_NL": "the end of the line",
}
"""What a terminal is called where it was expected; others would make the list too long."""

KEYWORDS = {
    "NETWORK",
    "INPUT",
    "LET",
    "REPEAT",
    "FOR",
    "IN",
    "IF",
    "ELSE",
    "AND",
    "OR",
    "NOT",
    "TRUE",
    "FALSE",
    "X",
}
STATEMENTS = {"INPUT", "LET", "REPEAT", "FOR", "IF"}
VALUES = {"INT", "FLOAT", "SIZE", "STRING", "NAME", "LSQB", "LPAR", "TRUE", "FALSE"}
COMPARISONS = {"EQ", "NE", "LT", "LE", "GT", "GE"}
ELIF = ("elif", "elseif", "elsif")

LAYER_STARTS = frozenset({"NAME", "LBRACE", "REPEAT", "FOR", "IF"})
VALUE_STARTS = frozenset({"NAME", "INT", "LSQB"})
VALUE_FOLLOWS = {"repeat", "if", "in", "not", "and", "or", "input", "x"}
"""Keywords that a value must follow."""

CLOSERS = {"(": ")", "[": "]"}

NAMES = "a name starts with a letter and goes on with letters, digits and _"

LONGEST_BEFORE = 400
"""Characters before a mistake that are looked at; a line may be as long as the file."""


class Mistake(NamedTuple):
    """Where the parser stopped: at a token, after ``before`` on its line.

    ``expected``: the terminals that could have stood there. ``opened``: the braces and brackets
    that are open, outermost first. ``previous``: the network that ended before.
    """

    source: Source
    token: Token
    before: str
    expected: frozenset[str]
    opened: Sequence[Token]
    previous: ast.Network | None

    @property
    def span(self) -> Span:
        """The token; at the end of a line or of the file, the place just before it."""
        if self.kind == "$END":
            end = len(self.source.text.rstrip())
            return Span(self.source, max(end - 1, 0), end)
        start = self.start
        return Span(self.source, start, start + 1 if self.kind == "_NL" else self.end)

    @property
    def start(self) -> int:
        """The offset of the token."""
        return self.token.start_pos or 0

    @property
    def end(self) -> int:
        """The offset after the token."""
        return self.token.end_pos or self.start

    @property
    def kind(self) -> str:
        """The token's terminal."""
        return str(self.token.type)

    @property
    def braces(self) -> list[Token]:
        """The braces that are open."""
        return [token for token in self.opened if token.type == "LBRACE"]

    @property
    def bracket(self) -> Token | None:
        """The bracket that is open here, if one is."""
        return self.opened[-1] if self.opened and self.opened[-1].type != "LBRACE" else None

    @property
    def after(self) -> str:
        """What follows the token on its line."""
        return self.source.text[self.end : self.end + LONGEST_BEFORE].split("\n", 1)[0]

    @property
    def stands_alone(self) -> bool:
        """Whether there is nothing else on the line."""
        return not (self.before or self.after.split("#")[0].strip())

    @property
    def operators_fit(self) -> bool:
        """Whether a value has just ended."""
        return "STAR" in self.expected

    @property
    def nested(self) -> bool:
        """Whether this is a network within the body of another, as its indentation tells."""
        if self.kind != "NETWORK" or not self.braces:
            return False
        return self.span.column - 1 > _indentation(self.source, self.braces[0].start_pos or 0)

    @property
    def bracket_is_closed(self) -> bool:
        """Whether the open bracket has its end further on, so that the mistake is between."""
        assert self.bracket is not None
        return _closer(self.source, self.bracket.end_pos or 0) is not None


def mistake(
    source: Source,
    token: Token,
    expected: frozenset[str],
    opened: Sequence[Token],
    previous: ast.Network | None,
) -> Mistake:
    """The mistake at ``token``."""
    start = token.start_pos or 0
    line_start = source.text.rfind("\n", 0, start) + 1
    before = source.text[max(line_start, start - LONGEST_BEFORE) : start].strip()
    return Mistake(source, token, before, expected, opened, previous)


def unexpected(m: Mistake) -> Diagnostic:
    """The first of ``MISTAKES`` that fits, else what was expected and what was found."""
    for explain in MISTAKES:
        diagnostic = explain(m)
        if diagnostic is not None:
            return diagnostic
    return _anything(m)


# --- braces and brackets ---------------------------------------------------------------------


def _brace_open(m: Mistake) -> Diagnostic | None:
    if not m.braces or m.bracket or m.nested or m.kind not in ("$END", "NETWORK"):
        return None
    further_left = _closed_further_left(m.source, m.braces[0].start_pos or 0, m.start)
    if further_left:
        opening, closing = further_left
        what = "this `}` stands further left and closes an earlier `{`"
        related, hint = Related(closing, what), "add the missing `}` before it"
    else:
        opening = _token_span(m.source, m.braces[-1])
        here = "the file ends" if m.kind == "$END" else "another network starts"
        related, hint = Related(m.span, f"{here} here"), f"add the missing `}}` before {here}"
    return Diagnostic(
        codes.BRACE_OPEN,
        "this `{` is never closed",
        opening,
        "expected a `}` for this one",
        hint=hint,
        related=(related,),
    )


def _brace_extra(m: Mistake) -> Diagnostic | None:
    if m.kind != "RBRACE" or m.opened:
        return None
    return Diagnostic(
        codes.BRACE_EXTRA,
        "this `}` closes nothing",
        m.span,
        "no brace is open here",
        hint="remove it, or look for a `}` too many further up",
    )


def _bracket_open(m: Mistake) -> Diagnostic | None:
    bracket = m.bracket
    if bracket is None:
        return None
    sign, closer = str(bracket), CLOSERS[str(bracket)]
    opening = _token_span(m.source, bracket)
    if m.kind in ("RPAR", "RSQB") and str(m.token) != closer and _fits(m, closer):
        return Diagnostic(
            codes.BRACKET_OPEN,
            f"`{sign}` is closed by `{m.token}`",
            m.span,
            f"expected `{closer}`",
            related=(Related(opening, "opened here"),),
        )
    starts_anew = m.kind in ("$END", "NETWORK", "LBRACE", "RBRACE", "_NL") or not m.before
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


def _bracket_extra(m: Mistake) -> Diagnostic | None:
    if m.kind not in ("RPAR", "RSQB") or m.bracket:
        return None
    sign = "(" if m.kind == "RPAR" else "["
    return Diagnostic(
        codes.BRACKET_EXTRA,
        f"this `{m.token}` closes nothing",
        m.span,
        f"no `{sign}` is open here",
        hint="a `{` is closed by a `}`" if m.stands_alone and m.braces else "remove it",
    )


def _index_of_several(m: Mistake) -> Diagnostic | None:
    if m.kind != "COMMA" or m.bracket is None or m.bracket.type != "INDEX":
        return None
    word = re.search(r"(\w+)\[[^\[]*$", m.before)
    call = f"a function is called with `{word[1]}(...)`; " if word else ""
    return Diagnostic(
        codes.UNEXPECTED,
        "an index is one number",
        m.span,
        "expected `]`",
        hint=f"{call}a list that is an argument has a space before its `[`",
    )


# --- networks and variants -------------------------------------------------------------------


def _nested_network(m: Mistake) -> Diagnostic | None:
    if not m.nested:
        return None
    return Diagnostic(
        codes.UNEXPECTED,
        "a network cannot stand inside another",
        m.span,
        "not expected here",
        hint="move it below the `}` of the network around it; `{ ... }` alone makes a group",
    )


def _outside_network(m: Mistake) -> Diagnostic | None:
    outside = m.expected <= {"NETWORK", "_NL", "$END"} and "NETWORK" in m.expected
    if m.opened or m.before or not outside or m.kind in ("_NL", "$END"):
        return None
    related: tuple[Related, ...] = ()
    hint = "put it between the braces of `network Name { ... }`"
    if str(m.token).lower() == "network":
        hint = "write `network`"
    if m.previous is not None and _indentation(m.source, m.start):
        end = Span(m.source, m.previous.body.span.end - 1, m.previous.body.span.end)
        related = (Related(end, f"`{m.previous.name.name}` ends here"),)
        hint = "is there a `}` too many?"
    return Diagnostic(
        codes.OUTSIDE_NETWORK,
        f"{_found(m)} stands outside every network",
        m.span,
        "expected `network`",
        hint=hint,
        related=related,
    )


def _variant_arguments(m: Mistake) -> Diagnostic | None:
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
            hint=f"write `{_one_line(m.before + ' ' + rest)}`",
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


# --- layers and their arguments --------------------------------------------------------------


def _comma_in_arguments(m: Mistake) -> Diagnostic | None:
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
        hint=f"write `{_one_line(before + ' ' + _arguments(m.source, comma + 1))}`",
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


def _call_style(m: Mistake) -> Diagnostic | None:
    """``conv(64, 3)``; with a space, ``conv (64, 3)`` is noticed at its first comma."""
    inside = m.kind in ("COMMA", "EQUAL") and m.bracket is not None and str(m.bracket) == "("
    spaced = re.search(r"(?:^|[{,:])\s*([A-Za-z_]\w*) +\(\s*\w+$", m.before) if inside else None
    direct = re.search(r"(?:^|[{,:=])\s*([A-Za-z_]\w*)$", m.before) if m.kind == "CALL" else None
    word = spaced or direct
    if not word or (direct and m.bracket):
        return None
    opening = m.bracket.start_pos if inside and m.bracket else m.start
    assert opening is not None
    inner = re.match(r"\(([^()\n]*)\)", m.source.text[opening : opening + LONGEST_BEFORE])
    hint = "leave out the parentheses, and the commas between the arguments"
    if inner:
        between = "x" if word[1] == "input" else " "
        written = f"{word[1]} {re.sub(' *, *', between, inner[1])}"
        hint = f"write `{_one_line(re.sub(r' *= *', '=', written))}`"
    return Diagnostic(
        codes.CALL_STYLE,
        f"the arguments of `{word[1]}` follow it without parentheses",
        Span(m.source, opening, opening + 1),
        "expected a space",
        hint=hint,
    )


def _label_with_equals(m: Mistake) -> Diagnostic | None:
    if m.kind != "EQUAL" or not re.fullmatch(r"[A-Za-z_]\w*", m.before):
        return None
    if not m.braces or m.bracket or m.expected == {"NAME"}:
        return None
    word, rest = m.before, _one_line(re.split(r",|->|#|\}", m.after, maxsplit=1)[0])
    rest = rest or "..."
    label, let = f"`{word}: {rest}` to name a layer", f"`let {word} = {rest}` to name a value"
    hint = f"write {let}" if re.match(r"[^A-Za-z_.]", rest) else f"write {label}, {let}"
    return Diagnostic(
        codes.LABEL_WITH_EQUALS,
        f"`{word} =` cannot start a line",
        m.span,
        "expected `:` after a label",
        hint=f"write {label}" if re.match(r"[A-Za-z_]\w* +\w", rest) else hint,
    )


def _signed_argument(m: Mistake) -> Diagnostic | None:
    word = re.search(r"(?:^|[{,:])\s*([A-Za-z_]\w*)$", m.before)
    if m.kind not in ("MINUS", "PLUS") or not word or not m.braces or m.bracket:
        return None
    if re.match(r"[-=]|\w[\w-]*\s*:", m.after):
        return None
    value = re.match(r"[\w.]*", m.after)
    written = f"{m.token}{value[0] if value else ''}"
    return Diagnostic(
        codes.SIGNED_ARGUMENT,
        "an argument without a name cannot start with a sign",
        m.span,
        "expected a number or a name",
        hint=f"write it in parentheses, `({written})`, or with its name, `name={written}`",
    )


def _else_alone(m: Mistake) -> Diagnostic | None:
    if m.kind != "ELSE":
        return None
    return Diagnostic(
        codes.ELSE_ALONE,
        "`else` has no `if` before it on its line",
        m.span,
        "expected on the line of the closing brace",
        hint="write `} else {`",
    )


def _elif(m: Mistake) -> Diagnostic | None:
    if m.kind != "NAME" or str(m.token) not in ELIF or not m.before.endswith("}"):
        return None
    return Diagnostic(
        codes.UNEXPECTED,
        f"`{m.token}` is no word of the language",
        m.span,
        "expected `else if`",
        hint="write `else if`",
    )


# --- names and values ------------------------------------------------------------------------


def _keyword_as_name(m: Mistake) -> Diagnostic | None:
    """A word of the language where only a name can stand."""
    named = re.match(r"\s*=[^=]", m.after)
    place = "INT" not in m.expected and not m.expected >= {"NAME", "LBRACE"}
    operator = m.kind in ("X", "IN", "AND", "OR") and not m.operators_fit
    if m.kind not in KEYWORDS or "NAME" not in m.expected or m.before.endswith("for"):
        return None
    if not (place or named or operator):
        return None
    return Diagnostic(
        codes.NAME_REFUSED,
        f"`{m.token}` is a word of the language and cannot be a name",
        m.span,
        "choose another name",
    )


def _keyword_as_label(m: Mistake) -> Diagnostic | None:
    """``repeat: relu``: a word of the language where a label stands."""
    word = m.before if m.kind == "COLON" else str(m.token)
    follows = m.kind == "COLON" or m.after.lstrip().startswith(":")
    if word not in ("network", "input", "let", "repeat", "for", "if") or not follows:
        return None
    start = m.source.text.rindex(word, 0, m.end)
    return Diagnostic(
        codes.NAME_REFUSED,
        f"`{word}` is a word of the language and cannot be a label",
        Span(m.source, start, start + len(word)),
        "choose another label",
    )


def _missing_name(m: Mistake) -> Diagnostic | None:
    if m.expected != {"NAME"}:
        return None
    after = m.before.split()[-1] if m.before else "this"
    return Diagnostic(
        codes.MISSING_NAME,
        f"expected a name after `{shortened(after)}`, found {_found(m)}",
        m.span,
        "expected a name",
        hint="names stand without brackets: `for a, b in rows { ... }`"
        if m.before == "for" and str(m.token) in CLOSERS
        else NAMES,
    )


def _missing_value(m: Mistake) -> Diagnostic | None:
    last = re.search(r"(->|==|!=|<=|>=|//|\w+|[^\w\s])$", m.before[-60:])
    after = last[1] if last else ""
    wants_value = after in VALUE_FOLLOWS or not re.fullmatch(r"\w*", after)
    if not wants_value or m.operators_fit or "INT" not in m.expected or m.kind in VALUES:
        return None
    shape = after in ("->", "input")
    return Diagnostic(
        codes.MISSING_VALUE,
        f"expected a {'shape' if shape else 'value'} after `{after}`, found {_found(m)}",
        m.span,
        "expected HxWxC or a number" if shape else "expected a value",
        hint="for example `28x28x6`" if shape else _value_hint(m, after),
    )


def _value_hint(m: Mistake, after: str) -> str:
    if m.kind == "_NL" and m.bracket and m.bracket_is_closed:
        return "inside brackets, a line ends after the bracket or after a comma"
    return MEANT.get(after + str(m.token).strip(), "")


MEANT = {
    "===": "write `==`",
    "!==": "write `!=`",
    "<>": "write `!=`",
    "->": "write `->`, without a space",
    "**": "there is no power; write a product such as `n * n`",
    "%": "a share is written as a number: 0.5 for 50%",
}
"""What two signs in a row, or one at the end of a line, were meant to be."""


# --- whatever else ---------------------------------------------------------------------------


def _anything(m: Mistake) -> Diagnostic:
    wanted = _expected(m)
    message = f"{_found(m)} does not fit here"
    if m.kind in ("_NL", "$END"):
        message = f"the {'line' if m.kind == '_NL' else 'file'} ends too early"
    return Diagnostic(
        codes.UNEXPECTED,
        message,
        m.span,
        f"expected {wanted}" if wanted else "not expected here",
        hint=_generic_hint(m),
    )


MISTAKES: tuple[Callable[[Mistake], Diagnostic | None], ...] = (
    _keyword_as_label,
    _nested_network,
    _brace_open,
    _brace_extra,
    _outside_network,
    _variant_arguments,
    _call_style,
    _bracket_open,
    _bracket_extra,
    _index_of_several,
    _comma_in_arguments,
    _label_with_equals,
    _else_alone,
    _elif,
    _signed_argument,
    _keyword_as_name,
    _missing_name,
    _missing_value,
)


def _generic_hint(m: Mistake) -> str:
    for fits, hint in _HINTS:
        if fits(m):
            return hint
    return ""


_HEAD = re.compile(r"(if|for|repeat|(.*\} *)?else)\b")

_HINTS: tuple[tuple[Callable[[Mistake], object], str], ...] = (
    (
        lambda m: m.before.startswith("let ") and m.expected == {"EQUAL"},
        "write `let name = value`, one name for each `let`",
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
    (lambda m: m.kind in ("MINUS", "PLUS") and re.match(r"\w[\w-]*\s*:", m.after), NAMES),
    (lambda m: m.kind == "MINUS" and re.match(r"network\b", m.before), NAMES),
    (
        lambda m: m.after.startswith("=") and m.kind in ("PLUS", "MINUS", "STAR", "SLASH"),
        "a name keeps its value: define another one with `let`",
    ),
    (
        lambda m: str(m.token) + m.after[:1] in ("/*", "--") or m.kind == "DOUBLE_SLASH",
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
        lambda m: "ARROW" in m.expected and (m.kind == "GT" or str(m.token) + m.after[:1] == "=>"),
        "write `->`",
    ),
    (
        lambda m: m.kind == "COLON" or re.search(r"\w:$", m.before),
        "a label names one layer or one group: `conv1: conv 64 3x3`, `stem: { ... }`",
    ),
    (lambda m: m.kind == "NETWORK", "a network starts on a line of its own"),
    (
        lambda m: m.kind == "_NL" and "LBRACE" in m.expected and _next_line(m).startswith("{"),
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
    names += [text for kind, text in SIGNS.items() if kind in left]
    return " or ".join(filter(None, [", ".join(names[:-1]), *names[-1:]])) if len(names) < 4 else ""


def _found(m: Mistake) -> str:
    if m.kind == "_NL":
        return "the end of the line"
    return "the end of the file" if m.kind == "$END" else f"`{shortened(str(m.token))}`"


def _next_line(m: Mistake) -> str:
    return m.source.text[m.start : m.start + LONGEST_BEFORE].strip()


def _one_line(text: str) -> str:
    return shortened(" ".join(text.split()), 80)


def _token_span(source: Source, token: Token) -> Span:
    return Span(source, token.start_pos or 0, token.end_pos or 0)


def _indentation(source: Source, offset: int) -> int:
    """The white space before the first character of the line of ``offset``."""
    line = source.line(source.line_number(offset))
    return len(line) - len(line.lstrip())


_MARKS = re.compile(r'"[^"\n]*"|#[^\n]*|[(\[\])]|[{}]|\n[ \t]*')


def _closer(source: Source, start: int) -> int | None:
    """The offset of the bracket that closes the one before ``start``; None where a brace comes."""
    depth = 1
    for mark in _MARKS.finditer(source.text, start):
        sign = mark[0]
        if sign in ("(", "["):
            depth += 1
        elif sign in (")", "]"):
            depth -= 1
        if depth == 0:
            return mark.start()
        if sign in ("{", "}"):
            return None
    return None


def _closed_further_left(source: Source, start: int, end: int) -> tuple[Span, Span] | None:
    """The first ``{`` whose ``}`` starts a line further left than the line of the ``{``."""
    indent = _indentation(source, start)
    at_line_start = -1
    opened: list[tuple[int, int]] = []
    for mark in _MARKS.finditer(source.text, start, end):
        sign = mark[0]
        if sign[0] == "\n":
            indent, at_line_start = len(sign) - 1, mark.end()
        elif sign == "{":
            opened.append((mark.start(), indent))
        elif sign == "}" and opened:
            opening, opening_indent = opened.pop()
            if mark.start() == at_line_start and indent < opening_indent:
                closing = Span(source, mark.start(), mark.end())
                return Span(source, opening, opening + 1), closing
    return None
