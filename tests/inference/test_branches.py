"""Convolutions side by side as one: where, and that it gives the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnngen.ir import layers
from cnngen.source import Source
from inference.forms import EXACT, forms, reference_distance, torch_distances
from inference.test_keras import keras_distance


def source(body: str, shape: str = "7x9x4") -> Source:
    return Source("net.cnn", f"network Net {{\ninput {shape}\n{body}\n}}")


def paths(body: str) -> list[str]:
    (network,) = forms(source(body)).inferred
    return [path for path, _ in layers(network.body)]


def gives_the_same(text: Source, *, keras: bool = True) -> bool:
    made = forms(text)
    pairs = zip(made.trained, made.inferred, strict=True)
    assert all(reference_distance(one, other, made.plan) < EXACT for one, other in pairs)
    assert all(each < EXACT for each in torch_distances(text).values())
    return not keras or keras_distance(text) < EXACT


UNIT = """
e: identity
large: {{ {large} }}
from e, small: {small}, add large
{more}
relu
"""

REP_VGG = UNIT.format(large="c: conv 4 3x3 pad=1, b: bn", small="{ c: conv 4 1x1, b: bn }", more="")
WITH_NORM = UNIT.format(
    large="conv 4 3x3 pad=1 groups=2, bn",
    small="conv 4 1x1 groups=2 bias=true",
    more="s: identity, from e, own: bn, add s",
)
WITH_INPUT = UNIT.format(large="conv 4 5x3 pad=2x1", small="conv 4 1x3 pad=0x1", more="add e")


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (REP_VGG, ["large.c", "relu1"]),
        (WITH_NORM, ["large.0", "relu1"]),
        (WITH_INPUT, ["large.0", "relu1"]),
        ("r: relu, c: conv 6 3x3 pad=same, from r, d: conv 6 1x1, add c", ["r", "c"]),
        ("r: relu, d: conv 6 1x1, from r, c: conv 6 3x3 pad=1, add d", ["r", "c"]),
        ("r: relu, c: conv 4 3x3 pad=1, from r, b: bn affine=false, add c", ["r", "c"]),
        (
            "e: conv 4 1x1, c: conv 4 3x3 pad=1, from e, d: conv 4 1x1, add c, add e",
            ["e", "c"],
        ),
        (
            "r: relu, c: conv 6 3x3 pad=1 stride=2, from r, d: conv 6 1x1 stride=2, add c",
            ["r", "c"],
        ),
    ],
)
def test_branches_become_one_convolution(body: str, left: list[str]) -> None:
    assert paths(body) == left
    assert gives_the_same(source(body))


@pytest.mark.parametrize(
    "body",
    [
        "r: relu, c: conv 4 3x3 pad=1, s: relu, from r, d: conv 4 1x1, add s",
        "r: relu, c: conv 4 3x3 pad=1, from r, d: conv 4 1x1, multiply c",
        "r: relu, c: conv 4 3x3 pad=1, from r, d: conv 4 1x1, s: add c, relu, add d",
        "r: relu, c: conv 4 3x3 pad=1, from r, d: conv 4 1x1, add c, relu, reuse d",
        "r: relu, c: conv 4 3x3 pad=1 groups=2, from r, d: conv 4 1x1, add c",
        "r: relu, c: conv 4 2x2 pad=same, from r, d: conv 4 1x1, add c",
        "r: relu, c: conv 4 3x3 pad=1 pad_mode=reflect, from r, d: conv 4 1x1, add c",
        "r: relu, c: conv 4 3x3 pad=2 dilation=2, from r, d: conv 4 1x1, add c",
        "r: relu, c: conv 4 5x1 pad=2x0, from r, d: conv 4 1x5 pad=0x2, add c",
        "r: relu, c: conv 4 3x3 pad=same stride=2, from r, d: conv 4 1x1 stride=2, add c",
        "r: relu, c: conv 4 3x3 pad=1, add r",
    ],
)
def test_what_stays_side_by_side(body: str) -> None:
    made = forms(source(body))
    assert not made.plan.merged
    assert gives_the_same(source(body), keras=False)


BLOCKS = """
block plain { c: conv 4 3x3 pad=1, b: bn, relu }
block unit(more=true) {
    e: identity
    large: conv 4 3x3 pad=1
    from e
    small: { conv 4 1x1, bn }
    s: add large
    if more { from e, own: bn, add s }
    relu
}
block other { e: relu, large: conv 4 3x3 pad=1, from e, small: conv 4 1x1, multiply large }
"""


@pytest.mark.parametrize(
    ("body", "merged"),
    [
        ("unit, unit more=false, plain", 1),
        ("unit, other", 1),
        ("repeat 2 { unit }", 1),
        ("u: unit, relu, reuse u", 1),
        ("residual { unit }, b: bn", 1),
        ("g: { e: relu, k: conv 4 3x3 pad=1, from e, s: conv 4 1x1, add k }, relu", 1),
        ("g: { e: relu, k: { c: conv 4 3x3 pad=1 }, from e, s: conv 4 1x1, add k }, relu", 1),
    ],
)
def test_blocks_decide_for_all_uses(body: str, merged: int) -> None:
    text = Source("net.cnn", f"{BLOCKS}\nnetwork Net {{\ninput 8x8x4\n{body}\n}}")
    assert len(forms(text).plan.merged) == merged
    assert gives_the_same(text)


@pytest.mark.parametrize(
    "blocks",
    [
        # The name of the norm says that it is part of `c`, as it is in `plain`.
        "block unit { e: relu, c: conv 4 3x3 pad=1, from e, b: bn, add c, relu }",
        # What whoever makes the network may choose.
        "block unit(eps=1e-5) { e: relu, k: conv 4 3x3 pad=1, from e, n: bn eps=eps, add k }",
        # Others of the network add something else.
        "block unit { e: relu, k: conv 4 3x3 pad=1, from e, n: bn eps=0.1, add k }",
        # With a number it could be that of the layer before it.
        'block unit { e: relu, "0": conv 4 3x3 pad=1, from e, "1": bn, add "0", relu }',
        # Added twice in some uses.
        """
        block unit(more=true) {
            e: relu, k: conv 4 3x3 pad=1, from e, s: conv 4 1x1, t: add k
            if more { add k }
        }
        """,
        # In some uses alone.
        "block unit(more=true) { e: relu, k: conv 4 3x3 pad=1\nif more { from e, n: bn, add k } }",
    ],
)
def test_sums_whose_weights_could_not_be_found_stay(blocks: str) -> None:
    text = f"{BLOCKS.replace('block unit', 'block first')}\n{blocks}\n"
    made = Source("net.cnn", f"{text}network Net {{\ninput 8x8x4\nplain, unit\n}}")
    assert not forms(made).plan.merged
    assert gives_the_same(made)


KERNELS = ("1x1", "3x3", "1x3", "5x3")
AFTER = ("", " bias=false", ", bn", ", bn affine=shift", ", dropout 0.5")


@st.composite
def units(draw: st.DrawFn) -> str:
    """Branches of one value, added one after another: each of them may have a norm."""
    stride, groups = draw(st.sampled_from([1, 1, 2])), draw(st.sampled_from([1, 2]))
    lines = ["e: identity"]
    last = ""
    for number, kernel in enumerate(
        draw(st.lists(st.sampled_from(KERNELS), min_size=2, max_size=3))
    ):
        pad = "x".join(str(int(size) // 2) for size in kernel.split("x"))
        conv = f"conv 4 {kernel} pad={pad} stride={stride} groups={groups}"
        lines.append(f"from e, b{number}: {{ {conv}{draw(st.sampled_from(AFTER))} }}")
        if last:
            lines.append(f"s{number}: add {last}")
        last = f"s{number}" if last else f"b{number}"
    more = [f"from e, own: bn, add {last}", "add e"] if stride == 1 else []
    return "\n".join([*lines, draw(st.sampled_from(["relu", *more]))]).replace("from e, b0", "b0")


@given(units())
@settings(max_examples=20, deadline=None)
def test_random_branches_give_the_same(body: str) -> None:
    assert gives_the_same(source(body), keras=False)


@pytest.mark.parametrize(
    "body",
    [
        # A side head that reads a branch, and one that starts with a norm.
        "e: relu, k: conv 4 3x3 pad=1\naux h weight=1 { avgpool 2 }\nfrom e, s: conv 4 1x1, add k",
        "e: relu, k: conv 4 3x3 pad=1\naux h weight=0.3 { bn }\nfrom e, s: conv 4 1x1, add k",
        # What the branches start from has weights of its own.
        "e: conv 4 3x3 pad=1, k: conv 4 3x3 pad=1, from e, own: bn, add k, relu",
    ],
)
def test_what_is_around_branches_keeps_its_weights(body: str) -> None:
    assert gives_the_same(source(body))


def test_names_of_two_sums_that_overlap() -> None:
    """A name tells which convolution a layer is part of: one of the sums stays."""
    blocks = "block a { e: relu, c: conv 4 3x3 pad=1, from e, d: conv 4 1x1, add c }\n"
    blocks += "block b { e: relu, k: conv 4 3x3 pad=1\nfrom e, c: conv 4 1x1, s: add k\n"
    blocks += "from e, d: conv 4 1x1, add s }\n"
    for uses in ("a, b", "b, a"):
        text = Source("net.cnn", f"{blocks}network Net {{\ninput 8x8x4\n{uses}\n}}")
        assert len(forms(text).plan.merged) == 1
        assert gives_the_same(text)


MAYBE = (
    "add last",
    "add e",
    "from e, m: conv 4 1x1, add last",
    "from e, m: bn, add last",
    "from e, add last",
    "from last, add b0",
    "relu",
)


@given(
    st.sampled_from(["conv 4 3x3 pad=1", "{ c: conv 4 3x3 pad=1, b: bn }"]),
    st.sampled_from(["conv 4 1x1", "{ conv 4 1x1, bn }", "bn"]),
    st.sampled_from(MAYBE),
    st.sampled_from(["", "let k = channels\n"]),
)
@settings(max_examples=20, deadline=None)
def test_random_conditions_give_the_same(large: str, small: str, maybe: str, let: str) -> None:
    """What a condition adds, or adds again, in blocks, groups and loops."""
    unit = f"e: identity, b0: {large}\n{let}from e, b1: {small}, last: add b0\n"
    block = f"block unit(more=true) {{\n{unit}if more {{ {maybe} }}\nrelu\n}}"
    group = f"g: {{\n{unit}{maybe}\n}}"
    body = f"unit, unit more=false\n{group}\nrepeat 2 {{ {{\n{unit}}} }}"
    text = Source("net.cnn", f"{block}\nnetwork Net {{\ninput 7x9x4\n{body}\n}}")
    assert gives_the_same(text, keras=False)


def test_numbers_of_layers_without_weights_may_move() -> None:
    """Where a norm had its number, Keras has another layer of that name for inference."""
    blocks = "block plain { conv 4 3x3 pad=1, bn, relu }"
    text = Source(
        "net.cnn", f"{blocks}\nnetwork Net {{\ninput 8x8x4\nplain, r: relu\n{REP_VGG}\n}}"
    )
    assert gives_the_same(text)
