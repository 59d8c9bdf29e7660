"""Formulas: what they are worth, how they are written, and that both are the same."""

from __future__ import annotations

import operator
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnngen.formula import (
    INPUT_CHANNELS,
    MOST_PARTS,
    Constant,
    Element,
    Extreme,
    Formula,
    Operation,
    Size,
    Symbol,
    bounded,
    is_constant,
    is_long,
    names,
    operation,
    progression,
    substitute,
    text,
)

A, B, C = Symbol("a"), Symbol("b"), Symbol("c")
SIGNS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
}
Tree = Any
"""``(sign, left, right)``, ``("max", ...)``, a name or a number: a formula as it was written."""


def made(tree: Tree) -> Formula:
    """The formula of a tree, put together as the elaboration does."""
    if isinstance(tree, str):
        return Symbol(tree)
    if not isinstance(tree, tuple):
        return tree  # type: ignore[no-any-return]
    head, *parts = tree
    formulas = tuple(map(made, parts))
    if head in SIGNS:
        return operation(head, *formulas)
    return Extreme(head, formulas)


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (3, "3"),
        (0.5, "0.5"),
        ("a", "a"),
        (("+", "a", "b"), "a + b"),
        (("-", ("-", "a", "b"), "c"), "a - b - c"),
        (("-", "a", ("-", "b", "c")), "a - (b - c)"),
        (("-", "a", ("+", "b", "c")), "a - (b + c)"),
        (("+", "a", ("*", "b", "c")), "a + b * c"),
        (("*", ("+", "a", "b"), "c"), "(a + b) * c"),
        (("*", "a", ("+", "b", "c")), "a * (b + c)"),
        (("*", ("*", "a", "b"), "c"), "a * b * c"),
        (("*", "a", ("*", "b", "c")), "a * (b * c)"),
        (("//", ("*", "a", "b"), "c"), "a * b // c"),
        (("//", "a", ("*", "b", "c")), "a // (b * c)"),
        (("//", "a", ("//", "b", "c")), "a // (b // c)"),
        (("%", ("+", "a", 1), "b"), "(a + 1) % b"),
        (("*", ("%", "a", "b"), 2), "a % b * 2"),
        (("*", -1, "a"), "-1 * a"),
        (("-", "a", -2), "a - -2"),
        (("max", "a", ("+", "b", 1)), "max(a, b + 1)"),
        (("*", ("min", "a", "b"), 2), "min(a, b) * 2"),
        (("+", 2, 3), "5"),
        (("//", 7, 2), "3"),
    ],
)
def test_text(tree: Tree, expected: str) -> None:
    assert text(made(tree), {}) == expected


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (Element(A, 0), "a[0]"),
        (Element(A, B), "a[b]"),
        (Operation("*", Element(A, 1), 2), "a[1] * 2"),
        (Element(Operation("+", A, B), 0), "(a + b)[0]"),
        (Element((1, 2), A), "(1, 2)[a]"),
        (Element(Element(A, 0), 1), "a[0][1]"),
        (Size((A, 3)), "(a, 3)"),
        (Size((Operation("+", A, 1), B)), "(a + 1, b)"),
        ((3, 5), "(3, 5)"),
        (True, "True"),
    ],
)
def test_text_of_lists_and_sizes(formula: Formula, expected: str) -> None:
    assert text(formula, {}) == expected


def test_symbols_are_spelled_as_the_target_does() -> None:
    formula = operation("*", Symbol(INPUT_CHANNELS), A)
    assert text(formula, {INPUT_CHANNELS: "in_channels"}) == "in_channels * a"
    assert names(formula) == {INPUT_CHANNELS, "a"}


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (("-", ("+", "a", 1), 1), "a"),
        (("+", ("-", "a", 1), 1), "a"),
        (("+", ("+", "a", 1), 2), "a + 3"),
        (("-", ("+", "a", 1), 3), "a - 2"),
        (("-", ("-", "a", 1), 2), "a - 3"),
        (("+", ("-", "a", 1), 3), "a + 2"),
        (("+", "a", "a"), "2 * a"),
        (("+", ("*", 2, "a"), "a"), "3 * a"),
        (("-", ("*", 2, "a"), "a"), "a"),
        (("+", ("+", "b", "a"), "a"), "b + 2 * a"),
        (("-", ("+", "b", "a"), "a"), "b"),
        (("+", ("-", "b", "a"), "a"), "b"),
        (("-", ("-", "b", "a"), "a"), "b - 2 * a"),
        (("+", ("-", "b", "a"), ("*", 3, "a")), "b + 2 * a"),
        (("+", ("+", "a", "b"), "a"), "a + b + a"),
        (("+", ("+", "a", 0.5), 1), "a + 0.5 + 1"),
        (("+", ("*", 0.5, "a"), "a"), "0.5 * a + a"),
        (("+", ("//", "a", 2), ("//", "a", 2)), "2 * (a // 2)"),
        (("*", 1, "a"), "a"),
        (("*", "a", 1), "a"),
        (("+", "a", 0), "a"),
        (("+", 0, "a"), "a"),
        (("-", "a", 0), "a"),
        (("-", 0, "a"), "0 - a"),
        (("//", "a", 1), "a // 1"),
        (("*", 1.0, "a"), "1.0 * a"),
        (("*", True, "a"), "True * a"),
    ],
)
def test_like_terms_at_the_end_are_collected(tree: Tree, expected: str) -> None:
    assert text(made(tree), {}) == expected


