"""Reads models of Keras: what they apply, as a record of :mod:`cnngen.lifting.traced`."""

from cnngen.lifting.keras.recording import record

__all__ = ["record"]
