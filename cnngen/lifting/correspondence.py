"""Which weight of a model is which of the network that was lifted from it."""

from __future__ import annotations

from collections.abc import Sequence

from cnngen.frameworks import places
from cnngen.ir import Layer, Network, layers
from cnngen.lifting.traced import Step
from cnngen.ops import Op, Shape


def own_names(target: str, network: Network, weighted: Sequence[Step]) -> dict[str, str]:
    """The model's own name of each weight, by the name that a generated module has for it.

    Args:
        target: of the generated module.
        network: what the lifted text compiles to.
        weighted: the steps with weights, in the order of execution.

    Raises:
        RuntimeError: the network has other layers: a fault of the lifting.
    """
    own = [(path, own) for path, own in layers(network.body) if own.op.weights(own.at.input)]
    if len(own) != len(weighted):
        raise RuntimeError(f"{len(weighted)} layers were lifted, {len(own)} came out")
    called = _called(target, network)
    named = {frozenset(step.weights.values()): step for step in weighted}
    steps = {path: named[called[path]] for path, _ in own if called[path] in named}
    # Those with another name, in order: both are in the order of execution.
    left = iter([step for step in weighted if step not in steps.values()])
    for path, layer in own:
        step = steps.get(path) or next(left)
        if not _is_alike(layer, step):
            raise RuntimeError(f"{path} is another layer than {step.name}")
        steps[path] = step
    return {
        place.name: steps[place.key[0]].weights[place.key[1]] for place in places(target, network)
    }


def _is_alike(layer: Layer, step: Step) -> bool:
    """Whether a layer is what a step applies; what a vector was flattened from may be lost."""
    assert isinstance(step.what, Op)
    if type(layer.op) is not type(step.what) or str(layer.at.output) != str(step.shape):
        return False
    return _sizes(layer.op, layer.at.input) == _sizes(step.what, layer.at.input)


def _sizes(op: Op, x: Shape) -> list[tuple[str, int]]:
    return [(weight.name, weight.size) for weight in op.weights(x)]


def _called(target: str, network: Network) -> dict[str, frozenset[str]]:
    """The names that a generated module has for the weights of each layer."""
    found: dict[str, set[str]] = {}
    for place in places(target, network):
        found.setdefault(place.key[0], set()).add(place.name)
    return {path: frozenset(names) for path, names in found.items()}
