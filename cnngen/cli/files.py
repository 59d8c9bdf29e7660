"""Reading sources and writing outputs. Every failure is a diagnostic."""

from __future__ import annotations

import contextlib
import os
import stat
import sys

from cnngen.compiler import is_generated
from cnngen.diagnostics import Diagnostic, DiagnosticError, codes
from cnngen.diagnostics.codes import Code
from cnngen.source import Source

LARGEST_SOURCE = 4 * 2**20
"""Bytes; ten thousand layers take less than half a mebibyte."""

STANDARD = "-"
"""Standard input, or standard output."""


def read_source(path: str) -> Source:
    """The source at ``path``; ``-`` is standard input.

    Raises:
        DiagnosticError: the file is missing, a folder, too large, not UTF-8, not readable.
    """
    try:
        if path == STANDARD:
            path = "<stdin>"
            data = _standard_input()
        else:
            with open(path, "rb") as file:
                data = file.read(LARGEST_SOURCE + 1)
    except OSError as error:
        raise DiagnosticError(_unreadable(path, error)) from error
    except ValueError as error:  # a path with a null character
        raise _trouble(codes.FILE_MISSING, path, "no file can have this name") from error
    if len(data) > LARGEST_SOURCE:
        raise _trouble(
            codes.FILE_TOO_LARGE,
            path,
            f"the file is larger than {LARGEST_SOURCE // 2**20} MiB",
            "is it a source? use `repeat` or `for` for what is written many times",
        )
    try:
        return Source(path, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _trouble(
            codes.FILE_NOT_UTF8,
            path,
            f"byte {error.start} (line {line}) is not UTF-8 text",
            "save the file with the encoding UTF-8",
        ) from error


def _standard_input() -> bytes:
    if sys.stdin is None:  # the shell's `<&-`
        raise OSError("it is closed")
    return sys.stdin.buffer.read(LARGEST_SOURCE + 1)


def _unreadable(path: str, error: OSError) -> Diagnostic:
    if isinstance(error, FileNotFoundError):
        hint = f"did you mean `{path}.cnn`?" if os.path.exists(f"{path}.cnn") else ""
        return _trouble(codes.FILE_MISSING, path, "there is no such file", hint).diagnostic
    if isinstance(error, IsADirectoryError):
        hint = f"name the files in it: `{os.path.join(path, '*.cnn')}`"
        return _trouble(codes.FILE_IS_FOLDER, path, "this is a folder", hint).diagnostic
    return _trouble(codes.FILE_UNREADABLE, path, _reason(error)).diagnostic


def _trouble(code: Code, path: str, message: str, hint: str = "") -> DiagnosticError:
    return DiagnosticError(Diagnostic(code, f"{message}: {path}", path=path, hint=hint))


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def read_output(path: str) -> str | None:
    """The text of an earlier output, newlines normalised; None where there is no such file."""
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8", "replace").replace("\r\n", "\n")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _trouble(codes.OUTPUT_UNWRITABLE, path, _reason(error)) from error


def write_output(path: str, text: str, *, force: bool) -> bool:
    """Write ``text`` as a whole or not at all; False where the file said this already.

    Raises:
        DiagnosticError: it cannot be written, or the file there is not ours.
    """
    special = os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)
    earlier = None if special else read_output(path)
    if earlier == text:
        return False
    if earlier is not None and earlier.strip() and not is_generated(earlier) and not force:
        raise _trouble(
            codes.OUTPUT_FOREIGN,
            path,
            "the file there was not made by cnngen and is left alone",
            "choose another file with `-o`, or overwrite it with `--force`",
        )
    try:
        if special:  # a pipe or a device: nothing to replace
            with open(path, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
        else:
            _replace(os.path.realpath(path), text)
    except OSError as error:
        hint = "does the folder exist?" if isinstance(error, FileNotFoundError) else ""
        raise _trouble(codes.OUTPUT_UNWRITABLE, path, _reason(error), hint) from error
    return True


def write_standard_output(text: str) -> None:
    """Write ``text`` as UTF-8, whatever the terminal's encoding.

    Raises:
        DiagnosticError: it cannot be written.
    """
    try:
        if sys.stdout is None:  # the shell's `>&-`
            raise OSError("it is closed")
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # a reader that has seen enough
        raise
    except OSError as error:
        abandon_output()
        raise _trouble(codes.OUTPUT_UNWRITABLE, "<stdout>", _reason(error)) from error


def abandon_output() -> None:
    """Drop what standard output could not take, which Python would try once more at its end."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _replace(path: str, text: str) -> None:
    """Write beside ``path``, then rename: nobody ever sees half a file."""
    # A name of its own: the output's may be as long as the system allows already.
    part = os.path.join(os.path.dirname(path), f".cnngen-{os.urandom(8).hex()}.part")
    try:
        with open(part, "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            os.chmod(part, stat.S_IMODE(os.stat(path).st_mode))
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise
