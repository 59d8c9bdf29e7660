"""The PyTorch backend: one ``nn.Module`` class for each network, NCHW.

What writes modules is imported where one is written: what only checks networks starts sooner.
"""

from __future__ import annotations

from collections.abc import Mapping

from cnngen.backends.base import Slot, site
from cnngen.backends.names import (
    reserved_globals,
    reserved_heads,
    reserved_labels,
    reserved_parameters,
)
from cnngen.backends.torch.names import ATTRIBUTES, HELD, LOCALS, OUTPUTS, at_the_top
from cnngen.define import Defined
from cnngen.diagnostics import Diagnostic
from cnngen.ir import Layer, Module


class TorchBackend:
    """See :class:`cnngen.backends.base.Backend`."""

    name = "torch"
    suffix = ".py"
    flat_order = ("channels", "positions")

    def check(self, module: Module) -> list[Diagnostic]:
        """Torch expresses every op; only names can be in its way."""
        return [
            *reserved_globals(module, at_the_top(module), self.name, "Outputs"),
            *reserved_parameters(module, LOCALS, self.name),
            *reserved_labels(module, ATTRIBUTES, self.name, HELD),
            *reserved_heads(module, OUTPUTS, self.name),
        ]

    def write(self, module: Module, defined: Defined) -> str:
        """The module's source."""
        from cnngen.backends.torch.module import write

        return write(module, defined)

    def refuses_nothing(self, defined: Defined) -> bool:
        """Torch expresses every op, whatever its arguments are."""
        return True

    def slots(self, layer: Layer) -> Mapping[str, Slot]:
        """Keys relative to the layer's own in the state dict."""
        from cnngen.backends.torch.emit import TABLE

        return TABLE(site(layer)).slots

    def path(self, layer_path: str) -> str:
        """The layer's key in the state dict."""
        return layer_path


BACKEND = TorchBackend()
