"""The form for inference, in the reference: what is left, and that it gives the same."""

from __future__ import annotations

import re

import pytest
from generated.modules import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from cnngen.define.inference import RULES
from cnngen.ir import Network, layers
from cnngen.ops import BatchNorm, Identity
from cnngen.passes.inference import PASSES, folds
from cnngen.source import Source
from inference.forms import EXACT, Forms, forms, reference_distance, torch_distances, torch_forms

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
        (MAP + "separable_conv 8 3x3 multiplier=2, bn", {"conv1": "separable_conv"}),
        (MAP + "separable_conv 8 3x3 bias=true, bn", {"conv1": "separable_conv"}),
        (VECTOR + "dense 5, bn", {"fc1": "dense"}),
        ("input 9x3\nconv 5 3, bn", {"conv1": "conv"}),
        (MAP + "residual { conv 4 3x3 pad=1, bn, drop_path 0.1 }", {"conv1": "conv"}),
        (MAP + "repeat 2 { conv 4 1x1, bn }\nrelu",
         {"conv1.0": "conv", "conv1.1": "conv", "relu1": "relu"}),
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
        MAP + "bn, conv 4 3x3 pad=1",
        MAP + "bn, conv 4 3x3 groups=2",
        MAP + "bn, depthwise_conv 3x3",
        MAP + "n: bn, conv 4 1x1, add n",
        MAP + "n: bn, conv 4 1x1, reuse n",
        MAP + "bn, c: conv 4 1x1, reuse c",
        MAP + "repeat 2 { bn, conv 4 1x1 }",
        MAP + "g: { bn, conv 4 1x1 }",
        MAP + "n: bn, conv 4 1x1, relu, a_n: bn, relu",
        MAP + "conv 8 3x3, relu, bn",
        MAP + "ws_conv 8 3x3, bn",
        MAP + "conv_transpose 6 3x3 groups=2, bn",
        MAP + "c: conv 4 1x1, bn, add c",
        MAP + "c: conv 4 1x1, bn, relu, reuse c",
        MAP + "c: conv 4 1x1, n: bn, relu, reuse n",
        MAP + "for i in range(2) { conv 4 1x1, if i > 0 { bn } }",
        MAP + "for i in range(2) { c[i]: conv 4 1x1, n[i]: bn }",
    ],
)
def test_what_stays_as_it_is(body: str) -> None:
    made = of(body)
    (before,), (after,) = made.trained, made.inferred
    assert not [*folds(before, made.plan)]
    norms = [layer for _, layer in layers(after.body) if isinstance(layer.op, BatchNorm)]
    assert norms
    assert gives_the_same(made)


@pytest.mark.parametrize(
    "body",
    [
        "repeat 2 { conv 4 3x3 pad=1, bn, relu }\nconv 3 1x1, bn",
        "for w in [5, 6] {\nrepeat 2 { separable_conv w 1x1, bn, if w == 5 { conv 3 1x1, bn } }\n}",
        "repeat 3 { residual { depthwise_conv 3x3 pad=1, bn, relu }, conv channels + 1 1x1, bn }",
        "repeat 2 { conv_transpose 4 2x2 stride=2 bias=true, bn }",
        "flatten\nrepeat 2 { dense 5, bn, relu }",
    ],
)
def test_norms_of_each_turn_are_part_of_the_layer_of_that_turn(body: str) -> None:
    made = of(MAP + body)
    assert "bn" not in words(made.inferred[0]).values()
    assert gives_the_same(made)
    source = Source("net.cnn", f"network Net {{\n{MAP}{body}\n}}")
    assert all(each < EXACT for each in torch_distances(source).values())


@pytest.mark.parametrize("name", ["bn1", "other"])
def test_numbers_of_turns_and_numbers_of_layers_are_told_apart(name: str) -> None:
    """`bn1.1` is the second turn's norm in one block, and in the other the second layer."""
    one = "block a { repeat 2 { conv 4 1x1, bn }\nlast: relu }\n"
    other = f"repeat 2 {{ conv 4 1x1 bias=true, relu }}\n{name}: {{ conv 4 1x1 bias=true, bn }}"
    text = f"{one}block b {{ {other} }}\nnetwork Net {{\n{MAP}a, b\n}}"
    assert len(forms(Source("net.cnn", text)).plan.folded) == 1 + (name == "other")
    assert all(each < EXACT for each in torch_distances(Source("net.cnn", text)).values())


@st.composite
def conditions(draw: st.DrawFn) -> str:
    """A layer with a norm on one or both ways of a condition, whatever its bias was."""
    layer = draw(st.sampled_from(["conv 5 3x3", "separable_conv 5 3x3", "depthwise_conv 3x3"]))
    bias = draw(st.sampled_from(["", " bias=true", " bias=false", " bias=biased"]))
    norm = draw(st.sampled_from(["bn", "bn affine=false", "bn, relu", "n: bn"]))
    ways = draw(
        st.sampled_from(
            [
                "if norm { NORM }",
                "if norm { relu } else { NORM }",
                "if norm { bn } else { bn, relu }",
            ]
        )
    )
    place = draw(st.sampled_from(["{}", "{{ {}, conv 3 1x1 }}", "for i in [0] {{ {{ {} }} }}"]))
    return place.format(f"{layer}{bias}, {ways.replace('NORM', norm)}")


@given(conditions(), st.booleans())
@settings(max_examples=12, deadline=None)
def test_a_condition_decides_whether_there_is_a_norm(unit: str, biased: bool) -> None:
    block = f"block unit(norm, biased={str(biased).lower()}) {{ {unit} }}\n"
    source = Source("net.cnn", f"{block}network Net {{\n{MAP}unit true, relu, unit false\n}}")
    made = forms(source)
    assert "bn" not in words(made.inferred[0]).values()
    assert gives_the_same(made)
    assert all(each < EXACT for each in torch_distances(source).values())


def test_a_bias_is_where_a_norm_was() -> None:
    cases = {"": "5, 3)", "bias=false": "5, 3, bias=norm)", "bias=b": "5, 3, bias=b or norm)"}
    for bias, code in cases.items():
        unit = f"block unit(norm, b) {{ conv 5 3x3 {bias}, if norm {{ bn }} }}"
        text = f"{unit}\nnetwork Net {{\n{MAP}unit true b=true\nunit false b=false\n}}"
        made = torch_forms(Source("net.cnn", text))[1].outputs[0].text
        assert code in made
        assert "BatchNorm" not in made


def test_a_norm_stays_behind_a_condition_on_what_is_worked_out_between() -> None:
    turn = "conv 4 1x1 bias=false\nlet m = k + k * k > n * n\nif m { bn }\nconv 5 1x1\nif m { bn }"
    unit = f"block unit(n) {{ for k in [n, 2] {{ {{ {turn} }} }} }}\n"
    made = forms(Source("net.cnn", f"{unit}network Net {{\n{MAP}unit 3, unit 4\n}}"))
    assert len(made.plan.folded) == 1  # the second
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
