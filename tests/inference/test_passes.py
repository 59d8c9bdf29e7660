"""The form for inference, in the reference: what is left, and that it gives the same."""

from __future__ import annotations

import re

import pytest
from generated.modules import ROOT

from cnngen.define.inference import RULES
from cnngen.ir import Network, layers
from cnngen.ops import BatchNorm, Identity
from cnngen.passes.inference import PASSES, folded_layers
from cnngen.source import Source
from inference.forms import EXACT, Forms, forms, reference_distance

MAP = "input 8x8x4\n"
VECTOR = "input 6\n"


def of(body: str, blocks: str = "") -> Forms:
    return forms(Source("net.cnn", f"{blocks}\nnetwork Net {{\n{body}\n}}\n"))


def words(network: Network) -> dict[str, str]:
    return {path: layer.op.word for path, layer in layers(network.body)}


def test_a_pass_for_networks_has_its_rule_for_definitions() -> None:
    assert [rule.of for rule in RULES] == list(PASSES)


def test_the_documentation_lists_the_passes() -> None:
    text = (ROOT / "docs" / "inference.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| (.*) \|$", text, re.MULTILINE)
    assert rows == [(each.name, each.summary) for each in PASSES]


def gives_the_same(made: Forms) -> bool:
    pairs = zip(made.trained, made.inferred, strict=True)
    return all(reference_distance(one, other, made.plan) < EXACT for one, other in pairs)


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (MAP + "conv 8 3x3, bn", {"conv1": "conv"}),
        (MAP + "conv 8 3x3 groups=2 stride=2 pad=1 bias=true, bn", {"conv1": "conv"}),
        (MAP + "conv 8 3x3, bn affine=false", {"conv1": "conv"}),
        (MAP + "conv 8 3x3, bn affine=scale", {"conv1": "conv"}),
        (MAP + "conv 8 3x3, bn affine=shift", {"conv1": "conv"}),
        (MAP + "conv 8 3x3, bn eps=0.3", {"conv1": "conv"}),
        (MAP + "depthwise_conv 3x3 multiplier=2, bn", {"conv1": "depthwise_conv"}),
        (MAP + "conv_transpose 6 3x3 stride=2 output_pad=1, bn", {"conv1": "conv_transpose"}),
        (VECTOR + "dense 5, bn", {"fc1": "dense"}),
        ("input 9x3\nconv 5 3, bn", {"conv1": "conv"}),
        (MAP + "residual { conv 4 3x3 pad=1, bn, drop_path 0.1 }", {"conv1": "conv"}),
        (MAP + "repeat 2 { { conv 4 1x1, bn } }", {"group1.0.0": "conv", "group1.1.0": "conv"}),
        (MAP + "dropout 0.5, relu, gaussian_noise 1, identity", {"relu1": "relu"}),
        (MAP + "c: { conv 8 1x1, bn, relu, conv 8 1x1, bn, relu }",
         {"c.0": "conv", "c.1": "identity", "c.2": "relu", "c.3": "conv", "c.4": "relu"}),
    ],
)  # fmt: skip
def test_what_is_folded_or_left_out(body: str, left: dict[str, str]) -> None:
    made = of(body)
    (network,) = made.inferred
    assert words(network) == left
    assert gives_the_same(made)


@pytest.mark.parametrize(
    "body",
    [
        MAP + "bn, conv 4 3x3",
        MAP + "conv 8 3x3, relu, bn",
        MAP + "separable_conv 8 3x3, bn",
        MAP + "ws_conv 8 3x3, bn",
        MAP + "conv_transpose 6 3x3 groups=2, bn",
        MAP + "c: conv 4 1x1, bn, add c",
        MAP + "c: conv 4 1x1, bn, relu, reuse c",
        MAP + "c: conv 4 1x1, n: bn, relu, reuse n",
        MAP + "repeat 2 { conv 4 1x1, bn }",
        MAP + "for i in range(2) { c[i]: conv 4 1x1, n[i]: bn }",
    ],
)
def test_what_stays_as_it_is(body: str) -> None:
    made = of(body)
    (before,), (after,) = made.trained, made.inferred
    assert not folded_layers(before, made.plan)
    norms = [layer for _, layer in layers(after.body) if isinstance(layer.op, BatchNorm)]
    assert norms
    assert gives_the_same(made)


