"""Modules that are one layer although their forward is written with other functions.

They belong to many libraries, so they are known by the name of their class; a name alone proves
nothing, so that each is tried on numbers before it is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from cnngen.lifting.torch.contents import Value
from cnngen.lifting.torch.recorder import Recorder
from cnngen.ops import DropPath, Op

Leaf = Callable[[Any], Op | None]
"""The layer that a module is; None where its attributes, or what it computes, are others."""


def leaf(recorder: Recorder, module: nn.Module, args: tuple[Any, ...]) -> Op | None:
    """The layer that a module is when it is called with these arguments, if it is known as one."""
    rule = LEAVES.get(type(module).__name__)
    if rule is None or len(args) != 1 or not isinstance(args[0], Tensor):
        return None
    if not isinstance(recorder.contents.get(args[0]), Value):
        return None
    return rule(module)


def _drop_path(module: Any) -> Op | None:
    """Of whole inputs of the batch, of which the others are scaled up."""
    rate = getattr(module, "drop_prob", getattr(module, "p", None))
    if not module.training or not isinstance(rate, float) or not 0 < rate < 1:
        return None
    return DropPath(rate) if _drops_inputs(module, rate) else None


TRIED = 256
"""Inputs that a drop path is tried on: with fewer, all of them may be kept by chance."""


def _drops_inputs(module: nn.Module, rate: float) -> bool:
    with torch.random.fork_rng(devices=[]), torch.no_grad(), torch.device("cpu"):
        torch.manual_seed(0)
        y = module(torch.ones(TRIED, 2, 2, 2))
    by_input = y.flatten(1)
    kept = by_input[:, 0] != 0
    expected = kept[:, None] / (1 - rate) * torch.ones_like(by_input)
    return bool(torch.allclose(by_input, expected)) and not bool(kept.all())


LEAVES: Mapping[str, Leaf] = {"DropPath": _drop_path, "StochasticDepth": _drop_path}
