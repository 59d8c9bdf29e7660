"""The same weights for another target: an exact permutation of each array."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from cnngen.frameworks import by_path, framework, from_keys, to_keys
from cnngen.frameworks.files import Contents, Generated
from cnngen.frameworks.files.types import same_bits
from cnngen.ir import Network
from cnngen.reference import Array


def converted(
    network: Network,
    source: str,
    target: str,
    arrays: Mapping[str, Array],
    initial: Mapping[str, Array] = MappingProxyType({}),
) -> dict[str, Array]:
    """The arrays as ``target`` keeps them, bit for bit.

    Args:
        network: whose weights these are.
        source: the target whose names and layouts the arrays have.
        target: the one whose they shall have.
        arrays: by name, and of the network's shapes. Counters are left out where the target is
            another.
        initial: those of ``target`` that the network has where there are no others.
    """
    if source == target:
        return {**initial, **arrays}
    kept, given = from_keys(target, network, initial), from_keys(source, network, arrays)
    return to_keys(target, network, by_path({**kept, **given}))


def initial_arrays(
    network: Network, target: str, module: Generated, arrays: Mapping[str, Array]
) -> dict[str, Array]:
    """The weights that a new model starts with, in the type of those that it gets, if that is one.

    Args:
        network: whose weights they are.
        target: the one whose names and layouts they shall have.
        module: what the network compiles to for the target.
        arrays: the weights that it gets.

    Raises:
        MissingFrameworkError: the target's framework is not installed.
    """
    of = framework(target)
    found = of.initial(of.module(module.text), network)
    types = {array.dtype for array in arrays.values() if array.dtype.kind != "i"}
    if len(types) != 1:
        return found
    (only,) = types
    return {name: array.astype(only) for name, array in found.items()}


def unlike(arrays: Mapping[str, Array], written: Contents) -> list[str]:
    """Names whose bits in a file are not those that were to be written."""
    return [
        name
        for name, array in arrays.items()
        if name not in written.tensors
        or (there := written.tensors[name].array) is None
        or not same_bits(array, there)
    ]


def widened(array: Array) -> Array:
    """The array in float32 at least: to work in half precision loses much."""
    return array.astype(np.promote_types(array.dtype, np.float32), copy=False)
