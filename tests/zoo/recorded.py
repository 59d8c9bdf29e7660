"""What is recorded of a network: its state dict's keys and shapes, and what it makes of an input.

One JSON file in ``data/<origin>/`` holds the record of one model, under the name that it has there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from zoo.seeded import Array, Shape, Values, seeded_input

DATA = Path(__file__).parent / "data" / "torchvision"

FIRST = 10
"""How many values of each output of an image are recorded as they are."""

State = dict[str, Shape]

NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
"""What a batch norm has: in a record it is the number of its channels."""


@dataclass(frozen=True)
class Record:
    """What the tests compare a generated network with."""

    model: str
    torchvision: str
    weights: str
    """The file of the weights that torchvision loads by default; empty where it has none."""
    parameters: int
    input: Shape
    """The batch that the outputs are for, channels first."""
    state: State
    gain: float
    """What the weights were seeded with; see ``zoo.seeded``."""
    outputs: dict[str, Array]
    """For each output a row for each image: some values, the mean and the root mean square.

    Empty where the network is too large to be run in a test.
    """

    @classmethod
    def read(cls, model: str) -> Record:
        """The record of a model from its file."""
        return _read(DATA / f"{model}.json")

    def write(self) -> None:
        """Write the record into its file: a layer or an image a line."""
        packed = _packed(self.state)
        assert list(_unpacked(packed)) == list(self.state.items())
        outputs = {
            name: "[\n      " + ",\n      ".join(map(json.dumps, rows.tolist())) + "\n    ]"
            for name, rows in self.outputs.items()
        }
        text = _object(
            {
                "model": json.dumps(self.model),
                "torchvision": json.dumps(self.torchvision),
                "weights": json.dumps(self.weights),
                "parameters": json.dumps(self.parameters),
                "input": json.dumps(self.input),
                "gain": json.dumps(self.gain),
                "state": _object({k: json.dumps(v) for k, v in packed.items()}, "  "),
                "outputs": _object(outputs, "  "),
            }
        )
        DATA.mkdir(parents=True, exist_ok=True)
        (DATA / f"{self.model}.json").write_text(text + "\n", encoding="utf-8", newline="\n")


@cache
def _read(path: Path) -> Record:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    found["input"] = tuple(found["input"])
    found["state"] = dict(_unpacked(found["state"]))
    found["outputs"] = {name: np.array(rows) for name, rows in found["outputs"].items()}
    return Record(**found)


def _packed(state: State) -> dict[str, Any]:
    """The keys of each layer together; a batch norm is its channels, a kernel alone its shape."""
    layers: dict[str, dict[str, Shape]] = {}
    for key, shape in state.items():
        layer, _, kind = key.rpartition(".")
        layers.setdefault(layer, {})[kind] = shape
    packed: dict[str, Any] = {}
    for layer, shapes in layers.items():
        if tuple(shapes) == NORM:
            (packed[layer],) = shapes["weight"]
        else:
            packed[layer] = shapes["weight"] if tuple(shapes) == ("weight",) else shapes
    return packed


def _unpacked(packed: Mapping[str, Any]) -> Iterator[tuple[str, Shape]]:
    for layer, found in packed.items():
        shapes = found
        if isinstance(found, int):
            shapes = {kind: () if kind == "num_batches_tracked" else (found,) for kind in NORM}
        elif not isinstance(found, Mapping):
            shapes = {"weight": found}
        for kind, shape in shapes.items():
            yield f"{layer}.{kind}", tuple(shape)


def _object(members: Mapping[str, str], indent: str = "") -> str:
    """A JSON object with each member, whose value is JSON already, on lines of its own."""
    lines = ",\n".join(f"{indent}  {json.dumps(k)}: {v}" for k, v in members.items())
    return f"{{\n{lines}\n{indent}}}"


def shapes(model: nn.Module) -> State:
    """The state dict's keys and shapes, in its order."""
    return {key: tuple(value.shape) for key, value in model.state_dict().items()}


def parameters(model: nn.Module) -> int:
    """How many trained values there are."""
    return sum(parameter.numel() for parameter in model.parameters())


def outputs(
    model: nn.Module,
    weights: Values,
    size: Shape,
    auxiliary: Sequence[str] = (),
) -> dict[str, Array]:
    """The outputs in float64 of a network with these weights, summed up as in a record.

    Args:
        model: The network, on the device ``meta``: it is given its only weights here.
        weights: By the keys that its state dict must have.
        size: The shape of the input.
        auxiliary: Submodules whose outputs are wanted too. They may work in training alone, so
            that is the mode then, though batch norms and dropouts stay as in evaluation.
    """
    seeded = model.state_dict()  # some models look at the version that it carries
    assert seeded.keys() == weights.keys()
    for key, value in weights.items():
        seeded[key] = torch.from_numpy(value)
    model.load_state_dict(seeded, strict=True, assign=True)
    model.eval()
    x = torch.from_numpy(seeded_input(size))
    found: dict[str, Tensor] = {}
    with torch.no_grad():
        y = model(x)
        y = y._asdict() if isinstance(y, tuple) and hasattr(y, "_asdict") else y
        found |= y if isinstance(y, Mapping) else {"logits": y}
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
    return {name: summary(y.numpy()) for name, y in found.items()}


def summary(output: Array) -> Array:
    """Of each image some values all over the output, the mean and the root mean square.

    They are alike in size. Maps have their channels first.
    """
    flat = output.reshape(len(output), -1)
    places = np.linspace(0, flat.shape[1] - 1, FIRST).astype(int)
    mean, square = flat.mean(1, keepdims=True), np.square(flat).mean(1, keepdims=True)
    return np.concatenate([flat[:, places], mean, np.sqrt(square)], axis=1)
