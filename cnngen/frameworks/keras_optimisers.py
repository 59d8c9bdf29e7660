"""Optimisers for Keras with the formulas of PyTorch, so that steps can be compared.

Keras adds Adam's epsilon before the bias is corrected, decays weights apart from the gradient, and
keeps momentum and betas in float32. These do as the papers' algorithms and PyTorch do.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from cnngen.frameworks.base import Adam, Optimiser, Sgd


class _Sgd(keras.optimizers.Optimizer):  # type: ignore[misc]
    """Sutskever et al., 2013, with the rate outside of the velocity."""

    def __init__(self, settings: Sgd) -> None:
        super().__init__(settings.learning_rate)
        self.settings = settings

    def build(self, variables: list[Any]) -> None:
        """A velocity for each variable."""
        super().build(variables)
        self.velocities = [self.add_variable_from_reference(v, "velocity") for v in variables]

    def update_step(self, gradient: Any, variable: Any, rate: Any) -> None:
        """With gradient g, decay d, momentum m, rate r: v <- m v + (g + d w); w <- w - r v."""
        velocity = self.velocities[self._get_variable_index(variable)]
        gradient = gradient + self.settings.weight_decay * variable
        moved = self.settings.momentum * velocity + gradient
        self.assign(velocity, moved)
        self.assign_sub(variable, self.settings.learning_rate * moved)


class _Adam(keras.optimizers.Optimizer):  # type: ignore[misc]
    """Kingma & Ba, 2015, algorithm 1."""

    def __init__(self, settings: Adam) -> None:
        super().__init__(settings.learning_rate)
        self.settings = settings
        self.taken: dict[int, int] = {}

    def build(self, variables: list[Any]) -> None:
        """Both moments of each variable."""
        super().build(variables)
        self.first = [self.add_variable_from_reference(v, "first") for v in variables]
        self.second = [self.add_variable_from_reference(v, "second") for v in variables]

    def update_step(self, gradient: Any, variable: Any, rate: Any) -> None:
        """Moments, corrected for their start at zero; epsilon is added to the root."""
        of = self.settings
        index = self._get_variable_index(variable)
        steps = self.taken[index] = self.taken.get(index, 0) + 1
        first = of.beta1 * self.first[index] + (1 - of.beta1) * gradient
        second = of.beta2 * self.second[index] + (1 - of.beta2) * ops.square(gradient)
        self.assign(self.first[index], first)
        self.assign(self.second[index], second)
        root = ops.sqrt(second / (1 - of.beta2**steps)) + of.eps
        self.assign_sub(variable, of.learning_rate * (first / (1 - of.beta1**steps)) / root)


def optimiser_of(settings: Optimiser) -> Any:
    """The Keras optimiser that does what ``settings`` say."""
    return _Adam(settings) if isinstance(settings, Adam) else _Sgd(settings)
