"""Batch norms in evaluation."""

import torch
from torch import Tensor


def scale_and_shift(
    weights: dict[str, Tensor], norm: str, eps: float
) -> tuple[Tensor, Tensor]:
    """What a batch norm multiplies by and adds; its weights are taken out."""
    mean = weights.pop(f"{norm}.running_mean")
    variance = weights.pop(f"{norm}.running_var")
    weights.pop(f"{norm}.num_batches_tracked", None)
    scale = weights.pop(f"{norm}.weight", torch.ones_like(mean))
    scale = scale / (variance + eps).sqrt()
    shift = weights.pop(f"{norm}.bias", torch.zeros_like(mean))
    return scale, shift - mean * scale
