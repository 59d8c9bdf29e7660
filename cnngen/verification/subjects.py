"""The models of one network that are held against each other, and against the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import combinations

from cnngen.backends.inexact import Inexact
from cnngen.frameworks import Framework, Loss, Model, Seen, Step, Weights, give_back
from cnngen.ir import Network, layers
from cnngen.ops import Op
from cnngen.record import NamedTuple
from cnngen.reference import Array, Inputs, watch
from cnngen.verification.differences import Difference, difference
from cnngen.verification.report import Place, Row
from cnngen.verification.tolerances import Limits, limits, rounding

REFERENCE = "reference"
"""What the NumPy evaluator is called beside the models."""

SAME = 0.1
"""The share of what is allowed below which what goes into a layer is the same for certain."""

Pair = tuple[str, str]


class Subject(NamedTuple):
    """A model, and what runs it.

    ``take`` gives it the network's weights where it has other layers with the same result.
    """

    framework: Framework
    model: Model
    take: Callable[[Weights], None] | None = None

    def load(self, weights: Weights) -> None:
        """Give the model the network's weights."""
        (self.take or self.model.load)(weights)

    def evaluate(self, x: Inputs) -> dict[str, Array]:
        """What the model returns in evaluation, by name."""
        made = self.model.evaluate(x)
        give_back()  # what was worked out on the way
        return made

    def step(self, x: Inputs, loss: Loss) -> Step:
        """Forward and backward in training; see :class:`cnngen.frameworks.Model`."""
        made = self.model.step(x, loss)
        give_back()
        return made


class Subjects(NamedTuple):
    """A network's models by name, all in one floating type.

    ``magnified`` is by how much the network's norms magnify rounding.
    """

    network: Network
    models: Mapping[str, Subject]
    dtype: str
    magnified: float = 1.0

    def load(self, weights: Weights) -> None:
        """Give all models the same weights."""
        for subject in self.models.values():
            subject.load(weights)

    def limits(self) -> Limits:
        """What is allowed between two of them."""
        return limits(self.network, self.dtype, self.magnified)

    def inexact(self, framework: Framework) -> dict[Op, Inexact]:
        """The network's ops, each once, whose functions a framework has not exactly."""
        if self.dtype != "float64":
            return {}
        ops = {layer.op for _, layer in layers(self.network.body)}
        found = {op: framework.inexact[type(op)](op) for op in ops if type(op) in framework.inexact}
        return {op: off for op, off in found.items() if off.values or off.gradients}

    @contextmanager
    def exact(self) -> Iterator[None]:
        """While it lasts, all functions of the network are exact in all frameworks.

        In a deep network what one is off by may grow to any size, so that no tolerance is right.
        """
        frameworks = {id(of.framework): of.framework for of in self.models.values()}.values()
        with ExitStack() as stack:
            for framework in frameworks:
                if self.inexact(framework):
                    stack.enter_context(framework.exact())
            yield

    def forward(
        self,
        check: str,
        pair: Pair,
        found: Difference,
        first: Callable[[Pair, float], Place],
        noise: Callable[[], float],
        *,
        diverged: bool,
    ) -> Row:
        """A row for what a forward pass gives; where it fails, with the place of the fault.

        ``noise`` says by how much rounding alone moves it; it takes as long as the reference, and
        is asked for where it matters.
        """
        row = Row(check, pair, *found, self.limits().forward, diverged=diverged)
        if row.verdict == "differs":
            row = row.allowing(max(noise(), rounding(self.dtype, self.magnified)))
        if row.verdict == "differs" and row.limit is not None:
            row = row._replace(place=first(pair, row.limit))
        return row

    def first_place(
        self, weights: Weights, x: Inputs, pair: Pair, limit: float, *, training: bool
    ) -> Place:
        """Where two of them first part, in the order of execution."""
        a, b = (self._watched(name, weights, x, training=training) for name in pair)
        same = ""
        for path, _ in layers(self.network.body):
            if path in a and path in b:
                place = _parting(path, a[path], b[path], limit)
                if place.text:
                    known = f"; {same} is the same" if same and not place.layer else ""
                    return place._replace(text=place.text + known)
                same = path
        return Place()

    def _watched(
        self, name: str, weights: Weights, x: Inputs, *, training: bool
    ) -> Mapping[str, Seen]:
        if name != REFERENCE and self.models[name].take is not None:
            return {}  # layers of the same name need not give the same
        if name != REFERENCE:
            return self.models[name].model.watch(x, training=training)
        return watch(self.network, weights, x, training=training)


def _parting(path: str, a: Seen, b: Seen, limit: float) -> Place:
    """What a layer says of where two models part.

    It is at fault if it makes something else of the same. Where it is given something else, the
    fault is before it, in what could not be looked at.
    """
    before = _apart(a.input, b.input)
    if before is not None and not before <= limit:
        return Place(f"before {path}")
    after = _apart(a.output, b.output)
    if after is not None and after <= limit:
        return Place()
    if before is not None and before <= SAME * limit:
        return Place(f"first in {path}", path)
    return Place(f"in {path} or before it")


def _apart(a: Array | None, b: Array | None) -> float | None:
    """The relative difference; None where the two cannot be compared."""
    if a is None or b is None or a.shape != b.shape:
        return None
    return difference(a, b).relative


def pairs(names: Mapping[str, object]) -> Iterator[Pair]:
    """Each two of them; the second is what the first is measured by."""
    for b, a in combinations(names, 2):
        yield a, b
