"""A network in both of its forms, with the same weights, side by side."""

from __future__ import annotations

from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import torch

from cnngen.backends import backend
from cnngen.choice import Choice
from cnngen.compiler import Result, analyse, written
from cnngen.define.inference import infer
from cnngen.frameworks import framework, to_keys
from cnngen.ir import Network, layers
from cnngen.passes.inference import BY_DEFAULT, Plan, weights_for_inference
from cnngen.passes.verify import verify
from cnngen.reference import Array, evaluate
from cnngen.source import Source
from cnngen.verification.problem import Problem, problem

EXACT = 1e-12
"""Of the largest value: how much outputs may differ in float64."""


class Forms(NamedTuple):
    """A file's networks for training and for inference, in pairs."""

    trained: tuple[Network, ...]
    inferred: tuple[Network, ...]
    plan: Plan


def forms(source: Source, choice: Choice | None = None) -> Forms:
    """Both forms, held against the rules of the IR."""
    result = analyse(source, choice)
    assert result.complete, [d.message for d in result.diagnostics]
    made = infer(result.module.networks, result.defined, BY_DEFAULT)
    for network in made.networks:
        verify(network)
    assert made.defined.inference is not None
    return Forms(result.module.networks, made.networks, made.defined.inference.plan)


def distance(one: Array, other: Array) -> float:
    """The largest difference, of the largest value."""
    return float(np.abs(one - other).max() / max(np.abs(one).max(), 1e-30))


def reference_distance(trained: Network, inferred: Network, plan: Plan, seed: int = 0) -> float:
    """How much the reference's outputs differ, the weights moved as the passes say."""
    given = problem(trained, "float64", 2, seed)
    moved = weights_for_inference(trained, plan, given.weights)
    before = evaluate(trained, given.weights, given.inputs)
    after = evaluate(inferred, moved, given.inputs)
    return max(distance(before[name], after[name]) for name in after)


def torch_forms(source: Source, choice: Choice | None = None) -> tuple[Result, Result, Any, Any]:
    """Both forms compiled, and their modules."""
    choice = choice or Choice()
    target = [backend("torch")]
    result = analyse(source, choice, target)
    training = written(result, target, choice)
    inference = written(result, target, choice._replace(for_inference=True))
    assert inference.complete, [d.message for d in inference.diagnostics]
    of = framework("torch")
    modules = [of.module(result.outputs[0].text) for result in (training, inference)]
    return training, inference, modules[0], modules[1]


def torch_distances(
    source: Source, choice: Choice | None = None, most: int | None = None
) -> dict[str, float]:
    """By network, how much what `from_trained` makes differs from the trained module.

    ``most`` is how many of the file's networks are looked at.
    """
    training, inference, module, inferred = torch_forms(source, choice)
    assert inference.defined.inference is not None
    plan = inference.defined.inference.plan
    found = {}
    pairs = zip(training.module.networks, inference.module.networks, strict=True)
    for network, lowered in islice(pairs, most):
        given = problem(network, "float64", 2)
        model = framework("torch").build(module, network, "float64")
        model.load(given.weights)
        state = model.module.state_dict()  # type: ignore[attr-defined]
        if not any(layer.op.weights(layer.at.input) for _, layer in layers(lowered.body)):
            continue
        made = getattr(inferred, network.name).from_trained(state)
        assert not made.training
        _same_as_by_passes(made, network, lowered, plan, given)
        run = framework("torch").build(inferred, lowered, "float64")
        run.module = made  # type: ignore[attr-defined]
        before, after = model.evaluate(given.inputs), run.evaluate(given.inputs)
        assert before.keys() == after.keys()
        found[network.name] = max(distance(before[name], after[name]) for name in before)
    return found


def _same_as_by_passes(
    made: torch.nn.Module, network: Network, lowered: Network, plan: Plan, given: Problem
) -> None:
    """`from_trained` and the passes make the same weights."""
    wanted = to_keys("torch", lowered, weights_for_inference(network, plan, given.weights))
    own = {name: tensor.numpy() for name, tensor in made.state_dict().items()}
    assert {name for name in own if not name.endswith("num_batches_tracked")} == wanted.keys()
    for name, array in wanted.items():
        assert distance(array, own[name]) < EXACT, name
