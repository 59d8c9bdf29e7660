"""PyTorch: runs generated modules, maps channels first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.dropout import _DropoutNd
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from cnngen.backends import backend
from cnngen.backends.inexact import InexactOps
from cnngen.backends.torch.inexact import INEXACT
from cnngen.frameworks.base import (
    Adam,
    Curve,
    Key,
    Loss,
    Move,
    Optimiser,
    Owned,
    Step,
    UnfitModelError,
    Weights,
)
from cnngen.frameworks.layout import complete, from_keys, gradients_to_keys, places, to_keys
from cnngen.frameworks.modules import module_of
from cnngen.frameworks.outputs import by_name, names_of
from cnngen.frameworks.trial import RANDOM, check_outputs, trial_inputs
from cnngen.ir import Network, layers, outputs
from cnngen.ops import Celu, HardSigmoid, Op, Softplus
from cnngen.reference import Array, Inputs, Seen, named_inputs

COUNTER = "num_batches_tracked"
"""A batch norm's buffer that is no statistic."""


class TorchModel:
    """See :class:`cnngen.frameworks.base.Model`.

    ``parts`` are the submodules that stand for layers, by the layers' paths.
    """

    def __init__(
        self,
        module: nn.Module,
        network: Network,
        dtype: str,
        names: Mapping[str, str],
        parts: Mapping[str, nn.Module],
    ) -> None:
        self.module = module.to(getattr(torch, dtype)).eval()
        self.network = network
        self.dtype = dtype
        self.names = names
        self.parts = parts
        for part in self.module.modules():
            if isinstance(part, _DropoutNd):
                part.p = 0.0
        drawing = {path for path, layer in layers(network.body) if layer.op.draws}
        for path in drawing & parts.keys():
            _stay_in_evaluation(parts[path])

    def load(self, weights: Weights) -> None:
        """Set all weights and statistics."""
        own = self._tensors()
        with torch.no_grad():
            for name, array in to_keys("torch", self.network, weights).items():
                own[name].copy_(torch.from_numpy(array))

    def weights(self) -> dict[Key, Array]:
        """All weights and statistics."""
        arrays = {name: tensor.detach().numpy().copy() for name, tensor in self._tensors().items()}
        return from_keys("torch", self.network, arrays)

    def _tensors(self) -> dict[str, Tensor]:
        """What the module owns, by the names of a generated one."""
        own = dict([*self.module.named_parameters(), *self.module.named_buffers()])
        return {name: own[theirs] for name, theirs in self.names.items()}

    def evaluate(self, x: Inputs) -> dict[str, Array]:
        """What it returns in evaluation."""
        with torch.no_grad():
            made = self._outputs(self.module.eval()(*self._inputs(x).values()))
        return {name: from_tensor(y) for name, y in made.items()}

    def _outputs(self, made: Any) -> dict[str, Tensor]:
        return by_name(made, names_of(self.network))

    def trace(self, x: Inputs, *, training: bool) -> dict[str, Array]:
        """The outputs of layers alone; see :meth:`watch`."""
        return {path: seen.output for path, seen in self.watch(x, training=training).items()}

    def watch(self, x: Inputs, *, training: bool) -> dict[str, Seen]:
        """What goes through the layers that are submodules, but for those that run twice."""
        watches = {path: _Watch() for path in self.parts}
        hooks = [
            hook for path, part in self.parts.items() for hook in watches[path].registered(part)
        ]
        try:
            with torch.no_grad(), self._as_before(), _heads(self.module, training):
                self.module(*self._inputs(x).values())
        finally:
            for hook in hooks:
                hook.remove()
        return {path: watch.seen[0] for path, watch in watches.items() if len(watch.seen) == 1}

    @contextmanager
    def _as_before(self) -> Iterator[None]:
        """Statistics are what they were, whatever happens."""
        before = {name: tensor.clone() for name, tensor in self.module.named_buffers()}
        try:
            yield
        finally:
            with torch.no_grad():
                for name, tensor in self.module.named_buffers():
                    tensor.copy_(before[name])

    def step(self, x: Inputs, loss: Loss) -> Step:
        """Forward and backward in training."""
        self.module.train().zero_grad()
        given = {name: y.requires_grad_() for name, y in self._inputs(x).items()}
        outputs = self._outputs(self.module(*given.values()))
        arrays = {name: from_tensor(y) for name, y in outputs.items()}
        value, slopes = loss(arrays)
        torch.autograd.backward(
            list(outputs.values()), [self._tensor(slopes[name]) for name in outputs]
        )
        gradients = {
            name: _gradient(tensor)
            for name, tensor in self._tensors().items()
            if isinstance(tensor, nn.Parameter)
        }
        self.module.zero_grad()
        slopes_in = {name: from_tensor(_slope(tensor)) for name, tensor in given.items()}
        return Step(arrays, value, from_keys("torch", self.network, gradients), slopes_in)

    def optimiser(self, settings: Optimiser) -> Move:
        """The framework's own."""
        if not any(True for _ in self.module.parameters()):
            return lambda _: None
        optimiser = _optimiser(settings, self.module)

        def move(gradients: Mapping[Key, Array]) -> None:
            optimiser.zero_grad()
            own = self._tensors()
            for name, array in gradients_to_keys("torch", self.network, gradients).items():
                if own[name].requires_grad:
                    own[name].grad = torch.from_numpy(array)
            optimiser.step()
            optimiser.zero_grad()

        return move

    def _inputs(self, x: Inputs) -> dict[str, Tensor]:
        """The inputs, in the order in which ``forward`` takes them."""
        given = named_inputs(self.network, x)
        return {name: self._tensor(array) for name, array in given.items()}

    def _tensor(self, x: Array) -> Tensor:
        there = np.moveaxis(x, -1, 1)
        return torch.from_numpy(np.array(there, self.dtype, order="C"))


