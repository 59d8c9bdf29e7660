"""Which of torchvision's networks are among the examples, and under which names."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import torch
from torch import nn

ROOT = Path(__file__).parents[2]


class Example(NamedTuple):
    """A network in a file of ``examples/``, and so in a module of ``generated/torch/``."""

    stem: str
    network: str


ZOO = {
    "alexnet": Example("alexnet", "AlexNetOneTower"),
    "densenet121": Example("densenet", "DenseNet121"),
    "googlenet": Example("googlenet", "GoogLeNetBN"),
    "mobilenet_v2": Example("mobilenet_v2", "MobileNetV2"),
    "resnet18": Example("resnet", "ResNet18"),
    "resnet34": Example("resnet", "ResNet34"),
    "resnet50": Example("resnet", "ResNet50"),
    "resnet101": Example("resnet", "ResNet101"),
    "resnet152": Example("resnet", "ResNet152"),
    "resnext50_32x4d": Example("resnext", "ResNeXt50"),
    "squeezenet1_0": Example("squeezenet", "SqueezeNet"),
    "vgg11": Example("vgg", "VGG11"),
    "vgg11_bn": Example("vgg", "VGG11_BN"),
    "vgg13": Example("vgg", "VGG13"),
    "vgg13_bn": Example("vgg", "VGG13_BN"),
    "vgg16": Example("vgg", "VGG16"),
    "vgg16_bn": Example("vgg", "VGG16_BN"),
    "vgg19": Example("vgg", "VGG19"),
    "vgg19_bn": Example("vgg", "VGG19_BN"),
}
"""By torchvision's name of the model."""

AUXILIARY = {"googlenet": ("aux1", "aux2")}
"""Submodules that give outputs beside the network's own."""


@cache
def module(stem: str) -> ModuleType:
    """The committed torch module of an example."""
    path = ROOT / "generated" / "torch" / f"{stem}_torch.py"
    spec = importlib.util.spec_from_file_location(f"zoo_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def generated(model: str) -> nn.Module:
    """The generated network that is torchvision's ``model``, without memory for its weights."""
    example = ZOO[model]
    with torch.device("meta"):
        network: nn.Module = getattr(module(example.stem), example.network)()
    return network
