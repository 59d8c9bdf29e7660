"""A model made ready to be compared with what was lifted from it: nothing in it draws at random."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import ExportedProgram
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from cnngen.lifting import Runs
from cnngen.lifting.traced import Traced
from cnngen.ops import Op

DRAWING = {
    functional.dropout,
    functional.dropout1d,
    functional.dropout2d,
    functional.dropout3d,
    functional.feature_alpha_dropout,
    functional.alpha_dropout,
    torch.dropout,
    torch.dropout_,
}
"""Functions that give their input back where nothing is drawn."""


class _Still(TorchFunctionMode):
    """Functions that draw are the identity, wherever they are called from."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run ``func``, or give its input back."""
        if func in DRAWING:
            found: Tensor = args[0] if args else (kwargs or {})["input"]
            return found
        return func(*args, **(kwargs or {}))


def comparable(model: nn.Module | ExportedProgram, dtype: str) -> tuple[nn.Module, str]:
    """A copy, of any type that is wanted; of an exported program, the module that runs it."""
    if not isinstance(model, ExportedProgram):
        return copy.deepcopy(model).to(getattr(torch, dtype)), dtype
    module = model.module()
    # It knows one mode, and refuses to be asked for another.
    module.train = module.eval = lambda *_: module  # type: ignore[method-assign,assignment]
    own = {parameter.dtype for parameter in module.parameters()}
    return module, str(own.pop()).removeprefix("torch.") if len(own) == 1 else dtype


def runs(model: nn.Module | ExportedProgram) -> Runs:
    """An exported program knows one mode, and often one size of batch."""
    if not isinstance(model, ExportedProgram):
        return Runs()
    names = {spec.arg.name for spec in model.graph_signature.input_specs if spec.target is None}
    given = [node.meta["val"] for node in model.graph.nodes if node.name in names]
    batch = given[0].shape[0]
    return Runs(trains=False, batch=batch if isinstance(batch, int) else None)


@contextmanager
def still(model: nn.Module, traced: Traced) -> Iterator[None]:
    """While it lasts, the modules that were recorded as drawing are in evaluation."""
    own = dict(model.named_modules())
    drawing = [
        own[step.name]
        for step in traced.steps
        if isinstance(step.what, Op) and step.what.draws and step.name and step.name in own
    ]
    before = [vars(part).get("train") for part in drawing]
    for part in drawing:
        part.eval()
        part.train = lambda mode=True, part=part: part
    try:
        with _Still():
            yield
    finally:
        for part, train in zip(drawing, before, strict=True):
            if train is None:
                vars(part).pop("train", None)


def is_double(model: nn.Module | ExportedProgram, *, made: bool) -> bool:
    """Whether a weight is: torch makes models in their own type, whatever is compared."""
    return any(tensor.dtype == torch.float64 for tensor in model.state_dict().values())
