"""Names that a target uses itself are refused, in that target alone."""

from __future__ import annotations

from typing import Any

import pytest

from cnngen.backends import backend
from cnngen.backends.keras.names import GLOBALS as KERAS_GLOBALS
from cnngen.backends.keras.names import LOCALS as KERAS_LOCALS
from cnngen.backends.torch.names import ATTRIBUTES, OF_STARTED
from cnngen.backends.torch.names import GLOBALS as TORCH_GLOBALS
from cnngen.backends.torch.names import LOCALS as TORCH_LOCALS
from cnngen.compiler import Result, compile_source
from cnngen.diagnostics import codes
from cnngen.python_names import KEYWORDS
from cnngen.source import Source
from generated.modules import TARGETS, all_compiled

LABELLED = "network A { input 8x8x4\n%s: conv 4 3x3, relu }\n"
GROUPED = "network A { input 8x8x4\n%s: { conv 4 3x3 }\n relu }\n"


def compiled(text: str, target: str) -> Result:
    return compile_source(Source("names.cnn", text), [backend(target)], debug=True)


def found(text: str, target: str) -> list[Any]:
    result = compiled(text, target)
    return [(d.code, d.span.text if d.span else "") for d in result.diagnostics]


@pytest.mark.parametrize("name", sorted(ATTRIBUTES - KEYWORDS))
def test_attributes_of_torch_modules_are_refused_as_labels(name: str) -> None:
    assert found(LABELLED % name, "torch") == [(codes.NAME_RESERVED, name)]
    assert found(GROUPED % name, "torch") == [(codes.NAME_RESERVED, name)]
    inner = GROUPED % f"outer: {{ {name}: relu\n relu }} \n rest"
    assert found(inner, "torch") == [(codes.NAME_RESERVED, name)]


@pytest.mark.parametrize("target", TARGETS)
def test_keywords_of_python_are_refused_whatever_the_target(target: str) -> None:
    for name in sorted(ATTRIBUTES & KEYWORDS):
        assert found(LABELLED % name, target) == [(codes.NAME_REFUSED, name)]


@pytest.mark.parametrize(
    ("target", "name"),
    [("torch", name) for name in sorted(TORCH_GLOBALS)]
    + [("keras", name) for name in sorted(KERAS_GLOBALS)],
)
def test_what_a_module_defines_is_refused_as_a_network(target: str, name: str) -> None:
    text = f"network {name} {{ input 4\n relu }}\n"
    assert found(text, target) == [(codes.NAME_RESERVED, name)]


@pytest.mark.parametrize("name", sorted(OF_STARTED))
def test_what_only_initial_weights_need_is_refused_with_them_alone(name: str) -> None:
    text = f"network {name} {{ input 4\n residual {{ dense 4%s, bn }} }}\n"
    assert found(text % "", "torch") == found(text % " init=torch", "torch") == []
    assert found(text % " init=he", "torch") == [(codes.NAME_RESERVED, name)]
    zeroed = text.replace("residual", "residual zero_init=true") % ""
    assert found(zeroed, "torch") == [(codes.NAME_RESERVED, name)]


def test_initial_weights_take_no_common_names() -> None:
    """What a module with them calls its types is nothing that a user would choose."""
    text = """
block norm(width, zero_init=true) init=keras {
    residual zero_init=zero_init { depthwise_conv 3x3 pad=1 multiplier=2, conv width 1x1, bn }
}
network %s(maths=3) { input 4x4x4\n norm 4\n flatten, dense maths init=he(fan_out) }
"""
    for name in ("Fan", "Norm", "Weighted"):
        assert found(text % name, "torch") == []
    (output,) = compiled(text % "Net", "torch").outputs
    assert "class Norm(nn.Module)" in output.text


@pytest.mark.parametrize(
    ("target", "name"),
    [("torch", name) for name in sorted(TORCH_LOCALS - {"x"})]
    + [("keras", name) for name in sorted(KERAS_LOCALS - {"x"})],
)
def test_what_a_constructor_uses_is_refused_as_a_parameter(target: str, name: str) -> None:
    text = f"network A({name}=3) {{ input 4\n dense {name} }}\n"
    assert found(text, target) == [(codes.NAME_RESERVED, name)]
    unused = f"network A({name}=3) {{ input 4\n dense 2 * {name}, groupnorm {name} }}\n"
    assert found(unused, target) == [(codes.NAME_RESERVED, name)], "the constructor takes it"


