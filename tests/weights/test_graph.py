"""``--match graph``: weights of a ``.keras`` file by how its layers are connected."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from cli.runner import leftovers, run
from keras import layers

from weights.given import module

Tensor = Any

RESNET = """
block bottleneck(width, stride=1) {
    residual {
        conv width 1x1 bias=false, bn, relu
        conv width 3x3 stride=stride pad=1 bias=false, bn, relu
        conv 4 * width 1x1 bias=false, bn
    }
    relu
}

network Net(classes=5) {
    input 12x12x3
    conv 8 3x3 pad=1 bias=false, bn, relu, maxpool 3x3 stride=2 pad=1
    bottleneck 4
    bottleneck 4
    bottleneck 8 stride=2
    avgpool global, flatten, dense classes
}
"""
"""The projections have weights of the shapes of layers that stand beside them."""


def bottleneck(x: Tensor, width: int, stride: int = 1, *, project: bool = False) -> Tensor:
    """The same as somebody else writes it: the shortcut first, and no names."""
    shortcut = x
    if project:
        shortcut = layers.Conv2D(4 * width, 1, strides=stride, use_bias=False)(x)
        shortcut = layers.BatchNormalization(epsilon=1e-5)(shortcut)
    x = layers.Conv2D(width, 1, use_bias=False)(x)
    x = layers.Activation("relu")(layers.BatchNormalization(epsilon=1e-5)(x))
    x = layers.ZeroPadding2D(1)(x)
    x = layers.Conv2D(width, 3, strides=stride, use_bias=False)(x)
    x = layers.Activation("relu")(layers.BatchNormalization(epsilon=1e-5)(x))
    x = layers.BatchNormalization(epsilon=1e-5)(layers.Conv2D(4 * width, 1, use_bias=False)(x))
    return layers.ReLU()(layers.Add()([shortcut, x]))


def resnet() -> keras.Model:
    image = keras.Input((12, 12, 3))
    x = layers.Conv2D(8, 3, padding="same", use_bias=False)(image)
    x = layers.ReLU()(layers.BatchNormalization(epsilon=1e-5)(x))
    x = layers.MaxPooling2D(3, strides=2)(layers.ZeroPadding2D(1)(x))  # nothing is below zero
    x = bottleneck(x, 4, project=True)
    x = bottleneck(x, 4)
    x = bottleneck(x, 8, 2, project=True)
    return keras.Model(image, layers.Dense(5)(layers.GlobalAveragePooling2D()(x)))


def seeded(model: keras.Model) -> keras.Model:
    """Its weights drawn, none like another."""
    random = np.random.default_rng(3)
    model.set_weights([random.uniform(0.1, 1, w.shape) - 0.4 * (w.ndim > 1) for w in model.weights])
    return model


def batch(*shape: int) -> np.ndarray:
    return np.random.default_rng(5).normal(size=(3, *shape)).astype("float32")


def convert(model: keras.Model, text: str, *options: str) -> dict[str, Any]:
    """The state dict that comes of a model's weights."""
    Path("net.cnn").write_text(text, encoding="utf-8")
    model.save("in.keras")
    done = run(
        "weights",
        "convert",
        "net.cnn",
        "in.keras",
        "out.pt",
        "--match",
        "graph",
        "--force",
        *options,
    )
    assert done.code == 0, done.err
    return torch.load("out.pt", weights_only=True)


def same_outputs(model: keras.Model, text: str, shape: tuple[int, ...], *options: str) -> None:
    """What the converted weights give in PyTorch is what the model gives."""
    net = module(text, "torch").Net()
    net.load_state_dict(convert(seeded(model), text, *options))
    x = batch(*shape)
    with torch.no_grad():
        made = net.eval()(torch.from_numpy(np.moveaxis(x, -1, 1).copy())).numpy()
    wanted = np.asarray(model(x, training=False))
    if wanted.ndim == 4:
        wanted = np.moveaxis(wanted, -1, 1)
    np.testing.assert_allclose(made, wanted, rtol=0, atol=1e-4 * np.abs(wanted).max())


