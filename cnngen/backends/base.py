"""What a backend is, and what the backends share.

A backend is a table from op to emission and a template for the file's skeleton. It is found by
entry point (group ``cnngen.backends``), so a third one needs no change here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, Protocol, TypeVar

from cnngen.backends.code import Symbolic
from cnngen.diagnostics import Diagnostic
from cnngen.formula import INPUT_CHANNELS, Formula, is_constant, names, text
from cnngen.ir import Layer, Module, Network, total
from cnngen.ops import Op
from cnngen.ops.kinds import Pair
from cnngen.record import NamedTuple

SPELLING = {INPUT_CHANNELS: "in_channels"}
"""What symbols that are no parameters of the user's are called in generated code."""


class Slot(NamedTuple):
    """Where a target keeps a weight: the attribute, and the axes in its order.

    ``layout`` names the weight's axes; ``(a b)`` is two axes as one, ``1`` an axis of size 1:
    ``(channels multiplier) 1 height width``. An axis that runs along a flattened map is taken
    apart in the backend's ``flat_order``.
    """

    key: str
    layout: str


class Backend(Protocol):
    """A target that modules can be compiled to."""

    name: str
    """What ``--target`` takes, and the end of the default file name."""
    flat_order: tuple[str, str, str]
    """The order in which this target flattens a map: height, width and channels."""

    def check(self, module: Module) -> list[Diagnostic]:
        """What this target cannot express, each at its place."""
        ...

    def write(self, module: Module) -> str:
        """The source of the module, without the header; the module has passed ``check``."""
        ...

    def slots(self, layer: Layer) -> Mapping[str, Slot]:
        """Where each of the layer's weights is kept, by the weight's name."""
        ...

    def path(self, layer_path: str) -> str:
        """What the target calls the layer at ``layer_path`` of the IR."""
        ...


class InexpressibleError(Exception):
    """A target has no form for an argument of an op; the message says what and why."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


E = TypeVar("E")


class Table(Generic[E]):
    """From op to emission: ``@table.emits(Conv)`` registers a function, once for each op."""

    def __init__(self) -> None:
        self.functions: dict[type[Op], Callable[[Layer], E]] = {}

    def emits(self, op: type[Op]) -> Callable[[Callable[[Layer], E]], Callable[[Layer], E]]:
        """Register the function under ``op``."""

        def register(function: Callable[[Layer], E]) -> Callable[[Layer], E]:
            if op in self.functions:
                raise ValueError(f"{op.__name__} is emitted by {self.functions[op].__name__}")
            self.functions[op] = function
            return function

        return register

    def __call__(self, layer: Layer) -> E:
        """The layer's emission; InexpressibleError where the target has none."""
        return self.functions[type(layer.op)](layer)


def arguments(layer: Layer) -> Callable[[str], object]:
    """Gives a field's value, or the code that takes its place where it is a parameter's."""

    def value(name: str) -> object:
        if name in layer.formulas:
            return symbolic(layer.formulas[name])
        return getattr(layer.op, name)

    return value


def symbolic(formula: Formula) -> object:
    """A formula as code, or the value that it is."""
    if is_constant(formula):
        return formula
    return Symbolic(text(formula, SPELLING), names(formula))


def size(layer: Layer, name: str) -> object:
    """A field that is height x width, as one number where both are the same."""
    value = arguments(layer)(name)
    return value if isinstance(value, Symbolic) else square(value)  # type: ignore[arg-type]


def unusual(layer: Layer, **usual: object) -> dict[str, object]:
    """The op's arguments of these names that differ from what is usual, or may differ."""
    values = {name: arguments(layer)(name) for name in usual}
    return {
        name: square(value) if type(value) is tuple else value
        for name, value in values.items()
        if isinstance(value, Symbolic) or value != usual[name]
    }


def is_fixed(layer: Layer, *fields: str) -> bool:
    """Whether these fields have the same values wherever the code that is written is used."""
    return layer.formulas.keys().isdisjoint(fields)


def square(pair: Pair) -> int | Pair:
    """One number where height and width are the same."""
    return pair[0] if pair[0] == pair[1] else pair


def tidy(value: float) -> float:
    """A number without the last digit's noise: 0.3 for 0.1 * 3."""
    return float(f"{value:.15g}")


def parameter_count(network: Network) -> int:
    """Trained values with the default arguments."""
    return total(network.body, layer_parameters)


def layer_parameters(layer: Layer) -> int:
    """Trained values of a layer."""
    return sum(weight.size for weight in layer.op.weights(layer.input) if weight.trained)


def mac_count(network: Network) -> int:
    """Multiply-accumulates for one input with the default arguments."""
    return total(network.body, lambda layer: layer.op.macs(layer.input))
