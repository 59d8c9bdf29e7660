"""What a model returns, as tensors with names."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor

from cnngen.lifting.traced import UnliftableError


def named_results(result: Any) -> list[tuple[str, Tensor]]:
    """The tensors of a result by name: keys, fields, or ``output0`` and so on.

    A tensor alone has no name; None among several is left out.
    """
    if isinstance(result, Tensor):
        return [("", result)]
    found = list(_parts(result, ""))
    if not found:
        raise UnliftableError(f"the model returns {type(result).__name__}, which holds no tensors")
    return [("", found[0][1])] if len(found) == 1 and not found[0][0] else found


def _parts(result: Any, prefix: str) -> Iterator[tuple[str, Tensor]]:
    if isinstance(result, Tensor):
        yield prefix, result
    elif result is not None:
        for name, part in _items(result):
            yield from _parts(part, f"{prefix}_{name}" if prefix else name)


def _items(result: Any) -> list[tuple[str, Any]]:
    if isinstance(result, Mapping):
        return [(str(key), part) for key, part in result.items()]
    if hasattr(result, "_fields"):
        return list(zip(result._fields, result, strict=True))
    if isinstance(result, (list, tuple)):
        return [(f"output{place}", part) for place, part in enumerate(result)]
    if dataclasses.is_dataclass(result):
        return [(each.name, getattr(result, each.name)) for each in dataclasses.fields(result)]
    raise UnliftableError(f"the model returns a {type(result).__name__}")
