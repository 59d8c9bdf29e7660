"""Modules tried on numbers: whether one computes what the reference has for a layer."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
from torch import nn

from cnngen.backends import backend
from cnngen.backends.axes import from_target
from cnngen.ir import At, Layer
from cnngen.lifting.torch.contents import Held
from cnngen.lifting.torch.guesses import Leaf
from cnngen.lifting.torch.recorder import Recorder
from cnngen.ops import (
    DropPath,
    GaussianDropout,
    GaussianNoise,
    Map,
    Op,
    OpError,
    Resize,
    Shape,
)
from cnngen.reference import TABLE, Array
from cnngen.source import Source, Span

TORCH = backend("torch")


def stands(
    recorder: Recorder, module: nn.Module, guess: Leaf, shape: Shape, order: tuple[int, ...]
) -> bool:
    """Whether a module computes what a layer does, on a few numbers in float64."""
    with torch.random.fork_rng(devices=[]), torch.no_grad(), torch.device("cpu"):
        torch.manual_seed(0)
        try:
            if isinstance(guess.op, DropPath):
                return _drops_inputs(module, guess.op)
            if isinstance(guess.op, (GaussianDropout, GaussianNoise)):
                return _draws_normal_numbers(module, guess.op)
            return _computes(_real(recorder, module), guess, small(guess.op, shape), order)
        except (RuntimeError, TypeError, ValueError, IndexError, OpError):
            return False


def small(op: Op, shape: Shape) -> Shape:
    """A map that a window still moves over, as large as it needs to be.

    A stride leaves as many cells over as of the whole map, on which padding may depend.
    """
    if not isinstance(shape, Map) or op.reads_sizes:
        return shape
    if isinstance(op, Resize):
        return shape._replace(channels=1)  # each channel is treated alike, and positions are many
    ones = (1,) * shape.axes
    window, dilation, stride = (
        getattr(op, name, None) or ones for name in ("kernel", "dilation", "stride")
    )
    sizes = []
    for place, (n, k, d, s) in enumerate(zip(shape.sizes, window, dilation, stride, strict=True)):
        least = (k - 1) * d + 3 + place
        sizes.append(min(n, least + (n - least) % s))
    return shape._replace(sizes=tuple(sizes))


def _real(recorder: Recorder, module: nn.Module) -> nn.Module:
    """The module in float64 with its own buffers and any parameters."""
    real = copy.deepcopy(module).to_empty(device="cpu").double()
    for parameter in real.parameters():
        parameter.copy_(torch.rand_like(parameter) - 0.3)
    for tensor, own in zip(real.buffers(), module.buffers(), strict=True):
        content = recorder.contents.get(own)
        assert isinstance(content, Held)
        tensor.copy_(recorder.state[content.name])
    return real


def _computes(real: nn.Module, guess: Leaf, shape: Shape, order: tuple[int, ...]) -> bool:
    sizes = (shape.channels, *(shape.sizes if isinstance(shape, Map) else ()))
    x = torch.randn(2, *sizes, dtype=torch.float64)
    got = real(x.permute(0, *(1 + axis for axis in order)))
    weights = _weights(real, guess, shape)
    wanted = torch.from_numpy(
        np.moveaxis(TABLE(guess.op, weights, np.moveaxis(x.numpy(), 1, -1)), -1, 1)
    )
    wanted = wanted.permute(0, *(1 + axis for axis in order))
    return got.shape == wanted.shape and bool(torch.allclose(got, wanted, rtol=1e-9, atol=1e-12))


def _weights(real: nn.Module, guess: Leaf, shape: Shape) -> dict[str, Array]:
    """The module's own, as the reference has them."""
    at = At(shape, guess.op.infer(shape), Span(Source("", ""), 0, 0), 0)
    slots = TORCH.slots(Layer("", guess.op, at))
    return {
        weight.name: from_target(
            getattr(real, guess.weights[weight.name]).numpy(force=True),
            weight,
            slots[weight.name],
            TORCH.flat_order,
        )
        for weight in guess.op.weights(shape)
    }


TRIED = 256
"""Inputs that a drop path is tried on: with fewer, all of them may be kept by chance."""


def _drops_inputs(module: nn.Module, op: Any) -> bool:
    by_input = module(torch.ones(TRIED, 2, 2, 2)).flatten(1)
    kept = by_input[:, 0] != 0
    expected = kept[:, None] / (1 - op.rate) * torch.ones_like(by_input)
    share = float(kept.double().mean())
    spread = 5 * (op.rate * (1 - op.rate) / TRIED) ** 0.5
    return bool(torch.allclose(by_input, expected)) and abs(share - (1 - op.rate)) < spread


def _draws_normal_numbers(module: nn.Module, op: GaussianDropout | GaussianNoise) -> bool:
    """Whether one draw gives exactly what the layer makes of the same random numbers."""
    x = torch.randn(TRIED, 2, 3, dtype=torch.float64)
    state = torch.get_rng_state()
    drawn = torch.randn_like(x)
    torch.set_rng_state(state)
    if isinstance(op, GaussianNoise):
        wanted = x + op.deviation * drawn
    else:
        wanted = x * (1 + (op.rate / (1 - op.rate)) ** 0.5 * drawn)
    got = module(x)
    return got.shape == wanted.shape and bool(torch.allclose(got, wanted, rtol=1e-9, atol=1e-12))
