"""How the layers of a Keras model are connected, from the configuration in a ``.keras`` file.

It is read as data: classes are texts here, and nothing of it is made. Layers of models within the
model are found where these are applied.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from cnngen.analysis.graph import Builder, Graph, TooLargeError
from cnngen.analysis.network_graph import DEPTHWISE, POINTWISE
from cnngen.frameworks.files.base import (
    MOST_LEVELS,
    NoGraphError,
    NotWeightsError,
    Sizes,
)
from cnngen.record import NamedTuple

MOST_STEPS = 300_000
"""How many layers may be applied, counting what they take: thirty times the largest model's."""

WHAT = "the configuration of its model"

ACTIVATIONS = frozenset(
    """
    celu elu gelu hardsigmoid hardswish hardtanh leakyrelu logsigmoid logsoftmax mish relu relu6
    selu sigmoid silu softmax softplus softsign tanh
    """.split()  # noqa: SIM905
)
"""What is no other layer, by its name without underscores."""

ALIASES = {"swish": "silu", "hardsilu": "hardswish"}
"""Other names of activations."""

POOLS = (("MaxPooling", "maxpool"), ("AveragePooling", "avgpool"))

KINDS: Mapping[type, str] = {dict: "object", list: "array", str: "string", int: "number"}
"""What JSON calls the types of Python."""

PREPARES = "Normalization"
"""A class whose weights prepare the images: statistics of a data set."""

SEPARABLE = "SeparableConv"
"""How the classes begin that have the weights of two layers."""

RANK = 4
"""The axes of a value whose shape is not said, as Keras 2 does not: of a batch of images."""

WeightsOf = Callable[[Sequence[str]], Sequence[Sizes]]
"""The shapes of the weights of a layer, by its name after those of the models around it."""

Named = Callable[[Sequence[str]], str]
"""The name of that layer in the file."""

Kind = TypeVar("Kind")

Json = dict[str, Any]

Key = tuple[str, int]
"""A layer's name, and which of its calls."""


class _Value(NamedTuple):
    """A place in the graph, and the shape that stands there, of which sizes may be unknown.

    ``turned`` where the channels have just been brought before the positions.
    """

    place: int
    shape: tuple[int | None, ...] = ()
    turned: bool = False


class _Taken(NamedTuple):
    """A value that a layer takes: the call that it comes from, and which of its outputs it is."""

    key: Key
    output: int
    shape: tuple[int | None, ...] = ()


def graph(text: bytes, weights_of: WeightsOf, named: Named, *, detailed: bool) -> Graph:
    """The graph of the model that a configuration describes.

    Args:
        text: the configuration.
        weights_of: the shapes of the weights that the file has of a layer.
        named: the name of a layer in the file.
        detailed: see :mod:`cnngen.analysis.graph`.

    Raises:
        NotWeightsError: it is no configuration.
        NoGraphError: it does not say how layers are connected.
    """
    reader = _Reader(weights_of, named, Builder(detailed=detailed))
    try:
        model = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotWeightsError(f"{WHAT} is not JSON, or a damaged one") from error
    try:
        return reader.builder.graph(reader.model(_as(model, dict)))
    except TooLargeError as error:
        raise NotWeightsError(f"{WHAT} describes more than a model") from error


