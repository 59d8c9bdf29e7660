"""The front end for PyTorch: a model is run without numbers, and what it calls is recorded."""

from cnngen.lifting.torch.comparing import comparable, still
from cnngen.lifting.torch.constructors import watching_constructors as watching
from cnngen.lifting.torch.model import record

__all__ = ["comparable", "record", "still", "watching"]
