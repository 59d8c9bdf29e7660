"""What an op is: parameters as dataclass fields, a shape rule, weights with named axes, a cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from functools import lru_cache
from typing import Any, ClassVar, TypeVar, dataclass_transform

from cnngen.diagnostics import codes
from cnngen.diagnostics.codes import Code
from cnngen.expressions import Expression
from cnngen.ops.kinds import Kind, PerAxis
from cnngen.ops.reads import Reads, cell_by_cell
from cnngen.ops.shapes import POSITIONS, Map, Shape, Vector
from cnngen.record import NamedTuple


class OpError(Exception):
    """An op cannot take this input or these arguments.

    ``argument`` names the parameter at fault, so that the place shown is its own.
    """

    def __init__(self, code: Code, message: str, *, argument: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.argument, self.hint = code, message, argument, hint


class Axis(NamedTuple):
    """One axis of a weight; ``factors`` where it runs along a flattened map (see Vector)."""

    name: str
    size: int
    factors: tuple[int, ...] | None = None


class Weight(NamedTuple):
    """An array that a layer owns; statistics (``trained=False``) are updated, not learned."""

    name: str
    axes: tuple[Axis, ...]
    trained: bool = True

    @property
    def size(self) -> int:
        """The number of values."""
        size = 1
        for axis in self.axes:
            size *= axis.size
        return size


class Parameter(NamedTuple):
    """What a layer can be given: a field of its op, as documentation and binding see it."""

    name: str
    doc: str
    kind: Kind
    positional: bool
    required: bool
    default: Any


AnyOp = TypeVar("AnyOp", bound="Op")


@dataclass(init=False, eq=False, repr=False, match_args=False)
class Op:
    """A layer without its place in a network. Immutable, comparable, knows no target.

    Subclasses carry ``@op("word")`` and are dataclasses; a field made by :func:`param` is a
    parameter of the layer. What a frozen dataclass would generate for each of them stands here
    once: generating it takes longer than compiling a network.
    """

    defaults: ClassVar[Mapping[str, Any]] = {}
    """Every field, with its default or ``MISSING``."""

    def __init__(self, *given: Any, **named: Any) -> None:
        in_order = dict(zip(self.defaults, given, strict=False)) if given else {}
        values = {**self.defaults, **in_order, **named}
        twice = len(in_order) < len(given) or (given and in_order.keys() & named.keys())
        if twice or len(values) > len(self.defaults) or MISSING in values.values():
            name, fields = type(self).__name__, ", ".join(self.defaults)
            raise TypeError(f"{name}({fields}) does not take {given} and {named}")
        self.__dict__.update(values)

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"cannot change {name!r} of {self!r}")

    def replace(self: AnyOp, **values: Any) -> AnyOp:
        """The op with other values of some fields."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.__dict__.update(values)
        return made

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot remove {name!r} of {self!r}")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({shown})"

    word: ClassVar[str] = ""
    stem: ClassVar[str] = ""
    """What an unlabelled layer is named after: ``fc`` gives ``fc1``, ``fc2``."""
    moves_window: ClassVar[bool] = False
    """Whether a window decides the output's sizes."""
    keeps_output: ClassVar[bool] = True
    """Whether its gradient is worked out from its output, which must not be overwritten then."""
    may_overwrite: ClassVar[bool] = False
    """Whether it may put its output in its input's place."""
    has_kink: ClassVar[bool] = False
    """Whether its slope jumps somewhere: there rounding decides which of two gradients it has."""
    never_negative: ClassVar[bool] = False
    """Whether no value that it gives is below zero."""
    is_idempotent: ClassVar[bool] = False
    """Whether what it gives stays as it is where it is applied once more."""
    is_linear: ClassVar[bool] = False
    """Whether it gives weighted sums, with learned weights, of what comes in."""
    draws: ClassVar[bool] = False
    """Whether it draws at random in training; in evaluation it is the identity then."""
    only_weighs: ClassVar[bool] = False
    """Whether it only weighs what comes in: where a residual ends in it, its body ends before."""
    output_parameter: ClassVar[str] = ""
    """The parameter that is the number of output channels or features."""
    keeps_elements: ClassVar[bool] = False
    """Whether it gives all values that come in, in another shape: as many as a map has cells."""
    reads_order: ClassVar[bool] = False
    """Whether the result depends on the order of a vector's elements by more than that order."""

    @property
    def reads_sizes(self) -> bool:
        """Whether code for it has to know the sizes of a map that comes in."""
        return False

    @property
    def needs_label(self) -> bool:
        """Whether a label has to name it: a target keeps its weights in what is around it."""
        return False

    @property
    def needs_map(self) -> bool:
        """Whether it takes no vector: as ``infer`` says with :func:`need_map`."""
        return self.moves_window

    @property
    def makes_vector(self) -> bool:
        """Whether its output is a vector, whatever comes in."""
        return False

    def check(self) -> None:
        """Raise OpError where the arguments exclude each other."""

    def out_channels(self, channels: Expression) -> Expression:
        """The output's channels, or features, for those of the input."""
        own: Expression = (
            getattr(self, self.output_parameter) if self.output_parameter else channels
        )
        return own

    def out_sizes(self, sizes: PerAxis) -> PerAxis:
        """The output's sizes for the input's, where a window decides them."""
        return sizes

    @property
    def shrinks_by(self) -> Expression | None:
        """By how much it shrinks each axis; None where no stride says so."""
        return 1

    @property
    def own_sizes(self) -> tuple[Expression, ...] | None:
        """The output's sizes, on axes of its own, where they are none of the input's."""
        return None

    def infer(self, x: Shape) -> Shape:
        """The output's shape for input ``x``; OpError where there is none."""
        return x

    def padded(self, x: Shape) -> int:
        """The values of input ``x`` with what is put around it: targets may have to make it."""
        return x.elements

    def reads(self, x: Map) -> Reads | None:
        """The cells of a map that each cell of the output is made of; None where all may be.

        Means and deviations that a norm takes over positions do not count.
        """
        return cell_by_cell(x.axes)

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        """The layer's arrays for input ``x``."""
        return ()

    def values_per_mean(self, x: Shape) -> int | None:
        """How many values each mean is taken over, where the op normalises an input or a filter."""
        return None

    def macs(self, x: Shape, y: Shape) -> int:
        """Multiply-accumulate operations for one input of shape ``x``, which gives ``y``.

        Products with a weight count; additions of a bias, activations, pooling and
        normalisation do not.
        """
        return 0


