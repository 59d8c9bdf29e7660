"""Choices, few and small, so that hypothesis can shrink each by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


@cache
def _below(number: int) -> st.SearchStrategy[int]:
    return st.integers(0, number - 1)


class Drawer:
    """Draws from hypothesis; what comes first is what shrinking prefers."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self._draw = draw

    def below(self, number: int) -> int:
        """A whole number from 0 up to below ``number``."""
        found: int = self._draw(_below(number)) if number > 1 else 0
        return found

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[self.below(len(choices))]

    def chance(self, one_in: int) -> bool:
        """True one time in ``one_in``; shrinks to False."""
        return self.below(one_in) == one_in - 1
