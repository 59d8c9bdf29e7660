"""A convolution in two steps."""

from collections import OrderedDict

from torch import nn


class SeparableConv(nn.Sequential):
    """A depthwise convolution, then one of 1x1 windows, which mixes the channels."""

    def __init__(self, depthwise: nn.Module, pointwise: nn.Module) -> None:
        super().__init__(OrderedDict(depthwise=depthwise, pointwise=pointwise))
