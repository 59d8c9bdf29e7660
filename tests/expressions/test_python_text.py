"""Expressions as Python: what they look like, and that Python finds the same values."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnngen.backends.code import Symbolic
from cnngen.backends.python import EITHER, REAL, WHOLE, Writer
from cnngen.backends.shared.divide import divide
from cnngen.backends.shared.round_half_up import round_half_up
from cnngen.backends.shared.round_to import round_to
from cnngen.expressions import (
    FUNCTIONS,
    IN_CHANNELS,
    Apply,
    Choice,
    Element,
    Expression,
    Items,
    Listed,
    Not,
    Operation,
    Sizes,
    Symbol,
    apply,
    choice,
    element,
    items,
    names,
    negation,
    operation,
    substitute,
)

A, B, C, P = Symbol("a"), Symbol("b"), Symbol("c"), Symbol("p")
ALL = {"math": math, "divide": divide, "round_half_up": round_half_up, "round_to": round_to}


def writer(*reals: str) -> Writer:
    return Writer({}, reals, set())


def op(sign: str, left: Expression, right: Expression) -> Operation:
    return Operation(sign, left, right)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (3, "3"),
        (0.5, "0.5"),
        (True, "True"),
        ("same", '"same"'),
        ((3, 5), "(3, 5)"),
        (Listed((3,)), "(3,)"),
        (A, "a"),
        (Symbol(IN_CHANNELS), "in_channels"),
        (op("+", A, B), "a + b"),
        (op("-", op("-", A, B), C), "a - b - c"),
        (op("-", A, op("-", B, C)), "a - (b - c)"),
        (op("-", A, op("+", B, C)), "a - (b + c)"),
        (op("+", A, op("*", B, C)), "a + b * c"),
        (op("*", op("+", A, B), C), "(a + b) * c"),
        (op("*", A, op("*", B, C)), "a * (b * c)"),
        (op("//", op("*", A, B), C), "a * b // c"),
        (op("//", A, op("//", B, C)), "a // (b // c)"),
        (op("%", op("+", A, 1), B), "(a + 1) % b"),
        (op("-", A, -2), "a - -2"),
        (op("/", A, 2), "a // 2"),
        (op("/", A, B), "a // b"),
        (op("/", P, 2), "p / 2"),
        (op("/", A, 2.5), "a / 2.5"),
        (op("<", op("/", A, 2), 3), "a / 2 < 3"),
        (op("<", Choice(C, op("/", A, 2), B), 3), "(a / 2 if c else b) < 3"),
        (op("<", A, op("+", B, 1)), "a < b + 1"),
        (op("==", op("<", A, B), op("<", B, C)), "(a < b) == (b < c)"),
        (op("==", A, True), "a"),
        (op("==", A, False), "not a"),
        (op("!=", A, True), "not a"),
        (op("!=", op("<", A, B), False), "a < b"),
        (Not(A), "not a"),
        (Not(op("<", A, B)), "not a < b"),
        (Not(op("and", A, B)), "not (a and b)"),
        (op("and", A, Not(B)), "a and not b"),
        (op("and", op("or", A, B), C), "(a or b) and c"),
        (op("or", op("and", A, B), C), "(a and b) or c"),
        (op("and", op("and", A, B), C), "a and b and c"),
        (op("and", op("<", A, 1), op("==", B, 2)), "a < 1 and b == 2"),
        (op("==", Not(A), B), "(not a) == b"),
        (Element(A, 0), "a[0]"),
        (Element(A, op("+", B, 1)), "a[b + 1]"),
        (Element(op("+", A, B), 0), "(a + b)[0]"),
        (Element(Listed((1, 2)), A), "(1, 2)[a]"),
        (Element(Element(A, 0), 1), "a[0][1]"),
        (Sizes((A, 3)), "(a, 3)"),
        (Items((op("+", A, 1),)), "(a + 1,)"),
        (Choice(A, B, C), "b if a else c"),
        (op("*", Choice(A, B, C), 2), "(b if a else c) * 2"),
        (Choice(Choice(A, B, C), 1, 2), "1 if (b if a else c) else 2"),
        (Apply("max", (A, op("+", B, 1))), "max(a, b + 1)"),
        (op("*", Apply("min", (A, B)), 2), "min(a, b) * 2"),
        (Apply("len", (A,)), "len(a)"),
        (Apply("range", (A,)), "range(a)"),
        (Apply("range", (1, op("+", A, 1))), "range(1, a + 1)"),
        (Apply("range", (A, 0, -1)), "range(a, 0, -1)"),
        (Apply("sum", (A,)), "sum(a)"),
        (Apply("slice", (A, 0, B)), "a[:b]"),
        (Apply("slice", (A, op("+", B, 1))), "a[b + 1 :]"),
        (Apply("slice", (op("+", A, Items((B, 1))), -2, -1)), "(*a, b, 1)[-2:-1]"),
        (Apply("sum", (Apply("slice", (A, 0, B)),)), "sum(a[:b])"),
        (op("*", Apply("sum", (Items((A, 3)),)), 2), "sum((a, 3)) * 2"),
        (Apply("enumerate", (A,)), "tuple(enumerate(a))"),
        (Apply("zip", (A, Listed((1, 2)))), "tuple(zip(a, [1, 2], strict=True))"),
        (Apply("zip", (Apply("enumerate", (A,)), B)), "tuple(zip(enumerate(a), b, strict=True))"),
        (Element(Apply("zip", (A, B)), C), "tuple(zip(a, b, strict=True))[c]"),
        (Element(A, -1), "a[-1]"),
        (Element(A, op("-", 0, B)), "a[0 - b]"),
        (Apply("max", (Choice(C, A, B), 1)), "max(a if c else b, 1)"),
        (Choice(op("or", A, B), Choice(C, 1, 2), 3), "(1 if c else 2) if a or b else 3"),
        (Choice(A, 1, Choice(B, 2, 3)), "1 if a else 2 if b else 3"),
        (Apply("floor", (op("/", A, 2),)), "a // 2"),
        (Apply("floor", (op("/", P, 2),)), "math.floor(p / 2)"),
        (Apply("floor", (op("*", A, 0.5),)), "math.floor(a * 0.5)"),
        (Apply("floor", (op("+", op("/", A, 2), 1),)), "math.floor(a / 2 + 1)"),
        (Apply("ceil", (op("/", A, 2),)), "math.ceil(a / 2)"),
        (Apply("round", (op("/", A, 2),)), "round_half_up(a / 2)"),
        (Apply("round_to", (op("*", A, P), 8)), "round_to(a * p, 8)"),
        (op("*", Apply("floor", (op("/", A, 2),)), 2), "a // 2 * 2"),
    ],
)
def test_text(expression: Expression, expected: str) -> None:
    assert writer("p").text(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (op("/", A, 2), "divide(a, 2)"),
        (op("+", op("/", A, 2), 1), "divide(a, 2) + 1"),
        (op("/", op("/", A, 2), B), "divide(divide(a, 2), b)"),
        (op("/", P, 2), "p / 2"),
        (op("<", op("/", A, 2), 3), "a / 2 < 3"),
        (Apply("floor", (op("/", op("*", op("/", A, 2), 3), 2),)), "math.floor(a / 2 * 3 / 2)"),
        (Items((op("/", A, 4), 0.5)), "(divide(a, 4), 0.5)"),
        (op("+", A, Listed((3,))), "(*a, 3)"),
        (op("==", A, Listed((3,))), "tuple(a) == (3,)"),
        (op("+", A, Apply("range", (B,))), "(*a, *range(b))"),
        (op("+", Apply("zip", (A, B)), Listed((3,))), "(*zip(a, b, strict=True), 3)"),
        (op("+", Choice(C, A, B), Listed((3,))), "(*(a if c else b), 3)"),
        (op("==", Apply("range", (A,)), B), "tuple(range(a)) == tuple(b)"),
        (op("!=", Apply("enumerate", (A,)), B), "tuple(enumerate(a)) != tuple(b)"),
    ],
)
def test_text_where_it_may_be_either(expression: Expression, expected: str) -> None:
    assert writer("p").text(expression, want=EITHER) == expected


def test_a_maximum_may_have_a_fraction_that_it_does_not_take() -> None:
    assert writer().text(Apply("max", (op("/", A, 2), 3))) == "max(divide(a, 2), 3)"
    assert writer().text(Apply("max", (op("/", A, 2), 3)), want=REAL) == "max(a / 2, 3)"


def test_what_a_text_needs() -> None:
    needs: set[str] = set()
    own = Writer({"a": "self.a"}, (), needs)
    assert own.text(Apply("floor", (op("/", A, 2),))) == "self.a // 2"
    assert needs == set()
    own.text(Apply("round", (Apply("ceil", (op("/", A, 2),)),)))
    own.spelled({"a": "b"}).text(Apply("round_to", (A, 8)))
    assert needs == {"math", "round_half_up", "round_to"}


def test_code_knows_its_names() -> None:
    code = writer().code(op("+", A, B))
    assert isinstance(code, Symbolic)
    assert (str(code), code.names) == ("a + b", {"a", "b"})
    assert writer().code((1, 2)) == (1, 2)


def test_symbols_are_spelled_as_the_target_does() -> None:
    own = Writer({"a": "self.a"}, (), set())
    assert own.text(op("*", Symbol(IN_CHANNELS), A)) == "in_channels * self.a"
    assert own.spelled({"b": "x"}).text(op("*", A, B)) == "self.a * x"


def test_helpers_of_generated_code_mean_what_the_language_does() -> None:
    for tenths in range(-40, 900):
        value = tenths / 10
        assert round_half_up(value) == FUNCTIONS["round"](value)
        for multiple in (1, 3, 8):
            assert round_to(value, multiple) == FUNCTIONS["round_to"](value, multiple)


# --- random expressions ----------------------------------------------------------------------


def binary(signs: list[str], inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(operation, st.sampled_from(signs), inner, inner)


COMPARISONS = ["==", "!=", "<", "<=", ">", ">="]
FLAGS = st.sampled_from([Symbol("f"), Symbol("g"), True, False])


def conditions(numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    simple = FLAGS | binary(COMPARISONS, numbers)
    return st.recursive(
        simple,
        lambda inner: binary(["and", "or", "==", "!="], inner) | st.builds(negation, inner),
        max_leaves=4,
    )


WHOLES = st.sampled_from([A, B, 0, 2])


def grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    pairs = st.tuples(inner, inner)
    return st.one_of(
        binary(["+", "-", "*", "/", "//", "%"], inner),
        st.builds(apply, st.sampled_from(["min", "max"]), pairs),
        st.builds(apply, st.sampled_from(["floor", "ceil", "round"]), st.tuples(inner)),
        st.builds(lambda value, by: apply("round_to", (value, by)), inner, st.integers(1, 9)),
        st.builds(choice, FLAGS | binary(COMPARISONS, inner), inner, inner),
        st.builds(lambda row, i: element(items(row), i), pairs, PLACES),
        st.builds(lambda row: apply("len", (Symbol(row),)), st.just("row")),
        st.builds(lambda of: apply("len", (of,)), lists(inner)),
        st.builds(lambda of: element(of, -1), lists(inner)),
        st.builds(lambda of, i, j: element(element(of, i), j), tables(inner), PLACES, PLACES),
        st.builds(lambda of: apply("sum", (of,)), lists(st.sampled_from([A, B, C, 1]))),
        st.builds(lambda i: element(Symbol("row"), i), PLACES),
    )


PLACES = st.sampled_from([0, 1, -1, -2, Symbol("i"), operation("-", 0, Symbol("i"))])
"""Of a list of two."""


def lists(numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Lists of two numbers, at least."""
    two = st.one_of(
        st.just(Symbol("row")),
        st.tuples(numbers, numbers).map(items),
        st.builds(lambda a: apply("range", (a, operation("+", a, 2))), WHOLES),
        st.builds(lambda a: apply("range", (a, operation("-", a, 5), -3)), WHOLES),
    )
    joined = st.builds(lambda a, b: operation("+", a, b), two, two)
    return two | joined | st.builds(choice, FLAGS, two, two)