def refused(model: keras.Model, text: str, *said: str, code: int = 1) -> str:
    """The conversion ends with this code, says this and writes nothing."""
    Path("net.cnn").write_text(text, encoding="utf-8")
    model.save("in.keras")
    return refused_file("in.keras", *said, code=code)


def refused_file(path: str, *said: str, code: int = 1) -> str:
    done = run("weights", "convert", "net.cnn", path, "out.pt", "--match", "graph")
    assert done.code == code, done.err
    for text in said:
        assert text in done.err
    assert not Path("out.pt").exists()
    assert leftovers(Path.cwd()) == []
    return done.err


def test_a_residual_network_whose_layers_come_in_another_order() -> None:
    same_outputs(resnet(), RESNET, (12, 12, 3))


def test_the_order_of_layers_is_another_and_says_so() -> None:
    """What the graph is for: by their order, weights are taken for others without an error."""
    model = seeded(resnet())
    state = convert(model, RESNET)
    command = ("weights", "convert", "net.cnn", "in.keras", "order.pt", "--match", "order")
    refused = run(*command)
    assert refused.code == 1
    assert "error[E505]: only their order in the file tells" in refused.err
    assert "`--match graph`" in refused.err
    assert not Path("order.pt").exists()
    assert run(*command, "--trust-order").code == 0
    by_order = torch.load("order.pt", weights_only=True)
    assert any(not torch.equal(state[name], by_order[name]) for name in state)


# --- what tells layers apart ----------------------------------------------------------------


def one_input(make: Callable[[Tensor], Tensor], shape: tuple[int, ...] = (6, 6, 4)) -> keras.Model:
    x = keras.Input(shape)
    return keras.Model(x, make(x))


def conv(**options: Any) -> layers.Layer:
    return layers.Conv2D(4, 3, padding="same", **options)


HEAD = "network Net {\n    input 6x6x4\n"
ADDED = HEAD + "    residual { conv 4 3x3 pad=1, relu, conv 4 3x3 pad=1 }\n}\n"


@pytest.mark.parametrize("shortcut_first", [True, False])
def test_a_shortcut_in_both_orders(shortcut_first: bool) -> None:
    def make(x: Tensor) -> Tensor:
        y = conv()(conv(activation="relu")(x))
        return layers.add([x, y] if shortcut_first else [y, x])

    same_outputs(one_input(make), ADDED, (6, 6, 4))


@pytest.mark.parametrize("slopes", [(), (0.1, 0.3)])
@pytest.mark.parametrize("order", [1, -1])
def test_two_branches_that_nothing_tells_apart(slopes: tuple[float, ...], order: int) -> None:
    """What a graph does not have, such as slopes, may tell them apart: none is chosen."""
    ends = [f", leaky_relu {slope}" for slope in slopes] or ["", ""]
    a, b = (f"conv 4 3x3 pad=1{end}" for end in ends)
    text = (
        HEAD.replace("input", "start: input")
        + f"    {a}, a: identity, from start, {b}, add a\n}}\n"
    )
    Path("net.cnn").write_text(text, encoding="utf-8")

    def make(x: Tensor) -> Tensor:
        sides = [conv()(x), conv()(x)]
        if slopes:
            sides = [layers.LeakyReLU(s)(y) for s, y in zip(slopes, sides, strict=True)]
        return layers.add(sides[::order])

    one_input(make).save("in.keras")
    refused_file("in.keras", "nothing tells these layers of `Net` apart")


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("built", [1, -1])
def test_windows_that_lie_and_stand(order: int, built: int) -> None:
    """A 1x3 and a 3x1 have as many weights, and are not one another's."""
    text = HEAD.replace("input", "start: input") + (
        "    a: conv 4 1x3 pad=0x1\n    from start, conv 4 3x1 pad=1x0, add a\n}\n"
    )

    def make(x: Tensor) -> Tensor:
        windows = [(1, 3), (3, 1)][::built]
        return layers.add([layers.Conv2D(4, w, padding="same")(x) for w in windows][::order])

    same_outputs(one_input(make), text, (6, 6, 4))


