"""What modules are made with: the arguments of their constructors, by the parameters' names."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from torch import nn

_SEEN: WeakKeyDictionary[nn.Module, dict[str, Any]] = WeakKeyDictionary()

MISSING = object()


@contextmanager
def watching_constructors() -> Iterator[None]:
    """Modules that are made inside of it are known with the arguments they are made with."""
    wrapped: list[tuple[type[nn.Module], Callable[..., None]]] = []

    def watch(kind: type[nn.Module]) -> None:
        own = vars(kind).get("__init__")
        if own is not None and inspect.isfunction(own):
            wrapped.append((kind, own))
            kind.__init__ = _watched(own)  # type: ignore[method-assign]

    for kind in _subclasses(nn.Module):
        watch(kind)
    nn.Module.__init_subclass__ = classmethod(lambda cls, **given: watch(cls))  # type: ignore
    try:
        yield
    finally:
        del nn.Module.__init_subclass__
        for kind, own in wrapped:
            kind.__init__ = own  # type: ignore[method-assign]


def _subclasses(kind: type[nn.Module]) -> set[type[nn.Module]]:
    found: set[type[nn.Module]] = set()
    left = [kind]
    while left:
        new = [sub for sub in left.pop().__subclasses__() if sub not in found]
        found.update(new)
        left += new
    return found


def _watched(init: Callable[..., None]) -> Callable[..., None]:
    signature = inspect.signature(init)

    @functools.wraps(init)
    def watched(self: nn.Module, *args: Any, **given: Any) -> None:
        if type(self).__init__ is watched:
            try:
                bound = signature.bind(self, *args, **given)
            except TypeError:
                pass  # the constructor itself says what is wrong
            else:
                bound.apply_defaults()
                _SEEN[self] = _simple(dict([*bound.arguments.items()][1:]))
        init(self, *args, **given)

    return watched


def arguments_of(module: nn.Module) -> dict[str, Any]:
    """What a module was made with, as far as that is known; see ``traced.Module``.

    Where its constructor was not watched, attributes with a parameter's name stand for it.
    """
    if module in _SEEN:
        return _SEEN[module]
    names = [*inspect.signature(type(module).__init__).parameters][1:]
    return _simple({name: getattr(module, name, MISSING) for name in names})


def _simple(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if _is_simple(value)}


def _is_simple(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_is_simple, value))
    return value is None or isinstance(value, (bool, int, float, str))
