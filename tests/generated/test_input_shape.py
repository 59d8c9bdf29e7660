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
    assert (found is None) == ("keras.Input(input_shape" not in result.outputs[0].text)
    return found[1] if found else None


BLOCKS = {
    "mirrored": "block mirrored { pad 1 mode=reflect }",
    "within": "block within() {\na: relu\nmaxpool 2x2\nresize like=a mode=linear }",
    "plain": "block plain(width) { conv width 1x1 }",
    "head": "block head {\nflatten -> 192\ndense 2 }",
    "resized": "block resized { conv 3 3x3, pad 1 mode=reflect }",
    "prepared": "block prepared { normalize mean=[0.1; 0.2; 0.3] deviation=[1; 2; 3], conv 4 3x3 }",
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
        ("input 8x8x3, repeat 2 { conv 4 3x3 pad=1 }", OPEN),
        ("input 8x8x3, for w in [4; 8] { conv w 3x3; relu }", OPEN),
        ("input 8x8x3, repeat 2 { conv channels * 2 3x3 pad=1 }", None),
        ("input 8x8x3, maxpool adaptive=4, conv 4 3x3", SIZED),
        # As many weights as the map has cells.
        ("input 8x8x3, conv 4 3x3, flatten, dense 2", None),
        ("input 8x8x3, conv 4 3x3, flatten -> 144", None),
        ("input 8x8x3, prelu per=cell", None),
        ("input 8x8x3, head", None),
        # Sizes are read.
        ("input 8x8x3, conv height 3x3", None),
        ("input 8x8x3, avgpool height - 2", None),
        ("input 8x8x3, reshape 64x3", None),
        ("input 8x8x3, conv 4 3x3, reshape 9x4x4", None),
        # What is applied again.
        ("input 8x8x3, a: plain 3, avgpool adaptive=8, reuse a", SIZED),
        ("input 8x8x3, a: conv 3 2x2 stride=2 dilation=2 pad=same, resize to=8x8, reuse a", None),
        ("input 8x8x3, a: resized, resize to=8x8, reuse a", None),
        # Channels are read.
        ("input 8x8x3, conv channels * 2 3x3", None),
        ("input 8x8x3, residual { conv 3 1x1 }", None),
        ("input 8x8x3, plain channels", None),
        ("input 8x8x3, depthwise_conv 3x3 stride=1x2", None),
        # The channels that come in meet others, or each has its place.
        ("input 8x8x3, image: relu, conv 3 1x1, add image", None),
        ("input 8x8x3, image: relu, conv 3 1x1, maximum image", None),
        ("input 8x8x3, image: relu, conv 3 1x1, multiply image", None),
        ("input 8x8x3, gate { avgpool global; conv 3 1x1; sigmoid }", None),
        ("input 8x8x3, gate { conv 1 1x1 }", OPEN),
        ("input 8x8x3, normalize mean=[0.1; 0.2; 0.3] deviation=[1; 2; 3], conv 4 3x3", None),
        ("input 8x8x3, prepared", None),
        ("input 8x8x3, channel_slice 0 2, conv 4 3x3", None),
        ("input 8x8x3, conv 4 3x3, groupnorm 2, channel_slice 0 2", OPEN),
        ("input 8x8x3, doubled", OPEN),  # in code: from what comes in
        # What parameters say, if nothing else is said.
        ("input side x side x 3, conv 4 3x3", f"{OPEN} | None"),
        ("input side x side x 3, conv 4 3x3, maxpool adaptive=4", f"{SIZED} | None"),
        ("input side x side x 3, conv 4 3x3, flatten, dense 2", None),
        ("input 8x8 x side, conv 4 3x3", None),
        ("input 8, dense 4", None),
        ("a: input 8x8x3, b: input 8x8x3, add a", None),
    ],
)
def test_what_takes_another_shape(body: str, expected: str | None) -> None:
    lines = body.replace(", ", "\n").replace(";", ",")
    used = [block for name, block in BLOCKS.items() if name in lines.split()]
    used = [block.replace(";", ",") for block in used]
    parameters = "(side=8)" if "side" in body else ""
    assert shape_type("\n".join([*used, f"network Net{parameters} {{\n{lines}\n}}"])) == expected
