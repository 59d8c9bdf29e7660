"""Models as they are there: modules, and programs that ``torch.export`` wrote to a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.export import ExportedProgram

from cnngen.lifting.torch import model as modules
from cnngen.lifting.torch.program import record_program
from cnngen.lifting.traced import Traced, UnliftableError
from cnngen.ops import Shape


def load(path: str) -> Any:
    """The program in a ``.pt2`` file.

    Raises:
        UnliftableError: it is none, or a damaged one.
        OSError: it cannot be read.
    """
    with open(path, "rb"):  # what is not there is no fault of torch's
        pass
    try:
        return torch.export.load(path)
    except OSError:
        raise
    except Exception as error:  # a damaged archive can fail in any of torch's parts
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise UnliftableError(f"torch.export cannot load it: {first}") from error


def record(model: Any, inputs: Sequence[Shape] | None, *, name: str = "") -> Traced:
    """What a module or an exported program does; see the functions for either.

    Raises:
        UnliftableError: it cannot be recorded at all.
    """
    if isinstance(model, ExportedProgram):
        return record_program(model, inputs, name=name or "Net")
    return modules.record(model, inputs, name=name)
