"""A module of torch, recorded: it is run in evaluation and in training, which are compared."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from cnngen.lifting.torch.arrangement import extents
from cnngen.lifting.torch.constructors import arguments_of
from cnngen.lifting.torch.contents import Value, copied
from cnngen.lifting.torch.failures import told
from cnngen.lifting.torch.modes import both_modes
from cnngen.lifting.torch.recorder import BATCH_SIZE, Recorder, UnsayableError
from cnngen.lifting.torch.results import named_results
from cnngen.lifting.torch.running import recording
from cnngen.lifting.torch.tidy import tidy
from cnngen.lifting.traced import Module, Output, Step, Traced, UnliftableError
from cnngen.ops import Shape
from cnngen.record import NamedTuple


class Run(NamedTuple):
    """One run of a model: its steps and what it returned."""

    steps: tuple[Step, ...]
    outputs: tuple[Output, ...]


def record(model: nn.Module, inputs: Sequence[Shape] | None, *, name: str = "") -> Traced:
    """What a model does, as a front end records it.

    The model is run on the device ``meta``: its code runs, but nothing is computed, and neither
    the model nor its mode is changed.

    Args:
        model: what is recorded.
        inputs: the shapes of forward's arguments without the batch, in order.
        name: of the network; that of the model's class if not given.

    Raises:
        UnliftableError: it cannot be recorded at all, with the place in its code.
    """
    _check_kind(model)
    if inputs is None:
        raise UnliftableError("the size of the input is not known: say it with --input")
    names = _argument_names(model, len(inputs))
    shapes = dict(zip(names, inputs, strict=True))
    training = _run(model, shapes, training=True)
    evaluation = _run(model, shapes, training=False)
    outputs, heads = both_modes(training.steps, training.outputs, *evaluation)
    own = name or type(model).__name__
    made = Traced(own, training.steps, outputs, heads, _modules(model))
    return tidy(made)


def _check_kind(model: nn.Module) -> None:
    """UnliftableError where there is no Python to run, or weights have no sizes yet."""
    if isinstance(model, torch.jit.ScriptModule):
        raise UnliftableError("a TorchScript module has no Python to run: lift the model itself")
    for name, tensor in (*model.named_parameters(), *model.named_buffers()):
        if is_lazy(tensor):
            raise UnliftableError(f"`{name}` has no size yet: run the model once before")
    for path, module in model.named_modules():
        if hasattr(module, "_orig_mod"):
            where = f"`{path}`" if path else "the model"
            raise UnliftableError(f"{where} is compiled: lift what was given to torch.compile")


def _argument_names(model: nn.Module, count: int) -> list[str]:
    """The names of forward's first arguments, one for each input."""
    known = list(inspect.signature(model.forward).parameters.values())
    names = [
        each.name
        for each in known
        if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
    ]
    if any(each.kind is each.VAR_POSITIONAL for each in known):
        names += [f"input{place}" for place in range(len(names), count)]
    required = [each.name for each in known if each.name in names and each.default is each.empty]
    if not len(required) <= count <= len(names):
        takes = ", ".join(names) or "nothing"
        raise UnliftableError(f"forward takes {takes}: say the shape of each with --input")
    return names[:count]


def _run(model: nn.Module, shapes: Mapping[str, Shape], *, training: bool) -> Run:
    copy, state = copied(model)
    copy.train(training)
    recorder = Recorder(state, training=training)
    recorder.hold(copy.named_buffers())
    recorder.hold(copy.named_parameters())
    number = next((p.dtype for p in copy.parameters() if p.is_floating_point()), None)
    given = []
    for name, shape in shapes.items():
        sizes = (BATCH_SIZE, *extents(shape))
        tensor = torch.empty(sizes, device="meta", dtype=number or torch.get_default_dtype())
        recorder.contents[tensor] = recorder.input(name, shape)
        given.append(tensor)
    try:
        with recording(recorder, copy):
            result = copy(*given)
    except UnliftableError:
        raise
    except Exception as error:
        raise told(error) from error
    if recorder.refused is not None:
        raise recorder.refused
    outputs = returned(recorder, result)
    return Run(tuple(recorder.steps), outputs)


def returned(recorder: Recorder, result: Any) -> tuple[Output, ...]:
    """What a model returns, each in the usual arrangement.

    Raises:
        UnliftableError: it is no tensor, or none that comes from the input.
    """
    found = named_results(result)
    return tuple(Output(name, _output(recorder, tensor)) for name, tensor in found)


def _output(recorder: Recorder, tensor: Tensor) -> int:
    content = recorder.contents.get(tensor)
    if not isinstance(content, Value):
        raise UnliftableError("the model returns a tensor that does not come from its input")
    try:
        return recorder.settled(content)
    except UnsayableError as error:
        return recorder.unsaid("return", str(error), [content.step], recorder.steps[0].shape)


def _modules(model: nn.Module) -> dict[str, Module]:
    return {
        path: Module(
            type(module).__name__,
            f"{type(module).__module__}.{type(module).__qualname__}",
            arguments_of(module),
        )
        for path, module in model.named_modules()
    }
