"""Moves the weights of every well-known network to the other framework, and compares outputs.

    python -m tests.zoo                       # the whole list, a line each
    python -m tests.zoo resnet50 NASNetMobile

The exit code is 1 where one differs. A state dict of each network of torchvision, seeded, goes
through ``cnngen weights convert`` into the generated Keras model; what that gives is held against
what torchvision's network was recorded to give. The weights of each network of keras.applications,
seeded too, go the same way into the generated PyTorch module, which is held against the application
itself. All of it is in float64.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parents[1]))

import keras
import numpy as np
import torch
from cli.runner import run

from zoo import applications as of_keras
from zoo.cards import TORCHVISION, imported
from zoo.recorded import Record
from zoo.seeded import seeded_state
from zoo.test_torchvision import keras_outputs

TOLERANCE = 1e-10
"""Relative to the root mean square of the outputs."""


class Moved(NamedTuple):
    """How weights were found, and how far the outputs with them are from the original's."""

    way: str
    difference: float


def main(wanted: list[str]) -> int:
    """Move all, or those that are named."""
    applications = {each.name: each for each in of_keras.applications()}
    every: dict[str, Callable[[], Moved]] = {
        **{name: lambda name=name: from_torchvision(name) for name in TORCHVISION},
        **{name: lambda of=of: from_keras(of) for name, of in applications.items()},
    }
    unknown = set(wanted) - every.keys()
    if unknown:
        print(f"not in the zoo: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    wrong = []
    for name in wanted or every:
        start = time.monotonic()
        moved = every[name]()
        seconds = time.monotonic() - start
        right = moved.difference <= TOLERANCE
        shown = f"{moved.difference:.1e}" if moved.difference >= 0 else "not run"
        print(f"{name:32} {moved.way:28} {shown:>8} {seconds:6.1f} s", flush=True)
        wrong += [] if right else [name]
        keras.backend.clear_session()
        gc.collect()
    print(f"{len(wanted or every)} networks, {len(wrong)} differ {' '.join(wrong)}".rstrip())
    return 1 if wrong else 0


def from_torchvision(model: str) -> Moved:
    """A seeded state dict of torchvision's network, in the generated Keras model."""
    card, name, _ = TORCHVISION[model]
    record = Record.read(model)
    if not record.outputs:
        return Moved("keys and shapes alone", -1)
    values = seeded_state(record.state, record.gain)
    state = {key: torch.from_numpy(value) for key, value in values.items()}
    with _folder() as folder:
        torch.save(state, folder / "in.pt")
        del values, state
        way = _convert(card, name, folder / "in.pt", folder / "out.weights.h5")
        found = keras_outputs(
            card, name, record, lambda made: made.load_weights(folder / "out.weights.h5")
        )
    errors = (
        np.abs(found[output] - expected).max() / expected[:, -1].max()
        for output, expected in record.outputs.items()
    )
    return Moved(way, float(max(errors)))


def from_keras(of: of_keras.Application) -> Moved:
    """Seeded weights of an application, in the generated PyTorch module."""
    size = of_keras.SIZES.get(of.name, of_keras.SIZE)
    theirs = of_keras.original(of.name, size)
    of_keras.seed(theirs)
    x = of_keras.images(size, *((0, 255) if of_keras.prepares(theirs) else (-2, 2)))
    expected = of_keras.logits(theirs, x)
    with _folder() as folder:
        theirs.save(folder / "in.keras")
        skipped = (
            ["normalization"]
            if any(each.name == "normalization" and each.weights for each in theirs.layers)
            else []
        )
        del theirs
        keras.backend.clear_session()
        way = _convert(of.card, of.network, folder / "in.keras", folder / "out.pt", *skipped)
        state = torch.load(folder / "out.pt", weights_only=True, mmap=True)
        with torch.device("meta"):
            module: Any = getattr(imported(of.card, "torch"), of.network)()
        module.load_state_dict(state, strict=True, assign=True)
        found = of_keras.torch_outputs(module, x)
    return Moved(way, float(np.abs(found - expected).max() / np.sqrt(np.square(expected).mean())))


def _convert(card: str, network: str, source: Path, output: Path, *skipped: str) -> str:
    """Convert a file of weights; by what they were found."""
    command = ["weights", "convert", f"zoo:{card}", source, output, "--network", network, "-q"]
    for layer in skipped:
        command += ["--skip", layer]
    done = run(*command)
    if done.code == 0:
        return "by name"
    done = run(*command, "--match", "graph")
    if done.code != 0:
        raise RuntimeError(done.err)
    return " ".join(["by graph", *(f"without {layer}" for layer in skipped)])


def _folder() -> Any:
    return _Folder()


class _Folder:
    """A folder of its own, which goes with all that is in it."""

    def __enter__(self) -> Path:
        self._made = tempfile.TemporaryDirectory()
        return Path(self._made.name)

    def __exit__(self, *error: object) -> None:
        self._made.cleanup()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
