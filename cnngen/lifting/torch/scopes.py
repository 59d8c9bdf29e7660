"""What becomes of a module when its call ends: one layer, or a call that stands around several."""

from __future__ import annotations

from typing import Any, TypeGuard

from torch import Tensor, nn

from cnngen.lifting.torch.arrangement import settling
from cnngen.lifting.torch.contents import Value, tensors_in
from cnngen.lifting.torch.recorder import Recorder, Scope, UnsayableError
from cnngen.lifting.traced import Step, What
from cnngen.ops import ChannelShuffle, Conv, DepthwiseConv, Identity, LayerScale, Pad

GAMMA = "gamma"
"""What a generated `layer_scale` that is a module calls its factors."""


def leave(recorder: Recorder, scope: Scope, given: Any, result: Any) -> Any:
    """End a module's call; returns what stands for its result from here on.

    A module whose call is one layer, with weights of the module's own, is that layer: its step has
    the module's path as its name. One that does nothing is a layer if its siblings are numbered.
    """
    if isinstance(scope.module, (nn.Flatten, nn.Unflatten)) or _is_shuffled(recorder, result):
        result = _settled(recorder, result)
    inside = [
        place
        for place in range(scope.start, len(recorder.steps))
        if recorder.steps[place].calls[: len(scope.calls)] == scope.calls
    ]
    parent = recorder.scopes[-2].module if len(recorder.scopes) > 1 else None
    if not inside and isinstance(parent, nn.Sequential):
        return _identity(recorder, scope, given, result)
    if any(len(recorder.steps[place].calls) > len(scope.calls) for place in inside):
        return result
    own = _own(recorder, scope, inside)
    if own is not None:
        name, layer = own
        _fold_padding(recorder, scope, inside, layer)
        for place in inside:
            step = recorder.steps[place]
            if place == layer:
                step = step._replace(name=name, what=_in_a_module(step.what))
            recorder.steps[place] = step._replace(calls=scope.calls[:-1])
    return result


def _is_shuffled(recorder: Recorder, result: Any) -> bool:
    """Whether a module ends with channels in another order: that is not left to what reads it."""
    content = recorder.contents.get(result) if isinstance(result, Tensor) else None
    if not isinstance(content, Value):
        return False
    found = settling(recorder.steps[content.step].shape, content.dims) or ()
    return [type(op) for op in found] == [ChannelShuffle]


def _settled(recorder: Recorder, result: Any) -> Any:
    """A layer of torch that only shows its input otherwise, as Flatten does, is that layer."""
    content = recorder.contents.get(result) if isinstance(result, Tensor) else None
    if not isinstance(content, Value) or content.dims == recorder.usual(content.step).dims:
        return result
    try:
        step = recorder.settled(content, inside=True)
    except UnsayableError:
        return result
    recorder.contents[result] = recorder.usual(step)
    return result


def _identity(recorder: Recorder, scope: Scope, given: Any, result: Any) -> Any:
    """One of several numbered children that hands on what it gets."""
    content = recorder.contents.get(result) if isinstance(result, Tensor) else None
    taken = [recorder.contents.get(each) for each in tensors_in(given)]
    if not isinstance(content, Value) or content not in taken:
        return result
    step = recorder.applied(Identity(), content.step)
    recorder.steps[step] = recorder.steps[step]._replace(name=scope.path, calls=scope.calls[:-1])
    handed = result.view_as(result)
    recorder.contents[handed] = content._replace(step=step)
    return handed


def _in_a_module(what: What) -> What:
    """A layer that is a module: its weights are no bare parameters of one."""
    return what.replace(bare="none") if isinstance(what, LayerScale) else what


def _is_bare(what: What) -> TypeGuard[LayerScale]:
    return isinstance(what, LayerScale) and what.needs_label


def _own(recorder: Recorder, scope: Scope, inside: list[int]) -> tuple[str, int] | None:
    """The name and the step of the layer that a module is; None where it is not just one."""
    steps = recorder.steps
    own = [place for place in inside if steps[place].weights]
    weighted = [place for place in own if not steps[place].name or _is_bare(steps[place].what)]
    others = [place for place in own if place not in weighted]
    if len(weighted) == 1 and not others:
        name = _owner(recorder, scope, steps[weighted[0]])
        return None if name is None else (name, weighted[0])
    if len(inside) == 1 and not weighted and not others and not scope.module._modules:
        return scope.path, inside[0]
    return None


def _owner(recorder: Recorder, scope: Scope, step: Step) -> str | None:
    """The path of the module whose own weights a step has: another's where they are shared."""
    direct = {*scope.module._parameters, *scope.module._buffers}
    if not direct:
        return None
    owners = {name.rpartition(".")[0] for name in step.weights.values()}
    attributes = {name.rpartition(".")[2] for name in step.weights.values()}
    if _is_bare(step.what) and (attributes, step.what.bare) != ({GAMMA}, "vector"):
        return None
    return owners.pop() if len(owners) == 1 and attributes <= direct else None


def _fold_padding(recorder: Recorder, scope: Scope, inside: list[int], layer: int) -> None:
    """Padding that a convolution's module puts around its input is the convolution's own."""
    if len(inside) != 2 or inside[1] != layer:
        return
    before, after = (recorder.steps[place] for place in inside)
    pad, conv = before.what, after.what
    if not isinstance(pad, Pad) or not isinstance(conv, (Conv, DepthwiseConv)):
        return
    if conv.pad_after is not None or conv.pad == "same" or any(conv.pad):
        return
    around = pad.sides
    padded = conv.replace(
        pad=around.before,
        pad_after=None if around.symmetric else around.after,
        pad_mode=pad.mode,
    )
    x = recorder.steps[before.inputs[0]].shape
    same = conv.replace(pad="same")
    is_called_so = "same" in type(scope.module).__name__.lower() and pad.mode == "zeros"
    if is_called_so and same.pads(getattr(x, "sizes", ())) == around:
        padded = same
    recorder.steps[layer] = after._replace(what=padded, inputs=before.inputs)
