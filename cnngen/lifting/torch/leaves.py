"""Modules that are one layer although their forward is written with other functions.

Each is guessed (``guesses.py``) and tried on numbers (``trials.py``), and is a layer only where it
computes what the reference has for that layer.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from cnngen.lifting.torch.arrangement import axes_in, has_batch_first, whole
from cnngen.lifting.torch.contents import Held, Value
from cnngen.lifting.torch.guesses import Leaf, guess_for
from cnngen.lifting.torch.recorder import Recorder, UnsayableError
from cnngen.lifting.torch.trials import small, stands
from cnngen.ops import Identity, Map, Op, OpError, Shape


def leaf(recorder: Recorder, module: nn.Module, args: tuple[Any, ...]) -> Leaf | None:
    """The layer that a module is when it is called with these arguments, if it is known as one."""
    guess = guess_for(module)
    if guess is None or len(args) != 1 or not isinstance(args[0], Tensor):
        return None
    value = recorder.contents.get(args[0])
    if not isinstance(value, Value) or not has_batch_first(value.dims):
        return None
    shape = recorder.steps[value.step].shape
    order = axes_in(shape, value.dims[1:])
    if order is None or recorder.contents.is_stale(args[0]):
        return None
    try:
        for each in guess(module, shape):
            sizes = _sizes(each.op, shape)
            alike = (type(module), *_without_channels(each.op), sizes, order)
            if alike not in recorder.tried:
                recorder.tried[alike] = stands(recorder, module, each, shape, order)
            if recorder.tried[alike]:
                return each
    except (UnsayableError, OpError):
        pass
    return None


def _without_channels(op: Op) -> tuple[Any, ...]:
    """What tells layers of a kind apart but for how many channels they have."""
    numbers = {"channels": 0, "groups": getattr(op, "groups", 1) > 1}
    return (type(op), *{**vars(op), **numbers}.items())


def _sizes(op: Op, shape: Shape) -> tuple[int, ...]:
    """Of the map that the layer is tried on: padding may depend on them."""
    tried = small(op, shape)
    return tried.sizes if isinstance(tried, Map) else ()


def apply_leaf(recorder: Recorder, found: Leaf, module: nn.Module, x: Tensor, result: Any) -> None:
    """Record the layer that a module is; what it returns has its axes in its input's order."""
    value = recorder.contents.get(x)
    assert isinstance(value, Value)
    if isinstance(found.op, Identity):
        recorder.contents[result] = value
        return
    order = axes_in(recorder.steps[value.step].shape, value.dims[1:])
    assert order is not None
    weights = {}
    for word, attribute in found.weights.items():
        content = recorder.contents.get(getattr(module, attribute))
        assert isinstance(content, Held)
        weights[word] = content.name
    step = recorder.applied(found.op, value.step, weights or None)
    shape = recorder.steps[step].shape
    dims = (value.dims[0], *(whole(shape, axis) for axis in order))
    recorder.contents[result] = Value(step, dims)
