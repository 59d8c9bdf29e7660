"""Weights that several layers share: whole layers can be applied again, single weights cannot."""

from __future__ import annotations

from collections.abc import Sequence

from cnngen.lifting.traced import Step, Unsaid
from cnngen.ops import Op
from cnngen.record import NamedTuple


class _Layer(NamedTuple):
    op: Op
    name: str
    weights: frozenset[tuple[str, str]]


def without_shared_weights(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps, where those are unsaid that have a weight of another layer, but are not that one.

    One that has all weights of a layer before it, and its arguments, is that layer once more.
    """
    owners: dict[str, _Layer] = {}
    made: list[Step] = []
    for step in steps:
        layer = _layer(step)
        if layer is not None:
            found = [owners.setdefault(name, layer) for name in step.weights.values()]
            if any((o.op, o.weights) != (layer.op, layer.weights) for o in found):
                other = next(each for each in found if each != layer)
                why = f"it shares weights with `{other.name}`, which is another layer"
                made.append(step._replace(what=Unsaid(layer.op.word, why), weights={}))
                continue
            step = step._replace(name=found[0].name)
        made.append(step)
    return tuple(made)


def _layer(step: Step) -> _Layer | None:
    if not step.weights or not isinstance(step.what, Op):
        return None
    return _Layer(step.what, step.name, frozenset(step.weights.items()))
