"""Keras: runs generated functions, maps channels last. Gradients are TensorFlow's.

What only evaluates runs on each of Keras' backends.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import ModuleType
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cnngen.backends import backend
from cnngen.backends.inexact import InexactOps
from cnngen.backends.keras.inexact import INEXACT
from cnngen.frameworks.base import (
    Curve,
    Key,
    Loss,
    Move,
    Optimiser,
    Owned,
    Step,
    UnfitModelError,
    Weights,
)
from cnngen.frameworks.keras_optimisers import optimiser_of
from cnngen.frameworks.layout import complete, from_keys, gradients_to_keys, places, to_keys
from cnngen.frameworks.modules import module_of
from cnngen.frameworks.outputs import by_name, names_of
from cnngen.frameworks.trial import RANDOM, check_inputs, check_outputs, trial_inputs
from cnngen.ir import Network, layers, outputs
from cnngen.ops import Gelu, LeakyRelu, Op, Shape, Vector
from cnngen.reference import Array, Inputs, Seen, named_inputs

START = "_pad"
"""The end of the name of a Keras layer that comes before another and belongs to it."""

ENDS = ("_crop", "_strided")
"""Ends of the names of Keras layers that come after another and belong to it."""


CHANNELS_LAST = "channels_last"
"""What generated modules are written for, whatever a user's ``keras.json`` says."""


NOISE: Mapping[type[Any], str] = {
    keras.layers.Dropout: "rate",
    keras.layers.AlphaDropout: "rate",
    keras.layers.GaussianDropout: "rate",
    keras.layers.GaussianNoise: "stddev",
}
"""Layers that draw at random, and what makes each the identity where it is zero."""


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


@contextmanager
def settings(dtype: str, data_format: str = CHANNELS_LAST) -> Iterator[None]:
    """Keras is set to this type and layout, and afterwards again as the user has it."""
    before = keras.config.image_data_format()
    keras.config.set_image_data_format(data_format)
    try:
        with floats(dtype):
            yield
    finally:
        keras.config.set_image_data_format(before)


class KerasModel:
    """See :class:`cnngen.frameworks.base.Model`.

    ``parts`` are the layers of Keras that stand for the network's by their paths: of each, the
    first and the last. ``data_format``
    is the layout that layers take which say none: a model of the user's own is run as it was made.
    """

    def __init__(
        self,
        model: Any,
        network: Network,
        dtype: str,
        names: Mapping[str, str],
        parts: Mapping[str, tuple[Any, Any]],
        data_format: str = CHANNELS_LAST,
    ) -> None:
        self.model = model
        self.network = network
        self.dtype = dtype
        self.names = names
        self.parts = parts
        self.data_format = data_format
        for layer in _all_layers(model):
            for kind, strength in NOISE.items():
                if isinstance(layer, kind):
                    setattr(layer, strength, 0.0)

    def load(self, weights: Weights) -> None:
        """Set all weights and statistics."""
        own = self._variables()
        for name, array in to_keys("keras", self.network, weights).items():
            own[name].assign(array)

    def weights(self) -> dict[Key, Array]:
        """All weights and statistics."""
        arrays = {name: _numpy(variable.value) for name, variable in self._variables().items()}
        return from_keys("keras", self.network, arrays)

    def _variables(self) -> dict[str, Any]:
        """What the model owns, by the names of a generated one."""
        own = own_names(self.model)
        return {name: own[theirs] for name, theirs in self.names.items()}

    def _settings(self) -> AbstractContextManager[None]:
        """Keras as this model needs it."""
        return settings(self.dtype, self.data_format)

    def evaluate(self, x: Inputs) -> dict[str, Array]:
        """What it returns in evaluation."""
        with self._settings():
            made = self._outputs(self._inputs(x), training=False)
            return {name: _numpy(y) for name, y in made.items()}

    def _inputs(self, x: Inputs) -> dict[str, Any]:
        given = named_inputs(self.network, x)
        return {name: self._tensor(array) for name, array in given.items()}

    def run(self, given: Mapping[str, Any], *, training: bool) -> Any:
        """What the model itself returns for the inputs, of which an only one needs no name."""
        x = self._packed(given) if len(given) > 1 else next(iter(given.values()))
        return self.model(x, training=training)

    def _packed(self, given: Mapping[str, Any]) -> Any:
        """Several inputs by name; in order where the model has other names for them."""
        own = {each.name for each in getattr(self.model, "inputs", None) or ()}
        return list(given.values()) if own and own != given.keys() else dict(given)

    def _outputs(self, given: Mapping[str, Any], *, training: bool) -> dict[str, Any]:
        return by_name(self.run(given, training=training), names_of(self.network))

    def trace(self, x: Inputs, *, training: bool) -> dict[str, Array]:
        """The outputs of layers alone; see :meth:`watch`."""
        return {path: seen.output for path, seen in self.watch(x, training=training).items()}

    def watch(self, x: Inputs, *, training: bool) -> dict[str, Seen]:
        """What goes through the layers that stand for the network's, but for those that run twice.

        Where a layer of Keras applies an activation as well, that is another layer of the network.
        """
        layers_of_keras = {id(one): one for part in self.parts.values() for one in part}
        with self._settings(), self._as_before(), ExitStack() as stack:
            watches = {
                key: stack.enter_context(watched(layer)) for key, layer in layers_of_keras.items()
            }
            self._outputs(self._inputs(x), training=training)
        own = dict(layers(self.network.body))
        found = {}
        for path, (first, last) in self.parts.items():
            before, after = watches[id(first)].inputs, watches[id(last)].outputs
            if len(after) == 1:
                given = _as_here(own[path].at.input, before[0]) if len(before) == 1 else None
                found[path] = Seen(given, _as_here(own[path].at.output, after[0]))
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

    def step(self, x: Inputs, loss: Loss) -> Step:
        """Forward and backward in training."""
        variables = self.model.trainable_variables
        with self._settings():
            given = self._inputs(x)
            with tf.GradientTape() as tape:
                tape.watch(given)
                outputs = self._outputs(given, training=True)
            arrays = {name: _numpy(y) for name, y in outputs.items()}
            value, slopes = loss(arrays)
            gradients, of_inputs = tape.gradient(
                list(outputs.values()),
                [[variable.value for variable in variables], given],
                [self._tensor(slopes[name]) for name in outputs],
                unconnected_gradients="zero",
            )
        by_variable = {id(v): _numpy(g) for v, g in zip(variables, gradients, strict=True)}
        named = {
            name: by_variable[id(variable)]
            for name, variable in self._variables().items()
            if id(variable) in by_variable
        }
        moved = {name: _numpy(slope) for name, slope in of_inputs.items()}
        return Step(arrays, value, from_keys("keras", self.network, named), moved)

    def optimiser(self, settings: Optimiser) -> Move:
        """One whose formulas are PyTorch's."""
        if not self.model.trainable_variables:
            return lambda _: None
        with self._settings():
            optimiser = optimiser_of(settings)
            optimiser.build(self.model.trainable_variables)

        def move(gradients: Mapping[Key, Array]) -> None:
            own = self._variables()
            named = gradients_to_keys("keras", self.network, gradients)
            with self._settings():
                optimiser.apply(
                    [self._tensor(array) for array in named.values()], [own[name] for name in named]
                )

        return move

    def _tensor(self, x: Array) -> Any:
        return keras.ops.convert_to_tensor(x, dtype=self.dtype)