class _Reader:
    def __init__(self, weights_of: WeightsOf, named: Named, builder: Builder) -> None:
        self.weights_of = weights_of
        self.named = named
        self.builder = builder
        self.steps = MOST_STEPS
        self._taken: dict[int, list[_Taken]] = {}

    def model(self, entry: Json) -> dict[str, int]:
        """The outputs of the whole model."""
        config = _member(entry, "config", dict)
        if not _is_model(entry):
            raise NoGraphError
        if _is_sequence(config):
            x = _Value(self.builder.input("input"))
            return {"output": self._sequence(config, x, ()).place}
        inputs = [taken.key[0] for _, taken in _references(config, "input_layers")]
        given = [_Value(self.builder.input(name)) for name in inputs]
        made = self._functional(config, given, ())
        found: dict[str, int] = {}
        for number, (name, _) in enumerate(_references(config, "output_layers")):
            own = f"output {number}" if not name or name in found else name
            found[own] = made[number].place
        return found

    def _step(self, count: int) -> None:
        self.steps -= count
        if self.steps < 0:
            raise TooLargeError

    # --- models --------------------------------------------------------------------------------

    def _sequence(self, config: Json, x: _Value, around: tuple[str, ...]) -> _Value:
        layers = _member(config, "layers", list)
        self._step(len(layers) + 1)
        for each in layers:
            entry = _as(each, dict)
            if _class(entry) == "InputLayer":
                continue
            own = _member(entry, "config", dict)
            shape = _shape(_as(entry.get("build_config") or {}, dict).get("input_shape"))
            name = _member(own, "name", str)
            made = self._applied(entry, [x._replace(shape=shape)], (*around, name), {})
            if len(made) != 1:
                raise _malformed("a layer in a sequence has several outputs")
            x = made[0]
        return x

    def _functional(
        self, config: Json, given: Sequence[_Value], around: tuple[str, ...]
    ) -> list[_Value]:
        layers = self._layers(config)
        inputs = [taken.key for _, taken in _references(config, "input_layers")]
        if len(inputs) != len(given):
            raise _malformed(f"a model takes {len(inputs)} inputs and gets {len(given)}")
        values = {key: [value] for key, value in zip(inputs, given, strict=True)}
        wanted = [taken for _, taken in _references(config, "output_layers")]
        keys = [(taken, self._counted(layers, taken)) for taken in wanted]
        for _, key in keys:
            self._resolve(key, layers, values, around)
        return [self._output(values[key], taken) for taken, key in keys]

    def _layers(self, config: Json) -> dict[str, Json]:
        layers: dict[str, Json] = {}
        for each in _member(config, "layers", list):
            entry = _as(each, dict)
            name = _member(entry, "name", str)
            if name in layers:
                raise _malformed("two layers have one name")
            layers[name] = entry
        self._step(len(layers) + 1)
        return layers

    def _counted(self, layers: dict[str, Json], taken: _Taken) -> Key:
        """A call that an output comes from: those of models within a model are counted from one."""
        name, call = taken.key
        entry = layers.get(name, {})
        nested = _is_model(entry) and not _is_sequence(_member(entry, "config", dict))
        return name, call - nested

    def _resolve(
        self,
        wanted: Key,
        layers: dict[str, Json],
        values: dict[Key, list[_Value]],
        around: tuple[str, ...],
    ) -> None:
        """Find the value of a call, and those of all that lead to it."""
        waiting, begun = [wanted], set()
        while waiting:
            key = waiting[-1]
            if key in values:
                waiting.pop()
                continue
            node = self._call(layers, key)
            taken = self._takes(node)
            missing = [each.key for each in taken if each.key not in values]
            if missing and key in begun:
                raise _malformed("layers lead to themselves")
            if missing:
                begun.add(key)
                waiting += missing
                continue
            waiting.pop()
            given = [
                self._output(values[each.key], each)._replace(shape=each.shape) for each in taken
            ]
            self._step(len(given) + 1)
            values[key] = self._applied(layers[key[0]], given, (*around, key[0]), node)

    def _call(self, layers: dict[str, Json], key: Key) -> Json:
        """What a configuration says of a call."""
        name, number = key
        if name not in layers:
            raise _malformed("a layer is missing")
        calls = _member(layers[name], "inbound_nodes", list)
        if not 0 <= number < len(calls):
            raise _malformed("a layer is called less often than it is read")
        if isinstance(calls[number], list):
            calls[number] = _of_keras_2(calls[number])
        return _as(calls[number], dict)

    def _takes(self, node: Json) -> list[_Taken]:
        """What a call takes of other layers; those of a model may be asked for many times."""
        if id(node) not in self._taken:
            self._taken[id(node)] = list(_tensors(node))
        return self._taken[id(node)]

    def _output(self, values: list[_Value], taken: _Taken) -> _Value:
        if len(values) > 1 and taken.output >= len(values):
            raise _malformed("a model has fewer outputs than are read")
        if len(values) > 1 or taken.output == 0:
            return values[taken.output]
        return _Value(self.builder.part(taken.key[0], values[0].place, taken.output))

    # --- layers --------------------------------------------------------------------------------

    def _applied(
        self, entry: Json, given: list[_Value], path: tuple[str, ...], node: Json
    ) -> list[_Value]:
        """What a layer gives, or a model in the place of one."""
        config = _member(entry, "config", dict)
        if len(path) > MOST_LEVELS:
            raise _malformed(f"models are more than {MOST_LEVELS} levels deep")
        if not given:
            return [_Value(self.builder.layer(self.named(path), (), ()))]
        if not _is_model(entry):
            turned = _class(entry) == "Permute" and _turns(config, given[0].shape)
            return [_Value(self._layer(entry, config, given, path, node), (), turned)]
        if not _is_sequence(config):
            return self._functional(config, given, path)
        if len(given) != 1:
            raise _malformed("a sequence of layers gets several inputs")
        return [self._sequence(config, given[0], path)]

    def _layer(
        self, entry: Json, config: Json, given: list[_Value], path: tuple[str, ...], node: Json
    ) -> int:
        name, kind, builder = self.named(path), _class(entry), self.builder
        shapes = () if kind == PREPARES else self.weights_of(path)
        places = [value.place for value in given]
        if shapes:
            steps = [_sizes(config.get(each)) for each in ("strides", "dilation_rate")]
            if kind.startswith(SEPARABLE):
                y = self._separable(path, places, steps)
            else:
                y = builder.layer(name, shapes, places, *steps, alone=_alone(kind, config))
            return self._activated(config.get("activation"), name, y)
        if kind == "Concatenate":
            return self._concat(config, name, given)
        if len(given) > 1:
            values = [(value.place, value.shape[1:]) for value in given]
            return builder.join(kind.lower(), name, values)
        if kind == "GetItem":
            return self._item(node, name, given[0])
        if given[0].turned and _flattens(kind, config):
            return builder.channels_first(name, places[0])
        return self._function(kind, config, name, given[0])

    def _separable(self, path: tuple[str, ...], places: list[int], steps: list[Sizes]) -> int:
        """Two layers, of which only the first moves its window."""
        first, second = ((*path, part) for part in (DEPTHWISE, POINTWISE))
        between = self.builder.layer(self.named(first), self.weights_of(first), places, *steps)
        return self.builder.layer(self.named(second), self.weights_of(second), [between])

    def _function(self, kind: str, config: Json, name: str, x: _Value) -> int:
        word = next((word for start, word in POOLS if kind.startswith(start)), "")
        if word:
            known = config.get("padding") == "valid" and None not in x.shape
            sizes = _sizes([*x.shape[1:-1]]) if known else ()
            return self.builder.pool(word, name, x.place, _sizes(config.get("pool_size")), sizes)
        if kind == "ReLU" and config.get("max_value") == 6:
            kind = "ReLU6"
        activation = config.get("activation") if kind == "Activation" else kind
        return self._activated(activation, name, x.place)

    def _activated(self, activation: object, name: str, x: int) -> int:
        """What an activation makes of a value, if there is one; unknown ones are passed over."""
        if not isinstance(activation, str):
            return x
        plain = activation.replace("_", "").lower()
        plain = ALIASES.get(plain, plain)
        return self.builder.function(plain, name, x) if plain in ACTIVATIONS else x

    def _concat(self, config: Json, name: str, given: list[_Value]) -> int:
        rank = len(given[0].shape)
        axis = _as(config.get("axis", -1), int)
        parts = [(value.place, _channels(value.shape)) for value in given]
        if axis in (-1, (rank or RANK) - 1):
            return self.builder.concat(name, parts)
        return self.builder.concat(name, parts, axis % max(rank, 1) - 1)

    def _item(self, node: Json, name: str, x: _Value) -> int:
        """A part of a value: some channels, or some positions, which are passed over."""
        arguments = _items(node.get("args"))
        keys = _items(arguments[1]) if len(arguments) > 1 else []
        last = keys[-1] if keys else None
        reaches = len(keys) == len(x.shape) or (keys and _class_of(keys[0]) == "__ellipsis__")
        channels = _channels(x.shape)
        if not reaches or _class_of(last) != "__slice__" or not channels:
            return x.place
        limits = _as(last, dict).get("config")
        bounds = [_as(limits, dict).get(each) for each in ("start", "stop", "step")]
        if any(type(each) not in (int, type(None)) for each in bounds) or bounds[2] == 0:
            raise _malformed("a part of a value has no limits")
        start, stop, step = slice(*bounds).indices(channels)
        if step != 1 or stop <= start:
            return x.place
        return self.builder.slice(name, x.place, start, stop, channels)


