"""The same weights for another target: an exact permutation of each array."""

from __future__ import annotations

from collections.abc import Mapping

from cnngen.frameworks import from_keys, to_keys
from cnngen.frameworks.files import Contents
from cnngen.frameworks.files.types import same_bits
from cnngen.ir import Network
from cnngen.reference import Array


def converted(
    network: Network, source: str, target: str, arrays: Mapping[str, Array]
) -> dict[str, Array]:
    """The arrays as ``target`` keeps them, bit for bit.

    Args:
        network: whose weights these are; all of them are there, and of its shapes.
        source: the target whose names and layouts the arrays have.
        target: the one whose they shall have.
        arrays: by name. Counters are left out where the target is another.
    """
    if source == target:
        return dict(arrays)
    weights: dict[str, dict[str, Array]] = {}
    for (path, name), array in from_keys(source, network, arrays).items():
        weights.setdefault(path, {})[name] = array
    return to_keys(target, network, weights)


def unlike(arrays: Mapping[str, Array], written: Contents) -> list[str]:
    """Names whose bits in a file are not those that were to be written."""
    return [
        name
        for name, array in arrays.items()
        if name not in written.tensors
        or (there := written.tensors[name].array) is None
        or not same_bits(array, there)
    ]