def from_tensor(y: Tensor) -> Array:
    """A tensor as the reference has it."""
    array: Array = y.detach().numpy()
    return np.moveaxis(array, 1, -1)


class _Watch:
    """Keeps what goes into a module and what comes out, each as it is then.

    The module itself, or one after it, may work in place.
    """

    def __init__(self) -> None:
        self.given: Array | None = None
        self.seen: list[Seen] = []

    def registered(self, part: nn.Module) -> tuple[RemovableHandle, RemovableHandle]:
        """The hooks that do it."""
        return part.register_forward_pre_hook(self._before), part.register_forward_hook(self._after)

    def _before(self, _module: nn.Module, inputs: Any) -> None:
        one = len(inputs) == 1 and isinstance(inputs[0], Tensor)
        self.given = from_tensor(inputs[0].clone()) if one else None

    def _after(self, _module: nn.Module, _inputs: Any, output: Any) -> None:
        if isinstance(output, Tensor):
            self.seen.append(Seen(self.given, from_tensor(output.clone())))


@contextmanager
def _heads(module: nn.Module, training: bool) -> Iterator[None]:
    """Side heads run, also where all layers evaluate."""
    module.train(training)
    module.training = True  # of the network alone, not of what is in it
    try:
        yield
    finally:
        module.eval()


def _slope(tensor: Tensor) -> Tensor:
    return torch.zeros_like(tensor) if tensor.grad is None else tensor.grad


def _gradient(tensor: Tensor) -> Array:
    if tensor.grad is None:
        return np.zeros(tensor.shape, str(tensor.dtype).removeprefix("torch."))
    gradient: Array = tensor.grad.numpy()
    return gradient


def _optimiser(optimiser: Optimiser, module: nn.Module) -> torch.optim.Optimizer:
    if isinstance(optimiser, Adam):
        betas = (optimiser.beta1, optimiser.beta2)
        return torch.optim.Adam(module.parameters(), optimiser.learning_rate, betas, optimiser.eps)
    return torch.optim.SGD(
        module.parameters(),
        optimiser.learning_rate,
        momentum=optimiser.momentum,
        weight_decay=optimiser.weight_decay,
    )


def _stay_in_evaluation(part: nn.Module) -> None:
    """Let a module that draws at random be the identity in training too."""
    part.eval()
    part.train = lambda mode=True: part  # type: ignore[method-assign]


def _hardsigmoid(x: Tensor, inplace: bool = False) -> Tensor:
    return functional.relu6(x + 3) / 6