# --- what is in a configuration ------------------------------------------------------------------


def _malformed(why: str) -> NotWeightsError:
    return NotWeightsError(f"{WHAT} is damaged: {why}")


def _as(value: object, kind: type[Kind]) -> Kind:
    if type(value) is not kind:
        raise _malformed(f"something else stands where a {KINDS[kind]} should")
    return value


def _member(entry: Json, name: str, kind: type[Kind]) -> Kind:
    if type(found := entry.get(name)) is not kind:
        raise _malformed(f"`{name}` is missing, or no {KINDS[kind]}")
    return found


def _class(entry: Json) -> str:
    return _member(entry, "class_name", str)


def _class_of(value: object) -> object:
    return value.get("class_name") if isinstance(value, dict) else None


def _is_model(entry: Json) -> bool:
    config = entry.get("config")
    return isinstance(config, dict) and isinstance(config.get("layers"), list)


def _is_sequence(config: Json) -> bool:
    return "output_layers" not in config


def _turns(config: Json, shape: tuple[int | None, ...]) -> bool:
    """Whether a permutation brings the channels before the positions, as far as is known."""
    dims = _sizes(config.get("dims"))
    alone = bool(shape) and (all(size == 1 for size in shape[1:-1]) or _channels(shape) == 1)
    return bool(dims) and dims[0] == len(dims) and not alone


