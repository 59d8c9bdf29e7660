"""Weights, parameters and multiply-accumulates against numbers worked out by hand."""

from __future__ import annotations

import pytest
from example_ops import example

from cnngen.ops import (
    LAYERS,
    AvgPool,
    BatchNorm,
    Conv,
    ConvTranspose,
    Dense,
    DepthwiseConv,
    Dropout,
    Flatten,
    GlobalResponseNorm,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    LayerScale,
    LocalResponseNorm,
    Map,
    MaxPool,
    Op,
    PRelu,
    Relu,
    RmsNorm,
    SeparableConv,
    Shape,
    Softmax,
    Vector,
)

IMAGE = Map((32, 32), 3)
FLAT = Vector(400, (5, 5, 16))

SCALE = "scale[channels=3] shift[channels=3]"
STATISTICS = "mean[channels=3] variance[channels=3]"


def arrays(op: Op, x: Shape) -> str:
    """Each weight with its axes."""
    return " ".join(
        f"{weight.name}[{' '.join(f'{axis.name}={axis.size}' for axis in weight.axes)}]"
        for weight in op.weights(x)
    )


@pytest.mark.parametrize(
    ("op", "x", "expected"),
    [
        (Conv(6, (5, 3)), IMAGE, "kernel[out=6 in=3 height=5 width=3] bias[out=6]"),
        (Conv(6, (1, 1), bias=True), IMAGE, "kernel[out=6 in=3 height=1 width=1] bias[out=6]"),
        (Conv(6, (1, 1), bias=False), IMAGE, "kernel[out=6 in=3 height=1 width=1]"),
        (
            Conv(8, (3, 3), groups=4),
            Map((9, 9), 12),
            "kernel[out=8 in=3 height=3 width=3] bias[out=8]",
        ),
        (
            DepthwiseConv((3, 5)),
            IMAGE,
            "kernel[channels=3 multiplier=1 height=3 width=5] bias[out=3]",
        ),
        (
            DepthwiseConv((3, 3), multiplier=4),
            IMAGE,
            "kernel[channels=3 multiplier=4 height=3 width=3] bias[out=12]",
        ),
        (ConvTranspose(6, (2, 4)), IMAGE, "kernel[in=3 out=6 height=2 width=4] bias[out=6]"),
        (
            ConvTranspose(8, (2, 2), groups=4),
            Map((9, 9), 12),
            "kernel[in=12 out=2 height=2 width=2] bias[out=8]",
        ),
        (Dense(10), Vector(84), "kernel[out=10 in=84] bias[out=10]"),
        (Dense(10, bias=False), Vector(84), "kernel[out=10 in=84]"),
        (BatchNorm(), IMAGE, f"{SCALE} {STATISTICS}"),
        (BatchNorm(), Vector(3), f"{SCALE} {STATISTICS}"),
        (BatchNorm(affine=False), IMAGE, STATISTICS),
        (BatchNorm(affine="scale"), IMAGE, f"scale[channels=3] {STATISTICS}"),
        (BatchNorm(affine="shift"), IMAGE, f"shift[channels=3] {STATISTICS}"),
        (
            SeparableConv(8, (2, 3), multiplier=2),
            IMAGE,
            "depthwise[channels=3 multiplier=2 height=2 width=3] pointwise[out=8 in=6] bias[out=8]",
        ),
        (LayerNorm(affine="scale"), IMAGE, "scale[channels=3]"),
        (LayerNorm(affine="shift"), IMAGE, "shift[channels=3]"),
        (InstanceNorm(), IMAGE, SCALE),
        (InstanceNorm(affine=False), IMAGE, ""),
        (RmsNorm(), IMAGE, "scale[channels=3]"),
        (GlobalResponseNorm(), IMAGE, SCALE),
        (LayerScale(), IMAGE, "scale[channels=3]"),
        (Dense(10, "position"), IMAGE, "kernel[out=10 in=3] bias[out=10]"),
        (LayerNorm(), IMAGE, SCALE),
        (LayerNorm(), Vector(3), SCALE),
        (LayerNorm(affine=False), IMAGE, ""),
        (GroupNorm(3), IMAGE, SCALE),
        (GroupNorm(3, affine=False), IMAGE, ""),
        (PRelu(), IMAGE, "slope[channels=3]"),
        (PRelu(), Vector(3), "slope[channels=3]"),
        (PRelu("cell"), IMAGE, "slope[height=32 width=32 channels=3]"),
        (PRelu("cell"), Vector(3), "slope[channels=3]"),
        (PRelu("layer"), IMAGE, "slope[layer=1]"),
    ],
    ids=str,
)
def test_axes(op: Op, x: Shape, expected: str) -> None:
    assert arrays(op, x) == expected


