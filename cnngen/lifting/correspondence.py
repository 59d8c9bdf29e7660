"""Which weight of a model is which of the network that was lifted from it."""

from __future__ import annotations

from collections.abc import Sequence

from cnngen.frameworks import places
from cnngen.ir import Network, layers
from cnngen.lifting.traced import Step
from cnngen.ops import Op


def own_names(target: str, network: Network, weighted: Sequence[Step]) -> dict[str, str]:
    """The model's own name of each weight, by the name that a generated module has for it.

    Args:
        target: of the generated module.
        network: what the lifted text compiles to.
        weighted: the steps with weights, in the order of execution.

    Raises:
        RuntimeError: the network has other layers: a fault of the lifting.
    """
    own = [
        (path, layer) for path, layer in layers(network.body) if layer.op.weights(layer.at.input)
    ]
    if len(own) != len(weighted):
        raise RuntimeError(f"{len(weighted)} layers were lifted, {len(own)} came out")
    steps: dict[str, Step] = {}
    for (path, layer), step in zip(own, weighted, strict=True):
        assert isinstance(step.what, Op)
        same = type(layer.op) is type(step.what) and layer.at.output == step.shape
        if not same or layer.op.weights(layer.at.input) != step.what.weights(layer.at.input):
            raise RuntimeError(f"{path} is another layer than {step.name}")
        steps[path] = step
    return {
        place.name: steps[place.key[0]].weights[place.key[1]] for place in places(target, network)
    }
