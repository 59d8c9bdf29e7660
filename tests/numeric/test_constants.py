"""Constants in the layers of generated modules: of the values' type, and in no state dict."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from numeric.harness import compiled, keras_floats

TEXT = """
network Constants {
    input 4x4x3
    normalize mean=[0.485, 0.456, 0.406] deviation=[0.229, 0.224, 0.225]
    scale 0.1, offset 0.3
}
"""
"""Without weights, so that a type comes from the values and from constants alone."""

ROUNDING = {"float16": 1e-3, "bfloat16": 1e-2, "float32": 1e-6, "float64": 1e-15}


def given(dtype: str) -> Any:
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).random((2, 3, 4, 4))
    return torch.from_numpy(x).to(getattr(torch, dtype))


def expected(x: Any) -> Any:
    mean, std = (np.reshape(n, (3, 1, 1)) for n in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    return (x.double().numpy() - mean) / std * 0.1 + 0.3


@pytest.mark.parametrize("dtype", ROUNDING)
def test_torch_has_them_in_the_type_of_the_values(dtype: str) -> None:
    model = compiled(TEXT).modules["torch"].Constants()
    x = given(dtype)
    y = model(x)
    assert y.dtype == x.dtype
    assert np.abs(y.double().numpy() - expected(x)).max() < ROUNDING[dtype]


def test_torch_has_them_on_the_device_of_the_values() -> None:
    """There is no other device here, but one that only knows shapes."""
    model = compiled(TEXT).modules["torch"].Constants()
    assert model(given("float32").to("meta")).device.type == "meta"


def test_torch_keeps_its_layout() -> None:
    import torch

    model = compiled(TEXT).modules["torch"].Constants()
    x = given("float32")
    assert model(x).is_contiguous()
    last = x.to(memory_format=torch.channels_last)
    assert model(last).is_contiguous(memory_format=torch.channels_last)


def test_no_constant_is_in_a_state_dict() -> None:
    source = compiled(TEXT)
    assert not source.modules["torch"].Constants().state_dict()
    assert not source.modules["keras"].Constants().weights


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_keras_has_them_in_the_type_of_the_model(dtype: str, tmp_path: Any) -> None:
    import keras

    with keras_floats(dtype):
        model = compiled(TEXT).modules["keras"].Constants()
        model.save(tmp_path / "model.keras")
        loaded = keras.models.load_model(tmp_path / "model.keras")
        x = given(dtype)
        for each in (model, loaded):
            y = keras.ops.convert_to_numpy(each(x.permute(0, 2, 3, 1).numpy()))
            assert y.dtype == dtype
            off = y.astype("float64").transpose(0, 3, 1, 2) - expected(x)
            assert np.abs(off).max() < ROUNDING[dtype]
