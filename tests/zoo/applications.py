"""Networks of keras.applications with seeded weights, and the generated ones with the same.

The toml file beside a card of the zoo says which of its networks is which application. Both are
made here in float64, at a size at which the largest are fast enough.
"""

from __future__ import annotations

import gc
import hashlib
import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple
from unittest.mock import patch

import keras
import numpy as np
import torch
from numpy.typing import NDArray
from weights.configured import Configured

from cnngen.analysis.graph import Graph
from cnngen.frameworks import framework
from cnngen.frameworks.files import ENDINGS, file_format
from cnngen.frameworks.keras import FRAMEWORK as KERAS
from cnngen.frameworks.keras import own_names, settings, undrawn
from cnngen.frameworks.layout import shapes
from cnngen.ir import Network
from cnngen.verification.matching import MismatchError, match
from cnngen.weights import converted, names_by_graph, order_alone
from zoo.cards import ENTRIES, imported, networks

Array = NDArray[np.float64]

SIZE = 64
"""Of the images, on each side."""

SIZES = {
    # With odd maps, where padding shows.
    **dict.fromkeys(("MobileNet", "MobileNetV2", "MobileNetV3Small", "EfficientNetB0"), 100),
    **dict.fromkeys(("Xception", "InceptionV3", "InceptionResNetV2"), 96),  # 71 and 75 at least
    # Odd and even maps alternate as they do at 224 and 331.
    "NASNetMobile": 96,
    "NASNetLarge": 43,
    # Convolutions in groups take TensorFlow long.
    **dict.fromkeys((f"ConvNeXt{s}" for s in ("Small", "Base", "Large", "XLarge")), 32),
    # Flattened.
    "VGG16": 224,
    "VGG19": 224,
}
"""Where it is another."""

GAIN = 2.0
"""The variance of a kernel times its fan-in."""

GAINS = {"EfficientNetV2M": 1.4, "EfficientNetV2L": 1.4}
"""Where it is another: a hundred residuals in a row would make chaos of rounding."""

PATCH = 8
"""The side of the patches of one colour that an image is made of, before noise is added."""

KERAS_FILES = [ending for ending in ENDINGS if ending.target == "keras"]

MEAN, VARIANCE = (0.485, 0.456, 0.406), (0.229**2, 0.224**2, 0.225**2)
"""Of ImageNet, as EfficientNet's weights for it normalise images."""


class Application(NamedTuple):
    """A network of a card, and what keras.applications calls it."""

    card: str
    network: str
    name: str


class Comparison(NamedTuple):
    """An application and the generated networks.

    ``theirs`` and ``ours`` are how many values training changes, and how many weights it does not.
    ``left`` are the weights that only the application has. Errors are relative to the root mean
    square of the logits. ``misplaced`` are layers that the matcher of ``cnngen verify`` takes for
    others, or the reason why it cannot tell. ``warned`` is whether ``--match order`` warns.
    """

    theirs: tuple[int, int]
    ours: tuple[int, int]
    left: dict[str, tuple[int, ...]]
    keras: float
    torch: float
    misplaced: list[str] | str
    warned: bool


def applications() -> list[Application]:
    """All networks of the zoo that keras.applications has."""
    return [
        Application(card, network, said["keras"])
        for card, network, said in ENTRIES
        if "keras" in said
    ]


@cache
def compared(of: Application) -> Comparison:
    """Both with the same weights; no model is kept."""
    try:
        return _compared(of)
    finally:
        keras.backend.clear_session()
        gc.collect()


def _compared(of: Application) -> Comparison:
    size = SIZES.get(of.name, SIZE)
    theirs, ours = original(of.name, size), generated(of, size)
    seed(theirs, GAINS.get(of.name, GAIN))
    network = networks(of.card)[of.network]
    same = same_weights(network, theirs)
    arrays = {name: variable.numpy() for name, variable in own_names(theirs).items()}
    here = {name: arrays[same[name]] for name in shapes("keras", network)}
    left = {name: array.shape for name, array in arrays.items() if name not in same.values()}
    for name, variable in own_names(ours).items():
        variable.assign(here[name])
    x = images(size, *((0, 255) if prepares(theirs) else (-2, 2)))
    expected = logits(theirs, x)
    unit = np.sqrt(np.square(expected).mean())
    found = Comparison(
        theirs=counted(theirs),
        ours=counted(ours),
        left=left,
        keras=float(np.abs(logits(ours, x) - expected).max() / unit),
        torch=math.inf,
        misplaced=_misplaced(ours, theirs, same),
        warned=all(order_alone(network, file_format(each), "") for each in KERAS_FILES),
    )
    del theirs, ours, arrays
    made = torch_logits(of, here, x)
    return found._replace(torch=float(np.abs(made - expected).max() / unit))


def same_weights(network: Network, theirs: Any) -> dict[str, str]:
    """The names of all weights of a network, and those that they have in a model of Keras."""
    names = {id(variable): name for name, variable in own_names(theirs).items()}
    held = Configured(theirs)

    def graph(detailed: bool) -> Graph:
        return held.graph("", network, held.contents, detailed=detailed)

    found = names_by_graph(network, "keras", held.contents, graph)
    return {own: names[id(held.variables[name])] for name, own in found.items()}


