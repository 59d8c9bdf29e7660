"""Optional packages: what is not installed becomes a message that says how to install it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec

import click

from cnngen.cli import TROUBLE


class TroubleError(click.ClickException):
    """A message and exit code 2, without the usage."""

    exit_code = TROUBLE


class MissingError(TroubleError):
    """An optional package is not installed."""


TENSORFLOW = "tensorflow"
"""The backend of Keras that runs its gradients here."""


def keras_on(backend: str = TENSORFLOW) -> None:
    """Keras, once it is imported, runs on this.

    Whatever the user's ``keras.json`` or environment says; this process alone sees it.
    """
    os.environ["KERAS_BACKEND"] = backend


def need(*packages: str, extras: Sequence[str] = ("torch", "keras")) -> None:
    """Refuse to go on without these packages, which each of these extras brings."""
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        ways = " or ".join(f"`pip install 'cnngen[{extra}]'`" for extra in extras)
        raise MissingError(f"{' and '.join(missing)} {verb} not installed: {ways}")
