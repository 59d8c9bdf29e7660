"""Weights in files: whether they fit a network, and the same weights for another target."""

from cnngen.weights.breaks import network_gone, weights_changed
from cnngen.weights.changes import Change, Kind, changes
from cnngen.weights.conversion import converted, initial_arrays, unlike, widened
from cnngen.weights.fit import Fit, Row, Status, fit, fitted, within
from cnngen.weights.graph import names_by_graph, names_in_file
from cnngen.weights.naming import read_table, renamed_by_table, table_of, without_prefix
from cnngen.weights.order import misplaced, names_in_order, order_alone
from cnngen.weights.parts import Parts, is_in, without
from cnngen.weights.problems import common_prefixes, misfit, mixed, not_weights
from cnngen.weights.separable import under_two_names
from cnngen.weights.sets import chosen_set

__all__ = [
    "Change",
    "Fit",
    "Kind",
    "Parts",
    "Row",
    "Status",
    "changes",
    "chosen_set",
    "common_prefixes",
    "converted",
    "fit",
    "fitted",
    "initial_arrays",
    "is_in",
    "misfit",
    "misplaced",
    "mixed",
    "names_by_graph",
    "names_in_file",
    "names_in_order",
    "network_gone",
    "not_weights",
    "order_alone",
    "read_table",
    "renamed_by_table",
    "table_of",
    "under_two_names",
    "unlike",
    "weights_changed",
    "widened",
    "within",
    "without",
    "without_prefix",
]
