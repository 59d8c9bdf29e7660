"""Each layer and function of Keras that is said computes what Keras computes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from keras import ops as kops

from cnngen import ops
from cnngen.frameworks.keras import floats
from cnngen.lifting.keras import record
from lifting.on_keras import same

Function = Callable[[Any], Any]

MAP = (9, 8, 6)


def lowest(x: Any, sides: tuple[tuple[int, int], ...]) -> Any:
    """Cells around a map that never win a maximum."""
    return kops.pad(x, ((0, 0), *sides, (0, 0)), constant_values=-math.inf)


def parted(x: Any) -> Any:
    """Groups of channels, the other way round."""
    return layers.Permute((1, 2, 4, 3))(layers.Reshape((9, 8, 3, 2))(x))


def pixels(x: Any, order: tuple[int, ...], parts: tuple[int, ...]) -> Any:
    """Channels as positions, in some order."""
    y = kops.transpose(kops.reshape(x, (-1, *parts)), order)
    _, height, rows, width, columns, channels = y.shape
    return kops.reshape(y, (-1, height * rows, width * columns, channels))


ACTIVATIONS = """
    relu relu6 selu silu mish sigmoid log_sigmoid hard_sigmoid hard_silu tanh hard_tanh softsign
    softplus softmax log_softmax elu celu gelu leaky_relu linear