def _numpy(tensor: Any) -> Array:
    array: Array = keras.ops.convert_to_numpy(keras.ops.convert_to_tensor(tensor))
    return array


def _as_here(shape: Shape, y: Array) -> Array:
    """A flattened map with its channels first."""
    if not isinstance(shape, Vector) or shape.factors is None or y.ndim != 2:
        return y
    return np.moveaxis(y.reshape(len(y), *shape.factors), -1, 1).reshape(len(y), -1)


class _Watch:
    """What goes into a layer of Keras each time it runs, and what comes out."""

    def __init__(self) -> None:
        self.inputs: list[Array] = []
        self.outputs: list[Array] = []


def _has_values(thing: Any) -> bool:
    """Whether this is a tensor, and not one of a graph that is being made."""
    return bool(keras.ops.is_tensor(thing)) and bool(tf.executing_eagerly())


@contextmanager
def watched(layer: Any) -> Iterator[_Watch]:
    """Keep what goes through a layer; of one with an activation, what that is applied to."""
    watch = _Watch()
    fused = not isinstance(layer, keras.layers.Activation) and callable(
        vars(layer).get("activation")
    )
    run, activation = layer.call, getattr(layer, "activation", None)

    def call(*args: Any, **kwargs: Any) -> Any:
        if args and _has_values(args[0]):
            watch.inputs.append(_numpy(args[0]))
        made = run(*args, **kwargs)
        if not fused and _has_values(made):
            watch.outputs.append(_numpy(made))
        return made

    def activate(x: Any) -> Any:
        if _has_values(x):
            watch.outputs.append(_numpy(x))
        return activation(x)  # type: ignore[misc]

    # Not through Keras, which keeps account of all attributes that are set.
    object.__setattr__(layer, "call", call)
    if fused:
        object.__setattr__(layer, "activation", activate)
    try:
        yield watch
    finally:
        object.__delattr__(layer, "call")
        if fused:
            object.__setattr__(layer, "activation", activation)


def _all_layers(model: Any) -> list[Any]:
    """Layers, and those in them."""
    found: list[Any] = model._flatten_layers(include_self=False, recursive=True)
    return found


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


def _gelu(features: Any, approximate: bool = False, name: Any = None) -> Any:
    x = tf.convert_to_tensor(features)
    if approximate:
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)
        return 0.5 * x * (1 + tf.tanh(inner))
    return 0.5 * x * tf.math.erfc(-x * math.sqrt(0.5))


def _leaky_relu(features: Any, alpha: float = 0.2, name: Any = None) -> Any:
    x = tf.convert_to_tensor(features)
    return tf.where(x > 0, x, alpha * x)