@pytest.mark.parametrize(
    ("formula", "values", "expected"),
    [
        (A, {}, A),
        (A, {"a": 3}, 3),
        (A, {"a": B}, B),
        (A, {"b": 3}, A),
        (operation("*", A, B), {"a": 2}, Operation("*", 2, B)),
        (operation("*", A, B), {"a": 1}, B),
        (
            operation("-", A, B),
            {"b": operation("-", A, 1)},
            Operation("-", A, Operation("-", A, 1)),
        ),
        (operation("+", A, 1), {"a": operation("-", B, 1)}, B),
        (Element(A, 1), {"a": (4, 5)}, 5),
        (Element(A, B), {"a": (4, 5)}, Element((4, 5), B)),
        (Element(A, B), {"a": (4, 5), "b": 0}, 4),
        (Extreme("max", (A, 3)), {"a": 2}, 3),
        (Extreme("min", (A, 3)), {"a": 2}, 2),
        (Extreme("min", (A, B)), {"a": 2}, Extreme("min", (2, B))),
        (Size((A, B)), {"a": 2, "b": 3}, (2, 3)),
        (Size((A, B)), {"a": 2}, Size((2, B))),
        (7, {"a": 2}, 7),
    ],
)
def test_substitution(formula: Formula, values: dict[str, Formula], expected: Formula) -> None:
    found = substitute(formula, values)
    assert found == expected
    assert type(found) is type(expected)


def test_substitution_does_not_go_on_into_what_was_put_in() -> None:
    assert substitute(operation("+", A, B), {"a": B, "b": A}) == Operation("+", B, A)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (3, True),
        (0.5, True),
        (True, True),
        ((1, (2, 3)), True),
        (A, False),
        (Operation("+", 1, A), False),
        (Element((1, 2), A), False),
        (Extreme("max", (A, 1)), False),
        (Size((A, 1)), False),
    ],
)
def test_what_is_constant(formula: Formula, expected: bool) -> None:
    assert is_constant(formula) is expected
    assert (names(formula) == frozenset()) is expected


def trees() -> st.SearchStrategy[Tree]:
    leaves = st.sampled_from(["a", "b", "c"]) | st.integers(-3, 5)
    return st.recursive(
        leaves,
        lambda inner: st.tuples(st.sampled_from([*SIGNS, "min", "max"]), inner, inner),
        max_leaves=10,
    )


def worth(tree: Tree, values: dict[str, int]) -> int:
    """What a tree is worth, without any formula."""
    if isinstance(tree, str):
        return values[tree]
    if not isinstance(tree, tuple):
        return int(tree)
    head, *parts = tree
    left, right = (worth(part, values) for part in parts)
    if head in SIGNS:
        return int(SIGNS[head](left, right))
    return (min if head == "min" else max)(left, right)


VALUES = st.fixed_dictionaries({name: st.integers(-4, 6) for name in "abc"})


@given(trees(), VALUES, st.sets(st.sampled_from("abc")))
def test_text_substitution_and_meaning_agree(
    tree: Tree, values: dict[str, int], some: set[str]
) -> None:
    try:
        expected = worth(tree, values)
        formula = made(tree)
    except ZeroDivisionError:
        assume(False)
    assert eval(text(formula, {}), dict(values)) == expected
    assert substitute(formula, values) == expected
    known: dict[str, Formula] = {name: values[name] for name in some}
    rest = substitute(formula, known)
    assert names(rest) <= {"a", "b", "c"} - some
    assert eval(text(rest, {}), dict(values)) == expected