def test_a_window_that_stands_where_one_lies() -> None:
    text = HEAD + "    conv 4 1x3 pad=0x1, conv 4 3x1 pad=1x0\n}\n"
    Path("net.cnn").write_text(text, encoding="utf-8")
    windows = ((3, 1), (1, 3))
    model = one_input(lambda x: [x := layers.Conv2D(4, w, padding="same")(x) for w in windows][-1])
    model.save("in.keras")
    refused_file("in.keras", "they part at")


@pytest.mark.parametrize("wanted", ["scale", "shift"])
def test_a_norm_with_a_scale_is_none_with_a_shift(wanted: str) -> None:
    text = HEAD + f"    conv 4 1x1, bn affine={wanted}\n}}\n"
    Path("net.cnn").write_text(text, encoding="utf-8")

    def make(x: Tensor) -> Tensor:
        x = layers.Conv2D(4, 1, use_bias=False)(x)
        return layers.BatchNormalization(scale=wanted != "scale", center=wanted == "scale")(x)

    one_input(make).save("in.keras")
    refused_file("in.keras", "they part at")


def test_branches_that_an_activation_tells_apart() -> None:
    text = HEAD.replace("input", "start: input") + (
        "    a: conv 4 3x3 pad=1\n    from start, conv 4 3x3 pad=1, sigmoid, multiply a\n}\n"
    )
    for sides in (1, -1):

        def make(x: Tensor, sides: int = sides) -> Tensor:
            gates = [conv(activation="sigmoid"), conv()][::sides]
            return layers.multiply([gate(x) for gate in gates])

        same_outputs(one_input(make), text, (6, 6, 4))


def test_branches_that_a_dilation_tells_apart() -> None:
    text = HEAD.replace("input", "start: input") + (
        "    a: conv 4 3x3 pad=same\n    from start, conv 4 3x3 pad=same dilation=2, add a\n}\n"
    )
    for sides in (1, -1):
        both = [conv(), conv(dilation_rate=2)][::sides]
        same_outputs(
            one_input(lambda x, both=both: layers.add([each(x) for each in both])), text, (6, 6, 4)
        )


def test_branches_that_a_stride_tells_apart() -> None:
    text = HEAD.replace("input", "start: input") + (
        "    a: conv 4 3x3 pad=1\n    from start, conv 4 3x3 pad=1 stride=2, resize 2, add a\n}\n"
    )
    for sides in (1, -1):

        def make(x: Tensor, sides: int = sides) -> Tensor:
            strided = layers.Conv2D(4, 3, strides=2)
            steps = [conv(), lambda x: strided(layers.ZeroPadding2D(1)(x))][::sides]
            made = [step(x) for step in steps][::sides]
            return layers.add([made[0], layers.UpSampling2D(2)(made[1])][::sides])

        same_outputs(one_input(make), text, (6, 6, 4))


def test_branches_that_a_global_pool_tells_apart() -> None:
    text = HEAD.replace("input", "start: input") + (
        "    a: conv 4 3x3 pad=1\n    from start, conv 4 3x3 pad=1, avgpool global, multiply a\n}\n"
    )
    for sides in (1, -1):

        def make(x: Tensor, sides: int = sides) -> Tensor:
            made = [conv()(x) for _ in range(2)][::sides]
            weights = layers.GlobalAveragePooling2D(keepdims=True)(made[1])
            return layers.multiply([made[0], weights][::sides])

        same_outputs(one_input(make), text, (6, 6, 4))


