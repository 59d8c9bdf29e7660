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


@pytest.mark.parametrize("arguments", ["2", "2 mode=linear", "to=7x9 mode=linear", "to=7x9"])
def test_a_resize_before_a_transposition_agrees(arguments: str) -> None:
    """The runtime moves that of the layer norm, and has to move what the resize says with it."""
    branches = f"resize {arguments}, relu\n resize {arguments}, channel_slice 1 3, layernorm, relu"
    text = f"network Net {{\n input 5x6x3\n layernorm\n concat {{\n {branches}\n }}\n}}"
    (network,) = networks(text)
    assert_agrees(network)


def test_most_layers_agree_one_after_another() -> None:
    (network,) = networks(MOST_LAYERS)
    assert_agrees(network)
