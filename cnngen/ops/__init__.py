"""The layers: one family per file, each op a dataclass whose fields are its parameters.

``LAYERS`` maps a layer's word to its class.
"""

from cnngen.ops.activation import (
    Activation,
    Celu,
    Elu,
    Gelu,
    Glu,
    HardSigmoid,
    HardSwish,
    HardTanh,
    LeakyRelu,
    LogSigmoid,
    LogSoftmax,
    Mish,
    PRelu,
    Relu,
    Relu6,
    Selu,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from cnngen.ops.base import LAYERS, Axis, Op, OpError, Parameter, Weight, parameters
from cnngen.ops.basic import Dense, Dropout, Flatten, Identity, PadChannels
from cnngen.ops.channels import ChannelMax, ChannelMean, ChannelShuffle
from cnngen.ops.conv import Conv, ConvTranspose, DepthwiseConv
from cnngen.ops.norm import BatchNorm, GroupNorm, LayerNorm, LocalResponseNorm
from cnngen.ops.pool import AvgPool, MaxPool, Pool
from cnngen.ops.resize import Subsample
from cnngen.ops.scaling import LayerScale, Normalize, Offset, Scale
from cnngen.ops.shapes import Map, Shape, Vector, same_size

__all__ = [
    "LAYERS",
    "Activation",
    "AvgPool",
    "Axis",
    "BatchNorm",
    "Celu",
    "ChannelMax",
    "ChannelMean",
    "ChannelShuffle",
    "Conv",
    "ConvTranspose",
    "Dense",
    "DepthwiseConv",
    "Dropout",
    "Elu",
    "Flatten",
    "Gelu",
    "Glu",
    "GroupNorm",
    "HardSigmoid",
    "HardSwish",
    "HardTanh",
    "Identity",
    "LayerNorm",
    "LayerScale",
    "LeakyRelu",
    "LocalResponseNorm",
    "LogSigmoid",
    "LogSoftmax",
    "Map",
    "MaxPool",
    "Mish",
    "Normalize",
    "Offset",
    "Op",
    "OpError",
    "PRelu",
    "PadChannels",
    "Parameter",
    "Pool",
    "Relu",
    "Relu6",
    "Scale",
    "Selu",
    "Shape",
    "Sigmoid",
    "Silu",
    "Softmax",
    "Softplus",
    "Softsign",
    "Subsample",
    "Tanh",
    "Vector",
    "Weight",
    "parameters",
    "same_size",
]
