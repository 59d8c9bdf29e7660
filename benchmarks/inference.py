"""How fast networks run in evaluation: torchvision's, what cnngen makes of them, ONNX Runtime.

    pip install --no-deps --target build/torchvision torchvision==0.28.0 pillow
    python benchmarks/inference.py --batch 1 --batch 16 --json docs/speed.json
    python benchmarks/inference.py --network resnet50 --compile
    python benchmarks/inference.py --keras --json docs/speed.json

All variants of a network have the same weights and give the same outputs, or nothing is measured.
They take turns in one process with one thread, and what is compared is CPU time of the process: a
ratio above 1 says that a variant is faster than the first one in the same round. ``control`` is the
first once more: how far it is from 1 is how much to believe.

Each network has a process of its own. What is in the JSON already is not measured again, so a run
that was stopped goes on where it was. ``python docs/speed.py`` makes the page of it.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

NETWORKS = (
    "resnet18",
    "resnet50",
    "googlenet",
    "inception_v3",
    "vgg16",
    "mobilenet_v2",
    "alexnet",
    "densenet121",
    "squeezenet1_1",
)
"""By torchvision's names."""

KERAS = ("resnet50", "mobilenet_v2")

CLOSE = 1e-4
"""How much outputs may differ, of the largest value."""

PACKAGES = ("torch", "torchvision", "onnxruntime", "onnx", "keras", "tensorflow_cpu")

Run = Callable[[], Any]
"""Calls a network once; what comes out is an array of NumPy's or becomes one."""

Variants = Mapping[str, Run]
"""By name; ratios are to the first one."""


class Row(NamedTuple):
    """What was measured of one variant of a network.

    Attributes:
        ratio: the lower quartile, the median and the upper quartile of the rounds.
        seconds: the median of CPU time.
    """

    network: str
    batch: int
    variant: str
    ratio: tuple[float, float, float]
    seconds: float
    rounds: int


# --- variants ------------------------------------------------------------------------------------


def torch_variants(name: str, batch: int, *, compile_too: bool) -> Iterator[tuple[str, Run]]:
    """The ways to run a network of torchvision's, the one that ratios are to first."""
    import models
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    theirs = models.theirs(name)
    state = theirs.state_dict()
    x = torch.randn(batch, 3, models.size(name), models.size(name))

    def module(of: Any) -> Run:
        def run() -> Any:
            with torch.no_grad():
                return of(x)

        return run

    yield "torchvision", module(theirs)
    yield "control", module(theirs)
    training = models.ours(name).eval()
    training.load_state_dict(state)
    yield "training", module(training)
    yield "inference", module(models.ours_for_inference(name, state))
    if compile_too:
        yield "torch.compile", module(torch.compile(theirs))
    data = models.compiled(name, "onnx", state=state).content
    yield "onnxruntime", session(data, x.numpy())
    yield "onnxruntime, torch's export", session(exported(theirs, x), x.numpy())


def exported(model: Any, x: Any) -> bytes:
    """The file that torch makes of a module."""
    import torch

    program = torch.onnx.export(model, (x,), dynamo=True, verbose=False)
    assert program is not None
    data: bytes = program.model_proto.SerializeToString()
    return data


def session(data: str | bytes, x: Any) -> Run:
    """A file in ONNX Runtime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    made = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    (given,) = made.get_inputs()
    return lambda: made.run(None, {given.name: x})[0]


# --- measuring -----------------------------------------------------------------------------------


def check(variants: Variants) -> None:
    """All give the same; the first calls are not measured.

    Raises:
        ValueError: one does not.
    """
    import numpy as np

    expected = np.asarray(next(iter(variants.values()))())
    for name, run in variants.items():
        off = np.abs(np.asarray(run()) - expected).max() / np.abs(expected).max()
        if not off <= CLOSE:
            raise ValueError(f"{name} gives something else: off by {off:.1e} of the largest value")


def measured(variants: Variants, rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each variant in each round, in another order each time.

    What runs before a variant leaves the caches as it does.
    """
    names, order = list(variants), random.Random(0)
    found: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in order.sample(names, len(names)):
            before = time.process_time()
            variants[name]()
            found[name].append(time.process_time() - before)
    return found


