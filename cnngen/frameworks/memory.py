"""Memory that has been freed, and that the C library keeps for the process."""

from __future__ import annotations

import ctypes
import sys


def give_back() -> None:
    """Let the system have freed memory again, where the C library can be told to (glibc).

    Two frameworks that take turns would each keep what the other could use; and TensorFlow's
    kernels allocate in threads of their own, each with a heap that only grows.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
