"""Models of Keras in many styles."""

from __future__ import annotations

from typing import Any

import keras
import pytest
from keras import layers
from keras import ops as kops

from cnngen import ops
from cnngen.frameworks.keras import floats
from cnngen.lifting.keras import record
from cnngen.lifting.proof import LIMITS
from cnngen.lifting.traced import Call, Input, UnliftableError
from cnngen.ops import Map, Vector
from lifting.on_keras import same, unsaid
from lifting.round_trip import lifted

SHAPE = Map((8, 8), 3)


@pytest.fixture(autouse=True)
def _exact() -> Any:
    keras.backend.clear_session()
    with floats("float64"):
        yield


def names(traced: Any) -> list[str]:
    return [step.name for step in traced.steps if step.name]


def test_a_sequence() -> None:
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3, activation="relu", name="first"),
            layers.MaxPooling2D(name="pool"),
            layers.Flatten(name="flat"),
            layers.Dense(5, name="head"),
        ],
        name="plain",
    )
    traced = same(model)
    assert traced.name == "plain"
    assert names(traced) == ["first", "pool", "flat", "head"]
    assert traced.modules == {}


def test_a_sequence_that_knows_no_input() -> None:
    model = keras.Sequential([layers.Conv2D(4, 3), layers.GlobalAveragePooling2D()])
    with pytest.raises(UnliftableError, match="--input"):
        record(model)
    same(model, [SHAPE])


def test_sizes_that_are_open() -> None:
    x = keras.Input((None, None, 3), name="image")
    model = keras.Model(x, layers.Conv2D(4, 3)(x))
    with pytest.raises(UnliftableError, match=r"`image`.*--input"):
        record(model)
    assert same(model, [SHAPE]).steps[-1].shape == Map((6, 6), 4)


def encoder(name: str = "encoder") -> Any:
    x = keras.Input((None, None, 3))
    y = layers.Conv2D(4, 3, padding="same", name="conv")(x)
    return keras.Model(x, layers.BatchNormalization(name="bn")(y), name=name)


def test_a_nested_model() -> None:
    x = keras.Input((8, 8, 3))
    y = encoder()(x)
    traced = same(keras.Model(x, layers.ReLU(name="relu")(y)))
    assert names(traced) == ["encoder.conv", "encoder.bn", "relu"]
    assert [step.calls for step in traced.steps] == [
        (),
        (Call("encoder"),),
        (Call("encoder"),),
        (),
    ]
    assert traced.modules["encoder"].kind == "encoder"


def test_a_nested_model_that_is_called_twice() -> None:
    x, y = keras.Input((8, 8, 3), name="left"), keras.Input((6, 6, 3), name="right")
    inner = encoder()
    pools = [layers.GlobalAveragePooling2D()(inner(each)) for each in (x, y)]
    traced = same(keras.Model([x, y], layers.Concatenate()(pools)))
    turns = [step.calls[0].turn for step in traced.steps if step.calls]
    assert turns == [0, 0, 1, 1]
    shapes = [step.shape for step in traced.steps if step.name == "encoder.conv"]
    assert shapes == [Map((8, 8), 4), Map((6, 6), 4)]
    assert [step.what.name for step in traced.steps if isinstance(step.what, Input)] == [
        "left",
        "right",
    ]


def test_a_sequence_in_a_model_in_a_model() -> None:
    inner = keras.Sequential([layers.Conv2D(3, 1, name="c"), layers.ReLU(name="r")], name="in")
    x = keras.Input((8, 8, 3))
    middle = keras.Model(x, layers.Add()([x, inner(x)]), name="mid")
    x = keras.Input((8, 8, 3))
    traced = same(keras.Model(x, middle(middle(x))))
    assert [step.calls for step in traced.steps if step.name == "mid.in.c"] == [
        (Call("mid", 0), Call("mid.in", 0)),
        (Call("mid", 1), Call("mid.in", 1)),
    ]
    assert "mid.in" in traced.modules


