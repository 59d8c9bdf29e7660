"""Expressions: what they are worth, and how they are built and worked out."""

from __future__ import annotations

from typing import Any

import pytest

from cnngen.expressions import (
    FUNCTIONS,
    IN_CHANNELS,
    MOST_PARTS,
    OPERATORS,
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
    difference,
    element,
    is_constant,
    is_list,
    is_long,
    items,
    names,
    negated,
    negation,
    operation,
    parts_of,
    rows,
    sizes,
    substitute,
    walk,
)

A, B, C = Symbol("a"), Symbol("b"), Symbol("c")

Tree = Any
"""``(sign, left, right)``, a name or a number: a sum as it was written."""


def made(tree: Tree) -> Expression:
    """The expression of a tree, put together as definitions do."""
    if isinstance(tree, str):
        return Symbol(tree)
    if not isinstance(tree, tuple):
        return tree  # type: ignore[no-any-return]
    sign, left, right = tree
    return operation(sign, made(left), made(right))


def raw(tree: Tree) -> Expression:
    """The expression of a tree as it stands."""
    if isinstance(tree, str):
        return Symbol(tree)
    return Operation(tree[0], raw(tree[1]), raw(tree[2])) if isinstance(tree, tuple) else tree


# --- what functions and operators mean -------------------------------------------------------


@pytest.mark.parametrize(
    ("sign", "left", "right", "expected"),
    [
        ("+", 2, 3, 5),
        ("+", Listed((1, 2)), Listed((3,)), Listed((1, 2, 3))),
        ("-", 2, 3, -1),
        ("*", 2, 0.5, 1.0),
        ("/", 224, 2, 112),
        ("/", 5, 2, 2.5),
        ("/", 4.0, 2, 2.0),
        ("//", 7, 2, 3),
        ("//", -7, 2, -4),
        ("%", 7, 4, 3),
        ("==", 1, 1.0, True),
        ("==", 1, True, False),
        ("==", (1, True), (1, 1), False),
        ("==", (1, 2), (1, 2), True),
        ("==", (1, 2), (1, 2, 3), False),
        ("!=", 0, False, True),
        ("!=", "same", "same", False),
        ("<", 1, 2, True),
        (">=", 2, 2, True),
        ("and", True, False, False),
        ("or", True, False, True),
    ],
)
def test_operators(sign: str, left: Any, right: Any, expected: Any) -> None:
    found = OPERATORS[sign](left, right)
    assert found == expected
    assert isinstance(found, type(expected))


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        ("min", (3, 2), 2),
        ("min", (Listed((3, 2)),), 2),
        ("max", (3, 2, 5), 5),
        ("floor", (-1.5,), -2),
        ("ceil", (1.2,), 2),
        ("round", (0.5,), 1),
        ("round", (-0.5,), 0),
        ("round", (2.4,), 2),
        ("round_to", (36.0, 8), 40),
        ("round_to", (35, 8), 32),
        ("round_to", (3, 8), 8),
        ("round_to", (12, 8), 16),
        ("len", (Listed((1, 2)),), 2),
        ("range", (3,), Listed((0, 1, 2))),
        ("range", (1, 3), Listed((1, 2))),
        ("range", (3, 1), Listed(())),
        ("range", (6, 0, -2), Listed((6, 4, 2))),
        ("enumerate", (Listed((7, 8)),), Listed((Listed((0, 7)), Listed((1, 8))))),
        ("zip", (Listed((7, 8)), (1, 2)), Listed((Listed((7, 1)), Listed((8, 2))))),
        ("sum", (Listed((7, 8)),), 15),
        ("sum", (Listed(()),), 0),
        ("slice", (Listed((4, 5, 6)), 0, 2), Listed((4, 5))),
        ("slice", (Listed((4, 5, 6)), 1), Listed((5, 6))),
        ("slice", (Listed((4, 5, 6)), -1, 9), Listed((6,))),
    ],
)
def test_functions(function: str, arguments: tuple[Any, ...], expected: Any) -> None:
    found = FUNCTIONS[function](*arguments)
    assert found == expected
    assert type(found) is type(expected)


