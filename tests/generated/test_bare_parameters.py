"""Factors that are a parameter of the class around them, and no module."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from cnngen.backends import backend
from cnngen.cli import cli
from cnngen.compiler import compile_source
from cnngen.frameworks import framework
from cnngen.source import Source

TEXT = """
block unit(width, start=1) {
    residual {
        conv width 1x1
        gamma: layer_scale start=start bare=map
        drop_path 0.1
    }
}

network Net {
    input 4x6x3
    conv 8 1x1
    for i in range(2) { unit 8 start=0.5 }
    for j in range(2) { g[j]: layer_scale bare=vector }
    "1-b": layer_scale bare=batch
    reuse "1-b"
    avgpool global, flatten, last: layer_scale start=2 bare=map
}
"""

KEYS = {
    "g0": (8,),
    "g1": (8,),
    "1-b": (1, 8, 1, 1),
    "last": (8,),
    "unit1.0.gamma": (8, 1, 1),
    "unit1.1.gamma": (8, 1, 1),
}


@pytest.fixture(scope="module")
def source() -> str:
    result = compile_source(Source("net.cnn", TEXT), [backend("torch")])
    assert not result.diagnostics
    return str(result.outputs[0].text)


def test_labels_are_keys_of_parameters(source: str) -> None:
    made: Any = framework("torch").module(source)
    state = made.Net().state_dict()
    own = {key: tuple(of.shape) for key, of in state.items() if "conv" not in key}
    assert own == KEYS
    assert float(state["unit1.0.gamma"][0]) == 0.5
    assert made.Unit(8, 8).gamma.dtype == torch.float32  # though its start is a whole number


def test_forward_multiplies(source: str) -> None:
    assert "self.gamma = nn.Parameter(torch.full((width, 1, 1), float(start)))" in source
    assert "y = y * self.gamma" in source
    assert 'x = x * getattr(self, f"g{j}")[:, None, None]' in source


def test_weights_go_to_keras_and_back(source: str, tmp_path: Path) -> None:
    """With dimensions of 1 there and without them here."""
    (tmp_path / "net.cnn").write_text(TEXT)
    made: Any = framework("torch").module(source)
    state = {key: torch.randn(of.shape) for key, of in made.Net().state_dict().items()}
    torch.save(state, tmp_path / "a.pt")
    net, *files = (str(tmp_path / name) for name in ("net.cnn", "a.pt", "b.keras", "c.pt"))
    for there, back in pairwise(files):
        done = CliRunner().invoke(cli, ["weights", "convert", net, there, back])
        assert done.exit_code == 0, done.output
    again = torch.load(files[-1], weights_only=True)
    assert again.keys() == state.keys()
    assert all(np.array_equal(again[key], of) for key, of in state.items())


def test_what_no_value_takes_may_have_no_name() -> None:
    text = """
        default layer_scale bare=map
        block unit(deep=false, act=layer_scale) {
            conv 4 1x1
            if deep { act }
        }
        network Net {
            input 8x8x4
            unit
        }
    """
    result = compile_source(Source("net.cnn", text), [backend("torch")])
    (found,) = result.diagnostics
    assert (found.code.id, found.message) == ("E401", "a parameter of a module needs a name")
