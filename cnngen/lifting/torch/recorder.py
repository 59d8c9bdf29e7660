"""The steps as they are recorded: values, scopes of modules, layers with checked arguments."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from torch import Tensor, nn

from cnngen.expressions import Listed
from cnngen.lifting.torch.arrangement import settling, usual
from cnngen.lifting.torch.contents import Contents, Held, Value, held_dims
from cnngen.lifting.traced import (
    MOST_STEPS,
    Call,
    Input,
    Step,
    UnliftableError,
    Unsaid,
    What,
)
from cnngen.ops import Op, OpError, Shape, made, parameters
from cnngen.ops.kinds import Misfit
from cnngen.record import NamedTuple

BATCH_SIZE = 7919
"""A prime: a size that holds the batch is none that a model has otherwise."""


class UnsayableError(Exception):
    """The language has no word for what a function does here; the message says why."""


class Scope(NamedTuple):
    """A module's call that is under way; ``start`` counts the steps before it."""

    module: nn.Module
    path: str
    start: int
    calls: tuple[Call, ...]


class Recorder:
    """What one run of a model has recorded so far.

    Attributes:
        steps: in the order of execution.
        contents: what each live tensor holds.
        state: the model's own parameters and buffers by name.
        training: whether the run is one of training.
        batch: the size of the batch that comes in.
        is_exported: whether the model is an exported program, which has one mode alone.
        at: the place in the model's code, where it is not running.
        refused: why nothing can be recorded, once that is known.
        tried: which modules were tried on numbers, and whether they are the layer they seem to be.
    """

    def __init__(
        self,
        state: Mapping[str, Tensor],
        *,
        training: bool,
        batch: int = BATCH_SIZE,
        is_exported: bool = False,
    ) -> None:
        self.steps: list[Step] = []
        self.contents = Contents()
        self.state = state
        self.training = training
        self.batch = batch
        self.is_exported = is_exported
        self.at: str | None = None
        self.refused: UnliftableError | None = None
        self.scopes: list[Scope] = []
        self.tried: dict[Any, bool] = {}
        self._settled: dict[tuple[Value, tuple[Call, ...]], int] = {}

    def hold(self, tensors: Iterator[tuple[str, Tensor]]) -> None:
        """Tell which tensors are parameters and buffers, by name."""
        for name, tensor in tensors:
            trained = isinstance(tensor, nn.Parameter)
            self.contents[tensor] = Held(name, held_dims(tuple(tensor.shape)), trained)

    def input(self, name: str, shape: Shape) -> Value:
        """An input of the model."""
        return self.usual(self.add(Input(name), (), shape))

    def usual(self, step: int) -> Value:
        """The value of a step, in the arrangement that layers read."""
        return Value(step, usual(self.steps[step].shape, self.batch))

    @property
    def place(self) -> str:
        """Where in the model's code the run is."""
        return place() if self.at is None else self.at

    def refuse(self, why: str) -> UnliftableError:
        """The error that nothing can be recorded; it stands even where the model catches it."""
        self.refused = UnliftableError(f"{self.place}: {why}" if self.place else why)
        return self.refused

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls under way."""
        return self.scopes[-1].calls if self.scopes else ()

    def add(
        self,
        what: What,
        inputs: Sequence[int],
        shape: Shape,
        weights: Mapping[str, str] | None = None,
    ) -> int:
        """A step; returns its number."""
        if len(self.steps) == MOST_STEPS:
            raise UnliftableError(
                f"{self.place}: it applies more than {MOST_STEPS:,} functions, and may never end"
            )
        step = Step(what, tuple(inputs), shape, "", self.calls, weights or {}, self.place)
        self.steps.append(step)
        return len(self.steps) - 1

    def layer(
        self, kind: type[Op], x: int, weights: Mapping[str, str] | None = None, **arguments: Any
    ) -> int:
        """A step that applies a layer to the value of step ``x``; returns its number.

        Raises:
            UnsayableError: the layer does not take these arguments, or this value.
        """
        return self.applied(checked(kind, self.steps[x].shape, arguments), x, weights)

    def applied(self, op: Op, x: int, weights: Mapping[str, str] | None = None) -> int:
        """The same for a layer that is there already."""
        given = self.steps[x].shape
        try:
            op.check()
            shape = op.infer(given)
        except OpError as error:
            raise UnsayableError(error.message) from error
        if weights is not None and {w.name for w in op.weights(given)} != {*weights}:
            raise UnsayableError(f"`{op.word}` has other weights than {', '.join(weights)}")
        return self.add(op, (x,), shape, weights)

    def settled(self, value: Value, *, inside: bool = False) -> int:
        """The step whose value has these numbers in the usual arrangement.

        What prepares the input of a torch layer stands before it, not in it, unless ``inside``.

        Raises:
            UnsayableError: no layers put them in that order.
        """
        with nullcontext() if inside else self._outside_of_layer():
            key = (value, self.calls)
            if key not in self._settled:
                self._settled[key] = self._in_order(value)
            return self._settled[key]

    def _in_order(self, value: Value) -> int:
        found = settling(self.steps[value.step].shape, value.dims)
        if found is None:
            raise UnsayableError("its input is shown in an order that no layers make")
        step = value.step
        for op in found:
            step = self.applied(op, step)
        return step

    @contextmanager
    def _outside_of_layer(self) -> Iterator[None]:
        """Steps are added before the call of a torch layer that is under way."""
        scopes = self.scopes
        if scopes and is_torch_layer(scopes[-1].module):
            self.scopes = scopes[:-1]
        try:
            yield
        finally:
            self.scopes = scopes

    def unsaid(self, operator: str, why: str, inputs: Sequence[int], shape: Shape) -> int:
        """A step that the language has no word for."""
        return self.add(Unsaid(operator, why), inputs, shape)


def is_torch_layer(module: nn.Module) -> bool:
    """Whether a module is of torch itself and holds no others."""
    return type(module).__module__.startswith("torch.nn.") and not module._modules


def checked(kind: type[Op], shape: Shape, arguments: Mapping[str, Any]) -> Op:
    """The op with these arguments, each of which its parameter takes; see ``Recorder.layer``."""
    known = parameters(kind)
    read = {}
    for name, value in arguments.items():
        parameter = known[name]
        if not parameter.required and value == parameter.default:
            read[name] = value
            continue
        given = Listed(value) if kind.word == "normalize" else value
        try:
            read[name] = parameter.kind.on_axes(shape.axes).read(given)
        except Misfit as misfit:
            expected = misfit.expected or parameter.kind.on_axes(shape.axes).expected
            text = f"`{kind.word}` takes {expected} as `{name}`, not {value}"
            raise UnsayableError(text) from misfit
    return made(kind, read, shape.axes)


_OWN = tuple(
    os.path.join(os.path.dirname(path), "")
    for path in (os.path.dirname(nn.__file__), os.path.dirname(os.path.dirname(__file__)))
)


def is_own(file: str) -> bool:
    """Whether a file is torch's or this package's, and not the model's."""
    return file.startswith(_OWN) or file.startswith("<")


def place() -> str:
    """Where the model's own code is running: the file and the line."""
    frame = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not is_own(file):
            return f"{file}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return ""
