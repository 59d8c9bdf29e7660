"""Sizes of the literature's networks: worked out from the papers' tables, as published, as counted.

Each count is worked out here by hand, from the layers that the paper's table or figure names, and
has to be what the card's network has and what its facts say, exactly. Published figures are
rounded or cut off, and some leave a part out: ``FIGURES`` has what each is a figure of.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest

from cnngen.analysis.cost import mac_count, parameter_count
from cnngen.ir import Network
from zoo.cards import ENTRIES, compiled

CIFAR = (16, 32, 64)
IMAGENET = (64, 128, 256, 512)
DEPTHS = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
DEPTHS[200] = (3, 24, 36, 3)

RESNET = {50: 25_557_032, 101: 44_549_160, 152: 60_192_808}
"""ResNet with bottlenecks, as torchvision counts it."""


def norm(width: int) -> int:
    return 2 * width


def conv(kernel: int, into: int, out: int, groups: int = 1) -> int:
    """Without a bias."""
    return kernel * kernel * into * out // groups


def conv_norm(kernel: int, into: int, out: int, groups: int = 1) -> int:
    return conv(kernel, into, out, groups) + norm(out)


def dense(into: int, out: int) -> int:
    return into * out + out


def pairs(*widths: int) -> Sequence[tuple[int, int]]:
    return list(pairwise(widths))


def wide_resnet(depth: int, widen: int) -> int:
    """Zagoruyko & Komodakis, table 1, with 10 classes."""
    within = (depth - 4) // 6
    total, into = conv(3, 3, 16), 16
    for width in (16 * widen, 32 * widen, 64 * widen):
        first = norm(into) + conv(3, into, width) + conv(1, into, width)
        other = (within - 1) * (norm(width) + conv(3, width, width))
        total += first + other + within * (norm(width) + conv(3, width, width))
        into = width
    return total + norm(into) + dense(into, 10)


def hrnet(width: int) -> int:
    """Wang et al., figures 2 and 3: branches of four units, sums of all maps, the head."""
    widths = [width * 2**i for i in range(4)]
    total = conv_norm(3, 3, 64) + conv_norm(3, 64, 64)
    total += bottlenecks(64, 64, 4)
    total += conv_norm(3, 256, widths[0]) + conv_norm(3, 256, widths[1])
    total += sum(conv_norm(3, widths[n - 1], widths[n]) for n in (2, 3))
    for modules, n in ((1, 2), (4, 3), (3, 4)):
        branches = sum(4 * 2 * conv_norm(3, w, w) for w in widths[:n])
        sums = sum(
            conv_norm(1, widths[j], widths[i])
            if j > i
            else (i - j - 1) * conv_norm(3, widths[j], widths[j])
            + conv_norm(3, widths[j], widths[i])
            for i in range(n)
            for j in range(n)
            if i != j
        )
        total += modules * (branches + sums)
    total += sum(bottlenecks(w, 32 * 2**i, 1) for i, w in enumerate(widths))
    total += sum(conv_norm(3, 128 * 2**i, 256 * 2**i) + 256 * 2**i for i in range(3))
    return total + conv_norm(1, 1024, 2048) + 2048 + dense(2048, 1000)


def bottlenecks(into: int, width: int, depth: int) -> int:
    """Of one width, with a projection where channels change."""
    total = conv_norm(1, into, 4 * width) if into != 4 * width else 0
    for _ in range(depth):
        total += conv_norm(1, into, width) + conv_norm(3, width, width)
        total += conv_norm(1, width, 4 * width)
        into = 4 * width
    return total


def preact(widths: Sequence[int], depths: Sequence[int], *, deep: bool, classes: int) -> int:
    """He et al., 2016b: a norm before each convolution, a projection where channels change."""
    total, into = conv(3, 3, 16) if len(widths) == 3 else conv(7, 3, 64), widths[0]
    for width, depth in zip(widths, depths, strict=True):
        out = 4 * width if deep else width
        if into != out:
            total += conv(1, into, out)
        for _ in range(depth):
            inner = (into, width, width) if deep else (into, width)
            total += sum(map(norm, inner))
            total += (
                conv(1, into, width) + conv(3, width, width) + conv(1, width, out) if deep else 0
            )
            total += 0 if deep else conv(3, into, width) + conv(3, width, width)
            into = out
    return total + norm(into) + dense(into, classes)


def norms_of_preact(units: int) -> int:
    """Of a network for CIFAR with bottlenecks."""
    total, into = 0, 16
    for width in CIFAR:
        total += norm(into) + (units - 1) * norm(4 * width) + units * 2 * norm(width)
        into = 4 * width
    return total + norm(into)


DARKNET19 = (
    sum(conv_norm(3, a, b) for a, b in [*pairs(3, 32, 64, 128, 256, 512, 1024)])
    + sum(n * (conv_norm(1, 2 * w, w) + conv_norm(3, w, 2 * w)) for w, n in [(64, 1), (128, 1)])
    + sum(n * (conv_norm(1, 2 * w, w) + conv_norm(3, w, 2 * w)) for w, n in [(256, 2), (512, 2)])
    + dense(1024, 1000)
)

STAGES = ((32, 64, 1), (64, 128, 2), (128, 256, 8), (256, 512, 8), (512, 1024, 4))
"""Of Darknet-53: channels before and in a stage, and its blocks."""

DARKNET53 = (
    conv_norm(3, 3, 32)
    + sum(
        conv_norm(3, a, b) + n * (conv_norm(1, b, b // 2) + conv_norm(3, b // 2, b))
        for a, b, n in STAGES
    )
    + dense(1024, 1000)
)


def cross_stage(into: int, out: int, blocks: int) -> int:
    """Half of what is expanded goes through the blocks; the first stage expands to twice it."""
    expanded = 2 * out if out == 64 else out
    half, narrow = expanded // 2, out // 2
    return (
        conv_norm(3, into, out)
        + conv_norm(1, out, expanded)
        + blocks * (conv_norm(1, half, narrow) + conv_norm(3, narrow, half))
        + conv_norm(1, half, half)
        + conv_norm(1, expanded, out)
    )


UNET = (
    sum(9 * a * b + b + 9 * b * b + b for a, b in pairs(1, 64, 128, 256, 512, 1024))
    + sum(4 * a * b + b for a, b in pairs(1024, 512, 256, 128, 64))
    + sum(9 * a * b + b + 9 * b * b + b for a, b in pairs(1024, 512, 256, 128, 64))
    + dense(64, 2)
)

GHOSTS = (
    (3, 16, 16, 0, 1),
    *((3, 48, 24, 0, 2), (3, 72, 24, 0, 1)),
    *((5, 72, 40, 1, 2), (5, 120, 40, 1, 1)),
    *((3, 240, 80, 0, 2), (3, 200, 80, 0, 1), (3, 184, 80, 0, 1), (3, 184, 80, 0, 1)),
    *((3, 480, 112, 1, 1), (3, 672, 112, 1, 1)),
    *((5, 672, 160, 1, 2), (5, 960, 160, 0, 1), (5, 960, 160, 1, 1)),
    *((5, 960, 160, 0, 1), (5, 960, 160, 1, 1)),
)
"""Han et al., 2020, table 1: window, expanded width, filters, squeeze and excitation, stride."""


def ghostnet(tenths: int) -> int:
    def divisible(hundredths: int) -> int:
        """A multiple of 4, not more than a tenth below."""
        nearest = max(4, (hundredths + 200) // 400 * 4)
        return nearest + 4 if 1000 * nearest < 9 * hundredths else nearest

    def scaled(width: int) -> int:
        return divisible(10 * tenths * width)

    def ghost(into: int, out: int) -> int:
        return conv_norm(1, into, out // 2) + 9 * out // 2 + norm(out // 2)

    into = scaled(16)
    total = conv_norm(3, 3, into)
    for kernel, expanded, filters, excite, stride in GHOSTS:
        wide, out = scaled(expanded), scaled(filters)
        total += ghost(into, wide) + ghost(wide, out)
        if stride == 2:
            total += kernel * kernel * wide + norm(wide)
        if excite:
            narrow = divisible(25 * wide)
            total += dense(wide, narrow) + dense(narrow, wide)
        if stride == 2 or into != out:
            total += kernel * kernel * into + norm(into) + conv_norm(1, into, out)
        into = out
    return total + conv_norm(1, into, scaled(960)) + dense(scaled(960), 1280) + dense(1280, 1000)


def repvgg(
    depths: Sequence[int], a: float, b: float, groups: int = 1, *, merged: bool = False
) -> int:
    """Ding et al., 2021, tables 2 and 3: as it trains, or with its paths merged into one."""
    widths = (int(64 * a), int(128 * a), int(256 * a), int(512 * b))
    units = [(3, min(64, widths[0]), 1, False)]
    for into, width, depth in zip((units[0][1], *widths), widths, depths, strict=False):
        units.append((into, width, 1, False))
        units += [(width, width, 1 if i % 2 else groups, True) for i in range(depth - 1)]
    total = dense(widths[3], 1000)
    for into, out, parts, same in units:
        if merged:
            total += conv(3, into, out, parts) + out
        else:
            total += conv_norm(3, into, out, parts) + conv_norm(1, into, out, parts)
            total += norm(out) if same else 0
    return total


REPVGGS = {
    "A0": ((2, 4, 14, 1), 0.75, 2.5),
    "A1": ((2, 4, 14, 1), 1, 2.5),
    "A2": ((2, 4, 14, 1), 1.5, 2.75),
    "B0": ((4, 6, 16, 1), 1, 2.5),
    "B1": ((4, 6, 16, 1), 2, 4),
    "B1g4": ((4, 6, 16, 1), 2, 4, 4),
    "B2": ((4, 6, 16, 1), 2.5, 5),
    "B2g4": ((4, 6, 16, 1), 2.5, 5, 4),
    "B3": ((4, 6, 16, 1), 3, 5),
    "B3g4": ((4, 6, 16, 1), 3, 5, 4),
}


def shufflenet(groups: int, width: int) -> int:
    """Zhang et al., 2018, table 1 and figure 2."""

    def unit(into: int, wide: int, out: int, first: int) -> int:
        narrow = wide // 4
        return (
            conv_norm(1, into, narrow, first)
            + 9 * narrow
            + norm(narrow)
            + conv_norm(1, narrow, out, groups)
        )

    total, into = conv_norm(3, 3, 24), 24
    for stage, units in enumerate((4, 8, 4)):
        wide = width * 2**stage
        total += unit(into, wide, wide - into, groups if stage else 1)
        total += (units - 1) * unit(wide, wide, wide, groups)
        into = wide
    return total + dense(into, 1000)


DCGAN = {
    "Generator": 16 * 100 * 512
    + sum(16 * a * b for a, b in pairs(512, 256, 128, 64, 3))
    + sum(map(norm, (512, 256, 128, 64))),
    "Discriminator": sum(16 * a * b for a, b in pairs(3, 64, 128, 256, 512, 1))
    + sum(map(norm, (128, 256, 512))),
}

SRCNN = {1: 81 * 64 + 64 * 32 + 25 * 32, 5: 81 * 64 + 25 * 64 * 32 + 25 * 32}
"""By the second window, without the biases: 8,032 and 57,184 in the papers."""

ESPCN = (25 * 64 + 64) + (9 * 64 * 32 + 32) + (9 * 32 * 9 + 9)


def waveform(first: int, *stages: tuple[int, int]) -> int:
    """Dai et al., 2017, table 1: a window of 80 samples, and others of 3."""
    total, into = 80 * first + norm(first), first
    for width, depth in stages:
        for _ in range(depth):
            total += 3 * into * width + norm(width)
            into = width
    return total + dense(into, 10)


PILOTNET = (
    sum(25 * a * b + b for a, b in pairs(3, 24, 36, 48))
    + sum(9 * a * b + b for a, b in pairs(48, 64, 64))
    + sum(dense(a, b) for a, b in pairs(1152, 100, 50, 10, 1))
)


def convnext_v2(widths: Sequence[int], depths: Sequence[int] = (3, 3, 27, 3)) -> int:
    """A stem, a norm and a 2x2 convolution before the other stages, units, a head."""
    total = 48 * widths[0] + widths[0] + norm(widths[0])
    total += sum(norm(a) + 4 * a * b + b for a, b in pairwise(widths))
    for width, depth in zip(widths, depths, strict=True):
        wide = 4 * width
        unit = 49 * width + width + norm(width) + dense(width, wide) + norm(wide)
        total += depth * (unit + dense(wide, width))
    return total + norm(widths[3]) + dense(widths[3], 1000)


def res2net(depths: Sequence[int]) -> int:
    """Gao et al., 2021: four groups of 26 channels in the first stage, three of them convolved."""
    total, into = conv_norm(7, 3, 64), 64
    for stage, depth in enumerate(depths):
        width, out = 26 * 2**stage, 256 * 2**stage
        total += conv_norm(1, into, out)
        for _ in range(depth):
            total += conv_norm(1, into, 4 * width) + 3 * conv_norm(3, width, width)
            total += conv_norm(1, 4 * width, out)
            into = out
    return total + dense(into, 1000)


def excited(depth: int, more: int = 0) -> int:
    """ResNet, in each block a perceptron over its channels, and ``more`` than that."""
    return RESNET[depth] + sum(
        n * (dense(w, w // 16) + dense(w // 16, w) + more)
        for n, w in zip(DEPTHS[depth], (256, 512, 1024, 2048), strict=True)
    )


SPATIAL = 49 * 2 + norm(1)
"""CBAM's 7x7 window over two maps, and its norm."""