""".split()  # noqa: SIM905

FLOATS = floats("float64")
FLOATS.__enter__()
CASES: dict[str, tuple[tuple[int, ...], Function]] = {
    # Convolutions.
    "conv": (MAP, layers.Conv2D(4, 3)),
    "conv_same": (MAP, layers.Conv2D(4, (2, 3), strides=2, padding="same", use_bias=False)),
    "conv_groups": (MAP, layers.Conv2D(4, 3, groups=2, activation="relu")),
    "conv_dilated": (MAP, layers.Conv2D(4, 3, dilation_rate=(2, 1), padding="same")),
    "conv1d": ((9, 6), layers.Conv1D(4, 3, strides=2, padding="same")),
    "conv1d_causal": ((9, 6), layers.Conv1D(4, 3, dilation_rate=2, padding="causal")),
    "conv3d": ((5, 6, 7, 3), layers.Conv3D(4, (1, 2, 3), strides=(1, 2, 1))),
    "depthwise": (MAP, layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same")),
    "depthwise1d": ((9, 6), layers.DepthwiseConv1D(3, strides=2)),
    "separable": (MAP, layers.SeparableConv2D(5, 3, depth_multiplier=2, activation="silu")),
    "separable1d": ((9, 6), layers.SeparableConv1D(5, 3, padding="same", use_bias=False)),
    "transposed": (MAP, layers.Conv2DTranspose(4, 3, strides=2)),
    "transposed_same": (MAP, layers.Conv2DTranspose(4, 3, strides=2, padding="same")),
    "transposed_same_even": (MAP, layers.Conv2DTranspose(4, 4, strides=2, padding="same")),
    "transposed_small": (MAP, layers.Conv2DTranspose(4, 2, strides=3)),
    "transposed_added": (MAP, layers.Conv2DTranspose(4, 3, strides=2, output_padding=1)),
    "transposed1d": ((9, 6), layers.Conv1DTranspose(4, 3, strides=2, padding="same")),
    "transposed3d": ((3, 4, 5, 2), layers.Conv3DTranspose(4, 3, strides=2)),
    "padded_conv": (MAP, lambda x: layers.Conv2D(4, 3)(layers.ZeroPadding2D(((0, 1), (2, 1)))(x))),
    "padded_depthwise": (MAP, lambda x: layers.DepthwiseConv2D(3)(layers.ZeroPadding2D(1)(x))),
    # Dense layers.
    "dense": ((6,), layers.Dense(4, activation="tanh")),
    "dense_on_map": (MAP, layers.Dense(4, use_bias=False)),
    "dense_on_sequence": ((9, 6), layers.Dense(4)),
    # Pooling.
    "maxpool": (MAP, layers.MaxPooling2D(2)),
    "maxpool_same": (MAP, layers.MaxPooling2D((3, 2), strides=(2, 1), padding="same")),
    "maxpool1d": ((9, 6), layers.MaxPooling1D(2, padding="same")),
    "padded_maxpool": (MAP, lambda x: layers.MaxPooling2D(3)(layers.ZeroPadding2D(1)(x))),
    "avgpool": (MAP, layers.AveragePooling2D((2, 3), strides=1)),
    "avgpool_same": (MAP, layers.AveragePooling2D(3, strides=2, padding="same")),
    "avgpool1d_same": ((9, 6), layers.AveragePooling1D(2, padding="same")),
    "global_average": (MAP, layers.GlobalAveragePooling2D()),
    "global_average_kept": (MAP, layers.GlobalAveragePooling2D(keepdims=True)),
    "global_max": ((9, 6), layers.GlobalMaxPooling1D()),
    "global_max3d": ((3, 4, 5, 2), layers.GlobalMaxPooling3D(keepdims=True)),
    "adaptive": (MAP, layers.AdaptiveAveragePooling2D((4, 3))),
    # Normalisation.
    "bn": (MAP, layers.BatchNormalization(momentum=0.9, epsilon=1e-2)),
    "bn_shift": (MAP, layers.BatchNormalization(scale=False)),
    "bn_scale": ((6,), layers.BatchNormalization(center=False)),
    "bn_plain": ((9, 6), layers.BatchNormalization(center=False, scale=False)),
    "layernorm": (MAP, layers.LayerNormalization()),
    "layernorm_shift": ((6,), layers.LayerNormalization(scale=False)),
    "groupnorm": (MAP, layers.GroupNormalization(3)),
    "instancenorm": (MAP, layers.GroupNormalization(-1, center=False, scale=False)),
    "rmsnorm": (MAP, layers.RMSNormalization()),
    # Activations.
    **{f"activation_{name}": (MAP, layers.Activation(name)) for name in ACTIVATIONS},
    "fused_mish": (MAP, layers.Conv2D(4, 3, activation="mish")),
    "fused_layer": (MAP, layers.Conv2D(4, 3, activation=layers.LeakyReLU(0.25))),
    "fused_function": (MAP, layers.Conv2D(4, 3, activation=lambda x: kops.relu(x) * 2)),
    "relu_layer": (MAP, layers.ReLU()),
    "relu_six": (MAP, layers.ReLU(6)),
    "relu_ceiling": (MAP, layers.ReLU(2.5)),
    "relu_slope": (MAP, layers.ReLU(negative_slope=0.25)),
    "leaky_relu": (MAP, layers.LeakyReLU(0.25)),
    "elu": (MAP, layers.ELU(0.5)),
    "softmax": ((6,), layers.Softmax()),
    "prelu_cell": (MAP, layers.PReLU()),
    "prelu_channel": (MAP, layers.PReLU(shared_axes=[1, 2])),
    "prelu_layer": (MAP, layers.PReLU(shared_axes=[1, 2, 3])),
    "prelu_vector": ((6,), layers.PReLU()),
    "gelu_tanh": (MAP, lambda x: kops.gelu(x, approximate=True)),
    "glu": (MAP, lambda x: kops.glu(x)),
    # What draws at random.
    "dropout": (MAP, layers.Dropout(0.3)),
    "dropout_path": (MAP, layers.Dropout(0.3, noise_shape=(None, 1, 1, 1))),
    "dropout_spatial": (MAP, layers.Dropout(0.3, noise_shape=(None, 1, 1, 6))),
    "spatial_dropout": (MAP, layers.SpatialDropout2D(0.3)),
    "gaussian_dropout": (MAP, layers.GaussianDropout(0.3)),
    "gaussian_noise": (MAP, layers.GaussianNoise(0.3)),
    # Joins.
    "add": (MAP, lambda x: layers.Add()([x, layers.ReLU()(x), layers.ELU()(x)])),
    "subtract": (MAP, lambda x: layers.Subtract()([x, layers.ReLU()(x)])),
    "multiply": (
        MAP,
        lambda x: layers.Multiply()([x, layers.GlobalMaxPooling2D(keepdims=True)(x)]),
    ),
    "average": (MAP, lambda x: layers.Average()([x, layers.ReLU()(x)])),
    "maximum": (MAP, lambda x: layers.Maximum()([x, layers.Activation("tanh")(x)])),
    "concat": (MAP, lambda x: layers.Concatenate()([x, layers.ReLU()(x)])),
    "concat_rows": (MAP, lambda x: layers.Concatenate(axis=1)([x, layers.ReLU()(x)])),
    "concat_columns": (MAP, lambda x: layers.Concatenate(axis=-2)([x, layers.ReLU()(x)])),
    "concat_length": ((9, 6), lambda x: layers.Concatenate(axis=1)([x, layers.ReLU()(x)])),
    # Sides and sizes.
    "zero_padding": (MAP, layers.ZeroPadding2D(((0, 1), (2, 3)))),
    "zero_padding1d": ((9, 6), layers.ZeroPadding1D((1, 2))),
    "zero_padding3d": ((3, 4, 5, 2), layers.ZeroPadding3D(1)),
    "cropping": (MAP, layers.Cropping2D(((0, 1), (2, 3)))),
    "cropping1d": ((9, 6), layers.Cropping1D(2)),
    "upsampling": (MAP, layers.UpSampling2D((2, 3))),
    "upsampling1d": ((9, 6), layers.UpSampling1D(2)),
    "upsampling3d": ((3, 4, 5, 2), layers.UpSampling3D(2)),
    "resizing_nearest": (MAP, layers.Resizing(18, 16, interpolation="nearest")),
    # Shapes.
    "flatten": (MAP, layers.Flatten()),
    "flatten_dense": (MAP, lambda x: layers.Dense(4)(layers.Flatten()(x))),
    "flatten_bn_dense": (
        MAP,
        lambda x: layers.Dense(4)(layers.BatchNormalization()(layers.Flatten()(x))),
    ),
    "flatten_two": (
        MAP,
        lambda x: layers.Add()(
            [layers.Dense(4)(y) for y in [layers.Flatten()(x)] for _ in range(2)]
        ),
    ),
    "flatten_add": (
        MAP,
        lambda x: layers.Dense(3)(layers.Flatten()(x) + layers.Flatten()(layers.ReLU()(x))),
    ),
    "flatten_3d": ((3, 4, 5, 2), layers.Flatten()),
    "flatten_1d_dense": ((9, 6), lambda x: layers.Dense(4)(layers.Flatten()(x))),
    "flatten_slice": (MAP, lambda x: layers.Flatten()(x)[:, 3:100]),
    "flatten_concat": (
        MAP,
        lambda x: layers.Dense(3)(layers.Concatenate()([layers.Flatten()(x)] * 2)),
    ),
    "flatten_norm": (MAP, lambda x: layers.GroupNormalization(4)(layers.Flatten()(x))),
    "flatten_layernorm": (
        MAP,
        lambda x: layers.Dense(3)(layers.LayerNormalization()(layers.Flatten()(x))),
    ),
    "permute": (MAP, layers.Permute((3, 1, 2))),
    "permute_flatten": (
        MAP,
        lambda x: layers.Dense(3)(layers.Flatten()(layers.Permute((3, 1, 2))(x))),
    ),
    "reshape_vector": ((24,), layers.Reshape((2, 3, 4))),
    "reshape_vector_1d": ((24,), layers.Reshape((6, 4))),
    "reshape_vector_3d": ((24,), layers.Reshape((2, 3, 2, 2))),
    "reshape_vector_one_channel": ((24,), layers.Reshape((4, 6, 1))),
    "reshape_one_position": ((24,), layers.Reshape((1, 1, 24))),
    "reshape_open": ((24,), layers.Reshape((-1, 4))),
    "reshape_map": (MAP, layers.Reshape((8, 9, 6))),
    "reshape_sequence": (MAP, layers.Reshape((72, 6))),
    "reshape_channels": (MAP, layers.Reshape((9, 4, 12))),
    "reshape_to_vector": (MAP, layers.Reshape((9 * 8 * 6,))),
    "flatten_reshape": (MAP, lambda x: layers.Reshape(MAP)(layers.Flatten()(x))),
    "repeated_names": (MAP, lambda x: layers.ReLU()(layers.ReLU()(x))),
    "sequence": (MAP, lambda x: layers.Conv1D(4, 3)(layers.Reshape((-1, 6))(x))),
    # Constants.
    "rescaling": (MAP, layers.Rescaling(np.float64(0.1), offset=np.float64(-1))),
    "rescaling_scale": (MAP, layers.Rescaling(np.float64(0.1))),
    "rescaling_offset": (MAP, layers.Rescaling(1, offset=np.float64(0.5))),
    "rescaling_list": (MAP, layers.Rescaling(np.arange(1.0, 7), offset=np.arange(6.0))),
    "normalization": (MAP, layers.Normalization(mean=np.arange(6.0), variance=np.arange(1.0, 7))),
    "identity": (MAP, layers.Identity()),
    # Operators and functions.
    "plus": (MAP, lambda x: x + layers.ReLU()(x)),
    "plus_number": (MAP, lambda x: 1.5 + x + 2.5),
    "minus_number": (MAP, lambda x: x - 0.5),
    "number_minus": (MAP, lambda x: 1 - x),
    "times_number": (MAP, lambda x: 2 * x * 0.25),
    "by_number": (MAP, lambda x: x / 4),
    "negative": (MAP, lambda x: -x),
    "times": (MAP, lambda x: x * kops.sigmoid(kops.mean(x, axis=[1, 2], keepdims=True))),
    "per_channel": (MAP, lambda x: (x - np.arange(6.0)) / np.arange(1.0, 7)),
    "mean": (MAP, lambda x: kops.mean(x, axis=(1, 2))),
    "max_kept": (MAP, lambda x: kops.max(x, axis=(-3, -2), keepdims=True)),
    "channel_mean": (MAP, lambda x: kops.mean(x, axis=-1, keepdims=True)),
    "channel_max": (MAP, lambda x: kops.max(x, axis=3, keepdims=True)),
    "clip": (MAP, lambda x: kops.clip(x, 0, 1.5)),
    "clip_symmetric": (MAP, lambda x: kops.clip(x, -1, 1)),
    "at_least": (MAP, lambda x: kops.maximum(x, 0)),
    "concatenate": (MAP, lambda x: kops.concatenate([x, kops.relu(x)], axis=-1)),
    "split": (MAP, lambda x: kops.subtract(*kops.split(x, 2, axis=-1))),
    "split_at": (MAP, lambda x: kops.split(x, [1, 3], axis=-1)[1]),
    "slice": (MAP, lambda x: x[..., 2:5]),
    "slice_all": (MAP, lambda x: x[:, 1:-1, :3, ::1]),
    "squeeze": ((1, 1, 6), lambda x: layers.Dense(2)(kops.squeeze(x, [1, 2]))),
    "expand": ((6,), lambda x: layers.Conv2D(2, 1)(kops.expand_dims(x, [1, 2]))),
    "ops_reshape": (MAP, lambda x: layers.Dense(2)(kops.reshape(x, (-1, 432)))),
    "ops_transpose": (MAP, lambda x: kops.transpose(x, (0, 2, 1, 3))),
    "ops_pad": (MAP, lambda x: kops.pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]])),
    "ops_pad_reflect": (MAP, lambda x: kops.pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]], "reflect")),
    "ops_pad_channels": (MAP, lambda x: kops.pad(x, [[0, 0], [0, 0], [0, 0], [0, 2]])),
    "resize_nearest": (
        MAP,
        lambda x: kops.image.resize(x, (18, 16), interpolation="nearest"),
    ),
    "shuffle": (
        MAP,
        lambda x: kops.reshape(
            kops.transpose(kops.reshape(x, (-1, 9, 8, 2, 3)), (0, 1, 2, 4, 3)), (-1, 9, 8, 6)
        ),
    ),
    "shuffle_layers": (
        MAP,
        lambda x: layers.Reshape(MAP)(
            layers.Permute((1, 2, 4, 3))(layers.Reshape((9, 8, 3, 2))(x))
        ),
    ),
    "shuffle_half": (
        MAP,
        lambda x: layers.Conv3D(2, 1)(
            layers.Permute((1, 2, 4, 3))(layers.Reshape((9, 8, 3, 2))(x))
        ),
    ),
    "strided": (MAP, lambda x: x[:, ::2, 1::3]),
    "strided_padded": (MAP, lambda x: kops.pad(x[:, ::2, ::2], [*[(0, 0)] * 3, (0, 2)])),
    "pad_vector": ((6,), lambda x: kops.pad(x, [(0, 0), (0, 2)])),
    "take_nearest": (MAP, lambda x: kops.take(x, [i * 9 // 14 for i in range(14)], axis=1)),
    "take_together": (MAP, lambda x: kops.take(x, [2, 3, 4], axis=2)),
    "take_channels": (MAP, lambda x: kops.take(x, [2, 3, 4], axis=-1)),
    "replicate": (MAP, lambda x: kops.take(x, [0, 0, *range(9), 8], axis=1)),
    "reflect": (MAP, lambda x: layers.Conv2D(2, 3)(kops.take(x, [1, *range(8), 6, 5], axis=2))),
    "reflect_far": (MAP, lambda x: kops.take(x, [3, 2, 1, *range(8), 6], axis=2)),
    "lowest": (MAP, lambda x: layers.MaxPooling2D(3, 2)(lowest(x, ((1, 1), (0, 2))))),
    "ceiling": (MAP, lambda x: layers.ReLU()(kops.minimum(x, 1.5))),
    "max_pool": (MAP, lambda x: kops.max_pool(x, 2, 1, "same")),
    "average_pool": (MAP, lambda x: kops.average_pool(x, (3, 2), padding="same")),
    "swapaxes": (MAP, lambda x: kops.swapaxes(x, 1, -2)),
    "moveaxis": (MAP, lambda x: kops.moveaxis(x, -1, 1)),
    "pixel_shuffle": ((4, 3, 12), lambda x: pixels(x, (0, 1, 4, 2, 5, 3), (4, 3, 3, 2, 2))),
    "depth_to_space": ((4, 3, 12), lambda x: pixels(x, (0, 1, 3, 2, 4, 5), (4, 3, 2, 2, 3))),
    "pixel_unshuffle": (
        (4, 6, 3),
        lambda x: kops.reshape(
            kops.transpose(kops.reshape(x, (-1, 2, 2, 3, 2, 3)), (0, 1, 3, 5, 2, 4)),
            (-1, 2, 3, 12),
        ),
    ),
}
"""The shape that comes in, and what makes a tensor of one of this shape."""
FLOATS.__exit__(None, None, None)


@pytest.mark.parametrize("name", CASES)
def test_it_computes_the_same(name: str) -> None:
    shape, function = CASES[name]
    with floats("float64"):
        x = keras.Input(shape)
        model = keras.Model(x, function(x))
    same(model)


WORDS = {
    "shuffle": ops.ChannelShuffle(2),
    "shuffle_layers": ops.ChannelShuffle(3),
    "pixel_shuffle": ops.PixelShuffle(2),
    "pixel_unshuffle": ops.PixelUnshuffle(2),
    "lowest": ops.MaxPool((3, 3), (2, 2), (1, 0), (1, 2)),
    "ceiling": ops.Relu(max=1.5),
    "conv1d_causal": ops.Conv(4, (3,), (1,), (4,), (0,), dilation=(2,), bias=True),
    "padded_depthwise": ops.DepthwiseConv((3, 3), pad=(1, 1), bias=True),
}


@pytest.mark.parametrize("name", WORDS)
def test_it_is_one_step(name: str) -> None:
    shape, function = CASES[name]
    x = keras.Input(shape)
    _, step = record(keras.Model(x, function(x))).steps
    assert step.what == WORDS[name]
