"""A model's own failure while it is recorded, as a message with its place."""

from __future__ import annotations

import traceback

from cnngen.lifting.torch.recorder import BATCH_SIZE, is_own
from cnngen.lifting.traced import UnliftableError


def told(error: Exception) -> UnliftableError:
    """Where the model's code failed, and what it said."""
    frames = list(traceback.extract_tb(error.__traceback__))
    inside = [frame for frame in frames if not is_own(frame.filename)]
    where = f"{inside[-1].filename}:{inside[-1].lineno}: " if inside else ""
    (text, *_) = (*str(error).strip().splitlines(), "")
    said = f"{type(error).__name__}: {text}" if text else type(error).__name__
    batch = f" ({BATCH_SIZE} is the batch)" if str(BATCH_SIZE) in said else ""
    return UnliftableError(
        f"{where}the model fails on what --input says, channels last and without the batch: "
        f"{said}{batch}"
    )
