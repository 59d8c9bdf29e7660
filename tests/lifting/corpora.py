"""The networks of other projects that ``corpus.py`` lifts, and the sizes at which it does."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from zoo.applications import SIZE, SIZES, applications
from zoo.make_facts import ARGUMENTS, INPUTS, import_torchvision


class Subject(NamedTuple):
    """A network: what SOURCE, ``--set`` and ``--input`` of ``cnngen lift`` are for it."""

    name: str
    place: str
    settings: tuple[str, ...]
    sizes: tuple[str, ...] = ()


INPUT = "64x96x3"
"""Small, and not square, so that an exchange of height and width is seen."""

TRANSFORMERS = ("maxvit", "mvit", "swin", "vit")
"""By the beginning of a model's name, those of torchvision that are no convolutional networks."""

TIMM = {
    "resnet18": INPUT,
    "resnet50d": INPUT,
    "resnetblur50": INPUT,
    "seresnet50": INPUT,
    "ecaresnet50d": INPUT,
    "legacy_seresnext26_32x4d": INPUT,
    "resnest14d": INPUT,
    "skresnet18": INPUT,
    "res2net50_26w_4s": INPUT,
    "resnetv2_50": INPUT,
    "resnetv2_50x1_bit": INPUT,
    "nf_resnet50": INPUT,
    "dm_nfnet_f0": INPUT,
    "densenet121": INPUT,
    "dpn68b": INPUT,
    "dla34": INPUT,
    "vgg11_bn": "224x224x3",
    "xception41": INPUT,
    "legacy_xception": "96x128x3",
    "inception_v4": "96x128x3",
    "inception_resnet_v2": "96x128x3",
    "inception_next_atto": INPUT,
    "nasnetalarge": INPUT,
    "pnasnet5large": INPUT,
    "mobilenetv2_100": INPUT,
    "mobilenetv3_large_100": INPUT,
    "mobilenetv4_conv_small": INPUT,
    "efficientnet_b0": INPUT,
    "tf_efficientnet_b0": INPUT,
    "mnasnet_100": INPUT,
    "fbnetc_100": INPUT,
    "spnasnet_100": INPUT,
    "mixnet_s": INPUT,
    "ghostnet_100": INPUT,
    "ghostnetv2_100": INPUT,
    "hardcorenas_a": INPUT,
    "lcnet_050": INPUT,
    "rexnet_100": INPUT,
    "regnetx_002": INPUT,
    "regnety_002": INPUT,
    "repvgg_a0": INPUT,
    "mobileone_s0": INPUT,
    "repghostnet_050": INPUT,
    "cspdarknet53": INPUT,
    "convnext_atto": INPUT,
    "convnextv2_atto": INPUT,
    "hrnet_w18_small": INPUT,
    "selecsls42": INPUT,
    "ese_vovnet19b_dw": INPUT,
    "starnet_s1": INPUT,
}
"""One or two of each family of convolutional networks, at the least size that it takes."""


def subjects(corpus: str) -> list[Subject]:
    """The networks of a corpus, in the order of its table."""
    return CORPORA[corpus]()


def _torchvision() -> list[Subject]:
    package = import_torchvision()
    models = package.models
    return [
        _of_torchvision(name, module.__name__)
        for module in (models, models.segmentation, models.video)
        for name in models.list_models(module=module)
        if not name.startswith(TRANSFORMERS)
    ]


def _of_torchvision(name: str, module: str) -> Subject:
    given: dict[str, Any] = _by_beginning(name, ARGUMENTS, {})
    settings = tuple(f"{key}={value}" for key, value in given.items())
    own = {start: shape for start, shape in INPUTS.items() if not start.startswith("resnet")}
    shape = _by_beginning(name, own, None)
    size = "x".join(map(str, (*shape[2:], shape[1]))) if shape else INPUT
    return Subject(name, f"{module}:{name}", settings, (size,))


def _by_beginning(name: str, table: dict[str, Any], default: Any) -> Any:
    return next((each for start, each in table.items() if name.startswith(start)), default)


def _timm() -> list[Subject]:
    import_torchvision()
    return [
        Subject(name, "timm:create_model", (f"model_name={name}",), (size,))
        for name, size in TIMM.items()
    ]


def _keras() -> list[Subject]:
    return [_of_keras(of.name, SIZES.get(of.name, SIZE)) for of in applications()]


def _of_keras(name: str, size: int) -> Subject:
    settings = ("weights=None", f"input_shape=({size}, {size}, 3)")
    return Subject(name, f"{keras.applications.__name__}:{name}", settings)


CORPORA = {"torchvision": _torchvision, "keras": _keras, "timm": _timm}
"""By their names, in the order of the document."""
