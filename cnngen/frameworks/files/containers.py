"""The sets of weights in what a checkpoint holds: arrays by name, in containers by key."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cnngen.diagnostics.render import counted
from cnngen.frameworks.files.base import MOST_LEVELS, Contents, NotWeightsError, Tensor

OPTIMISER = frozenset({"state", "param_groups"})
"""What the state of every optimiser of PyTorch has."""

CONTAINERS = (Mapping, list, tuple)

ROOT = "the file itself"
"""What arrays are in that have no key before their names."""

MOST_BESIDE = 1_000
"""How many things beside the weights are kept account of."""


def sets(
    loaded: object, is_tensor: Callable[[object], bool], read: Callable[[str, Any], Tensor]
) -> dict[str, Contents]:
    """The sets of weights by their keys, those with keys of several levels joined by dots.

    The state of an optimiser is no set of weights, and neither are counts or the states of
    generators of random numbers, unless there is nothing else.

    Args:
        loaded: what is in the file.
        is_tensor: whether something is an array.
        read: makes a tensor of one, and of its name.

    Raises:
        NotWeightsError: there are none, or two under one key.
    """
    walk = _Walk(is_tensor)
    walk.enter("", loaded, 0)
    tensors = {key: {n: read(n, t) for n, t in items.items()} for key, items in walk.found.items()}
    chosen = {key: of for key, of in tensors.items() if _has_weights(of)} or tensors
    if not chosen:
        raise NotWeightsError(_nothing(loaded, walk))
    beside = {key: f"{key or ROOT} ({counted(len(of), 'array')})" for key, of in tensors.items()}
    return {
        key: Contents(of, (*(text for other, text in beside.items() if other != key), *walk.beside))
        for key, of in chosen.items()
    }


def _has_weights(tensors: Mapping[str, Tensor]) -> bool:
    return any(of.shape and "float" in of.dtype for of in tensors.values())


def _nothing(loaded: object, walk: _Walk) -> str:
    if walk.optimisers:
        return "it holds the state of an optimiser and no weights"
    if not isinstance(loaded, CONTAINERS):
        return f"it holds a {type(loaded).__name__}, not weights by their names"
    return "there is no tensor in it"


class _Walk:
    """Goes through containers, into each once: one may be in itself, or in many others."""

    def __init__(self, is_tensor: Callable[[object], bool]) -> None:
        self.is_tensor = is_tensor
        self.found: dict[str, dict[str, Any]] = {}
        self.beside: list[str] = []
        self.optimisers = 0
        self._seen: dict[int, str] = {}

    def enter(self, key: str, thing: object, level: int) -> bool:
        """Take account of what is in a container; whether there are arrays of weights in it."""
        if not isinstance(thing, CONTAINERS) or id(thing) in self._seen or level > MOST_LEVELS:
            return False
        if _is_optimiser(thing):
            self.optimisers += 1
            return False
        self._seen[id(thing)] = key
        own: dict[str, Any] = {}
        rest: dict[str, object] = {}
        inside = False
        for name, value in _items(thing):
            if self.is_tensor(value):
                self._put(own, name, value)
            elif self.enter(_below(key, name), value, level + 1):
                inside = True
            else:
                rest[_below(key, name)] = value
        if own:
            self._put(self.found, key, own)
        if own or inside:
            told = itertools.islice(rest.items(), MOST_BESIDE - len(self.beside))
            self.beside += itertools.starmap(self._told, told)
        return bool(own) or inside

    def _told(self, key: str, thing: object) -> str:
        several = thing if isinstance(thing, (list, tuple)) else [thing]
        if any(map(_is_optimiser, several)):
            return f"{key} (the state of an optimiser)"
        same = self._seen.get(id(thing), key)
        return f"{key} (the same as {same})" if same != key and same in self.found else key

    def _put(self, into: dict[str, Any], name: str, value: object) -> None:
        if name in into:
            raise NotWeightsError(f"two things in it are called `{name}`")
        into[name] = value


def _is_optimiser(thing: object) -> bool:
    return isinstance(thing, Mapping) and thing.keys() >= OPTIMISER


def _items(thing: object) -> Iterable[tuple[str, object]]:
    """What is in a container, by name or by number."""
    if isinstance(thing, Mapping):
        return ((str(name), value) for name, value in thing.items())
    assert isinstance(thing, (list, tuple))
    return ((str(number), value) for number, value in enumerate(thing))


def _below(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