@given(trees(), trees(), VALUES)
def test_a_formula_in_the_place_of_a_symbol(
    outer: Tree, inner: Tree, values: dict[str, int]
) -> None:
    """A block's formulas in the terms of the place of use."""
    try:
        own = worth(inner, values)
        expected = worth(outer, {**values, "a": own})
        joined = substitute(made(outer), {"a": made(inner)})
    except ZeroDivisionError:
        assume(False)
    assert eval(text(joined, {}), dict(values)) == expected


@given(st.lists(st.integers(1, 9), min_size=2, max_size=4), st.integers(0, 1), VALUES)
def test_elements_and_sizes(row: list[int], place: int, values: dict[str, int]) -> None:
    rows: Constant = tuple(row)
    formula = Size((Element(Symbol("row"), place), operation("+", A, Element(Symbol("row"), 0))))
    expected = (row[place], values["a"] + row[0])
    around: dict[str, Formula] = {"row": rows, "a": values["a"]}
    assert substitute(formula, around) == expected
    assert eval(text(formula, {}), dict(around)) == expected


# --- progressions ----------------------------------------------------------------------------

I = Symbol("i")  # noqa: E741


@pytest.mark.parametrize(
    ("trees_", "expected"),
    [
        ([4, 4, 4], "4"),
        (["a", "a"], "a"),
        ([4, 6, 8], "4 + i * 2"),
        ([0, 1, 2], "i"),
        ([8, 6, 4], "8 + i * -2"),
        (["a", ("+", "a", "b"), ("+", "a", ("*", 2, "b"))], "a + i * b"),
        (["a", ("*", 2, "a"), ("*", 3, "a")], "a + i * a"),
        ([("+", "a", 1), ("+", "a", 3), ("+", "a", 5)], "a + 1 + i * 2"),
        (["a", ("+", ("+", "a", "b"), 1)], "a + i * (b + 1)"),
        ([1, 2, 4], None),
        (["a", "b", "c"], None),
        (["a", ("*", 2, "a"), ("*", 4, "a")], None),
        ([("//", "a", 1), ("//", "a", 2), ("//", "a", 3)], None),
    ],
)
def test_progressions(trees_: list[Tree], expected: str | None) -> None:
    found = progression(list(map(made, trees_)), I)
    assert (None if found is None else text(found, {})) == expected


@given(st.lists(trees(), min_size=2, max_size=3), VALUES)
def test_a_progression_gives_each_in_turn(several: list[Tree], values: dict[str, int]) -> None:
    try:
        expected = [worth(tree, values) for tree in several]
        found = progression(list(map(made, several)), I)
    except ZeroDivisionError:
        assume(False)
    if found is not None:
        around = [{**values, "i": place} for place in range(len(several))]
        assert [substitute(found, {**names_}) for names_ in around] == expected
        assert [eval(text(found, {}), dict(names_)) for names_ in around] == expected


@given(st.lists(st.integers(-3, 3), min_size=2, max_size=2), st.integers(2, 4))
def test_what_grows_evenly_is_found(step: list[int], count: int) -> None:
    a, one = step
    rows = [
        operation("+", B, operation("+", operation("*", place * a, A), place * one))
        for place in range(count)
    ]
    assert progression(rows, I) is not None


@pytest.mark.parametrize(
    "values",
    [
        [True, False],
        [True, True, False],
        [1, True],
        [1.0, 2],
        [0.5, 0.25],
        [0.1, 0.2, 0.3],
        [(1, 3), (3, 1)],
        [(1, 3), 5],
        [(1, 3), (3, 1), (5, 5)],
        [3, 0.5],
    ],
    ids=str,
)
def test_only_whole_numbers_grow(values: list[Constant]) -> None:
    """Of anything else, the formula gives exactly what was there, or there is none."""
    found = progression(list(values), I)
    if found is not None:
        given_ = [substitute(found, {"i": place}) for place in range(len(values))]
        assert list(map(repr, given_)) == list(map(repr, values))


@pytest.mark.parametrize(("signs", "long"), [(MOST_PARTS // 2 - 1, False), (MOST_PARTS // 2, True)])
def test_a_formula_that_grows_too_long_is_its_value(signs: int, long: bool) -> None:
    formula: Formula = A
    for _ in range(signs):
        formula = operation("//", formula, B)
    assert is_long(formula) == long
    assert bounded(formula, 7) == (7 if long else formula)
