"""Runs a model on the device ``meta``, and records the functions and modules that it calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

import cnngen.lifting.torch.rules  # noqa: F401 - its files fill the table
from cnngen.lifting.torch.constants import follow, numbers
from cnngen.lifting.torch.contents import Value, tensors_in
from cnngen.lifting.torch.functions import apply, plain_name
from cnngen.lifting.torch.leaves import apply_leaf, leaf
from cnngen.lifting.torch.recorder import Recorder, Scope
from cnngen.lifting.torch.scopes import leave
from cnngen.lifting.traced import Call

READS = frozenset(
    ("bool", "float", "int", "index", "complex", "item", "tolist", "numpy", "array", "equal")
)
"""What gives Python a tensor's numbers, by plain names."""


class Functions(TorchFunctionMode):
    """Sees each function that is called on tensors, and records it."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run the function, and tell what its results are."""
        return self.called(func, args, dict(kwargs or {}))

    def called(
        self,
        func: Callable[..., Any],
        args: Sequence[Any],
        given: Mapping[str, Any],
        shown: Sequence[Any] | None = None,
    ) -> Any:
        """The same; ``shown`` are the arguments as the rules know them, where these differ."""
        name = plain_name(func)
        if name in READS and any(True for _ in tensors_in(args)):
            return self._read(name, func, args)
        takes_values = self._takes_values(args, given)
        if takes_values and name == "data":
            raise self.recorder.refuse("`.data` lets a tensor be changed unseen")
        result = func(*args, **given)
        if takes_values and (name == "setitem" or any(True for _ in tensors_in(result))):
            apply(self.recorder, name, args if shown is None else shown, given, result)
        elif not takes_values:
            follow(self.recorder, name, func, args, given, result)
        return result

    def _takes_values(self, args: Sequence[Any], given: Mapping[str, Any]) -> bool:
        contents = self.recorder.contents
        found = [
            tensor
            for tensor in tensors_in((args, given))
            if isinstance(contents.get(tensor), Value)
        ]
        if any(contents.is_stale(tensor) for tensor in found):
            raise self.recorder.refuse(
                "it reads a tensor whose memory an in-place operator has changed through another "
                "one: what it holds then is not followed"
            )
        return bool(found)

    def _read(self, name: str, func: Callable[..., Any], args: Sequence[Any]) -> Any:
        tensor, *others = args
        known = numbers(self.recorder, tensor)
        if known is not None:
            return func(known, *others)
        raise self.recorder.refuse(
            f"`{name}` reads the numbers of a tensor while the model runs: which layers there are "
            "cannot depend on data"
        )


class Modules:
    """Stands for ``nn.Module.__call__``: opens a scope for each module of the model."""

    def __init__(self, recorder: Recorder, model: nn.Module) -> None:
        self.recorder = recorder
        recorder.scopes = [Scope(model, "", 0, ())]
        self.paths = {id(module): path for path, module in model.named_modules()}
        self.turns: dict[str, int] = {}

    def call(
        self, plain: Callable[..., Any], module: nn.Module, args: Sequence[Any], given: Any
    ) -> Any:
        """Call a module inside of a scope of its own."""
        path = self.paths.get(id(module))
        if not path:  # the model itself, or a module that forward makes
            return plain(module, *args, **given)
        recorder = self.recorder
        turn = self.turns[path] = self.turns.get(path, -1) + 1
        calls = (*recorder.calls, Call(path, turn))
        scope = Scope(module, path, len(recorder.steps), calls)
        around = recorder.scopes
        recorder.scopes = [*around, scope]
        try:
            result = self._result(plain, module, args, given)
            return leave(recorder, scope, (args, given), result)
        finally:
            recorder.scopes = around

    def _result(
        self, plain: Callable[..., Any], module: nn.Module, args: Sequence[Any], given: Any
    ) -> Any:
        """What a module returns; one that is known as a layer is recorded as that."""
        recorder = self.recorder
        with unrecorded():
            found = None if given else leaf(recorder, module, tuple(args))
            result = plain(module, *args) if found else None
        if found is None:
            return plain(module, *args, **given)
        apply_leaf(recorder, found, module, args[0], result)
        return result


def unrecorded() -> AbstractContextManager[None]:
    """Functions that are called inside of it are not seen."""
    made: AbstractContextManager[None] = torch._C.DisableTorchFunction()
    return made


@contextmanager
def recording(recorder: Recorder, model: nn.Module) -> Iterator[None]:
    """What the model does inside of it is recorded."""
    modules = Modules(recorder, model)
    plain = nn.Module.__call__

    def call(module: nn.Module, *args: Any, **given: Any) -> Any:
        return modules.call(plain, module, args, given)

    nn.Module.__call__ = call  # type: ignore[method-assign]
    try:
        with torch.no_grad(), torch.device("meta"), Functions(recorder):
            yield
    finally:
        nn.Module.__call__ = plain  # type: ignore[method-assign]
