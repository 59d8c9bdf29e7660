"""Committed torch modules against torchvision's networks: what they hold and what they compute.

``make_facts.py`` recorded torchvision's side, with weights that a generated network gets by name.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator

import numpy as np
import pytest

from zoo.networks import AUXILIARY, ZOO, generated
from zoo.recorded import DATA, Record, outputs, shapes
from zoo.seeded import seeded_input, seeded_state

TOLERANCE = 1e-10
"""Relative to the logits' root mean square; another order of summing makes about 1e-14."""

every_model = pytest.mark.parametrize("model", ZOO)


@pytest.fixture(autouse=True)
def _free_memory() -> Iterator[None]:
    """Models hold cycles; the large ones must not wait for the next collection."""
    yield
    gc.collect()


@every_model
def test_the_state_dict_is_that_of_the_checkpoint(model: str) -> None:
    """In its order too: an optimizer's state dict knows parameters by position alone."""
    found, expected = list(shapes(generated(model)).items()), list(Record.read(model).state.items())
    if model in AUXILIARY:  # the source has them where they branch off, torchvision further down
        found, expected = sorted(found), sorted(expected)
    assert found == expected


@every_model
def test_the_outputs_are_those_of_torchvision(model: str) -> None:
    record = Record.read(model)
    found = outputs(generated(model), record.state, AUXILIARY.get(model, ()))
    assert found.keys() == record.outputs.keys()
    for name, expected in record.outputs.items():
        allowed = TOLERANCE * expected[:, -1].max()
        np.testing.assert_allclose(found[name], expected, rtol=0, atol=allowed, err_msg=name)


def test_every_record_is_compared() -> None:
    assert {path.stem for path in DATA.glob("*.json")} == ZOO.keys()


def test_the_seeded_values_are_those_that_were_recorded_with() -> None:
    """If these are others, so are all outputs, and the records have to be made anew."""
    expected = {
        "conv.weight": ((8, 4, 3, 3), 0.32898412474056715),
        "bn.weight": ((3,), 1.2608061870831209),
        "bn.running_var": ((3,), 1.029240369847725),
        "fc.bias": ((3,), 0.051179295073168346),
    }
    state = seeded_state({key: shape for key, (shape, _) in expected.items()})
    assert {key: value.flat[-1] for key, value in state.items()} == {
        key: last for key, (_, last) in expected.items()
    }
    assert seeded_input().flat[-1] == 1.6745015436861883
