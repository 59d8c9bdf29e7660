"""What is recorded, without what no output needs."""

from __future__ import annotations

from cnngen.lifting.torch.shared import without_shared_weights
from cnngen.lifting.traced import Input, Output, Step, Traced


def tidy(traced: Traced) -> Traced:
    """The same with the steps that lead to an output, inputs, and the modules around them."""
    traced = traced._replace(steps=without_shared_weights(traced.steps))
    kept = _needed(traced)
    number = {old: new for new, old in enumerate(kept)}
    steps = tuple(
        step._replace(inputs=tuple(number[place] for place in step.inputs))
        for step in (traced.steps[place] for place in kept)
    )

    def moved(outputs: tuple[Output, ...]) -> tuple[Output, ...]:
        return tuple(output._replace(step=number[output.step]) for output in outputs)

    around = _around(steps)
    modules = {path: module for path, module in traced.modules.items() if path in around}
    return traced._replace(
        steps=steps, outputs=moved(traced.outputs), heads=moved(traced.heads), modules=modules
    )


def _needed(traced: Traced) -> list[int]:
    needed = {output.step for output in (*traced.outputs, *traced.heads)}
    for place in reversed(range(len(traced.steps))):
        if isinstance(traced.steps[place].what, Input):
            needed.add(place)
        elif place in needed:
            needed.update(traced.steps[place].inputs)
    return sorted(needed)


def _around(steps: tuple[Step, ...]) -> set[str]:
    """The paths of the modules around the steps; the model's own is empty."""
    paths = {""}
    for step in steps:
        inside = [call.path for call in step.calls]
        for path in (*(f"{each}." for each in inside), step.name):
            parts = path.split(".")
            paths.update(".".join(parts[:count]) for count in range(1, len(parts)))
    return paths
