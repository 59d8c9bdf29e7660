"""Blocks cost what they hold once; what would take for ever ends in a diagnostic."""

from __future__ import annotations

import pytest
from elaborating import body_codes, codes_of, network
from work import counted

from cnngen.choice import MOST_LEVELS, MOST_STEPS, Choice
from cnngen.elaborate import elaborate
from cnngen.ir import distinct, layers
from cnngen.source import Source
from cnngen.syntax.parser import parse

HEAD = "input 8x8x4\n"
BODY = "\n".join(["conv 4 3x3 pad=1, bn, relu"] * 10)


def nested(levels: int, body: str) -> str:
    """Blocks b0, b1, ..., each of which uses the one before it in ``body``."""
    rows = [f"block b{i} () {{ {body.replace('$', f'b{i - 1}')} }}" for i in range(1, levels + 1)]
    return "\n".join(["block b0 () { relu }", *rows])


def test_equal_uses_share_one_body() -> None:
    made = network(HEAD + "repeat 1000 { b }", blocks=f"block b() {{\n{BODY}\n}}")
    bodies = {id(item.body) for item in made.body.items}  # type: ignore[union-attr]
    assert len(made.body.items) == 1000
    assert len(bodies) == 1
    assert len(list(distinct(made.body))) == 1000 + 30
    assert len(list(layers(made.body))) == 1000 * 30


def test_equal_uses_are_walked_once() -> None:
    used, written = (
        _calls(f"{HEAD}repeat 300 {{ {body} }}", f"block b() {{\n{BODY}\n}}")
        for body in ("b", BODY)
    )
    assert used < written / 3


def _calls(body: str, blocks: str) -> int:
    with counted() as work:
        network(body, blocks=blocks)
    return work.calls


def test_a_shared_body_counts_each_time() -> None:
    """Code that goes over all layers is bounded as well."""
    blocks = f"block b() {{\n{BODY}\n}}"
    most = MOST_STEPS // 30
    assert body_codes(f"{HEAD}repeat {most} {{ b }}", blocks=blocks) == ["E218"]
    text = f"{blocks}\nnetwork Net {{\n{HEAD}repeat 10 {{ b }}\n}}\n"
    assert codes_of(text, Choice(most_steps=300)) == ["E218"]
    assert codes_of(text, Choice(most_steps=600)) == []


@pytest.mark.parametrize(
    "body", ["$, $", "$\n$", "repeat 2 { $ }", "residual { $, $ }", "concat {\n$\n$\n}"]
)
def test_doubling_at_each_level_ends_soon(body: str) -> None:
    with counted() as work:
        assert body_codes(HEAD + "b31", blocks=nested(31, body)) == ["E218"]
    assert work.calls < 2 * MOST_STEPS


def test_doubling_below_the_limit_is_quick() -> None:
    with counted() as work:
        made = network(HEAD + "b12", blocks=nested(12, "$, $"))
    assert work.calls < 50 * 2**12
    assert len(list(distinct(made.body))) == 1 + 12 * 2 + 1
    assert len(list(layers(made.body))) == 2**12


@pytest.mark.parametrize(
    "blocks",
    [
        "block a() { a }",
        "block a() { b }\nblock b() { a }",
        "block a() { b }\nblock b() { c }\nblock c() { relu, a }",
        "block a() { g: { relu, residual { a } } }",
        "block a() { residual { relu } shortcut { a } }",
        "block a(n=3) { if n > 0 { a n - 1 } else { relu } }",
        "block a(n=3) { repeat n { relu\na n - 1 } }",
    ],
)
def test_recursion(blocks: str) -> None:
    assert body_codes(HEAD + "a", blocks=blocks) == ["E221"]


def test_a_block_may_stand_in_another_twice() -> None:
    blocks = "block c() { relu }\nblock b() { c }\nblock a() { c, b, c, b }"
    assert body_codes(HEAD + "a, c, b, a", blocks=blocks) == []


@pytest.mark.parametrize(
    ("levels", "codes"), [(MOST_LEVELS - 2, []), (MOST_LEVELS - 1, ["E114"]), (500, ["E114"])]
)
def test_blocks_are_nested_so_deep(levels: int, codes: list[str]) -> None:
    """The network's braces are one level, those of the innermost block another."""
    assert body_codes(f"{HEAD}b{levels}", blocks=nested(levels, "$")) == codes


@pytest.mark.parametrize("most", [3, 4])
def test_levels_of_braces_and_blocks_add_up(most: int) -> None:
    text = f"{nested(1, '$')}\nnetwork Net {{\n{HEAD}residual {{ b1 }}\n}}\n"
    assert codes_of(text, Choice(most_levels=most)) == (["E114"] if most < 4 else [])


def test_one_mistake_in_a_block_is_one_diagnostic() -> None:
    blocks = "block b(c) { conv c 3x3 groups=3 }"
    assert body_codes(HEAD + "b 4\nb 8\nrepeat 5 { b 4 }", blocks=blocks) == ["E305"]


@pytest.mark.parametrize(("items", "codes"), [(5, []), (500, ["E218"])])
def test_a_long_expression_is_work_by_its_length(items: int, codes: list[str]) -> None:
    line = f"let n = [{', '.join(['1 * 1'] * items)}]"
    text = f"network Net {{\n{HEAD}repeat 50 {{ {line} }}\nrelu\n}}\n"
    assert codes_of(text, Choice(most_steps=2_500)) == codes


@pytest.mark.parametrize("levels", [2, 30])
def test_so_many_uses_are_shown_of_the_way_to_a_mistake(levels: int) -> None:
    blocks = nested(levels, "$").replace("{ relu }", "{ rellu }")
    file, _ = parse(Source("a.cnn", f"{blocks}\nnetwork Net {{\n{HEAD}b{levels}\n}}\n"))
    _, (diagnostic,) = elaborate(file, Choice())[:2]
    assert len(diagnostic.related) == min(levels + 1, 6)