def _misplaced(ours: Any, theirs: Any, same: Mapping[str, str]) -> list[str] | str:
    own = {name: of for name, of in KERAS.arrays(theirs).items() if name in same.values()}
    try:
        matches = match(KERAS.arrays(ours), own)
    except MismatchError as error:
        return str(error)
    wrong = (each.generated for each in matches if same[each.generated] != each.own)
    return list(dict.fromkeys(name.rpartition(".")[0] for name in wrong))


# --- models ----------------------------------------------------------------------------------


def original(name: str, size: int) -> Any:
    """The application, which gives logits; its kernels are zeros."""
    keras.backend.clear_session()
    with settings("float64"), undrawn():
        model = getattr(keras.applications, name)(
            weights=None, input_shape=(size, size, 3), classifier_activation=None
        )
    for layer in model.layers:
        if isinstance(layer, keras.layers.Rescaling):
            # On TensorFlow, numbers of Python become float32.
            layer.scale, layer.offset = np.float64(layer.scale), np.float64(layer.offset)
        elif isinstance(layer, keras.layers.Normalization):
            given = layer.input_mean is not None
            mean, variance = (layer.input_mean, layer.input_variance) if given else (MEAN, VARIANCE)
            layer.mean, layer.variance = _channels(mean), _channels(variance)
    return model


def _channels(values: Sequence[float]) -> Any:
    """A number for each channel of a map."""
    return keras.ops.convert_to_tensor(np.reshape(values, (1, 1, 1, -1)), "float64")


def prepares(model: Any) -> bool:
    """Whether values of its images are from 0 to 255."""
    prepared = (keras.layers.Rescaling, keras.layers.Normalization)
    return any(isinstance(layer, prepared) for layer in model.layers)


def generated(of: Application, size: int) -> Any:
    """The generated function's model for this size, whether or not the function takes one."""
    made = keras.Input
    build = getattr(imported(of.card, "keras"), of.network)
    with settings("float64"), undrawn(), patch.object(keras, "Input") as given:
        given.side_effect = lambda _shape: made((size, size, 3))
        return build()


def counted(model: Any) -> tuple[int, int]:
    """How many values of weights training changes in a model of Keras, and how many it does not."""
    trained, other = (
        sum(math.prod(weight.shape) for weight in weights)
        for weights in (model.trainable_weights, model.non_trainable_weights)
    )
    return trained, other


def logits(model: Any, x: Array) -> Array:
    """What a model of Keras gives in evaluation."""
    with settings("float64"), KERAS.exact():
        return np.asarray(model(x, training=False))


def torch_logits(of: Application, arrays: Mapping[str, Array], x: Array) -> Array:
    """What the generated torch module gives with weights of the generated Keras model."""
    state = converted(networks(of.card)[of.network], "keras", "torch", arrays)
    with torch.device("meta"):
        module = getattr(imported(of.card, "torch"), of.network)()
    counters = [name for name in module.state_dict() if name.endswith("num_batches_tracked")]
    tensors = {name: torch.from_numpy(array) for name, array in state.items()}
    tensors |= {name: torch.tensor(0) for name in counters}
    module.load_state_dict(tensors, strict=True, assign=True)
    return torch_outputs(module, x)


def torch_outputs(module: Any, x: Array) -> Array:
    """What a torch module gives in evaluation."""
    with torch.no_grad(), framework("torch").exact():
        y = module.eval()(torch.from_numpy(np.moveaxis(x, -1, 1).copy()))
    return np.asarray(y.numpy())


# --- seeds -----------------------------------------------------------------------------------


def images(size: int, low: float, high: float) -> Array:
    """Two images of coarse patches and noise, from ``low`` to ``high``."""
    patches = _uniform("patches", (2, -(-size // PATCH), -(-size // PATCH), 3), low, high)
    coarse = patches.repeat(PATCH, axis=1).repeat(PATCH, axis=2)[:, :size, :size]
    return (coarse + _uniform("noise", coarse.shape, low, high)) / 2


def seed(model: Any, gain: float) -> None:
    """A value of its own for each weight, by its path in the model.

    Kernels have variance gain / fan-in, and all of a norm is far from its default.
    """
    depthwise = {
        id(layer.kernel)
        for layer in model.layers
        if isinstance(layer, keras.layers.DepthwiseConv2D)
    }
    for name, variable in own_names(model).items():
        shape = tuple(variable.shape)
        kind = name.rpartition(".")[2]
        if name.startswith("normalization."):
            continue
        if kind == "moving_variance":
            variable.assign(_uniform(name, shape, 0.75, 2.25))
        elif kind == "gamma" or kind.startswith("variable"):  # of ConvNeXt's own layer
            variable.assign(_uniform(name, shape, 0.5, 1.5))
        elif kind in ("moving_mean", "bias", "beta"):
            variable.assign(_uniform(name, shape, -0.1, 0.1))
        else:
            assert kind in ("kernel", "depthwise_kernel", "pointwise_kernel"), name
            own = kind == "depthwise_kernel" or id(variable) in depthwise
            most = math.sqrt(3 * gain / math.prod(shape[:2] if own else shape[:-1]))
            variable.assign(_uniform(name, shape, -most, most))


def _uniform(name: str, shape: tuple[int, ...], low: float, high: float) -> Array:
    number = int.from_bytes(hashlib.sha256(name.encode("utf-8")).digest()[:8], "little")
    values = np.random.Generator(np.random.PCG64(number)).random(shape)
    values *= high - low
    values += low
    return values
