"""Weights in files: whether they fit a network, and the same weights for another target."""

from cnngen.weights.conversion import converted, unlike
from cnngen.weights.fit import Fit, Row, Status, fit
from cnngen.weights.graph import names_by_graph, renamed_by_graph
from cnngen.weights.order import order_alone, renamed_by_order, without
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
    "names_by_graph",
    "not_weights",
    "order_alone",
    "renamed_by_graph",
    "renamed_by_order",
    "unlike",
    "without",
]
