"""Mistakes in what a file is made of: networks, variants, blocks and the files that it uses."""

from __future__ import annotations

import re

from cnngen.diagnostics import Diagnostic, Related, codes
from cnngen.diagnostics.suggest import shortened
from cnngen.ops.initial import CALLS, MODE_WORDS
from cnngen.source import Span
from cnngen.syntax.lalr import END
from cnngen.syntax.mistakes.mistake import (
    DEFINITIONS,
    KEYWORDS,
    LONGEST_BEFORE,
    NAMES,
    VALUES,
    Mistake,
    found,
    indentation,
    next_line,
    one_line,
)

NETWORK_WORDS = {"network", "net", "model", "class"}
"""What a network is called in other languages, in lower case."""

BLOCK_WORDS = {"block", "def", "define", "function", "func", "fn", "macro", "module", "layer"}
"""What a block is called in other languages, in lower case."""

USE_WORDS = {"use", "import", "include", "require", "from"}
"""How files are brought in in other languages, in lower case."""


def nested_definition(m: Mistake) -> Diagnostic | None:
    """A network, a block or a `use` within the body of another definition."""
    if not m.nested or not (m.before == "" or m.before.endswith(("{", ","))):
        return None
    around = "network"
    if re.match(r"block\b", m.source.line(m.source.line_number(m.braces[0].start_pos))):
        around = "block"
    if m.kind in ("USE", "USE_SHIPPED"):
        message = f"`use` cannot stand inside a {around}"
        hint = "move it to the start of the file: it brings in blocks for all of it"
    elif m.kind == "BLOCK":
        message = f"a block cannot stand inside a{'nother' if around == 'block' else ' network'}"
        hint = f"move it above the {around} around it; `{{ ... }}` alone makes a group"
    else:
        message = f"a network cannot stand inside a{'nother' if around == 'network' else ' block'}"
        hint = f"move it below the `}}` of the {around} around it; `{{ ... }}` alone makes a group"
    return Diagnostic(codes.UNEXPECTED, message, m.span, "not expected here", hint=hint)


def outside_network(m: Mistake) -> Diagnostic | None:
    """A layer, or anything else, stands outside every network and block."""
    outside = m.expected <= {*DEFINITIONS, "DEFAULT", "_NL", END} and "NETWORK" in m.expected
    if m.opened or m.before or not outside or m.kind in ("_NL", END):
        return None
    related: tuple[Related, ...] = ()
    hint = _meant(m) or "put it between the braces of `network Name { ... }`"
    if m.previous is not None and indentation(m.source, m.start):
        end = Span(m.source, m.previous.body.span.end - 1, m.previous.body.span.end)
        related = (Related(end, f"`{m.previous.name.name}` ends here"),)
        hint = "is there a `}` too many?"
    return Diagnostic(
        codes.OUTSIDE_NETWORK,
        f"{found(m)} stands outside every network",
        m.span,
        "expected `network`, `block` or `use`",
        hint=hint,
        related=related,
    )


def _meant(m: Mistake) -> str:
    """What a word of another language, or in capitals, was meant to be."""
    word, after = m.token.value.lower(), m.after.strip()
    if word in USE_WORDS:
        file = re.match(r'"[^"]*"', after)
        return f"write `use {file[0]}`" if file else WAYS_TO_USE
    if not re.match(r"\w+\s*[({=]?", after):
        return ""
    if word in NETWORK_WORDS:
        return "write `network`"
    if word not in BLOCK_WORDS:
        return ""
    keyword = "network" if _INPUT_FIRST.match(next_line(m)) else "block"
    head = re.match(r"(\w+)\s*(\([^()]*\))?", after)
    written = head[0].replace(" (", "(") if head else "name"
    return f"write `{one_line(f'{keyword} {written} {{ ... }}')}`"


_INPUT_FIRST = re.compile(r"[^\n{:]*[{:]\s*(#[^\n]*\s*)*(\w+:\s*)?input\b")
"""A definition, in braces or behind a colon, whose body begins with an input."""


def block_head(m: Mistake) -> Diagnostic | None:
    """What stands between `block` and its body does not fit."""
    head = re.fullmatch(r"block\b\s*(\w*)\s*(\(.*\))?", m.before)
    if m.braces or not head or m.expected & {"RPAR", "INT"}:
        return None
    name, parameters = head[1], head[2] or ""
    if not name and m.kind in KEYWORDS:
        return None
    if not name:
        message = f"expected a name after `block`, found {found(m)}"
        hint = "write `block name { ... }`, or `block name(width, stride=1) { ... }`"
        if re.match(r"\w", m.token.value):
            hint = NAMES
        return Diagnostic(codes.MISSING_NAME, message, m.span, "expected a name", hint=hint)
    if m.kind in ("_NL", END):
        message, hint = f"the block `{shortened(name)}` has no body", _body_hint(m)
    else:
        message, hint = f"{found(m)} does not fit here", _head_hint(m, name, parameters)
    return Diagnostic(
        codes.UNEXPECTED,
        message,
        m.span,
        "expected `{`" if parameters else "expected `(` or `{`",
        hint=hint,
    )


