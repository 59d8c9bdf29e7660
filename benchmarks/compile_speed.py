"""How long a compile takes, as ratios within one run.

    python benchmarks/compile_speed.py

CPU time (user + system) of cold processes with warm caches (byte code, parser tables, template),
the median of several interleaved runs. The limits are those of the project's issues; the exit
code is 1 where one is exceeded. Absolute times depend on the machine and mean nothing here. On a
machine with other work even the ratios are off, by a tenth or more: the first line says so, and
``tests/test_compile_work.py`` counts calls instead.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

RUNS = 15
IMPORTS = [sys.executable, "-c", "import lark, jinja2, click"]
COMMAND = [sys.executable, "-m", "cnngen"]


BUSY_LOAD = 0.5
"""Processes that run or wait, on average over the last minute."""

BUSY_WAIT = 1.05
"""Time by the clock for each second of the processor that a loop gets."""


class Cost(NamedTuple):
    """What one process took: CPU seconds, and its largest resident size in MiB."""

    seconds: float
    mebibytes: float


def run(command: list[str]) -> Cost:
    """Run a process to its end; raise where it fails."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {status}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def cnngen(source: Path | str, folder: Path, *options: str) -> list[str]:
    """The command that compiles ``source`` for torch."""
    output = folder / f"{Path(source).stem.removeprefix('zoo:')}.py"
    return [*COMMAND, "compile", str(source), "--target", "torch",
            "--output", str(output), *options]  # fmt: skip


def examples(folder: Path, *options: str) -> list[str]:
    """The command that compiles all examples for both targets."""
    sources = sorted(map(str, Path("examples").glob("*.cnn")))
    return [*COMMAND, "compile", *sources, "-t", "torch", "-t", "keras",
            "--output", f"{folder}/", *options]  # fmt: skip


def medians(commands: dict[str, list[str]], runs: int) -> dict[str, Cost]:
    """The median cost of each command; runs are interleaved, so that all see the same machine."""
    for command in commands.values():
        run(command)  # fills the caches
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            costs[name].append(run(command))
    return {
        name: Cost(statistics.median(c.seconds for c in found), max(c.mebibytes for c in found))
        for name, found in costs.items()
    }


def chain(folder: Path, layers: int) -> Path:
    """A source with that many convolutions, one a line."""
    path = folder / f"chain{layers}.cnn"
    lines = ["    conv 8 3x3 pad=1"] * layers
    path.write_text("\n".join(["network Chain {", "    input 32x32x8", *lines, "}", ""]))
    return path


def blocks(folder: Path, count: int) -> Path:
    """A source with that many uses of a residual block, one a line, of many different widths."""
    path = folder / f"blocks{count}.cnn"
    body = "residual { conv n 3x3 pad=1, bn, relu, conv n 3x3 pad=1, bn }, relu"
    block = f"block unit(n) {{\n    {body}\n}}"
    lines = [f"    unit {8 + place % 50}" for place in range(count)]
    network = ["network Blocks {", "    input 32x32x8", *lines, "}", ""]
    path.write_text("\n".join([block, *network]))
    return path


def other_work() -> str:
    """What shows that this machine is busy with something else; empty where nothing does."""
    load, waited = os.getloadavg()[0], _waited()
    found = []
    if load > BUSY_LOAD:
        found.append(f"the load is {load:.1f}")
    if waited > BUSY_WAIT:
        found.append(f"a loop takes {waited:.2f} times its CPU time")
    return " and ".join(found)


def _waited() -> float:
    """Time by the clock over CPU time of a loop; 1.0 where nothing else wants the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    while time.process_time() - processor < 0.5:
        sum(range(10_000))
    return (time.perf_counter() - clock) / (time.process_time() - processor)


def report(name: str, value: float, limit: float, unit: str = "") -> bool:
    """Print one figure with its limit; whether it is within it."""
    fits = value <= limit
    print(f"{name:<58} {value:>8.2f}{unit:<4} limit {limit:g}{unit}  {'ok' if fits else 'OVER'}")
    return fits


def main() -> int:
    """Measure, print, compare."""
    if busy := other_work():
        print(f"This machine is not quiet, {busy}: the figures are not to be relied on.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cost = medians(
            {
                "imports": IMPORTS,
                "vgg19": cnngen("zoo:vgg", folder, "--network", "VGG19"),
                "resnet152": cnngen("zoo:resnet", folder, "--network", "ResNet152"),
                "check": [*COMMAND, "check", "zoo:vgg", "--network", "VGG19"],
                "fmt": [*COMMAND, "fmt", "--check", "zoo:vgg"],
                "summary": [*COMMAND, "summary", "zoo:vgg", "--network", "VGG19"],
                "examples": examples(folder / "new", "--force"),
                "unchanged": examples(folder / "old"),
            },
            RUNS,
        )
        chains = medians(
            {
                "nothing": cnngen(chain(folder, 1), folder),
                "1000": cnngen(chain(folder, 1_000), folder),
                "10000": cnngen(chain(folder, 10_000), folder),
                "100 blocks": cnngen(blocks(folder, 100), folder),
                "1000 blocks": cnngen(blocks(folder, 1_000), folder),
            },
            7,
        )
    start = chains["nothing"].seconds
    per_layer = [(chains[str(n)].seconds - start) / n for n in (1_000, 10_000)]
    per_block = [(chains[f"{n} blocks"].seconds - start) / n for n in (100, 1_000)]
    fits = [
        report("compile of ResNet-152 / import lark, jinja2, click",
               cost["resnet152"].seconds / cost["imports"].seconds, 1.5),
        report("time per block, 1,000 blocks / 100 blocks", per_block[1] / per_block[0], 1.3),
        report("compile of VGG-19 / import lark, jinja2, click",
               cost["vgg19"].seconds / cost["imports"].seconds, 1.4),
        report("check of VGG-19 / import lark, jinja2, click",
               cost["check"].seconds / cost["imports"].seconds, 1.3),
        report("fmt of VGG-19 / import lark, jinja2, click",
               cost["fmt"].seconds / cost["imports"].seconds, 1.3),
        report("summary of VGG-19 / import lark, jinja2, click",
               cost["summary"].seconds / cost["imports"].seconds, 1.3),
        report("all examples, both targets, CPU", cost["examples"].seconds, 2, " s"),
        report("the same unchanged, CPU", cost["unchanged"].seconds, 0.5, " s"),
        report("time per layer, 10,000 layers / 1,000 layers", per_layer[1] / per_layer[0], 1.3),
        report("10,000 layers, CPU", chains["10000"].seconds, 1.5, " s"),
        report("10,000 layers, memory", chains["10000"].mebibytes, 300, " MiB"),
    ]  # fmt: skip
    return 0 if all(fits) else 1


if __name__ == "__main__":
    sys.exit(main())
