"""The folder where parser tables and compiled templates are kept between runs.

Both are Python pickles or code objects, so the folder must belong to the user alone: never a
shared temporary folder.
"""

from __future__ import annotations

import os
import sys


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
