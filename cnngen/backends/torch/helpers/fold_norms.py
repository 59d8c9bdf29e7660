"""Batch norms as part of the layers before them."""

from collections.abc import Mapping

from torch import Tensor, nn

from cnngen.backends.torch.helpers.scale_and_shift import scale_and_shift


def fold_norms(
    trained: Mapping[str, Tensor],
    model: nn.Module,
    layers: Mapping[str, str],
    eps: float,
) -> dict[str, Tensor]:
    """The weights for inference: those of batch norms in the layers before them.

    `layers` has the layer's name by the norm's, with `*` for the turn of a loop; in a
    sequence it is the one before.
    """
    weights, own = dict(trained), model.state_dict()
    modules = dict(model.named_modules())
    for key in trained:
        path, _, kind = key.rpartition(".")
        if kind != "running_mean" or key in own:
            continue
        layer = _layer_before(path, layers)
        if f"{layer}.pointwise.weight" in weights:
            layer += ".pointwise"  # the second step of a separable convolution
        if f"{layer}.weight" not in weights:  # the norm has its number by itself
            continue
        weight = weights[f"{layer}.weight"]
        scale, shift = scale_and_shift(weights, path, eps)
        bias = weights.get(f"{layer}.bias", 0)
        weights[f"{layer}.bias"] = shift + bias * scale
        shape = [1] * weight.ndim
        shape[getattr(modules.get(layer), "transposed", False)] = -1
        weights[f"{layer}.weight"] = weight * scale.reshape(shape)
    return weights


def _layer_before(norm: str, layers: Mapping[str, str]) -> str:
    """The path of the layer before a norm; empty where there is none."""
    *block, name = norm.split(".")
    looped = f"{block[-1]}.*" if block and name.isdigit() else ""
    if looped in layers:
        block[-1:] = [layers[looped].replace("*", name)]
    elif name in layers:
        block.append(layers[name])
    elif name.isdigit():
        block.append(str(int(name) - 1))
    else:
        return ""
    return ".".join(block)