def _alone(kind: str, config: Json) -> str:
    """What a norm has where it has one of scale and shift only."""
    scale, shift = config.get("scale"), config.get("center")
    if not kind.endswith("Normalization") or scale is shift:
        return ""
    return "scale" if scale is not False else "shift"


def _flattens(kind: str, config: Json) -> bool:
    return kind == "Flatten" or (kind == "Reshape" and len(_items(config.get("target_shape"))) == 1)


def _references(config: Json, name: str) -> list[tuple[str, _Taken]]:
    """The values that a model takes or gives: a list in lists or, by names, in dictionaries."""
    found: list[tuple[str, _Taken]] = []
    waiting: list[tuple[str, object]] = [("", config.get(name))]
    while waiting:
        key, at = waiting.pop()
        if isinstance(at, dict):
            waiting += [(str(inner), value) for inner, value in reversed(at.items())]
        elif isinstance(at, list) and at and isinstance(at[0], str):
            found.append((key, _reference(at)))
        elif isinstance(at, list):
            waiting += [(key, value) for value in reversed(at)]
        else:
            raise _malformed(f"`{name}` names no layers")
    if not found:
        raise _malformed(f"`{name}` names no layers")
    return found


def _reference(history: object, shape: object = None) -> _Taken:
    given = _as(history, list)
    if [type(each) for each in given] != [str, int, int] or given[2] < 0:
        raise _malformed("a value does not say where it comes from")
    return _Taken((given[0], given[1]), given[2], _shape(shape))


def _tensors(node: Json) -> Iterator[_Taken]:
    """What a call takes of other layers, in the order of its arguments."""
    waiting: list[object] = [node.get("kwargs"), node.get("args")]
    while waiting:
        at = waiting.pop()
        if _class_of(at) == "__keras_tensor__":
            config = _member(_as(at, dict), "config", dict)
            yield _reference(config.get("keras_history"), config.get("shape"))
        elif isinstance(at, dict):
            waiting += reversed(at.values())
        elif isinstance(at, list):
            waiting += reversed(at)


def _of_keras_2(call: list[object]) -> Json:
    """A call as Keras 3 says it; in Keras 2 it is a list of what is taken, without shapes."""
    taken = [{"class_name": "__keras_tensor__", "config": _history(each)} for each in call]
    return {"args": [taken]}


def _history(taken: object) -> Json:
    return {"keras_history": _as(taken, list)[:3]}


def _items(value: object) -> list[Any]:
    """The items of a list; of something else, itself."""
    return value if isinstance(value, list) else [value]


def _shape(value: object) -> tuple[int | None, ...]:
    sizes = _items(value) if value is not None else []
    if all(size is None or (type(size) is int and size >= 0) for size in sizes):
        return tuple(sizes)
    return ()


def _sizes(value: object) -> Sizes:
    """A size for each axis, or one for all."""
    sizes = _items(value)
    return tuple(sizes) if all(type(size) is int for size in sizes) else ()


def _channels(shape: tuple[int | None, ...]) -> int:
    return (shape[-1] if shape else None) or 0
