"""Draws of initial weights from generated modules, and how far two samples are apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numeric.harness import Compiled, compiled

from cnngen.frameworks import framework

Array = Any

SEED = 3


class Kind(NamedTuple):
    """A layer with a large kernel on an input, and its fans as torch counts them."""

    input: str
    layer: str
    fan_in: int
    fan_out: int


KINDS: dict[str, Kind] = {
    "conv": Kind("6x6x96", "conv 192 3x3", 9 * 96, 9 * 192),
    "grouped": Kind("6x6x384", "conv 192 3x3 groups=4", 9 * 96, 9 * 192),
    "padded": Kind("7x7x96", "conv 192 3x3 stride=2 pad=same", 9 * 96, 9 * 192),
    "transposed": Kind("4x4x192", "conv_transpose 96 3x3", 9 * 96, 9 * 192),
    "depthwise": Kind("9x9x2048", "depthwise_conv 9x9", 81, 81 * 2048),
    "depthwise_several": Kind("9x9x512", "depthwise_conv 9x9 multiplier=4", 81, 81 * 2048),
    "depthwise_uneven": Kind(
        "9x9x512", "depthwise_conv 9x9 multiplier=4 stride=2x1", 81, 81 * 2048
    ),
    "uneven": Kind("9x9x2048", "depthwise_conv 9x9 stride=1x2", 81, 81 * 2048),
    "dense": Kind("320", "dense 480", 320, 480),
}

INITIALS = (
    "he",
    "he(uniform)",
    "he(fan_out)",
    "he(uniform, fan_out)",
    "xavier",
    "xavier(uniform)",
    "lecun",
    "lecun(uniform)",
    "lecun(fan_out)",
    "lecun(uniform, fan_out)",
    "truncated_normal",
    "truncated_normal(0.5)",
    "zeros",
    "torch",
    "keras",
)
"""Those whose values are drawn one by one; see test_initial_others for what is not."""


def network_name(kind: str, initial: str) -> str:
    words = "".join(c if c.isalnum() else "_" for c in f"{kind}_{initial}")
    return f"Net_{words}"


def source(kinds: Mapping[str, Kind] = KINDS, initials: tuple[str, ...] = INITIALS) -> str:
    """A network with one layer for each kind and initialiser."""
    return "\n".join(
        f"network {network_name(name, initial)} {{\n    input {kind.input}\n"
        f"    layer: {kind.layer} init={initial}\n}}\n"
        for name, kind in kinds.items()
        for initial in initials
    )


@cache
def modules() -> Compiled:
    """All kinds with all initialisers, compiled for both targets."""
    return compiled(source())


class Drawn(NamedTuple):
    """A layer's kernel, flat, and its bias."""

    kernel: Array
    bias: Array


def draw(target: str, module: Any, network: str) -> Drawn:
    """The weights that a new model of a generated module starts with."""
    return _torch(module, network) if target == "torch" else _keras(module, network)


def _torch(module: Any, network: str) -> Drawn:
    import torch

    torch.manual_seed(SEED)
    state = getattr(module, network)().state_dict()
    kernel, bias = (
        next(value for key, value in state.items() if key.endswith(end))
        for end in (".weight", ".bias")
    )
    return Drawn(kernel.numpy().ravel(), bias.numpy())


def _keras(module: Any, network: str) -> Drawn:
    import keras

    keras.utils.set_random_seed(SEED)
    layer = getattr(module, network)().get_layer("layer")
    kernel, bias = (np.asarray(weight) for weight in layer.weights)
    return Drawn(kernel.ravel(), bias)


def broken(target: str, kind: str, initial: str, good: str, bad: str) -> Drawn:
    """What is drawn where a piece of the generated code is another one."""
    made = compiled(source({kind: KINDS[kind]}, (initial,)))
    text = made.texts[target]
    assert good in text, text
    return draw(
        target, framework(target).module(text.replace(good, bad)), network_name(kind, initial)
    )


# --- what is expected ------------------------------------------------------------------------

DRAWS = 160_000


@cache
def standard(name: str) -> Array:
    """Draws by NumPy of a distribution with a standard deviation of 1, before it is cut."""
    rng = np.random.default_rng(SEED)
    if name == "uniform":
        return np.sort(rng.uniform(-math.sqrt(3), math.sqrt(3), DRAWS))
    drawn = rng.normal(0, 1, DRAWS)
    while name == "truncated" and (beyond := np.abs(drawn) > 2).any():
        drawn[beyond] = rng.normal(0, 1, beyond.sum())
    return np.sort(drawn)


class Expected(NamedTuple):
    """A distribution: its name, and its standard deviation before it is cut."""

    distribution: str
    deviation: float


def expected(kind: Kind, initial: str) -> Expected:
    """What the kernel's distribution has to be: see cnngen/ops/initial.py."""
    word, _, inside = initial.partition("(")
    if word == "truncated_normal":
        return Expected("truncated", float(inside.rstrip(")") or 0.02))
    if word == "torch":  # kaiming_uniform_(a=sqrt(5))
        return Expected("uniform", math.sqrt(1 / 3 / kind.fan_in))
    if word == "keras":  # glorot_uniform with the fans of Keras
        return Expected("uniform", math.sqrt(2 / _keras_fans(kind)))
    fan = kind.fan_out if "fan_out" in inside else kind.fan_in
    if word == "xavier":
        fan = (kind.fan_in + kind.fan_out) / 2
    scale = 2 if word == "he" else 1
    return Expected("uniform" if "uniform" in inside else "normal", math.sqrt(scale / fan))


def _keras_fans(kind: Kind) -> int:
    """The sum of both: those of a DepthwiseConv2D kernel (height, width, C, m) are C and m."""
    if not kind.layer.startswith("depthwise_conv"):
        return kind.fan_in + kind.fan_out
    channels = int(kind.input.split("x")[-1])
    return 81 * (channels + kind.fan_out // 81 // channels)


# --- distances -------------------------------------------------------------------------------


def distance(a: Array, b: Array) -> float:
    """The two-sample Kolmogorov-Smirnov statistic: the largest gap of both distributions."""
    a, b = np.sort(a), np.sort(b)
    both = np.concatenate([a, b])
    below_a = np.searchsorted(a, both, side="right") / len(a)
    below_b = np.searchsorted(b, both, side="right") / len(b)
    return float(np.abs(below_a - below_b).max())


def limit(a: Array, b: Array) -> float:
    """What samples of one distribution exceed once in a million times (Smirnov, 1948)."""
    count = len(a) * len(b) / (len(a) + len(b))
    return math.sqrt(-math.log(0.5e-6) / 2 / count)


def agree(a: Array, b: Array) -> bool:
    """Whether two samples may come from one distribution."""
    return distance(a, b) <= limit(a, b)
