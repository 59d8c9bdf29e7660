"""An op of each class, with the simplest arguments."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from cnngen.expressions import Listed
from cnngen.ops import Op, parameters
from cnngen.ops.kinds import Kind, Misfit


def value(kind: Kind) -> Any:
    """What a kind reads of some simple values."""
    for simple in (2, 0.5, Listed((2, 2)), (2, 2, 2), "height"):
        with suppress(Misfit):
            return kind.read(simple)
    raise AssertionError(f"add a value for {kind.expected}")


def example(cls: type[Op]) -> Op:
    """An op with a value for each parameter that has no default."""
    return cls(**{p.name: value(p.kind) for p in parameters(cls).values() if p.required})
