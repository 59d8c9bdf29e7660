"""A line of another tool is answered once, with the line that means the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from checking import check, fixed
from hypothesis import given, settings
from hypothesis import strategies as st
from work import counted

from cnngen.compiler import analyse
from cnngen.diagnostics import Diagnostic
from cnngen.diagnostics.render import full
from cnngen.ir import Layer
from cnngen.ops import AvgPool, BatchNorm, Conv, MaxPool, Op
from cnngen.source import Source

IMAGE, VECTOR, SIGNAL, VOLUME = "64x64x16", "512", "64x16", "32x32x32x8"

PYTORCH = {
    IMAGE: {
        "self.conv1 = nn.Conv2d(3, 16, 3, padding=1)": "conv1: conv 16 3x3 pad=1",
        "nn.Conv2d(16, 32, (3, 5), (2, 1), (1, 2))": "conv 32 3x5 stride=2x1 pad=1x2",
        "nn.Conv2d(16, 32, 3, padding='same')": "conv 32 3x3 pad=same",
        "nn.Conv2d(16, 32, 3, 1, 1, 2, 4)": "conv 32 3x3 pad=1 dilation=2 groups=4",
        "nn.Conv2d(16, 32, 3, bias=False),": "conv 32 3x3 bias=false",
        "nn.Conv2d(16, 32, 3, padding=1, padding_mode='reflect')": (
            "conv 32 3x3 pad=1 pad_mode=reflect"
        ),
        "Conv2d(3,16,3,padding=1)": "conv 16 3x3 pad=1",
        "torch.nn.Conv2d(3, classes, 1)": "conv classes 1x1",
        "nn.ConvTranspose2d(16, 8, 2, stride=2)": "conv_transpose 8 2x2 stride=2",
        "nn.ConvTranspose2d(16, 8, 3, 2, 1, 1)": "conv_transpose 8 3x3 stride=2 pad=1 output_pad=1",
        "nn.MaxPool2d(2)": "maxpool 2x2",
        "nn.MaxPool2d(2, 2)": "maxpool 2x2",
        "nn.MaxPool2d(kernel_size=3, stride=2, padding=1)": "maxpool 3x3 stride=2 pad=1",
        "nn.MaxPool2d(3, 2, ceil_mode=True)": "maxpool 3x3 stride=2 ceil=true",
        "nn.AvgPool2d(3, 1, 1)": "avgpool 3x3 stride=1 pad=1",
        "nn.AvgPool2d(3, 1, 1, count_include_pad=False)": (
            "avgpool 3x3 stride=1 pad=1 count_pad=false"
        ),
        "nn.AdaptiveAvgPool2d(1)": "avgpool global",
        "nn.AdaptiveAvgPool2d((1, 1))": "avgpool global",
        "nn.AdaptiveAvgPool2d((6, 6))": "avgpool adaptive=6x6",
        "nn.AdaptiveMaxPool2d((1, 11))": "maxpool adaptive=1x11",
        "nn.BatchNorm2d(64)": "bn",
        "self.bn1 = nn.BatchNorm2d(16, eps=1e-3, momentum=0.01)": "bn1: bn eps=0.001 momentum=0.01",
        "nn.BatchNorm2d(16, affine=False)": "bn affine=false",
        "nn.GroupNorm(4, 16)": "groupnorm 4",
        "nn.LayerNorm([16, 64, 64], elementwise_affine=False)": "groupnorm 1 affine=false",
        "nn.InstanceNorm2d(16)": "instancenorm affine=false",
        "nn.LocalResponseNorm(5, alpha=1e-4, k=2)": "lrn 5 alpha=2e-05",
        "nn.LocalResponseNorm(5)": "lrn 5 alpha=2e-05 k=1",
        "nn.ReLU(inplace=True)": "relu",
        "nn.LeakyReLU(0.2)": "leaky_relu 0.2",
        "nn.LeakyReLU()": "leaky_relu",
        "nn.GELU(approximate='tanh')": "gelu tanh",
        "nn.PReLU()": "prelu per=layer",
        "nn.PReLU(16)": "prelu",
        "nn.Softmax(dim=1)": "softmax",
        "nn.Dropout2d(0.1)": "spatial_dropout 0.1",
        "nn.Upsample(scale_factor=2, mode='bilinear')": "resize 2 mode=linear",
        "F.interpolate(x, scale_factor=2)": "resize 2",
        "nn.PixelShuffle(2)": "pixel_shuffle 2",
        "nn.ZeroPad2d((1, 2, 3, 4))": "pad 3x1 after=4x2",
        "nn.ReflectionPad2d(3)": "pad 3 mode=reflect",
        "nn.Flatten()": "flatten",
        "x = torch.flatten(x, 1)": "flatten",
        "x = x.view(x.size(0), -1)": "flatten",
        "x = x.mean([2, 3])": "avgpool global, flatten",
        "x = F.relu(x)": "relu",
        "x = F.relu(F.max_pool2d(x, 2))": "maxpool 2x2, relu",
        "return F.log_softmax(x, dim=1)": "log_softmax",
        "nn.Sequential(nn.Conv2d(16, 8, 3), nn.ReLU())": "conv 8 3x3, relu",
        "self.features = nn.Sequential(nn.Conv2d(16, 8, 3), nn.ReLU())": (
            "features: { conv 8 3x3, relu }"
        ),
        "nn.Sequential(\n        nn.Conv2d(16, 8, 3),  # the first\n        nn.ReLU(),\n    )": (
            "conv 8 3x3, relu"
        ),
        "relu, Conv2d(3, 16, 3), relu": "relu, conv 16 3x3, relu",
        "self.block = nn.Conv2d(3, 16, 3)": '"block": conv 16 3x3',
        "self.relu = nn.ReLU()": "relu",
    },
    VECTOR: {
        "nn.Linear(512, 10)": "dense 10",
        "self.fc = nn.Linear(16 * 5 * 5, classes)": "fc: dense classes",
        "nn.Linear(512, 10, bias=False)": "dense 10 bias=false",
        "nn.LayerNorm(512)": "layernorm",
        "nn.BatchNorm1d(512)": "bn",
        "Dropout(p=0.5)": "dropout 0.5",
    },
    SIGNAL: {
        "nn.Conv1d(16, 32, 5, stride=2, padding=2)": "conv 32 5 stride=2 pad=2",
        "nn.MaxPool1d(3, 2)": "maxpool 3 stride=2",
    },
    VOLUME: {"nn.Conv3d(8, 16, (3, 1, 1), padding=(1, 0, 0))": "conv 16 3x1x1 pad=1x0x0"},
}

KERAS = {
    IMAGE: {
        'layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")': (
            "conv 16 3x3 stride=2 pad=same, relu"
        ),
        "Conv2D(16, (3, 3))": "conv 16 3x3",
        "tf.keras.layers.Conv2D(8, 1, use_bias=False, name='c')": "conv 8 1x1 bias=false",
        "layers.Conv2D(8, 3, kernel_initializer='he_normal')": "conv 8 3x3 init=he",
        "layers.Conv2DTranspose(8, 2, strides=2)": "conv_transpose 8 2x2 stride=2",
        "layers.Conv2DTranspose(8, 3, strides=2, padding='same')": (
            "conv_transpose 8 3x3 stride=2 pad=same"
        ),
        "layers.DepthwiseConv2D(3, padding='same')": "depthwise_conv 3x3 pad=same",
        "layers.SeparableConv2D(32, 3, depth_multiplier=2)": "separable_conv 32 3x3 multiplier=2",
        "layers.MaxPooling2D()": "maxpool 2x2",
        "keras.layers.MaxPooling2D((2, 2))": "maxpool 2x2",
        "layers.MaxPool2D(3, 2, padding='same')": "maxpool 3x3 stride=2 pad=same",
        "layers.AveragePooling2D(3, 1, 'same')": "avgpool 3x3 stride=1 pad=same count_pad=false",
        "layers.GlobalAveragePooling2D()": "avgpool global, flatten",
        "layers.GlobalMaxPooling2D(keepdims=True)": "maxpool global",
        "layers.BatchNormalization()": "bn eps=0.001 momentum=0.01",
        "layers.BatchNormalization(momentum=0.9, epsilon=1e-5)": "bn",
        "layers.BatchNormalization(scale=False)": "bn eps=0.001 momentum=0.01 affine=shift",
        "layers.LayerNormalization()": "layernorm eps=0.001",
        "layers.GroupNormalization(4)": "groupnorm 4 eps=0.001",
        'layers.Activation("swish")': "silu",
        "layers.ReLU(6.0)": "relu6",
        "layers.LeakyReLU(alpha=0.2)": "leaky_relu 0.2",
        "layers.UpSampling2D((2, 3), interpolation='bilinear')": "resize 2x3 mode=linear",
        "layers.ZeroPadding2D(((0, 1), (0, 1)))": "pad 0x0 after=1x1",
        "layers.Cropping2D(2)": "crop 2",
        "layers.SpatialDropout2D(0.2)": "spatial_dropout 0.2",
        "x = layers.Conv2D(8, 3)(x)": "conv 8 3x3",
        "model.add(layers.Conv2D(8, 3, activation='elu'))": "conv 8 3x3, elu",
        "conv1 = layers.Conv2D(8, 3, activation='relu')(x)": "conv1: { conv 8 3x3, relu }",
        "keras.Sequential([\n    layers.Conv2D(8, 3),\n    layers.ReLU()])": "conv 8 3x3, relu",
        "x = tf.nn.relu(x)": "relu",
    },
    VECTOR: {
        'Dense(10, activation="softmax")': "dense 10, softmax",
        "layers.Dropout(0.5)": "dropout 0.5",
        "x = layers.Dense(10)(layers.Dense(100)(x))": "dense 100, dense 10",
    },
}

TABLES = {
    IMAGE: {
        "conv3-64": "conv 64 3x3 pad=1",
        "conv1-256, relu": "conv 256 1x1, relu",
        "maxpool/2": "maxpool 2x2",
        "pool, /2": "maxpool 2x2",
        "3x3 conv, 64, /2": "conv 64 3x3 stride=2 pad=1",
        "7×7, 64, stride 2": "conv 64 7x7 stride=2 pad=3",
        "1x1, 64": "conv 64 1x1",
        "3x3 conv 64": "conv 64 3x3 pad=1",
        "[3x3, 64] x 2": "repeat 2 { conv 64 3x3 pad=1 }",
        "[1x1, 64; 3x3, 64; 1x1, 256] × 3": (
            "repeat 3 { conv 64 1x1, conv 64 3x3 pad=1, conv 256 1x1 }"
        ),
        "3x3 max pool, stride 2": "maxpool 3x3 stride=2",
        "max pool 2x2": "maxpool 2x2",
        "average pool": "avgpool global",
        "global average pooling, 10-d fc, softmax": "avgpool global, flatten, dense 10, softmax",
        "conv 64 7x7/2": "conv 64 7x7 stride=2",
        "conv 7x7/2 64": "conv 64 7x7 stride=2",
        "conv 64 k3 s2 p1": "conv 64 3x3 stride=2 pad=1",
        "conv 64 3x3 s2": "conv 64 3x3 stride=2",
        "soft-max": "softmax",
        "batch norm": "bn",
        "dropout 50%": "dropout 0.5",
        "conv3x3(64)": "conv 64 3x3 pad=1",
        "conv64 3x3": "conv 64 3x3",
        "64 3x3 conv": "conv 64 3x3 pad=1",
        "conv, 3x3, 64": "conv 64 3x3 pad=1",
        "Conv 3x3 64 /2": "conv 64 3x3 stride=2",
        "maxpool 2x2, /2": "maxpool 2x2",
        "global avgpool": "avgpool global",
        "upsample x2": "resize 2",
        "Conv 3x3/2, 32": "conv 32 3x3 stride=2 pad=1",
        "conv 3x3, stride 2, 32": "conv 32 3x3 stride=2 pad=1",
        "conv1 7x7, 64, stride 2": "conv1: conv 64 7x7 stride=2 pad=3",
        "conv2_1 3x3, 64": "conv2_1: conv 64 3x3 pad=1",
        "3x3 conv, 64, stride 2, pad 0": "conv 64 3x3 stride=2",
        "conv 3x3, 64, stride 2, padding 1": "conv 64 3x3 stride=2 pad=1",
        "Conv 3x3 32": "conv 32 3x3 pad=1",
        "Conv2d 3x3 32": "conv 32 3x3 pad=1",
        "Conv 3x3x64": "conv 64 3x3 pad=1",
        "Convolutional 64 3x3 / 2": "conv 64 3x3 stride=2 pad=1",
        "C3(64) -> S2": "conv 64 3x3, maxpool 2x2",
        "dw conv 3x3": "depthwise_conv 3x3 pad=1",
        "depthwise conv 3x3, stride 2": "depthwise_conv 3x3 stride=2 pad=1",
        "5x5 depthwise": "depthwise_conv 5x5 pad=2",
        "Conv dw / s2 3x3x32 dw": "depthwise_conv 3x3 stride=2 pad=1",
        "Conv dw / s1 3×3×32 dw 112×112×32": "depthwise_conv 3x3 pad=1",
        "Conv dw / s2": "depthwise_conv 3x3 stride=2 pad=1",
        "Conv / s2 3x3x3x32 224x224x3": "conv 32 3x3 stride=2 pad=1",
        "Conv / s1 1x1x32x64": "conv 64 1x1",
        "Avg Pool / s1 Pool 7x7": "avgpool 7x7 stride=1",
        "max pool, 3x3, stride 2": "maxpool 3x3 stride=2",
        "max pool 3x3 stride 2": "maxpool 3x3 stride=2",
        "3x3 max pool, stride 1": "maxpool 3x3 stride=1",
        "Max pool 3x3, stride 2, pad 1": "maxpool 3x3 stride=2 pad=1",
        "3x3 max pool, stride 2, pad 1": "maxpool 3x3 stride=2 pad=1",
        "MaxPool": "maxpool 2x2",
        "max-pooling": "maxpool 2x2",
    },
    VECTOR: {
        "FC-4096": "dense 4096",
        "fc 4096": "dense 4096",
        "FC-10, soft-max": "dense 10, softmax",
        "FC / s1 1024x1000": "dense 1000",
        "Softmax / s1 Classifier": "softmax",
    },
}

ORDERS = {
    IMAGE: {
        "conv 64 3 2 1": "conv 64 3x3 stride=2 pad=1",
        "stem: conv 64 3 1 1": "stem: conv 64 3x3 pad=1",
        "conv 3 64 3 1 1": "conv 64 3x3 pad=1",
        "conv 3 100": "conv 100 3x3",
        "conv 5 128 pad=2": "conv 128 5x5 pad=2",
        "maxpool 2 2": "maxpool 2x2",
        "maxpool 3 2 1": "maxpool 3x3 stride=2 pad=1",
        "conv 3x3 16": "conv 16 3x3",
        "conv 3x3 classes stride=2": "conv classes 3x3 stride=2",
        "conv 3x3x64": "conv 64 3x3",
        "conv 64x3x3": "conv 64 3x3",
        "conv -16 3x3": "conv 16 3x3",
        "x = conv 16 3x3 pad=1": "conv 16 3x3 pad=1",
        "conv 64 (3, 3)": "conv 64 3x3",
        "conv 64 [3, 3] stride=[2, 2]": "conv 64 3x3 stride=2x2",
        "conv 64 3x3 stride 2": "conv 64 3x3 stride=2",
        "conv 64 3x3 padding same": "conv 64 3x3 pad=same",
        "conv 64 k=3 s=2 p=1": "conv 64 kernel=3 stride=2 pad=1",
        "maxpool k=3 s=2": "maxpool kernel=3 stride=2",
        "conv filters=64 kernel_size=3": "conv channels=64 kernel=3",
        "conv 64 3x3 -> (62, 62, 64)": "conv 64 3x3 -> 62x62x64",
        "2 x { conv 64 3x3, relu }": "repeat 2 { conv 64 3x3, relu }",
        "2x conv 64 3x3": "repeat 2 { conv 64 3x3 }",
        "(conv 64 3x3) x 2": "repeat 2 { conv 64 3x3 }",
        "conv 64 3x3 x2": "repeat 2 { conv 64 3x3 }",
        "dropout=0.5": "dropout 0.5",
        "dropout 50": "dropout 0.5",
        "dropout p=0.5": "dropout rate=0.5",
        "x = relu": "relu",
    },
    VECTOR: {"dense 2048 classes": "dense classes", "dense 512 10": "dense 10"},
}


def network(shape: str, line: str) -> str:
    return f"network Net(classes=10) {{\n    input {shape}\n    {line}\n}}\n"


def answered(shape: str, line: str) -> Diagnostic:
    """The only thing that is said of the line."""
    (diagnostic,) = check(network(shape, line))
    return diagnostic


ALL = [
    (shape, line, expected)
    for table in (PYTORCH, KERAS, TABLES, ORDERS)
    for shape, lines in table.items()
    for line, expected in lines.items()
]


@pytest.mark.parametrize(("shape", "line", "expected"), ALL, ids=[line for _, line, _ in ALL])
def test_a_line_is_answered_once_and_the_answer_compiles(
    shape: str, line: str, expected: str
) -> None:
    diagnostic = answered(shape, line)
    assert diagnostic.hint.startswith(f"write `{expected}`")
    assert fixed(diagnostic) == network(shape, expected)
    assert check(fixed(diagnostic)) == []


PAGE = Path(__file__).parents[2] / "docs" / "other_tools.md"
ROWS = re.findall(r"^\| `(.*)` \| `(.*)` \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize(("line", "expected"), ROWS, ids=[line for line, _ in ROWS])
def test_the_page_is_true(line: str, expected: str) -> None:
    diagnostic = answered(IMAGE, line)
    assert fixed(diagnostic) == network(IMAGE, expected)
    assert check(fixed(diagnostic)) == []


def test_the_page_shows_what_is_said() -> None:
    text = network("32x32x3", "self.conv1 = nn.Conv2d(3, 16, 3, padding=1)")
    (diagnostic,) = check(text)
    assert full(diagnostic) in PAGE.read_text(encoding="utf-8")


UNSAYABLE = {
    'nn.Conv2d(3, 16, 3, padding_mode="circular")': 'padding_mode="circular"',
    "nn.Conv2d(3, 16, 3, stride=2, padding='same')": 'padding="same"',
    "nn.Conv2d(3, width, 3)": "`width` a parameter",
    "nn.Conv2d(3, 2 * 8, 3)": "out_channels=2 * 8",
    "nn.Conv2d(3, 0, 3)": "out_channels=0",
    "nn.Conv2d(3, 16)": "arguments of `Conv2d`",
    "nn.Conv2d(3, 16, 3, size=3)": "arguments of `Conv2d`",
    "nn.Conv2d(3, 16, (3, 3, 3))": "kernel_size=(3, 3, 3)",
    "nn.MaxPool2d(2, return_indices=True)": "return_indices=True",
    "nn.AdaptiveAvgPool2d((None, 7))": "output_size",
    "nn.LayerNorm((64, 7, 7))": "normalized_shape",
    "nn.LayerNorm((32, 32), elementwise_affine=False)": "another number of axes",
    "nn.LayerNorm([16, 64, 64])": "`groupnorm 1` normalises over the same values",
    "s=2 p=1 k=3": "follow their layer",
    "k3 s2": "follow their layer",
    "nn.Softmax(dim=-1)": "dim=-1",
    "nn.Upsample(scale_factor=2, mode='bilinear', align_corners=True)": "align_corners=True",
    "nn.Dropout(1.0)": "p=1.0",
    "nn.LSTM(10, 20)": "no line is known for `LSTM`",
    "torch.flatten(x)": "start_dim=0",
    "x.view(-1, 16, 5, 5)": "reshape",
    "layers.Conv2D(8, 3, activation='exponential')": 'activation="exponential"',
    "layers.Conv1D(8, 3, padding='causal')": 'padding="causal"',
    "layers.Conv2DTranspose(8, 2, strides=3)": "strides=3",
    "layers.BatchNormalization(axis=1)": "axis=1",
    "layers.ReLU(threshold=1.0)": "threshold=1.0",
    "x = layers.Add()([x, y])": "`add a` joins what flows",
    "x = torch.cat([x, y], dim=1)": "`concat a` joins what flows",
    "LeakyReLU()": "in PyTorch it is `leaky_relu`, in Keras it is `leaky_relu 0.3`",
    "x = F.relu(self.conv1(x))": "self.conv1",
}


@pytest.mark.parametrize("line", UNSAYABLE)
def test_what_cannot_be_said_is_named_and_has_no_line(line: str) -> None:
    diagnostic = answered(IMAGE, line)
    assert diagnostic.code.id == "E119"
    assert UNSAYABLE[line] in diagnostic.hint
    assert diagnostic.fix is None


@pytest.mark.parametrize(
    "line",
    ["unit(64)", "C3(64)", "C3(64) -> S4", "conv2_x", "maxpool",
     "bn momentum=0.99 epsilon=1e-3", "BatchNormalization momentum=0.9",
     "concat(first, second)", "avgpool",
     "__import__('os').system('x')", "eval('1')", "nn.Conv2d(*[3, 16, 3])",
     "nn.Conv2d(**{})", "x = y", "nn.ReLU(" + "(" * 300 + ")" * 300 + ")", "a.b(c)"],
)  # fmt: skip
def test_other_lines_are_no_lines_of_a_tool(line: str) -> None:
    found = check(network(IMAGE, line))
    assert found
    assert all(diagnostic.fix is None for diagnostic in found)


MODULE = """network Net {
    input 32x32x3
    self.conv1 = nn.Conv2d(3, 6, 5)
    self.pool = nn.MaxPool2d(2)
    self.fc = nn.Linear(6, 10)
    x = self.pool(F.relu(self.conv1(x)))
    x = torch.flatten(x, 1)
    return self.fc(x)
}
"""


def test_a_layer_is_written_where_its_module_is_applied() -> None:
    said = {d.span.line: d for d in check(MODULE) if d.span}
    assert sorted(said) == [3, 4, 5, 6, 7, 8]
    assert [line for line, diagnostic in said.items() if diagnostic.fix] == [7]
    assert "`conv1: conv 6 5x5` in line 6" in said[3].hint
    chain = "conv1: conv 6 5x5, relu, pool: maxpool 2x2"
    assert f"`{chain}` here, nothing where `self.conv1`, `self.pool` is made" in said[6].hint
    assert "`fc: dense 10` here" in said[8].hint
    assert (
        check(f"network Net {{\n    input 32x32x3\n    {chain}\n    flatten\n    fc: dense 10\n}}")
        == []
    )


@pytest.mark.parametrize(
    "lines",
    ["self.a = self.a(x)", "self.a = self.b(x)\n    self.b = self.a(x)", "x = self.a(self.a(x))"],
)
def test_modules_that_are_made_of_each_other_end(lines: str) -> None:
    assert all(diagnostic.fix is None for diagnostic in check(network(IMAGE, lines)))


LARGE = {
    "a class": "class A(" + "Module " * 20_000 + "\n" + network(IMAGE, "foo"),
    "empty lines": "\n" * 200_000 + network(IMAGE, "foo(1, 2)"),
    "spaces in a comment": network(IMAGE, "relu // " + " " * 200_000 + "x"),
    "methods": "def f(self" + ":  " * 20_000 + "\n" + network(IMAGE, "foo"),
    "modules": network(IMAGE, "x = self.a(x)\n" * 2_000),
    "heads": "network A(" * 5_000,
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE)
def test_large_files_take_no_longer_than_others(text: str) -> None:
    """Where a search is quadratic, one of these takes minutes."""
    assert check(text)


HOSTILE = {
    "points": "nn." * 1200 + "x()",
    "calls": "nn.Sequential(" * 200,
    "applied": "nn.ReLU()" + "(x)" * 900,
    "lambdas": "f(" + "lambda: " * 400 + "0)",
    "digits": "nn.Conv2d(" + "9" * 3800 + ")",
    "infinite": "nn.Conv2d(3, 1e999, 3)",
    "infinite eps": "nn.BatchNorm2d(3, eps=1e999)",
    "large": "nn.Conv2d(3, 99999999999999999999, 3)",
    "not whole": "nn.Conv2d(3, 3.5, 3)",
    "truth": "nn.Conv2d(3, True, 3)",
    "complex": "nn.Dropout(0.5j)",
    "several": "a, b = nn.ReLU()",
    "sizes": "input (" + "1," * 1900 + ")",
    "commas": "input " + "1 , " * 950,
    "comments": "// " * 1300,
    "cells": "[" + "1x1,1;" * 600,
    "spaces": "conv 64" + " " * 3900 + "k",
    "assigned": "x = " * 900,
}


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE)
def test_hostile_lines_are_mistakes_like_others(line: str) -> None:
    found = check(network(IMAGE, line))
    assert found
    for diagnostic in found:
        assert diagnostic.fix is None


def test_a_program_in_python_is_said_to_be_one() -> None:
    text = (
        "import torch\nfrom torch import nn\n\n\nclass Net(nn.Module):\n"
        "    def __init__(self):\n        super().__init__()\n"
        + "".join(f"        self.c{n} = nn.Conv2d(3, 3, 3)\n" for n in range(40))
    )
    (diagnostic,) = check(text)
    assert diagnostic.code.id == "E119"
    assert "cnngen lift" in diagnostic.hint
    assert diagnostic.span is not None
    assert diagnostic.span.text == "import torch"


few = settings(deadline=None, max_examples=50)
numbers = st.integers(1, 9)
sides = st.integers(0, 4)


@few
@given(
    st.sampled_from([16, 24]),
    st.integers(1, 7),
    st.integers(1, 7),
    numbers,
    sides,
    st.integers(1, 2),
    st.sampled_from([1, 2, 4, 8]),
    st.sampled_from([None, True, False]),
)
def test_a_convolution_of_pytorch_means_what_its_arguments_say(
    channels: int,
    height: int,
    width: int,
    stride: int,
    pad: int,
    dilation: int,
    groups: int,
    bias: bool | None,
) -> None:
    given = f"16, {channels}, ({height}, {width}), {stride}, padding={pad}, dilation={dilation}"
    given += f", groups={groups}" + ("" if bias is None else f", bias={bias}")
    op = op_of(f"nn.Conv2d({given})")
    assert isinstance(op, Conv)
    assert (op.channels, op.kernel, op.stride) == (channels, (height, width), (stride, stride))
    assert (op.pad, op.dilation, op.groups) == ((pad, pad), (dilation, dilation), groups)
    assert op.bias is (bias is not False)
    assert op.pad_mode == "zeros"


@few
@given(
    st.integers(1, 40),
    st.integers(1, 7),
    st.one_of(numbers, st.tuples(numbers, numbers)),
    st.sampled_from(["valid", "same", None]),
    st.sampled_from(["relu", "tanh", None]),
)
def test_a_convolution_of_keras_means_what_its_arguments_say(
    channels: int,
    kernel: int,
    strides: int | tuple[int, int],
    padding: str | None,
    activation: str | None,
) -> None:
    given = f"{channels}, kernel_size={kernel}, strides={strides}"
    given += f', padding="{padding}"' if padding else ""
    given += f", activation={activation!r}"
    op, *rest = ops_of(f"layers.Conv2D({given})")
    assert isinstance(op, Conv)
    assert (op.channels, op.kernel) == (channels, (kernel, kernel))
    assert op.stride == (strides if isinstance(strides, tuple) else (strides, strides))
    assert op.pad == ("same" if padding == "same" else (0, 0))
    assert [each.word for each in rest] == ([activation] if activation else [])


@few
@given(
    st.sampled_from(["Max", "Avg"]),
    st.integers(2, 7),
    st.none() | numbers,
    st.data(),
    st.booleans(),
)
def test_a_pool_of_pytorch_means_what_its_arguments_say(
    kind: str, kernel: int, stride: int | None, data: st.DataObject, ceil: bool
) -> None:
    pad = data.draw(st.integers(0, kernel // 2))
    op = op_of(f"nn.{kind}Pool2d({kernel}, {stride}, {pad}, ceil_mode={ceil})")
    assert isinstance(op, MaxPool if kind == "Max" else AvgPool)
    assert (op.kernel, op.pad, op.ceil) == ((kernel, kernel), (pad, pad), ceil)
    assert op.step == ((stride or kernel,) * 2)


@few
@given(
    st.sampled_from(["Max", "Average"]),
    st.integers(1, 7),
    st.none() | numbers,
    st.sampled_from(["valid", "same"]),
)
def test_a_pool_of_keras_means_what_its_arguments_say(
    kind: str, kernel: int, strides: int | None, padding: str
) -> None:
    op = op_of(f"layers.{kind}Pooling2D({kernel}, {strides}, padding='{padding}')")
    assert isinstance(op, MaxPool if kind == "Max" else AvgPool)
    assert (op.kernel, op.step) == ((kernel, kernel), ((strides or kernel,) * 2))
    assert op.pad == ("same" if padding == "same" else (0, 0))
    if isinstance(op, AvgPool) and padding == "same":
        assert not op.count_pad


@few
@given(
    st.floats(1e-9, 1, allow_nan=False),
    st.floats(0, 1, allow_nan=False),
)
def test_a_batch_norm_means_what_its_arguments_say(eps: float, momentum: float) -> None:
    op = op_of(f"nn.BatchNorm2d(16, {eps!r}, momentum={momentum!r})")
    assert isinstance(op, BatchNorm)
    assert (op.eps, op.momentum) == (pytest.approx(eps), pytest.approx(momentum, abs=1e-9))
    op = op_of(f"layers.BatchNormalization(epsilon={eps!r}, momentum={momentum!r})")
    assert isinstance(op, BatchNorm)
    assert (op.eps, op.momentum) == (pytest.approx(eps), pytest.approx(1 - momentum, abs=1e-9))


def ops_of(line: str) -> list[Op]:
    """The layers of a network with the line's answer in its place."""
    text = fixed(answered(IMAGE, line))
    result = analyse(Source("net.cnn", text), debug=True)
    assert result.complete, text
    (net,) = result.module.networks
    return [item.op for item in net.body.items if isinstance(item, Layer)]


def op_of(line: str) -> Op:
    (op,) = ops_of(line)
    return op


def test_layers_of_other_axes_say_so() -> None:
    (found,) = analyse(Source("net.cnn", network("32x32x3", "nn.Conv1d(3, 8, 3)"))).diagnostics
    assert found.hint == "write `conv 8 3`"
    assert found.notes == (
        "this is a layer for maps along one axis: the network starts with `input LENGTHxCHANNELS`",
    )


def test_a_program_on_one_long_line_is_read_in_no_time() -> None:
    text = f"class A({'Module ' * 20_000}\nnetwork A {{"
    with counted() as work:
        analyse(Source("net.cnn", text))
    assert work.calls < 40 * 20_000
