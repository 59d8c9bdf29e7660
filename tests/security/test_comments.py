"""Comments become docstrings, whatever is in them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from security.harness import TARGETS, must_compile

NETWORK = "network A(n=3) {{\n    input 9x9x2  {inside}\n    conv 4 3x3{inside}\n}}\n"

SOURCE = "{head}\n\n{above}\n" + NETWORK

HARMLESS = {target: SOURCE.format(head="# a", above="# b", inside="# c") for target in TARGETS}

PAYLOAD = "import os; os.system('id')"

HOSTILE = [
    '"""',
    f'"""\n{PAYLOAD}\n"""'.replace("\n", "\n# "),
    '""" + __import__("os").system("id") + """',
    f'"""\\\n# {PAYLOAD}',
    '\\"""',
    '\\\\"""',
    '\\\\\\"""',
    '""""',
    '"" "',
    '"\u200b""',
    '"\x00""',
    '"',
    '""',
    "'",
    "'''",
    "\\",
    "\\\\",
    '\\"',
    '"\\',
    "\\N{QUOTATION MARK}" * 3,
    "\\x22\\x22\\x22",
    "\\u0022\\u0022\\u0022",
    "\\042\\042\\042",
    f"a\x0b{PAYLOAD}",
    f"a\x0c{PAYLOAD}",
    f"a\x1c{PAYLOAD}",
    f"a\x1d{PAYLOAD}",
    f"a\x1e{PAYLOAD}",
    f"a\x85{PAYLOAD}",
    f"a\u2028{PAYLOAD}",
    f"a\u2029{PAYLOAD}",
    f"a\x00{PAYLOAD}",
    f"a\x1a{PAYLOAD}",
    "\u202etxet desrever\u202c",
    "\u2066\u2067\u2068\u2069\u200e\u200f\u061c",
    "\ufeff\ufeff",
    "\x1b[2J\x1b]0;title\x07",
    "\x7f\x80\x9b31m",
    "\U000e0041\U000e007f",
    "\ufdd0\U0010ffff",
    "{{ 7 * 7 }} {% raw %} {# x #}",
    "{0.__class__} {network} %s %(a)s $x ${x}",
    "-*- coding: utf-7 -*-",
    "vim: set fileencoding=latin-1 :",
    "+AAo-import os+AAo-",
    "type: ignore # noqa # fmt: off # mypy: ignore-errors # ruff: noqa",
    "x" * 5000,
    "word " * 2000,
    '"' * 1000,
    "\\" * 1001,
    "'\"" * 500,
    "é" * 300 + "网" * 300 + "🙂" * 300,
    "a\u0301" * 200,
]


def source(text: str) -> str:
    """A source with the text in each kind of comment."""
    return SOURCE.format(head=f"# {text}", above=f"#{text}", inside=f"#{text}".partition("\n")[0])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_comment_stays_a_docstring(text: str, target: str) -> None:
    wanted = must_compile(HARMLESS[target], target)
    code = must_compile(source(text), target)
    assert code.shape == wanted.shape
    assert code.called == wanted.called
    assert len(code.docstrings) == len(wanted.docstrings)


anything = st.text(
    st.one_of(
        st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]),
        st.sampled_from("\"'\\#{}%()\x0b\x0c\x1c\x85\u2028\u2029\x00"),
    ),
    max_size=300,
)


@settings(max_examples=200, deadline=None)
@given(anything)
def test_any_comment_stays_a_docstring(text: str) -> None:
    for target in TARGETS:
        wanted = must_compile(HARMLESS[target], target)
        code = must_compile(source(text), target)
        assert code.shape == wanted.shape
        assert code.called == wanted.called


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_a_carriage_return_ends_a_comment_everywhere(end: str, target: str) -> None:
    text = f"# a comment{end}network A {{ input 4{end} relu # {PAYLOAD}{end} }}{end}"
    code = must_compile(text, target)
    assert "os.system" not in code.text
    smuggled = f"# a comment{end}{PAYLOAD}{end}network A {{ input 4{end} relu }}{end}"
    from cnngen.compiler import compile_source
    from cnngen.source import Source

    assert compile_source(Source("a.cnn", smuggled), []).diagnostics


@pytest.mark.parametrize("target", TARGETS)
def test_what_a_comment_says_is_kept(target: str) -> None:
    text = "It says \\alpha, \"quoted\" and 'so', {{ braces }}, 网络, {0} and %s"
    code = must_compile(source(text), target)
    said = [" ".join(docstring.split()) for docstring in code.docstrings]
    assert sum(text in docstring for docstring in said) == 2
