"""Small members of the zoo's families are the same network in both targets and in the reference.

What is proven here is what ``cnngen verify --steps 0`` proves: outputs, gradients, statistics of
batch norms. A member is made of the card's own text: where a network has parameters that make it
small, by a variant; on a smaller map, where the card's is that of ImageNet; with fewer units, where
a number in the text says how many.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest

from cnngen.backends import backend
from cnngen.choice import Choice
from cnngen.compiler import compile_source
from cnngen.source import Source
from cnngen.verification import Settings, models_of, verify
from zoo.cards import CARDS, ZOO


class Member(NamedTuple):
    """A network of a card, or a variant that is added to it."""

    network: str
    arguments: str = ""
    """What makes the variant; without any, the network is taken as it is."""
    size: str = ""
    """Of the map in place of the card's."""
    fewer: tuple[tuple[str, str], ...] = ()
    """What stands in the card, and what in its place."""


STAGES = tuple((f"stage {width} ", f"stage {width // 16} ") for width in (64, 128, 256, 512))
LRASPP = (("960", "24"), ("672", "20"), ("480", "20"), ("240", "16"), ("160", "8"), ("112", "8"))
VIDEO = (("[64, 128, 256, 512]", "[4, 6, 8, 10]"),)
DENSE = (("dense 4096", "dense 16"),)
DARKNET = tuple((f"stage {width} 8", f"stage {width // 8} 2") for width in (256, 512))
ROWS = (("width", 4), ("2 * width", 8), ("4 * width", 4))
SHUFFLENET_V2 = tuple((f"stage {width} {n}", f"stage {width} 2") for width, n in ROWS)
SHUFFLENET = (("width 4 groups", "width 2 groups"), ("width 8 groups", "width 2 groups"))

MOBILENET_V3 = (
    "last=24 hidden=32 classes=10 rows=[[3, 16, 16, true, false, 2], [5, 24, 16, false, true, 1]]"
)
HRNET = (("repeat 4", "repeat 1"), ("conv 2048", "conv 64"))
INCEPTION_RESNET = tuple((f"repeat {n} {{", "repeat 1 {") for n in (10, 20, 9))
XCEPTION = (("repeat 8 {", "repeat 1 {"), ("728", "24"), ("1024", "32"), ("1536", "40"))

