"""What the functions of torch are in the language, by families."""

from cnngen.lifting.torch.rules import (  # noqa: F401 - they register
    activation,
    arithmetic,
    conv,
    exported,
    joins,
    noise,
    norm,
    pool,
    reduce,
    resize,
)
