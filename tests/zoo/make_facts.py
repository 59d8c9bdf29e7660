"""Records what torchvision's networks are and compute, for the zoo's tests to compare with.

The tests need no torchvision: the records are committed. To make them anew, with the Python that
runs the tests, from the repository root::

    pip install --no-deps --target build/torchvision torchvision==0.28.0 pillow
    PYTHONPATH=tests:build/torchvision python -m zoo.make_facts

``--no-deps`` keeps the torch that is there. torchvision's compiled operators are for another build
of it and do not load, but the networks are Python and use none of them. Models can be named as
arguments; without any, all that a card of the zoo names are recorded. No weights are downloaded.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from zoo.cards import AUXILIARY, TORCHVISION
from zoo.recorded import Record, outputs, parameters, shapes
from zoo.seeded import Shape, seeded_state

ARGUMENTS: dict[str, dict[str, Any]] = {
    "googlenet": {"aux_logits": True, "transform_input": False, "init_weights": False},
    "inception_v3": {"aux_logits": True, "transform_input": False, "init_weights": False},
    "fcn": {"aux_loss": True, "weights_backbone": None},
    "deeplabv3": {"aux_loss": True, "weights_backbone": None},
    "lraspp": {"weights_backbone": None},
}
"""By the beginning of a model's name."""

INPUT: Shape = (2, 3, 64, 96)
"""Small, and not square, so that an exchange of height and width is seen."""

INPUTS: dict[str, Shape] = {
    # A dense layer fixes the size.
    "alexnet": (2, 3, 224, 224),
    "vgg": (1, 3, 224, 224),
    # The least that the side head takes.
    "inception_v3": (1, 3, 299, 299),
    # Videos: frames come before height and width.
    "r3d_18": (1, 3, 8, 48, 64),
    "mc3_18": (1, 3, 8, 48, 64),
    "r2plus1d_18": (1, 3, 8, 48, 64),
    # The least that its last pool takes.
    "s3d": (1, 3, 14, 224, 224),
    # One of the many at the size of the paper.
    "resnet18": (2, 3, 224, 224),
}
"""By the beginning of a model's name, those of another size."""

GAINS = {"efficientnet_v2": 1.5}
"""By the beginning of a model's name, what weights are seeded with; 2 where nothing is said."""

TOO_LARGE = ("regnet_y_128gf",)
"""Models that are not run: 644 million weights in float64, in torch and in Keras, are 10 GB."""

OPERATORS = ("torchvision::nms", "torchvision::qnms")
"""What torchvision gives a shape function while it is imported, so it must have been declared."""


def import_torchvision() -> Any:
    """The package, with its operators declared if their compiled part does not load."""
    try:
        import torchvision
    except RuntimeError:  # an operator does not exist
        for operator in OPERATORS:
            torch.library.define(operator, "(Tensor boxes, Tensor scores, float iou) -> Tensor")
        import torchvision
    return torchvision


@contextmanager
def without_memory() -> Iterator[None]:
    """New networks are on the device ``meta``; RegNet works out its widths with tensors, though."""
    from torchvision.models.regnet import BlockParams

    widths = BlockParams.from_init_params

    def on_cpu(**given: Any) -> Any:
        with torch.device("cpu"):
            return widths(**given)

    BlockParams.from_init_params = on_cpu
    with torch.device("meta"):
        yield
    BlockParams.from_init_params = widths


def pyramid(trunk: str) -> torch.nn.Module:
    """The trunk of a detector, with the norms of a classifier."""
    from torchvision.models.detection.backbone_utils import resnet_fpn_backbone

    made: torch.nn.Module = resnet_fpn_backbone(
        backbone_name=trunk, weights=None, norm_layer=torch.nn.BatchNorm2d, trainable_layers=5
    )
    return made


def record(torchvision: Any, model: str) -> Record:
    """What there is to say of a model."""
    weights: list[Any] = []
    with without_memory():
        if model.endswith("_fpn"):
            network = pyramid(model.removesuffix("_fpn"))
        else:
            given = (given for start, given in ARGUMENTS.items() if model.startswith(start))
            network = torchvision.models.get_model(model, weights=None, **next(given, {}))
            weights = list(torchvision.models.get_model_weights(model))
    state = shapes(network)
    size = next((size for start, size in INPUTS.items() if model.startswith(start)), INPUT)
    gain = next((gain for start, gain in GAINS.items() if model.startswith(start)), 2.0)
    found = {}
    if model not in TOO_LARGE:
        found = outputs(network, seeded_state(state, gain), size, AUXILIARY.get(model, ()))
    default = torchvision.models.get_model_weights(model).DEFAULT if weights else None
    return Record(
        model=model,
        torchvision=torchvision.__version__.partition("+")[0],
        weights=default.url.rpartition("/")[2] if default else "",
        parameters=parameters(network),
        input=size,
        gain=gain,
        state=state,
        outputs=found,
    )


def main() -> None:
    """Write a file for each model that is named, or for all."""
    torchvision = import_torchvision()
    torch.set_num_threads(1)
    for model in sys.argv[1:] or TORCHVISION:
        record(torchvision, model).write()
        print(model, flush=True)


if __name__ == "__main__":
    main()
