"""The two modes of a model held against each other: evaluation, and training with more to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnngen.lifting.torch.rules.compound import PRODUCTS
from cnngen.lifting.traced import Join, Output, Step, UnliftableError, Unsaid, What
from cnngen.ops import Identity, Op
from cnngen.ops.noise import Noise


class _Numbering:
    """Equal numbers for values that are worked out alike, in whichever run."""

    def __init__(self) -> None:
        self.known: dict[Any, int] = {}

    def of(self, steps: Sequence[Step]) -> list[int]:
        """The number of each step; what hands on its input in evaluation has that of its input."""
        numbers: list[int] = []
        for step in steps:
            inputs = tuple(numbers[place] for place in step.inputs)
            if isinstance(step.what, (Noise, Identity)):
                numbers.append(inputs[0])
                continue
            if isinstance(step.what, Op) and step.what in PRODUCTS:
                numbers.append(self._product(inputs[0], PRODUCTS[step.what]))
                continue
            name = step.name if step.weights else ""
            weights = tuple(sorted(step.weights.items()))
            numbers.append(self._number(step.what, inputs, name, weights))
        return numbers

    def _product(self, own: int, layers: Sequence[Op]) -> int:
        """An activation that is a product, as training has it where noise stands in between."""
        factor = own
        for layer in layers:
            factor = self._number(layer, (factor,))
        return self._number(Join("multiply"), (own, factor))

    def _number(
        self, what: What, inputs: tuple[int, ...], name: str = "", weights: Any = ()
    ) -> int:
        if isinstance(what, Join) and what.word != "concat" and what.word != "subtract":
            inputs = tuple(sorted(inputs))
        return self.known.setdefault((what, name, weights, inputs), len(self.known))


def both_modes(
    training: Sequence[Step],
    trained: Sequence[Output],
    evaluation: Sequence[Step],
    evaluated: Sequence[Output],
) -> tuple[tuple[Output, ...], tuple[Output, ...]]:
    """What a model returns in both modes, and what in training alone, as steps of training.

    Raises:
        UnliftableError: evaluation works out something else than training does.
    """
    numbering = _Numbering()
    in_training = numbering.of(training)
    in_evaluation = numbering.of(evaluation)
    left = list(trained)
    outputs = []
    for output in evaluated:
        wanted = in_evaluation[output.step]
        alike = [each for each in left if in_training[each.step] == wanted]
        if not alike and any(isinstance(step.what, Unsaid) for step in training):
            alike = left  # what is unsaid is told, and need not be the same
        if not alike:
            raise UnliftableError(_difference(evaluation, in_evaluation, {*in_training}))
        found = next((each for each in alike if each.name == output.name), alike[0])
        left.remove(found)
        outputs.append(output._replace(step=found.step))
    return tuple(outputs), tuple(left)


def _difference(steps: Sequence[Step], numbers: Sequence[int], known: set[int]) -> str:
    for step, number in zip(steps, numbers, strict=True):
        if number not in known:
            what = getattr(step.what, "word", "") or getattr(step.what, "operator", "a function")
            where = f"{step.place}: " if step.place else ""
            named = f" `{step.name}`" if step.name else ""
            why = f" ({step.what.why})" if isinstance(step.what, Unsaid) and step.what.why else ""
            told = f"in evaluation there is `{what}`{named}{why}, which training does not have"
            return where + told
    return "in evaluation the model returns what is no output of it in training"
