"""Warnings: what compiles, and is likely not what was meant."""

from __future__ import annotations

import pytest

from cnngen.backends import backend
from cnngen.compiler import Result, compile_source
from cnngen.elaborate import MOST_FOUND, MOST_MISTAKES
from cnngen.source import Source

TARGETS = [backend("torch"), backend("keras")]


def compiled(body: str, blocks: str = "") -> Result:
    text = f"{blocks}\nnetwork A {{\n{body}\n}}\n"
    return compile_source(Source("a.cnn", text), TARGETS, debug=True)


def codes_of(result: Result) -> list[str]:
    return [d.code.id for d in result.diagnostics]


@pytest.mark.parametrize(
    "body",
    [
        "input 8x8x4\navgpool global, groupnorm 4",
        "input 1x1x4\ngroupnorm 4 affine=false",
        "input 4\ngroupnorm 4",
        "input 1\ngroupnorm 1",
        "input 8x8x1\nlayernorm",
        "input 1\nlayernorm affine=false",
        "input 8x8x4\nflatten, dense 1, layernorm",
    ],
)
def test_a_norm_over_one_value(body: str) -> None:
    result = compiled(body)
    assert codes_of(result) == ["W302"]
    assert len(result.outputs) == 2


@pytest.mark.parametrize(
    "body",
    [
        "input 8x8x4\navgpool global, groupnorm 2",
        "input 1x2x4\ngroupnorm 4",
        "input 2x1x1\ngroupnorm 1",
        "input 1x1x2\nlayernorm",
        "input 8x8x1\nbn",
        "input 1\nbn",
        "input 1x1x1\nlrn 5",
    ],
)
def test_a_norm_over_more(body: str) -> None:
    assert codes_of(compiled(body)) == []


def test_a_warning_in_a_block_leaves_the_block_as_it_is() -> None:
    blocks = "block b(n) { groupnorm n, relu }"
    result = compiled("input 1x1x4\nb 4\nrepeat 3 { b 4 }\nresidual { b 4 }", blocks)
    assert codes_of(result) == ["W302"]
    assert len(result.outputs) == 2


def test_a_group_of_nothing_but_a_warning_is_no_empty_one() -> None:
    assert codes_of(compiled("input 1x1x4\ng: { groupnorm 4 }")) == ["W302"]


@pytest.mark.parametrize("turns", [MOST_MISTAKES, MOST_FOUND])
def test_many_warnings_end_nothing(turns: int) -> None:
    result = compiled("input 1x1x4\n" + f"repeat {turns} {{ groupnorm 4 }}")
    assert codes_of(result) == ["W302"]
    assert len(result.outputs) == 2
    result = compiled("input 1x1x4\n" + "groupnorm 4\n" * (MOST_MISTAKES + 20))
    assert codes_of(result) == ["W302"] * MOST_MISTAKES
    assert len(result.outputs) == 2


def test_a_mistake_after_many_warnings_is_found() -> None:
    result = compiled("input 1x1x4\n" + "groupnorm 4\n" * (MOST_MISTAKES + 20) + "rellu")
    assert codes_of(result) == ["W302"] * MOST_MISTAKES + ["E201"]
    assert result.outputs == ()
