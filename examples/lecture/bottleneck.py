"""What a bottleneck costs, and what the same costs without it.

    python examples/lecture/bottleneck.py --output bottleneck.png

He et al. (2016), section 4.1, figure 5: 1x1, 3x3, 1x1 against two 3x3. Szegedy et al. (2015),
section 4, figure 2: the 5x5 of an inception module with and without a 1x1 before it. Costs are the
compiler's own counts for `bottleneck.cnn`; the weights are counted again in the torch modules, and
the time of a forward pass is measured.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import bottleneck_torch
import torch
from common import BLUE, ORANGE, options, save, verdict
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import nn

from cnngen.analysis.cost import mac_count, parameter_count
from cnngen.compiler import analyse
from cnngen.ir import Network
from cnngen.ops import Map
from cnngen.source import Source

CLAIM = "A bottleneck makes a map of the same shape for a small part of the cost"
SOURCE = Path(__file__).with_name("bottleneck.cnn")

FIVE_BY_FIVE = 120_422_400
"""28 * 28 * 32 outputs, of 5 * 5 * 192 products each."""
FIVE_BY_FIVE_REDUCED = 12_443_648
"""28 * 28 * 16 outputs of 192 products, and 28 * 28 * 32 of 5 * 5 * 16."""


class Comparison(NamedTuple):
    """Networks in one panel; the last one is the bottleneck, the first what it is put against."""

    title: str
    labels: Mapping[str, str]


COMPARISONS = (
    Comparison(
        "Residual block on 56x56 maps",
        {
            "TwoConvs256": "two 3x3 on\n256 channels",
            "TwoConvs64": "two 3x3 on\n64 channels",
            "Bottleneck256": "1x1, 3x3, 1x1 on\n256 channels",
        },
    ),
    Comparison(
        "5x5 convolution in an inception module, 28x28 maps",
        {
            "FiveByFive": "5x5 on\n192 channels",
            "FiveByFiveReduced": "1x1 to 16 channels,\nthen 5x5",
        },
    ),
)


class Cost(NamedTuple):
    """What one network costs: for one input, as the compiler counts it, and as measured."""

    macs: int
    weights: int
    torch_weights: int
    seconds: float


def costs(rounds: int) -> dict[str, Cost]:
    """The costs of all networks, by name."""
    networks = compiled()
    modules = {name: getattr(bottleneck_torch, name)().eval() for name in networks}
    inputs = {name: example(network) for name, network in networks.items()}
    seconds = times(modules, inputs, rounds)
    return {
        name: Cost(
            mac_count(network),
            parameter_count(network),
            sum(p.numel() for p in modules[name].parameters()),
            seconds[name],
        )
        for name, network in networks.items()
    }


def compiled() -> dict[str, Network]:
    """The networks of `bottleneck.cnn` by name, as the compiler has them."""
    result = analyse(Source(SOURCE.name, SOURCE.read_text(encoding="utf-8")))
    if result.module is None:
        raise ValueError(f"{SOURCE.name} has mistakes: run `cnngen check` on it")
    return {network.name: network for network in result.module.networks}


def example(network: Network) -> torch.Tensor:
    """One input of a network."""
    shape = network.body.at.input
    assert isinstance(shape, Map)
    return torch.rand(1, shape.channels, *shape.sizes)


def times(
    modules: Mapping[str, nn.Module], inputs: Mapping[str, torch.Tensor], rounds: int
) -> dict[str, float]:
    """CPU seconds of a forward pass in one thread, the median of all rounds but the first.

    Networks take turns, so that what else the machine does is the same for all of them. In the
    first round memory is laid out.
    """
    torch.set_num_threads(1)
    found: dict[str, list[float]] = {name: [] for name in modules}
    with torch.inference_mode():
        for _ in range(rounds + 1):
            for name, module in modules.items():
                start = time.thread_time()
                module(inputs[name])
                found[name].append(time.thread_time() - start)
    return {name: statistics.median(seconds[1:]) for name, seconds in found.items()}


def report(found: Mapping[str, Cost]) -> None:
    """Print the costs, each with its share of the first one in its panel."""
    for comparison in COMPARISONS:
        print(f"{comparison.title}\n")
        print(f"{'network':<19}{'multiply-accumulates':>21}{'share':>8}{'weights':>12}{'share':>8}"
              f"{'time, share':>13}")  # fmt: skip
        first = found[next(iter(comparison.labels))]
        for name in comparison.labels:
            cost = found[name]
            print(
                f"{name:<19}{cost.macs:>21,}{cost.macs / first.macs:>8.3f}{cost.weights:>12,}"
                f"{cost.weights / first.weights:>8.3f}{cost.seconds / first.seconds:>13.2f}"
            )
        print()


def failures(found: Mapping[str, Cost]) -> list[str]:
    """What of the claim did not hold. Times depend on the machine and are not judged."""
    wide, narrow, bottleneck = (found[n] for n in ("TwoConvs256", "TwoConvs64", "Bottleneck256"))
    claims = {
        "the torch modules have as many weights as the compiler counts": all(
            cost.weights == cost.torch_weights for cost in found.values()
        ),
        f"the 5x5 takes {FIVE_BY_FIVE:,}": found["FiveByFive"].macs == FIVE_BY_FIVE,
        f"behind a 1x1 it takes {FIVE_BY_FIVE_REDUCED:,}": (
            found["FiveByFiveReduced"].macs == FIVE_BY_FIVE_REDUCED
        ),
        "a bottleneck costs no more than two 3x3 on a quarter of the channels": (
            bottleneck.macs <= narrow.macs and bottleneck.weights <= narrow.weights
        ),
        "a bottleneck costs less than a tenth of two 3x3 on as many channels": (
            10 * bottleneck.macs < wide.macs and 10 * bottleneck.weights < wide.weights
        ),
    }
    return [claim for claim, holds in claims.items() if not holds]


def draw(found: Mapping[str, Cost]) -> Figure:
    """The multiply-accumulates as bars, one panel for each comparison."""
    figure = Figure(figsize=(8.4, 3.6), layout="constrained")
    heights = [len(comparison.labels) for comparison in COMPARISONS]
    panels = figure.subplots(len(COMPARISONS), 1, height_ratios=heights)
    for panel, comparison in zip(panels, COMPARISONS, strict=True):
        draw_panel(panel, comparison, found)
    panels[-1].set_xlabel("multiply-accumulates for one input (M: millions)")
    return figure


def draw_panel(panel: Axes, comparison: Comparison, found: Mapping[str, Cost]) -> None:
    """A bar for each network, with its numbers behind it; the bottleneck has its own colour."""
    macs = [found[name].macs / 1e6 for name in comparison.labels]
    colors = [ORANGE] * (len(macs) - 1) + [BLUE]
    bars = panel.barh(list(comparison.labels.values()), macs, color=colors, height=0.65)
    texts = [
        f"{found[name].macs / 1e6:,.1f} M; {found[name].weights:,} weights"
        for name in comparison.labels
    ]
    panel.bar_label(bars, texts, padding=4)
    panel.set_title(f"{comparison.title}: a bottleneck costs 1/{macs[0] / macs[-1]:.1f}")
    panel.set(xlim=(0, 1.5 * max(macs)), xticks=[])
    panel.spines["bottom"].set_visible(False)
    panel.tick_params(axis="y", length=0)
    panel.invert_yaxis()


def main() -> int:
    """Count, print, draw, judge."""
    chosen = options(CLAIM)
    found = costs(rounds=1 if chosen.quick else 15)
    report(found)
    save(draw(found), chosen.output)
    return verdict(CLAIM, failures(found))


if __name__ == "__main__":
    sys.exit(main())
