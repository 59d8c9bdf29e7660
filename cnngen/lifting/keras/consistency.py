"""Layers that are applied several times are the same layer each time."""

from __future__ import annotations

from cnngen.lifting.traced import Step, Traced, Unsaid, What


def consistent(traced: Traced) -> Traced:
    """The record, in which all steps of one name are the same.

    A layer of Keras can do two things: a dense layer is one for vectors and one for maps.
    """
    first: dict[str, What] = {}
    steps = (_same(step, first.setdefault(step.name, step.what)) for step in traced.steps)
    return traced._replace(steps=tuple(steps))


def _same(step: Step, first: What) -> Step:
    if not step.name or step.what == first or isinstance(step.what, Unsaid):
        return step
    if not step.weights:
        return step._replace(name="")
    why = "it is applied to two kinds of values, which are two layers here"
    return step._replace(what=Unsaid(type(step.what).__name__, why), weights={})
