"""What each kind of argument takes, and as what it reads it."""

from __future__ import annotations

import pytest

from cnngen.ops.kinds import (
    LARGEST,
    Kind,
    Misfit,
    Value,
    any_real,
    per_axis,
    real,
    switch,
    whole,
    word,
)

INFINITY = float("inf")
NAN = float("nan")


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (whole(), 1, 1),
        (whole(), LARGEST, LARGEST),
        (whole(maximum=9), 9, 9),
        (per_axis(), LARGEST, (LARGEST, LARGEST)),
        (per_axis(), (1, LARGEST), (1, LARGEST)),
        (whole(0), 0, 0),
        (whole(3), 3, 3),
        (real(0), 0, 0.0),
        (real(0), 2.5, 2.5),
        (real(0, 1), 0, 0.0),
        (real(0, 1), 1, 1.0),
        (real(0, 1, open_end=True), 0, 0.0),
        (real(0, 1, open_end=True), 0.999, 0.999),
        (real(0, open_end=True), 1e-12, 1e-12),
        (any_real(), 0, 0.0),
        (any_real(), -2, -2.0),
        (any_real(), -0.5, -0.5),
        (switch(), True, True),
        (switch(), False, False),
        (switch("auto"), "auto", "auto"),
        (switch("auto"), True, True),
        (word("exact", "tanh"), "tanh", "tanh"),
        (per_axis(), 3, (3, 3)),
        (per_axis(), (3, 5), (3, 5)),
        (per_axis(), 1, (1, 1)),
        (per_axis(0), 0, (0, 0)),
        (per_axis(0), (0, 2), (0, 2)),
        (per_axis(0, "same"), "same", "same"),
        (per_axis(1, "global"), "global", "global"),
    ],
)
def test_taken(kind: Kind, value: Value, expected: Value) -> None:
    found = kind.read(value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (whole(), 0),
        (whole(), -1),
        (whole(3), 2),
        (whole(), LARGEST + 1),
        (whole(), 2**40),
        (whole(maximum=9), 10),
        (per_axis(), LARGEST + 1),
        (per_axis(), (LARGEST + 1, 1)),
        (per_axis(), (1, LARGEST + 1)),
        (whole(), 1.0),
        (whole(), True),
        (whole(), "1"),
        (whole(), (1, 1)),
        (real(0), -0.1),
        (real(0), INFINITY),
        (real(0), NAN),
        (real(0), True),
        (real(0), "0"),
        (real(0), (1, 2)),
        (real(0, 1), 1.1),
        (real(0, 1), -0.1),
        (real(0, 1, open_end=True), 1),
        (real(0, 1, open_end=True), 1.0),
        (real(0, open_end=True), 0),
        (real(0, open_end=True), INFINITY),
        (any_real(), True),
        (any_real(), "1"),
        (any_real(), (1, 2)),
        (switch(), 1),
        (switch(), 0),
        (switch(), "auto"),
        (switch("auto"), "none"),
        (switch(), ()),
        (word("exact", "tanh"), "sigmoid"),
        (word("exact", "tanh"), True),
        (word("exact", "tanh"), 1),
        (per_axis(), 0),
        (per_axis(), -1),
        (per_axis(), 3.0),
        (per_axis(), True),
        (per_axis(), (3, 0)),
        (per_axis(), (0, 3)),
        (per_axis(), (3, 3.0)),
        (per_axis(), (3, True)),
        (per_axis(), (3,)),
        (per_axis(), (3, 3, 3)),
        (per_axis(), ()),
        (per_axis(), "same"),
        (per_axis(0), -1),
        (per_axis(0), (0, -1)),
        (per_axis(0, "same"), "valid"),
    ],
)
def test_refused(kind: Kind, value: Value) -> None:
    with pytest.raises(Misfit):
        kind.read(value)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (whole(), LARGEST + 1, "at most 2,147,483,647"),
        (whole(maximum=9), 10, "at most 9"),
        (per_axis(), (1, LARGEST + 1), "at most 2,147,483,647"),
        (whole(), 0, ""),
        (per_axis(), (0, 1), ""),
    ],
)
def test_what_is_said_of_what_is_too_large(kind: Kind, value: Value, expected: str) -> None:
    with pytest.raises(Misfit) as misfit:
        kind.read(value)
    assert misfit.value.expected == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (whole(), "a whole number of at least 1"),
        (real(0), "a number of at least 0"),
        (real(0, 1), "a number from 0 to 1"),
        (real(0, 1, open_end=True), "a number from 0 to below 1"),
        (real(0, open_end=True), "a number greater than 0"),
        (any_real(), "a number"),
        (switch(), "`true` or `false`"),
        (switch("auto"), "`true` or `false`, or `auto`"),
        (word("exact", "tanh"), "`exact` or `tanh`"),
        (per_axis(), "a size HxW or one number for all axes, at least 1"),
        (per_axis(0, "same"), "a size HxW or one number for all axes, or `same`"),
    ],
)
def test_what_is_expected(kind: Kind, expected: str) -> None:
    assert kind.expected == expected


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (whole(), ()),
        (switch("auto"), ("auto",)),
        (word("exact", "tanh"), ("exact", "tanh")),
        (per_axis(0, "same"), ("same",)),
    ],
)
def test_words(kind: Kind, words: tuple[str, ...]) -> None:
    assert kind.words == words
