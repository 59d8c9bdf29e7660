"""Weights in files: whether they fit a network, and the same weights for another target."""

from cnngen.weights.conversion import converted, unlike
from cnngen.weights.fit import Fit, Row, Status, fit
from cnngen.weights.order import renamed, without
from cnngen.weights.problems import beside, misfit, mixed, not_weights

__all__ = [
    "Fit",
    "Row",
    "Status",
    "beside",
    "converted",
    "fit",
    "misfit",
    "mixed",
    "not_weights",
    "renamed",
    "unlike",
    "without",
]
