"""Tensors that a model makes in forward of numbers and buffers: they are worked out beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from cnngen.lifting.torch.contents import Constant, Content, Foreign, Held, tensors_in
from cnngen.lifting.torch.recorder import Recorder
from cnngen.lifting.torch.views import VIEWS, in_order

LARGEST = 2**16
"""Elements of the largest constant that is worked out."""

DRAWN = ("rand", "normal", "bernoulli", "dropout", "exponential", "uniform", "empty", "multinomial")
"""What the names of functions have in them whose results are drawn at random, or are anything."""


def follow(
    recorder: Recorder,
    name: str,
    func: Callable[..., Any],
    args: Sequence[Any],
    given: Mapping[str, Any],
    result: Any,
) -> None:
    """Tell what the results are of a function that takes no value of the network."""
    known = [recorder.contents.get(tensor) for tensor in tensors_in((args, given))]
    content = _view(recorder, name, in_order(args, given), known, result)
    if content is None and isinstance(result, Tensor) and _is_fixed(name, known, result):
        content = _worked_out(recorder, func, args, given)
    if not isinstance(content, Held) and _overwrites_state(known, args, result):
        content = Foreign(f"`{name}` changes a parameter or a buffer in forward")
    for each in tensors_in(result):
        recorder.contents[each] = content or Foreign(_why(name, known))


def _view(
    recorder: Recorder, name: str, args: Sequence[Any], known: list[Content | None], result: Any
) -> Content | None:
    """A parameter or a buffer shown otherwise."""
    if len(known) != 1 or not isinstance(known[0], Held) or not isinstance(result, Tensor):
        return None
    view = VIEWS.get(name)
    dims = view(known[0].dims, args, result) if view else None
    return None if dims is None else known[0]._replace(dims=dims)


def _overwrites_state(known: list[Content | None], args: Sequence[Any], result: Any) -> bool:
    """Whether the result is a parameter or a buffer that the function has put other numbers in."""
    is_held = any(isinstance(content, Held) for content in known)
    return is_held and any(each is result for each in tensors_in(args))


def _why(name: str, known: list[Content | None]) -> str:
    if any(isinstance(content, Held) and content.trained for content in known):
        return f"`{name}` makes an operand of weights in forward"
    for content in known:
        if isinstance(content, Foreign):
            return content.why
    return f"`{name}` makes an operand in forward"


def is_drawn(name: str) -> bool:
    """Whether the results of a function are drawn at random, or are anything."""
    return any(word in name for word in DRAWN)


def _is_fixed(name: str, known: list[Content | None], result: Tensor) -> bool:
    is_small = result.numel() <= LARGEST
    return is_small and not is_drawn(name) and all(map(_is_constant, known))


def _is_constant(content: Content | None) -> bool:
    return isinstance(content, Constant) or (isinstance(content, Held) and not content.trained)


def _worked_out(
    recorder: Recorder,
    func: Callable[..., Any],
    args: Sequence[Any],
    given: Mapping[str, Any],
) -> Content | None:
    arrays = _Real(recorder)
    real_args, real_given = arrays.of(tuple(args)), arrays.of(dict(given))
    if not arrays.used or "device" in given:
        real_given["device"] = "cpu"
    try:
        made = func(*real_args, **real_given)
    except (TypeError, RuntimeError, ValueError, NotImplementedError):
        return None
    is_there = isinstance(made, Tensor) and made.device.type != "meta"
    return Constant(made) if is_there else None


class _Real:
    """Arguments with real tensors, copied since functions may overwrite them."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.used = False

    def of(self, item: Any) -> Any:
        if isinstance(item, Tensor):
            self.used = True
            return numbers(self.recorder, item)
        if type(item) in (list, tuple):
            return type(item)(self.of(part) for part in item)
        if type(item) is dict:
            return {key: self.of(value) for key, value in item.items()}
        return item


def numbers(recorder: Recorder, tensor: Tensor) -> Tensor | None:
    """What a constant or a buffer holds; None where that is not known."""
    content = recorder.contents.get(tensor)
    if recorder.contents.is_stale(tensor):
        return None
    if isinstance(content, Constant):
        return content.tensor.clone()
    if not isinstance(content, Held) or content.trained:
        return None
    stored = recorder.state[content.name]
    if stored.device.type == "meta":
        return None
    with torch.no_grad():
        return stored.detach().cpu().clone().reshape(tensor.shape) if _in_order(content) else None


def _in_order(content: Held) -> bool:
    """Whether a view has its numbers in the order in which they are stored."""
    axes = [(atom.axis, -atom.stride) for dim in content.dims for atom in dim]
    return axes == sorted(axes)
