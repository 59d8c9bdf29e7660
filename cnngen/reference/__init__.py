"""The reference: a NumPy evaluator of the IR, which defines what a network means.

Maps are (N, height, width, channels), vectors (N, features); a flattened map has its channels
first. Nothing that compiles imports NumPy.
"""

from cnngen.reference import (  # noqa: F401 - they register
    activation,
    basic,
    border,
    channels,
    conv,
    noise,
    norm,
    pool,
    resize,
    scaling,
)
from cnngen.reference.evaluate import (
    AllWeights,
    Batch,
    Inputs,
    Seen,
    Training,
    evaluate,
    named_inputs,
    side_heads,
    trace,
    train,
    watch,
)
from cnngen.reference.table import TABLE, Array, Weights, sizes_of
from cnngen.reference.weights import random_weights

__all__ = [
    "TABLE",
    "AllWeights",
    "Array",
    "Batch",
    "Inputs",
    "Seen",
    "Training",
    "Weights",
    "evaluate",
    "named_inputs",
    "random_weights",
    "side_heads",
    "sizes_of",
    "trace",
    "train",
    "watch",
]
