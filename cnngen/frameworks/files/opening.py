"""Opening files that nobody vouches for: regular ones, and no more of them than a network needs."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from cnngen.frameworks.files.base import NotWeightsError
from cnngen.ir import Network, layers

BYTES_PER_VALUE = 128
"""How much a file may have for each value of the network: float64, sixteen times.

A checkpoint has the weights, their averages, and the state of an optimiser.
"""

ALWAYS = 64 << 20
"""Bytes that a file may have whatever the network is."""


MOST_EXPANSION = 16
"""How many times larger than a file what is unpacked of it may be; weights hardly shrink."""


def most_bytes(network: Network) -> int:
    """How large a file of weights may be, and what is unpacked of it."""
    weights = (
        weight for _, layer in layers(network.body) for weight in layer.op.weights(layer.at.input)
    )
    return ALWAYS + BYTES_PER_VALUE * sum(weight.size for weight in weights)


class Budget:
    """The bytes that are left for what is read of a file, or unpacked."""

    def __init__(self, most: int, of: str) -> None:
        self.most = self.left = most
        self.of = of

    @classmethod
    def of_network(cls, network: Network) -> Budget:
        """What the weights of a network can need."""
        return cls(most_bytes(network), f"`{network.name}` can need")

    @classmethod
    def of_file(cls, size: int) -> Budget:
        """What can be in a file of so many bytes, whose network is in it too."""
        return cls(ALWAYS + MOST_EXPANSION * size, "a file of its size can have in it")

    def spend(self, what: str, size: int) -> None:
        """Take account of what is about to be read.

        Raises:
            NotWeightsError: it would be more than the network can need.
        """
        self.left -= size
        if self.left < 0:
            raise NotWeightsError(f"{what} more than the {self.most:,} bytes that {self.of}")


@contextmanager
def opened(path: str, network: Network) -> Iterator[BinaryIO]:
    """The file, which is not too large, to read it.

    Raises:
        NotWeightsError: it is a pipe or a device, or too large.
        OSError: the system does not let it be read.
    """
    with regular(path) as file:
        Budget.of_network(network).spend("the file has", os.fstat(file.fileno()).st_size)
        yield file


@contextmanager
def regular(path: str) -> Iterator[BinaryIO]:
    """The file to read it, whatever its size is; others could be endless, or never begin.

    Raises:
        NotWeightsError: it is a pipe or a device.
        OSError: the system does not let it be read.
    """
    try:
        file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115 - closed below
    except ValueError as error:  # a path with a null character
        raise NotWeightsError("no file can have this name") from error
    with file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise NotWeightsError("it is a pipe or a device, and only regular files are read")
        yield file


def _without_waiting(path: str, flags: int) -> int:
    """Open a file without waiting for who writes into it, should it be a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
