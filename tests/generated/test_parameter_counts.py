"""Sizes of the examples: what the compiler, the docstrings and both frameworks count."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from cnngen.analysis.cost import parameter_count
from generated.modules import EXAMPLES, ROOT, compiled, imported


class Example(NamedTuple):
    """A network in a file of ``examples/``."""

    stem: str
    network: str


def cifar(blocks: int, projections: int = 0) -> int:
    """He et al., 2016, section 4.2: a 3x3 stem, 2n layers of each width, batch norms, a classifier.

    ``projections`` are the trained values of the two shortcuts, zero with zero padding.
    """
    stem = 3 * 16 * 9 + 2 * 16
    within = sum(2 * blocks * (9 * w * w + 2 * w) for w in (16, 32, 64))
    wider = 9 * 16 * 32 + 9 * 32 * 64 - 9 * 32 * 32 - 9 * 64 * 64
    return stem + within + wider + 64 * 10 + 10 + projections


PROJECTIONS = 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64
DEPTHS = {20: 3, 32: 5, 44: 7, 56: 9, 110: 18}

RESNETS = {
    **{f"CifarResNet{depth}": cifar(n) for depth, n in DEPTHS.items()},
    **{f"CifarPlainNet{depth}": cifar(n) for depth, n in DEPTHS.items()},
    **{f"CifarResNet{depth}_Projection": cifar(n, PROJECTIONS) for depth, n in DEPTHS.items()},
    # ResNet-18 and 34 without their three projections and batch norms.
    "PlainNet18": 11_689_512 - (8_448 + 33_280 + 132_096),
    "PlainNet34": 21_797_672 - (8_448 + 33_280 + 132_096),
}

MODULES = {
    # The lecture's: one 3x3 pair at 128 channels; W_s is 256x128.
    "IdentityShortcut": 2 * (9 * 128 * 128 + 128),
    "ProjectionShortcut": 9 * 128 * 256 + 256 + 9 * 256 * 256 + 256 + 128 * 256,
    "PaddedShortcut": 9 * 128 * 256 + 256 + 9 * 256 * 256 + 256,
    "NoShortcut": 9 * 128 * 256 + 256 + 9 * 256 * 256 + 256,
}

INCEPTION = {
    "InceptionNaive": 192 * 64 + 64 + 9 * 192 * 128 + 128 + 25 * 192 * 32 + 32 + 192 * 32 + 32,
    "InceptionFigure2a": 192 * 64 + 64 + 9 * 192 * 128 + 128 + 25 * 192 * 32 + 32,
    # GoogLeNet's module 3a, and the 5x5 path alone.
    "InceptionModule": 163_696,
    "FiveByFive": 25 * 192 * 32 + 32,
    "FiveByFiveBottleneck": 192 * 16 + 16 + 25 * 16 * 32 + 32,
}

INITIAL_WEIGHTS = (
    (9 * 3 * 16 + 2 * 16)
    + 2 * (9 * 16 * 16 + 2 * 16)
    + (9 * 16 * 32 + 9 * 32 * 32 + 16 * 32 + 3 * 2 * 32)
    + (9 * 32 * 64 + 9 * 64 * 64 + 32 * 64 + 3 * 2 * 64)
    + (64 * 64 + 64 + 64 * 10 + 10)
)
"""A stem, three residual units of which two have a projection, a head of two layers."""

ATTENTION = (
    (9 * 3 * 16 + 2 * 16)
    + sum(9 * a * b + 9 * b * b + 2 * 2 * b + 99 for a, b in ((16, 16), (16, 32), (32, 64)))
    + sum(2 * b * (b // 16) + b // 16 + b for b in (16, 32, 64))
    + (16 * 32 + 2 * 32 + 32 * 64 + 2 * 64)
    + (64 * 10 + 10)
)
"""A stem, three residual units with 7x7 windows over two maps, perceptrons over channels, two
projections, a classifier."""

SIAMESE = (
    (100 * 64 + 64 + 49 * 64 * 128 + 128 + 16 * 128 * 128 + 128 + 16 * 128 * 256 + 256)
    + (9216 * 4096 + 4096)
    + (4096 + 1)
)
"""One tower, and the weights of the distances."""

SHAPES = (
    sum(9 * a * b + 2 * b for a, b in ((1, 16), (16, 32), (32, 64), (64, 128), (128, 32), (48, 16)))
    + (128 * 10 + 10)
    + (128 * 64 + 64 + 64 * 4 + 4)
    + (16 + 1)
)
"""The trunk and the mask's convolutions, the head of classes, of the box, of the mask."""

