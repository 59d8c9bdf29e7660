"""Files that are written as a whole or not at all: beside their place first, then renamed."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from collections.abc import Iterator

ABANDONED = 3600.0
"""Seconds since something was last written to a part: nobody is writing it any more.

Its name tells no process: on a shared disk another machine's could be meant.
"""

_PART = re.compile(r"\.cnngen-[0-9a-f]{16}\.part(\.\w+)*")


@contextlib.contextmanager
def replacing(path: str, ending: str = "") -> Iterator[str]:
    """A file beside ``path`` to write, then renamed: nobody ever sees half a file.

    What a process that was killed has left in the folder is removed.

    Args:
        path: the file to be.
        ending: what the name of the file beside it has to end in.
    """
    folder = os.path.dirname(path)
    _remove_abandoned(folder or os.curdir)
    # A name of its own: the output's may be as long as the system allows already.
    part = os.path.join(folder, f".cnngen-{os.urandom(8).hex()}.part{ending}")
    try:
        yield part
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            os.chmod(part, stat.S_IMODE(os.stat(path).st_mode))
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise


def _remove_abandoned(folder: str) -> None:
    """Remove parts that no process finished: regular files of this user that have become old."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _PART.fullmatch(entry.name) and _is_abandoned(entry):
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)


def _is_abandoned(entry: os.DirEntry[str]) -> bool:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:  # renamed since
        return False
    ours = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return stat.S_ISREG(status.st_mode) and ours and time.time() - status.st_mtime > ABANDONED
