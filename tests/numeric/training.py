"""What the reference says of a step of training, for tests."""

from __future__ import annotations

from collections.abc import Mapping

from cnngen.frameworks import MAIN, Key
from cnngen.ir import Network
from cnngen.reference import Array, Batch, train
from cnngen.verification.differences import of_gradients
from cnngen.verification.problem import Problem

__all__ = ["MAIN", "distance", "reference_step"]


def reference_step(network: Network, given: Problem) -> tuple[dict[str, Array], dict[str, Batch]]:
    """The outputs in training, and of each batch norm what it sees, by its path."""
    expected = train(network, given.weights, given.inputs)
    return expected.outputs, expected.batches


def distance(a: Mapping[Key, Array], b: Mapping[Key, Array]) -> float:
    """How far all gradients are from one another, relative to their length together."""
    return of_gradients(a, b).relative
