"""What moves weights from a trained model to the one for inference."""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.backends.code import INDENT, Call, Raw, dictionary, lay_out, string
from cnngen.backends.keras.names import layer_name
from cnngen.passes.inference import Plan

WEIGHTS, GONE, BESIDE = Raw("weights"), Raw("gone"), Raw("beside")


def from_trained_lines(plan: Plan, needs: set[str]) -> list[str]:
    """The body of ``from_trained``; the helpers that it calls become part of ``needs``."""
    lines: list[str] = []
    for start, call in _steps(plan):
        lines += lay_out(INDENT, start, call)
        needs.add(call.function)
    return lines


def _steps(plan: Plan) -> Iterator[tuple[str, Call]]:
    """The calls, each with what stands before it."""
    model, own = Raw("model"), Raw("own")
    yield "own = ", Call("trained_layers", (model, Raw("trained")))
    yield "weights = ", Call("weights_of", (own,))
    if plan.folded or plan.ahead or plan.sequences or plan.branches:
        yield "gone = ", Call("layers_gone", (model, own))
    if plan.branches:
        yield "beside, gone = ", Call("layers_beside", (model, GONE, _branches(plan)))
    if plan.ahead:  # first, since what is left follows the layers that it becomes part of
        after = {name: Raw(string(layer)) for name, layer in plan.layers_ahead.items()}
        yield "", Call("fold_ahead", (WEIGHTS, GONE, dictionary(after)))
    if plan.folded:
        yield "", Call("fold_norms", (WEIGHTS, GONE))
    if plan.sequences:
        firsts = {name: Raw(string(layer)) for name, layer in plan.firsts.items()}
        yield "", Call("merge_layers", (WEIGHTS, GONE, dictionary(firsts)))
    if plan.branches:
        yield "", Call("merge_branches", (WEIGHTS, BESIDE))
    yield "return ", Call("with_weights", (model, WEIGHTS))


def _branches(plan: Plan) -> Call:
    return dictionary(
        {
            layer_name(name): Call("", tuple(map(string, map(layer_name, others))), brackets="[]")
            for name, others in plan.branches.items()
        }
    )