# --- building --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (("-", ("+", "a", 1), 1), "a"),
        (("+", ("-", "a", 1), 1), "a"),
        (("+", ("+", "a", 1), 2), ("+", "a", 3)),
        (("-", ("+", "a", 1), 3), ("-", "a", 2)),
        (("-", ("-", "a", 1), 2), ("-", "a", 3)),
        (("+", ("-", "a", 1), 3), ("+", "a", 2)),
        (("+", "a", "a"), ("*", 2, "a")),
        (("+", ("*", 2, "a"), "a"), ("*", 3, "a")),
        (("-", ("*", 2, "a"), "a"), "a"),
        (("-", "a", "a"), 0),
        (("+", ("+", "b", "a"), "a"), ("+", "b", ("*", 2, "a"))),
        (("-", ("+", "b", "a"), "a"), "b"),
        (("+", ("-", "b", "a"), "a"), "b"),
        (("-", ("-", "b", "a"), "a"), ("-", "b", ("*", 2, "a"))),
        (("+", ("-", "b", "a"), ("*", 3, "a")), ("+", "b", ("*", 2, "a"))),
        (("+", ("+", "a", "b"), "a"), ("+", ("+", "a", "b"), "a")),
        (("-", "a", ("-", "a", "b")), "b"),
        (("-", ("+", "a", "b"), ("+", "b", 1)), ("-", "a", 1)),
        (("+", ("*", 2, "b"), ("-", "a", "b")), ("+", "b", "a")),
        (("-", "b", ("-", "a", "b")), ("-", ("*", 2, "b"), "a")),
        (("-", "a", ("-", "b", 1)), ("-", "a", ("-", "b", 1))),
        (("+", ("+", "a", 0.5), 1), ("+", ("+", "a", 0.5), 1)),
        (("+", ("*", 0.5, "a"), "a"), ("+", ("*", 0.5, "a"), "a")),
        (("+", ("//", "a", 2), ("//", "a", 2)), ("*", 2, ("//", "a", 2))),
        (("*", 1, "a"), "a"),
        (("*", "a", 1), "a"),
        (("+", "a", 0), "a"),
        (("+", 0, "a"), "a"),
        (("-", "a", 0), "a"),
        (("-", 0, "a"), ("-", 0, "a")),
        (("/", "a", 1), "a"),
        (("//", "a", 1), "a"),
        (("*", 1.0, "a"), ("*", 1.0, "a")),
        (("*", 2, 3), 6),
        (("==", "a", "a"), True),
        (("!=", ("+", "a", 1), ("+", "a", 1)), False),
        (("==", "a", "b"), ("==", "a", "b")),
        (("and", True, "a"), "a"),
        (("and", "a", False), False),
        (("or", "a", True), True),
        (("or", False, "a"), "a"),
        (("or", "a", "b"), ("or", "a", "b")),
    ],
)
def test_what_is_built_is_worked_out_as_far_as_it_goes(tree: Tree, expected: Tree) -> None:
    found = made(tree)
    assert found == raw(expected)
    assert type(found) is type(raw(expected))


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("a", "a", 0),
        (("+", "a", "b"), ("+", "b", "a"), 0),
        (("+", ("+", "a", 3), "b"), "a", ("+", 3, "b")),
        (("+", "a", 3), ("+", "a", 5), -2),
        (("*", 3, "a"), "a", ("*", 2, "a")),
        (("+", "b", ("*", "a", 2)), ("+", "a", "b"), "a"),
        (("*", "a", "b"), ("*", "a", "b"), 0),
    ],
)
def test_a_difference_collects_terms_wherever_they_stand(
    left: Tree, right: Tree, expected: Tree
) -> None:
    found = difference(made(left), made(right))
    assert difference(found, made(expected)) == 0
    assert names(found) == names(made(expected))


def test_negation() -> None:
    assert negation(True) is False
    assert negation(A) == Not(A)
    assert negation(Not(A)) == A