OWN: Mapping[type[Op], Callable[[Any, Any], Any]] = {
    Gelu: lambda op, x: keras.ops.gelu(x, approximate=op.form == "tanh"),
    LeakyRelu: lambda op, x: keras.ops.leaky_relu(x, negative_slope=op.slope),
}
"""The framework's functions of the ops that are inexact."""


@contextmanager
def exact() -> Iterator[None]:
    """TensorFlow's functions have exact forms."""
    before = tf.nn.gelu, tf.nn.leaky_relu
    tf.nn.gelu, tf.nn.leaky_relu = _gelu, _leaky_relu
    try:
        yield
    finally:
        tf.nn.gelu, tf.nn.leaky_relu = before


class KerasFramework:
    """See :class:`cnngen.frameworks.base.Framework`."""

    target = "keras"
    unbiased_variance = False
    keeps_order = False
    holds_lists = False
    inexact: InexactOps = INEXACT

    def module(self, text: str) -> ModuleType:
        """A generated module."""
        with settings(keras.config.floatx()):
            return module_of(text, self.target)

    def made(self, module: ModuleType, network: Network, dtype: str) -> Any:
        """What a generated function returns."""
        with settings(dtype), undrawn():
            return getattr(module, network.name)()

    def initial(self, module: ModuleType, network: Network) -> dict[str, Array]:
        """A new model's variables."""
        keras.utils.set_random_seed(0)
        with settings("float32"):
            model = getattr(module, network.name)()
        return {name: np.asarray(variable) for name, variable in own_names(model).items()}

    def build(self, module: ModuleType, network: Network, dtype: str) -> KerasModel:
        """The model that a generated function returns."""
        model = self.made(module, network, dtype)
        names = complete(self.arrays(model), [place.name for place in places("keras", network)])
        return KerasModel(model, network, dtype, names, _parts(model, network))

    def move_trained(self, module: ModuleType, network: Network, model: Any, trained: Any) -> None:
        """By the module's function, which sets the weights of one of the two."""
        with settings(model.dtype):
            module.from_trained(model.model, trained.model)

    def floats(self, dtype: str) -> AbstractContextManager[None]:
        """While it lasts, all of Keras is of this type."""
        return floats(dtype)

    def exact(self) -> AbstractContextManager[None]:
        """Exact forms stand in TensorFlow, where Keras' own functions look for them."""
        return exact()

    def curve(self, op: Op, x: Array) -> Curve:
        """The function and its derivative, by automatic differentiation."""
        given = tf.constant(x, "float64")
        with tf.GradientTape() as tape:
            tape.watch(given)
            values = OWN[type(op)](op, given)
        return Curve(_numpy(values), _numpy(tape.gradient(values, given)))

    def release(self) -> None:
        """Keras keeps the graph in which models are made, and counts the names in it."""
        keras.backend.clear_session(free_memory=False)

    def recognises(self, thing: object) -> bool:
        """Whether this is a model."""
        return isinstance(thing, keras.Model)

    def try_out(self, thing: Any, network: Network, dtype: str) -> None:
        """Run a model of the user's own once, in evaluation and twice in training."""
        if keras.backend.backend() != "tensorflow":
            raise UnfitModelError(f"Keras runs on {keras.backend.backend()} there, not TensorFlow")
        own = [(each.name, each.shape[1:]) for each in getattr(thing, "inputs", None) or ()]
        if own:
            check_inputs(own, network)
        # What a model compiles when it first runs, it keeps: its functions are the exact ones.
        with floats(dtype), self.exact():
            model = KerasModel(thing, network, dtype, {}, {}, keras.config.image_data_format())
            given = model._inputs(trial_inputs(network))
            check_outputs(model.run(given, training=False), tf.Tensor, network, _sizes)
            for layer in _all_layers(thing):
                _check_type(layer, dtype)
            with model._as_before():
                first, second = (model._outputs(given, training=True) for _ in range(2))
        if not all(np.array_equal(first[name], second[name]) for name in outputs(network)):
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
        """A model of the user's own; what stands for a layer is told by the layer's weights."""
        holders = {
            id(variable): layer
            for layer in _all_layers(thing)
            for variable in (*layer._trainable_variables, *layer._non_trainable_variables)
        }
        own = own_names(thing)
        parts = {}
        for place in places("keras", network):
            holder = holders.get(id(own[names[place.name]]))
            if holder is not None:
                parts[place.key[0]] = (holder, holder)
        return KerasModel(thing, network, dtype, names, parts, keras.config.image_data_format())


def _parts(model: Any, network: Network) -> dict[str, tuple[Any, Any]]:
    """The first and the last layer of a generated model for each of the network's paths."""
    of_keras = {layer.name: layer for layer in model.layers}
    found = {}
    for path, _ in layers(network.body):
        name = backend("keras").path(path)
        last = next((name + end for end in ENDS if name + end in of_keras), name)
        if last in of_keras:
            first = next((n for n in (name + START, name) if n in of_keras), last)
            found[path] = (of_keras[first], of_keras[last])
    return found


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
