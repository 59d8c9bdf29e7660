"""A residual block with zero weights is the identity; a plain one gives zero.

    python examples/lecture/identity.py --output identity.png

He et al. (2016), sections 3.1 and 3.2: y = relu(F(x) + x), so with F = 0 the block gives relu(x),
which is x, because x came out of a relu and is not negative. The blocks are those of
`identity.cnn`, in PyTorch and, where it is installed, in Keras.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import identity_torch
import numpy as np
import torch
from common import BLUE, GREEN, GREY, ORANGE, options, progress, save, verdict
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import nn

CLAIM = "A residual block with zero weights is the identity, a plain one gives zero"
DEPTHS = (1, 8, 32)
SCALES = (0.0, 0.25, 0.5, 1.0)
SHOWN = ((1.0, GREEN, "^"), (0.5, ORANGE, "s"), (0.0, BLUE, "o"))
"""Scales in the figure, the last one on top, with colour and marker."""
POINTS = 250

Array = NDArray[np.float32]


class Zeroed(NamedTuple):
    """What a network with zero weights made of an input."""

    framework: str
    network: str
    input: Array
    output: Array

    @property
    def is_identity(self) -> bool:
        """Whether the output is the input, bit for bit."""
        return self.output.tobytes() == self.input.tobytes()

    @property
    def is_zero(self) -> bool:
        """Whether the output is zero everywhere."""
        return not self.output.any()


def relu_output(count: int) -> Array:
    """What a former relu could have put out, (count, 16, 8, 8): half of it zeros."""
    generator = torch.Generator().manual_seed(0)
    array: Array = torch.randn(count, 16, 8, 8, generator=generator).relu().numpy()
    return array


def scaled(network: str, scale: float, x: Array) -> Array:
    """The output of a torch network whose initial weights and biases are multiplied by ``scale``.

    The weights at scale 1 are those of He initialisation, the biases 0.1.
    """
    torch.manual_seed(0)
    model: nn.Module = getattr(identity_torch, network)()
    with torch.no_grad():
        for weights in model.parameters():
            if weights.dim() > 1:
                nn.init.kaiming_normal_(weights, nonlinearity="relu")
            else:
                nn.init.constant_(weights, 0.1)
            weights.mul_(scale)
        output: Array = model(torch.from_numpy(x)).numpy()
    return output


def keras_zeroed(network: str, x: Array) -> Array:
    """The output of a Keras network with zero weights; ``x`` and it are channels first."""
    model: Any = getattr(import_module("identity_keras"), network)()
    for weights in model.weights:
        weights.assign(np.zeros(weights.shape, np.float32))
    output = np.asarray(model(x.transpose(0, 2, 3, 1)).detach())
    return np.ascontiguousarray(output.transpose(0, 3, 1, 2))


def frameworks() -> Iterator[tuple[str, Callable[[str, Array], Array]]]:
    """What computes the output of a network with zero weights."""
    yield "torch", lambda network, x: scaled(network, 0, x)
    if find_spec("keras") is None:
        progress("Keras is not installed: only torch is tried")
        return
    os.environ["KERAS_BACKEND"] = "torch"  # which is there in any case
    yield "keras", keras_zeroed


def zeroed(depths: Sequence[int]) -> list[Zeroed]:
    """Residual and plain networks of these depths, with zero weights, in each framework."""
    x = relu_output(4)
    networks = [f"{kind}{depth}" for kind in ("Residual", "Plain") for depth in depths]
    return [
        Zeroed(framework, network, x, compute(network, x))
        for framework, compute in frameworks()
        for network in networks
    ]


def report(found: Sequence[Zeroed]) -> None:
    """Print what networks with zero weights gave, and how far from the identity others are."""
    print("Zero weights\n")
    heads = ("framework", "network", "largest |y - x|", "largest |y|")
    print("{:<11}{:<13}{:>15}{:>13}  the identity".format(*heads))
    for case in found:
        away = np.abs(case.output - case.input).max()
        bits = "bit for bit" if case.is_identity else "no"
        largest = np.abs(case.output).max()
        print(f"{case.framework:<11}{case.network:<13}{away:>15g}{largest:>13.4g}  {bits}")
    print("\nWeights scaled from zero to He initialisation (torch): |y - x| / |x|\n")
    print(f"{'network':<13}" + "".join(f"{scale:>12g}" for scale in SCALES))
    x = relu_output(4)
    for network in dict.fromkeys(case.network for case in found):
        away = [np.linalg.norm(scaled(network, s, x) - x) / np.linalg.norm(x) for s in SCALES]
        print(f"{network:<13}" + "".join(f"{value:>12.4g}" for value in away))


def failures(found: Sequence[Zeroed]) -> list[str]:
    """What of the claim did not hold."""
    return [
        f"{case.network} in {case.framework}"
        for case in found
        if not (case.is_identity if case.network.startswith("Residual") else case.is_zero)
    ]


def draw() -> Figure:
    """Output against input of one block: residual on the left, plain on the right."""
    figure = Figure(figsize=(8.4, 4.2), layout="constrained")
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    titles = ("Residual: zero weights are the identity", "Plain: zero weights give zero")
    for panel, kind, title in zip(panels, ("Residual1", "Plain1"), titles, strict=True):
        draw_panel(panel, kind)
        panel.set_title(title)
    panels[0].set_ylabel("output of the block")
    panels[1].legend(title="weights, times", reverse=True, loc="upper left", markerscale=1.6)
    return figure


def draw_panel(panel: Axes, network: str) -> None:
    """A few of the values of one block, for each scale of its weights."""
    x = relu_output(1)
    shown = np.random.default_rng(0).choice(np.flatnonzero(x), POINTS, replace=False)
    top = float(x.max())
    panel.plot([0, top], [0, top], color=GREY, linewidth=0.8)
    for scale, color, marker in SHOWN:
        y = scaled(network, scale, x)
        panel.scatter(
            x.flat[shown], y.flat[shown], 9, color=color, marker=marker, label=f"{scale:g}"
        )
    panel.annotate("y = x ", (0.85 * top, 0.85 * top), color=GREY, ha="right", va="bottom")
    panel.set(xlabel="input of the block, from a relu", xlim=(0, None), ylim=(-0.1, None))


def main() -> int:
    """Compute, print, draw, judge."""
    chosen = options(CLAIM)
    depths = DEPTHS[:1] if chosen.quick else DEPTHS
    found = zeroed(depths)
    report(found)
    save(draw(), chosen.output)
    return verdict(CLAIM, failures(found))


if __name__ == "__main__":
    sys.exit(main())
