"""The folder where parser tables and compiled templates are kept between runs.

Both are Python pickles or code objects, so the folder must belong to the user alone: never a
shared temporary folder.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder() -> Path | None:
    """The user's cache folder for cnngen, made where missing; None where there can be none."""
    try:
        folder = _base() / "cnngen"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        safe = os.access(folder, os.W_OK) and _is_ours(folder)
    except (OSError, RuntimeError):  # RuntimeError: no home folder
        return None
    return folder if safe else None


def _base() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _is_ours(folder: Path) -> bool:
    """Whether nobody else can put a file there."""
    if sys.platform == "win32":
        return True
    status = folder.stat()
    return status.st_uid == os.getuid() and not status.st_mode & 0o022
