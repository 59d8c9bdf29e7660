"""Each rule: where it fires, on which words, and where it is silent."""

from __future__ import annotations

import pytest

from cnngen.diagnostics.codes import CODES
from cnngen.diagnostics.edits import edited
from cnngen.lint import RULES, SAFE, UNSAFE
from cnngen.lint.fixing import _essence
from lint.linting import compiled, found, network, said

N = network
WITH = "network Net"

FIRES: list[tuple[str, str, str]] = [
    ("W101", N("relu", shape="3x224x224"), "3x224x224"),
    ("W101", N("relu", shape="1x28x28"), "1x28x28"),
    ("W101", N("relu", shape="1x16000"), "1x16000"),
    ("W102", N("conv width 3x3, relu"), "width"),
    ("W102", N("conv height 3x3, relu"), "height"),
    ("W102", "block b { conv width 1x1 }\n" + N("b, relu"), "width"),
    ("W103", N("flatten, dense 10, softmax"), "softmax"),
    ("W103", N("flatten, dense 10, log_softmax"), "log_softmax"),
    ("W103", "block head { flatten, dense 10, top: { softmax } }\n" + N("head"), "softmax"),
    ("W104", N("flatten, dense 10, relu"), "relu"),
    ("W104", N("flatten, dense 10, relu6"), "relu6"),
    ("W105", N("conv 8 3x3, conv 16 3x3, relu"), "conv 16 3x3"),
    ("W105", N("flatten, dense 20, dense 10"), "dense 10"),
    ("W105", N("repeat 2 { conv 8 3x3 }\nrelu"), "conv 8 3x3"),
    ("W105", "block b(n) { conv n 3x3 }\n" + N("b 8, conv 16 3x3, relu"), "conv 16 3x3"),
    ("W106", N("relu, tanh, conv 4 3x3"), "tanh"),
    ("W106", N("sigmoid, sigmoid, conv 4 3x3"), "sigmoid"),
    ("W107", N("relu, relu, conv 4 3x3"), "relu"),
    ("W107", N("sigmoid, relu, conv 4 3x3"), "relu"),
    ("W107", N("relu6, relu6, conv 4 3x3"), "relu6"),
    ("W107", N("relu\nrelu\nconv 4 3x3"), "relu"),
    ("W107", N("avgpool global, avgpool global, flatten, dense 3"), "avgpool global"),
    ("W107", N("flatten, flatten, dense 3"), "flatten"),
    ("W107", N("flatten\nflatten\ndense 3"), "flatten"),
    ("W107", N("flatten, dense 4, bn, relu, dropout 0.3\nflatten\ndense 3"), "flatten"),
    ("W107", N("if deep { relu, relu }\nconv 3 1x1", head="network Net(deep=true)"), "relu"),
    ("W107", N("dropout 0, conv 4 3x3"), "dropout 0"),
    ("W107", N("dropout rate=0.0\nconv 4 3x3"), "dropout rate=0.0"),
    ("W108", N("conv 4 3x3 bias=true, bn, relu"), "bias=true"),
    ("W108", N("flatten, dense 4 bias=true, bn, relu, dense 4"), "bias=true"),
    ("W109", N("conv 4 3x3, dropout 0.3, bn, relu"), "dropout 0.3"),
    ("W109", N("conv 4 3x3, spatial_dropout 0.3\nbn, relu"), "spatial_dropout 0.3"),
    ("W110", N("relu", head="network Net(classes=3)"), "classes"),
    ("W110", "block b(n, m=2) { conv n 3x3 }\n" + N("b 3 m=1, relu"), "m"),
    ("W111", "block b { relu }\n" + N("relu"), "b"),
    ("W112", N("let a = 3\nrelu"), "a"),
    ("W112", N("repeat 2 {\n  let a = 3\n  conv 3 1x1, relu\n}"), "a"),
    ("W113", N("conv 3 3x3, relu, maxpool 2x2", shape="9x9x3"), "maxpool 2x2"),
    ("W113", N("conv 3 3x3 stride=2", shape="8x8x3"), "conv 3 3x3 stride=2"),
    ("W113", N("maxpool 2x1", shape="9x64x3"), "maxpool 2x1"),
    ("W113", N("avgpool 50", shape="99x1"), "avgpool 50"),
    ("W114", N("conv 3 64, relu", shape="80x80x3"), "conv 3 64"),
    ("W114", N("conv 64 17x17 pad=8, relu"), "conv 64 17x17 pad=8"),
    ("W115", N("conv 64 1x1, relu, residual { conv 46 1x1 }"), "residual"),
    ("W116", N("relu", head="network Resnet50"), "Resnet50"),
    ("W116", N("relu", head="network V") + "network vgg_16 = V\n", "vgg_16"),
    ("W118", N("flatten, dense 10, dropout 0.5"), "dropout 0.5"),
    ("W119", "use std.resnet\n" + N("relu"), "use std.resnet"),
    ("W119", "use std.resnet\nuse std.mobile\n" + N("basic 8"), "use std.mobile"),
    ("W120", N("conv 64 3*3, relu"), "3*3"),
    ("W120", N("maxpool 2*2"), "2*2"),
    ("W120", N("conv 8 3 * 3 * 3", shape="32x32x32x1"), "3 * 3 * 3"),
    ("W120", N("conv 8 kernel=3*3"), "3*3"),
    ("W120", N("conv 8 3 stride=1*2"), "1*2"),
    ("W120", N("conv 8 k*k", head="network Net(k=3)"), "k*k"),
    ("W120", N("conv 8 (k * k)", head="network Net(k=3)"), "k * k"),
    ("W120", N("avgpool adaptive=2*2"), "2*2"),
    ("N101", N("avgpool 3x3 stride=1 pad=same"), "avgpool 3x3 stride=1 pad=same"),
    ("N102", N("lrn 5"), "lrn 5"),
    ("N103", N("hard_sigmoid"), "hard_sigmoid"),
]  # fmt: skip

