"""An op of each class, with the simplest arguments."""

from __future__ import annotations

from typing import Any

from cnngen.expressions import Listed
from cnngen.ops import Op, parameters
from cnngen.ops.kinds import Kind, Misfit


def value(kind: Kind) -> Any:
    """What a kind reads of the number 2, or of a list of it."""
    try:
        return kind.read(2)
    except Misfit:
        return kind.read(Listed((2, 2)))


def example(cls: type[Op]) -> Op:
    """An op with a value for each parameter that has no default."""
    return cls(**{p.name: value(p.kind) for p in parameters(cls).values() if p.required})
