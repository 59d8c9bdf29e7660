"""The folder where parser tables and compiled templates are kept between runs.

Templates are code, so the folder must belong to the user alone: never a shared temporary folder.
And ``marshal``, which reads both, cannot be trusted to notice that they were damaged: what it reads
has been compared with its digest before.
"""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress

from cnngen.partial import replacing

PYTHON = sys.implementation.cache_tag or f"{sys.implementation.name}-{sys.hexversion:x}"
"""Names the interpreter: another one's code objects are not to be read."""

_DIGEST = hashlib.sha256().digest_size


def read_cache(name: str, version: str) -> bytes | None:
    """What :func:`write_cache` has kept; None where it has not, or it is not what was written."""
    folder = cache_folder()
    if folder is None:
        return None
    try:
        with open(os.path.join(folder, name), "rb") as file:
            kept = file.read()
    except OSError:
        return None
    digest, data = kept[:_DIGEST], kept[_DIGEST:]
    return data if digest == _digest(version, data) else None


def write_cache(name: str, version: str, data: bytes) -> None:
    """Keep ``data`` as a file ``name``, for those who ask for the same ``version``.

    A full disk or a broken folder makes the next start slower, not this one fail.
    """
    folder = cache_folder()
    if folder is None:
        return
    path = os.path.join(folder, name)
    with suppress(OSError), replacing(path) as part, open(part, "xb") as file:
        file.write(_digest(version, data) + data)


def _digest(version: str, data: bytes) -> bytes:
    return hashlib.sha256(version.encode() + b"\0" + data).digest()


def cache_folder() -> str | None:
    """The user's cache folder for cnngen, made where missing; None where there can be none."""
    base = _base()
    if not os.path.isabs(base):  # a relative setting, or a user without a home folder
        return None
    try:
        folder = os.path.join(base, "cnngen")
        os.makedirs(folder, mode=0o700, exist_ok=True)
        safe = os.access(folder, os.W_OK) and _is_ours(folder)
    except OSError:
        return None
    return folder if safe else None


def _base() -> str:
    if sys.platform == "win32":
        return os.environ.get("LOCALAPPDATA") or os.path.expanduser(r"~\AppData\Local")
    return os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")


def _is_ours(folder: str) -> bool:
    """Whether nobody else can put a file there."""
    if sys.platform == "win32":
        return True
    status = os.stat(folder)
    return status.st_uid == os.getuid() and not status.st_mode & 0o022
