"""Every layer has a meaning and a form in each target; a gap names the file to edit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from cnngen.backends.keras import emit as keras
from cnngen.backends.onnx import emit as onnx
from cnngen.backends.torch import emit as torch
from cnngen.ops import LAYERS, Op, Relu, Subsample
from cnngen.reference import TABLE
from cnngen.reference.table import Table

TABLES: dict[str, Mapping[type[Op], Any]] = {
    "cnngen/reference/{family}.py": TABLE.functions,
    "cnngen/backends/torch/emit.py": torch.TABLE.functions,
    "cnngen/backends/keras/emit.py": keras.TABLE.functions,
    "cnngen/backends/onnx/emit/{family}.py": onnx.TABLE.functions,
}


@pytest.mark.parametrize("op", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("file", TABLES)
def test_every_layer_is_in_every_table(file: str, op: type[Op]) -> None:
    family = op.__module__.rpartition(".")[2]
    assert op in TABLES[file], f"add {op.__name__} to {file.format(family=family)}"


@pytest.mark.parametrize("file", TABLES)
def test_tables_hold_layers_only(file: str) -> None:
    """And what only the compiler itself puts in: the source has no word for it."""
    assert set(TABLES[file]) <= {*LAYERS.values(), Subsample}


def test_a_meaning_is_registered_once() -> None:
    table = Table()
    table.means(Relu)(lambda op, weights, x: x)
    with pytest.raises(ValueError, match="Relu has a meaning already"):
        table.means(Relu)(lambda op, weights, x: x)
