"""The zoo's cards against torchvision's networks: what they hold and what they compute.

``make_facts.py`` recorded torchvision's side, with weights that a generated network gets by name.
"""

from __future__ import annotations

import gc
import inspect
import re
from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
import torch

from cnngen.frameworks import framework, from_keys
from cnngen.frameworks.keras import settings
from zoo.cards import AUXILIARY, LARGE, LATER, TORCHVISION, ZOO, called, imported, networks
from zoo.recorded import DATA, Record, State, outputs, parameters, shapes, summary
from zoo.seeded import Array, Values, seeded_input, seeded_state

TOLERANCE = 1e-10
"""Relative to the outputs' root mean square; another order of summing makes about 1e-14."""

every_model = pytest.mark.parametrize("model", TORCHVISION)
with_outputs = pytest.mark.parametrize(
    "model", [model for model in TORCHVISION if Record.read(model).outputs]
)


@pytest.fixture(autouse=True)
def _free_memory(request: pytest.FixtureRequest) -> Iterator[None]:
    """Models hold cycles; the large ones must not wait for the next collection.

    To collect takes seconds in a process that has run other tests: only where there were models.

    Many small convolutions in two threads wait for each other where the machine has other work.
    """
    if request.node.get_closest_marker("zoo") is None:
        yield
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    keras.backend.clear_session()
    gc.collect()


def generated(model: str) -> Any:
    """The generated torch network that is torchvision's ``model``, without memory for weights."""
    card, network, _ = TORCHVISION[model]
    with torch.device("meta"):
        return getattr(imported(card, "torch"), network)()


def weights_of(model: str) -> Values:
    """The seeded values by the keys of the generated network."""
    record = Record.read(model)
    state = seeded_state(record.state, record.gain)
    return {called(model, key): value for key, value in state.items()}


@pytest.mark.zoo
@every_model
def test_the_state_dict_is_that_of_the_checkpoint(model: str) -> None:
    """In its order too: an optimizer's state dict knows parameters by position alone."""
    made, record = generated(model), Record.read(model)
    found, expected = (
        shapes(made),
        {called(model, key): shape for key, shape in record.state.items()},
    )
    assert found == expected
    elsewhere = next((keys for start, keys in LATER.items() if model.startswith(start)), "$^")
    assert _without(found, elsewhere) == _without(expected, elsewhere)
    assert elsewhere == "$^" or list(found) != list(expected), "it needs no exception"
    assert parameters(made) == record.parameters


def _without(state: State, keys: str) -> list[str]:
    return [key for key in state if not re.search(keys, key)]


@pytest.mark.zoo
@with_outputs
def test_torch_computes_what_torchvision_does(model: str) -> None:
    record = Record.read(model)
    side = AUXILIARY.get(model, ())
    found = outputs(generated(model), weights_of(model), record.input, side)
    assert_equal(found, record)


def smallest() -> list[str]:
    """A model of each definition: the variants have other numbers, and are held in torch."""
    found: dict[tuple[str, str], str] = {}
    run = [m for m in TORCHVISION if Record.read(m).outputs and m not in LARGE]
    for model in sorted(run, key=lambda each: TORCHVISION[each].facts["parameters"]):
        card, name, _ = TORCHVISION[model]
        text = (ZOO / f"{card}.cnn").read_text(encoding="utf-8")
        base = re.search(rf"^network {name} = (\w+)", text, re.MULTILINE)
        found.setdefault((card, base[1] if base else name), model)
    return sorted(found.values())


@pytest.mark.zoo
@pytest.mark.parametrize("model", smallest())
def test_keras_computes_what_torchvision_does(model: str) -> None:
    """With the weights of a state dict, as ``cnngen weights convert`` moves them."""
    card, name, _ = TORCHVISION[model]
    network = networks(card)[name]
    weights: dict[str, dict[str, Array]] = {}
    for (path, weight), array in from_keys("torch", network, weights_of(model)).items():
        weights.setdefault(path, {})[weight] = array
    found = keras_outputs(model, lambda built: built.load(weights))
    assert_equal(found, Record.read(model))


def keras_outputs(model: str, load: Callable[[Any], None]) -> dict[str, Array]:
    """What the generated Keras model makes of the record's input, with weights that are loaded."""
    card, name, _ = TORCHVISION[model]
    record = Record.read(model)
    network = networks(card)[name]
    function: Any = getattr(imported(card, "keras"), name)
    *sizes, channels = (*record.input[2:], record.input[1])
    if not {"input_shape", "kwargs"}.isdisjoint(inspect.signature(function).parameters):
        function = partial(function, input_shape=(*sizes, channels))
    module: Any = SimpleNamespace(**{name: function})
    built: Any = framework("keras").build(module, network, "float64")
    assert built.model.input_shape[1:] == (*sizes, channels)
    load(built)
    # In training its outputs are by name; as a model of its own it gives all in evaluation too.
    whole = keras.Model(built.model.input, built.model.output)
    x = np.moveaxis(seeded_input(record.input), 1, -1)
    with settings("float64"), framework("keras").exact():
        y = whole(x, training=False)
    by_name = y if isinstance(y, dict) else {"main": y}
    return {
        "logits" if name == "main" else name: summary(np.moveaxis(np.asarray(value), -1, 1))
        for name, value in by_name.items()
    }


def assert_equal(found: dict[str, Array], record: Record) -> None:
    assert difference(found, record) < TOLERANCE


def difference(found: dict[str, Array], record: Record) -> float:
    """How far outputs are from those that were recorded, relative to their root mean square."""
    names = {called(record.model, name): name for name in record.outputs}
    assert found.keys() == names.keys()
    expected = {name: record.outputs[names[name]] for name in found}
    errors = [np.abs(found[name] - of).max() / of[:, -1].max() for name, of in expected.items()]
    return float(max(errors))


def test_every_record_is_of_a_network_of_the_zoo() -> None:
    assert {path.stem for path in DATA.glob("*.json")} == TORCHVISION.keys()


@every_model
def test_what_is_said_beside_a_card_is_so(model: str) -> None:
    facts, record = TORCHVISION[model].facts, Record.read(model)
    assert facts.get("weights", "") == record.weights
    assert facts["parameters"] == record.parameters


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
    assert seeded_input((2, 3, 224, 224)).flat[-1] == 1.6745015436861883
