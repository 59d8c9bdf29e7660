"""What expressions are worth."""

from __future__ import annotations

import pytest
from elaborating import body_codes, value, value_code
from hypothesis import given, settings
from hypothesis import strategies as st

from cnngen.elaborate.evaluate import DEEPEST, LONGEST
from cnngen.ops.kinds import Value

NAMES: dict[str, Value] = {
    "k": 5,
    "n": 2,
    "half": 2.5,
    "yes": True,
    "row": value("[1, 2, 3]"),
    "rows": value("[[1, 2], [3, 4]]"),
    "empty": value("[]"),
    "size": (3, 3),
}


def same(found: Value, expected: Value) -> bool:
    """Equal and of one type: 1, 1.0 and true are three values."""
    if isinstance(found, tuple) and isinstance(expected, tuple):
        return len(found) == len(expected) and all(map(same, found, expected))
    return type(found) is type(expected) and found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", 3),
        ("0.5", 0.5),
        ("1e-5", 1e-5),
        ("2.5e3", 2500.0),
        ("true", True),
        ("false", False),
        ('"text"', "text"),
        ("3x4", (3, 4)),
        ("28x28x6", (28, 28, 6)),
        ("k", 5),
        ("row", (1, 2, 3)),
    ],
)
def test_literals_and_names(text: str, expected: Value) -> None:
    assert same(value(text, NAMES), expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 + 3", 5),
        ("2 - 3", -1),
        ("2 * 3", 6),
        ("2 + 0.5", 2.5),
        ("2 * 0.5", 1.0),
        ("224 / 2", 112),
        ("0 / 7", 0),
        ("-6 / 3", -2),
        ("1 / 2", 0.5),
        ("7 / 2", 3.5),
        ("6.0 / 3", 2.0),
        ("7 // 2", 3),
        ("-7 // 2", -4),
        ("7.5 // 2", 3.0),
        ("7 % 3", 1),
        ("-7 % 3", 2),
        ("-3", -3),
        ("--3", 3),
        ("-half", -2.5),
        ("2 - -3", 5),
        ("k * n - 1", 9),
    ],
)
def test_arithmetic(text: str, expected: Value) -> None:
    assert same(value(text, NAMES), expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 < 2", True),
        ("2 < 2", False),
        ("2 <= 2", True),
        ("3 > 2.5", True),
        ("2 >= 3", False),
        ("2 == 2", True),
        ("2 == 2.0", True),
        ("2 != 2", False),
        ("2 != 3", True),
        ("true == true", True),
        ("true != false", True),
        ("1 == true", False),
        ("0 == false", False),
        ("[1] == [true]", False),
        ("row == [1, 2, 3]", True),
        ("row == [1, 2]", False),
        ("3x3 == [3, 3]", True),
        ("row == 1", False),
        ('"a" == "a"', True),
        ("true and false", False),
        ("true and true", True),
        ("false or true", True),
        ("false or false", False),
        ("not true", False),
        ("not not true", True),
    ],
)
def test_truth(text: str, expected: bool) -> None:
    assert same(value(text, NAMES), expected)


@pytest.mark.parametrize(
    ("text", "expected"), [("false and 1 / 0 == 1", False), ("true or 1 / 0 == 1", True)]
)
def test_what_decides_nothing_is_not_worked_out(text: str, expected: bool) -> None:
    assert value(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 if yes else 2", 1),
        ("1 if not yes else 2", 2),
        ("1 if k == 4 else 2 if k == 5 else 3", 2),
        ("(1 if yes else 2) if k > 9 else 3", 3),
        ("1 if (false if yes else true) else 2", 2),
        ("k + 1 if yes else k", 6),
        ("n x n if yes else 1x1", (2, 2)),
        ("[1 if yes else 2, 3]", (1, 3)),
        ("max(1 if yes else 2, 0)", 1),
        ("row[0 if yes else 1]", 1),
        ("row if yes else[4]", (1, 2, 3)),
        ("row if not yes else[4]", (4,)),
        ("1 if not yes else(4)", 4),
        ("yes if yes or not yes else not yes", True),
    ],
)
def test_conditional_values(text: str, expected: Value) -> None:
    assert same(value(text, NAMES), expected)


