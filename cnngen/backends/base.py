"""What a backend is, and what the backends share.

A backend is a table from op to emission and a template for the file's skeleton. It is found by
entry point (group ``cnngen.backends``), so a third one needs no change here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeGuard, TypeVar

from cnngen.backends.code import Symbolic
from cnngen.backends.python import REAL, WHOLE
from cnngen.diagnostics import Diagnostic, codes
from cnngen.expressions import (
    Expression,
    are_constant,
    is_constant,
    operation,
)
from cnngen.ir import Layer, Module, Network
from cnngen.ops import Map, Op, parameters
from cnngen.ops.kinds import PerAxis
from cnngen.provenance import Provenance, Stamped
from cnngen.record import NamedTuple
from cnngen.source import Span

if TYPE_CHECKING:
    from cnngen.define import Defined
    from cnngen.reference import AllWeights


class Slot(NamedTuple):
    """Where a target keeps a weight: the attribute, and the axes in its order.

    ``layout`` names the weight's axes, and ``window`` all of those along its positions; ``(a b)``
    is two axes as one, ``1`` an axis of size 1: ``(channels multiplier) 1 window``. An axis that
    runs along a flattened map is taken apart in the backend's ``flat_order``. Without a key, the
    weight itself is at the layer's path.
    """

    key: str
    layout: str

    def at(self, path: str) -> str:
        """The weight's name, where the target calls its layer ``path``."""
        return f"{path}.{self.key}" if self.key else path


class Backend(Protocol):
    """A target that modules can be compiled to."""

    name: str
    """What ``--target`` takes, and the end of the default file name."""
    suffix: str = ".py"
    """What the names of its files end in."""
    flat_order: tuple[str, str]
    """The order in which this target flattens a map: height, width and channels."""

    def check(self, module: Module) -> list[Diagnostic]:
        """What this target cannot express, each at its place."""
        ...

    def write(self, module: Module, defined: Defined) -> str | bytes:
        """What the module, which has passed ``check``, is in this target.

        InexpressibleError where a way that no value takes has something that ``check`` did not see.

        Text is source whose comments start with ``#``: it gets the header that says where it came
        from. Bytes are a file as they are.
        """
        ...

    def slots(self, layer: Layer) -> Mapping[str, Slot]:
        """Where each of the layer's weights is kept, by the weight's name."""
        ...

    def path(self, layer_path: str) -> str:
        """What the target calls the layer at ``layer_path`` of the IR."""
        ...


class Stamping(Backend, Protocol):
    """A target of bytes whose format has room for where a file is from.

    Files of other targets of bytes cannot be told from those of the user, and are kept.
    """

    def stamp(self, data: bytes, of: Provenance) -> bytes:
        """The file with its provenance in it."""
        ...

    def unstamp(self, data: bytes) -> Stamped | None:
        """The opposite: what the file says of itself, and the rest; None where it says nothing."""
        ...


def is_stamping(backend: Backend) -> TypeGuard[Stamping]:
    """Whether the target marks its bytes."""
    return hasattr(backend, "stamp") and hasattr(backend, "unstamp")


class Foreseeing(Backend, Protocol):
    """A target that can tell from definitions alone that it writes them."""

    def refuses_nothing(self, defined: Defined) -> bool:
        """Whether ``write`` is sure to refuse nothing that ``check`` has let pass.

        False where it has to be tried.
        """
        ...


def is_foreseeing(backend: Backend) -> TypeGuard[Foreseeing]:
    """Whether the target can tell what it writes without writing it."""
    return hasattr(backend, "refuses_nothing")


class Weighted(Backend, Protocol):
    """A target whose files hold a network's weights: one network each, as its ``check`` says.

    They are for inference unless something else is asked for.
    """

    packages: Sequence[str]
    """What writing needs beside cnngen; the extra of the target's name brings it."""

    def initial_weights(self, network: Network) -> AllWeights:
        """Those that a network starts with, the same each time: files hold them if given none."""
        ...

    def write_with(self, network: Network, weights: AllWeights) -> bytes:
        """What the network, of a module that has passed ``check``, is with these weights.

        Args:
            network: what is written.
            weights: all of its arrays, as the reference has them.
        """
        ...


def is_weighted(backend: Backend) -> TypeGuard[Weighted]:
    """Whether the target's files hold weights."""
    return hasattr(backend, "write_with")


