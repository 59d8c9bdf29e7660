"""Records what torchvision's networks are and compute, for ``test_zoo.py`` to compare with.

The tests need no torchvision: the records are committed. To make them anew, with the Python that
runs the tests, from the repository root::

    pip install --no-deps --target build/torchvision torchvision==0.28.0 pillow
    PYTHONPATH=tests:build/torchvision python -m zoo.make_facts

``--no-deps`` keeps the torch that is there. torchvision's compiled operators are for another build
of it and do not load, but the networks are Python and use none of them. Models can be named as
arguments; without any, all are recorded. No weights are downloaded.
"""

from __future__ import annotations

import sys
from typing import Any

import torch

from zoo.networks import AUXILIARY, ZOO
from zoo.recorded import DATA, Record, outputs, parameters, shapes

ARGUMENTS: dict[str, dict[str, Any]] = {
    "googlenet": {"aux_logits": True, "transform_input": False, "init_weights": False}
}

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


def record(torchvision: Any, model: str) -> Record:
    """What there is to say of a model."""
    with torch.device("meta"):
        network = torchvision.models.get_model(model, weights=None, **ARGUMENTS.get(model, {}))
    state = shapes(network)
    return Record(
        model=model,
        torchvision=torchvision.__version__.partition("+")[0],
        parameters=parameters(network),
        state=state,
        outputs=outputs(network, state, AUXILIARY.get(model, ())),
    )


def main() -> None:
    """Write a file for each model that is named, or for all."""
    torchvision = import_torchvision()
    DATA.mkdir(exist_ok=True)
    for model in sys.argv[1:] or ZOO:
        record(torchvision, model).write()
        print(model)


if __name__ == "__main__":
    main()
