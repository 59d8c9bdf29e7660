"""What is recorded of a network: its state dict's keys and shapes, and what it makes of the input.

One JSON file in ``data/`` holds the record of one torchvision model, under torchvision's name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from zoo.seeded import Array, Shape, seeded_input, seeded_state

DATA = Path(__file__).parent / "data"

FIRST = 10
"""How many logits of each image are recorded as they are."""


@dataclass(frozen=True)
class Record:
    """What the test compares a generated network with."""

    model: str
    torchvision: str
    parameters: int
    state: dict[str, Shape]
    outputs: dict[str, Array]
    """For each output a row for each image: the first logits, the mean and the root mean square."""

    @classmethod
    def read(cls, model: str) -> Record:
        """The record of a model from its file."""
        found: dict[str, Any] = json.loads((DATA / f"{model}.json").read_text(encoding="utf-8"))
        found["state"] = {key: tuple(shape) for key, shape in found["state"].items()}
        found["outputs"] = {name: np.array(rows) for name, rows in found["outputs"].items()}
        return cls(**found)

    def write(self) -> None:
        """Write the record into its file: a key or an image a line."""
        outputs = {
            name: "[\n      " + ",\n      ".join(map(json.dumps, rows.tolist())) + "\n    ]"
            for name, rows in self.outputs.items()
        }
        text = _object(
            {
                "model": json.dumps(self.model),
                "torchvision": json.dumps(self.torchvision),
                "parameters": json.dumps(self.parameters),
                "state": _object({k: json.dumps(v) for k, v in self.state.items()}, "  "),
                "outputs": _object(outputs, "  "),
            }
        )
        (DATA / f"{self.model}.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def _object(members: Mapping[str, str], indent: str = "") -> str:
    """A JSON object with each member, whose value is JSON already, on lines of its own."""
    lines = ",\n".join(f"{indent}  {json.dumps(k)}: {v}" for k, v in members.items())
    return f"{{\n{lines}\n{indent}}}"


def shapes(model: nn.Module) -> dict[str, Shape]:
    """The state dict's keys and shapes, in its order."""
    return {key: tuple(value.shape) for key, value in model.state_dict().items()}


def parameters(model: nn.Module) -> int:
    """How many trained values there are."""
    return sum(parameter.numel() for parameter in model.parameters())


def outputs(
    model: nn.Module, state: Mapping[str, Shape], auxiliary: Sequence[str] = ()
) -> dict[str, Array]:
    """The logits in float64 of a network with seeded weights, summed up as in a record.

    Args:
        model: The network, on the device ``meta``: it is given its only weights here.
        state: The keys and shapes that its state dict must have.
        auxiliary: Submodules whose outputs are wanted too. They may work in training alone, so
            that is the mode then, though batch norms and dropouts stay as in evaluation.
    """
    seeded = {key: torch.from_numpy(value) for key, value in seeded_state(state).items()}
    model.load_state_dict(seeded, strict=True, assign=True)
    model.eval()
    x = torch.from_numpy(seeded_input())
    found: dict[str, Tensor] = {}
    with torch.no_grad():
        found["logits"] = model(x)
        if auxiliary:
            for name in auxiliary:
                model.get_submodule(name).register_forward_hook(
                    lambda _module, _inputs, output, name=name: found.update({name: output})
                )
            model.train()
            for module in model.modules():
                if isinstance(module, _BatchNorm | _DropoutNd):
                    module.eval()
            model(x)
    return {name: _summary(y.numpy()) for name, y in found.items()}


def _summary(logits: Array) -> Array:
    """Each image's first logits, mean and root mean square, which are alike in size."""
    mean, square = logits.mean(1, keepdims=True), np.square(logits).mean(1, keepdims=True)
    return np.concatenate([logits[:, :FIRST], mean, np.sqrt(square)], axis=1)
