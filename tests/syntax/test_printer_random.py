"""Any tree can be printed and read again, whatever comments are in the source."""

from __future__ import annotations

import random
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnngen.formatting import formatted
from cnngen.formatting.same import meaning_of, plain, without_places
from cnngen.syntax import ast
from cnngen.syntax.flat import flat
from cnngen.syntax.printer import to_text
from syntax.trees import NOWHERE, expressions, files, read, scattered

relaxed = settings(
    max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


@relaxed
@given(files)
def test_a_tree_is_read_as_it_was(file: ast.File) -> None:
    text = to_text(file)
    again = read(text)
    assert without_places(again) == without_places(file)
    assert to_text(again) == text


@relaxed
@given(expressions)
def test_an_expression_is_read_as_it_was(expression: ast.Expression) -> None:
    value = read(f"network A = B a={flat(expression)}").definitions[0].arguments[0].value  # type: ignore[union-attr]
    assert plain(value) == plain(expression)
    layer = ast.Layer(NOWHERE, ast.Name(NOWHERE, "conv"), (expression, expression))
    text = f"network A {{\n    {flat(layer)}\n}}\n"
    line = read(text).definitions[0].body.statements[0]  # type: ignore[union-attr]
    assert plain(line.items[0]) == plain(layer)


@relaxed
@given(expressions)
def test_parentheses_are_there_because_they_are_needed(expression: ast.Expression) -> None:
    text = flat(expression)
    for place in [found.start() for found in re.finditer(r"\(", text)]:
        if re.search(r'[\w"]$', text[:place]) or '"' in text:
            continue  # a call, or no parenthesis at all
        less = _without(text, place)
        try:
            value = read(f"network A = B a={less}").definitions[0].arguments[0].value  # type: ignore[union-attr]
        except (AssertionError, IndexError):
            continue
        assert plain(value) != plain(expression), (text, less)


def _without(text: str, place: int) -> str:
    """The text without the parenthesis at ``place`` and the one that closes it."""
    depth = 0
    for end in range(place, len(text)):
        depth += (text[end] == "(") - (text[end] == ")")
        if not depth:
            break
    return f"{text[:place]} {text[place + 1 : end]} {text[end + 1 :]}"


@relaxed
@given(files, st.integers(0, 2**32))
def test_every_comment_stays_and_in_its_order(file: ast.File, seed: int) -> None:
    source = read(scattered(to_text(file), random.Random(seed)))
    assert without_places(source) == without_places(file)
    text = formatted(source)
    again = read(text)
    assert without_places(again) == without_places(file)
    assert meaning_of(again) == meaning_of(source)
    assert to_text(again) == text
    assert all(line == line.rstrip() for line in text.split("\n"))
    assert "\n\n\n" not in text
