"""Keras on TensorFlow: runs generated functions, maps channels last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType
from typing import Any

import keras
import tensorflow as tf

from cnngen.backends import backend
from cnngen.frameworks.base import (
    MAIN,
    Inexact,
    Key,
    Loss,
    Optimiser,
    Step,
    UnfitModelError,
    Weights,
)
from cnngen.frameworks.keras_optimisers import optimiser_of
from cnngen.frameworks.layout import complete, from_keys, places, to_keys
from cnngen.frameworks.modules import module_of
from cnngen.frameworks.outputs import by_name, names_of
from cnngen.ir import Layer, Network, layers
from cnngen.ops import Gelu, LeakyRelu, Op, Vector
from cnngen.reference import Array

ENDS = ("_crop", "_strided")
"""Ends of the names of Keras layers that come after another and belong to it."""


@contextmanager
def floats(dtype: str) -> Iterator[None]:
    """Everything in Keras is of this type."""
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(before[0])
        keras.config.set_dtype_policy(before[1])


class KerasModel:
    """See :class:`cnngen.frameworks.base.Model`."""

    def __init__(self, model: Any, network: Network, dtype: str, names: Mapping[str, str]) -> None:
        self.model = model
        self.network = network
        self.dtype = dtype
        self.names = names
        for layer in _all_layers(model):
            if isinstance(layer, keras.layers.Dropout):
                layer.rate = 0.0

    def load(self, weights: Weights) -> None:
        """Set all weights and statistics."""
        own = self._variables()
        for name, array in to_keys("keras", self.network, weights).items():
            own[name].assign(array)

    def weights(self) -> dict[Key, Array]:
        """All weights and statistics."""
        arrays = {name: variable.value.numpy() for name, variable in self._variables().items()}
        return from_keys("keras", self.network, arrays)

    def _variables(self) -> dict[str, Any]:
        """What the model owns, by the names of a generated one."""
        own = own_names(self.model)
        return {name: own[theirs] for name, theirs in self.names.items()}

    def evaluate(self, x: Array) -> Array:
        """The main output in evaluation."""
        with floats(self.dtype):
            return _numpy(self._outputs(self._tensor(x), training=False)[MAIN])

    def _outputs(self, x: Any, *, training: bool) -> dict[str, Any]:
        return by_name(self.model(x, training=training), names_of(self.network))

    def trace(self, x: Array, *, training: bool) -> dict[str, Array]:
        """The outputs of the layers that have the same names."""
        wanted = self._parts()
        if not wanted:
            return {}
        with floats(self.dtype), self._as_before():
            inner = {path: part.output for path, (_, part) in wanted.items()}
            made = keras.Model(self.model.inputs, inner)(self._tensor(x), training=training)
            return {path: _as_here(wanted[path][0], _numpy(y)) for path, y in made.items()}

    def _parts(self) -> dict[str, tuple[Layer, Any]]:
        """Each layer of the IR that has one of Keras', by its path."""
        if not getattr(self.model, "inputs", None):  # a class of the user's own: no graph
            return {}
        own = {part.name: part for part in self.model.layers}
        found = {}
        for path, layer in layers(self.network.body):
            name = backend("keras").path(path)
            name = next((name + end for end in ENDS if name + end in own), name)
            if name in own:
                found[path] = (layer, own[name])
        return found

    @contextmanager
    def _as_before(self) -> Iterator[None]:
        """Statistics are what they were, whatever happens."""
        before = [(variable, variable.numpy()) for variable in self.model.non_trainable_variables]
        try:
            yield
        finally:
            for variable, array in before:
                variable.assign(array)

    def step(self, x: Array, loss: Loss) -> Step:
        """Forward and backward in training."""
        return self._step(x, loss)[0]

    def _step(self, x: Array, loss: Loss) -> tuple[Step, list[Any]]:
        """A step, and the gradients as Keras has them."""
        variables = self.model.trainable_variables
        with floats(self.dtype):
            given = self._tensor(x)
            with tf.GradientTape() as tape:
                tape.watch(given)
                outputs = self._outputs(given, training=True)
            arrays = {name: _numpy(y) for name, y in outputs.items()}
            value, slopes = loss(arrays)
            *gradients, slope = tape.gradient(
                list(outputs.values()),
                [*(variable.value for variable in variables), given],
                [self._tensor(slopes[name]) for name in outputs],
                unconnected_gradients="zero",
            )
        by_variable = {id(v): _numpy(g) for v, g in zip(variables, gradients, strict=True)}
        named = {
            name: by_variable[id(variable)]
            for name, variable in self._variables().items()
            if id(variable) in by_variable
        }
        made = Step(arrays, value, from_keys("keras", self.network, named), _numpy(slope))
        return made, gradients

    def train(self, optimiser: Optimiser) -> Callable[[Array, Loss], Step]:
        """Steps with an optimiser whose formulas are PyTorch's."""
        with floats(self.dtype):
            stepper = optimiser_of(optimiser)
            stepper.build(self.model.trainable_variables)

        def step(x: Array, loss: Loss) -> Step:
            made, gradients = self._step(x, loss)
            with floats(self.dtype):
                stepper.apply(gradients, self.model.trainable_variables)
            return made

        return step

    def _tensor(self, x: Array) -> Any:
        return tf.constant(x.astype(self.dtype))


