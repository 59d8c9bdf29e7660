"""The filter of a blur."""

import math

import torch
from torch import Tensor


def binomial(sizes: tuple[int, ...]) -> Tensor:
    """A window whose cells count by the binomials of each axis, 1 in all."""
    window = torch.ones(())
    for size in sizes:
        row = [math.comb(size - 1, place) for place in range(size)]
        window = window[..., None] * torch.tensor(row) / 2 ** (size - 1)
    return window