def setting(m: Mistake) -> Diagnostic | None:
    """After the name of a network or block, or after its parameters, stands a word alone."""
    head = re.fullmatch(r"((network|block)\s+\w+)\s*(\(.*\))?\s+(.*?)(\w+)", m.before)
    if m.opened or not head or m.expected != {"EQUAL"}:
        return None
    start = m.source.text.rindex(head[5], 0, m.start)
    hint = SETTINGS
    called = re.search(rf"(\w+) *= *({'|'.join(CALLS)}) +$", head[4])
    if called and head[5] in MODE_WORDS:
        hint = f"write `{called[1]}={called[2]}({head[5]})`"
    elif not head[3]:
        words = re.findall(r"[A-Za-z_]\w*(?:\s*=\s*[^\s,]+)?", head[4] + head[5] + _rest(m))
        inside = ", ".join(words)
        hint = f"write `{one_line(f'{head[1]}({inside}) {{ ... }}')}`"
    return Diagnostic(
        codes.UNEXPECTED,
        f"`{shortened(head[5])}` does not fit here",
        Span(m.source, start, start + len(head[5])),
        "expected `{`" if head[3] else "expected `(` or `{`",
        hint=hint,
    )


SETTINGS = "after its parameters come only settings: `init=he`, `zero_init=true`"


def _rest(m: Mistake) -> str:
    """The line from the token on, up to a brace."""
    return m.source.text[m.start : m.start + LONGEST_BEFORE].split("\n", 1)[0].split("{")[0]


def _body_hint(m: Mistake) -> str:
    if next_line(m).startswith("{"):
        return "the `{` stands at the end of this line, not on the next"
    return f"write `{one_line(m.before)} {{ ... }}`"


def _head_hint(m: Mistake, name: str, parameters: str) -> str:
    if m.kind == "EQUAL" and not parameters and re.match(r"\s*\w+\s*$", m.after):
        return "only networks have variants; a block has a body: `block name { ... }`"
    if m.kind == "NAME" and not parameters:
        listed = " ".join([m.token.value, m.after.split("{")[0]])
        words = ", ".join(re.findall(r"[A-Za-z_]\w*(?:\s*=\s*\S+)?", listed))
        return f"write `{one_line(f'block {name}({words}) {{ ... }}')}`"
    if m.kind in ("MINUS", "PLUS", "STAR", "SLASH") and not parameters:
        return NAMES
    return f"its body stands in braces: `{one_line(f'block {name}{parameters} {{ ... }}')}`"


WAYS_TO_USE = 'write `use "file.cnn"`, or for what is shipped `use std.resnet`, `use zoo.resnet`'


def use_target(m: Mistake) -> Diagnostic | None:
    """What stands after `use` is no file."""
    if m.opened or not re.match(r"use\b", m.before):
        return None
    rest = m.before[len("use") :].strip("./ \t")
    if not rest:
        file = re.match(r"use\s+([\w./\\-]+\.cnn)\b", m.source.line(m.span.line).strip())
        nothing = m.kind in ("_NL", END)
        return Diagnostic(
            codes.MISSING_VALUE,
            f"expected a file after `use`, found {found(m)}"
            if nothing or not re.match(r"[\w./\\]", m.token.value)
            else "the file to use stands in quotes",
            m.span,
            "expected a file in quotes",
            hint=f'write `use "{file[1]}"`' if file else WAYS_TO_USE,
        )
    hint = "`use` brings in all blocks of a file, under the names that they have there"
    if m.kind == "COMMA":
        hint = "each file has a `use` of its own, on a line of its own"
    return Diagnostic(
        codes.UNEXPECTED,
        f"{found(m)} does not fit here",
        m.span,
        "expected the end of the line",
        hint=hint,
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
            f"expected name={shortened(m.token.value)}",
            hint=f"the names are those of the parameters of `{base[1]}`",
        )
    return None


def default_arguments(m: Mistake) -> Diagnostic | None:
    """A ``default`` has no argument, or one that is not written as `name=value`."""
    written = re.search(r"(?:^|[\n{])\s*default\s+(\w+)(\s+\w+=[^\n]*|\s+\w+)?\s*$", m.before)
    if not written or m.kind not in VALUES | {"_NL", "RBRACE", END, "COMMA"}:
        return None
    word = written[1]
    if m.kind == "COMMA" and written[2]:
        return Diagnostic(
            codes.COMMA_IN_ARGUMENTS,
            "the arguments of a `default` are separated by spaces",
            m.span,
            "expected a space",
            hint="leave out the comma",
        )
    return Diagnostic(
        codes.MISSING_NAME,
        f"what a `{word}` has by default is written with names",
        m.span,
        "expected name=value",
        hint=f"`cnngen layers {word}` lists the names, for example `default bn eps=1e-3`",
    )
