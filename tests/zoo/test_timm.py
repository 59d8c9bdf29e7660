"""The zoo's cards against timm's networks: what they hold and what they compute.

``make_timm_facts.py`` recorded timm's side, with weights that a generated network gets by name. A
card that names timm's model takes the model's weights as they are.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

from zoo.cards import TIMM, imported
from zoo.make_timm_facts import FACTS, digest
from zoo.recorded import outputs, parameters, shapes
from zoo.seeded import seeded_state

TOLERANCE = 1e-10
"""Relative to the outputs' root mean square; another order of summing makes about 1e-14."""

RECORD: dict[str, Any] = json.loads(FACTS.read_text(encoding="utf-8"))
MODELS: dict[str, Any] = RECORD["models"]


def generated(model: str) -> Any:
    """The generated torch network that is timm's ``model``, without memory for its weights."""
    card, network, _ = TIMM[model]
    with torch.device("meta"):
        return getattr(imported(card, "torch"), network)()


def test_every_model_that_a_card_names_is_recorded() -> None:
    assert MODELS.keys() == TIMM.keys()


@pytest.mark.parametrize("model", TIMM)
def test_what_is_said_beside_a_card_is_so(model: str) -> None:
    """Weights are a file, or what timm's hub calls them."""
    assert TIMM[model].facts["parameters"] == MODELS[model]["parameters"]
    assert TIMM[model].facts.get("weights", "") == MODELS[model]["weights"]


@pytest.mark.zoo
@pytest.mark.parametrize("model", TIMM)
def test_the_state_dict_is_that_of_the_checkpoint(model: str) -> None:
    made = generated(model)
    assert parameters(made) == MODELS[model]["parameters"]
    assert digest(shapes(made)) == MODELS[model]["state"]


@pytest.mark.zoo
@pytest.mark.parametrize("model", [model for model in MODELS if "outputs" in MODELS[model]])
def test_torch_computes_what_timm_does(model: str) -> None:
    made = generated(model)
    (found,) = outputs(made, seeded_state(shapes(made)), tuple(RECORD["input"])).values()
    expected = np.array(MODELS[model]["outputs"])
    allowed = TOLERANCE * expected[:, -1].max()
    np.testing.assert_allclose(found, expected, rtol=0, atol=allowed)
