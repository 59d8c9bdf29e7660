"""Records what a model of Keras applies, step after step."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from cnngen.lifting.keras import (  # noqa: F401 - they register
    activations,
    convolutions,
    functions,
    joins,
    noise,
    norms,
    pooling,
    scaling,
    shaping,
    sides,
)
from cnngen.lifting.keras.classes import (
    has_own_code,
    is_composite,
    said,
    told,
    told_of_training,
    why_unsaid,
)
from cnngen.lifting.keras.consistency import consistent
from cnngen.lifting.keras.generated import GENERATED
from cnngen.lifting.keras.inputs import Given, given_inputs, structure_of
from cnngen.lifting.keras.merging import merged
from cnngen.lifting.keras.modules import module_of
from cnngen.lifting.keras.order import in_order
from cnngen.lifting.keras.shapes import joined, shape_of
from cnngen.lifting.keras.shaping import settled
from cnngen.lifting.keras.site import Says, UnsaidError, Value
from cnngen.lifting.keras.symbolic import (
    BATCH,
    calls_before,
    flat,
    fresh,
    is_tensor,
    run,
    undisturbed,
)
from cnngen.lifting.keras.symbolic import Call as Called
from cnngen.lifting.keras.training import both
from cnngen.lifting.keras.variables import named, own_weights, variables
from cnngen.lifting.traced import (
    Call,
    Input,
    Join,
    Module,
    Output,
    Step,
    Traced,
    UnliftableError,
    Unsaid,
)
from cnngen.ops import Map, Op, OpError, Shape, Vector
from cnngen.ops.shapes import product

AUTOMATIC = re.compile(r"input_layer(_\d+)?")
"""What Keras calls inputs without names; no layer of a generated module can be called so."""


def record(model: Any, inputs: Sequence[Shape] | None = None, *, name: str = "") -> Traced:
    """What a model applies, in evaluation.

    Args:
        model: a ``keras.Model``: functional, ``Sequential``, or a subclass whose ``call`` runs on
            Keras' own tensors. It is left as it was, but built.
        inputs: the shapes of its inputs, where the model leaves them open.
        name: of the network; that of the model if not given.

    Raises:
        UnliftableError: it cannot be recorded.
    """
    given = given_inputs(model, inputs)
    _built(model, given)
    with undisturbed(model):
        traced = _recorded(model, given, training=True)
        if has_own_code(model):
            traced = both(_recorded(model, given, training=False), traced)
    return consistent(in_order(merged(traced._replace(name=name or model.name))))


def _built(model: Any, given: Given) -> None:
    """Make the variables of a model, with the names that they have in it."""
    with undisturbed(model):
        try:
            for training in (False, True) if structure_of(model) is None else ():
                model(*given.args, **told(model, training=training))
        except Exception as error:  # whatever the user's code raises
            why = first_sentence(error)
            raise UnliftableError(f"`{model.name}` does not run: {why}") from error


def _recorded(model: Any, given: Given, *, training: bool) -> Traced:
    known = {id(variable): name for name, variable in variables(model).items()}
    recorder = Recorder(known, training)
    outputs = recorder.model(model, given)
    if not outputs:
        raise UnliftableError("the model returns no tensor")
    return Traced(
        model.name,
        tuple(recorder.steps),
        tuple(outputs),
        modules=recorder.modules,
        notes=tuple(dict.fromkeys(recorder.notes)),
    )


MOST_STEPS = 100_000
"""Of a record: fifty times those of the largest models, which nested models could double."""


class Recorder:
    """Steps, and the values of tensors by their identity."""

    def __init__(self, known: Mapping[int, str], training: bool) -> None:
        self.steps: list[Step] = []
        self.modules: dict[str, Module] = {}
        self.notes: list[str] = []
        self.known = known
        self.training = self.told = training
        self.calls: tuple[Call, ...] = ()
        self.turns: dict[str, int] = {}
        self.paths: dict[int, str] = {}
        self.values: dict[int, Value] = {}
        self.alive: list[Any] = []
        self.at = self.inside = ""

    def model(self, model: Any, given: Given) -> list[Output]:
        """The outputs of the whole model."""
        for number, (tensor, name) in enumerate(given.tensors, 1):
            shape = shape_of(tensor)
            if shape is None:
                raise UnliftableError(f"the input {name} is no map and no vector: {tensor.shape}")
            label = f"input{number}" if AUTOMATIC.fullmatch(name) else name
            self._give(tensor, self.add(Step(Input(label), (), shape, place=name), shape))
        try:
            made = self.run(model.call, given.args, told(model, training=self.training))
        except UnsaidError as error:
            raise UnliftableError(f"`{model.name}` cannot be recorded: {error}") from error
        return [Output(path, value.step) for path, value in _named_outputs(model, made)]

    def add(self, step: Step, shape: Shape | None) -> Value:
        """A step more."""
        if len(self.steps) >= MOST_STEPS:
            raise UnliftableError(f"the model has more than {MOST_STEPS:,} steps")
        self.steps.append(step._replace(calls=self.calls))
        return Value(len(self.steps) - 1, shape)

    def _give(self, tensor: Any, value: Value) -> None:
        self.values[id(tensor)] = value
        self.alive.append(tensor)

    def run(
        self, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        """The values that a function returns for tensors whose values are known."""
        try:
            made = run(lambda: function(*args, **kwargs), training=self.told)
        except Exception as error:  # whatever the user's code raises
            raise UnsaidError(first_sentence(error)) from error
        self.alive.append(made)
        for call in calls_before(flat(made), set(self.values)):
            self._call(call)
        return keras.tree.map_structure(self.settled, made)

    def settled(self, thing: Any) -> Any:
        """The value of a tensor, of which all is said; another thing as it is."""
        value = self._value(thing)
        if not isinstance(value, Value) or value.view is None:
            return value
        plain = settled(self, value)
        self.values[id(thing)] = plain
        return plain

    def step(self, op: Op, x: Value) -> Value:
        """A step without weights or a name."""
        shape = op.infer(x.known)
        return self.add(Step(op, (x.step,), shape, place=self.at), shape)

    def _value(self, thing: Any) -> Any:
        if not is_tensor(thing):
            return thing
        if id(thing) not in self.values:
            raise UnsaidError("a value comes from outside of what is called")
        return self.values[id(thing)]

    def _call(self, call: Called) -> None:
        """One call; what cannot be said of it is one step that says why."""
        values = self._said(call)
        for tensor, value in zip(call.outputs, values, strict=True):
            self._give(tensor, value)

    def _said(self, call: Called) -> list[Value]:
        before = len(self.steps)
        try:
            made = flat_values(self._apply(call))
            _check(made, call.outputs)
            return made
        except UnsaidError as error:
            why = str(error)
        except OpError as error:
            why = error.message
        del self.steps[before:]
        return [self._unsaid(call, tensor, why) for tensor in call.outputs]

    def _unsaid(self, call: Called, tensor: Any, why: str) -> Value:
        shape = shape_of(tensor)
        sizes = [size or 1 for size in tensor.shape[1:]]
        stand_in = shape or Vector(product(tuple(sizes)))
        inputs = tuple(self._value(each).step for each in flat((call.args, call.kwargs)))
        what = Unsaid(type(call.operation).__name__, why)
        name = self.path(call.operation)
        return self.add(Step(what, inputs, stand_in, name, place=self.place(call)), shape)

    def _apply(self, call: Called) -> Any:
        function = said(call.operation)
        self.at = self.place(call)
        if function is not None:
            return self._layer(call, function)
        if is_composite(call.operation):
            return self._generated(call) or self._inside(call)
        if isinstance(call.operation, keras.layers.Lambda):
            given = call.operation.arguments or {}
            return self.traced(call.operation.function, call.args, given)
        raise UnsaidError(why_unsaid(call.operation))

    def _layer(self, call: Called, function: Says) -> Any:
        site = Application(self, call)
        before = len(self.steps)
        made = function(site)
        own = self.steps[before:]
        if own and site.name and all(step.name != site.name for step in own):
            self.steps[-1] = self.steps[-1]._replace(name=site.name)
        return made

    def _generated(self, call: Called) -> Any:
        """A layer that cnngen has written; None if it is none."""
        function = GENERATED.get(type(call.operation).__name__)
        before = len(self.steps)
        try:
            return None if function is None else self._layer(call, function)
        except (UnsaidError, OpError):
            del self.steps[before:]
            return None

    def _inside(self, call: Called) -> Any:
        """A model or a layer of the user's own, which holds others."""
        operation = call.operation
        path = self.path(operation)
        turn = self.turns[path] = self.turns.get(path, -1) + 1
        self.modules[path] = module_of(operation)
        before = self.calls, self.told
        said_of_it = told_of_training(call)
        self.calls = (*self.calls, Call(path, turn))
        self.told = self.told if said_of_it is None else said_of_it
        kwargs = {name: value for name, value in call.kwargs.items() if name != "training"}
        try:
            return self.traced(
                operation.call, call.args, kwargs | told(operation, training=self.told)
            )
        finally:
            self.calls, self.told = before

    def traced(
        self, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        """The values that a function returns, which is run on tensors of its own."""

        def renewed(thing: Any) -> Any:
            if not is_tensor(thing):
                return thing
            new = fresh(thing)
            self._give(new, self._value(thing))
            return new

        args, kwargs = keras.tree.map_structure(renewed, (tuple(args), dict(kwargs)))
        return self.run(function, args, kwargs)

    def place(self, call: Called) -> str:
        """Where a call is, for messages: functions have names of their own in Keras."""
        if self.inside:
            return self.inside
        around = [inner.path for inner in self.calls[-1:]]
        return self.path(call.operation) or ".".join([*around, call.operation.name])

    def path(self, operation: Any) -> str:
        """The name of a layer, after those of what it is first called in; empty for a function.

        Dots stand between names, and in none.
        """
        if not isinstance(operation, keras.Layer):
            return ""
        if id(operation) not in self.paths:
            around = f"{self.calls[-1].path}." if self.calls else ""
            self.paths[id(operation)] = around + operation.name.replace(".", "_")
            self.alive.append(operation)
        return self.paths[id(operation)]


class Application:
    """See :class:`cnngen.lifting.keras.site.Site`."""

    def __init__(self, recorder: Recorder, call: Called) -> None:
        self.recorder = recorder
        self.layer = call.operation
        self.tensors = flat((call.args, call.kwargs))
        self.call = call
        self.name = recorder.path(call.operation)
        training = told_of_training(call)
        self.place = recorder.place(call)
        self.training = None if training == recorder.training else training
        self.shape = tuple(call.outputs[0].shape)
        self.batch = BATCH

    @property
    def args(self) -> tuple[Any, ...]:
        """What it is called with, values in the place of tensors."""
        found: tuple[Any, ...] = keras.tree.map_structure(
            self.recorder.settled, tuple(self.call.args)
        )
        return found

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """The same by name."""
        found: dict[str, Any] = keras.tree.map_structure(
            self.recorder.settled, dict(self.call.kwargs)
        )
        return found

    @property
    def values(self) -> list[Value]:
        """All that it takes, in order."""
        return [self.recorder.settled(tensor) for tensor in self.tensors]

    @property
    def seen(self) -> list[Value]:
        """The same, views among them."""
        return [self.recorder._value(tensor) for tensor in self.tensors]

    def own(self, op: Op, x: Value) -> Value:
        """The layer's own step: with its name, and with its weights."""
        weights = own_weights(op, x.known, self.layer) if op.weights(x.known) else {}
        return self._add(op, x, self.name, weights)

    def step(self, op: Op, x: Value) -> Value:
        """A step without weights, beside the layer's own."""
        return self.recorder.step(op, x)

    def weighted(self, op: Op, x: Value, weights: Mapping[str, Any]) -> Value:
        """A step whose weights are these variables."""
        return self._add(op, x, self.name, weights)

    def _add(self, op: Op, x: Value, name: str, weights: Mapping[str, Any]) -> Value:
        shape = op.infer(x.known)
        found = named(op, x.known, weights, self.recorder.known)
        return self.recorder.add(Step(op, (x.step,), shape, name, (), found, self.place), shape)

    def join(self, word: Join, values: Sequence[Value]) -> Value:
        """Several values as one."""
        shape = joined(word, [value.known for value in values])
        steps = tuple(value.step for value in values)
        return self.recorder.add(Step(word, steps, shape, place=self.place), shape)

    def traced(self, function: Callable[..., Any], *values: Value) -> Any:
        """The values that a function of Keras' own tensors returns, in their structure."""
        tensors = []
        for value in values:
            shape = value.known
            own = (*shape.sizes, shape.channels) if isinstance(shape, Map) else (shape.features,)
            tensor = keras.KerasTensor((BATCH, *own))
            self.recorder._give(tensor, value)
            tensors.append(tensor)
        before, self.recorder.inside = self.recorder.inside, self.place
        try:
            return self.recorder.traced(function, tensors, {})
        finally:
            self.recorder.inside = before

    def note(self, text: str) -> None:
        """Say of the layer what is no part of what is written."""
        self.recorder.notes.append(f"`{self.name}` {text}")


def flat_values(made: Any) -> list[Value]:
    """Values in lists and dictionaries, in Keras' order."""
    if isinstance(made, Value):
        return [made]
    if isinstance(made, dict):
        return [value for key in sorted(made) for value in flat_values(made[key])]
    if isinstance(made, (list, tuple)):
        return [value for each in made for value in flat_values(each)]
    return []


def _check(made: Sequence[Value], outputs: Sequence[Any]) -> None:
    """Each value has the shape that Keras gives to it."""
    if len(made) != len(outputs):
        raise UnsaidError(f"it gives {len(outputs)} values, of which {len(made)} can be said")
    for value, tensor in zip(made, outputs, strict=True):
        if value.view is not None:
            continue  # checked where it is settled
        shape = shape_of(tensor)
        if value.shape is None and shape is None:
            continue
        if value.shape is None or shape is None or str(value.shape) != str(shape):
            raise UnsaidError(f"it would be {value.shape}, not {tuple(tensor.shape[1:])}")


def _named_outputs(model: Any, made: Any) -> list[tuple[str, Value]]:
    """What a model returns, by name."""
    found = flat_values(made)
    if isinstance(made, dict):
        return [named for name, each in made.items() for named in _numbered(str(name), each)]
    if len(found) == 1:
        return [("", found[0])]
    known = list(getattr(model, "output_names", None) or ())
    own = known if len(set(known)) == len(found) else [f"output{n}" for n in range(len(found))]
    return list(zip(own, found, strict=True))


def _numbered(name: str, made: Any) -> list[tuple[str, Value]]:
    """One value under its name, several with numbers after it."""
    if isinstance(made, Value):
        return [(name, made)]
    return [(f"{name}{number}", value) for number, value in enumerate(flat_values(made))]


def first_sentence(error: Exception) -> str:
    """What an exception says first."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text.split(". ")[0].rstrip(".")
