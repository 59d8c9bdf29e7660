"""Names that a generated torch module uses itself."""

from __future__ import annotations

from cnngen.backends.base import site
from cnngen.backends.torch.initial import FUNCTIONS, is_started
from cnngen.ir import Layer, Module, distinct

OF_AXES = (
    *("BlurPool", "LayerNorm", "RMSNorm", "SameAvgPool", "SameConv", "SameConvTranspose"),
    *("SameStandardizedConv", "StandardizedConv", "PaddedConv", "PaddedStandardizedConv"),
)
"""Helper classes that there are for each number of axes."""

HELPERS = frozenset(
    {f"{name}{axes}d" for name in OF_AXES for axes in (1, 2, 3)}
    | {"Abs", "CellPReLU", "ChannelMax", "ChannelMean", "ChannelShuffle", "ChannelSlice"}
    | {"GlobalResponseNorm", "HardSigmoid"}
    | {"Crop", "DropPath", "GaussianDropout", "GaussianNoise"}
    | {"LayerScale", "LocalResponseNorm3d", "Normalize", "Offset", "Permute"}
    | {"PointwiseLinear", "RMSNorm2d"}
    | {"ResizeNearest", "binomial", "resize_like"}
    | {"SamePad", "Scale", "SeparableConv", "Subsample", "pad_same", "sides"}
    | {"divide", "round_half_up", "round_to", "without_scale", "without_shift"}
    | {
        "fold_ahead",
        "fold_norms",
        "merge_branches",
        "merge_layers",
        "scale_and_shift",
        "zero_bias",
        "zero_scale",
    }
    | FUNCTIONS
)
"""Classes and functions that some modules define."""

GLOBALS = (
    frozenset({"nn", "torch", "functional", "fx", "math", "Tensor", "OrderedDict", "Callable"})
    | {"Any", "ClassVar", "Mapping", "NamedTuple", "Self", "Sequence"}
    | HELPERS
)
"""At the top of the file."""

OF_STARTED = frozenset({"Literal", "TypeVar"})
"""At the top of a file too, where it starts weights as the source says."""

LOCALS = GLOBALS | {"self", "x", "output", "in_channels"}
"""In the class's methods."""

OUTPUTS = frozenset({"main", "loss", "target", "criterion", "count", "index"})
"""Attributes of what a network with side heads returns in training."""

_INHERITED = """
    T_destination add_module append apply bfloat16 buffers call_super_init children compile cpu
    cuda double dump_patches eval extend extra_repr float forward get_buffer get_extra_state
    get_parameter get_submodule half insert ipu load_state_dict modules mtia named_buffers
    named_children named_modules named_parameters parameters pop register_backward_hook
    register_buffer register_forward_hook register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state
    set_submodule share_memory state_dict to to_empty train training type xpu zero_grad
"""

ATTRIBUTES = frozenset(_INHERITED.split())
"""Of ``nn.Module`` and ``nn.Sequential``; a test compares them with the installed torch."""

HELD = ATTRIBUTES | {"clear", "items", "keys", "update", "values"}
"""Of ``nn.ModuleDict``; the same test compares them."""


def at_the_top(module: Module) -> frozenset[str]:
    """The names at the top of the file that is written for these networks."""
    items = (item for network in module.networks for item in distinct(network.body))
    starts = any(isinstance(item, Layer) and is_started(site(item)) for item in items)
    return GLOBALS | OF_STARTED if starts else GLOBALS