@pytest.mark.parametrize("text", ["7 if yes else row[9]", "1 / 0 if not yes else 7"])
def test_the_way_that_is_not_taken_may_have_no_value(text: str) -> None:
    assert value(text, NAMES) == 7


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("100 / 10 / 5", 2),
        ("7 // 2 * 2", 6),
        ("-k + 1", -4),
        ("-2 % 3", 1),
        ("1 + 1 < 3", True),
        ("not 1 == 2", True),
        ("true or false and false", True),
        ("not true or true", True),
        ("1 < 2 and 2 < 3", True),
        ("n + 1 x n * 2", (3, 4)),
        ("2 x 2 == 2x2", True),
        ("k // n x k % 3 x -k", (2, 2, -5)),
        ("-row[1]", -2),
        ("row[0] + row[2]", 4),
    ],
)
def test_precedence(text: str, expected: Value) -> None:
    assert same(value(text, NAMES), expected)


def _joined(operators: list[str]) -> st.SearchStrategy[str]:
    """Sums and comparisons of small numbers, as Python would write them too."""
    return st.recursive(
        st.integers(0, 20).map(str),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(operators), inner).map(" ".join),
            inner.map(lambda text: f"({text})"),
            inner.map(lambda text: f"-({text})"),
            inner.map(lambda text: f"-{text}"),
        ),
        max_leaves=8,
    )


@settings(deadline=None)
@given(_joined(["+", "-", "*", "//", "%"]))
def test_whole_numbers_are_as_in_python(text: str) -> None:
    try:
        expected = eval(text)
    except ZeroDivisionError:
        assert value_code(text) == "E214"
    else:
        assert same(value(text), expected)