def _softplus(x: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    return torch.logaddexp(beta * x, torch.zeros_like(x)) / beta


def _celu(x: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    return torch.where(x > 0, x, alpha * torch.expm1(x.clamp(max=0) / alpha))


OWN: Mapping[type[Op], Callable[[Any, Tensor], Tensor]] = {
    Celu: lambda op, x: functional.celu(x, op.alpha),
    HardSigmoid: lambda _, x: functional.hardsigmoid(x),
    Softplus: lambda _, x: functional.softplus(x),
}
"""The framework's functions of the ops that are inexact."""

EXACT: Mapping[Any, Callable[..., Tensor]] = {
    functional.celu: _celu,
    functional.hardsigmoid: _hardsigmoid,
    functional.softplus: _softplus,
}
"""Exact forms of functions of torch, with their arguments."""


class _Exact(TorchFunctionMode):
    """Puts exact forms in the places of torch's functions, wherever they are called from."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run ``func``, or the exact form of it."""
        return EXACT.get(func, func)(*args, **(kwargs or {}))


class TorchFramework:
    """See :class:`cnngen.frameworks.base.Framework`."""

    target = "torch"
    unbiased_variance = True
    keeps_order = True
    holds_lists = True
    inexact: InexactOps = INEXACT

    def module(self, text: str) -> ModuleType:
        """A generated module."""
        return module_of(text, self.target)

    def made(self, module: ModuleType, network: Network, dtype: str) -> Any:
        """An instance of a generated class."""
        return getattr(module, network.name)()

    def initial(self, module: ModuleType, network: Network) -> dict[str, Array]:
        """A new module's state dict, without counters."""
        with torch.random.fork_rng():
            torch.manual_seed(0)
            state = self.made(module, network, "float32").state_dict()
        return {name: of.numpy() for name, of in state.items() if not name.endswith(COUNTER)}

    def build(self, module: ModuleType, network: Network, dtype: str) -> TorchModel:
        """The module of a generated class."""
        made = self.made(module, network, dtype)
        names = complete(self.arrays(made), [place.name for place in places("torch", network)])
        own = dict(made.named_modules())
        called = {path: backend("torch").path(path) for path, _ in layers(network.body)}
        parts = {path: own[name] for path, name in called.items() if name in own}
        return TorchModel(made, network, dtype, names, parts)

    def move_trained(self, module: ModuleType, network: Network, model: Any, trained: Any) -> None:
        """By the class method, which makes another module."""
        made = getattr(module, network.name).from_trained(trained.module.state_dict())
        model.module.load_state_dict(made.state_dict())

    def floats(self, dtype: str) -> AbstractContextManager[None]:
        """Nothing to do: a module is of any type afterwards."""
        return nullcontext()

    def exact(self) -> AbstractContextManager[None]:
        """Calls of the functions are seen by torch before they are run."""
        return _Exact()

    def curve(self, op: Op, x: Array) -> Curve:
        """The function and its derivative, by automatic differentiation."""
        given = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        values = OWN[type(op)](op, given)
        (slopes,) = torch.autograd.grad(values.sum(), given)
        return Curve(values.detach().numpy(), slopes.numpy())

    def release(self) -> None:
        """Nothing to do: torch keeps nothing."""

    def recognises(self, thing: object) -> bool:
        """Whether this is a module."""
        return isinstance(thing, nn.Module)

    def try_out(self, thing: nn.Module, network: Network, dtype: str) -> None:
        """Run a module of the user's own once, in evaluation and twice in training."""
        model = TorchModel(thing, network, dtype, {}, {})
        given = model._inputs(trial_inputs(network)).values()
        with torch.no_grad(), model._as_before():
            check_outputs(model.module(*given), Tensor, network, _sizes)
            model.module.train()
            first, second = (model._outputs(model.module(*given)) for _ in range(2))
            model.module.eval()
        if not all(torch.equal(first[name], second[name]) for name in outputs(network)):
            raise UnfitModelError(RANDOM)

    def arrays(self, thing: nn.Module) -> dict[str, Owned]:
        """The state dict, without counters."""
        trained = {name for name, of in thing.named_parameters() if of.requires_grad}
        once = dict(thing.named_parameters())
        for name, of in thing.named_parameters(remove_duplicate=False):
            if name not in once:
                other = next(n for n, o in once.items() if o is of)
                raise UnfitModelError(f"{other} and {name} are one parameter")
        return {
            name: Owned(tuple(of.shape), name in trained)
            for name, of in thing.state_dict().items()
            if isinstance(of, Tensor) and not name.endswith(COUNTER)
        }

    def adopt(
        self, thing: nn.Module, network: Network, dtype: str, names: Mapping[str, str]
    ) -> TorchModel:
        """A module of the user's own; what stands for a layer is told by the layer's weights."""
        own = dict(thing.named_modules())
        parts = {
            place.key[0]: part
            for place in places("torch", network)
            for part in [own[names[place.name].rpartition(".")[0]]]
            if not any(True for _ in part.children())  # which a bare parameter may stand among
        }
        return TorchModel(thing, network, dtype, names, parts)


def _sizes(y: Tensor) -> tuple[int, ...]:
    return from_tensor(y).shape[1:]


FRAMEWORK = TorchFramework()
