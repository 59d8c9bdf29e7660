"""The front end for Keras: what models apply is recorded from their symbolic calls."""

from cnngen.lifting.keras.comparing import comparable, is_double, runs, still, watching
from cnngen.lifting.keras.loading import load
from cnngen.lifting.keras.recording import record
from cnngen.lifting.keras.variables import variables

NAMED = False
"""Keras finds weights by position: names of layers are not kept where a block is found."""

__all__ = [
    "NAMED",
    "comparable",
    "is_double",
    "load",
    "record",
    "runs",
    "still",
    "variables",
    "watching",
]