MEMBERS: dict[str, tuple[Member, ...]] = {
    "alexnet": (Member("AlexNet", size="80x80", fewer=DENSE),),
    "cbam": (Member("CBAMResNet", "depths=[1, 1, 1, 1] classes=10", "40x48"),),
    "convnext": (Member("ConvNeXt", "depths=[1, 1, 2] widths=[6, 8, 10] drop=0.1 classes=10"),),
    "convnext_v2": (
        Member("ConvNeXtV2", "depths=[1, 2, 1, 1] widths=[8, 16, 24, 32] classes=10", "64x96"),
    ),
    "cspdarknet": (Member("CSPDarknet53", size="32x64", fewer=DARKNET),),
    "darknet": (
        Member("Darknet19", size="32x64"),
        Member("Darknet53", size="32x64", fewer=DARKNET),
    ),
    "dcgan": (Member("Generator", "width=8 noise=10"), Member("Discriminator", "width=8")),
    "deeplabv3": (
        Member(
            "DeepLabV3", "depths=[1, 1, 1, 2] classes=3", "32x40", (*STAGES, ("conv 256", "conv 8"))
        ),
    ),
    "densenet": (Member("DenseNet", "depths=[1, 2, 1, 1] growth=8 classes=10", "40x64"),),
    "efficientnet": (
        Member(
            "EfficientNet",
            "width=0.25 depth=0.5 size=64 dropout=0.2 eps=0.001 momentum=0.1 classes=10",
        ),
    ),
    "efficientnet_v2": (
        Member(
            "EfficientNetV2",
            "widths=[8, 8, 12, 16, 16, 20] depths=[1, 1, 2, 1, 2, 1] size=64 dropout=0 classes=10",
        ),
    ),
    "espcn": (Member("ESPCN", "factor=2"), Member("ESPCN")),
    "fcn": (Member("FCN", "depths=[1, 1, 1, 2] classes=3", "32x40", STAGES),),
    "ghostnet": (Member("GhostNet", "scale=0.25 classes=10", "64x96"),),
    "googlenet": (Member("GoogLeNet", "classes=10", "64x64"),),
    "hrnet": (Member("HRNet", "width=4 classes=10", "64x64", HRNET),),
    "inception_resnet_v2": (Member("InceptionResNetV2", "classes=10", "75x75", INCEPTION_RESNET),),
    "keras_convnext": (
        Member("ConvNeXt", "depths=[1, 2, 1, 1] widths=[8, 16, 24, 32] classes=10", "64x96"),
    ),
    "keras_densenet": (Member("DenseNet", "depths=[1, 2, 1, 1] growth=8 classes=10", "40x64"),),
    "keras_efficientnet": (
        Member("EfficientNet", "width=0.25 depth=0.5 size=64 dropout=0.2 classes=10"),
    ),
    "keras_efficientnet_v2": (
        Member(
            "EfficientNetV2",
            "first=8 widths=[8, 8, 16, 16] depths=[1, 2, 1, 2] size=64 standardize=true classes=10",
        ),
    ),
    "keras_inception_v3": (Member("InceptionV3", "classes=10", "75x75"),),
    "keras_mobilenet_v2": (Member("MobileNetV2", "scale=0.25 classes=10", "32x64"),),
    "keras_mobilenet_v3": (Member("MobileNetV3", MOBILENET_V3, "32x64"),),
    "keras_resnet": (Member("ResNet", "depths=[1, 2, 1, 1] classes=10", "40x48"),),
    "lraspp": (Member("LRASPPMobileNetV3Large", "classes=3 width=16", "32x64", LRASPP),),
    "m5": (
        Member("RawWaveform", "width=4 stages=[[6, 1], [8, 2]]", "4001"),
        Member("RawWaveform", "width=4 stages=[[4, 1], [6, 1], [8, 2], [10, 1]]", "4001"),
    ),
    "mnasnet": (Member("MnasNet", "scale=0.25 classes=10", "32x64"),),
    "mobilenet": (Member("MobileNet", "scale=0.25 classes=10", "32x64"),),
    "mobilenet_v2": (Member("MobileNetV2", "scale=0.25 classes=10", "32x64"),),
    "mobilenet_v3": (Member("MobileNetV3", MOBILENET_V3, "32x64"),),
    "nasnet": (
        Member("NASNet", "stem=8 filters=8 depth=1 size=64 odd=[1, 0, 0, 0] skip=false classes=10"),
    ),
    "pilotnet": (Member("PilotNet"),),
    "preact_resnet": (
        Member("PreActResNet", "depths=[1, 2, 1, 1] classes=10", "40x48"),
        Member("CifarPreActResNet", "n=2 deep=false"),
    ),
    "regnet": (
        Member("RegNet", "group=4 depths=[1, 2] widths=[8, 16] excites=false classes=10"),
        Member("RegNet", "group=8 depths=[1, 2] widths=[8, 16] excites=true classes=10"),
    ),
    "repvgg": (Member("RepVGG", "depths=[1, 3, 2, 1] a=0.25 b=0.5 groups=4 classes=10", "64x96"),),
    "res2net": (Member("Res2Net", "depths=[1, 2, 1, 1] width=4 classes=10", "40x48"),),
    "resnet": (
        Member("ResNet", "depths=[1, 2, 1, 1] classes=10", "40x48"),
        Member("ResNet", "depths=[1, 2, 1, 1] deep=false classes=10", "40x48"),
    ),
    "resnet_fpn": (Member("ResNetFPN", "depths=[1, 1, 1, 1] width=16", "64x96", STAGES),),
    "resnet_v2": (Member("ResNetV2", "depths=[2, 2, 3, 2] classes=10", "40x48"),),
    "resnext": (Member("ResNeXt", "depths=[1, 1, 1, 1] groups=4 widen=1 classes=10", "40x48"),),
    "s3d": (Member("S3D", "classes=10", "16x48x64", (("2x7x7", "2x1x2"),)),),
    "se_resnet": (Member("SEResNet", "depths=[1, 2, 1, 1] classes=10", "40x48"),),
    "shufflenet": (Member("ShuffleNet", "groups=3 width=60 classes=10", "40x64", SHUFFLENET),),
    "shufflenet_v2": (
        Member("ShuffleNetV2", "width=8 last=32 classes=10", "32x64", SHUFFLENET_V2),
    ),
    "squeezenet": (
        Member("SqueezeNet", "first=8 kernel=3 stages=[[4, 4], [8], [8]] classes=10", "64x64"),
    ),
    "srcnn": (Member("SRCNN", "size=20"), Member("SRCNN", "size=20 window=5")),
    "unet": (Member("UNet", "size=188 width=4"),),
    "vgg": (Member("VGG", "depths=[1, 1, 2, 1, 1] norm=true classes=10", "32x32", DENSE),),
    "video_resnet": (
        Member("VideoResNet", "times=[3, 1, 3, 1] classes=10", "5x32x40", VIDEO),
        Member("VideoResNet", "times=[3, 3, 3, 3] factors=true classes=10", "5x32x40", VIDEO),
    ),
    "wide_resnet": (Member("WideResNet", "depths=[1, 1, 1, 1] classes=10", "40x48"),),
    "wide_resnet_cifar": (Member("WideResNet", "depth=16 widen=1"),),
    "xception": (Member("Xception", "classes=10", "71x71", XCEPTION),),
}
"""By the card."""

