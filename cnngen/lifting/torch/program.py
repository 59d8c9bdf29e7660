"""An exported program (``.pt2``), recorded: its graph is run without numbers, node by node.

The operators are ATen's; most have the names and the arguments of torch's functions, and the rules
are the same. An exported program knows one mode: what it was exported in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind

from cnngen.lifting.torch.arrangement import extents, shape_of
from cnngen.lifting.torch.failures import told
from cnngen.lifting.torch.model import returned
from cnngen.lifting.torch.recorder import BATCH_SIZE, Recorder, Scope
from cnngen.lifting.torch.running import Functions
from cnngen.lifting.torch.scopes import leave
from cnngen.lifting.torch.tidy import tidy
from cnngen.lifting.traced import Call, Module, Traced, UnliftableError
from cnngen.ops import Shape

WEIGHTS = (InputKind.PARAMETER, InputKind.BUFFER, InputKind.CONSTANT_TENSOR)
"""The kinds of placeholders that have numbers of their own."""


def record_program(
    program: ExportedProgram,
    inputs: Sequence[Shape] | None = None,
    *,
    name: str,
) -> Traced:
    """What an exported program does, as a front end records it.

    ``torch.export.load`` itself executes what a file says (it unpickles, and evaluates the sizes):
    the program has to come from a file that one trusts.

    Args:
        program: what is recorded.
        inputs: the shapes of its inputs without the batch, where it leaves sizes open.
        name: of the network.

    Raises:
        UnliftableError: it cannot be recorded at all.
    """
    return _Walk(program, inputs).record(name)


class _Walk:
    def __init__(self, program: ExportedProgram, inputs: Sequence[Shape] | None) -> None:
        self.program = program
        self.given = None if inputs is None else list(inputs)
        self.tensors: dict[fx.Node, Any] = {}
        self.nodes = list(program.graph.nodes)
        self.modules = _modules(program, self.nodes)
        self.recorder = Recorder(
            {**program.constants, **program.state_dict},
            training=any(map(_is_of_training, self.nodes)),
            batch=self._batch(),
            is_exported=True,
        )
        self.functions = Functions(self.recorder)

    def record(self, name: str) -> Traced:
        """Run all nodes, and put together what was recorded."""
        result: Any = None
        with torch.no_grad():
            for node, spec in zip(
                self.nodes, self.program.graph_signature.input_specs, strict=False
            ):
                self._placeholder(node, spec)
            for node in self.nodes:
                if node.op == "call_function":
                    self._call(node)
                elif node.op == "output":
                    self._move_to(())
                    result = self._result(node)
        outputs = returned(self.recorder, result)
        kinds = {
            path: Module(type(module).__name__, _identity(module))
            for path, module in self.modules.items()
        }
        made = Traced(name, tuple(self.recorder.steps), outputs, (), kinds)
        return tidy(made)

    def _batch(self) -> int:
        specs = self.program.graph_signature.input_specs
        for node, spec in zip(self.nodes, specs, strict=False):
            if spec.kind is InputKind.USER_INPUT and isinstance(node.meta.get("val"), Tensor):
                size = node.meta["val"].shape[0] if node.meta["val"].dim() else 1
                return size if isinstance(size, int) else BATCH_SIZE
        raise UnliftableError("the program takes no tensor")

    def _placeholder(self, node: fx.Node, spec: Any) -> None:
        value = node.meta.get("val")
        if not isinstance(value, Tensor):
            self.tensors[node] = value
        elif spec.kind in WEIGHTS:
            tensor: Tensor = torch.empty(tuple(value.shape), dtype=value.dtype, device="meta")
            if spec.kind is InputKind.PARAMETER:
                tensor = nn.Parameter(tensor, requires_grad=False)
            self.tensors[node] = tensor
            self.recorder.hold(iter([(spec.target, tensor)]))
        else:
            shape = self._input_shape(node, value)
            sizes = (self.recorder.batch, *extents(shape))
            tensor = torch.empty(sizes, dtype=value.dtype, device="meta")
            self.recorder.contents[tensor] = self.recorder.input(node.name, shape)
            self.tensors[node] = tensor

    def _input_shape(self, node: fx.Node, value: Tensor) -> Shape:
        if self.given is not None:
            if not self.given:
                raise UnliftableError(f"the program takes `{node.name}` too: say its shape")
            return self.given.pop(0)
        sizes = tuple(value.shape)
        if any(not isinstance(size, int) for size in sizes[1:]):
            raise UnliftableError(f"the size of `{node.name}` is open: say it with --input")
        return shape_of((1, *sizes[1:]))

    def _call(self, node: fx.Node) -> None:
        self._move_to(_stack(node))
        func: Any = node.target
        args, given = fx.node.map_arg((node.args, node.kwargs), self.tensors.__getitem__)
        self.recorder.at = _place(node)
        try:
            if isinstance(func, torch._ops.OpOverload):
                made = _adapted(func.overloadpacket.__name__, args)
                self.tensors[node] = self.functions.called(func, args, given, made)
            elif _is_of_sizes(func):
                self.tensors[node] = func(*args, **given)
            else:
                raise UnliftableError(
                    f"the program calls `{func}`, which is no operator on tensors"
                )
        except UnliftableError:
            raise
        except Exception as error:
            raise told(error) from error
        self.last = node

    def _move_to(self, stack: tuple[Call, ...]) -> None:
        """End the calls that a node is not in, and begin those that it is in."""
        recorder = self.recorder
        while recorder.calls != stack[: len(recorder.calls)]:
            result = self.tensors[self.last]
            self.tensors[self.last] = leave(recorder, recorder.scopes[-1], (), result)
            recorder.scopes = recorder.scopes[:-1]
        for depth in range(len(recorder.calls), len(stack)):
            path = stack[depth].path
            scope = Scope(self.modules[path], path, len(recorder.steps), stack[: depth + 1])
            recorder.scopes = [*recorder.scopes, scope]

    def _result(self, node: fx.Node) -> Any:
        """What the program returns, by the names that its caller sees."""
        results: Any = node.args[0]
        flat = [self.tensors[each] if isinstance(each, fx.Node) else each for each in results]
        kept = flat[len(flat) - len(self.program.graph_signature.user_outputs) :]
        structure = self.program.call_spec.out_spec
        return kept if structure is None else torch.utils._pytree.tree_unflatten(kept, structure)


def _is_of_sizes(func: Any) -> bool:
    """Whether a function takes apart results, or works on sizes: nothing else is called."""
    name, module = getattr(func, "__name__", ""), getattr(func, "__module__", "")
    return module in ("_operator", "math") or (module == "torch" and name.startswith("sym_"))


def _stack(node: fx.Node) -> tuple[Call, ...]:
    """The calls around a node; a key that ends in ``@1`` is that of a module's second call."""
    entries = node.meta.get("nn_module_stack") or {}
    calls = []
    for key, (path, _) in entries.items():
        turn = key.rpartition("@")[2] if "@" in key else "0"
        if path:
            calls.append(Call(path, int(turn) if turn.isdecimal() else 0))
    return tuple(calls)


