"""`from_trained` of generated Keras modules: the same outputs as the form for training."""

from __future__ import annotations

from typing import Any

import pytest
from generated.modules import ROOT
from zoo.cards import ZOO
from zoo.test_verify import MEMBERS
from zoo.test_verify import source as card_source

from cnngen.backends import backend
from cnngen.choice import Choice
from cnngen.compiler import analyse, written
from cnngen.frameworks import framework
from cnngen.source import Source
from cnngen.verification.problem import problem
from generated import ruff
from inference.forms import EXACT, distance

pytest.importorskip("keras")


def keras_texts(source: Source, choice: Choice | None = None) -> tuple[Any, Any]:
    """Both forms compiled."""
    choice = choice or Choice()
    target = [backend("keras")]
    result = analyse(source, choice, target)
    assert result.complete, [d.message for d in result.diagnostics]
    return written(result, target, choice), written(
        result, target, choice._replace(for_inference=True)
    )


def keras_distance(source: Source, choice: Choice | None = None) -> float:
    """How much what `from_trained` makes of the first network differs from the trained model."""
    training, inference = keras_texts(source, choice)
    of = framework("keras")
    network, lowered = training.module.networks[0], inference.module.networks[0]
    module = of.module(inference.outputs[0].text)
    given = problem(network, "float64", 2)
    trained: Any = of.build(of.module(training.outputs[0].text), network, "float64")
    trained.load(given.weights)
    made: Any = of.build(module, lowered, "float64")
    assert module.from_trained(made.model, trained.model) is made.model
    before, after = trained.evaluate(given.inputs), made.evaluate(given.inputs)
    return max(distance(before[name], after[name]) for name in after)


@pytest.mark.parametrize("name", ["lenet5", "attention", "unet_bilinear"])
def test_examples_give_the_same(name: str) -> None:
    path = ROOT / "examples" / f"{name}.cnn"
    assert keras_distance(Source(str(path), path.read_text(encoding="utf-8"))) < EXACT


@pytest.mark.parametrize(
    "body",
    [
        "depthwise_conv 3x3 multiplier=2 bias=true, bn",
        "depthwise_conv 3x3 multiplier=2 stride=2x1, bn",
        "conv_transpose 6 3x3 stride=2 pad=1 output_pad=1, bn",
        "conv 8 3x3 groups=2 bias=true, bn affine=false",
        "conv 4 3x3 pad=1, bn affine=scale\nconv 4 3x3, bn affine=shift",
        "avgpool global, flatten, dense 5, bn",
        "separable_conv 6 3x3 multiplier=2 stride=2 pad=1, bn",
        "flatten, reshape 64x4\nseparable_conv 6 3 bias=true, bn affine=scale",
        "u: unit, reuse u",
        "repeat 2 { conv 4 3x3 pad=1, bn, relu }",
        "maybe true, maybe false",
    ],
)
def test_every_layer_that_takes_a_norm_in(body: str) -> None:
    unit = "block unit { conv channels 3x3 pad=1, bn, relu }"
    unit += "\nblock maybe(norm) { conv 5 3x3 bias=false, if norm { bn } else { relu } }"
    text = f"{unit}\nnetwork Net {{\ninput 8x8x4\n{body}\n}}"
    _, inference = keras_texts(Source("net.cnn", text))
    assert "batch_norm" not in inference.outputs[0].text
    assert keras_distance(Source("net.cnn", text)) < EXACT


def test_norms_of_side_heads_are_part_of_no_layer() -> None:
    both = "concat {\nrelu\nidentity\n}"
    head = f"aux h weight=0.1 {{ bn\n{both}\nbn, avgpool global, flatten, dense 2 }}"
    text = f"network Net {{\ninput 8x8x4\nconv 4 3x3 bias=true\n{head}\nconv 4 3x3, bn\n}}"
    assert keras_distance(Source("net.cnn", text)) < EXACT


@pytest.mark.parametrize(
    ("before", "head", "after"),
    [("", "", ""), (", relu", "", ""), ("", "channel_max, ", ""), ("", "channel_max, ", "relu")],
)
def test_norms_of_side_heads_are_no_part_of_outputs(before: str, head: str, after: str) -> None:
    """What the head alone reads further is read outside, too: as an output, or by a function."""
    side = f"aux h weight=0.1 {{ {head}bn, avgpool global, flatten, dense 2 }}"
    body = f"input 8x8x4\nconv 4 3x3 bias=true{before}\n{side}\n{after}"
    assert keras_distance(Source("net.cnn", f"network Net {{\n{body}\n}}")) < EXACT


