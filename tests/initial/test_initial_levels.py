"""Which initialiser a layer has: its own, else its block's, else that of the place of use."""

from __future__ import annotations

import re

import pytest
from numeric.harness import TARGETS

from cnngen.backends import backend
from cnngen.choice import Choice
from cnngen.compiler import compile_source
from cnngen.ir import Instance, Network, layers
from cnngen.ops import BatchNorm
from cnngen.ops.initial import CALLS, WORDS, Initial
from cnngen.source import Source
from cnngen.syntax.parser import parse_settings


def networks(text: str, settings: str = "") -> dict[str, Network]:
    choice = Choice(settings=parse_settings(Source("--set", settings))[0])
    result = compile_source(Source("case.cnn", text), [], choice, debug=True)
    assert not result.diagnostics, result.diagnostics
    assert result.complete
    return {network.name: network for network in result.module.networks}


def starts(network: Network) -> dict[str, str]:
    """How the layers with a kernel start, by their paths."""
    every = ((path, getattr(layer.op, "init", None)) for path, layer in layers(network.body))
    return {path: str(init) for path, init in every if init is not None}


def only(text: str, settings: str = "") -> Network:
    (network,) = networks(text, settings).values()
    return network


LEVELS = """
block inner(width) {
    conv width 1x1
    own: conv width 1x1 init=zeros
}
block outer(width) init=lecun {
    conv width 1x1
    inner width
    back: conv width 1x1 init=default
}
network Net init=he(fan_out) {
    input 8x8x4
    conv 4 1x1
    depthwise_conv 3x3
    conv_transpose 4 1x1
    inner 4
    outer 4
    group: { conv 4 1x1, relu }
    concat { conv 4 1x1
             conv 4 1x1 init=torch }
    gate { conv 8 1x1 }
    aux head weight=0.3 { flatten, dense 5 }
    flatten, dense 5
}
"""


def test_the_nearest_level_counts() -> None:
    assert starts(only(LEVELS)) == {
        "conv1": "he(fan_out)",
        "conv2": "he(fan_out)",
        "conv3": "he(fan_out)",
        "inner1.conv1": "he(fan_out)",
        "inner1.own": "zeros",
        "outer1.conv1": "lecun",
        "outer1.inner1.conv1": "lecun",
        "outer1.inner1.own": "zeros",
        "outer1.back": "default",
        "group.0": "he(fan_out)",
        "conv4": "he(fan_out)",
        "conv5": "torch",
        "conv6": "he(fan_out)",
        "head.1": "he(fan_out)",
        "fc1": "he(fan_out)",
    }


def test_without_a_word_of_it_nothing_is_said() -> None:
    text = LEVELS.replace(" init=he(fan_out)", "").replace(" init=lecun", "")
    found = starts(only(text))
    assert {init for path, init in found.items() if not path.endswith(("own", "conv5"))} == {
        "default"
    }


PASSED_ON = """
block unit(width, init=he, deviation=0.1) init=init {
    conv width 1x1
    conv width 1x1 init=truncated_normal(deviation)
}
network Net(init=xavier(uniform), mode=fan_out, n=2) init=init {
    input 8x8x4
    conv 4 1x1
    unit 4
    unit 4 init=init
    unit 4 init=lecun(uniform, mode) deviation=1 / n
    if init == xavier(uniform) { conv 4 1x1 init=zeros } else { conv 4 1x1 init=torch }
}
network Other = Net init=zeros mode=fan_in
"""


def test_an_initialiser_is_a_value_that_parameters_pass_on() -> None:
    found = networks(PASSED_ON)
    assert list(starts(found["Net"]).values()) == [
        "xavier(uniform)",
        "he",
        "truncated_normal(0.1)",
        "xavier(uniform)",
        "truncated_normal(0.1)",
        "lecun(uniform, fan_out)",
        "truncated_normal(0.5)",
        "zeros",
    ]
    assert list(starts(found["Other"]).values())[0::5] == ["zeros", "lecun(uniform)"]
    assert list(starts(found["Other"]).values())[-1] == "torch"


HIDDEN = """
block unit(zeros, pad=1, p=pad, init=he) init=init {
    conv 4 3x3 pad=p init=zeros
    conv 4 1x1
}
network Net(torch=5, uniform=fan_out, same=0) {
    input 8x8x4
    let keras = lecun
    conv torch 3x3 pad=same init=keras
    unit he(uniform)
    unit xavier 2
    residual { conv 4 1x1 init=default }
}
"""


def test_a_name_hides_a_word() -> None:
    network = only(HIDDEN)
    assert str(network.body.items[0].at.output) == "6x6x5"
    assert list(starts(network).values()) == [
        "lecun",
        *("he(fan_out)", "he"),
        *("xavier", "he"),
        "default",
    ]


def test_a_default_that_a_name_hides_is_no_word_of_the_generated_code() -> None:
    blocks = "block unit(pad=1, p=pad) { conv 4 3x3 pad=p }\n"
    text = f"{blocks}network Net {{ input 8x8x4\nunit\nunit 2 }}"
    (output,) = compile_source(Source("case.cnn", text), [backend("torch")]).outputs
    assert "self, in_channels: int, p: int | tuple[int, int], pad: int = 1\n" in output.text


def test_set_gives_a_parameter_another_initialiser() -> None:
    text = "network Net(init=he) init=init {\n input 4x4x3\n conv 4 1x1\n}"
    assert starts(only(text, "init=lecun(fan_out)")) == {"conv1": "lecun(fan_out)"}


def test_variants_inherit_the_settings_of_their_base() -> None:
    text = """
network Base(width) init=he zero_init=true {
    input 4x4x4
    residual { conv width 1x1, bn }
}
network Small = Base width=4
"""
    (network,) = networks(text).values()
    assert starts(network) == {"conv1": "he"}
    assert scales(network) == {"bn1": True}


