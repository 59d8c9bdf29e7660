"""Keras on TensorFlow: runs generated functions, maps channels last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cnngen.backends import backend
from cnngen.frameworks.base import (
    Inexact,
    Key,
    Loss,
    Optimiser,
    Owned,
    Step,
    UnfitModelError,
    Weights,
)
from cnngen.frameworks.keras_optimisers import optimiser_of
from cnngen.frameworks.layout import complete, from_keys, places, to_keys
from cnngen.frameworks.modules import module_of
from cnngen.frameworks.outputs import by_name, names_of
from cnngen.frameworks.trial import RANDOM, check_input, check_output
from cnngen.ir import Layer, Network, layers
from cnngen.ops import Gelu, LeakyRelu, Op, Vector
from cnngen.reference import MAIN, Array, sizes_of

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
    """See :class:`cnngen.frameworks.base.Model`.

    ``parts`` are the layers of Keras that stand for the network's, by their paths.
    """

    def __init__(
        self,
        model: Any,
        network: Network,
        dtype: str,
        names: Mapping[str, str],
        parts: Mapping[str, Any],
    ) -> None:
        self.model = model
        self.network = network
        self.dtype = dtype
        self.names = names
        self.parts = parts
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
        """The outputs of the layers that are in the model's graph."""
        if not self.parts:
            return {}
        with floats(self.dtype), self._as_before():
            inner = {path: part.output for path, part in self.parts.items()}
            made = keras.Model(self.model.inputs, inner)(self._tensor(x), training=training)
            own = dict(layers(self.network.body))
            return {path: _as_here(own[path], _numpy(y)) for path, y in made.items()}

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
        if not self.model.trainable_variables:
            return self.step
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


def _all_layers(model: Any) -> list[Any]:
    """Layers, and those in them."""
    found: list[Any] = model._flatten_layers(include_self=False, recursive=True)
    return found


def _graph(model: Any) -> dict[str, Any]:
    """The layers of a functional model that stand in its graph once, by name."""
    if not getattr(model, "inputs", None):  # a class of the user's own
        return {}
    return {layer.name: layer for layer in model.layers if len(layer._inbound_nodes) == 1}


def own_names(model: Any) -> dict[str, Any]:
    """Each variable by its path, ``<its layer's name>.<its own>``; the model's own name aside.

    Raises:
        UnfitModelError: two have one path.
    """
    found: dict[str, Any] = {}
    for variable in model.weights:
        name = variable.path.removeprefix(f"{model.name}/").replace("/", ".")
        if name in found:
            raise UnfitModelError(f"two of its variables are called {name}")
        found[name] = variable
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

    def made(self, module: ModuleType, network: Network, dtype: str) -> Any:
        """What a generated function returns."""
        with floats(dtype), undrawn():
            return getattr(module, network.name)()

    def build(self, module: ModuleType, network: Network, dtype: str) -> KerasModel:
        """The model that a generated function returns."""
        model = self.made(module, network, dtype)
        names = complete(self.arrays(model), [place.name for place in places("keras", network)])
        return KerasModel(model, network, dtype, names, _parts(model, network))

    def floats(self, dtype: str) -> AbstractContextManager[None]:
        """While it lasts, all of Keras is of this type."""
        return floats(dtype)

    def recognises(self, thing: object) -> bool:
        """Whether this is a model."""
        return isinstance(thing, keras.Model)

    def try_out(self, thing: Any, network: Network, dtype: str) -> None:
        """Run a model of the user's own once, in evaluation and twice in training."""
        if keras.backend.backend() != "tensorflow":
            raise UnfitModelError(f"Keras runs on {keras.backend.backend()} there, not TensorFlow")
        x = np.random.default_rng(0).normal(0, 1, (4, *sizes_of(network.body.at.input)))
        for given in getattr(thing, "inputs", None) or ():
            check_input(given.shape[1:], network)
        with floats(dtype):
            check_output(thing(tf.constant(x.astype(dtype))), tf.Tensor, network, _sizes)
            for layer in _all_layers(thing):
                _check_type(layer, dtype)
            model = KerasModel(thing, network, dtype, {}, {})
            with model._as_before():
                first, second = (model._outputs(model._tensor(x), training=True) for _ in range(2))
        if not np.array_equal(first[MAIN], second[MAIN]):
            raise UnfitModelError(RANDOM)

    def arrays(self, thing: Any) -> dict[str, Owned]:
        """The variables."""
        trained = {id(variable) for variable in thing.trainable_variables}
        return {
            name: Owned(tuple(variable.shape), id(variable) in trained)
            for name, variable in own_names(thing).items()
        }

    def adopt(
        self, thing: Any, network: Network, dtype: str, names: Mapping[str, str]
    ) -> KerasModel:
        """A model of the user's own; what stands for a layer is told by the layer's weights.

        A layer that applies an activation as well stands for two, so for none.
        """
        graph = _graph(thing)
        own = {
            place.key[0]: names[place.name].rpartition(".")[0] for place in places("keras", network)
        }
        parts = {
            path: graph[name]
            for path, name in own.items()
            if name in graph and _is_plain(graph[name])
        }
        return KerasModel(thing, network, dtype, names, parts)


def _parts(model: Any, network: Network) -> dict[str, Any]:
    """The layers of a generated model by the network's paths."""
    graph = _graph(model)
    found = {}
    for path, _ in layers(network.body):
        name = backend("keras").path(path)
        name = next((name + end for end in ENDS if name + end in graph), name)
        if name in graph:
            found[path] = graph[name]
    return found


def _is_plain(layer: Any) -> bool:
    return getattr(layer, "activation", None) in (None, keras.activations.linear)


def _check_type(layer: Any, dtype: str) -> None:
    policy = layer.dtype_policy
    for found in (policy.variable_dtype, policy.compute_dtype):
        if found != dtype:
            raise UnfitModelError(
                f"its layer {layer.name} is {found}, not {dtype}: it was made when its module was "
                "imported (then name the function that makes it), or asks for this type itself"
            )


def _sizes(y: Any) -> tuple[int, ...]:
    return tuple(y.shape[1:])


FRAMEWORK = KerasFramework()
