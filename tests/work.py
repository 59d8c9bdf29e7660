"""How much work something is, as a number that is the same on a busy machine: calls of functions.

Those of built-in functions count too. What happens within one call, as in matching a regular
expression, is not seen; tests of that measure time and have the marker ``timed``.
"""

from __future__ import annotations

import cProfile
from collections.abc import Iterator
from contextlib import contextmanager


class Work:
    """The calls within a ``with`` block, once it has ended."""

    calls = 0


@contextmanager
def counted() -> Iterator[Work]:
    """Count the calls of this thread."""
    work = Work()
    profile = cProfile.Profile()
    profile.enable()
    try:
        yield work
    finally:
        profile.disable()
        work.calls = sum(entry.callcount for entry in profile.getstats())
