"""The front end for PyTorch: a model is run without numbers, and what it calls is recorded."""

from cnngen.lifting.torch.comparing import comparable, is_double, runs, still
from cnngen.lifting.torch.constructors import watching_constructors as watching
from cnngen.lifting.torch.loading import load, record
from cnngen.lifting.torch.program import record_program

NAMED = True
"""Names of modules are the keys of the state dict."""

__all__ = [
    "NAMED",
    "comparable",
    "is_double",
    "load",
    "record",
    "record_program",
    "runs",
    "still",
    "watching",
]