DERIVED = {
    **{f"WideResNet{d}_{k}": wide_resnet(d, k) for d, k in [(16, 8), (22, 8), (40, 4)]},
    **{f"WideResNet{d}_{k}": wide_resnet(d, k) for d, k in [(28, 10), (28, 12)]},
    **{
        f"PreActResNet{n}": preact(IMAGENET, depths, deep=n != 18, classes=1000)
        for n, depths in DEPTHS.items()
    },
    "CifarPreActResNet110": preact(CIFAR, (18, 18, 18), deep=False, classes=10),
    "CifarPreActResNet164": preact(CIFAR, (18, 18, 18), deep=True, classes=10),
    "CifarPreActResNet1001": preact(CIFAR, (111, 111, 111), deep=True, classes=10),
    "Darknet19": DARKNET19,
    "Darknet53": DARKNET53,
    "CSPDarknet53": conv_norm(3, 3, 32)
    + sum(cross_stage(*stage) for stage in STAGES)
    + dense(1024, 1000),
    "UNet": UNET,
    **{f"GhostNet{10 * n:03}": ghostnet(n) for n in (5, 10, 13)},
    **{f"RepVGG_{name}": repvgg(*how) for name, how in REPVGGS.items()},
    **{
        f"ShuffleNetG{groups}": shufflenet(groups, width)
        for groups, width in [(1, 144), (2, 200), (3, 240), (4, 272), (8, 384)]
    },
    **DCGAN,
    "SRCNN": SRCNN[1] + 64 + 32 + 1,
    "SRCNN955": SRCNN[5] + 64 + 32 + 1,
    "ESPCN": ESPCN,
    "M3": waveform(256, (256, 1)),
    "M5": waveform(128, (128, 1), (256, 1), (512, 1)),
    "M11": waveform(64, (64, 2), (128, 2), (256, 3), (512, 2)),
    "M18": waveform(64, (64, 4), (128, 4), (256, 4), (512, 4)),
    "PilotNet": PILOTNET,
    **{
        f"ConvNeXtV2{name}": convnext_v2([w, 2 * w, 4 * w, 8 * w], *depths)
        for name, w, *depths in [
            ("Atto", 40, (2, 2, 6, 2)),
            ("Femto", 48, (2, 2, 6, 2)),
            ("Pico", 64, (2, 2, 6, 2)),
            ("Nano", 80, (2, 2, 8, 2)),
            ("Tiny", 96, (3, 3, 9, 3)),
            ("Base", 128),
            ("Large", 192),
            ("Huge", 352),
        ]
    },
    "HRNetW18": hrnet(18),
    **{f"Res2Net{n}": res2net(DEPTHS[n]) for n in (50, 101)},
    **{f"SEResNet{n}": excited(n) for n in RESNET},
    **{f"CBAMResNet{n}": excited(n, SPATIAL) for n in (50, 101)},
}
"""Trained values, by the network."""

