"""Every layer in ONNX Runtime against the reference."""

from __future__ import annotations

import pytest
from numeric.cases import CASES, MOST_LAYERS, TORCH_ONLY, Case

from onnx_target.runtime import assert_agrees, networks


def _id(case: Case) -> str:
    return str(case) + (f" times {case.scale:g}" if case.scale != 1 else "")


@pytest.mark.parametrize("case", CASES + TORCH_ONLY, ids=_id)
def test_a_layer_agrees(case: Case) -> None:
    (network,) = networks(case.text)
    assert_agrees(network, 3, case.scale)


MOVED = """
resize 2
resize 2 mode=linear
resize to=7x9 mode=linear
resize to=7x9
pad 1 after=2
pad 2 mode=reflect
crop 1
pad_channels 5
maxpool 2x2 stride=1 pad=0 pad_after=2 dilation=2
channel_shuffle 3
blurpool
permute width height channels
avgpool adaptive=3x4
"""


@pytest.mark.parametrize("line", MOVED.strip().splitlines())
def test_a_layer_before_a_transposition_agrees(line: str) -> None:
    """The runtime moves that of the layer norm, and has to move what the layer says with it."""
    branches = f"{line}, relu\n {line}, channel_slice 1 3, layernorm, relu"
    text = f"network Net {{\n input 5x6x3\n layernorm\n concat {{\n {branches}\n }}\n}}"
    (network,) = networks(text)
    assert_agrees(network)


def test_most_layers_agree_one_after_another() -> None:
    (network,) = networks(MOST_LAYERS)
    assert_agrees(network)
