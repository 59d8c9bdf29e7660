"""One application of a layer or function of Keras, and the steps that are written for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from cnngen.expressions import Listed
from cnngen.lifting.keras.views import View
from cnngen.lifting.traced import Join
from cnngen.ops import Map, Op, Shape, made, parameters
from cnngen.ops.kinds import Misfit
from cnngen.record import NamedTuple


class UnsaidError(Exception):
    """The language has no word for what is applied; the message says why."""


class Value(NamedTuple):
    """What a step gives; the shape is missing where it is neither a map nor a vector.

    With a ``view``, it is what the step gives seen with other axes, of which nothing is said yet;
    the shape is that of the step then.
    """

    step: int
    shape: Shape | None
    view: View | None = None

    @property
    def known(self) -> Shape:
        """The shape.

        Raises:
            UnsaidError: it is neither a map nor a vector.
        """
        if self.shape is None:
            raise UnsaidError("what comes in is neither a map nor a vector")
        return self.shape

    @property
    def axes(self) -> int:
        """The number of axes of positions."""
        return self.known.axes


class Writes(Protocol):
    """What writes steps."""

    def step(self, op: Op, x: Value) -> Value:
        """A step without weights, beside the layer's own."""


class Site(Writes, Protocol):
    """One application.

    Attributes:
        layer: the layer, or the operation that stands for a function.
        name: of the layer; empty for a function.
        training: what the call itself says of training, where that is fixed in the model.
        shape: that of the first tensor that it gives, with the batch.
        batch: the size of a batch.
    """

    layer: Any
    name: str
    training: bool | None
    shape: tuple[int | None, ...]
    batch: int

    def own(self, op: Op, x: Value) -> Value:
        """The layer's own step: with its name, and with its weights."""

    def weighted(self, op: Op, x: Value, weights: Mapping[str, Any]) -> Value:
        """A step whose weights are these variables."""

    def join(self, word: Join, values: Sequence[Value]) -> Value:
        """Several values as one."""

    def traced(self, function: Callable[..., Any], *values: Value) -> Any:
        """The values that a function of Keras' own tensors returns, in their structure."""

    def note(self, text: str) -> None:
        """Say of the layer what is no part of what is written."""

    @property
    def args(self) -> tuple[Any, ...]:
        """What it is called with, values in the place of tensors."""

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """The same by name."""

    @property
    def values(self) -> list[Value]:
        """All that it takes, in order."""

    @property
    def seen(self) -> list[Value]:
        """The same, of which some may be seen with other axes than their steps give."""


def only(site: Site) -> Value:
    """The only value that a layer takes."""
    if len(site.values) != 1:
        raise UnsaidError("it takes several values")
    return site.values[0]


Says = Callable[[Site], Any]
"""Writes the steps of an application, and returns the value or the values that it gives.

``UnsaidError`` or ``OpError`` where there is no word for it.
"""

TABLE: dict[str, Says] = {}
"""How layers and functions are said, by the name of the class with the last part of its package."""


def says(*names: str) -> Callable[[Says], Says]:
    """Register a function under classes of Keras; each once."""

    def register(function: Says) -> Says:
        for name in names:
            if name in TABLE:
                raise ValueError(f"{name} is said already")
            TABLE[name] = function
        return function

    return register


def on_axes(name: str) -> tuple[str, ...]:
    """The classes of a layer for each number of axes."""
    return tuple(f"layers.{name.format(axes)}" for axes in (1, 2, 3))


def built(cls: type[Op], axes: int, **values: Any) -> Op:
    """The op with these values, each of which is checked.

    Raises:
        UnsaidError: the language does not take one of them.
        OpError: they exclude each other.
    """
    known = parameters(cls)
    read = {}
    for name, value in values.items():
        if value is None:
            continue
        kind = known[name].kind.on_axes(axes)
        try:
            read[name] = kind.read(value)
        except Misfit:
            raise UnsaidError(f"`{name}` of `{cls.word}` is {kind.expected}, not {value}") from None
    op = made(cls, read, axes)
    op.check()
    return op


def numbers(values: Any) -> Any:
    """Numbers as a list of the language."""
    return Listed(float(value) for value in values)


def sizes(value: Any) -> tuple[int, ...]:
    """A size for each axis."""
    return tuple(int(each) for each in value)


def last(axis: Any, x: Value) -> bool:
    """Whether an axis, or the only one of a list, is that of the channels or features."""
    if isinstance(axis, (list, tuple)):
        return len(axis) == 1 and last(axis[0], x)
    rank = x.axes + 2
    return isinstance(axis, int) and axis % rank == rank - 1


def channels_last(layer: Any) -> None:
    """UnsaidError where a layer has its channels elsewhere."""
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        raise UnsaidError("its channels come first: cnngen reads Keras models with channels last")


def positions(x: Value) -> Map:
    """A map."""
    shape = x.known
    if not isinstance(shape, Map):
        raise UnsaidError(f"what comes in is a vector of {shape} features, no map")
    return shape
