"""Trees of any shape that the grammar allows, and sources with comments all over them."""

from __future__ import annotations

import random
import re
from typing import Any

from hypothesis import strategies as st

from cnngen.source import Source, Span
from cnngen.syntax import ast
from cnngen.syntax.parser import parse

NOWHERE = Span(Source("made.cnn", ""), 0, 0)


def read(text: str) -> ast.File:
    """The tree of a text without syntax errors."""
    file, found = parse(Source("net.cnn", text))
    assert not found, (found, text)
    return file


# --- expressions -----------------------------------------------------------------------------

RESERVED = frozenset(
    "network block use input let repeat for in if else and or not true false x".split()  # noqa: SIM905
)

WORDS = st.one_of(
    st.sampled_from(("conv", "relu", "a", "b1", "_", "X", "x1", "e5", "inx", "ifx", "orx", "E")),
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(
        lambda word: word not in RESERVED
    ),
)

names = WORDS.map(lambda word: ast.Name(NOWHERE, word))

whole = st.integers(0, 10**18 - 1) | st.integers(0, 9)

strings = st.text(st.characters(exclude_characters='"\n\r', exclude_categories=["Cs"]), max_size=9)

literals = st.one_of(
    whole,
    st.floats(min_value=0, allow_nan=False),
    st.sampled_from((1e-5, 0.001, 1e22, 1.5e-7, 0.0)),
    st.booleans(),
    strings | st.sampled_from(("#", "a # b", "\\", "'", "{", "//")),
    st.lists(whole, min_size=2, max_size=4).map(tuple),
).map(lambda value: ast.Literal(NOWHERE, value))

OPERATORS = ("+", "-", "*", "/", "//", "%", "==", "!=", "<", "<=", ">", ">=", "and", "or")


def _larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, max_size=4).map(tuple)
    return st.one_of(
        st.builds(ast.Unary, st.just(NOWHERE), st.sampled_from(("-", "not")), inner),
        st.builds(ast.Binary, st.just(NOWHERE), st.sampled_from(OPERATORS), inner, inner),
        st.builds(ast.Conditional, st.just(NOWHERE), inner, inner, inner),
        st.builds(ast.Size, st.just(NOWHERE), st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(ast.List, st.just(NOWHERE), several),
        st.builds(ast.Index, st.just(NOWHERE), inner, inner),
        st.builds(ast.Slice, st.just(NOWHERE), inner, st.none() | inner, st.none() | inner),
        st.builds(ast.Call, st.just(NOWHERE), names, several),
    )


expressions = st.recursive(literals | names, _larger, max_leaves=8)

# --- statements ------------------------------------------------------------------------------


def _some(of: st.SearchStrategy[Any], least: int = 0, most: int = 3) -> st.SearchStrategy[Any]:
    return st.lists(of, min_size=least, max_size=most).map(tuple)


def _made(kind: Any, *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(kind, st.just(NOWHERE), *parts)


named = _made(ast.Argument, names, expressions)
defaults = _made(ast.Default, names, _some(named, 1))
arguments = _some(expressions | named)
quoted = st.sampled_from(("block1-0", "0", "block", "1_conv", "repeat"))
labels = _made(ast.Label, names, st.none() | expressions) | st.builds(
    lambda name: ast.Label(NOWHERE, ast.Name(NOWHERE, name), None, True), quoted
)
maybe_label = st.none() | labels
layers = _made(ast.Layer, names, arguments, maybe_label)


def _bodies(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lines = _made(ast.Line, _some(items, 1), st.none() | expressions)
    lets = _made(ast.Let, names, expressions)
    inputs = _made(ast.Input, expressions, st.none() | labels)
    statements = st.one_of(lines, lines, lets, inputs, defaults)
    return _made(ast.Body, _some(statements))


def _larger_items(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    inner = _bodies(items)
    conditions = _made(ast.If, expressions, inner, st.none() | inner)
    chained = _made(ast.If, expressions, inner, conditions)
    return st.one_of(
        _made(ast.Group, inner, maybe_label),
        _made(ast.Region, names, arguments, inner, st.none(), st.none(), maybe_label),
        _made(ast.Region, names, arguments, inner, names, inner, maybe_label),
        _made(ast.Repeat, expressions, inner),
        _made(ast.For, _some(names, 1), expressions, inner),
        conditions,
        chained,
    )


bodies = _bodies(st.recursive(layers, _larger_items, max_leaves=5))

parameters = _some(_made(ast.Parameter, names, st.none() | expressions))

PATHS = strings.map(lambda path: (path, False))
DOTTED = st.lists(WORDS, min_size=2, max_size=3).map(lambda parts: (".".join(parts), True))

files = _some(
    st.one_of(
        _made(ast.Network, names, parameters, _some(named), bodies),
        _made(ast.Block, names, parameters, _some(named), bodies),
        _made(ast.Variant, names, names, _some(named)),
        defaults,
        (PATHS | DOTTED).map(lambda use: ast.Use(NOWHERE, *use)),
    )
).map(lambda parts: ast.File(NOWHERE.source, parts))

# --- comments --------------------------------------------------------------------------------

TOKEN = re.compile(r'"[^"\n]*"|for [^{]* in |\s+|\w+|->|.', re.DOTALL)

FILLINGS = (
    "",
    "",
    "",
    "\n",
    " # {} \n",
    "\n# {}\n",
    "\n\n  # {}\n",
    "#{}\n\n\n#  {}\n \t\n",
    "\n\n",
)


def scattered(text: str, rng: random.Random) -> str:
    """The text with line ends and comments wherever the grammar takes one."""
    parts: list[str] = [_filling(rng)]
    opened: list[bool] = []
    tokens = TOKEN.findall(text)
    for before, token in zip(["", *tokens], tokens, strict=False):
        if token in "([":
            is_index = token == "[" and re.search(r"[\w\])]$", before) is not None
            opened.append(not is_index)
        if (token in ")]" and opened.pop()) or token == "}":
            parts.append(_filling(rng))
        parts.append(token)
        free = (token in "([" and opened[-1]) or token in ("{", ",")
        if free or "\n" in token:
            parts.append(_filling(rng))
        elif token.isspace():
            parts.append(rng.choice(("", "\t", "   ")))
    return "".join(parts)


def _filling(rng: random.Random) -> str:
    return re.sub(r"\{\}", lambda _: f'c{rng.randrange(10**6)} " {{', rng.choice(FILLINGS))
