"""Sources as git has them."""

from __future__ import annotations

import os
import subprocess

from cnngen.diagnostics import Diagnostic, DiagnosticError, codes
from cnngen.diagnostics.render import one_line
from cnngen.files import LARGEST_SOURCE
from cnngen.source import Source

PATIENCE = 30.0
"""Seconds that git may take; from a repository that is complete it reads a file in milliseconds."""


def has_version(path: str, revision: str) -> bool:
    """Whether git has the file at ``path`` as it was at a revision."""
    try:
        _asked("-s", path, revision)
    except DiagnosticError:
        return False
    return True


def read_version(path: str, revision: str) -> Source:
    """The source at ``path`` as it was at a revision: a commit, a branch, a tag.

    Raises:
        DiagnosticError: git has no such version, or it is no text of a source.
    """
    if int(_asked("-s", path, revision)) > LARGEST_SOURCE:  # known before any of it is read
        raise _unversioned(path, revision, "it is too large for a source")
    try:
        return Source(path, _asked("blob", path, revision).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _unversioned(path, revision, "it is not UTF-8 text") from error


def _asked(what: str, path: str, revision: str) -> bytes:
    """What ``git cat-file`` says of a file: its size with ``-s``, all of it with ``blob``."""
    folder, name = os.path.split(path)
    while folder and not os.path.isdir(folder):  # it may be gone since
        folder, last = os.path.split(folder)
        name = os.path.join(last, name)
    name = f"{revision}:./{name}"
    if not revision or revision.startswith("-") or "\0" in name:  # the index, or an option
        raise _unversioned(path, revision, "no revision is called so")
    try:
        git = subprocess.Popen(
            ["git", "cat-file", what, name],
            cwd=folder or None,
            env={**os.environ, "GIT_NO_LAZY_FETCH": "1"},  # nothing comes over the net
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        raise _unversioned(path, revision, f"git cannot be run: {error.strerror}") from error
    with git:
        try:
            data, said = git.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired as error:
            git.kill()
            raise _unversioned(path, revision, "git takes too long") from error
    if git.returncode:
        lines = said.decode("utf-8", "replace").strip().splitlines() or ["git has failed"]
        raise _unversioned(path, revision, lines[0].removeprefix("fatal: "))
    return data


def _unversioned(path: str, revision: str, why: str) -> DiagnosticError:
    message = one_line(f"there is no version of {path} at `{revision}`: {why}")
    hint = "give a file, or a commit, branch or tag, as in `--against origin/main`"
    return DiagnosticError(Diagnostic(codes.NO_VERSION, message, path=path, hint=hint))