def rows(network: str, batch: int, seconds: Mapping[str, Sequence[float]]) -> Iterator[Row]:
    """What it comes to."""
    base = next(iter(seconds.values()))
    for name, own in seconds.items():
        ratios = [first / each for first, each in zip(base, own, strict=True)]
        low, median, high = statistics.quantiles(ratios, n=4)
        yield Row(network, batch, name, (low, median, high), statistics.median(own), len(own))


def measure(network: str, batch: int, rounds: int, *, keras: bool, compile_too: bool) -> list[Row]:
    """One network's rows."""
    if keras:
        from keras_calls import keras_variants

        variants = dict(keras_variants(network, batch))
    else:
        variants = dict(torch_variants(network, batch, compile_too=compile_too))
    check(variants)
    found = rows(network, batch, measured(variants, rounds))
    return [row._replace(network=label(network, keras=keras)) for row in found]


def label(network: str, *, keras: bool) -> str:
    """What rows call a network, which both frameworks have."""
    return f"{network}, Keras" if keras else network


# --- the file and the table ----------------------------------------------------------------------


def machine() -> str:
    """The processor, as the system calls it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor())


def versions() -> dict[str, str]:
    """What is installed; torchvision is where :mod:`models` looks for it."""
    found = {}
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def load(path: Path) -> list[Row]:
    """The rows of a file; none where there is no such file."""
    if not path.exists():
        return []
    found = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return [Row(**row)._replace(ratio=tuple(row["ratio"])) for row in found]


def save(path: Path, found: Sequence[Row]) -> None:
    """Write all rows, with what they were measured on; one row on a line."""
    lines = [json.dumps(rounded(row)._asdict()) for row in found]
    said = json.dumps({"machine": machine(), "versions": versions()})
    text = ",\n".join(lines)
    path.write_text(f'{said[:-1]}, "rows": [\n{text}\n]}}\n', encoding="utf-8")


def rounded(row: Row) -> Row:
    """With as many digits as mean anything."""
    low, median, high = (round(each, 3) for each in row.ratio)
    return row._replace(ratio=(low, median, high), seconds=float(f"{row.seconds:.4g}"))


def show(found: Sequence[Row]) -> None:
    """Print the rows of a network."""
    for row in found:
        low, median, high = row.ratio
        print(
            f"{row.network:<14}{row.batch:>4}  {row.variant:<30}{1e3 * row.seconds:>9.1f} ms"
            f"{median:>8.2f}  ({low:.2f} to {high:.2f})",
            flush=True,
        )


def options() -> argparse.ArgumentParser:
    """What can be asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--network", action="append", choices=NETWORKS, help="again for more")
    parser.add_argument("--batch", action="append", type=int, help="again for more; 1 by default")
    parser.add_argument("--rounds", type=int, help="21 of batch 1, else 7, by default")
    parser.add_argument("--json", type=Path, help="the file that rows are kept in")
    parser.add_argument("--compile", action="store_true", help="torch.compile too; it takes long")
    parser.add_argument("--keras", action="store_true", help="calls of Keras models instead")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    return parser


def main() -> int:
    """Measure what is not there yet, each network in a process of its own."""
    given = options().parse_args()
    networks = given.network or (KERAS if given.keras else NETWORKS)
    if given.one:
        batch = given.batch[0]
        rounds = given.rounds or (21 if batch == 1 else 7)
        how = {"keras": given.keras, "compile_too": given.compile}
        found = measure(networks[0], batch, rounds, **how)
        show(found)
        if given.json is not None:
            save(given.json, [*load(given.json), *found])
        return 0
    known = {(row.network, row.batch) for row in load(given.json)} if given.json else set()
    failed = 0
    for batch in given.batch or [1]:
        for network in networks:
            if (label(network, keras=given.keras), batch) not in known:
                failed |= subprocess.call(_command(given, network, batch))
    return failed


def _command(given: argparse.Namespace, network: str, batch: int) -> list[str]:
    """This command for one network alone."""
    own = ["--one", "--network", network, "--batch", str(batch)]
    own += [f"--{name}" for name in ("compile", "keras") if getattr(given, name)]
    for name in ("rounds", "json"):
        if (value := getattr(given, name)) is not None:
            own += [f"--{name}", str(value)]
    return [sys.executable, __file__, *own]


if __name__ == "__main__":
    sys.exit(main())