def _numpy(tensor: Any) -> Array:
    array: Array = keras.ops.convert_to_numpy(keras.ops.convert_to_tensor(tensor))
    return array


def _as_here(layer: Layer, y: Array) -> Array:
    """A flattened map with its channels first."""
    shape = layer.output
    if not isinstance(shape, Vector) or shape.factors is None:
        return y
    return y.reshape(len(y), *shape.factors).transpose(0, 3, 1, 2).reshape(len(y), -1)


def _all_layers(model: Any) -> Iterator[Any]:
    for layer in model.layers:
        yield layer
        if hasattr(layer, "layers"):
            yield from _all_layers(layer)


def own_names(model: Any) -> dict[str, Any]:
    """Each variable by ``<its layer's name>.<its own>``, with those of models around the layer."""
    found = {}
    for layer in model.layers:
        if hasattr(layer, "layers"):
            inner = own_names(layer)
            found.update({f"{layer.name}.{name}": variable for name, variable in inner.items()})
        else:
            found.update({f"{layer.name}.{v.name}": v for v in layer.weights})
    return found


@contextmanager
def undrawn() -> Iterator[None]:
    """Kernels start as zeros: drawing a hundred million that are set next takes too long."""
    kind = keras.initializers.VarianceScaling
    drawn = kind.__call__

    def zeros(_self: object, shape: tuple[int, ...], dtype: Any = None, **_: Any) -> Any:
        return keras.ops.zeros(shape, dtype)

    kind.__call__ = zeros
    try:
        yield
    finally:
        kind.__call__ = drawn


class KerasFramework:
    """See :class:`cnngen.frameworks.base.Framework`."""

    target = "keras"
    unbiased_variance = False
    inexact: Mapping[type[Op], Inexact] = {
        Gelu: Inexact(1e-8, 1e-8, "TensorFlow keeps a constant of it in float32"),
        LeakyRelu: Inexact(1e-9, 1e-9, "TensorFlow keeps its slope in float32"),
    }

    def module(self, text: str) -> ModuleType:
        """A generated module."""
        return module_of(text, self.target)

    def build(self, module: ModuleType, network: Network, dtype: str) -> KerasModel:
        """The model that a generated function returns."""
        with floats(dtype), undrawn():
            model = getattr(module, network.name)()
        names = complete(self.arrays(model), [place.name for place in places("keras", network)])
        return KerasModel(model, network, dtype, names)

    def floats(self, dtype: str) -> AbstractContextManager[None]:
        """While it lasts, all of Keras is of this type."""
        return floats(dtype)

    def recognises(self, thing: object) -> bool:
        """Whether this is a model."""
        return isinstance(thing, keras.Model)

    def arrays(self, thing: Any) -> dict[str, tuple[int, ...]]:
        """The shapes of the variables."""
        return {name: tuple(variable.shape) for name, variable in own_names(thing).items()}

    def adopt(
        self, thing: Any, network: Network, dtype: str, names: Mapping[str, str]
    ) -> KerasModel:
        """A model of the user's own.

        Raises:
            UnfitModelError: its variables are of another type.
        """
        wrong = next((v for v in thing.weights if v.dtype != dtype), None)
        if wrong is not None:
            raise UnfitModelError(
                f"its {wrong.path} is {wrong.dtype}, not {dtype}: name the function that makes the "
                "model, not the model, so that it is made anew"
            )
        return KerasModel(thing, network, dtype, names)


FRAMEWORK = KerasFramework()
