"""What a network does not take with its own values, whoever makes it can take."""

from __future__ import annotations

import pytest
import torch

from cnngen.source import Source
from inference.forms import EXACT, torch_forms

NORM = """
a: conv 4 3x3
if more { n: bn eps=0.1 }
b: conv 4 3x3, m: bn, relu
"""

BRANCHES = """
e: conv 3 1x1, n: bn
if more {
    k2: conv 3 3x3 pad=1, r: relu
    k3: conv 3 3x3 pad=1
    from r, s: bn eps=0.1
    add k3
}
"""


@pytest.mark.parametrize("body", [NORM, BRANCHES])
@pytest.mark.parametrize("more", [False, True])
def test_a_way_that_is_not_taken(body: str, more: bool) -> None:
    """A norm there that adds something else to the variance stays one."""
    text = f"network Net(more=false) {{\ninput 8x8x3\n{body}\n}}"
    _, _, module, inferred = torch_forms(Source("net.cnn", text))
    trained = module.Net(more=more).double().eval()
    for tensor in trained.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand_like(tensor) + 0.1)
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    expected = trained(x)
    found = inferred.Net.from_trained(trained.state_dict(), more=more)(x)
    assert (found - expected).abs().max() < EXACT * expected.abs().max()