@pytest.mark.parametrize(
    ("op", "x", "parameters_", "macs"),
    [
        # LeNet-5
        (Conv(6, (5, 5)), Map((32, 32), 1), 156, 117_600),
        (Conv(16, (5, 5)), Map((14, 14), 6), 2_416, 240_000),
        (Dense(120), Vector(400), 48_120, 48_000),
        (Dense(84), Vector(120), 10_164, 10_080),
        (Dense(10), Vector(84), 850, 840),
        (Dense(10, "position"), Map((4, 5), 84), 850, 16_800),
        # AlexNet
        (Conv(96, (11, 11), stride=(4, 4)), Map((227, 227), 3), 34_944, 105_415_200),
        (Conv(256, (5, 5), pad=(2, 2), groups=2), Map((27, 27), 96), 307_456, 223_948_800),
        (Dense(4096), Vector(9216), 37_752_832, 37_748_736),
        # VGG
        (Conv(64, (3, 3), pad=(1, 1)), Map((224, 224), 3), 1_792, 86_704_128),
        (Conv(64, (3, 3), pad="same", bias=False), Map((224, 224), 3), 1_728, 86_704_128),
        # MobileNet
        (DepthwiseConv((3, 3), pad=(1, 1), bias=False), Map((112, 112), 32), 288, 3_612_672),
        (DepthwiseConv((3, 3), multiplier=2), Map((5, 5), 4), 80, 648),
        (Conv(64, (1, 1), bias=False), Map((112, 112), 32), 2_048, 25_690_112),
        (Conv(4, (3, 3), stride=(2, 2), dilation=(2, 2)), Map((9, 9), 2), 76, 648),
        # each of the 4x4x3 values times 2x2 cells of 5 filters
        (ConvTranspose(5, (2, 2), stride=(2, 2)), Map((4, 4), 3), 65, 960),
        (ConvTranspose(6, (2, 2), groups=3, bias=False), Map((4, 4), 3), 24, 384),
        (BatchNorm(), Map((8, 8), 16), 32, 0),
        (BatchNorm(affine=False), Map((8, 8), 16), 0, 0),
        (LayerNorm(), Map((8, 8), 16), 32, 0),
        (GroupNorm(4), Map((8, 8), 16), 32, 0),
        (PRelu(), Map((8, 8), 16), 16, 0),
        (LocalResponseNorm(), Map((8, 8), 16), 0, 0),
        (MaxPool((2, 2)), Map((8, 8), 16), 0, 0),
        (AvgPool("global"), Map((8, 8), 16), 0, 0),
        (Flatten(), Map((8, 8), 16), 0, 0),
        (Dropout(), Map((8, 8), 16), 0, 0),
        (Relu(), Map((8, 8), 16), 0, 0),
        (Softmax(), Vector(10), 0, 0),
    ],
    ids=str,
)
def test_costs(op: Op, x: Shape, parameters_: int, macs: int) -> None:
    assert sum(weight.size for weight in op.weights(x) if weight.trained) == parameters_
    assert op.macs(x, op.infer(x)) == macs


def test_only_running_statistics_are_not_trained() -> None:
    for cls in LAYERS.values():
        op = example(cls)
        x = Vector(8) if cls is Dense else Map((8, 8), 8)
        untrained = [weight.name for weight in op.weights(x) if not weight.trained]
        assert untrained == (["mean", "variance"] if cls is BatchNorm else [])


PER_FEATURE = [BatchNorm(), LayerNorm(), GroupNorm(4), RmsNorm(), LayerScale(), PRelu()]


@pytest.mark.parametrize("op", PER_FEATURE, ids=str)
def test_features_of_a_flattened_map_know_their_order(op: Op) -> None:
    axes = [axis for weight in op.weights(FLAT) for axis in weight.axes]
    assert axes
    assert {axis.factors for axis in axes} == {(5, 5, 16)}
    plain = [axis for weight in op.weights(Vector(400)) for axis in weight.axes]
    assert {axis.factors for axis in plain} == {None}


def test_a_dense_layer_knows_the_order_of_its_input() -> None:
    kernel, bias = Dense(10).weights(FLAT)
    assert [axis.factors for axis in kernel.axes] == [None, (5, 5, 16)]
    assert [axis.factors for axis in bias.axes] == [None]