DETECTOR = (
    (9 * 3 * 16 + 2 * 16)
    + sum(9 * a * 2 * a + 9 * 4 * a * a + 2 * a * a + 6 * 2 * a for a in (16, 32, 64, 128))
    + sum(a * 64 + 64 for a in (64, 128, 256))
    + 3 * (9 * 64 * 64 + 64)
    + sum(4 * (9 * 64 * 64 + 64) + 9 * 64 * n + n for n in (9 * 20, 9 * 4))
)
"""The body, with a projection in each unit, the sides and ends of the pyramid, two heads."""

COMMANDS = (
    (80 * 32 + 3 * 32 * 32 + 3 * 32 * 64 + 3 * 64 * 64) + 2 * (32 + 32 + 64 + 64) + (64 * 35 + 35)
)
"""Convolutions without biases, a batch norm after each, a classifier."""

UNET = sum(
    9 * a * b + 9 * b * b + 4 * b for a, b in ((3, 16), (16, 32), (32, 64), (96, 32), (48, 16))
) + (16 * 2 + 2)
"""Two convolutions and two batch norms in each of five places, a head."""

SUPER_RESOLUTION = (9 * 3 * 32 + 32) + 8 * (9 * 32 * 32 + 32) + (9 * 32 * 12 + 12)
"""The first convolution, four units of two, the last one."""

PARAMETERS = {
    Example("lenet5", "LeNet5"): 61_706,
    Example("initial_weights", "InitialWeights"): INITIAL_WEIGHTS,
    Example("alexnet", "AlexNet"): 60_965_224,
    # As torchvision counts it.
    Example("vgg", "VGG16"): 138_357_544,
    **{Example("resnet", name): count for name, count in RESNETS.items()},
    **{Example("residual_block", name): count for name, count in MODULES.items()},
    **{Example("inception_module", name): count for name, count in INCEPTION.items()},
    Example("network_in_network", "OneByOne"): 192 * 32 + 32,
    Example("network_in_network", "NetworkInNetwork"): 966_986,
    # 6,998,552 of the trunk with true 5x5 windows and biases, the rest in the side heads.
    Example("googlenet", "GoogLeNet"): 13_378_280,
    Example("unet_bilinear", "UNetBilinear"): UNET,
    # The paper's, which has one value for each channel of a batch norm, and here there are two.
    Example("unet3d", "UNet3D"): 19_069_955 + 2_336,
    Example("audio", "SpokenCommands"): COMMANDS,
    Example("siamese", "Siamese"): SIAMESE,
    Example("multi_task", "Shapes"): SHAPES,
    Example("pyramid", "Detector"): DETECTOR,
    Example("super_resolution", "SuperResolution"): SUPER_RESOLUTION,
    Example("attention", "AttentionNet"): ATTENTION,
}
"""Trained values, as the papers' networks have them, or as they are worked out by hand."""

sizes = pytest.mark.parametrize(
    ("stem", "name", "count"),
    [pytest.param(*example, count, id=example.network) for example, count in PARAMETERS.items()],
)


def source(stem: str) -> Any:
    return ROOT / "examples" / f"{stem}.cnn"


def test_every_network_of_the_examples_is_counted() -> None:
    names = {
        (path.stem, network.name)
        for path in EXAMPLES
        for network in compiled(path, "torch").networks
    }
    assert names == PARAMETERS.keys()


@sizes
def test_the_compiler_counts_right(stem: str, name: str, count: int) -> None:
    found = {n.name: n for n in compiled(source(stem), "torch").networks}
    assert parameter_count(found[name]) == count


@sizes
@pytest.mark.parametrize("target", ["torch", "keras"])
def test_the_docstring_says_it(target: str, stem: str, name: str, count: int) -> None:
    network = getattr(imported(source(stem), target), name)
    assert f" {count:,} parameters" in " ".join(network.__doc__.split())


@sizes
def test_torch_has_as_many(stem: str, name: str, count: int) -> None:
    import torch

    with torch.device("meta"):
        model = getattr(imported(source(stem), "torch"), name)()
    assert sum(p.numel() for p in model.parameters()) == count


@pytest.mark.slow
@sizes
def test_keras_has_as_many(stem: str, name: str, count: int) -> None:
    import keras

    build = getattr(imported(source(stem), "keras"), name)
    model = build()
    found = sum(int(keras.ops.size(v)) for v in model.trainable_variables)
    keras.backend.clear_session()
    assert found == count