def test_a_projection_starts_as_what_is_around_it() -> None:
    text = """
block unit(width) init=lecun { residual { conv width 3x3 pad=1 init=zeros, bn } }
network Net init=he zero_init=true {
    input 8x8x4
    residual { conv 8 3x3 pad=1, bn }
    unit 16
}
"""
    network = only(text)
    assert starts(network) == {
        "shortcut1.0": "he",
        "conv1": "he",
        "unit1.shortcut1.0": "lecun",
        "unit1.conv1": "zeros",
    }
    assert scales(network) == {
        "shortcut1.1": False,
        "bn1": True,
        "unit1.shortcut1.1": False,
        "unit1.bn1": True,
    }


def scales(network: Network) -> dict[str, bool]:
    """Which batch norms start with zeros for their scale."""
    return {
        path: layer.op.zero_scale
        for path, layer in layers(network.body)
        if isinstance(layer.op, BatchNorm)
    }


def bodies(network: Network) -> list[int]:
    return [id(item.body) for item in network.body.items if isinstance(item, Instance)]


def test_equal_uses_share_a_body_and_others_do_not() -> None:
    text = """
block plain(width) { conv width 1x1 }
block own(width) init=lecun { plain width }
block he_inside(width) init=he { plain width, own width }
network Net init=he {
    input 8x8x4
    plain 4
    plain 4
    own 4
    he_inside 4
}
"""
    network = only(text)
    first, second, own, inside = (i for i in network.body.items if isinstance(i, Instance))
    assert first.body is second.body
    plain, own_inside = (i for i in inside.body.items if isinstance(i, Instance))
    assert plain.body is first.body, "he is in force at both places"
    assert own_inside.body is own.body, "its own setting counts, wherever it is used"
    assert set(starts(network).values()) == {"he", "lecun"}


@pytest.mark.parametrize("target", TARGETS)
def test_blocks_that_start_in_another_way_are_of_another_class(target: str) -> None:
    text = """
block unit(width, init=he) init=init { conv width 3x3 pad=1, relu }
network Net {
    input 8x8x4
    unit 4
    unit 8
    unit 8 init=lecun(uniform)
    unit 16 init=lecun(uniform)
    unit 8 init=he(fan_out)
}
"""
    result = compile_source(Source("case.cnn", text), [backend(target)])
    (output,) = result.outputs
    names = {
        "torch": ["Unit", "UnitLecunUniform", "UnitHeFanOut"],
        "keras": ["unit", "unit_lecun_uniform", "unit_he_fan_out"],
    }
    assert re.findall(r"^(?:class|def) (unit\w*)", output.text, re.M | re.I) == names[target]
    uses = {"torch": "lecun_uniform(nn", "keras": '"lecun_uniform"'}
    assert output.text.count(uses[target]) == 1


DEPTHWISE = """
block unit(width, multiplier=1) init=%s {
    depthwise_conv 3x3 pad=1 stride=%s multiplier=multiplier
    conv width 1x1
}
network Net {
    input 8x8x4
    unit 8
    unit 16
    %s
}
"""


@pytest.mark.parametrize(
    ("start", "stride", "helper"),
    [
        ("xavier", "1", "depthwise_xavier"),
        ("xavier(uniform)", "1", "depthwise_xavier"),
        ("keras", "1x2", "keras_depthwise"),
    ],
)
def test_one_filter_for_each_channel_is_not_scaled_in_keras(
    start: str, stride: str, helper: str
) -> None:
    def text(more: str) -> str:
        source = Source("case.cnn", DEPTHWISE % (start, stride, more))
        return compile_source(source, [backend("keras")]).outputs[0].text

    plain, several = text(""), text("unit 16 2")
    assert block_of(plain) == block_of(several)
    assert f"initializer={helper}(in_channels,multiplier" in "".join(several.split())


def block_of(text: str) -> str:
    """What stands before the network, without the header and its digests."""
    before = text.partition("\ndef Net")[0]
    return before[before.index("\ndef ") :]


# --- what an initialiser is as a value -------------------------------------------------------


def test_equal_initialisers_are_equal_texts_and_no_others() -> None:
    made: list[Initial] = [Initial(word) for word in WORDS]
    for kind in ("he", "lecun"):
        made += [CALLS[kind](*given) for given in [("uniform",), ("fan_out",)]]
        made.append(CALLS[kind]("uniform", "fan_out"))
    made.append(CALLS["xavier"]("uniform"))
    made += [CALLS["truncated_normal"](d) for d in (0.02000001, 1, 1e-7, 0.1 + 0.2, 0.3)]
    assert len(set(made)) == len(made)
    assert CALLS["he"]("normal") == CALLS["he"]("fan_in") == Initial("he")
    assert CALLS["he"]("fan_out", "uniform") == CALLS["he"]("uniform", "fan_out")
    assert CALLS["truncated_normal"](0.02) == Initial("truncated_normal")
    assert CALLS["truncated_normal"](1) == CALLS["truncated_normal"](1.0)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("he", ()),
        ("he", ("uniform", "normal")),
        ("he", ("fan_avg",)),
        ("he", ("uniform", "fan_in", "fan_in")),
        ("he", (2,)),
        ("xavier", ("fan_out",)),
        ("truncated_normal", (0,)),
        ("truncated_normal", (1e-31,)),
        ("truncated_normal", (1e31,)),
        ("truncated_normal", (True,)),
        ("truncated_normal", (float("inf"),)),
        ("truncated_normal", (float("nan"),)),
        ("truncated_normal", ("normal",)),
    ],
)
def test_what_is_no_initialiser_is_refused(kind: str, given: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        CALLS[kind](*given)
