"""What an output can be trained on; each target has a function for each of these."""

from __future__ import annotations

LOSSES = {
    "binary_cross_entropy": "yes or no for each element; the output are logits, targets 0 or 1",
    "cross_entropy": "one class out of the channels; the output are logits, targets class numbers",
    "huber": "squared error up to 1, absolute error beyond (Girshick, 2015, equation 3)",
    "mae": "mean absolute error",
    "mse": "mean squared error",
}
"""The words that ``loss=`` takes, and what each is: means over the batch and all elements."""