def test_a_layer_that_is_called_twice() -> None:
    x = keras.Input((8, 8, 3))
    conv = layers.Conv2D(3, 3, padding="same", name="shared")
    traced = same(keras.Model(x, conv(layers.ReLU()(conv(x)))))
    assert names(traced).count("shared") == 2


def test_models_with_layers_of_the_same_names() -> None:
    x = keras.Input((8, 8, 3))
    y = layers.Add()([encoder("left")(x), encoder("right")(x)])
    traced = same(keras.Model(x, y))
    kernels = [step.weights["kernel"] for step in traced.steps if "kernel" in step.weights]
    assert kernels == ["left.conv.kernel", "right.conv.kernel"]


def test_several_inputs_by_name() -> None:
    given = {"b": keras.Input((8, 8, 3), name="bb"), "a": keras.Input((4,), name="aa")}
    y = layers.GlobalAveragePooling2D()(given["b"])
    traced = same(keras.Model(given, layers.Dense(2)(layers.Concatenate()([y, given["a"]]))))
    inputs = [step for step in traced.steps if isinstance(step.what, Input)]
    assert [(step.what.name, step.shape) for step in inputs] == [
        ("b", SHAPE),
        ("a", Vector(4)),
    ] or [(step.what.name, step.shape) for step in inputs] == [("a", Vector(4)), ("b", SHAPE)]


def test_several_outputs() -> None:
    x = keras.Input((8, 8, 3))
    low = layers.Conv2D(4, 3, name="low")(x)
    high = layers.Conv2D(4, 3, name="high")(low)
    by_name = same(keras.Model(x, {"fine": low, "coarse": high}))
    assert {output.name for output in by_name.outputs} == {"fine", "coarse"}
    in_order = same(keras.Model(x, [low, high]))
    assert [output.name for output in in_order.outputs] == ["low", "high"]


def test_lists_of_outputs_by_name() -> None:
    x = keras.Input((8, 8, 3))
    low, high = (layers.Conv2D(4, size, name=f"c{size}")(x) for size in (3, 5))
    traced = record(keras.Model(x, {"fine": low, "all": [low, high]}))
    assert {(output.name, traced.steps[output.step].name) for output in traced.outputs} == {
        ("fine", "c3"),
        ("all0", "c3"),
        ("all1", "c5"),
    }


def test_a_part_of_a_model() -> None:
    """Tensors of a model as inputs and outputs of another."""
    x = keras.Input((8, 8, 3))
    y = layers.Conv2D(4, 3, name="a")(x)
    z = layers.Conv2D(4, 3, name="b")(y)
    layers.Conv2D(4, 3, name="c")(z)
    assert names(same(keras.Model(y, z))) == ["b"]