FIGURES = {
    "WideResNet16_8": (11.0, DERIVED["WideResNet16_8"]),
    "WideResNet22_8": (17.2, DERIVED["WideResNet22_8"]),
    "WideResNet40_4": (8.9, DERIVED["WideResNet40_4"]),
    "WideResNet28_10": (36.5, DERIVED["WideResNet28_10"]),
    "WideResNet28_12": (52.5, DERIVED["WideResNet28_12"]),
    "CifarPreActResNet110": (1.7, DERIVED["CifarPreActResNet110"]),
    # Without the norms, or it would be 10.3.
    "CifarPreActResNet164": (1.7, DERIVED["CifarPreActResNet164"] - norms_of_preact(18)),
    "CifarPreActResNet1001": (10.2, DERIVED["CifarPreActResNet1001"] - norms_of_preact(111)),
    "CSPDarknet53": (27.6, DERIVED["CSPDarknet53"]),
    "GhostNet050": (2.6, DERIVED["GhostNet050"]),
    "GhostNet100": (5.2, DERIVED["GhostNet100"]),
    "GhostNet130": (7.3, DERIVED["GhostNet130"]),
    # Of the networks that these become.
    **{
        f"RepVGG_{name}": (millions, repvgg(*REPVGGS[name], merged=True))
        for name, millions in {
            "A0": 8.30,
            "A1": 12.78,
            "A2": 25.49,
            "B0": 14.33,
            "B1": 51.82,
            "B1g4": 36.12,
            "B2": 80.31,
            "B2g4": 55.77,
            "B3": 110.96,
            "B3g4": 75.62,
        }.items()
    },
    # Without biases.
    "SRCNN": (0.008032, SRCNN[1]),
    "SRCNN955": (0.057184, SRCNN[5]),
    "M3": (0.2, DERIVED["M3"]),
    "M5": (0.5, DERIVED["M5"]),
    "M11": (1.8, DERIVED["M11"]),
    "M18": (3.7, DERIVED["M18"]),
    "PilotNet": (0.25, DERIVED["PilotNet"]),
    "ConvNeXtV2Atto": (3.7, DERIVED["ConvNeXtV2Atto"]),
    "ConvNeXtV2Femto": (5.2, DERIVED["ConvNeXtV2Femto"]),
    "ConvNeXtV2Pico": (9.1, DERIVED["ConvNeXtV2Pico"]),
    "ConvNeXtV2Nano": (15.6, DERIVED["ConvNeXtV2Nano"]),
    "ConvNeXtV2Tiny": (28.6, DERIVED["ConvNeXtV2Tiny"]),
    "ConvNeXtV2Base": (89, DERIVED["ConvNeXtV2Base"]),
    "ConvNeXtV2Large": (198, DERIVED["ConvNeXtV2Large"]),
    "ConvNeXtV2Huge": (660, DERIVED["ConvNeXtV2Huge"]),
    "HRNetW18": (21.3, DERIVED["HRNetW18"]),
    "Res2Net50": (25.70, DERIVED["Res2Net50"]),
    "Res2Net101": (45.21, DERIVED["Res2Net101"]),
    "SEResNet50": (28.1, DERIVED["SEResNet50"]),
    "SEResNet101": (49.3, DERIVED["SEResNet101"]),
    "SEResNet152": (66.8, DERIVED["SEResNet152"]),
    "CBAMResNet50": (28.09, DERIVED["CBAMResNet50"]),
    "CBAMResNet101": (49.33, DERIVED["CBAMResNet101"]),
}
"""Millions as published, and how many that are here."""

