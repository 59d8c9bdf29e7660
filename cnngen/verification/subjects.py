"""The models of one network that are held against each other, and against the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations

from cnngen.frameworks import Framework, Model, Weights
from cnngen.ir import Network, layers
from cnngen.record import NamedTuple
from cnngen.reference import Array, trace, train
from cnngen.verification.differences import Difference, difference
from cnngen.verification.report import Row
from cnngen.verification.tolerances import Limits, limits

REFERENCE = "reference"
"""What the NumPy evaluator is called beside the models."""

Pair = tuple[str, str]


class Subject(NamedTuple):
    """A model, and what runs it."""

    framework: Framework
    model: Model


class Subjects(NamedTuple):
    """A network's models by name, all in one floating type."""

    network: Network
    models: Mapping[str, Subject]
    dtype: str

    def load(self, weights: Weights) -> None:
        """Give all models the same weights."""
        for subject in self.models.values():
            subject.model.load(weights)

    def limits(self, pair: Pair) -> Limits:
        """What is allowed between two of them."""
        frameworks = [self.models[name].framework for name in pair if name != REFERENCE]
        return limits(self.network, frameworks, self.dtype)

    def forward(
        self,
        check: str,
        pair: Pair,
        found: Difference,
        first_layer: Callable[[Pair, float], str],
    ) -> Row:
        """A row for what a forward pass gives; where it fails, with the first layer that does."""
        allowed = self.limits(pair)
        row = Row(check, pair, *found, allowed.forward, why=allowed.why)
        return row if row.holds else row._replace(layer=first_layer(pair, allowed.forward))

    def first_layer(
        self, weights: Weights, x: Array, pair: Pair, limit: float, *, training: bool
    ) -> str:
        """The first layer, in the order of execution, whose outputs are further apart."""
        a, b = (self._traced(name, weights, x, training=training) for name in pair)
        for path, _ in layers(self.network.body):
            if path in a and path in b:
                if a[path].shape != b[path].shape:
                    return path
                if not difference(a[path], b[path]).relative <= limit:
                    return path
        return ""

    def _traced(
        self, name: str, weights: Weights, x: Array, *, training: bool
    ) -> Mapping[str, Array]:
        if name != REFERENCE:
            return self.models[name].model.trace(x, training=training)
        if training:
            return train(self.network, weights, x, traced=True).layers
        return trace(self.network, weights, x)


def pairs(names: Mapping[str, object]) -> Iterator[Pair]:
    """Each two of them; the second is what the first is measured by."""
    for b, a in combinations(names, 2):
        yield a, b
