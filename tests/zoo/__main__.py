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
import math
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parents[1]))

import keras
import numpy as np
import torch
from cli.runner import run

from zoo import applications as of_keras
from zoo.cards import RENAMED, TORCHVISION, imported
from zoo.recorded import Record
from zoo.seeded import seeded_state
from zoo.test_torchvision import TOLERANCE, difference, keras_outputs, weights_of


class Moved(NamedTuple):
    """How weights were found, and how far the outputs are from the original's; None where not run.

    The difference is relative to the root mean square of the outputs.
    """

    way: str
    difference: float | None


class UnfitError(Exception):
    """A file's weights are not found to be those of the network; what the command said."""


def main(wanted: list[str]) -> int:
    """Move all, or those that are named."""
    every: dict[str, Callable[[], Moved]] = {}
    for model in TORCHVISION:
        every[model] = lambda model=model: from_torchvision(model)  # type: ignore[misc]
    for each in of_keras.applications():
        every[each.name] = lambda of=each: from_keras(of)  # type: ignore[misc]
    unknown = set(wanted) - every.keys()
    if unknown:
        print(f"not in the zoo: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    wrong = []
    for name in wanted or every:
        start = time.monotonic()
        try:
            way, found = every[name]()
        except UnfitError as error:
            way, found = str(error).partition("\n")[0], math.inf
        shown = "not run" if found is None else f"{found:.1e}"
        print(f"{name:30} {way:34} {shown:>8} {time.monotonic() - start:6.1f} s", flush=True)
        wrong += [name] if found is not None and not found < TOLERANCE else []
        keras.backend.clear_session()
        gc.collect()
    print(f"{len(wanted or every)} networks, {len(wrong)} differ {' '.join(wrong)}".rstrip())
    return 1 if wrong else 0


def from_torchvision(model: str) -> Moved:
    """A seeded state dict of torchvision's network, in the generated Keras model."""
    card, name, _ = TORCHVISION[model]
    record = Record.read(model)
    if not record.outputs:
        return Moved("keys and shapes alone: too large", None)
    values, way = seeded_state(record.state, record.gain), ""
    if model in RENAMED and not model.startswith("convnext"):
        values, way = weights_of(model), ", keys renamed before"
    with TemporaryDirectory() as made:
        folder = Path(made)
        torch.save(
            {key: torch.from_numpy(value) for key, value in values.items()}, folder / "in.pt"
        )
        del values
        way = _convert(card, name, folder / "in.pt", folder / "out.weights.h5", "order") + way
        found = keras_outputs(
            model, lambda built: built.model.load_weights(folder / "out.weights.h5")
        )
    return Moved(way, difference(found, record))


def from_keras(of: of_keras.Application) -> Moved:
    """Seeded weights of an application, in the generated PyTorch module."""
    size = of_keras.SIZES.get(of.name, of_keras.SIZE)
    theirs = of_keras.original(of.name, size)
    of_keras.seed(theirs, of_keras.GAINS.get(of.name, of_keras.GAIN))
    x = of_keras.images(size, *((0, 255) if of_keras.prepares(theirs) else (-2, 2)))
    expected = of_keras.logits(theirs, x)
    constants = [
        layer.name for layer in theirs.layers if layer.name == "normalization" and layer.weights
    ]
    with TemporaryDirectory() as made:
        folder = Path(made)
        theirs.save(folder / "in.keras")
        del theirs
        keras.backend.clear_session()
        way = _convert(
            of.card, of.network, folder / "in.keras", folder / "out.pt", "graph", *constants
        )
        state = torch.load(folder / "out.pt", weights_only=True)
    with torch.device("meta"):
        module: Any = getattr(imported(of.card, "torch"), of.network)()
    module.load_state_dict(state, strict=True, assign=True)
    found = of_keras.torch_outputs(module, x)
    return Moved(way, float(np.abs(found - expected).max() / np.sqrt(np.square(expected).mean())))


def _convert(
    card: str, network: str, source: Path, output: Path, otherwise: str, *skipped: str
) -> str:
    """Convert a file by the names of its weights, or ``otherwise``; by what they were found."""
    command = ["weights", "convert", f"zoo:{card}", source, output, "--network", network, "-q"]
    for layer in skipped:
        command += ["--skip", layer]
    without = "".join(f" without {layer}" for layer in skipped)
    if run(*command).code == 0:
        return f"by name{without}"
    done = run(*command, "--match", otherwise)
    if done.code != 0:
        raise UnfitError(done.err)
    return f"by {otherwise}{without}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