class InexpressibleError(Exception):
    """A target has no form for an argument of an op; the message says what and why."""

    span: Span | None = None

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint

    def diagnostic(self, target: str) -> Diagnostic:
        """What the user is told."""
        label = f"not in {target}"
        return Diagnostic(codes.INEXPRESSIBLE, str(self), self.span, label, hint=self.hint)


class Site(NamedTuple):
    """A layer where it stands, as its emission sees it: in a definition, or in one use of it.

    Attributes:
        op: the op; fields may be expressions.
        axes: those of the positions of its input, 0 of a vector.
        sizes: the positions of its input; None where they are not known.
        source: the channels, or features, that come in.
        channels: those that go out.
        code: makes code of an expression, and leaves plain values as they are.
        overwrites: whether it may put its output in its input's place.
    """

    op: Op
    axes: int
    sizes: PerAxis | None
    source: Expression
    channels: Expression
    code: Callable[..., Any]
    overwrites: bool = False

    @property
    def is_map(self) -> bool:
        """Whether its input has positions."""
        return self.axes > 0


def site(layer: Layer) -> Site:
    """A layer of a network, whose values are all known."""
    x, y = layer.at.input, layer.at.output
    sizes = x.sizes if isinstance(x, Map) else None
    return Site(layer.op, x.axes, sizes, x.channels, y.channels, lambda value, *_: value)


def separated(whole: Site) -> tuple[Site, Site]:
    """The two convolutions that a separable one is, each as a layer where that one stands."""
    op: Any = whole.op
    between = operation("*", whole.source, op.multiplier)
    depthwise = whole._replace(op=op.depthwise, channels=between)
    return depthwise, whole._replace(op=op.pointwise(whole.axes), source=between)


E = TypeVar("E")


class Table(Generic[E]):
    """From op to emission: ``@table.emits(Conv)`` registers a function, once for each op."""

    def __init__(self) -> None:
        self.functions: dict[type[Op], Callable[[Site], E]] = {}

    def emits(self, op: type[Op]) -> Callable[[Callable[[Site], E]], Callable[[Site], E]]:
        """Register the function under ``op``."""

        def register(function: Callable[[Site], E]) -> Callable[[Site], E]:
            if op in self.functions:
                raise ValueError(f"{op.__name__} is emitted by {self.functions[op].__name__}")
            self.functions[op] = function
            return function

        return register

    def __call__(self, site: Site) -> E:
        """The emission of a layer; InexpressibleError where the target has none."""
        if type(site.op) not in self.functions:
            hint = "leave it out, or compile for another target"
            raise InexpressibleError(f"this target has no `{site.op.word}`", hint)
        return self.functions[type(site.op)](site)


def argument(site: Site, name: str) -> Any:
    """A field's value, or the code that takes its place where it is open."""
    value = getattr(site.op, name)
    if is_constant(value):
        return value
    is_real = parameters(type(site.op))[name].kind.type == "float"
    return site.code(value, REAL if is_real else WHOLE)


def size(site: Site, name: str) -> Any:
    """A field that has a number for each axis, as one number where all are the same."""
    value = argument(site, name)
    return value if isinstance(value, Symbolic) else square(value)


def unusual(site: Site, **usual: object) -> dict[str, Any]:
    """The op's arguments of these names that differ from what is usual, or may differ.

    What has a number for each axis is usual where all are the usual one.
    """
    found: dict[str, Any] = {}
    for name, expected in usual.items():
        value = argument(site, name)
        if type(value) is tuple:
            value = square(value)
        if isinstance(value, Symbolic) or value != expected:
            found[name] = value
    return found


def is_all(value: object, number: int) -> bool:
    """Whether a field has this number for each axis, wherever the code is used."""
    return isinstance(value, tuple) and is_constant(value) and set(value) == {number}


def is_fixed(site: Site, *fields: str) -> bool:
    """Whether these fields have the same values wherever the code that is written is used."""
    return are_constant(getattr(site.op, field) for field in fields)


def square(sizes: PerAxis) -> int | PerAxis:
    """One number where all axes have the same."""
    return sizes[0] if len(set(sizes)) == 1 else sizes


def tidy(value: float) -> float:
    """A number without the last digit's noise: 0.3 for 0.1 * 3."""
    return float(f"{value:.15g}")
