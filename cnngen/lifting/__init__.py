"""From a model that exists to a ``.cnn`` file.

Front ends, one for each framework, record a model (:mod:`cnngen.lifting.traced`); what they record
is given its structure back, and is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, Protocol

from cnngen.lifting.traced import Traced
from cnngen.ops import Shape
from cnngen.record import NamedTuple

FRONT_ENDS = {"torch": "cnngen.lifting.torch", "keras": "cnngen.lifting.keras"}
"""By the target that generates for the framework, the package that records its models."""

FILES = {".keras": "keras", ".pt2": "torch"}
"""By their endings, files that hold a model and not only weights: whose they are."""


class Runs(NamedTuple):
    """How a model can be run.

    Attributes:
        trains: whether it has a training mode.
        batch: where it is fixed.
        exact: whether the framework computes it in the type that the model is of.
    """

    trains: bool = True
    batch: int | None = None
    exact: bool = True


class FrontEnd(Protocol):
    """What records the models of one framework.

    ``NAMED`` where the names of layers are the keys of their weights, which are to stay.
    """

    NAMED: bool

    def record(self, model: Any, inputs: Sequence[Shape] | None, *, name: str = "") -> Traced:
        """What a model does.

        Raises:
            UnliftableError: it cannot be recorded at all.
        """
        ...

    def load(self, path: str) -> Any:
        """The model in a file.

        Raises:
            UnliftableError: there is none, or it cannot be loaded safely.
        """
        ...

    def watching(self) -> AbstractContextManager[None]:
        """While it lasts, what models are made with is remembered."""
        ...

    def comparable(self, model: Any, dtype: str) -> tuple[Any, str]:
        """A copy of a model to compare with, of this type where it can be, and its type."""
        ...

    def runs(self, model: Any) -> Runs:
        """How the model can be run to compare it."""
        ...

    def is_double(self, model: Any, *, made: bool) -> bool:
        """Whether its weights are of double precision, but for that it was ``made`` in it here."""
        ...

    def still(self, model: Any, traced: Traced) -> AbstractContextManager[None]:
        """While it lasts, the model does not draw at random in training."""
        ...


def front_end(target: str) -> FrontEnd:
    """What records models of the framework that a target generates for."""
    found: FrontEnd = import_module(FRONT_ENDS[target])
    return found
