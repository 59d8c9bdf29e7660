"""Which Keras functions take another ``input_shape``, and of which type."""

from __future__ import annotations

import re

import pytest

from cnngen.backends import backend
from cnngen.compiler import compile_source
from cnngen.source import Source

OPEN = "Shape"
"""Sizes may be None."""

SIZED = "tuple[int, ...]"


def shape_type(text: str) -> str | None:
    """The type of the parameter of the only network; None where it has none."""
    result = compile_source(Source("net.cnn", text), [backend("keras")], debug=True)
    assert not result.diagnostics, [d.message for d in result.diagnostics]
    found = re.search(r"input_shape: (.+?) = ", result.outputs[0].text)
    assert (found is None) == ("keras.Input(input_shape)" not in result.outputs[0].text)
    return found[1] if found else None


BLOCKS = {
    "mirrored": "block mirrored { pad 1 mode=reflect }",
    "within": "block within() {\na: relu\nmaxpool 2x2\nresize like=a mode=linear }",
    "plain": "block plain(width) { conv width 1x1 }",
    "head": "block head {\nflatten -> 192\ndense 2 }",
    "doubled": "block doubled { conv channels * 2 1x1 }",
}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("input 8x8x3, conv 4 3x3, avgpool global, flatten, dense 2", OPEN),
        ("input 800x3, conv 4 3 pad=same, maxpool adaptive=5, flatten, dense 2", SIZED),
        ("input 8x8x3, conv 4 3x3, resize 2 mode=linear", SIZED),
        ("input 8x8x3, a: conv 4 3x3, relu, add a", OPEN),
        ("input 8x8x3, mirrored", SIZED),
        ("input 8x8x3, a: relu, maxpool 2x2, resize like=a, add a", SIZED),
        ("input 8x8x3, within", SIZED),
        ("input 8x8x3, plain 4", OPEN),
        # As many weights as the map has cells.
        ("input 8x8x3, conv 4 3x3, flatten, dense 2", None),
        ("input 8x8x3, conv 4 3x3, flatten -> 144", None),
        ("input 8x8x3, prelu per=cell", None),
        ("input 8x8x3, head", None),
        # Sizes are read.
        ("input 8x8x3, conv height 3x3", None),
        ("input 8x8x3, avgpool height - 2", None),
        # Channels are read.
        ("input 8x8x3, conv channels * 2 3x3", None),
        ("input 8x8x3, residual { conv 3 1x1 }", None),
        ("input 8x8x3, plain channels", None),
        ("input 8x8x3, depthwise_conv 3x3 stride=1x2", None),
        ("input 8x8x3, doubled", OPEN),  # in code: from what comes in
        # Whoever calls the function says it already, or there is none to say.
        ("input side x side x 3, conv 4 3x3", None),
        ("input 8, dense 4", None),
        ("a: input 8x8x3, b: input 8x8x3, add a", None),
    ],
)
def test_what_takes_another_shape(body: str, expected: str | None) -> None:
    lines = body.replace(", ", "\n")
    used = [block for name, block in BLOCKS.items() if name in lines.split()]
    parameters = "(side=8)" if "side" in body else ""
    assert shape_type("\n".join([*used, f"network Net{parameters} {{\n{lines}\n}}"])) == expected