@settings(deadline=None)
@given(st.lists(_joined(["+", "*"]), min_size=4, max_size=4), st.data())
def test_logic_is_as_in_python(numbers: list[str], data: st.DataObject) -> None:
    compare = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    join = st.sampled_from(["and", "or", "and not", "or not"])
    a, b, c, d = numbers
    first, second = data.draw(compare), data.draw(compare)
    text = f"{a} {first} {b} {data.draw(join)} {c} {second} {d}"
    assert value(text) is eval(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("k x 3", (5, 3)),
        ("k x k x n", (5, 5, 2)),
        ("k - 1 x n", (4, 2)),
        ("(k) x 3", (5, 3)),
        ("3 x 3", (3, 3)),
        ("row[0] x row[1] x row[2]", (1, 2, 3)),
        ("max(k, 9) x 1", (9, 1)),
    ],
)
def test_sizes_with_names(text: str, expected: Value) -> None:
    assert same(value(text, NAMES), expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", ()),
        ("[1]", (1,)),
        ("[1, 2.5, true]", (1, 2.5, True)),
        ("[1, 2,]", (1, 2)),
        ("[\n  1,\n  2,\n]", (1, 2)),
        ("[[1, 2], [k, n]]", ((1, 2), (5, 2))),
        ("[3x3, 1x1]", ((3, 3), (1, 1))),
        ("[1] + [2, 3]", (1, 2, 3)),
        ("row + empty + row", (1, 2, 3, 1, 2, 3)),
        ("[1] + [2] + [3] + [4]", (1, 2, 3, 4)),
        ("range(2) + [7]", (0, 1, 7)),
        ("rows[0] + rows[1]", (1, 2, 3, 4)),
        ("size[1]", 3),
        ("row[0]", 1),
        ("row[len(row) - 1]", 3),
        ("rows[1]", (3, 4)),
        ("rows[1][0]", 3),
        ("[4, 5][1]", 5),
        ("(row + [4])[3]", 4),
        ("row[-1]", 3),
        ("row[-3]", 1),
        ("size[-2]", 3),
        ("rows[-1][-1]", 4),
    ],
)
def test_lists(text: str, expected: Value) -> None:
    assert same(value(text, NAMES), expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("min(3, 1, 2)", 1),
        ("min(3, 1.5)", 1.5),
        ("min(row)", 1),
        ("min(7)", 7),
        ("max(3, 1, 2)", 3),
        ("max(8, k)", 8),
        ("max(row + [9])", 9),
        ("floor(2.7)", 2),
        ("floor(-2.5)", -3),
        ("floor(7)", 7),
        ("ceil(2.1)", 3),
        ("ceil(-2.5)", -2),
        ("ceil(7)", 7),
        ("round(2.4)", 2),
        ("round(2.5)", 3),
        ("round(3.5)", 4),
        ("round(-2.5)", -2),
        ("round(7)", 7),
        ("round(9007199254740993)", 9007199254740993),
        ("round(0.49999999999999994)", 0),
        ("len([])", 0),
        ("len(rows)", 2),
        ("len(3x3)", 2),
        ("range(0)", ()),
        ("range(3)", (0, 1, 2)),
        ("range(1, 3)", (1, 2)),
        ("range(3, 1)", ()),
        ("range(-1, 1)", (-1, 0)),
        ("range(1, 8, 3)", (1, 4, 7)),
        ("range(3, 0, -1)", (3, 2, 1)),
        ("range(0, -2, 2)", ()),
        ("enumerate(row)", ((0, 1), (1, 2), (2, 3))),
        ("enumerate(rows)", ((0, (1, 2)), (1, (3, 4)))),
        ("enumerate(empty)", ()),
        ("enumerate(size)", ((0, 3), (1, 3))),
        ("zip(row, range(3))", ((1, 0), (2, 1), (3, 2))),
        ("zip(row, row, row)", ((1, 1, 1), (2, 2, 2), (3, 3, 3))),
        ("zip(row)", ((1,), (2,), (3,))),
        ("zip(empty, empty)", ()),
        ("enumerate(zip(row, row))[1][1]", (2, 2)),
        ("sum(row)", 6),
        ("sum(empty)", 0),
        ("sum(range(5))", 10),
        ("sum([-1, 3])", 2),
        ("floor(max(8, (30 * 1.4 + 4) // 8 * 8))", 40),
        ("round_to(32, 8)", 32),
        ("round_to(33.6, 8)", 32),
        ("round_to(36, 8)", 40),
        ("round_to(35, 8)", 32),
        ("round_to(35.9, 8)", 40),
        ("round_to(11, 8)", 16),
        ("round_to(10.8, 8)", 16),
        ("round_to(18.4, 8)", 24),
        ("round_to(3, 8)", 8),
        ("round_to(0.1, 8)", 8),
        ("round_to(16 * 0.75, 4)", 12),
        ("round_to(7.4, 1)", 7),
    ],
)
def test_functions(text: str, expected: Value) -> None:
    assert same(value(text, NAMES), expected)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1 / 0", "E214"),
        ("1 // 0", "E214"),
        ("1 % 0", "E214"),
        ("1 / 0.0", "E214"),
        ("1 + true", "E213"),
        ("row + 1", "E213"),
        ("row * 2", "E213"),
        ("row - row", "E213"),
        ("true < false", "E213"),
        ("row < row", "E213"),
        ("3x3 + 1x1", "E213"),
        ("row + size", "E213"),
        ("size + row", "E213"),
        ('"a" + "b"', "E213"),
        ("-true", "E213"),
        ("-row", "E213"),
        ("not 1", "E213"),
        ("1 and true", "E213"),
        ("true and 1", "E213"),
        ("0 or true", "E213"),
        ("half x 3", "E213"),
        ("half * 2 x 3", "E213"),
        ("k / 2 x 3", "E213"),
        ("yes x 3", "E213"),
        ("row x 3", "E213"),
        ("k[0]", "E213"),
        ("row[yes]", "E213"),
        ("row[1.0]", "E213"),
        ("row[3]", "E215"),
        ("row[-4]", "E215"),
        ("empty[-1]", "E215"),
        ("empty[0]", "E215"),
        ("sqrt(2)", "E216"),
        ("min()", "E213"),
        ("min([])", "E213"),
        ("min(row, 1)", "E213"),
        ("max(true)", "E213"),
        ("floor(row)", "E213"),
        ("floor(1, 2)", "E213"),
        ("round(true)", "E213"),
        ("len(3)", "E213"),
        ("len()", "E213"),
        ("range(-1)", "E213"),
        ("range(2.0)", "E213"),
        ("range()", "E213"),
        ("range(1, 2.0)", "E213"),
        ("range(1, 2, 0)", "E213"),
        ("range(1, 2, 3, 4)", "E213"),
        ("range(true, 2)", "E213"),
        ("range(1, row)", "E213"),
        ("enumerate(3)", "E213"),
        ("enumerate()", "E213"),
        ("enumerate(row, 1)", "E213"),
        ("zip()", "E213"),
        ("zip(row, 3)", "E213"),
        ("zip(row, [1, 2])", "E213"),
        ("sum(3)", "E213"),
        ("sum([1, 0.5])", "E213"),
        ("sum([1, true])", "E213"),
        ("sum(row, 1)", "E213"),
        ("1 if 1 else 2", "E213"),
        ("1 if row else 2", "E213"),
        ("1 if yes else sqrt(2)", "E216"),
        ("yes or sqrt(2)", "E216"),
        ("round_to(8)", "E213"),
        ("round_to(8, 0)", "E213"),
        ("round_to(8, 2.0)", "E213"),
        ("round_to(true, 8)", "E213"),
    ],
)
def test_mistakes(text: str, code: str) -> None:
    assert value_code(text, NAMES) == code