QUICK = Settings(batch=3, steps=0)


def source(card: str, member: Member) -> Source:
    """The card with the variant at its end."""
    text = (ZOO / f"{card}.cnn").read_text(encoding="utf-8")
    if member.size:
        text = re.sub(r" +->[^#\n]*", "", text)  # what is stated is for the card's size
        text, found = re.subn(
            r"(?m)^(    (?:\w+: )?input) \d+(?:x\d+)*(x\d+)$", rf"\1 {member.size}\2", text
        )
        assert found
    for what, instead in member.fewer:
        assert what in text
        text = text.replace(what, instead)
    if member.arguments:
        text += f"\nnetwork Member = {member.network} {member.arguments}\n"
    return Source(f"{card}.cnn", text)


@pytest.mark.zoo
@pytest.mark.parametrize(
    ("card", "member"),
    [
        pytest.param(card, member, id=f"{card}-{member.network}-{at}")
        for card, members in MEMBERS.items()
        for at, member in enumerate(members)
    ],
)
def test_a_small_member_is_the_same_everywhere(card: str, member: Member) -> None:
    both = [backend("torch"), backend("keras")]
    name = "Member" if member.arguments else member.network
    result = compile_source(source(card, member), both, Choice(network=name))
    assert not result.diagnostics, [d.message for d in result.diagnostics]
    (network,) = result.module.networks
    texts = {output.target: output.text for output in result.outputs}
    report = verify(network, models_of(network, texts, QUICK.dtype), QUICK)
    assert report.holds, [row for row in report.rows if not row.holds]


def test_every_card_has_a_member() -> None:
    """What is left out is said in ``LEFT``, and why."""
    assert sorted([*MEMBERS, *LEFT]) == sorted(CARDS)


LEFT: dict[str, str] = {
    "inception_v3": "its side head takes no smaller image than 299x299: test_torchvision.py",
}
"""Cards without a member here, and where they are proven."""