@pytest.mark.parametrize(
    ("parameter", "layer", "written"),
    [
        ("rate=0", "dropout rate", "rate: float = 0.0"),
        ("rate=0.25", "dropout rate", "rate: float = 0.25"),
        ("units=4", "dense units", "units: int = 4"),
    ],
)
@pytest.mark.parametrize("target", ["torch", "keras"])
def test_a_parameter_has_the_type_of_what_it_is_for(
    target: str, parameter: str, layer: str, written: str
) -> None:
    (output,) = compiled(f"network A({parameter}) {{ input 4\n {layer} }}\n", target).outputs
    ends = {"torch": ")", "keras": ', *, name: str = "A")'}
    assert f"({written}{ends[target]} ->" in output.text.replace("self, ", "")


def test_every_name_at_the_top_of_a_module_is_reserved() -> None:
    import ast

    for target, taken in (("torch", TORCH_GLOBALS | OF_STARTED), ("keras", KERAS_GLOBALS)):
        for module in all_compiled(target):
            top = ast.parse(module.text).body
            defined = [n.name for n in top if isinstance(n, ast.ClassDef | ast.FunctionDef)]
            assert len(set(defined)) == len(defined), "a name is defined once"
            for node in top:
                if isinstance(node, ast.Import | ast.ImportFrom):
                    names = {alias.asname or alias.name for alias in node.names}
                    assert names <= taken
                    assert names.isdisjoint(defined)


# --- names that Keras gives ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["input_layer", "input_layer_1", "input_layer_12"])
def test_names_of_inputs_are_refused(name: str) -> None:
    assert [code for code, _ in found(LABELLED % name, "keras")] == [codes.NAME_RESERVED]
    assert found(LABELLED % name, "torch") == []
    assert found(LABELLED % f"{name}_x", "keras") == []


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        ("maxpool 3x3 pad=1", "pad"),
        ("gelu tanh", "gelu_3"),
        ("relu\ny: tanh\nresize like=y", "take"),
    ],
)
def test_names_of_functions_are_refused_where_they_are_called(layer: str, name: str) -> None:
    text = LABELLED % name
    assert found(text, "keras") == []
    text = text.replace("relu", layer)
    assert [code for code, _ in found(text, "keras")] == [codes.NAME_RESERVED]
    assert found(text, "torch") == []


def test_keras_does_take_those_names(tmp_path: Any) -> None:
    import subprocess
    import sys

    pytest.importorskip("keras")
    code = (
        "import keras\n"
        "from keras import layers, ops\n"
        "inputs = keras.Input((4, 4, 1))\n"
        "x = ops.pad(inputs, ((0, 0), (1, 1), (1, 1), (0, 0)))\n"
        "x = ops.gelu(x, approximate=True)\n"
        "x = layers.ReLU(name='mine')(x)\n"
        "print([layer.name for layer in keras.Model(inputs, x).operations])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.split("\n")[-2] == "['input_layer', 'pad', 'gelu', 'mine']"


HELPED = (
    "celu",
    "hard_sigmoid slope=0.2",
    "channel_shuffle 2",
    "channel_slice 1 3",
    "normalize mean=[1, 2, 3, 4] deviation=[1, 2, 3, 4]",
    "maxpool 3x3 pad=1",
    "pad 1 mode=reflect",
    "pad 1 mode=replicate",
    "resize to=3x5",
    "pixel_shuffle 2",
    "pixel_unshuffle 2",
    "maxpool 2x2 ceil=true pad=1",
)
"""Layers that a function of the module makes of several calls."""


@pytest.mark.parametrize("layer", HELPED)
def test_the_names_that_functions_of_the_module_take_are_known(layer: str) -> None:
    import re

    from numeric.harness import compiled

    from cnngen.backends.keras import CALLED

    source = compiled(f"network A {{\n    input 6x6x4\n    {layer}\n}}\n")
    model = source.modules["keras"].A()
    found = {re.sub(r"_\d+$", "", operation.name) for operation in model.operations}
    (function,) = re.findall(r"x = (\w+)\(inputs", source.texts["keras"])
    assert found - {"input_layer", "pool1"} == set(CALLED[function])


def test_paths_that_become_one_name_are_refused() -> None:
    text = "network A { input 4\n a: { b: relu }\n a_b: relu }\n"
    assert [code for code, _ in found(text, "keras")] == [codes.NAME_CLASH]
    padded = "network A { input 9x9x1\n conv1: conv 4 3x3 pad=2\n conv1_pad: relu }\n"
    assert [code for code, _ in found(padded, "keras")] == [codes.NAME_CLASH]
    assert found(text, "torch") == found(padded, "torch") == []
