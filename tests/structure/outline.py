"""A third backend, as a plug-in would bring it: a list of the layers."""

from __future__ import annotations

from collections.abc import Mapping

from cnngen.backends.base import Backend, Slot
from cnngen.define import Defined
from cnngen.diagnostics import Diagnostic
from cnngen.ir import Layer, Module, layers


class Outline:
    """See :class:`cnngen.backends.base.Backend`."""

    name = "outline"
    suffix = ".py"
    flat_order = ("positions", "channels")

    def check(self, module: Module) -> list[Diagnostic]:
        return []

    def write(self, module: Module, defined: Defined) -> str:
        rows = [
            f"{network.name}.{path}: {layer.op.word}\n"
            for network in module.networks
            for path, layer in layers(network.body)
        ]
        return "".join(rows)

    def slots(self, layer: Layer) -> Mapping[str, Slot]:
        return {}

    def path(self, layer_path: str) -> str:
        return layer_path


BACKEND: Backend = Outline()