def test_branches_that_what_follows_tells_apart() -> None:
    """One of two convolutions that are added is read once more."""
    text = HEAD.replace("input", "start: input") + (
        "    a: conv 4 3x3 pad=1, from start, b: conv 4 3x3 pad=1, add a, concat b\n}\n"
    )
    for sides in (1, -1):

        def make(x: Tensor, sides: int = sides) -> Tensor:
            both = [conv()(x) for _ in range(2)][::sides]
            return layers.concatenate([layers.add(both), both[1]])

        same_outputs(one_input(make), text, (6, 6, 4))


def test_branches_of_a_concatenation_go_by_their_places() -> None:
    text = HEAD + "    concat { conv 4 3x3 pad=1, conv 4 3x3 pad=1 }\n}\n"
    text = text.replace("1, conv", "1\nconv")
    for sides in (1, -1):

        def make(x: Tensor, sides: int = sides) -> Tensor:
            return layers.concatenate([conv()(x) for _ in range(2)][::sides])

        same_outputs(one_input(make), text, (6, 6, 4))


def test_concatenations_in_one_another_are_one() -> None:
    text = HEAD.replace("input", "start: input") + (
        "    a: conv 4 3x3 pad=1, b: conv 4 3x3 pad=1, concat a start, conv 4 1x1\n}\n"
    )

    def make(x: Tensor) -> Tensor:
        a = conv()(x)
        inner = layers.concatenate([a, x])
        return layers.Conv2D(4, 1)(layers.concatenate([conv()(a), inner]))

    same_outputs(one_input(make), text, (6, 6, 4))


def test_channels_of_a_concatenation_are_the_value_that_they_are_of() -> None:
    text = (
        HEAD.replace("input", "start: input")
        + "    a: conv 4 3x3 pad=1\n    conv 4 3x3 pad=1, add a\n}\n"
    )

    def make(x: Tensor) -> Tensor:
        a = conv()(x)
        both = layers.concatenate([conv()(a), a])
        return both[..., :4] + both[..., 4:]

    same_outputs(one_input(make), text, (6, 6, 4))


def test_models_in_the_model() -> None:
    text = HEAD + "    conv 4 3x3 pad=1, bn, relu, conv 4 3x3 pad=1, conv 4 3x3 pad=1\n}\n"

    def make(x: Tensor) -> Tensor:
        stem = keras.Sequential(
            [conv(use_bias=False), layers.BatchNormalization(epsilon=1e-5), layers.ReLU()]
        )
        y = inner = keras.Input((6, 6, 4))
        for _ in range(2):
            y = conv()(y)
        return keras.Model(inner, y)(stem(x))

    same_outputs(one_input(make), text, (6, 6, 4))


def test_a_sequence() -> None:
    text = HEAD + "    conv 4 3x3 pad=1, relu, conv 4 3x3 pad=1\n}\n"
    model = keras.Sequential([keras.Input((6, 6, 4)), conv(activation="relu"), conv()])
    same_outputs(model, text, (6, 6, 4))


def test_a_model_that_is_applied_twice() -> None:
    text = HEAD + "    a: { conv 4 3x3 pad=1, relu }\n    conv 4 3x3 pad=1, reuse a\n}\n"

    def make(x: Tensor) -> Tensor:
        inner = keras.Input((6, 6, 4))
        shared = keras.Model(inner, layers.ReLU()(conv()(inner)))
        return shared(conv()(shared(x)))

    same_outputs(one_input(make), text, (6, 6, 4))


def test_a_dense_layer_for_a_convolution_over_one_position() -> None:
    """The kernels have the same values in the same order."""
    text = HEAD + "    gate { avgpool global, conv 2 1x1, relu, conv 4 1x1, sigmoid }\n}\n"

    def make(x: Tensor) -> Tensor:
        y = layers.Dense(2, activation="relu")(layers.GlobalAveragePooling2D()(x))
        y = layers.Reshape((1, 1, 4))(layers.Dense(4, activation="sigmoid")(y))
        return layers.multiply([x, y])

    same_outputs(one_input(make), text, (6, 6, 4))


