"""The Keras 3 backend: one function for each network that returns a ``keras.Model``, NHWC.

What writes modules is imported where one is written: what only checks networks starts sooner.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from cnngen.backends.base import InexpressibleError, Slot, site
from cnngen.backends.keras.emit import INTERPOLATED, TABLE, Part, resizing
from cnngen.backends.keras.forms import applies_again, has_forms
from cnngen.backends.keras.names import GLOBALS, LOCALS, OUTPUTS, layer_name
from cnngen.backends.names import reserved_globals, reserved_heads, reserved_parameters
from cnngen.define import Defined
from cnngen.diagnostics import Diagnostic, Related, codes
from cnngen.ir import (
    RESIZE,
    Branches,
    Gate,
    Input,
    Item,
    Join,
    Layer,
    Module,
    Network,
    Residual,
    applied_again,
    distinct,
    inputs,
    paths,
)
from cnngen.record import NamedTuple
from cnngen.source import Span


class KerasBackend:
    """See :class:`cnngen.backends.base.Backend`."""

    name = "keras"
    suffix = ".py"
    flat_order = ("positions", "channels")

    def check(self, module: Module) -> list[Diagnostic]:
        """Ops that Keras has no form for, and names in its way."""
        found = [
            *reserved_globals(module, GLOBALS, self.name, "Model", "Losses"),
            *reserved_parameters(module, LOCALS, self.name),
            *reserved_heads(module, OUTPUTS, self.name),
        ]
        for network in module.networks:
            forms, inexpressible = _forms(network)
            named = [] if inexpressible else list(_named(network, forms))
            found += inexpressible or [*_automatic_names(network, forms, named), *_clashes(named)]
        return found

    def write(self, module: Module, defined: Defined) -> str:
        """The module's source."""
        from cnngen.backends.keras.module import write

        return write(module, defined)

    def refuses_nothing(self, defined: Defined) -> bool:
        """Not where a layer has no form over symbols, or is applied again, maybe to other sizes."""
        definitions = (*defined.blocks, *defined.networks.values())
        return all(has_forms(each) and not applies_again(each) for each in definitions)

    def slots(self, layer: Layer) -> Mapping[str, Slot]:
        """Names of the variables of the layer's own Keras layer."""
        return TABLE(site(layer)).slots

    def path(self, layer_path: str) -> str:
        """The name of the Keras layer."""
        return layer_name(layer_path)


Forms = Mapping[int, tuple[Part, ...]]
"""What stands for each layer of a network, by the layer's identity."""


def _forms(network: Network) -> tuple[Forms, list[Diagnostic]]:
    """The forms of a network's layers, and what has none."""
    forms: dict[int, tuple[Part, ...]] = {}
    found: list[Diagnostic] = []
    for layer in distinct(network.body):
        if not isinstance(layer, Layer):
            continue
        try:
            forms[id(layer)] = TABLE(site(layer)).parts
        except InexpressibleError as error:
            error.span = layer.at.span
            found.append(error.diagnostic("Keras"))
    return forms, found


CALLED = {
    "celu": ("true_divide", "elu", "multiply"),
    "channel_shuffle": ("reshape", "swapaxes"),
    "channel_slice": ("get_item",),
    "hard_sigmoid": ("multiply", "add", "clip"),
    "normalize": ("subtract", "true_divide"),
    "pad_max": ("pad",),
    "pad_max_ceil": ("pad",),
    "pad_max_sides": ("pad",),
    "pad_reflect": ("take",),
    "pad_replicate": ("take",),
    "pixel_shuffle": ("reshape", "transpose"),
    "pixel_unshuffle": ("reshape", "transpose"),
    "resize_nearest": ("take",),
    "subsample": ("get_item", "pad"),
}
"""What Keras calls the parts of a model that helper functions make."""


class _Named(NamedTuple):
    """A Keras layer: its name, and what it stands for."""

    name: str
    span: Span


def _named(network: Network, forms: Forms) -> Iterator[_Named]:
    """Every Keras layer that the generated code gives a name, and every input."""
    several = len(inputs(network)) > 1
    again = applied_again(network)
    for path, item in paths(network.body):
        if isinstance(item, Layer):
            for part in forms[id(item)]:
                if not part.function:
                    yield _Named(layer_name(path) + part.suffix, item.at.span)
        elif isinstance(item, (Branches, Gate, Join)) or (
            isinstance(item, Residual) and item.mode != "none"
        ):
            if not _functions_of(item, forms):
                yield _Named(layer_name(path), item.at.span)
        elif isinstance(item, Input) and several:
            yield _Named(item.name, item.at.span)
        elif path in again:  # a model of its own
            yield _Named(layer_name(path), item.at.span)


def _functions_of(item: Item, forms: Forms) -> tuple[str, ...]:
    """The functions that stand for an item, which have no layer's name."""
    if isinstance(item, Join) and item.kind == RESIZE:
        function = resizing(item.mode)
        return () if function in INTERPOLATED.values() else (function,)
    return tuple(part.call.function for part in forms.get(id(item), ()) if part.function)


def _automatic_names(
    network: Network, forms: Forms, named: Iterable[_Named]
) -> Iterator[Diagnostic]:
    """Layers called what Keras calls inputs and functions: ``input_layer``, ``pad_1``.

    It numbers those through the whole process, so that nobody can tell which will be taken.
    """
    items = {id(item): item for _, item in paths(network.body)}  # a block's once for all its uses
    called = {function for item in items.values() for function in _functions_of(item, forms)}
    functions = {
        name for function in called for name in CALLED.get(function, (function.rpartition(".")[2],))
    }
    automatic = re.compile(rf"({'|'.join(sorted({'input_layer'} | functions))})(_\d+)?")
    for name, span in named:
        if automatic.fullmatch(name):
            yield Diagnostic(
                codes.NAME_RESERVED,
                f"Keras may call a part of the model `{name}` itself, so no layer can have this "
                "name",
                span,
                "taken",
                hint=f"choose another label, for example `my_{name}`",
            )


def _clashes(named: Iterable[_Named]) -> Iterator[Diagnostic]:
    """Layers whose Keras names are the same though their paths are not."""
    seen: dict[str, Span] = {}
    for name, span in named:
        if name in seen:
            yield Diagnostic(
                codes.NAME_CLASH,
                f"two layers would be called `{name}` in Keras",
                span,
                "the second",
                hint="give one of them another label",
                related=(Related(seen[name], "the first"),),
            )
        seen[name] = span


BACKEND = KerasBackend()
