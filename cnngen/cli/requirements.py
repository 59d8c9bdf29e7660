"""Optional packages: what is not installed becomes a message that says how to install it."""

from __future__ import annotations

import os
from importlib.util import find_spec

import click

from cnngen.cli import TROUBLE


class TroubleError(click.ClickException):
    """A message and exit code 2, without the usage."""

    exit_code = TROUBLE


class MissingError(TroubleError):
    """An optional package is not installed."""


def keras_on_tensorflow() -> None:
    """Keras, once it is imported, runs on what runs its gradients here.

    Whatever the user's ``keras.json`` or environment says; this process alone sees it.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"


def need(*packages: str) -> None:
    """Refuse to go on without these packages, which every extra for a framework brings."""
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise MissingError(
            f"{' and '.join(missing)} {verb} not installed: `pip install 'cnngen[torch]'` or "
            "`pip install 'cnngen[keras]'`"
        )