@pytest.mark.parametrize(
    "body",
    [
        MAP + "s: dropout 0.5, relu, add s",
        MAP + "conv 4 1x1, s: bn, relu, add s",
        MAP + "residual { dropout 0.5 }",
        MAP + "g: { dropout 0.5 }",
        MAP + "d: dropout 0.5, relu, reuse d",
        MAP + "c: { dropout 0.5, conv 8 1x1 }",
    ],
)
def test_an_identity_stays_where_it_is_needed(body: str) -> None:
    made = of(body)
    (network,) = made.inferred
    assert any(isinstance(layer.op, Identity) for _, layer in layers(network.body))
    assert gives_the_same(made)


def test_a_condition_around_nothing_is_left_out() -> None:
    unit = "block unit(rate) {\nrelu\nif rate > 0 { dropout rate }\n}"
    made = of(MAP + "unit 0.5, unit 0", unit)
    assert set(words(made.inferred[0]).values()) == {"relu"}
    assert gives_the_same(made)


def test_side_heads_are_left_out() -> None:
    made = of(MAP + "conv 4 1x1, bn\naux head weight=0.3 { flatten, dense 3 }\nflatten, dense 3")
    assert made.plan.side_heads == ("head",)
    assert set(words(made.inferred[0])) == {"conv1", "flatten1", "fc1"}
    assert gives_the_same(made)


def test_one_definition_decides_for_all_uses() -> None:
    """A norm under two layers' names could not be found by its own."""
    blocks = "block a { first: conv 4 1x1, n: bn, relu }\nblock b { other: conv 4 1x1, n: bn }\n"
    made = of(MAP + "a, b", blocks)
    (network,) = made.inferred
    assert list(words(network).values()) == ["conv", "relu", "conv", "bn"]
    assert gives_the_same(made)


def test_the_most_common_eps_of_a_network_is_folded() -> None:
    made = of(MAP + "conv 4 1x1, bn eps=1e-3, relu, conv 4 1x1, bn, relu, conv 4 1x1, bn")
    assert list(words(made.inferred[0]).values()) == ["conv", "bn", "relu", "conv", "relu", "conv"]
    assert made.plan.eps == {"Net": 1e-5}
    assert gives_the_same(made)


VARIANTS = """
block unit(eps) { conv 4 1x1, bn eps=eps, relu }
network Base(eps, depth=1) {
    input 8x8x4
    repeat depth { unit eps }
}
network Small = Base eps=1e-5
network Large = Base eps=1e-3 depth=2
"""


def test_variants_differ_in_eps() -> None:
    made = forms(Source("net.cnn", VARIANTS))
    assert made.plan.eps == {"Small": 1e-5, "Large": 1e-3}
    assert all("bn" not in words(network).values() for network in made.inferred)
    assert gives_the_same(made)


@pytest.mark.parametrize(
    "text",
    [
        "network Net(eps=1e-5) {\ninput 8x8x4\nconv 4 1x1, bn eps=eps\n}",
        "network Net {\ninput 8x8x4\nfor eps in [1e-5, 1e-3] { { conv 4 1x1, bn eps=eps } }\n}",
        VARIANTS.replace("network Base(eps,", "network Base(eps=1e-5,").replace(
            " eps=1e-5\n", "\n"
        ),
    ],
)
def test_norms_whose_eps_can_be_chosen_stay(text: str) -> None:
    made = forms(Source("net.cnn", text))
    assert all("bn" in words(network).values() for network in made.inferred)
    assert all(map(gives_the_same, [made]))
