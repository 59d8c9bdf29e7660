"""Two graphs held against each other, without any file."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cnngen.analysis.graph import MOST_PARTS, Builder, Graph, TooLargeError
from cnngen.analysis.same_graph import AlikeError, DifferentError, same_layers

KERNEL = [(3, 3, 4, 4)]


def built(make: Callable[[Builder, int], int | dict[str, int]], *, detailed: bool = True) -> Graph:
    builder = Builder(detailed=detailed)
    made = make(builder, builder.input("x"))
    return builder.graph(made if isinstance(made, dict) else {"y": made})


def add(builder: Builder, *values: int) -> int:
    return builder.join("add", "add", [(value, (6, 6, 4)) for value in values])


def chain(*names: str) -> Graph:
    def make(builder: Builder, x: int) -> int:
        for name in names:
            x = builder.layer(name, KERNEL, [x])
        return x

    return built(make)


def sums(first: str, *pairs: str) -> Graph:
    """Layers side by side, whose names are letters, added in pairs, and the sums added."""

    def make(builder: Builder, x: int) -> int:
        side = {name: builder.layer(name, KERNEL, [x]) for name in first}
        made = [add(builder, *(side[name] for name in pair)) for pair in pairs]
        return add(
            builder, *(builder.layer(p, KERNEL, [y]) for p, y in zip(pairs, made, strict=True))
        )

    return built(make)


def test_layers_one_after_another() -> None:
    assert same_layers(chain("a", "b"), chain("c", "d")) == {"a": "c", "b": "d"}


def test_layers_that_are_applied_again_are_the_same_each_time() -> None:
    ours = chain("a", "b", "b", "a")
    assert same_layers(ours, chain("c", "d", "d", "c")) == {"a": "c", "b": "d"}
    for theirs in (("c", "d", "c", "d"), ("c", "c", "d", "d"), ("c", "d", "d", "e")):
        with pytest.raises(DifferentError):
            same_layers(ours, chain(*theirs))


def test_layers_that_nothing_tells_apart_are_refused() -> None:
    with pytest.raises(AlikeError) as error:
        same_layers(sums("ab", "ab"), sums("pq", "pq"))
    assert error.value.layers == ["a", "b"]


@pytest.mark.parametrize("names", [("one", "two"), ("two", "one")])
def test_outputs_go_by_their_names(names: tuple[str, str]) -> None:
    def ours(builder: Builder, x: int) -> dict[str, int]:
        return {"one": builder.layer("a", KERNEL, [x]), "two": builder.layer("b", KERNEL, [x])}

    def theirs(builder: Builder, x: int) -> dict[str, int]:
        return {name: builder.layer(name, KERNEL, [x]) for name in names}

    found = same_layers(built(ours), built(theirs))
    assert found == {"a": "one", "b": "two"}


def test_outputs_with_other_names_go_by_their_order() -> None:
    def ours(builder: Builder, x: int) -> dict[str, int]:
        return {name: builder.layer(name, KERNEL, [x]) for name in ("p", "q")}

    def theirs(builder: Builder, x: int) -> dict[str, int]:
        q, p = (builder.layer(name, KERNEL, [x]) for name in ("second", "first"))
        return {"z": p, "a": q}

    found = same_layers(built(ours), built(theirs))
    assert found == {"p": "first", "q": "second"}


def test_values_that_are_the_same_are_one() -> None:
    builder = Builder(detailed=True)
    x = builder.input("x")
    a, b = (builder.pool("maxpool", name, x, (3, 3), ()) for name in "ab")
    assert a == b
    assert add(builder, a, b) == a


def test_channels_that_begin_within_a_part() -> None:
    builder = Builder(detailed=True)
    x, y = builder.input("x"), builder.input("y")
    both = builder.concat("both", [(x, 4), (y, 6)])
    assert builder.slice("s", both, 4, 10, 10) == y
    assert builder.slice("s", both, 6, 8, 10) == builder.slice("t", y, 2, 4, 6)
    across = builder.slice("s", both, 2, 6, 10)
    assert across not in (x, y, both)


def test_concatenations_that_grow_without_end_are_refused() -> None:
    builder = Builder(detailed=True)
    x = builder.input("x")

    def grow(x: int) -> int:
        for _ in range(MOST_PARTS):
            x = builder.concat("twice", [(x, 1), (x, 1)])
        return x

    with pytest.raises(TooLargeError):
        grow(x)
