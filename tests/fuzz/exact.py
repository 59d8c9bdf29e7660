"""Both frameworks with exact forms of the functions that are not exact in float64.

Deep in a network what such a function is off by grows to any size, so that no tolerance would be
right; ``cnngen verify`` tests each alone, and tests/numeric one layer at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from cnngen.frameworks import RUNNERS, framework


@contextmanager
def exact() -> Iterator[None]:
    """Exact forms in all frameworks."""
    with ExitStack() as stack:
        for target in RUNNERS:
            stack.enter_context(framework(target).exact())
        yield
