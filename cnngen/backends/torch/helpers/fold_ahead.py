"""Batch norms as part of the layers after them."""

from collections.abc import Mapping

from torch import Tensor, nn

from cnngen.backends.torch.helpers.scale_and_shift import scale_and_shift


def fold_ahead(
    trained: Mapping[str, Tensor],
    model: nn.Module,
    layers: Mapping[str, str],
    eps: float,
) -> dict[str, Tensor]:
    """The weights for inference: those of batch norms in the layers after them.

    `layers` has the layer's name by the norm's.
    """
    weights, own = dict(trained), model.state_dict()
    for key in trained:
        path, _, kind = key.rpartition(".")
        block, dot, name = path.rpartition(".")
        if kind != "running_mean" or key in own or name not in layers:
            continue
        layer = f"{block}{dot}{layers[name]}"
        if f"{layer}.weight" not in weights:  # another one of this name, in a branch
            continue
        weight, bias = weights[f"{layer}.weight"], weights.get(f"{layer}.bias", 0)
        scale, shift = scale_and_shift(weights, path, eps)
        sums = weight.reshape(*weight.shape[:2], -1).sum(2)
        weights[f"{layer}.bias"] = bias + sums @ shift
        weights[f"{layer}.weight"] = weight * scale.reshape(
            -1, *[1] * (weight.ndim - 2)
        )
    return weights