def _place(node: fx.Node) -> str:
    """The file and the line of the model that a node comes from, as its trace says."""
    lines = [line.strip() for line in (node.meta.get("stack_trace") or "").splitlines()]
    found = [line.split('"') for line in lines if line.startswith('File "')]
    if not found:
        return ""
    _, file, rest = found[-1][:3]
    return f"{file}:{rest.split('line ')[-1].split(',')[0]}"


def _is_of_training(node: fx.Node) -> bool:
    """Whether a node does what is done in training alone."""
    place = SWITCHES.get(_operator(node), len(node.args))
    return place < len(node.args) and node.args[place] is True


def _operator(node: fx.Node) -> str:
    packet = getattr(node.target, "overloadpacket", None)
    return str(packet.__name__).strip("_") if packet else ""


SWITCHES = {"batch_norm": 5, "dropout": 2, "feature_dropout": 2}
"""Which argument of an operator says whether it is run in training."""


def _adapted(name: str, args: Sequence[Any]) -> tuple[Any, ...]:
    """The arguments in the order of the function that the rules know by this name."""
    adapt = ADAPTED.get(name.strip("_"))
    return adapt(*args) if adapt else tuple(args)


ADAPTED: Mapping[str, Callable[..., tuple[Any, ...]]] = {
    "batch_norm": lambda x, w, b, m, v, training, momentum, eps, *_: (
        (x, m, v, w, b, training, momentum, eps)
    ),
    "instance_norm": lambda x, w, b, m, v, own, momentum, eps, *_: (
        (x, m, v, w, b, own, momentum, eps)
    ),
}
"""ATen's operators whose arguments stand in another order than those of torch's functions."""


def _modules(program: ExportedProgram, nodes: Sequence[fx.Node]) -> dict[str, nn.Module]:
    """Stand-ins for the modules that the program was exported from, by path."""
    kinds = {
        path: kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"
        for node in nodes
        for path, kind in (node.meta.get("nn_module_stack") or {}).values()
    }
    made = {path: _stand_in(kind) for path, kind in kinds.items()}
    for path in kinds:
        parent, _, own = path.rpartition(".")
        if parent in made and path:
            made[parent]._modules[own] = made[path]
    for spec in program.graph_signature.input_specs:
        path, _, own = (spec.target or "").rpartition(".")
        if spec.kind is InputKind.PARAMETER and path in made:
            made[path]._parameters[own] = None
        elif spec.kind is InputKind.BUFFER and path in made:
            made[path]._buffers[own] = None
    return made


_REAL: Mapping[str, type[nn.Module]] = {
    f"{kind.__module__}.{kind.__qualname__}": kind for kind in (nn.Sequential, nn.Flatten)
}


def _stand_in(identity: str) -> nn.Module:
    if identity in _REAL:
        return _REAL[identity]()
    module, _, name = identity.rpartition(".")
    made: nn.Module = type(name, (nn.Module,), {"__module__": module})()
    return made


def _identity(module: nn.Module) -> str:
    return f"{type(module).__module__}.{type(module).__qualname__}"
