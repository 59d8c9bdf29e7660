"""The ONNX backend: one network as a graph for ONNX Runtime and others, NCHW, in float32.

A graph is what evaluation does: it has no side heads, and nothing that draws at random. All that
needs the packages ``onnx`` and ``numpy`` is imported where a file is written or read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from typing import TYPE_CHECKING

from cnngen.analysis.cost import parameter_count
from cnngen.backends.base import InexpressibleError, Slot
from cnngen.backends.onnx.slots import slots
from cnngen.define import Defined
from cnngen.diagnostics import Diagnostic
from cnngen.ir import Layer, Module, Network, layers
from cnngen.provenance import Provenance, Stamped

if TYPE_CHECKING:
    from cnngen.reference import AllWeights

MOST_PARAMETERS = 2**29 - 2**22
"""Numbers of four bytes in the 2 GiB that a file can have, with room for the rest."""


LARGEST = (2 - 2**-23) * 2.0**127
"""The largest number of float32."""


class OnnxBackend:
    """See :class:`cnngen.backends.base.Weighted` and :class:`cnngen.backends.base.Stamping`."""

    name = "onnx"
    suffix = ".onnx"
    flat_order = ("channels", "positions")
    packages = ("onnx", "numpy")

    def check(self, module: Module) -> list[Diagnostic]:
        """A file holds one network, of at most 2 GiB, in float32; each op has a form."""
        errors = [_too_large(network) for network in module.networks if _is_too_large(network)]
        errors += [error for network in module.networks for error in _overflows(network)]
        if len(module.networks) > 1:
            errors.append(_several(module.networks))
        return [error.diagnostic(self.name) for error in errors]

    def write(self, module: Module, defined: Defined) -> bytes:
        """The graph with weights as they start."""
        (network,) = module.networks
        return self.write_with(network, self.initial_weights(network))

    def refuses_nothing(self, defined: Defined) -> bool:
        """A file has no way that no value takes."""
        return True

    def initial_weights(self, network: Network) -> AllWeights:
        """Drawn from one seed, so that they are the same each time."""
        from cnngen.backends.onnx.initial import initial_weights

        return initial_weights(network)

    def write_with(self, network: Network, weights: AllWeights) -> bytes:
        """The graph with these weights."""
        from cnngen.backends.onnx.network import model

        data: bytes = model(network, weights).SerializeToString(deterministic=True)
        return data

    def stamp(self, data: bytes, of: Provenance) -> bytes:
        """The file with its provenance among its metadata."""
        from cnngen.backends.onnx.stamping import stamp

        return stamp(data, of)

    def unstamp(self, data: bytes) -> Stamped | None:
        """The opposite; None where it is no such file."""
        from cnngen.backends.onnx.stamping import unstamp

        return unstamp(data)

    def slots(self, layer: Layer) -> Mapping[str, Slot]:
        """Names of initialisers, relative to the layer's own."""
        return slots(layer)

    def path(self, layer_path: str) -> str:
        """What names of the layer's initialisers begin with."""
        return layer_path


def _is_too_large(network: Network) -> bool:
    return parameter_count(network) > MOST_PARAMETERS


def _too_large(network: Network) -> InexpressibleError:
    count = f"{parameter_count(network):,} parameters"
    error = InexpressibleError(
        f"{network.name} has {count}, and a file of ONNX has room for 2 GiB in all",
        "weights in files of their own are not supported: use another target",
    )
    error.span = network.span
    return error


def _several(networks: tuple[Network, ...]) -> InexpressibleError:
    first, second, *_ = networks
    error = InexpressibleError(
        f"a file of ONNX holds one network, and there are {len(networks)} here",
        f"choose one: `--network {first.name}`",
    )
    error.span = second.span
    return error


def _overflows(network: Network) -> Iterator[InexpressibleError]:
    """The layers that have a number which float32 has not."""
    for _, layer in layers(network.body):
        for name, value in vars(layer.op).items():
            numbers = value if isinstance(value, tuple) else (value,)
            if any(isinstance(n, float) and LARGEST < abs(n) < inf for n in numbers):
                error = InexpressibleError(
                    f"`{layer.op.word}` has a `{name}` beyond float32, which all numbers here are",
                    f"at most {LARGEST:.2g}, or another target",
                )
                error.span = layer.at.span
                yield error


BACKEND = OnnxBackend()
