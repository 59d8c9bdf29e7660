"""What a state dict has beside the weights: how many batches each batch norm has seen.

It matters to PyTorch only where a batch norm's momentum is None, which cnngen never writes, but
``load_state_dict`` wants it to be there.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnngen.frameworks.layout import places
from cnngen.ir import Network
from cnngen.reference import Array

COUNTER = "num_batches_tracked"


def counters(network: Network) -> list[str]:
    """The names of the counters."""
    return [
        f"{place.name.rpartition('.')[0]}.{COUNTER}"
        for place in places("torch", network)
        if place.key[1] == "variance"
    ]


def complete(network: Network, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The arrays in the order of execution, each counter after its variance, zero if not given."""
    found: dict[str, Array] = {}
    for place in places("torch", network):
        found[place.name] = arrays[place.name]
        if place.key[1] == "variance":
            name = f"{place.name.rpartition('.')[0]}.{COUNTER}"
            found[name] = arrays.get(name, np.zeros((), np.int64))
    return found
