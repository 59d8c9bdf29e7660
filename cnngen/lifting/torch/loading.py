"""Programs that ``torch.export`` wrote to a file."""

from __future__ import annotations

from typing import Any

import torch

from cnngen.lifting.traced import UnliftableError


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
