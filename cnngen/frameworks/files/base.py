"""What a file of weights holds, and what a format does with one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from cnngen.ir import Network
from cnngen.record import NamedTuple
from cnngen.reference import Array

FLOATS = ("float32", "float64", "float16", "bfloat16")
"""The types that weights can have."""

Sizes = tuple[int, ...]


class Tensor(NamedTuple):
    """What a file has under a name; ``array`` is None where no weight or counter has its type."""

    shape: Sizes
    dtype: str
    array: Array | None


class Contents(NamedTuple):
    """What a file holds.

    Attributes:
        tensors: by the names that the format's target has for weights.
        beside: what else there is, such as an optimiser's state, in words.
        series: of each layer, the series whose order the format keeps, where that is not the order
            of all layers.
    """

    tensors: dict[str, Tensor]
    beside: tuple[str, ...] = ()
    series: Mapping[str, str] = {}


class Generated(NamedTuple):
    """A generated module: what it is imported as, and its source."""

    name: str
    text: str


class NotWeightsError(Exception):
    """The file is damaged, or holds no weights of this format; the message says why."""


class MixedTypesError(Exception):
    """The weights have several types where the format allows one; the message names them."""


class FileFormat(Protocol):
    """A format of files that hold a target's weights."""

    target: str
    keeps_order: bool
    """Whether weights are in the order of the model's layers, at least within a series."""
    alone: str
    """How a user saves weights without anything beside them; empty where there is no simple way."""

    def counters(self, network: Network) -> list[str]:
        """Names that may be there beside the weights: integers that no output depends on."""
        ...

    def read(self, path: str, network: Network) -> Contents:
        """What the file holds.

        Raises:
            NotWeightsError: it cannot be read as this format.
            OSError: the system does not let it be read.
        """
        ...

    def write(
        self, path: str, network: Network, module: Generated, arrays: Mapping[str, Array]
    ) -> None:
        """Write all weights of a network.

        Args:
            path: a file that is not there yet, with the format's ending.
            network: whose weights these are.
            module: what this target's backend generates for the network.
            arrays: by the target's names, as :func:`cnngen.frameworks.to_keys` gives them; counters
                that are left out are zero.

        Raises:
            MixedTypesError: the format keeps weights of one type.
            OSError: it cannot be written.
        """
        ...

    def save_part(self, part: str) -> str:
        """How a user saves the weights of the part of a model that has this name."""
        ...
