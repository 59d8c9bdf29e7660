"""What is known of each live tensor while a model runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from cnngen.lifting.torch.arrangement import Atom, Dims
from cnngen.lifting.traced import UnliftableError
from cnngen.record import NamedTuple


class Value(NamedTuple):
    """A tensor with the numbers of a step's value, as ``dims`` say."""

    step: int
    dims: Dims


class Held(NamedTuple):
    """A tensor with the numbers of a parameter or buffer, by its name in the state dict."""

    name: str
    dims: Dims
    trained: bool


class Constant(NamedTuple):
    """A tensor whose numbers do not depend on inputs or parameters."""

    tensor: Tensor


class Foreign(NamedTuple):
    """A tensor that forward makes in a way that nothing here follows; ``why`` tells it."""

    why: str


Content = Value | Held | Constant | Foreign


def held_dims(sizes: tuple[int, ...]) -> Dims:
    """The arrangement of a parameter as it is stored: each axis a dimension."""
    return tuple(((Atom(axis, size),) if size > 1 else ()) for axis, size in enumerate(sizes))


class _Known(NamedTuple):
    tensor: Tensor
    version: int
    content: Content


class Contents:
    """The content of each live tensor; tensors are kept, so that none gets another's identity."""

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}

    def __setitem__(self, tensor: Tensor, content: Content) -> None:
        self._known[id(tensor)] = _Known(tensor, tensor._version, content)

    def get(self, tensor: Any) -> Content | None:
        """The content as it was last told; None where the tensor is unknown."""
        known = self._known.get(id(tensor))
        return known.content if known else None

    def is_stale(self, tensor: Tensor) -> bool:
        """Whether the tensor's memory has been overwritten through another tensor since then."""
        known = self._known.get(id(tensor))
        return known is not None and known.version != tensor._version


def tensors_in(item: Any) -> Iterator[Tensor]:
    """The tensors in arguments or results, through lists, tuples and dictionaries."""
    if isinstance(item, Tensor):
        yield item
    elif isinstance(item, (list, tuple)):
        for part in item:
            yield from tensors_in(part)
    elif isinstance(item, Mapping):
        for part in item.values():
            yield from tensors_in(part)


def copied(model: nn.Module) -> tuple[nn.Module, dict[str, Tensor]]:
    """The model on the device ``meta``, and its own parameters and buffers by name.

    Nothing is computed or held twice: only the structure is copied.
    """
    import copy

    memo: dict[int, Any] = {}
    for module in model.modules():
        for owned in (module._parameters, module._buffers):
            for tensor in owned.values():
                if tensor is not None:
                    memo[id(tensor)] = _on_meta(tensor)
        for attribute in vars(module).values():
            for tensor in tensors_in(attribute):
                memo.setdefault(id(tensor), _on_meta(tensor))
    try:
        made = copy.deepcopy(model, memo)
    except Exception as error:
        raise UnliftableError(f"the model cannot be copied: {error}") from error
    state = {**dict(model.named_buffers()), **dict(model.named_parameters())}
    return made, {name: tensor.detach() for name, tensor in state.items()}


def _on_meta(tensor: Tensor) -> Tensor:
    made = torch.empty_like(tensor, device="meta")
    return nn.Parameter(made, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else made
