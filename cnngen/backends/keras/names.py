"""Names that a generated Keras module uses itself."""

from __future__ import annotations

from cnngen.backends.keras.initial import FUNCTIONS

CLASSES = frozenset(
    {"AdaptiveMaxPooling2D", "GlobalResponseNorm", "LayerScale", "LocalResponseNorm"}
    | {"PaddedAveragePooling2D", "SamePadding2D"}
)
"""Layers that some modules define."""

HELPERS = (
    CLASSES
    | FUNCTIONS
    | {
        "celu",
        "channel_shuffle",
        "channels_last_input",
        "hard_sigmoid",
        "normalize",
        "pad_max",
        "pad_max_ceil",
        "divide",
        "round_half_up",
        "round_to",
        "subsample",
        "window_padding",
    }
)
"""Classes and functions that some modules define."""

GLOBALS = (
    frozenset(
        {"keras", "layers", "ops", "math", "count", "partial", "batch_norm", "Any", "Sequence"}
    )
    | HELPERS
)
"""At the top of the file."""

LOCALS = GLOBALS | {"inputs", "outputs", "x", "name", "in_channels"}
"""In the functions."""

OUTPUTS = frozenset({"main"})
"""What a network with side heads calls its own output in training."""
