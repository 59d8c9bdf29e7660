"""The layers: one family per file, each op a dataclass whose fields are its parameters.

``LAYERS`` maps a layer's word to its class.
"""

from cnngen.ops.activation import (
    Activation,
    Elu,
    Gelu,
    HardSigmoid,
    HardSwish,
    LeakyRelu,
    LogSoftmax,
    Mish,
    PRelu,
    Relu,
    Relu6,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Tanh,
)
from cnngen.ops.base import LAYERS, Axis, Op, OpError, Parameter, Weight, parameters
from cnngen.ops.basic import Dense, Dropout, Flatten, Identity, PadChannels
from cnngen.ops.conv import Conv, ConvTranspose, DepthwiseConv
from cnngen.ops.norm import BatchNorm, GroupNorm, LayerNorm, LocalResponseNorm
from cnngen.ops.pool import AvgPool, MaxPool, Pool
from cnngen.ops.product import product_shape
from cnngen.ops.resize import Subsample
from cnngen.ops.shapes import Map, Shape, Vector, same_size

__all__ = [
    "LAYERS",
    "Activation",
    "AvgPool",
    "Axis",
    "BatchNorm",
    "Conv",
    "ConvTranspose",
    "Dense",
    "DepthwiseConv",
    "Dropout",
    "Elu",
    "Flatten",
    "Gelu",
    "GroupNorm",
    "HardSigmoid",
    "HardSwish",
    "Identity",
    "LayerNorm",
    "LeakyRelu",
    "LocalResponseNorm",
    "LogSoftmax",
    "Map",
    "MaxPool",
    "Mish",
    "Op",
    "OpError",
    "PRelu",
    "PadChannels",
    "Parameter",
    "Pool",
    "Relu",
    "Relu6",
    "Shape",
    "Sigmoid",
    "Silu",
    "Softmax",
    "Softplus",
    "Subsample",
    "Tanh",
    "Vector",
    "Weight",
    "parameters",
    "product_shape",
    "same_size",
]
