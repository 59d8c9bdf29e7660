"""1x1 convolutions behind average pools: where, and that it gives the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnngen.ir import Network, layers, total
from cnngen.source import Source
from inference.forms import EXACT, forms, reference_distance, torch_distances
from inference.test_keras import keras_distance

LAYERS = "c: {}, p: {}"


def source(body: str) -> Source:
    return Source("net.cnn", f"network Net {{\ninput 7x9x4\n{body}\n}}")


def order(network: Network) -> list[str]:
    return [path for path, _ in layers(network.body)]


@st.composite
def pairs(draw: st.DrawFn) -> str:
    """A 1x1 convolution, perhaps with a norm, and an average pool that may come first."""
    conv = "conv " + draw(st.sampled_from(["6 1x1", "2 1x1 groups=2", "3 1x1 pad=same"]))
    conv += draw(st.sampled_from([" bias=true", " bias=false"]))
    conv += draw(st.sampled_from(["", ", n: bn", ", dropout 0.5"]))
    pool = draw(
        st.sampled_from(
            [
                *("avgpool 2x2", "avgpool 3x2 stride=2x1", "avgpool global"),
                *("avgpool 3x3 stride=2 pad=1 count_pad=false", "avgpool 2x2 ceil=true"),
                "avgpool 3x3 stride=2 pad=same count_pad=false",
            ]
        )
    )
    return LAYERS.format(conv, pool)


@given(pairs())
@settings(max_examples=15, deadline=None)
def test_the_pool_comes_first_and_gives_the_same(body: str) -> None:
    made = forms(source(body))
    (before,), (after,) = made.trained, made.inferred
    assert order(after) == ["p", "c"]
    assert total(after.body, _macs, again=True) < total(before.body, _macs, again=True)
    assert reference_distance(before, after, made.plan) < EXACT
    assert all(each < EXACT for each in torch_distances(source(body)).values())


def _macs(layer: object) -> int:
    return layer.macs  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("conv", ["conv 6 1x1", "conv 6 1x1, n: bn"])
@pytest.mark.parametrize("pool", ["avgpool 2x2", "avgpool global"])
def test_keras_gives_the_same(conv: str, pool: str) -> None:
    body = LAYERS.format(conv, pool)
    assert order(forms(source(body)).inferred[0]) == ["p", "c"]
    assert keras_distance(source(body)) < EXACT


@pytest.mark.parametrize(
    "body",
    [
        "c: conv 6 1x1 stride=2, p: avgpool 2x2",
        "c: conv 6 1x1 pad=1, p: avgpool 2x2",
        "c: conv 6 3x3 pad=1, p: avgpool 2x2",
        "c: conv 6 1x1, relu, p: avgpool 2x2",
        "c: conv 6 1x1, p: maxpool 2x2",
        "c: conv 6 1x1 bias=true, p: avgpool 3x3 stride=2 pad=1",
        "c: conv 6 1x1 bias=true, p: avgpool 3x3 stride=2 pad=same",
        "c: conv 6 1x1, p: avgpool 3x3 stride=1 pad=1 count_pad=false",
        "c: conv 6 1x1, p: avgpool adaptive=2x2",
        "c: conv 4 1x1, p: avgpool global, multiply c",
        "c: conv 4 1x1, p: avgpool 2x2, relu, add p",
        "c: conv 4 1x1, p: avgpool 2x2, reuse c",
        "c: conv 4 1x1, p: avgpool 2x2, reuse p",
    ],
)
def test_what_stays_in_its_order(body: str) -> None:
    made = forms(source(body))
    assert not made.plan.pooled
    assert order(made.inferred[0]) == order(made.trained[0])


def test_what_has_a_number_for_its_name_stays() -> None:
    text = "block down { conv 6 1x1, avgpool 2x2 }\nnetwork Net {\ninput 8x8x4\ndown\n}"
    assert not forms(Source("net.cnn", text)).plan.pooled


def test_a_pool_that_reads_what_is_computed_before_it_stays() -> None:
    body = "c: conv 6 1x1\nlet k = w + 1\np: avgpool k stride=2, d: conv 4 3x3, n: bn"
    text = Source(
        "net.cnn",
        f"block down(w=2) {{\n{body}\n}}\nnetwork Net(a=2) {{\ninput 16x16x4\ndown w=a\n}}",
    )
    plan = forms(text).plan
    assert plan.folded
    assert not plan.pooled


LOOP = """
block down(width) { c: conv width 1x1, p: avgpool 2x2 }
network Net(depth=2) {
    input 16x16x4
    repeat depth { conv channels * 2 1x1, avgpool 2x2, relu }
    d: down 3
}
"""


def test_a_loop_and_a_block_keep_their_names() -> None:
    assert order(forms(Source("net.cnn", LOOP)).inferred[0]) == [
        *("pool1.0", "conv1.0", "relu1.0", "pool1.1", "conv1.1", "relu1.1", "d.p", "d.c"),
    ]
    assert all(each < EXACT for each in torch_distances(Source("net.cnn", LOOP)).values())
    assert keras_distance(Source("net.cnn", LOOP)) < EXACT
