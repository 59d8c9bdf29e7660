"""Whether the generated module computes what the model does, from the model's own weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cnngen.frameworks import Framework, Key, Loss, Model, Step
from cnngen.ir import Network
from cnngen.lifting import Runs
from cnngen.record import NamedTuple
from cnngen.reference import Array, Inputs
from cnngen.verification.differences import (
    Difference,
    of_gradients,
    of_outputs,
    worst,
)
from cnngen.verification.losses import goals, loss_weights, squared_error
from cnngen.verification.problem import nested, random_inputs

BATCH = 3
"""Inputs: a batch norm over a single position makes -1 and 1 of two, whatever they are."""

LIMITS = {"float64": 1e-9, "float32": 1e-4}
"""What is allowed of the relative difference, forward; both run the same framework's functions."""

BACKWARD = 1e2
"""By how much rounding counts for more in gradients, which go through all norms twice."""


class Compared(NamedTuple):
    """One comparison: what of, how far apart, and what is allowed of the relative difference."""

    check: str
    found: Difference
    limit: float

    @property
    def holds(self) -> bool:
        """Whether it is allowed; what is no number never is."""
        return self.found.relative <= self.limit


def prove(
    network: Network,
    text: str,
    framework: Framework,
    model: Model,
    dtype: str,
    runs: Runs,
    heads: Mapping[str, str],
) -> Iterator[Compared]:
    """Compare a generated module with the model that it was lifted from.

    The module gets the model's weights. Outputs in evaluation are compared, then those in training
    with dropout left out, gradients, and the statistics that batch norms have afterwards.

    Args:
        network: what was lifted.
        text: the module that is generated from it for the model's framework.
        framework: what runs both.
        model: the user's own, adopted.
        dtype: ``float64`` or ``float32``.
        runs: how the model can be run.
        heads: the names of side heads by those of the model's own outputs.
    """
    made = framework.build(framework.module(text), network, dtype)
    made.load(nested(model.weights()))
    x = random_inputs(network, dtype, runs.batch or BATCH, 1)
    limit = LIMITS[dtype if runs.exact else "float32"]
    expected = model.evaluate(x)
    yield Compared("outputs in evaluation", of_outputs(made.evaluate(x), expected), limit)
    if not runs.trains:
        return
    loss = squared_error(goals(expected, [0, 3]), loss_weights(network))
    ours, theirs = made.step(x, loss), _step(model, x, loss, heads)
    yield Compared("outputs in training", of_outputs(ours.outputs, theirs.outputs), limit)
    gradients = of_gradients(ours.gradients, theirs.gradients)
    yield Compared("gradients", gradients, BACKWARD * limit)
    yield Compared("running statistics", _of_statistics(made, model, ours.gradients), limit)


def _step(model: Model, x: Inputs, loss: Loss, heads: Mapping[str, str]) -> Step:
    """A step of the model, whose outputs have the network's names."""

    def named(outputs: Mapping[str, Array]) -> tuple[float, dict[str, Array]]:
        value, slopes = loss({heads.get(name, name): y for name, y in outputs.items()})
        return value, {name: slopes[heads.get(name, name)] for name in outputs}

    step = model.step(x, named)
    return step._replace(outputs={heads.get(name, name): y for name, y in step.outputs.items()})


def _of_statistics(a: Model, b: Model, trained: Mapping[Key, Array]) -> Difference:
    """Means together, and variances: a mean may be zero but for rounding."""
    ours, theirs = _statistics(a, trained), _statistics(b, trained)
    kinds = {name for _, name in ours}
    return worst([of_gradients(_of(ours, kind), _of(theirs, kind)) for kind in sorted(kinds)])


def _of(statistics: Mapping[Key, Array], kind: str) -> dict[Key, Array]:
    return {key: array for key, array in statistics.items() if key[1] == kind}


def _statistics(model: Model, trained: Mapping[Key, Array]) -> dict[Key, Array]:
    return {key: array for key, array in model.weights().items() if key not in trained}
