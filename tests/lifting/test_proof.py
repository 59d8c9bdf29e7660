"""The proof sees what a lifted network does otherwise, in evaluation or in training alone."""

from __future__ import annotations

import pytest

from cnngen.frameworks import framework
from cnngen.lifting import Runs
from cnngen.lifting.proof import prove
from cnngen.verification.problem import problem
from lifting.round_trip import compiled

MODEL = """network Net {
    input 6x6x3
    conv 4 3x3 pad=1, bn, leaky_relu 0.1
    avgpool 2x2
    flatten, dense 2
}
"""

EVERYTHING = {"outputs in evaluation", "outputs in training", "gradients", "running statistics"}


def differing(text: str, dtype: str) -> set[str]:
    """What differs between the model and a network with the same weights, drawn from a seed."""
    of = framework("torch")
    own, other = compiled(MODEL), compiled(text)
    (network,), (wrong,) = own.module.networks, other.module.networks
    model = of.build(of.module(own.outputs[0].text), network, dtype)
    model.load(problem(network, dtype, 3).weights)
    found = list(prove(wrong, other.outputs[0].text, of, model, dtype, Runs(), {}))
    assert {each.check for each in found} == EVERYTHING
    return {each.check for each in found if not each.holds}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("right", "wrong", "seen"),
    [
        ("bn", "bn", set()),
        ("bn", "bn momentum=0.2", {"running statistics"}),
        ("bn", "bn eps=0.5", EVERYTHING - {"running statistics"}),
        ("leaky_relu 0.1", "leaky_relu 0.9", EVERYTHING - {"running statistics"}),
        ("avgpool", "maxpool", EVERYTHING - {"running statistics"}),
    ],
)
def test_what_is_otherwise_is_seen(right: str, wrong: str, seen: set[str], dtype: str) -> None:
    assert differing(MODEL.replace(right, wrong), dtype) == seen