@pytest.mark.parametrize("after", ["conv 4 1x1 bias=true, h_n: bn", "conv 4 3x3, h_n: conv 4 1x1"])
def test_names_that_begin_as_a_side_head_are_no_part_of_it(after: str) -> None:
    body = f"input 8x8x4\nrelu\naux h weight=0.1 {{ conv 3 3x3, bn }}\nh_c: {after}"
    assert keras_distance(Source("net.cnn", f"network Net {{\n{body}\n}}")) < EXACT


@pytest.mark.parametrize(
    "beside", ["stem_a: conv 4 3x3 bias=true, stem_b: bn", "stem_a: conv 4 3x3, stem_b: conv 4 1x1"]
)
@pytest.mark.parametrize("branch", ["bn", "conv 4 1x1"])
def test_names_that_end_like_those_of_branches(beside: str, branch: str) -> None:
    body = f"v: relu, a: conv 4 3x3 pad=1 bias=true, from v, b: {branch}, add a\n{beside}"
    assert keras_distance(Source("net.cnn", f"network Net {{\ninput 8x8x4\n{body}\n}}")) < EXACT


def test_names_that_end_like_that_of_a_norm_before_its_layer() -> None:
    body = "n: bn, c: conv 4 1x1, relu, x_c: conv 8 3x3, x_n: conv 4 1x1"
    assert keras_distance(Source("net.cnn", f"network Net {{\ninput 8x8x4\n{body}\n}}")) < EXACT


@pytest.mark.parametrize("turns", [1, 3])
def test_a_model_of_other_parameters_is_refused(turns: int) -> None:
    body = "a: conv 8 3x3, b: conv 4 1x1, relu\nrepeat turns { conv 4 3x3 pad=1, bn, relu }"
    text = f"network Net(turns=2) {{\ninput 8x8x4\n{body}\n}}"
    training, inference = (
        framework("keras").module(each.outputs[0].text)
        for each in keras_texts(Source("net.cnn", text))
    )
    inference.from_trained(inference.Net(), training.Net())
    with pytest.raises(ValueError, match=r"^not the same network: one lacks .*conv\d_"):
        inference.from_trained(inference.Net(), training.Net(turns=turns))


def test_side_heads_stay_where_no_pass_drops_them() -> None:
    body = "conv 4 3x3, bn\naux h weight=0.1 { conv 3 3x3, bn, avgpool global, flatten }\nrelu"
    source = Source("net.cnn", f"network Net {{\ninput 8x8x4\n{body}\n}}")
    assert keras_distance(source, Choice(passes=frozenset({"fold-norms"}))) < EXACT


def test_layers_of_classes_in_the_module_stay() -> None:
    """Each of the two modules has a class of its own, of the same name."""
    body = "bn, conv 4 1x1, relu, layer_scale, ws_conv 4 1x1, grn, conv 4 3x3, conv 3 1x1"
    text = f"network Net {{\ninput 8x8x4\n{body}\n}}"
    assert keras_distance(Source("net.cnn", text)) < EXACT


@pytest.mark.zoo
@pytest.mark.parametrize(
    "card", ["resnet", "mobilenet_v2", "googlenet", "efficientnet", "repvgg", "densenet"]
)
def test_families_of_the_zoo_give_the_same(card: str) -> None:
    member = MEMBERS[card][0]
    name = "Member" if member.arguments else member.network
    assert keras_distance(card_source(card, member), Choice(network=name)) < 10 * EXACT


def test_modules_are_what_linters_leave_as_they_are(tmp_path: Any) -> None:
    paths = [ROOT / "examples" / f"{name}.cnn" for name in ("resnet", "attention")]
    for path in (*paths, ZOO / "repvgg.cnn"):
        source = Source(str(path), path.read_text(encoding="utf-8"))
        _, inference = keras_texts(source)
        (tmp_path / f"{path.stem}.py").write_text(inference.outputs[0].text, encoding="utf-8")
    assert ruff.check(tmp_path) == ""
    assert ruff.unformatted(tmp_path) == ""


def test_compiled_calls_give_the_same() -> None:
    """The two that docs/inference.md names, of a network with several outputs."""
    import numpy as np
    import tensorflow as tf

    body = "input 6x6x2\n conv 3 3x3, a: bn, avgpool global, flatten, b: dense 2\n output a b"
    _, inference = keras_texts(Source("net.cnn", f"network Net {{\n{body}\n}}\n"))
    model = framework("keras").module(inference.outputs[0].text).Net()
    images = np.random.default_rng(0).normal(size=(3, 6, 6, 2)).astype("float32")
    expected, call = model(images), tf.function(model)
    for found in (model.predict_on_batch(images), call(images), call(images)):
        assert list(found) == ["a", "b"]
        for name, y in found.items():
            np.testing.assert_allclose(y, expected[name], rtol=1e-5, atol=1e-6)
    assert call.experimental_get_tracing_count() == 1
