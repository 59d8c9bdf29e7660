"""What a framework does with generated modules, so that one can be held against another.

Arrays go in and come out as the reference has them: maps (N, height, width, channels), vectors
(N, features) with a flattened map's channels first, weights by the layer's path and the weight's
name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any, Protocol

from cnngen.backends.inexact import InexactOps
from cnngen.ir import Network
from cnngen.ops import Op
from cnngen.record import NamedTuple
from cnngen.reference import Array, Inputs, Seen

Key = tuple[str, str]
"""A layer's path and a weight's name."""

Weights = Mapping[str, Mapping[str, Array]]
"""All weights, by path and by name."""

Loss = Callable[[Mapping[str, Array]], tuple[float, dict[str, Array]]]
"""From outputs by name to a number, and to its derivative by each output.

It is worked out in NumPy for every framework, so that what is compared is the network.
"""


class Sgd(NamedTuple):
    """Gradient descent with momentum; the decay is added to the gradient."""

    learning_rate: float = 0.01
    momentum: float = 0.9
    weight_decay: float = 1e-4


class Adam(NamedTuple):
    """Kingma & Ba, 2015, algorithm 1: ``eps`` is added after the correction of the bias."""

    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8


Optimiser = Sgd | Adam


class Step(NamedTuple):
    """A step of training: what it gave before weights moved.

    ``outputs`` are by name, the main one first; ``inputs`` are the gradients of the inputs.
    """

    outputs: dict[str, Array]
    loss: float
    gradients: dict[Key, Array]
    inputs: dict[str, Array]


Move = Callable[[Mapping[Key, Array]], None]
"""Moves a model's weights by their gradients."""


class Curve(NamedTuple):
    """A function at some points: its values and its derivative."""

    values: Array
    slopes: Array


class Owned(NamedTuple):
    """An array of a model: its shape, and whether training changes it."""

    shape: tuple[int, ...]
    trained: bool


class UnfitModelError(Exception):
    """A model of the user's own cannot be compared with; the message says why."""


class Model(Protocol):
    """A network's model in one framework, in one floating type, without dropout.

    Dropout is off because no two frameworks draw alike.
    """

    def load(self, weights: Weights) -> None:
        """Set all weights and statistics."""
        ...

    def weights(self) -> dict[Key, Array]:
        """All weights and statistics that the framework keeps."""
        ...

    def evaluate(self, x: Inputs) -> dict[str, Array]:
        """What it returns in evaluation, by name."""
        ...

    def watch(self, x: Inputs, *, training: bool) -> dict[str, Seen]:
        """What goes through layers, by their paths, of those that can be looked at.

        In training, the statistics are left as they were.
        """
        ...

    def step(self, x: Inputs, loss: Loss) -> Step:
        """Forward and backward in training; batch norms move, weights do not."""
        ...

    def optimiser(self, settings: Optimiser) -> Move:
        """A new optimiser: what moves the weights by given gradients."""
        ...


class Framework(Protocol):
    """A framework that runs what one target generates."""

    target: str
    unbiased_variance: bool
    """Whether batch norms remember the batch's variance as its unbiased estimate."""
    keeps_order: bool
    """Whether what the source applies several times is run in the source's order."""
    holds_lists: bool
    """Whether a generated model holds the layers of a loop in lists, one list after another."""
    inexact: InexactOps
    """Ops whose functions in this framework are not exact in float64, and by how much."""

    def module(self, text: str) -> ModuleType:
        """A generated module in memory."""
        ...

    def made(self, module: ModuleType, network: Network, dtype: str) -> Any:
        """What the generated module's entry makes, as the framework has it."""
        ...

    def initial(self, module: ModuleType, network: Network) -> dict[str, Array]:
        """The weights that a new model starts with, by its names: float32, from one seed."""
        ...

    def build(self, module: ModuleType, network: Network, dtype: str) -> Model:
        """The model that the generated module's entry makes; its weights are arbitrary."""
        ...

    def move_trained(
        self, module: ModuleType, network: Network, model: Model, trained: Model
    ) -> None:
        """Give a model for inference what its module's ``from_trained`` makes of a trained one.

        Args:
            module: the generated module of the model for inference.
            network: what that is of.
            model: the one for inference.
            trained: the one for training.
        """
        ...

    def floats(self, dtype: str) -> AbstractContextManager[None]:
        """While it lasts, new models are of this type."""
        ...

    def exact(self) -> AbstractContextManager[None]:
        """While it lasts, the functions of the ops in ``inexact`` are worked out exactly."""
        ...

    def curve(self, op: Op, x: Array) -> Curve:
        """The framework's function of an op in ``inexact`` at these points, in float64."""
        ...

    def release(self) -> None:
        """Let go of what the framework itself keeps of models that were made."""
        ...

    def recognises(self, thing: object) -> bool:
        """Whether this is a model of this framework."""
        ...

    def try_out(self, thing: Any, network: Network, dtype: str) -> None:
        """Run a model of the user's own once, so that all that it owns is there.

        Raises:
            UnfitModelError: it is of another type, gives another shape than the network, or is
                random in training.
        """
        ...

    def arrays(self, thing: Any) -> dict[str, Owned]:
        """What a model owns, by the framework's own names and in its order.

        Raises:
            UnfitModelError: a name stands for several.
        """
        ...

    def adopt(self, thing: Any, network: Network, dtype: str, names: Mapping[str, str]) -> Model:
        """A model of the user's own, which has been tried out.

        Args:
            thing: the model.
            network: what it is held against.
            dtype: ``float64`` or ``float32``.
            names: the model's own name of each weight, by the name that it has in a generated one.
        """
        ...