LAYERS: dict[str, type[Op]] = {}
"""Every layer by its word: the registry that elaboration, documentation and editors read."""

T = TypeVar("T", bound=type[Op])


@dataclass_transform(eq_default=False, field_specifiers=(field,))
def op(word: str, stem: str = "") -> Any:
    """Make a class an op and register it; a word is registered once."""

    def register(cls: T) -> T:
        if word in LAYERS:
            raise ValueError(f"the layer word {word!r} is taken by {LAYERS[word].__name__}")
        if "__annotations__" in vars(cls):
            _read_fields(cls)
        cls.word, cls.stem = word, stem or word
        LAYERS[word] = cls
        return cls

    return register


@dataclass_transform(eq_default=False, field_specifiers=(field,))
def internal(name: str) -> Any:
    """Make a class an op that passes insert: no word of the language stands for it."""

    def define(cls: T) -> T:
        _read_fields(cls)
        cls.word = cls.stem = name
        return cls

    return define


def _read_fields(cls: type[Op]) -> None:
    dataclass(init=False, eq=False, repr=False, match_args=False)(cls)
    cls.defaults = {f.name: f.default for f in fields(cls)}


def param(doc: str, kind: Kind, default: Any = MISSING, *, positional: bool = False) -> Any:
    """A field that is a parameter of the layer; without a default it must be given."""
    return field(default=default, metadata={"doc": doc, "kind": kind, "positional": positional})


def made(cls: type[Op], values: Mapping[str, Any], axes: int) -> Op:
    """The op with these values, for maps of so many axes: the defaults are those of two."""
    values = dict(values)
    if axes not in (0, 2):
        for parameter in parameters(cls).values():
            if parameter.kind.on and isinstance(parameter.default, tuple):
                values.setdefault(parameter.name, parameter.default[:1] * axes)
    return cls(**values)


_PARAMETERS: dict[type[Op], dict[str, Parameter]] = {}
_POSITIONAL: dict[type[Op], tuple[Parameter, ...]] = {}


def parameters(cls: type[Op]) -> dict[str, Parameter]:
    """The layer's parameters by name, positional ones first."""
    found = _PARAMETERS.get(cls)
    if found is None:
        found = _PARAMETERS[cls] = _read_parameters(cls)
    return found


def positional(cls: type[Op]) -> tuple[Parameter, ...]:
    """The parameters that an argument without a name may be for, in order."""
    found = _POSITIONAL.get(cls)
    if found is None:
        found = tuple(p for p in parameters(cls).values() if p.positional)
        _POSITIONAL[cls] = found
    return found


def _read_parameters(cls: type[Op]) -> dict[str, Parameter]:
    return {
        f.name: Parameter(
            f.name,
            f.metadata["doc"],
            f.metadata["kind"],
            f.metadata["positional"],
            f.default is MISSING,
            None if f.default is MISSING else f.default,
        )
        for f in fields(cls)
        if "kind" in f.metadata
    }


@lru_cache(maxsize=1024)
def window_axes(window: PerAxis) -> tuple[Axis, ...]:
    """The axes of a weight that has a value for each cell of a window."""
    axes = zip(POSITIONS[len(window)], window, strict=True)
    return tuple(Axis(name, cells) for name, cells in axes)


def feature_axis(x: Shape, name: str = "channels") -> Axis:
    """The axis of a weight that has one value for each channel or feature of ``x``."""
    return Axis(name, x.channels, x.factors if isinstance(x, Vector) else None)


def divisors(number: int) -> list[int]:
    """The divisors of ``number`` up to 4096."""
    return [n for n in range(1, min(number, 4096) + 1) if number % n == 0]


def check_groups(groups: int, x: Shape) -> None:
    """OpError where this many groups do not divide the channels."""
    if x.channels % groups:
        raise OpError(
            codes.DOES_NOT_DIVIDE,
            f"{groups} groups do not divide the {x.channels} channels",
            argument="groups",
            hint=f"these do: {', '.join(map(str, divisors(x.channels)[:8]))}",
        )


def need_map(x: Shape, word: str) -> Map:
    """``x`` if it is a map; OpError where it has been flattened."""
    if isinstance(x, Map):
        return x
    raise OpError(
        codes.NEEDS_MAP,
        f"`{word}` needs a map HxWxC, but its input is a vector of {x} features",
        hint="a vector has no positions: put the layer before `flatten`",
    )
