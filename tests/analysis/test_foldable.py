"""Which norms of a network are part of the layers before them, and which are not."""

from __future__ import annotations

import pytest
from inference.forms import EXACT, distance

from cnngen.analysis.foldable import foldable
from cnngen.compiler import analyse
from cnngen.ir import Network
from cnngen.passes.inference import folds, for_inference, weights_for_inference
from cnngen.passes.verify import verify
from cnngen.reference import evaluate
from cnngen.source import Source
from cnngen.verification.problem import problem


def network_of(body: str, blocks: str = "") -> Network:
    result = analyse(Source("net.cnn", f"{blocks}\nnetwork Net {{\n{body}\n}}\n"))
    assert result.complete, [found.message for found in result.diagnostics]
    (network,) = result.module.networks
    return network


def assert_folds(network: Network, *norms: str) -> None:
    """Just these are folded, and outputs stay what they are."""
    plan = foldable(network)
    assert {fold.norm_path for fold in folds(network, plan)} == {*norms}
    made = for_inference(network, plan)
    verify(made)
    given = problem(network, "float64", 2)
    moved = weights_for_inference(network, plan, given.weights)
    before = evaluate(network, given.weights, given.inputs)
    after = evaluate(made, moved, given.inputs)
    for name, y in before.items():
        assert distance(y, after[name]) < EXACT


@pytest.mark.parametrize(
    ("body", "norms"),
    [
        ("input 6x6x2\n conv 3 3x3, bn, relu", ("bn1",)),
        ("input 6x6x4\n separable_conv 4 3x3, bn", ("bn1",)),
        ("input 4\n dense 3, bn eps=1e-3, dense 3, bn", ("bn1", "bn2")),
        ("input 6x6x2\n conv 3 3x3 pad=1\n repeat 2 { bn, conv 3 3x3 pad=1 }", ("bn1.0", "bn1.1")),
        ('input 6x6x2\n for n in [3, 4] { "c{n}": conv n 3x3, "b{n}": bn }', ("b3", "b4")),
        (
            "input 6x6x2\n conv_transpose 4 2x2, bn, depthwise_conv 3x3 multiplier=2, bn",
            ("bn1", "bn2"),
        ),
        ("input 6x6x2\n conv 2 1x1\n residual { bn, conv 2 1x1 }", ("bn1",)),
        ("input 4\n bn, dense 3\n aux side weight=0.3 { relu }\n relu", ("bn1",)),
    ],
)
def test_a_norm_of_what_nothing_else_reads_is_folded(body: str, norms: tuple[str, ...]) -> None:
    assert_folds(network_of(body), *norms)


@pytest.mark.parametrize(
    "body",
    [
        "input 4\n bn",
        "input 4\n dense 3, relu, bn",
        "input 6x6x2\n a: conv 2 1x1, bn, add a",
        "input 6x6x2\n conv 2 1x1\n residual { bn, conv 2 3x3 pad=1 }",
        "input 4\n a: dense 3, b: bn\n output a b",
        "input 6x6x4\n conv_transpose 4 2x2 groups=2, bn",
        "l: input 4\n r: input 4\n from l\n a: dense 3, b: bn\n from r\n reuse a, add b",
        "input 4\n dense 4, n: bn, relu, reuse n",
        "input 4\n dense 3\n aux side weight=0.3 { bn }\n relu",
        "input 4\n n: bn, dense 4\n add n",
    ],
)
def test_a_norm_stays_where_it_has_to(body: str) -> None:
    assert_folds(network_of(body))


def test_two_places_are_a_pair_everywhere_or_nowhere() -> None:
    """The use of a block whose convolution something else reads keeps the other's norm, too."""
    block = "block unit(again) { c: conv 2 1x1, bn, if again { add c } }"
    assert_folds(
        network_of("input 6x6x2\n unit false, unit false", block), "unit1.bn1", "unit2.bn1"
    )
    assert_folds(network_of("input 6x6x2\n unit false, unit true", block))