class Block(layers.Layer):
    """A layer of the user's own that holds others."""

    def __init__(self, width: int, rate: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.conv = layers.Conv2D(width, 3, padding="same", name="conv")
        self.bn = layers.BatchNormalization(name="bn")
        self.drop = layers.Dropout(rate, name="drop")

    def call(self, x: Any, training: Any = None) -> Any:
        y = self.drop(self.bn(self.conv(x), training=training), training=training)
        return x + kops.relu(y)


class Own(keras.Model):
    """A subclass whose ``call`` is code."""

    def __init__(self, blocks: int) -> None:
        super().__init__()
        self.blocks = [Block(3, name=f"block{number}") for number in range(blocks)]
        self.head = layers.Dense(5, name="head")

    def call(self, x: Any, training: Any = None) -> Any:
        for block in self.blocks:
            x = block(x, training=training)
        return self.head(kops.mean(x, axis=[1, 2]))


def test_layers_of_the_users_own_in_a_functional_model() -> None:
    x = keras.Input((8, 8, 3))
    traced = same(keras.Model(x, Block(3, name="two")(Block(3, rate=0.1, name="one")(x))))
    assert names(traced)[:3] == ["one.conv", "one.bn", "one.drop"]
    assert traced.modules["one"].kind == "Block"
    assert traced.modules["one"].arguments == {"width": 3, "rate": 0.1}
    assert traced.modules["two"].arguments == {"width": 3, "rate": 0.5}


def test_a_subclass() -> None:
    model = Own(2)
    with pytest.raises(UnliftableError, match="--input"):
        record(model)
    traced = same(model, [SHAPE])
    assert names(traced)[-1] == "head"
    assert [step.what.rate for step in traced.steps if isinstance(step.what, ops.Dropout)] == [
        0.5,
        0.5,
    ]
    assert traced.outputs[0].name == ""
    assert traced.heads == ()
    assert traced.notes == ()


class Split(keras.Model):
    """Two arguments, and a dictionary that is returned."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = layers.Conv2D(3, 3, padding="same", name="conv")

    def call(self, image: Any, other: Any) -> Any:
        return {"sum": self.conv(image) + other, "twice": self.conv(self.conv(image))}


def test_a_subclass_with_several_arguments() -> None:
    traced = same(Split(), [SHAPE, SHAPE])
    inputs = [step.what.name for step in traced.steps if isinstance(step.what, Input)]
    assert inputs == ["image", "other"]
    assert [output.name for output in traced.outputs] == ["sum", "twice"]


class Aided(keras.Model):
    """A second output in training."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = layers.Conv2D(3, 3, name="conv")
        self.main = layers.Dense(2, name="main")
        self.aid = layers.Dense(2, name="aid")
        self.drop = layers.Dropout(0.5, name="drop")

    def call(self, x: Any, training: bool = False) -> Any:
        x = self.conv(x)
        if training:
            side = self.aid(kops.mean(x, axis=(1, 2)))
            x = self.drop(x, training=True)
        y = self.main(kops.max(x, axis=(1, 2)))
        return {"main": y, "aid": side} if training else y


def test_a_second_output_in_training() -> None:
    model = Aided()
    traced = record(model, [SHAPE])
    assert not unsaid(traced)
    assert [traced.steps[output.step].name for output in traced.outputs] == ["main"]
    assert [(out.name, traced.steps[out.step].name) for out in traced.heads] == [("aid", "aid")]
    assert "drop" in names(traced)


class Changing(keras.Model):
    """Another layer in training."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = layers.Dense(3, name="one"), layers.Dense(3, name="two")

    def call(self, x: Any, training: bool = False) -> Any:
        return self.one(x) if training else self.two(x)


def test_another_layer_in_training() -> None:
    with pytest.raises(UnliftableError, match="two"):
        record(Changing(), [Vector(4)])


class Calling(keras.Model):
    """Calls one layer, with what is said of training."""

    def __init__(self, layer: Any, **said: Any) -> None:
        super().__init__()
        self.layer = layer
        self.said = said

    def call(self, x: Any) -> Any:
        return self.layer(x, **self.said)


def test_a_part_that_is_never_in_training_is_told() -> None:
    traced = same(Calling(encoder(), training=False), [SHAPE])
    (note,) = traced.notes
    assert "`encoder.bn`" in note
    assert "training=False" in note


def test_a_frozen_norm_is_told() -> None:
    x = keras.Input((8, 8, 3))
    inner = encoder()
    inner.trainable = False
    (note,) = same(keras.Model(x, inner(x))).notes
    assert "`encoder.bn` is frozen" in note


def test_what_a_functional_model_says_of_training_gives_way() -> None:
    """As it does in Keras wherever a model is told: in ``fit`` and in ``predict``."""
    x = keras.Input((8, 8, 3))
    model = keras.Model(x, layers.Dropout(0.5)(encoder()(x, training=False), training=True))
    traced = same(model)
    assert traced.notes == ()
    assert isinstance(traced.steps[-1].what, ops.Dropout)


def test_dropout_that_a_call_leaves_out() -> None:
    left_out = same(Calling(layers.Dropout(0.5), training=False), [SHAPE])
    assert [type(step.what) for step in left_out.steps] == [Input]
    kept = same(Calling(layers.Dropout(0.5)), [SHAPE])
    assert [type(step.what) for step in kept.steps] == [Input, ops.Dropout]


@pytest.mark.parametrize("layer", [layers.Dropout(0.5), layers.BatchNormalization()])
def test_what_is_always_in_training(layer: Any) -> None:
    with pytest.raises(UnliftableError, match="in evaluation what it does not in training"):
        record(Calling(type(layer).from_config(layer.get_config()), training=True), [SHAPE])


DRAWS = {
    layers.Dropout(0.3): ops.Dropout(0.3),
    layers.Dropout(0.3, noise_shape=(None, 1, 1, 1)): ops.DropPath(0.3),
    layers.Dropout(0.3, noise_shape=(None, 1, 1, 3)): ops.SpatialDropout(0.3),
    layers.Dropout(0.3, noise_shape=(None, 1, 1, None)): ops.SpatialDropout(0.3),
    layers.SpatialDropout2D(0.3): ops.SpatialDropout(0.3),
    layers.GaussianDropout(0.3): ops.GaussianDropout(0.3),
    layers.GaussianNoise(0.3): ops.GaussianNoise(0.3),
}


@pytest.mark.parametrize("layer", DRAWS, ids=lambda layer: layer.name)
def test_what_draws_at_random(layer: Any) -> None:
    x = keras.Input((8, 8, 3))
    own = type(layer).from_config({**layer.get_config(), "dtype": "float64"})
    assert same(keras.Model(x, own(x))).steps[-1].what == DRAWS[layer]


def test_a_model_is_left_as_it_was() -> None:
    x = keras.Input((8, 8, 3))
    conv = layers.Conv2D(4, 3)
    model = keras.Model(x, kops.relu(conv(x)) + 1)
    before = [len(operation._inbound_nodes) for operation in model.operations]
    after_before = [len(operation._outbound_nodes) for operation in model.operations]
    record(model)
    assert [len(operation._inbound_nodes) for operation in model.operations] == before
    assert [len(operation._outbound_nodes) for operation in model.operations] == after_before
    assert conv.output.shape == (None, 6, 6, 4)


def test_padding_for_two_stays() -> None:
    x = keras.Input((8, 8, 3))
    padded = layers.ZeroPadding2D(1)(x)
    traced = same(keras.Model(x, [layers.Conv2D(2, 3)(padded), layers.Conv2D(2, 3)(padded)]))
    assert sum(isinstance(step.what, ops.Pad) for step in traced.steps) == 1


def test_padding_of_one_is_that_of_the_convolution() -> None:
    x = keras.Input((8, 8, 3))
    y = layers.Conv2D(2, 3)(layers.ZeroPadding2D(((0, 1), (0, 1)))(x))
    (conv,) = (step.what for step in same(keras.Model(x, y)).steps if step.weights)
    assert (conv.pad, conv.pad_after) == ((0, 0), (1, 1))


def test_a_layer_with_padding_in_one_of_two_places() -> None:
    x = keras.Input((8, 8, 3))
    conv = layers.Conv2D(3, 3, name="shared")
    traced = same(keras.Model(x, conv(conv(layers.ZeroPadding2D(1)(x)))))
    first, second = (step.what for step in traced.steps if step.name == "shared")
    assert first == second


def test_a_flatten_in_two_ways() -> None:
    x = keras.Input((4, 5, 3))
    flatten = layers.Flatten(name="flat")
    y = layers.Dense(2)(flatten(x))
    traced = same(keras.Model(x, [y, flatten(layers.ReLU()(x))]))
    assert names(traced).count("flat") == 1


def test_a_dense_layer_for_vectors_and_maps() -> None:
    x = keras.Input((8, 8, 3))
    dense = layers.Dense(3, name="shared")
    y = layers.GlobalAveragePooling2D()(dense(x))
    (step,) = unsaid(record(keras.Model(x, dense(y))))
    assert "two layers" in step.what.why


def test_flattened_order_shows() -> None:
    x = keras.Input((4, 5, 3))
    traced = same(keras.Model(x, layers.Flatten()(x)))
    assert any(isinstance(step.what, ops.Permute) for step in traced.steps)
    traced = same(keras.Model(x, layers.Dense(2)(layers.Flatten()(x))))
    assert not any(isinstance(step.what, ops.Permute) for step in traced.steps)


def test_weights_used_by_functions() -> None:
    class Scaled(layers.Layer):
        def build(self, shape: Any) -> None:
            self.gamma = self.add_weight(shape=(shape[-1],), name="gamma")

        def call(self, x: Any) -> Any:
            return x * self.gamma

    x = keras.Input((8, 8, 3))
    traced = same(keras.Model(x, Scaled(name="own")(x)))
    (step,) = (step for step in traced.steps if step.weights)
    assert isinstance(step.what, ops.LayerScale)
    assert dict(step.weights) == {"scale": "own.gamma"}


def test_a_class_that_adds_nothing() -> None:
    class Three(layers.Conv2D):
        def __init__(self, filters: int, **kwargs: Any) -> None:
            super().__init__(filters, 3, **kwargs)

    class Doubled(layers.Conv2D):
        def call(self, x: Any) -> Any:
            return 2 * x

    x = keras.Input((8, 8, 3))
    assert isinstance(same(keras.Model(x, Three(2)(x))).steps[-1].what, ops.Conv)
    doubled = keras.Model(x, Doubled(3, 1, name="twice")(x))
    assert isinstance(same(doubled).steps[-1].what, ops.Scale)


UNSAID: dict[str, tuple[tuple[int, ...], Any, str]] = {
    "another layer": ((6, 4), lambda x: layers.LSTM(3)(x), "no layer for it"),
    "channels first": (
        (8, 8, 3),
        lambda x: layers.ZeroPadding2D(1, data_format="channels_first")(x),
        "channels come first",
    ),
    "bicubic": (
        (8, 8, 3),
        lambda x: layers.UpSampling2D(2, interpolation="bicubic")(x),
        "bicubic",
    ),
    "nearest": (
        (8, 8, 3),
        lambda x: layers.Resizing(5, 5, interpolation="nearest")(x),
        "other positions",
    ),
    "norm over all": ((8, 8, 3), lambda x: layers.LayerNormalization(axis=[1, 2, 3])(x), "axis"),
    "bn along rows": ((8, 8, 3), lambda x: layers.BatchNormalization(axis=1)(x), "axis 1"),
    "softmax along rows": ((8, 8, 3), lambda x: layers.Softmax(axis=1)(x), "axis 1"),
    "threshold": ((4,), lambda x: layers.ReLU(threshold=1.0)(x), "threshold"),
    "pixels of uneven sides": (
        (4, 3, 12),
        lambda x: kops.reshape(
            kops.transpose(kops.reshape(x, (-1, 4, 3, 2, 3, 2)), (0, 1, 3, 2, 4, 5)),
            (-1, 8, 9, 2),
        ),
        "5 axes",
    ),
    "minimum": ((4,), lambda x: kops.minimum(x, 1.0) * 2, "before no ReLU"),
    "lowest": (
        (8, 8, 3),
        lambda x: kops.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], constant_values=-float("inf")),
        "minus infinity",
    ),
    "places": ((8, 8, 3), lambda x: kops.take(x, [3, 1, 2], axis=1), "neither the nearest"),
    "channels": ((8, 8, 3), lambda x: kops.take(x, [2, 1, 0], axis=-1), "do not lie together"),
    "sine": ((4,), lambda x: kops.sin(x), "no layer for it"),
    "a sum of a map and its mean": (
        (8, 8, 3),
        lambda x: x + kops.mean(x, axis=(1, 2), keepdims=True),
        "different sizes",
    ),
    "matrix": ((6, 4), lambda x: kops.matmul(x, kops.transpose(x, (0, 2, 1))), "no layer for it"),
    "batch": ((4,), lambda x: kops.reshape(x, (-1, 2)), "another batch"),
    "all axes": ((8, 8, 3), lambda x: kops.mean(x, axis=(1, 2, 3), keepdims=True), "axes"),
    "steps": ((8, 8, 3), lambda x: x[..., ::2], "in between"),
    "place": ((8, 8, 3), lambda x: x[:, 0], "single places"),
    "random": ((4,), lambda x: layers.RandomFlip()(keras.ops.reshape(x, (-1, 2, 2, 1))), ""),
    "slopes of rows": ((8, 8, 3), lambda x: layers.PReLU(shared_axes=[1])(x), "shared"),
    "noise of rows": (
        (8, 8, 3),
        lambda x: layers.Dropout(0.5, noise_shape=(None, 8, 1, 1))(x),
        "noise_shape",
    ),
    "grouped affine": ((8, 8, 4), lambda x: layers.GroupNormalization(2, scale=False)(x), "alone"),
    "everything dropped": ((4,), lambda x: layers.Dropout(1.0)(x), "rate"),
}


@pytest.mark.parametrize("name", UNSAID)
def test_what_cannot_be_said(name: str) -> None:
    shape, function, why = UNSAID[name]
    x = keras.Input(shape)
    traced = record(keras.Model(x, layers.Activation("relu", name="after")(function(x))))
    (step, *_) = unsaid(traced)
    assert why in step.what.why
    assert traced.steps[-1].name == "after", "what comes after it is recorded all the same"


def test_code_that_looks_at_values() -> None:
    class Looking(layers.Layer):
        def call(self, x: Any) -> Any:
            return x if float(kops.max(x)) > 0 else -x

        def compute_output_shape(self, shape: Any) -> Any:
            return shape

    x = keras.Input((4,))
    traced = record(keras.Model(x, layers.Dense(3)(Looking(name="looking", dtype="float64")(x))))
    (step,) = unsaid(traced)
    assert (step.what.operator, step.place) == ("Looking", "looking")


def test_a_function_of_python_in_a_layer_is_followed() -> None:
    x = keras.Input((8, 8, 3))
    y = layers.Lambda(lambda t, by: kops.abs(t) * by, arguments={"by": 2.0})(layers.Conv2D(4, 3)(x))
    traced = same(keras.Model(x, y))
    assert [type(step.what) for step in traced.steps[-2:]] == [ops.Abs, ops.Scale]


def test_a_function_of_python_that_cannot_be_followed() -> None:
    x = keras.Input((8, 8, 3))
    y = layers.Lambda(lambda t: kops.cumsum(t, axis=1))(x)
    (found,) = unsaid(record(keras.Model(x, y)))
    assert found.what.operator == "Cumsum"


def test_what_prepares_images_says_where_it_belongs() -> None:
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.RandomFlip("horizontal"), layers.Conv2D(4, 3)]
    )
    (found,) = unsaid(record(model))
    assert found.what.operator == "RandomFlip"
    assert found.what.why.startswith("it prepares images: leave it out of the model")


def tower() -> Any:
    """Two inputs without names, and a map that is made larger."""
    left, right = keras.Input((8, 8, 3)), keras.Input((8, 8, 3))
    conv = layers.Conv2D(4, 3, strides=2, padding="same")
    x = layers.Concatenate()([conv(left), conv(right)])
    return keras.Model([left, right], layers.UpSampling2D(interpolation="bilinear")(x))


def test_inputs_that_keras_names_and_what_it_interpolates() -> None:
    trip = lifted(tower(), None, "keras", "Net")
    assert "    input1: input 8x8x3\n    input2: input 8x8x3\n" in trip.text
    (evaluated, *_) = trip.compared
    assert evaluated.limit == LIMITS["float32"]
    assert all(each.holds for each in trip.compared)
