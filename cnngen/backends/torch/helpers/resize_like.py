"""The size of another map."""

import torch
from torch import Tensor


def resize_like(x: Tensor, like: Tensor, axes: int = 2) -> Tensor:
    """Along an axis, position i of m is position floor(i n / m) of the input."""
    for axis in range(2, 2 + axes):
        wanted = torch.arange(like.shape[axis], device=x.device)
        x = x.index_select(axis, wanted * x.shape[axis] // like.shape[axis])
    return x
