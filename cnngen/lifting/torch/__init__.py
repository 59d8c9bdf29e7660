"""The front end for PyTorch: a model is run without numbers, and what it calls is recorded."""

from cnngen.lifting.torch.constructors import watching_constructors
from cnngen.lifting.torch.model import record
from cnngen.lifting.torch.program import record_program

__all__ = ["record", "record_program", "watching_constructors"]
