"""Both forms of a network are held against each other, weights moved as a user moves them."""

from __future__ import annotations

import pytest
from inference.forms import torch_forms

from cnngen.source import Source
from cnngen.verification import Settings, models_for_inference, models_of, verify_evaluation

SOURCE = Source("net.cnn", "network Net {\ninput 8x8x3\nconv 4 3x3, bn, relu\n}")


@pytest.mark.parametrize("wrong", [False, True])
def test_what_from_trained_makes_is_compared(wrong: bool) -> None:
    training, inference, *_ = torch_forms(SOURCE)
    (network,), (lowered,) = training.module.networks, inference.module.networks
    models = models_of(network, {"torch": training.outputs[0].text}, "float64")
    text = inference.outputs[0].text
    assert "shift - mean * scale" in text
    if wrong:
        text = text.replace("shift - mean * scale", "shift + mean * scale")
    found = models_for_inference(models, lowered, {"torch": text}, "float64")
    assert verify_evaluation(network, {**models, **found}, Settings()).holds is not wrong