SILENT: list[tuple[str, str]] = [
    ("W101", N("relu", shape="224x224x3")),
    ("W101", N("relu", shape="3x8x64")),
    ("W101", N("relu", shape="1x100")),
    ("W101", N("relu", shape="3x3x64")),
    ("W101", N("relu", shape="3x16x112x112")),
    ("W102", N("conv channels 3x3, relu")),
    ("W102", N("conv width 3x3, relu", head="network Net(width=3)")),
    ("W102", "block b(width) { conv width 1x1 }\n" + N("b 3, relu")),
    ("W102", N("let width = 5\nconv width 3x3, relu")),
    ("W102", N("for width in [3, 4] { conv width 3x3, relu }")),
    ("W103", N("flatten, dense 10, softmax, dense 10")),
    ("W103", N("gate { avgpool global, conv 3 1x1, softmax }")),
    ("W103", N("flatten, dense 10, a: softmax\noutput a")),
    ("W103", N("flatten, dense 10, if p { softmax }", head="network Net(p=true)")),
    ("W103", N("flatten, dense 10, softmax, if top { dense 10 }", head="network Net(top=false)")),
    ("W103", N("flatten, dense 10, act", head="network Net(act=softmax)")),
    ("W104", N("conv 3 3x3, relu")),
    ("W104", N("flatten, dense 10, sigmoid")),
    ("W104", N("flatten, dense 10, relu, dense 10")),
    ("W104", N("flatten, dense 10, if norm { bn }, relu", head="network Net(norm=false)")),
    ("W105", N("conv 8 3x3, relu, conv 16 3x3, relu")),
    ("W105", N("depthwise_conv 3x3, conv 16 1x1, relu")),
    ("W105", N("conv 8 1x7, conv 16 7x1, relu")),
    ("W105", N("conv 8 3x3 groups=1, conv 16 3x3 groups=8, relu")),
    ("W105", N("conv 64 3x3, relu, conv 8 1x1, conv 64 3x3, relu")),
    ("W105", N("flatten, dense 5, dense 10")),
    ("W105", N("a: conv 8 3x3 pad=1\nconv 8 3x3 pad=1, add a")),
    ("W105", N("residual { conv 3 3x3 pad=1 }, conv 8 3x3, relu")),
    ("W105", "block b(act=relu) { conv 8 3x3, act }\n" + N("b, b act=none, b")),
    ("W105", N("conv 8 3x3, if norm { bn, relu }, conv 8 3x3", head="network Net(norm=false)")),
    ("W105", N("conv 8 3x3\nrepeat n { relu }\nconv 8 3x3", head="network Net(n=0)")),
    ("W106", N("relu, bn, relu")),
    ("W106", N("conv 3 1x1, if deep { relu }\ntanh", head="network Net(deep=true)")),
    ("W106", N("relu\nrepeat n { conv 3 1x1, relu }\ntanh", head="network Net(n=0)")),
    ("W106", N("relu, act, conv 3 1x1", head="network Net(act=tanh)")),
    ("W106", N("conv 8 1x1, sigmoid, glu")),
    ("W106", N("a: relu\ntanh, add a")),
    ("W107", N("relu, maxpool 2x2, relu")),
    ("W107", N("tanh, relu, conv 3 1x1")),
    ("W107", N("relu, relu max=3, conv 3 1x1")),
    ("W107", N("leaky_relu 0.1, leaky_relu 0.1, conv 3 1x1")),
    ("W107", N("maxpool 2x2, maxpool 2x2")),
    ("W107", N("maxpool global, flatten", shape="1x1x3")),
    ("W107", N("dropout p, conv 3 1x1", head="network Net(p=0)")),
    ("W107", N("flatten, dense 3, flatten").replace(", flatten\n}", "\n}")),
    ("W107", "block b { relu, conv 3 1x1 }\n" + N("relu, b, b")),
    ("W107", "block b { relu }\n" + N("b, relu, conv 3 1x1")),
    ("W107", "block b { relu, conv 3 1x1 }\n" + N("relu, b")),
    ("W107", N("if deep { relu }\nrelu", head="network Net(deep=true)")),
    ("W107", N("relu, if deep { conv 3 1x1 }, relu", head="network Net(deep=false)")),
    ("W107", N("relu\nrepeat n { conv 3 1x1, relu }\nrelu", head="network Net(n=1)")),
    ("W107", N("if gp { avgpool global }\nmaxpool global", head="network Net(gp=true)")),
    ("W107", N("if flat { flatten }\nflatten\ndense 3", head="network Net(flat=true)")),
    ("W107", N("relu max=m, relu max=6, conv 3 1x1", head="network Net(m=6)")),
    ("W107", N("default relu max=m\nrelu6, relu, relu max=6", head="network Net(m=6)")),
    ("W107", N("inception { relu\n relu }")),
    ("W108", N("conv 4 3x3, bn, relu")),
    ("W108", N("conv 4 3x3 bias=true, relu, bn")),
    ("W108", N("conv 4 3x3 bias=b, bn", head="network Net(b=true)")),
    ("W108", N("a: conv 3 3x3 pad=1 bias=true\nbn, add a")),
    ("W108", N("conv 4 3x3 bias=true, if norm { bn }, relu", head="network Net(norm=true)")
     + "network Other = Net norm=false\n"),
    ("W109", N("conv 4 3x3, bn, dropout 0.3, relu")),
    ("W109", N("dropout 0.3, if deep { conv 4 3x3 }, bn", head="network Net(deep=false)")),
    ("W109", N("residual { conv 3 1x1, drop_path 0.1 }, bn")),
    ("W110", N("conv n 3x3", head="network Net(n=3)")),
    ("W110", N("act", head="network Net(act=relu)")),
    ("W110", N("conv m 3x3", head="network Net(n=3, m=n)")),
    ("W110", "block b(i) init=i { conv 3 3x3 }\n" + N("b he, relu")),
    ("W110", N('repeat n { conv 3 1x1, relu }', head="network Net(n=3)")),
    ("W110", N('for i in range(n) { u[i + k]: conv 3 1x1 }', head="network Net(n=3, k=1)")),
    ("W111", "block b { relu }\nblock c { b }\n" + N("c")),
    ("W111", "block b { relu }\n" + N("for i in range(2) { if i == 1 { b } }")),
    ("W112", N("let a = 3\nconv a 3x3")),
    ("W112", N("let a = 3\nlet b = a\nconv b 3x3")),
    ("W113", N("conv 3 3x3, relu, maxpool 2x2 ceil=true", shape="9x9x3")),
    ("W113", N("conv 3 3x3 stride=2")),
    ("W113", N("maxpool 2", shape="3981x1")),
    ("W113", N("conv 32 3, relu, maxpool 2, conv 64 3, relu, maxpool 2", shape="28x28x1")),
    ("W113", N("conv 3 3x3 stride=2 pad=1")),
    ("W113", N("conv 3 7x7 stride=2 pad=3", shape="224x224x3")),
    ("W113", N("conv 3 1x1 stride=2")),
    ("W113", N("pad 1, maxpool 3x3 stride=2")),
    ("W113", N("avgpool adaptive=7x7", shape="33x33x3")),
    ("W113", "block b(s) { maxpool s }\n" + N("b 2, b 3")),
    ("W114", N("conv 3 80", shape="16000x1")),
    ("W114", N("conv 64 32x32")),
    ("W114", N("depthwise_conv 31 pad=15")),
    ("W114", N("conv 96 11x11 stride=4", shape="227x227x3")),
    ("W115", N("conv 64 1x1, relu, residual { conv 128 1x1 }")),
    ("W115", N("conv 64 1x1, relu, residual { conv 46 3x3 stride=2 pad=1 }")),
    ("W115", N("conv 64 1x1, relu, residual { conv 46 1x1 } shortcut { conv 46 1x1 }")),
    ("W116", N("relu", head="network ResNet50")),
    ("W116", N("relu", head="network Mine")),
    ("W118", N("flatten, dropout 0.5, dense 10")),
    ("W118", N("flatten, dropout 0.5, if top { dense 10 }", head="network Net(top=false)")),
    ("W118", N("residual { conv 3 1x1, drop_path 0.1 }")),
    ("W119", "use std.resnet\n" + N("repeat 2 { if true { basic 8 } }")),
    ("W119", "use std.resnet\nblock b { basic 8 }\n" + N("b")),
    ("W120", N("conv 8*8 3x3, relu, flatten, dense 2*2")),
    ("W120", N("conv 8 2*k", head="network Net(k=3)")),
    ("W120", N("conv 8 k*m", head="network Net(k=3, m=1)")),
    ("W120", N("conv 8 3*3", shape="100x1")),
    ("W120", N("conv 8 3 dilation=3, repeat 2*2 { relu }")),
    ("W120", N("dense 4", shape="28*28")),
    ("N101", N("avgpool 3x3 stride=1 pad=same count_pad=false")),
    ("N101", N("avgpool 3x3 stride=1 pad=1")),
    ("N103", N("hard_sigmoid slope=0.2")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "text", "place"), FIRES)