def test_a_global_pool_that_is_written_as_a_window() -> None:
    text = HEAD + "    avgpool global, flatten, dense 3\n}\n"
    same_outputs(
        one_input(lambda x: layers.Dense(3)(layers.Flatten()(layers.AveragePooling2D(6)(x)))),
        text,
        (6, 6, 4),
    )


def test_the_order_of_a_flattened_map() -> None:
    """Keras' own order is that of the generated model; another one is another network."""
    text = HEAD + "    flatten, dense 3\n}\n"
    same_outputs(one_input(lambda x: layers.Dense(3)(layers.Flatten()(x))), text, (6, 6, 4))
    turned = one_input(lambda x: layers.Dense(3)(layers.Flatten()(layers.Permute((3, 1, 2))(x))))
    Path("out.pt").unlink()
    refused(turned, text, "error[E504]", "`flatten")


# --- what is refused ------------------------------------------------------------------------


def test_a_model_that_differs_is_refused_where_it_does() -> None:
    def make(x: Tensor) -> Tensor:
        y = layers.Conv2D(4, 3, padding="same", name="first")(x)
        y = layers.Conv2D(4, 5, padding="same", name="wide")(y)
        return layers.add([x, y])

    refused(
        one_input(make),
        ADDED,
        "error[E504]: the model in the file is not built as `Net` is: they part at "
        "`wide` (5x5x4x4, 4) of the model and `conv2` (3x3x4x4, 4) of the network",
    )


def test_a_layer_more_is_refused() -> None:
    def make(x: Tensor) -> Tensor:
        y = layers.BatchNormalization(name="more")(conv()(x))
        return layers.add([x, conv()(y)])

    refused(
        one_input(make),
        ADDED,
        "`more` (4, 4, 4, 4) of the model and `conv2` (3x3x4x4, 4) of the network",
    )


def test_another_join_is_refused() -> None:
    def make(x: Tensor) -> Tensor:
        return layers.Multiply(name="gate")([x, conv()(conv(activation="relu")(x))])

    refused(one_input(make), ADDED, "they part at `gate` (multiply) of the model and", "(add)")


def test_layers_that_are_one_in_the_model_are_refused() -> None:
    def make(x: Tensor) -> Tensor:
        shared = conv()
        return layers.add([x, shared(shared(x))])

    refused(one_input(make), ADDED, "error[E504]")


def test_an_unknown_activation_must_not_tell_layers_apart() -> None:
    """Of layers that an activation alone tells apart, it has to be known."""
    text = HEAD.replace("input", "start: input") + (
        "    a: conv 4 3x3 pad=1\n    from start, conv 4 3x3 pad=1, sigmoid, multiply a\n}\n"
    )

    def make(x: Tensor) -> Tensor:
        return layers.multiply([conv()(x), 1 / (1 + keras.ops.exp(-conv()(x)))])

    refused(one_input(make), text, "nothing tells these layers", "`a`, `conv1`")


def test_statistics_of_a_data_set_are_left_aside_where_that_is_said() -> None:
    def make(x: Tensor) -> Tensor:
        y = layers.Normalization(name="prepared")(x)
        return layers.add([y, conv()(conv(activation="relu")(y))])

    model = one_input(make)
    refused(model, ADDED, "error[E501]", "`prepared.", "is only in the file")
    convert(model, ADDED, "--skip", "prepared")


def test_names_of_the_network_that_mean_other_layers() -> None:
    """The names are the network's, the other way round."""

    def make(x: Tensor) -> Tensor:
        y = conv(name="conv2", activation="relu")(x)
        return layers.add([x, conv(name="conv1")(y)])

    same_outputs(one_input(make), ADDED, (6, 6, 4))


