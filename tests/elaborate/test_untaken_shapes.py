"""What no value takes here, since what comes in has other axes: code is written without it."""

from __future__ import annotations

import ast

import pytest

from cnngen.backends import backend
from cnngen.compiler import compile_source
from cnngen.source import Source

TARGETS = [backend("torch"), backend("keras")]

OF_OTHER_AXES = [
    "if flag { relu } else if {name} > 3 { tanh }",
    "if flag { relu } else { if {name} > 3 { tanh } else { relu } }",
    "if flag or {name} > 3 { relu } else { tanh }",
    "if flag { relu } else { leaky_relu {name} / 100 }",
    "leaky_relu (0.1 if flag else {name} / 100)",
    "leaky_relu (0.1 if flag else [0.1, 0.2][{name}])",
    "leaky_relu (0.1 if flag else min({name}, 2))",
    "if flag { relu } else { scaled {name} }",
    "if flag { relu } else { for i in range({name}) { tanh } }",
    "if flag { relu } else { for k in [{name}, 3] { leaky_relu k } }",
    "if flag { relu } else { repeat {name} { tanh } }",
    "if flag { relu } else { let k = {name} + 1\nleaky_relu k }",
    "if flag { relu } else { gate { leaky_relu {name} } }",
    "relu\nfor i in range(0 if flag else 1) { leaky_relu {name} }",
]
"""Conditions, arguments, lists and bounds of loops that read the size of another map."""

ABSENT = [
    ("5", "width"),
    ("5", "depth"),
    ("16x4", "height"),
    ("8x8x4", "length"),
    ("8x8x4", "depth"),
]

USES = [
    "block body(flag) {{ {body} }}\nnetwork Net(classes=3) {{\ninput {input}\nbody true\n{end}\n}}",
    "block body(flag) {{ {body} }}\nblock outer(flag) {{ body flag\ntanh }}\n"
    "network Net(classes=3) {{\ninput {input}\nouter true\n{end}\n}}",
    "network Net(flag=true, classes=3) {{\ninput {input}\n{body}\n{end}\n}}",
]


def names_in(code: str) -> set[str]:
    """Every name and attribute of a module."""
    nodes = list(ast.walk(ast.parse(code)))
    read = {node.id for node in nodes if isinstance(node, ast.Name)}
    taken = {node.arg for node in nodes if isinstance(node, ast.arg)}
    return read | taken | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize("body", OF_OTHER_AXES)
def test_a_name_of_other_axes_where_it_is_not_read(body: str) -> None:
    for shape, name in ABSENT:
        for use in USES:
            end = "flatten, dense classes" if "x" in shape else "dense classes"
            made = use.format(body=body.replace("{name}", name), input=shape, end=end)
            text = f"block scaled(k) {{ leaky_relu k }}\n{made}\n"
            result = compile_source(Source("net.cnn", text), TARGETS, debug=True)
            assert not result.diagnostics, text
            for output in result.outputs:
                assert not names_in(output.text) & {name, "flag"}, text


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    "layer",
    ["conv 4 3x3", "conv 4 3 pad=same stride=2", "depthwise_conv 3", "maxpool 2", "avgpool global",
     "pad 1", "instancenorm", "grn", "lrn", "channel_shuffle 2", "spatial_dropout", "resize 2",
     "dense 5 per=position", "gate { avgpool global, conv 5 1x1, sigmoid }"],
)  # fmt: skip
def test_a_layer_of_maps_that_no_vector_reaches(layer: str, use: str) -> None:
    body = f"if flag {{ relu }} else {{ {layer} }}"
    text = use.format(body=body, input="5", end="dense classes")
    result = compile_source(Source("net.cnn", f"{text}\n"), TARGETS, debug=True)
    assert not result.diagnostics
    for output in result.outputs:
        assert not names_in(output.text) & {"flag"}, output.text