@pytest.mark.parametrize("pair", [(A, Not(A)), (Not(A), A)])
def test_one_of_opposites_holds(pair: tuple[Tree, Tree]) -> None:
    assert operation("or", *pair) is True
    assert operation("and", *pair) is False


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Operation("==", A, 1), Operation("!=", A, 1)),
        (Operation("<", A, B), Operation(">=", A, B)),
        (Operation(">", A, B), Operation("<=", A, B)),
        (
            Operation("or", Operation("!=", A, 1), Operation("<=", A, B)),
            Operation("and", Operation("==", A, 1), Operation(">", A, B)),
        ),
        (Operation("and", A, Not(B)), Operation("or", Not(A), B)),
        (A, Not(A)),
    ],
)
def test_the_opposite_of_a_condition(condition: Expression, expected: Expression) -> None:
    assert negated(condition) == expected
    assert negated(expected) == condition


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (element(Items((A, 3)), 0), A),
        (element(Items((A, 3)), -1), 3),
        (element(Listed((4, 5)), 1), 5),
        (element(Listed((4, 5)), A), Element(Listed((4, 5)), A)),
        (element(A, 0), Element(A, 0)),
        (element(Items((A, 3)), 2), Element(Items((A, 3)), 2)),
        (element(Items((A, 3)), -2), A),
        (element(Items((A, 3)), -3), Element(Items((A, 3)), -3)),
        (element(Apply("enumerate", (A,)), 1), Items((1, Element(A, 1)))),
        (
            element(Apply("enumerate", (A,)), -1),
            Items((operation("-", Apply("len", (A,)), 1), Element(A, -1))),
        ),
        (element(Apply("zip", (A, Listed((4, 5)))), 1), Items((Element(A, 1), 5))),
        (element(Apply("zip", (A, B)), C), Element(Apply("zip", (A, B)), C)),
        (apply("len", (Apply("zip", (A, B)),)), Apply("len", (A,))),
        (apply("len", (Apply("enumerate", (Items((A, B)),)),)), 2),
        (apply("len", (Apply("range", (A, B)),)), Apply("len", (Apply("range", (A, B)),))),
        (apply("sum", (Items((A, B)),)), Apply("sum", (Items((A, B)),))),
        (choice(C, True, False), C),
        (choice(C, False, True), Not(C)),
        (choice(C, True, True), True),
        (operation("!=", Choice(C, 2, 1), 1), C),
        (operation("==", Choice(C, 2, 1), 1), Not(C)),
        (operation("==", 3, Choice(C, 2, 1)), False),
        (operation("==", Choice(C, A, 1), 1), Operation("==", Choice(C, A, 1), 1)),
        (choice(True, A, B), A),
        (choice(False, A, B), B),
        (choice(C, A, A), A),
        (choice(C, A, B), Choice(C, A, B)),
        (apply("max", (A, 3)), Apply("max", (A, 3))),
        (apply("max", (2, 3)), 3),
        (apply("len", (Items((A, 3)),)), 2),
        (apply("len", (A,)), Apply("len", (A,))),
        (sizes((A, 3)), Sizes((A, 3))),
        (sizes((2, 3)), (2, 3)),
        (items((A, 3)), Items((A, 3))),
        (items((2, 3)), Listed((2, 3))),
    ],
)
def test_other_builders(found: Expression, expected: Expression) -> None:
    assert found == expected
    assert type(found) is type(expected)


# --- substitution ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "values", "expected"),
    [
        (A, {}, A),
        (A, {"a": 3}, 3),
        (A, {"a": B}, B),
        (A, {"b": 3}, A),
        (operation("*", A, B), {"a": 2}, Operation("*", 2, B)),
        (operation("*", A, B), {"a": 1}, B),
        (operation("+", A, 1), {"a": operation("-", B, 1)}, B),
        (operation("/", A, 2), {"a": 5}, 2.5),
        (operation("==", A, B), {"a": 1, "b": True}, False),
        (Element(A, 1), {"a": Listed((4, 5))}, 5),
        (Element(A, B), {"a": Listed((4, 5))}, Element(Listed((4, 5)), B)),
        (Element(A, B), {"a": Items((C, 5)), "b": 0}, C),
        (Apply("max", (A, 3)), {"a": 2}, 3),
        (Apply("min", (A, B)), {"a": 2}, Apply("min", (2, B))),
        (Apply("range", (A,)), {"a": 2}, Listed((0, 1))),
        (Apply("len", (A,)), {"a": Items((B, C))}, 2),
        (Not(A), {"a": True}, False),
        (Not(A), {"a": Not(B)}, B),
        (Choice(A, B, C), {"a": True}, B),
        (Choice(A, B, C), {"a": False, "c": 4}, 4),
        (Choice(A, B, C), {"b": 4, "c": 4}, 4),
        (Sizes((A, B)), {"a": 2, "b": 3}, (2, 3)),
        (Sizes((A, B)), {"a": 2}, Sizes((2, B))),
        (Items((A, B)), {"a": 2, "b": 3}, Listed((2, 3))),
        (7, {"a": 2}, 7),
        ("same", {"same": 2}, "same"),
    ],
)
def test_substitution(
    expression: Expression, values: dict[str, Expression], expected: Expression
) -> None:
    found = substitute(expression, values)
    assert found == expected
    assert type(found) is type(expected)