class Own(keras.Model):
    """A model whose layers are connected by code."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.first, self.second = conv(activation="relu"), conv()

    def call(self, x: Tensor) -> Tensor:
        return x + self.second(self.first(x))


def test_a_model_with_code_of_its_own() -> None:
    model = Own()
    model(batch(6, 6, 4))
    refused(model, ADDED, "error[E504]: the file does not say how the layers", "`--match order`")


@pytest.mark.parametrize("ending", [".weights.h5", ".pt", ".pth", ".safetensors"])
def test_a_format_without_a_graph(ending: str, good: dict[str, Path]) -> None:
    Path(f"in{ending}").write_bytes(good[ending].read_bytes())
    message = f"{ending} files do not say how layers are connected, which --match graph goes by"
    refused_file(f"in{ending}", message, code=2)


def test_a_file_of_keras_that_does_not_fit_by_name() -> None:
    Path("net.cnn").write_text(ADDED, encoding="utf-8")
    one_input(lambda x: layers.add([x, conv()(conv(activation="relu")(x))])).save("in.keras")
    done = run("weights", "convert", "net.cnn", "in.keras", "out.pt")
    assert done.code == 1
    assert "`--match graph` finds layers by how they are connected" in done.err


# --- the warning of the order ---------------------------------------------------------------


def test_layers_one_after_another_are_in_their_order() -> None:
    Path("net.cnn").write_text(ADDED, encoding="utf-8")
    one_input(lambda x: layers.add([x, conv()(conv(activation="relu")(x))])).save("in.keras")
    done = run("weights", "convert", "net.cnn", "in.keras", "out.pt", "--match", "order")
    assert done.code == 0
    assert "warning" not in done.err


def test_layers_side_by_side_are_named() -> None:
    Path("net.cnn").write_text(RESNET, encoding="utf-8")
    torch.save(module(RESNET, "torch").Net().state_dict(), "in.pt")
    command = ("weights", "convert", "net.cnn", "in.pt", "out.pt", "--match", "order")
    refused = run(*command)
    assert refused.code == 1
    assert "error[E505]: only their order in the file tells 4 layers of `Net` apart" in refused.err
    assert "side by side, with weights of the same shapes" in refused.err
    assert "`--trust-order`" in refused.err
    assert not Path("out.pt").exists()
    (found,) = json.loads(run(*command, "--output-format", "json").out)
    assert (found["code"], found["severity"]) == ("E505", "error")
    assert run(*command, "--trust-order").code == 0
    assert Path("out.pt").exists()


# --- configurations that nobody vouches for -------------------------------------------------


@pytest.fixture
def saved() -> Callable[[bytes | None], str]:
    """Puts a configuration in the place of that of a good file."""
    Path("net.cnn").write_text(ADDED, encoding="utf-8")
    one_input(lambda x: layers.add([x, conv()(conv(activation="relu")(x))])).save("good.keras")

    def put(text: bytes | None) -> str:
        with zipfile.ZipFile("good.keras") as good, zipfile.ZipFile("bad.keras", "w", 8) as bad:
            bad.writestr("model.weights.h5", good.read("model.weights.h5"))
            if text is not None:
                bad.writestr("config.json", text)
        return "bad.keras"

    return put


def configuration() -> Any:
    return json.loads(zipfile.ZipFile("good.keras").read("config.json"))


NOT_JSON = {
    "text": b"\x00not json",
    "empty": b"",
    "not utf-8": b'"\xff"',
    "list": b"[]",
    "number": b"1" * 5000,
    "deep": b"[" * 100_000,
    "a deep object": b'{"config":' * 100_000,
}


@pytest.mark.parametrize("what", NOT_JSON)
def test_what_is_no_configuration(what: str, saved: Callable[[bytes | None], str]) -> None:
    refused_file(saved(NOT_JSON[what]), "error[E014]: the configuration of its model is", code=2)


def test_a_file_without_a_configuration(saved: Callable[[bytes | None], str]) -> None:
    refused_file(saved(None), "error[E014]: there is no `config.json` in it", code=2)


def test_a_configuration_that_claims_to_be_large(saved: Callable[[bytes | None], str]) -> None:
    refused_file(saved(b" " * (17 << 20)), "claims to have 17,825,792 bytes", code=2)


def _cycle(model: Any) -> None:
    *_, last = model["config"]["layers"]
    last["inbound_nodes"][0]["args"][0][0]["config"]["keras_history"] = [last["name"], 0, 0]


def _missing(model: Any) -> None:
    del model["config"]["layers"][1]


def _never_called(model: Any) -> None:
    model["config"]["layers"][1]["inbound_nodes"] = []


def _twice(model: Any) -> None:
    model["config"]["layers"].append(model["config"]["layers"][1])


def _no_outputs(model: Any) -> None:
    model["config"]["output_layers"] = []


def _nested(model: Any) -> None:
    inner: Any = dict(model["config"]["layers"][1])
    for _ in range(100):
        inner = {"class_name": "Sequential", "config": {"name": "a", "layers": [inner]}}
    model["config"]["layers"][1] |= inner


def _many(model: Any) -> None:
    """Each model applies the one in it twice."""
    inner: Any = dict(model["config"]["layers"][1])
    for _ in range(40):
        calls = [_taking("start"), _taking("inner")]
        start = {"class_name": "InputLayer", "config": {}, "name": "start", "inbound_nodes": []}
        config = {
            "layers": [start, inner | {"name": "inner", "inbound_nodes": calls}],
            "input_layers": ["start", 0, 0],
            "output_layers": ["inner", 2 if "input_layers" in inner["config"] else 1, 0],
        }
        inner = {"class_name": "Functional", "config": config}
    model["config"]["layers"][1] |= inner


def _taking(name: str) -> Any:
    config = {"shape": [None, 6, 6, 4], "keras_history": [name, 0, 0]}
    return {"args": [{"class_name": "__keras_tensor__", "config": config}], "kwargs": {}}


HOSTILE = {
    "layers lead to themselves": _cycle,
    "a layer is missing": _missing,
    "called less often than it is read": _never_called,
    "two layers have one name": _twice,
    "`output_layers` names no layers": _no_outputs,
    "more than 64 levels deep": _nested,
    "describes more than a model": _many,
}


@pytest.mark.parametrize("said", HOSTILE)
def test_a_hostile_configuration(said: str, saved: Callable[[bytes | None], str]) -> None:
    model = configuration()
    HOSTILE[said](model)
    refused_file(saved(json.dumps(model).encode()), "error[E014]", said, code=2)


def test_classes_that_a_configuration_names_are_not_looked_for(
    saved: Callable[[bytes | None], str],
) -> None:
    model = configuration()
    model["config"]["layers"][1]["module"] = "no.such.module"
    model["registered_name"] = "os>system"
    done = run(
        "weights",
        "convert",
        "net.cnn",
        saved(json.dumps(model).encode()),
        "out.pt",
        "--match",
        "graph",
    )
    assert done.code == 0, done.err


def test_names_do_not_steer_the_terminal(saved: Callable[[bytes | None], str]) -> None:
    model = configuration()
    reference = model["config"]["output_layers"]
    last = model["config"]["layers"][-1]
    last["name"] = reference[0] = "a\x1b[31m\n"
    last["class_name"] = "Subtract"
    refused_file(saved(json.dumps(model).encode()), "`a\\u001b[31m\\n` (subtract)")


def test_a_permuted_map_that_a_layer_has_taken_is_flattened_as_others_are() -> None:
    text = HEAD + "    permute channels height width, conv 4 1x1, flatten, dense 3\n}\n"

    def make(x: Tensor) -> Tensor:
        x = layers.Conv2D(4, 1)(layers.Permute((3, 1, 2))(x))
        return layers.Dense(3)(layers.Flatten()(x))

    same_outputs(one_input(make), text, (6, 6, 4))
