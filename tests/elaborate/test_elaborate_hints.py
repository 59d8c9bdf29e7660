"""Whatever looks for a hint has a bound: what a source holds must not decide how long it takes."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

import pytest
from elaborating import body_codes, codes_of

from cnngen.choice import Choice
from cnngen.diagnostics import suggest
from cnngen.elaborate import foreign, joins, stated
from cnngen.elaborate.blocks import MOST_SHOWN, usage
from cnngen.source import Source
from cnngen.syntax import ast
from cnngen.syntax.parser import parse

LONG = "a" * 100_000
MOST_WORK = 2_000
"""How often a test lets something be tried; without a bound, it would be tried far more often."""


class Counter:
    """Stands in for a function and counts its calls; too many end the test, not the patience."""

    def __init__(self, function: Any) -> None:
        self.function, self.calls = function, 0

    def __call__(self, *arguments: Any) -> Any:
        self.calls += 1
        assert self.calls <= MOST_WORK, "no bound"
        return self.function(*arguments)


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> Counter:
    counter = Counter(stated._gives)
    monkeypatch.setattr(stated, "_gives", counter)
    return counter


@pytest.mark.parametrize(
    "layer",
    [
        "maxpool 500000 ceil=true",
        "avgpool 500000 ceil=true",
        "maxpool 500000 pad=same",
        "conv 5 1000000x1 pad=same",
        "depthwise_conv 1x1000000 pad=same multiplier=2",
        "conv_transpose 3 100000",
    ],
)
def test_a_wide_window(layer: str, tried: Counter) -> None:
    assert body_codes(f"input 8x8x3\n{layer} -> 4x4x3") == ["E301"]
    assert 0 < tried.calls < 100


def test_what_keeps_the_shape_is_passed_over_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = Counter(stated.same_size)
    monkeypatch.setattr(stated, "same_size", counter)
    assert body_codes("input 8x8x3\n" + "relu\n" * 5_000 + "relu -> 4x4x3") == ["E301"]
    assert counter.calls == stated.MOST_STEPS_BACK


# --- did you mean ------------------------------------------------------------------------------


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter]:
    """Counts comparisons of words, each of them of two short ones."""

    def compare(matcher: SequenceMatcher[str]) -> float:
        assert max(len(matcher.a), len(matcher.b)) <= suggest.LONGEST_COMPARED
        return quick(matcher)

    quick = SequenceMatcher.real_quick_ratio
    counter = Counter(compare)
    monkeypatch.setattr(SequenceMatcher, "real_quick_ratio", lambda self: counter(self))
    suggest._nearest.cache_clear()
    yield counter
    suggest._nearest.cache_clear()


def test_long_words_are_not_compared(compared: Counter) -> None:
    assert suggest.nearest(LONG, [LONG + "b", "relu"]) is None
    assert suggest.nearest("rela", [LONG, "relu"]) == "relu"
    assert compared.calls == 1


def test_of_longer_words_fewer_are_compared(compared: Counter) -> None:
    names = [f"{'ab' * 49}{i:02}" for i in range(99)]
    assert suggest.nearest("x" * 100, names) is None
    assert compared.calls == suggest.MOST_PAIRS // 100**2


def test_so_many_words_are_compared(compared: Counter) -> None:
    assert suggest.nearest("relu", (f"name{i}" for i in range(10**9))) is None
    assert compared.calls == suggest.MOST_COMPARED


@pytest.mark.parametrize(
    ("before", "mistake", "code"),
    [
        ("let name{} = 1", "conv nameless 3x3", "E203"),
        ("let name{} = 1", "conv kx3 3x3", "E203"),
        ("name{}: relu", "concat nameless", "E222"),
    ],
)
def test_a_mistake_in_a_loop_among_many_names(
    before: str, mistake: str, code: str, compared: Counter
) -> None:
    names = "\n".join(before.format(i) for i in range(3_000))
    body = f"input 8x8x3\n{names}\nrepeat 100 {{ {mistake} }}"
    assert body_codes(body) == [code]
    assert compared.calls <= suggest.MOST_COMPARED + 10


def test_a_mistake_in_a_loop_among_many_blocks(compared: Counter) -> None:
    blocks = "\n".join(f"block name{i} {{ relu }}" for i in range(3_000))
    body = "input 8x8x3\nrepeat 100 { nameless }"
    assert body_codes(body, blocks=blocks) == ["E201"]
    assert compared.calls <= suggest.MOST_COMPARED


def test_labels_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = Counter(joins._labels)
    monkeypatch.setattr(joins, "_labels", counter)
    assert body_codes("input 8x8x3\na: relu\nrepeat 100 { concat b }") == ["E222"]
    assert counter.calls == 1


def test_the_number_of_names_is_told_only_where_they_were_counted() -> None:
    names = [f"name{i}" for i in range(1_500)]
    assert suggest.listed(names[:14]).endswith("and 2 more")
    assert suggest.listed(names).endswith("and many more")


def test_a_long_word_is_no_word_of_another_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "re", None)
    assert foreign.foreign_hint(LONG) == ""


# --- blocks with many parameters ---------------------------------------------------------------


def many(count: int) -> str:
    return f"block b({', '.join(f'p{i}=1' for i in range(count))}) {{ relu }}"


def test_a_hint_shows_so_many_parameters() -> None:
    file, _ = parse(Source("a.cnn", many(10_000)))
    (block,) = file.definitions
    assert isinstance(block, ast.Block)
    shown = usage(block)
    assert shown.startswith("b [p0=1] [p1=1]")
    assert shown.endswith(f"[p{MOST_SHOWN - 1}=1] ...")


def test_the_parameters_of_a_block_are_work() -> None:
    network = "network N {\ninput 8x8x3\nrepeat 100 { b }\n}"
    few = Choice(most_steps=2_000)
    assert codes_of(f"{many(10)}\n{network}", few) == []
    assert codes_of(f"{many(1_000)}\n{network}", few) == ["E218"]
