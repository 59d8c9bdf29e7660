"""A convolution with standardised weights."""

from typing import Any

import torch
from torch import Tensor, nn


class StandardizedConv1d(nn.Conv1d):
    """A convolution whose filters have a mean of 0 and a variance of 1."""

    def __init__(self, *args: Any, eps: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.eps = eps

    def _conv_forward(
        self, input: Tensor, weight: Tensor, bias: Tensor | None
    ) -> Tensor:
        variance, mean = torch.var_mean(weight, (1, 2), correction=0, keepdim=True)
        weight = (weight - mean) / torch.sqrt(variance + self.eps)
        output: Tensor = super()._conv_forward(input, weight, bias)
        return output
