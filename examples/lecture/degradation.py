"""Deeper plain networks reach a higher training error; residual ones do not.

    python examples/lecture/degradation.py --output degradation.png

He et al. (2016), sections 1 and 4.2, figures 1 and 6, scaled down to scikit-learn's digits: the
depths, the shortcuts without weights, and the training are the paper's; images are 8x8, filters
half as many, epochs 24. The networks are those of `degradation.cnn`.
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import pairwise
from multiprocessing import get_context
from typing import NamedTuple

from common import BLUE, GREEN, ORANGE, options, progress, save, verdict
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from training import Curve, Job, train

CLAIM = "Deeper plain networks reach a higher training error, residual ones do not"
KINDS = {"plain": "PlainNet", "residual": "ResNet"}

LEAST_HARM = 5.0
"""Points of training error by which the deepest plain network has to be worse."""
MOST_HARM = 1.0
"""Points of training error by which the deepest residual network may be worse."""


class Plan(NamedTuple):
    """What is trained: every kind at every depth with every seed."""

    depths: tuple[int, ...]
    seeds: int
    epochs: int


FULL = Plan((20, 32, 44), seeds=3, epochs=24)
QUICK = Plan((20, 32), seeds=1, epochs=6)

Results = Mapping[str, Mapping[int, Sequence[Curve]]]
"""The curves by kind and depth, one for each seed."""


def run(plan: Plan) -> Results:
    """Train all networks, a process for each core."""
    jobs = {
        Job(f"{name}{depth}", seed, plan.epochs): (kind, depth)
        for depth in sorted(plan.depths, reverse=True)  # the longest first, so that none is last
        for kind, name in KINDS.items()
        for seed in range(plan.seeds)
    }
    found: dict[str, dict[int, list[Curve]]] = {
        kind: {depth: [] for depth in plan.depths} for kind in KINDS
    }
    for curve in sorted(trained(list(jobs)), key=lambda curve: curve.job):
        kind, depth = jobs[curve.job]
        found[kind][depth].append(curve)
    return found


def trained(jobs: Sequence[Job]) -> Iterator[Curve]:
    """The curves as they are done."""
    workers = min(os.cpu_count() or 1, len(jobs))
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        futures = [pool.submit(train, job) for job in jobs]
        for number, future in enumerate(as_completed(futures), 1):
            curve = future.result()
            progress(
                f"{number:>2} of {len(jobs)}: {curve.job.network}, seed {curve.job.seed}: "
                f"{curve.errors[-1]:.2f} % training error"
            )
            yield curve


def final_error(curves: Sequence[Curve]) -> float:
    """The training error in the last epoch in percent, the mean over seeds."""
    return statistics.fmean(curve.errors[-1] for curve in curves)


def failures(results: Results) -> list[str]:
    """What of the claim did not hold."""
    plain = {depth: final_error(curves) for depth, curves in results["plain"].items()}
    residual = {depth: final_error(curves) for depth, curves in results["residual"].items()}
    depths = list(plain)
    first, last = depths[0], depths[-1]
    found = [
        f"plain: {plain[deep]:.2f} % with {deep} layers, {plain[shallow]:.2f} % with {shallow}"
        for shallow, deep in pairwise(depths)
        if plain[deep] <= plain[shallow]
    ]
    if plain[last] - plain[first] < LEAST_HARM:
        found.append(f"plain: {last} layers are not {LEAST_HARM:g} points worse than {first}")
    if residual[last] - residual[first] > MOST_HARM:
        found.append(f"residual: {last} layers are over {MOST_HARM:g} point worse than {first}")
    return found


def report(results: Results, plan: Plan) -> None:
    """Print the errors and losses of the last epoch."""
    print(f"Last of {plan.epochs} epochs; mean over {plan.seeds} seeds (lowest to highest)\n")
    print(f"{'network':<9}{'layers':>7}{'weights':>9}   {'training error, %':<24}training loss")
    for kind, by_depth in results.items():
        for depth, curves in by_depth.items():
            errors = spread([curve.errors[-1] for curve in curves], 2)
            losses = spread([curve.losses[-1] for curve in curves], 4)
            weights = f"{curves[0].parameters:,}"
            print(f"{kind:<9}{depth:>7}{weights:>9}   {errors:<24}{losses}")


def spread(values: Sequence[float], digits: int) -> str:
    """``mean (lowest to highest)``."""
    low, mean, high = (
        f"{v:.{digits}f}" for v in (min(values), statistics.fmean(values), max(values))
    )
    return f"{mean} ({low} to {high})"


def draw(results: Results) -> Figure:
    """The training errors over the epochs: plain networks on the left, residual on the right."""
    figure = Figure(figsize=(8.4, 3.9), layout="constrained")
    panels = figure.subplots(1, len(results), sharey=True)
    for panel, (kind, by_depth) in zip(panels, results.items(), strict=True):
        draw_panel(panel, by_depth)
        first, last = min(by_depth), max(by_depth)
        panel.set_title(
            f"{kind.capitalize()}: {final_error(by_depth[first]):.1f} % with {first} layers, "
            f"{final_error(by_depth[last]):.1f} % with {last}"
        )
    panels[0].set_ylabel("training error (% of images)")
    return figure


def draw_panel(panel: Axes, by_depth: Mapping[int, Sequence[Curve]]) -> None:
    """A line for each depth, the mean over seeds, in a band from the lowest to the highest."""
    styles = zip((BLUE, ORANGE, GREEN), ("-", "--", "-."), strict=True)
    for (depth, curves), (color, dashes) in zip(by_depth.items(), styles, strict=False):
        of_epochs = list(zip(*(curve.errors for curve in curves), strict=True))
        epochs = range(1, len(of_epochs) + 1)
        means = [statistics.fmean(errors) for errors in of_epochs]
        panel.plot(epochs, means, dashes, color=color, linewidth=2, label=f"{depth} layers")
        lows, highs = [min(e) for e in of_epochs], [max(e) for e in of_epochs]
        panel.fill_between(epochs, lows, highs, color=color, alpha=0.2, linewidth=0)
    panel.set(xlabel="epoch", xlim=(1, len(epochs)), ylim=(0, 100))
    panel.legend(reverse=True)


def main() -> int:
    """Train, print, draw, judge."""
    chosen = options(CLAIM)
    plan = QUICK if chosen.quick else FULL
    results = run(plan)
    report(results, plan)
    save(draw(results), chosen.output)
    return verdict(CLAIM, failures(results))


if __name__ == "__main__":
    sys.exit(main())
