"""What networks with several inputs and outputs take, return and are trained on."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
import pytest

from cnngen.backends.keras.module import LOSSES as OF_KERAS
from cnngen.backends.torch.module import FUNCTIONS as OF_TORCH
from cnngen.losses import LOSSES
from cnngen.reference import Array
from numeric.harness import (
    Compiled,
    Problem,
    assert_agree,
    channels_first,
    compiled,
    keras_floats,
    keras_model,
    problem,
    torch_inputs,
    torch_model,
)

TEXT = """network Case(classes=4) {
    image: input 6x6x3
    hint: input 5
    from image
    conv 4 3x3 pad=1, wide: relu
    mask: conv classes 1x1
    from hint
    vector: dense classes
    output mask loss=%s weight=0.25
    output vector loss=%s
    output wide
}
"""

BATCH = 3


def case(loss: str) -> tuple[Compiled, Any, Problem]:
    source = compiled(TEXT % (loss, loss))
    network = source.networks["Case"]
    return source, network, problem(network, "float64", BATCH)


def targets(loss: str) -> dict[str, Array]:
    """For a map and a vector: classes where the loss takes them, else values."""
    random = np.random.default_rng(5)
    if loss == "cross_entropy":
        sizes = {"mask": (BATCH, 6, 6), "vector": (BATCH,)}
        return {name: random.integers(0, 4, size) for name, size in sizes.items()}
    sizes = {"mask": (BATCH, 6, 6, 4), "vector": (BATCH, 4)}
    made = {name: random.normal(0, 2, size) for name, size in sizes.items()}
    if loss == "binary_cross_entropy":
        return {name: (y > 0).astype("float64") for name, y in made.items()}
    return made


def torch_loss(loss: str) -> Any:
    import torch

    model = torch_model(*case(loss))
    given = {
        name: torch.from_numpy(y if y.dtype.kind == "i" else channels_first(y).copy())
        for name, y in targets(loss).items()
    }
    return model(*torch_inputs(case(loss)[2])).loss(given).item()


def test_each_target_has_all_losses() -> None:
    assert LOSSES.keys() == OF_KERAS.keys() == OF_TORCH.keys()


@pytest.mark.parametrize("loss", LOSSES)
def test_both_targets_have_the_same_loss(loss: str) -> None:
    """What `loss` gives in torch is what Keras' `compile` makes of what it is given."""
    source, network, given = case(loss)
    with keras_floats("float64"):
        model = keras_model(source, network, given)
        model.compile("sgd", **source.modules["keras"].CaseLosses())
        total = model.evaluate(given.inputs, targets(loss), batch_size=BATCH, verbose=0)
    found = float(np.ravel(total)[0])
    assert found == pytest.approx(torch_loss(loss), rel=1e-6)  # Keras adds losses up in float32


def test_both_return_by_name() -> None:
    source, network, given = case("mse")
    made = torch_model(source, network, given)(*torch_inputs(given))
    assert type(made).__name__ == "CaseOutputs"
    assert made._fields == ("mask", "vector", "wide")
    model = keras_model(source, network, given)
    assert list(model(given.inputs)) == ["mask", "vector", "wide"]


def test_inputs_have_their_names() -> None:
    source, network, given = case("mse")
    forward = inspect.signature(torch_model(source, network, given).forward)
    assert list(forward.parameters) == ["image", "hint"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = keras_model(source, network, given)
        model(given.inputs)
    assert {each.name for each in model.inputs} == {"image", "hint"}


def test_it_is_trained_by_fit(tmp_path: Any) -> None:
    """Saved and loaded too; the losses go down."""
    import keras

    source, network, given = case("mse")
    model = keras_model(source, network, given)
    model.compile("adam", **source.modules["keras"].CaseLosses())
    y = targets("mse")
    history = model.fit(given.inputs, y, batch_size=BATCH, epochs=5, verbose=0).history["loss"]
    assert history[-1] < history[0]
    model.save(tmp_path / "case.keras")
    again = keras.models.load_model(tmp_path / "case.keras")
    for name, expected in model(given.inputs).items():
        np.testing.assert_array_equal(again(given.inputs)[name], expected)


def test_without_losses_there_is_none() -> None:
    source = compiled(
        "network Case {\n    input 4\n    a: dense 3\n    b: relu\n    output a b\n}\n"
    )
    assert not hasattr(source.modules["torch"].CaseOutputs, "loss")
    assert not hasattr(source.modules["keras"], "CaseLosses")
    assert "functional" not in source.texts["torch"]


def test_names_that_code_has_are_written_otherwise() -> None:
    text = "network Case {\n    self: input 4\n    inputs: input 4\n    add self\n    dense 3\n}\n"
    source = compiled(text)
    network = source.networks["Case"]
    given = problem(network, "float64", BATCH)
    forward = inspect.signature(torch_model(source, network, given).forward)
    assert list(forward.parameters) == ["self_", "inputs"]
    model = keras_model(source, network, given)
    assert {each.name for each in model.inputs} == {"self", "inputs"}
    assert_agree(source, network, given, [BATCH], lambda *_: 1e-12)