def _nested(levels: int) -> str:
    return "[" * levels + "1" + "]" * levels


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (_nested(DEEPEST), ""),
        (_nested(DEEPEST + 10), "E114"),
        ("-" * (DEEPEST + 10) + "1", "E114"),
        (" + ".join("1" * DEEPEST), ""),
        (" + ".join("1" * (DEEPEST + 10)), "E114"),
        ("(" * 300 + "1" + ")" * 300, ""),
    ],
    ids=["lists", "lists too deep", "signs", "sum", "sum too deep", "brackets do not count"],
)
def test_nesting_is_bounded(text: str, code: str) -> None:
    assert value_code(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"range({LONGEST - 1})", ""),
        (f"range({LONGEST})", ""),
        (f"[{', '.join('1' * LONGEST)}]", ""),
        (f"[{', '.join('1' * (LONGEST + 1))}]", "E115"),
        (f"range({LONGEST // 2}) + range({LONGEST // 2 + 1})", "E115"),
        (f"[range({LONGEST // 2}), range({LONGEST // 2})]", "E115"),
        (f"range({LONGEST + 1})", "E213"),
        (f"range(5, {LONGEST + 5})", ""),
        (f"range(5, {LONGEST + 6})", "E213"),
        ("range(-999999999999999999, 999999999999999999)", "E213"),
        ("range(0, 999999999999999999, 99999999999999999)", ""),
        (f"range(0, -{LONGEST * 2 + 1}, -2)", "E213"),
        (f"zip(range({LONGEST // 4}), range({LONGEST // 4}))", ""),
        (f"zip(range({LONGEST}), range({LONGEST}))", "E115"),
        (f"enumerate(range({LONGEST}))", "E115"),
        ("sum([999999999999999999, 999999999999999999] * 1)", "E213"),
        (f"sum([{', '.join(['999999999999999999'] * 10)}])", "E115"),
    ],
)
def test_lists_are_bounded(text: str, code: str) -> None:
    assert value_code(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("999999999999999999", ""),
        ("999999999999999999 * 9", ""),
        ("999999999999999999 * 10", "E115"),
        ("-999999999999999999 * 10", "E115"),
        ("1e300 * 1e300", "E115"),
        ("1e18 * 10", "E115"),
        ("ceil(1e300)", "E115"),
    ],
)
def test_numbers_are_bounded(text: str, code: str) -> None:
    assert value_code(text) == code


@pytest.mark.parametrize("text", ["1e400", "-1e400"])
def test_a_number_beyond_all_floats_is_refused(text: str) -> None:
    assert body_codes(f"input 8\nleaky_relu slope={text}")
