"""How weights start."""

from torch import nn

from cnngen.backends.torch.helpers.zero_bias import zero_bias


def keras_depthwise(layer: nn.Conv2d) -> nn.Conv2d:
    """As Keras starts a depthwise convolution: it counts the fans in another way."""
    multiplier = layer.out_channels // layer.in_channels
    cells = layer.kernel_size[0] * layer.kernel_size[1]
    bound = (6 / (cells * (layer.in_channels + multiplier))) ** 0.5
    nn.init.uniform_(layer.weight, -bound, bound)
    return zero_bias(layer)
