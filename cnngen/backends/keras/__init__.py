"""The Keras 3 backend: one function for each network that returns a ``keras.Model``, NHWC."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cnngen.backends.base import InexpressibleError, Slot
from cnngen.backends.keras import module as writer
from cnngen.backends.keras.body import layer_name
from cnngen.backends.keras.emit import TABLE, Part
from cnngen.backends.keras.names import GLOBALS, LOCALS
from cnngen.backends.names import reserved_globals, reserved_parameters
from cnngen.diagnostics import Diagnostic, Related, codes
from cnngen.ir import Layer, Module, Network, layers
from cnngen.source import Span


class KerasBackend:
    """See :class:`cnngen.backends.base.Backend`."""

    name = "keras"
    flat_order = ("height", "width", "channels")

    def check(self, module: Module) -> list[Diagnostic]:
        """Ops that Keras has no form for, and names in its way."""
        found = [
            *reserved_globals(module, GLOBALS, self.name),
            *reserved_parameters(module, LOCALS, self.name),
        ]
        for network in module.networks:
            inexpressible = list(_inexpressible(network))
            found += inexpressible or [*_automatic_names(network), *_clashes(network)]
        return found

    def write(self, module: Module) -> str:
        """The module's source."""
        return writer.write(module)

    def slots(self, layer: Layer) -> Mapping[str, Slot]:
        """Names of the variables of the layer's own Keras layer."""
        return TABLE(layer).slots

    def path(self, layer_path: str) -> str:
        """The name of the Keras layer."""
        return layer_name(layer_path)


def _inexpressible(network: Network) -> Iterator[Diagnostic]:
    for _, layer in layers(network.body):
        try:
            TABLE(layer)
        except InexpressibleError as error:
            yield Diagnostic(
                codes.INEXPRESSIBLE, str(error), layer.span, "not in Keras", hint=error.hint
            )


def _automatic_names(network: Network) -> Iterator[Diagnostic]:
    """Layers called what Keras calls inputs and functions: ``input_layer``, ``pad_1``.

    It numbers those through the whole process, so that nobody can tell which will be taken.
    """
    parts = list(_parts(network))
    functions = {part.call.function.rpartition(".")[2] for *_, part in parts if part.function}
    automatic = re.compile(rf"({'|'.join(sorted({'input_layer'} | functions))})(_\d+)?")
    for path, layer, part in parts:
        name = layer_name(path) + part.suffix
        if not part.function and automatic.fullmatch(name):
            yield Diagnostic(
                codes.NAME_RESERVED,
                f"Keras may call a part of the model `{name}` itself, so no layer can have this "
                "name",
                layer.span,
                "taken",
                hint=f"choose another label, for example `my_{name}`",
            )


def _parts(network: Network) -> Iterator[tuple[str, Layer, Part]]:
    for path, layer in layers(network.body):
        for part in TABLE(layer).parts:
            yield path, layer, part


def _clashes(network: Network) -> Iterator[Diagnostic]:
    """Layers whose Keras names are the same though their paths are not."""
    seen: dict[str, Span] = {}
    for path, layer, part in _parts(network):
        if part.function:
            continue
        name = layer_name(path) + part.suffix
        if name in seen:
            yield Diagnostic(
                codes.NAME_CLASH,
                f"two layers would be called `{name}` in Keras",
                layer.span,
                "the second",
                hint="give one of them another label",
                related=(Related(seen[name], "the first"),),
            )
        seen[name] = layer.span


BACKEND = KerasBackend()
