"""One training step on half a batch in each of torchrun's processes.

It has to be what one process does with the whole batch, in float64.
"""

from __future__ import annotations

import copy
import sys
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from tools import small
from tools.process import watched


def main(names: list[str]) -> None:
    dist.init_process_group("gloo", timeout=timedelta(seconds=60))
    assert dist.get_world_size() == 2
    for name in names:
        print(name)
        check(name)
    small.free_of_cnngen()
    dist.destroy_process_group()


def check(name: str) -> None:
    torch.manual_seed(dist.get_rank())  # the first process's weights are to be everyone's
    model = steady(small.entry(name, "torch")().double().train())
    replicated = DistributedDataParallel(model)
    alone = copy.deepcopy(model)

    x, y = small.batch(8)
    x, y = torch.from_numpy(small.channels_first(x)).double(), torch.from_numpy(y)
    half = slice(dist.get_rank() * 4, dist.get_rank() * 4 + 4)
    found = step(replicated, model, x[half], y[half])
    expected = step(alone, alone, x, y)

    for key in expected:
        torch.testing.assert_close(
            found[key], expected[key], rtol=1e-9, atol=1e-12, msg=f"{key} differs"
        )


def steady(model: nn.Module) -> nn.Module:
    """Without what depends on the whole batch or on chance: batch statistics and dropout."""
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm2d, nn.BatchNorm1d, nn.Dropout)):
            module.eval()
    return model


def step(called: nn.Module, model: nn.Module, x: Any, y: Any) -> dict[str, Any]:
    """A step of gradient descent; the gradients, and the weights after it."""
    result = called(x)
    heads = result if isinstance(result, tuple) else (result,)
    loss: Any = sum(nn.functional.cross_entropy(head, y) for head in heads)
    loss.backward()
    gradients: dict[str, Any] = {
        f"gradient of {key}": parameter.grad for key, parameter in model.named_parameters()
    }
    assert all(gradient.any() for gradient in gradients.values())
    torch.optim.SGD(model.parameters(), 0.1).step()
    return {**gradients, **model.state_dict()}


if __name__ == "__main__":
    watched()
    main(sys.argv[1:])