def test_substitution_does_not_go_on_into_what_was_put_in() -> None:
    assert substitute(operation("+", A, B), {"a": B, "b": A}) == Operation("+", B, A)


@pytest.mark.parametrize(
    ("expression", "values", "error"),
    [
        (operation("/", A, B), {"a": 1, "b": 0}, ArithmeticError),
        (operation("%", A, B), {"a": 1, "b": 0}, ArithmeticError),
        (Element(A, 2), {"a": Listed((1, 2))}, IndexError),
        (operation("+", A, B), {"a": 1, "b": Listed((1,))}, TypeError),
        (Apply("zip", (A, B)), {"a": Listed((1,)), "b": Listed((1, 2))}, ValueError),
        (Apply("range", (A, 9, B)), {"a": 1, "b": 0}, ValueError),
        (Apply("range", (A, B)), {"a": 0, "b": 2**62}, ValueError),
        (Apply("range", (A, B)), {"a": -(2**63), "b": 2**63}, ArithmeticError),
    ],
)
def test_what_has_no_value(
    expression: Expression, values: dict[str, Expression], error: type[Exception]
) -> None:
    with pytest.raises(error):
        substitute(expression, values)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (Listed((1, 2)), (1, 2)),
        (Items((A, 2)), (A, 2)),
        (Apply("range", (1, 3)), (1, 2)),
        (Apply("range", (A, 3)), None),
        (A, None),
        (Apply("enumerate", (Items((A, B)),)), (Items((0, A)), Items((1, B)))),
        (Apply("enumerate", (A,)), None),
        (Apply("zip", (Items((A, B)), C)), (Items((A, Element(C, 0))), Items((B, Element(C, 1))))),
    ],
)
def test_what_a_loop_goes_over(values: Expression, expected: tuple[Expression, ...] | None) -> None:
    assert rows(values) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (Listed((1, 2)), True),
        (Items((A,)), True),
        (Apply("range", (A,)), True),
        (Apply("zip", (A, B)), True),
        (Choice(C, A, Listed((1,))), True),
        (Operation("+", A, Apply("enumerate", (B,))), True),
        (A, False),
        ((3, 3), False),
        (Apply("len", (A,)), False),
        (Choice(C, A, B), False),
    ],
)
def test_what_is_seen_to_be_a_list(values: Expression, expected: bool) -> None:
    assert is_list(values) is expected


# --- looking into them -----------------------------------------------------------------------

EVERY = Choice(
    Not(Operation("<", A, 1)),
    Element(Items((B, Apply("max", (C, 2)))), 0),
    Sizes((Symbol(IN_CHANNELS), 3)),
)


def test_names_are_found_in_every_kind() -> None:
    assert names(EVERY) == {"a", "b", "c", IN_CHANNELS}
    assert {type(each) for each in walk(EVERY)} == {
        Choice, Not, Operation, Symbol, Element, Items, Apply, Sizes, int,
    }  # fmt: skip


def test_substituting_nothing_keeps_every_kind() -> None:
    assert substitute(EVERY, {}) == substitute(EVERY, {"d": 1})
    inside = [each for each in walk(EVERY) if not isinstance(each, Symbol)]
    assert all(substitute(part, {}) is not None for each in inside for part in parts_of(each))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (3, True),
        (0.5, True),
        (True, True),
        ("same", True),
        ((1, (2, 3)), True),
        (Listed((1, 2)), True),
        (A, False),
        (Operation("+", 1, A), False),
        (Element(Listed((1, 2)), A), False),
        (Apply("max", (A, 1)), False),
        (Sizes((A, 1)), False),
        (Items((A, 1)), False),
        (Not(A), False),
        (Choice(A, 1, 2), False),
    ],
)
def test_what_is_constant(expression: Expression, expected: bool) -> None:
    assert is_constant(expression) is expected
    assert (names(expression) == frozenset()) is expected


@pytest.mark.parametrize(("signs", "long"), [(MOST_PARTS // 2 - 1, False), (MOST_PARTS // 2, True)])
def test_what_is_too_long_to_be_read(signs: int, long: bool) -> None:
    expression: Expression = A
    for _ in range(signs):
        expression = operation("//", expression, B)
    assert is_long(expression) == long