COMPLEXITY = {
    "ShuffleNetG1": 143,
    "ShuffleNetG2": 140,
    "ShuffleNetG3": 137,
    "ShuffleNetG4": 133,
    "ShuffleNetG8": 137,
}
"""Millions of multiply-accumulates, for which the paper chose the widths (table 1)."""

BY_NAME = {entry.network: entry for entry in ENTRIES}


def network(name: str) -> Network:
    found = {n.name: n for n in compiled(BY_NAME[name].card, "torch").module.networks}
    return found[name]


@pytest.mark.parametrize("name", DERIVED)
def test_the_count_is_the_one_worked_out(name: str) -> None:
    assert parameter_count(network(name)) == DERIVED[name]


def test_the_facts_say_the_count() -> None:
    said = {name: BY_NAME[name].facts["parameters"] for name in DERIVED}
    assert said == DERIVED


@pytest.mark.parametrize("name", FIGURES)
def test_the_published_figure_is_the_count_rounded_or_cut_off(name: str) -> None:
    figure, count = FIGURES[name]
    unit = 10 ** (6 - len(str(figure).partition(".")[2]) if isinstance(figure, float) else 6)
    published = round(figure * 1e6 / unit)
    assert published in (count // unit, (2 * count + unit) // (2 * unit))


def test_every_published_figure_of_the_facts_is_compared() -> None:
    published = {name for name in DERIVED if "published" in BY_NAME[name].facts}
    assert published == FIGURES.keys()


@pytest.mark.parametrize("name", COMPLEXITY)
def test_the_products_are_as_many_as_published(name: str) -> None:
    assert round(mac_count(network(name)) / 1e6) == pytest.approx(COMPLEXITY[name], abs=1)
