"""Names that a generated Keras module uses itself."""

from __future__ import annotations

from cnngen.backends.keras.initial import FUNCTIONS

CLASSES = frozenset(
    {
        "AdaptivePooling",
        "BlurPooling",
        "DilatedMaxPooling",
        "GlobalResponseNorm",
        "LayerScale",
        "LocalResponseNorm",
    }
    | {"PaddedAveragePooling", "ResizeCubic", "ResizeLinear", "SamePadding"}
    | {"StandardizedConv1D", "StandardizedConv2D", "StandardizedConv3D"}
)
"""Layers that some modules define."""

HELPERS = (
    CLASSES
    | FUNCTIONS
    | {
        "average_pool3d",
        "celu",
        "channel_shuffle",
        "channel_slice",
        "fold_ahead",
        "fold_norms",
        "layers_before",
        "layers_behind",
        "layers_beside",
        "layers_gone",
        "layers_in",
        "merge_branches",
        "merge_layers",
        "scale_and_shift",
        "require_channels_last",
        "hard_sigmoid",
        "max_pool3d",
        "normalize",
        "pad_max",
        "pad_max_ceil",
        "pad_max_same",
        "pad_max_sides",
        "pad_reflect",
        "pad_replicate",
        "per_axis",
        "pixel_shuffle",
        "pixel_unshuffle",
        "pool3d",
        "resize_nearest",
        "divide",
        "round_half_up",
        "round_to",
        "sides",
        "same_sides",
        "subsample",
        "trained_layers",
        "weights_of",
        "window_padding",
        "with_weights",
    }
)
"""Classes and functions that some modules define."""

GLOBALS = (
    frozenset(
        {
            "from_trained",
            "keras",
            "layers",
            "ops",
            "math",
            "itertools",
            "count",
            "partial",
            "batch_norm",
            "Any",
            "Callable",
            "Sequence",
            "Shape",
        }
    )
    | HELPERS
)
"""At the top of the file."""

LOCALS = GLOBALS | {"inputs", "outputs", "x", "name", "in_channels", "input_shape", "kwargs"}
"""In the functions."""

OUTPUTS = frozenset({"main"})
"""What a network with side heads calls its own output in training."""


def layer_name(path: str) -> str:
    """The name of a Keras layer: the path, with ``_`` since ``.`` is not welcome everywhere."""
    return path.replace(".", "_")