def test_a_rule_fires(code: str, text: str, place: str) -> None:
    assert said(text, select=(code,)) == [(code, place)]


@pytest.mark.parametrize(("code", "text"), SILENT)
def test_a_rule_is_silent(code: str, text: str) -> None:
    assert said(text, select=(code,)) == []


def test_every_rule_is_tested() -> None:
    own = {rule.code.id for rule in RULES}
    assert len(own) == len(RULES)
    assert own == {code for code, _, _ in FIRES}
    assert own - {code for code, _ in SILENT} == {"N102"}, "which fires at each `lrn`"
    assert own | {"W117"} == {code for code in CODES if code.startswith(("W1", "N1"))}


@pytest.mark.parametrize(("code", "text", "place"), FIRES)
def test_a_fix_compiles_and_is_enough(code: str, text: str, place: str) -> None:
    for diagnostic in found(text, select=(code,)):
        if diagnostic.fix is None:
            continue
        made = edited(text, diagnostic.fix.edits)
        after = compiled(made)
        assert found(made, select=(code,)) == []
        if diagnostic.code in SAFE:
            assert _essence(after) == _essence(compiled(text))


def test_these_have_a_fix() -> None:
    fixed = {code for code, text, _ in FIRES if any(d.fix for d in found(text, select=(code,)))}
    assert fixed | {"W117"} == {code.id for code in SAFE | UNSAFE}
    assert {code.id for code in SAFE} == {"W107", "W112", "W117", "W119"}
    without = {rule.code.id for rule in RULES if rule.code not in SAFE | UNSAFE}
    assert without == {"W102", "W105", "W113", "W115", "N101", "N102", "N103"}


def test_what_variants_make_of_a_place_counts() -> None:
    """A window that fits in one variant is one that is meant."""
    text = network("maxpool n", head="network Net(n=2)", shape="9x9x3")
    assert said(text, select=("W113",)) == [("W113", "maxpool n")]
    assert said(f"{text}network Other = Net n=3\n", select=("W113",)) == []


def test_rules_look_at_the_file_itself_alone() -> None:
    from cnngen.source import Source

    blocks = "block b { relu, relu, conv width 1x1 }\nblock unused { relu }\n"
    text = 'use "blocks.cnn"\n' + network("b, relu")
    assert found(text, load=lambda use: Source("blocks.cnn", blocks)) == []
