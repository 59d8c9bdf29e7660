"""Names that a generated Keras module uses itself."""

from __future__ import annotations

from cnngen.backends.keras.initial import FUNCTIONS

CLASSES = frozenset({"AdaptiveMaxPooling2D", "LocalResponseNorm", "PaddedAveragePooling2D"})
"""Layers that some modules define."""

HELPERS = CLASSES | FUNCTIONS
"""Classes and functions that some modules define."""

GLOBALS = frozenset({"keras", "layers", "ops", "math"}) | HELPERS
"""At the top of the file."""

LOCALS = GLOBALS | {"inputs", "outputs", "x", "name", "in_channels", "i"}
"""In the functions."""

OUTPUTS = frozenset({"main"})
"""What a network with side heads calls its own output in training."""
