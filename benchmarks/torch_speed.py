"""How fast generated PyTorch modules run beside torchvision's, as ratios within one run.

    pip install --no-deps --target build/torchvision torchvision==0.28.0 pillow
    python benchmarks/torch_speed.py
    python benchmarks/torch_speed.py --network resnet50 --rounds 15

Evaluation at batch 16 and 1, and a training step (forward, loss, backward, SGD) at batch 8, at
224x224. CPU time of the process; the two models take turns, and what counts is the median of the
rounds. A ratio above 1 says that the generated module is the faster one. The exit code is 1 where
the geometric mean of all ratios is below the limit. The machine has to be quiet: the first line
says so where it is not.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from compile_speed import other_work
from models import ours as generated
from models import theirs
from torch import Tensor, nn
from torch.nn import functional

LIMIT = 0.98


NETWORKS = (
    "resnet18",
    "resnet50",
    "mobilenet_v2",
    "googlenet",
    "densenet121",
    "squeezenet1_0",
)
"""By torchvision's names."""

Step = Callable[[nn.Module], None]


def evaluation(batch: int) -> Step:
    """One forward pass in evaluation."""
    x = torch.randn(batch, 3, 224, 224)

    def step(model: nn.Module) -> None:
        model.eval()
        with torch.no_grad():
            model(x)

    return step


def training(batch: int) -> Step:
    """One step of SGD, side heads with it."""
    x, target = torch.randn(batch, 3, 224, 224), torch.arange(batch)

    def step(model: nn.Module) -> None:
        model.train()
        optimiser = torch.optim.SGD(model.parameters(), lr=1e-4)
        loss(model(x), target).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        optimiser.zero_grad()

    return step


def loss(output: Any, target: Tensor) -> Tensor:
    """The loss of the main output, and of side heads where there are any."""
    given = output if isinstance(output, tuple) else (output,)
    main, *side = (functional.cross_entropy(each, target) for each in given)
    total: Tensor = sum((0.3 * each for each in side), main)
    return total


def models(name: str) -> tuple[nn.Module, nn.Module]:
    """The generated model and torchvision's, with the same weights."""
    ours, other = generated(name), theirs(name)
    ours.load_state_dict(other.state_dict())
    return ours, other


def seconds(step: Step, model: nn.Module) -> float:
    """The CPU time of one step."""
    before = time.process_time()
    step(model)
    return time.process_time() - before


def ratio(step: Step, ours: nn.Module, other: nn.Module, rounds: int) -> float:
    """The time of torchvision's over ours: the median of rounds in which each begins in turn."""
    for model in (ours, other):
        step(model)
    found = []
    for number in range(rounds):
        order = (ours, other) if number % 2 else (other, ours)
        taken = {id(model): seconds(step, model) for model in order}
        found.append(taken[id(other)] / taken[id(ours)])
    return statistics.median(found)


def main() -> int:
    """Measure, print, compare."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument(
        "--network", action="append", choices=NETWORKS, help="again for more of them"
    )
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    if busy := other_work():
        print(f"This machine is not quiet, {busy}: the figures are not to be relied on.")
    torch.manual_seed(0)
    steps = {"evaluate 16": evaluation(16), "evaluate 1": evaluation(1), "train 8": training(8)}
    print(f"{'torchvision / generated':<24}" + "".join(f"{name:>14}" for name in steps))
    every = []
    for name in options.network or NETWORKS:
        pair = models(name)
        rounds = {"evaluate 1": 5 * options.rounds}
        row = [ratio(step, *pair, rounds.get(key, options.rounds)) for key, step in steps.items()]
        every += row
        print(f"{name:<24}" + "".join(f"{each:>14.3f}" for each in row), flush=True)
    mean = statistics.geometric_mean(every)
    print(
        f"{'geometric mean':<24}{mean:>14.3f}  limit {LIMIT}  {'ok' if mean >= LIMIT else 'UNDER'}"
    )
    return 0 if mean >= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
