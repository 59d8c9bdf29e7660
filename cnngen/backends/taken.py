"""Names that are in use, of which many are the same for all definitions of a module."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain


class Taken(Collection[str]):
    """The ``fixed`` names, which are shared and stay, and others that come and go.

    The fixed ones are not copied: a module may have thousands of definitions, each of which has to
    keep clear of the names of all others.
    """

    def __init__(self, *fixed: Collection[str]) -> None:
        self._fixed = fixed
        self._own: set[str] = set()

    def __contains__(self, name: object) -> bool:
        """Whether the name is in use."""
        return name in self._own or any(name in names for names in self._fixed)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(chain(self._own, *self._fixed)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def add(self, *names: str) -> None:
        """Take names."""
        self._own.update(names)

    def discard(self, names: Iterable[str]) -> None:
        """Let names be used again, unless they are fixed."""
        self._own.difference_update(names)
