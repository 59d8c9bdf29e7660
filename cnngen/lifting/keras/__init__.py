"""Reads models of Keras: what they apply, as a record of :mod:`cnngen.lifting.traced`."""

from cnngen.lifting.keras.loading import load
from cnngen.lifting.keras.recording import record
from cnngen.lifting.keras.variables import variables

__all__ = ["load", "record", "variables"]
