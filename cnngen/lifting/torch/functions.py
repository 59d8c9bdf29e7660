"""The functions of torch on values, by plain names: ``add`` is also ``add_``, ``+`` and ``+=``.

Each rule has the function's own parameters, so that Python binds the arguments; it records layers
and joins, and tells what the result is. What it has no rule for is recorded as unsaid.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from torch import Tensor

from cnngen.lifting.torch.constants import is_drawn
from cnngen.lifting.torch.contents import Value, tensors_in
from cnngen.lifting.torch.recorder import Recorder, UnsayableError
from cnngen.lifting.torch.site import Site, plain_shape
from cnngen.lifting.torch.table import FUNCTIONS
from cnngen.lifting.torch.views import VIEWS, in_order


def plain_name(func: Callable[..., Any]) -> str:
    """A function's name without what tells its spellings apart."""
    name = getattr(func, "__name__", type(func).__name__)
    if name == "__get__":
        name = getattr(getattr(func, "__self__", None), "__name__", name)
    name = name.partition(".")[0].strip("_")  # of ATen's operators, what follows is the overload
    return SPELLINGS.get(name, name)


SPELLINGS = {
    "iadd": "add",
    "radd": "add",
    "imul": "mul",
    "rmul": "mul",
    "multiply": "mul",
    "isub": "sub",
    "subtract": "sub",
    "truediv": "div",
    "itruediv": "div",
    "idiv": "div",
    "true_divide": "div",
    "divide": "div",
    "rdiv": "rtruediv",
    "concat": "cat",
    "concatenate": "cat",
    "maximum_": "maximum",
    "feature_dropout": "dropout2d",
    "swish": "silu",
}
"""Other names of the same function."""


def apply(
    recorder: Recorder,
    name: str,
    args: Sequence[Any],
    given: Mapping[str, Any],
    result: Any,
) -> None:
    """Record one call of a function that takes values, and tell what its results are."""
    site = Site(recorder, name, args[0] if name == "setitem" else result)
    try:
        if VIEWS.get(name) and _view(site, in_order(args, given)):
            return
        _by_rule(site, args, given)
    except UnsayableError as error:
        _unsaid(site, str(error), args, given)


def _view(site: Site, args: Sequence[Any]) -> bool:
    """Whether the function only shows a value otherwise."""
    tensor, result = args[0], site.result
    content = site.content(tensor)
    if not isinstance(content, Value) or not isinstance(result, Tensor):
        return False
    if result.dtype != tensor.dtype:
        raise UnsayableError(f"it makes {result.dtype} of {tensor.dtype}")
    dims = VIEWS[site.name](content.dims, args, result)
    if dims is None and site.name not in FUNCTIONS:
        raise UnsayableError("it cuts across the axes of its input")
    if dims is not None:
        site.recorder.contents[result] = Value(content.step, dims)
    return dims is not None


def _by_rule(site: Site, args: Sequence[Any], given: Mapping[str, Any]) -> None:
    rule = FUNCTIONS.get(site.name)
    if rule is None:
        raise UnsayableError("it draws at random" if is_drawn(site.name) else "")
    try:
        bound = _signature(rule).bind(site, *args, **given)
        rule(*bound.args, **bound.kwargs)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError) as error:
        raise UnsayableError(f"its arguments are others than are known: {error}") from error


@cache
def _signature(rule: Callable[..., None]) -> inspect.Signature:
    return inspect.signature(rule)


def _unsaid(site: Site, why: str, args: Sequence[Any], given: Mapping[str, Any]) -> None:
    recorder = site.recorder
    contents = [recorder.contents.get(tensor) for tensor in tensors_in((args, given))]
    steps = [content.step for content in contents if isinstance(content, Value)]
    for tensor in tensors_in(site.result):
        step = recorder.unsaid(site.name, why, steps, plain_shape(tensor))
        recorder.contents[tensor] = _as_it_is(recorder, step, tensor)


def _as_it_is(recorder: Recorder, step: int, tensor: Tensor) -> Value:
    """Of a result that is unsaid: whatever its dimensions are, each is an axis."""
    usual = recorder.usual(step)
    sizes = tuple(tensor.shape)
    if not sizes or sizes[0] != recorder.batch:
        return Value(step, ((), *usual.dims[1:])[: len(sizes)])
    return usual