def tables(numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Rows of two."""
    pairs = st.tuples(numbers, numbers).map(items) | st.just(Symbol("row"))
    return st.builds(lambda a: apply("enumerate", (a,)), lists(numbers)) | st.builds(
        lambda a, b: apply("zip", (a, b)), pairs, pairs
    )


@cache  # to make a strategy takes longer than to draw from it
def numbers(*leaves: Expression) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.sampled_from([A, B, C, *leaves]) | st.integers(-3, 5), grown, max_leaves=6
    )


LISTS = lists(numbers(P)) | tables(numbers(P))

CONDITIONS = conditions(numbers(P))

VALUES = st.fixed_dictionaries(
    {
        **{name: st.integers(-4, 6) for name in "abc"},
        "p": st.sampled_from([0.5, 0.25, 2.0, -1.5]),
        "f": st.booleans(),
        "g": st.booleans(),
        "i": st.integers(0, 1),
        "row": st.lists(st.integers(1, 9), min_size=2, max_size=2).map(Listed),
    }
)


def checked(data: st.DataObject, values: dict[str, Any], want: str, leaves: Any = ()) -> None:
    """Python finds what the language does, and as a number of the same type where that is told."""
    try:
        expression = data.draw(numbers(*leaves), "expression")
        expected = substitute(expression, values)
    except (ArithmeticError, TypeError, IndexError):
        assume(False)
    if want == WHOLE:
        assume(type(expected) is int)
    text = writer("p").text(expression, want=want)
    found = eval(text, {**ALL, **values})
    assert found == expected, text
    if want != REAL and not {"p"} & names(expression):
        assert type(found) is type(expected), text


@settings(max_examples=600, deadline=None)
@given(st.data(), VALUES)
def test_where_a_whole_number_stands_python_finds_the_same(
    data: st.DataObject, values: dict[str, Any]
) -> None:
    checked(data, values, WHOLE)


@settings(max_examples=600, deadline=None)
@given(st.data(), VALUES)
def test_where_a_fraction_may_stand_python_finds_the_same(
    data: st.DataObject, values: dict[str, Any]
) -> None:
    checked(data, values, REAL, [P, 0.5, 2.5])


@settings(max_examples=600, deadline=None)
@given(st.data(), VALUES)
def test_where_either_may_stand_python_finds_the_same(
    data: st.DataObject, values: dict[str, Any]
) -> None:
    checked(data, values, EITHER, [P, 0.5, 2.5])


@settings(max_examples=300, deadline=None)
@given(st.data(), VALUES)
def test_lists(data: st.DataObject, values: dict[str, Any]) -> None:
    """Lists are of the same items; Python's may be of any type that holds them."""
    try:
        expression = data.draw(LISTS, "expression")
        expected = substitute(expression, values)
    except (ArithmeticError, TypeError, IndexError):
        assume(False)
    text = writer("p").text(expression, want=EITHER)
    assert tuple(eval(text, {**ALL, **values})) == expected, text
    once = writer("p").iterated(expression, want=EITHER)
    assert tuple(eval(once, {**ALL, **values})) == expected, once
    length = writer("p").text(apply("len", (expression,)))
    assert eval(length, {**ALL, **values}) == len(expected), length


@given(st.data(), VALUES)
def test_conditions(data: st.DataObject, values: dict[str, Any]) -> None:
    try:
        condition = data.draw(CONDITIONS, "condition")
        expected = substitute(condition, values)
    except (ArithmeticError, TypeError, IndexError):
        assume(False)
    text = writer("p").text(condition)
    assert bool(eval(text, {**ALL, **values})) is expected, text


@given(st.data(), VALUES, st.sets(st.sampled_from("abc")))
def test_some_values_first_and_the_others_in_python(
    data: st.DataObject, values: dict[str, Any], some: set[str]
) -> None:
    try:
        expression = data.draw(numbers(), "expression")
        expected = substitute(expression, values)
        rest = substitute(expression, {name: values[name] for name in some})
    except (ArithmeticError, TypeError, IndexError):
        assume(False)
    assert eval(writer().text(rest, want=REAL), {**ALL, **values}) == expected
    assert substitute(rest, values) == expected
