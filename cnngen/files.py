"""Reading sources and writing outputs. Every failure is a diagnostic."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from cnngen import shipped
from cnngen.diagnostics import Diagnostic, DiagnosticError, codes, did_you_mean, listed
from cnngen.diagnostics.codes import Code
from cnngen.partial import replacing
from cnngen.source import SCHEME, Source
from cnngen.syntax import ast

if TYPE_CHECKING:
    from cnngen.elaborate.library import Load

LARGEST_SOURCE = 4 * 2**20
"""Bytes; ten thousand layers take less than half a mebibyte."""

LARGEST_OUTPUT = 2**28
"""Bytes of an earlier output that are read, if what would be written is not larger itself."""

LONGEST_PARSED = 2**22
"""Characters of a module that is parsed only to say why it is stale."""

SUFFIX = ".cnn"
"""What the name of a source ends in."""

STANDARD = "-"
"""Standard input, or standard output."""

STANDARD_NAME = "<stdin>"
"""What a source from standard input is called."""


def read_source(path: str) -> Source:
    """The source at ``path``; ``-`` is standard input, ``zoo:resnet`` a file that is shipped.

    Raises:
        DiagnosticError: the file is missing, a folder, too large, not UTF-8, not readable.
    """
    if path.startswith(SCHEME):
        return _of_the_zoo(path)
    try:
        if path == STANDARD:
            path = STANDARD_NAME
            data = _standard_input()
        else:
            with open(path, "rb") as file:
                data = file.read(LARGEST_SOURCE + 1)
    except OSError as error:
        raise DiagnosticError(unreadable(path, error)) from error
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


def sources_below(folder: str) -> list[str]:
    """All ``*.cnn`` in a folder and below, sorted; not in hidden folders, nor behind links.

    Of links to files, those to sources of the project are taken, as with ``use``: in a stranger's
    folder, others would show what is none of it.
    """
    root = project(folder)
    found = []
    for inside, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (os.path.join(inside, name) for name in names if name.endswith(SUFFIX))
        found += [path for path in paths if os.path.isfile(path) and _is_of(root, path)]
    return sorted(os.path.normpath(path) for path in found)


def _is_of(root: str, path: str) -> bool:
    """Whether a file below a project's folder is its own: not where a link leads elsewhere."""
    if not os.path.islink(path):
        return True
    real = os.path.realpath(path)
    return real.endswith(SUFFIX) and os.path.commonpath([root, real]) == root


def _of_the_zoo(path: str) -> Source:
    family = path.removeprefix(SCHEME)
    source = shipped.source(f"{shipped.ZOO}.{family}")
    if source is None:
        raise _trouble(codes.FILE_MISSING, path, "the zoo has no such family", family_hint(family))
    return Source(path, source.text)


def family_hint(wanted: str) -> str:
    """Which family of the zoo is meant: a network's own, or one that is spelt alike."""
    families = shipped.families_of(wanted)
    if families:
        return f"{wanted} is a network of {listed(families)}"
    return did_you_mean(wanted, shipped.families(), "`cnngen zoo` lists what there is")


MISSING = (codes.FILE_MISSING, codes.NO_VERSION)

PROJECT_MARKS = (".git", "pyproject.toml")
"""What stands in the folder of a project."""


def loader(source: Source, read: Callable[[str], Source] = read_source) -> Load:
    """Finds the files that ``source`` uses, in its project only, by their paths.

    The project is the nearest folder above the source with one of ``PROJECT_MARKS`` in it, else
    the source's own folder. A source that is a link belongs where the real file is: so the file
    means the same by whatever name it is read.
    """
    own = os.path.dirname(os.path.realpath(source.path))
    if source.path == STANDARD_NAME:
        own = os.path.realpath(os.curdir)
    root = project(own)

    def load(use: ast.Use) -> Source:
        target = use.target
        user = use.span.source.path
        base = "" if user == STANDARD_NAME else _folder(user)
        path = _plain(os.path.join(base, target))
        _check_target(use, path, root)
        try:
            return read(path)
        except DiagnosticError as error:
            found = error.diagnostic
            code = codes.USE_MISSING if found.code in MISSING else found.code
            raise DiagnosticError(
                Diagnostic(code, found.message, use.span, "cannot be used", found.hint)
            ) from error

    return load


def _folder(path: str) -> str:
    """The folder that the file lies in: as it was named, unless a link leads to another one."""
    named, real = os.path.dirname(path), os.path.dirname(os.path.realpath(path))
    return named if os.path.realpath(named or os.curdir) == real else real


def _plain(path: str) -> str:
    """The path without `..`, as long as that leads to the same place: not after a linked folder."""
    plain = os.path.normpath(path)
    if "\0" in path or os.path.realpath(plain) == os.path.realpath(path):
        return plain
    return os.path.realpath(path)


def project(folder: str) -> str:
    """The real path of the project's folder: one with ``PROJECT_MARKS``, else ``folder`` itself."""
    own = above = os.path.realpath(folder)
    while True:
        if any(os.path.exists(os.path.join(above, mark)) for mark in PROJECT_MARKS):
            return above
        parent = os.path.dirname(above)
        if parent == above:
            return own
        above = parent


def _check_target(use: ast.Use, path: str, root: str) -> None:
    """Refuse what is no source of the project: a used file must not show others' contents."""
    target = use.target
    real = "" if "\0" in target else os.path.realpath(path)
    special = is_special(real)
    code, hint = codes.USE_MISSING, 'write `use "blocks.cnn"`'
    if not real or not target.endswith(".cnn"):
        why = "only `.cnn` files can be used"
    elif os.path.isabs(target):
        code, hint = codes.USE_OUTSIDE, ""
        why = "the path of a file to use starts at the file that uses it"
    elif os.path.commonpath([root, real]) != root:
        code, hint = codes.USE_OUTSIDE, "copy it into the project"
        why = "this file is outside of the project's folder"
    elif special or not real.endswith(".cnn"):  # a pipe, or a link to something else
        why = "only `.cnn` files can be used"
    else:
        return
    raise DiagnosticError(Diagnostic(code, f"{why}: {target}", use.span, "refused", hint))


def _standard_input() -> bytes:
    if sys.stdin is None:  # the shell's `<&-`
        raise OSError("it is closed")
    return sys.stdin.buffer.read(LARGEST_SOURCE + 1)


def unreadable(path: str, error: OSError, *, source: bool = True) -> Diagnostic:
    """Why the system did not let a file be read, and what a source may be meant by its name."""
    if isinstance(error, FileNotFoundError):
        meant = source and os.path.exists(f"{path}.cnn")
        hint = f"did you mean `{path}.cnn`?" if meant else ""
        return _trouble(codes.FILE_MISSING, path, "there is no such file", hint).diagnostic
    if isinstance(error, IsADirectoryError):
        named_so = os.path.splitext(path)[1]  # as a file would be
        hint = _file_in(path) if source and not named_so else ""
        return _trouble(codes.FILE_IS_FOLDER, path, "this is a folder", hint).diagnostic
    return _trouble(codes.FILE_UNREADABLE, path, _reason(error)).diagnostic


def _file_in(folder: str) -> str:
    """A hint that names a source in a folder, which was given where one file is needed."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(SUFFIX))
    except OSError:
        return ""
    return f"name a file in it, such as `{os.path.join(folder, names[0])}`" if names else ""


def unwritable(path: str, error: OSError) -> DiagnosticError:
    """Why the system did not let a file be written."""
    missing = isinstance(error, FileNotFoundError) and "folder" not in _reason(error)
    hint = "does the folder exist?" if missing else ""
    return _trouble(codes.OUTPUT_UNWRITABLE, path, _reason(error), hint)


def _trouble(code: Code, path: str, message: str, hint: str = "") -> DiagnosticError:
    return DiagnosticError(Diagnostic(code, f"{message}: {path}", path=path, hint=hint))


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def read_output(path: str, wanted: int = 0) -> bytes | None:
    """What is in an earlier output; None where there is no such file.

    Args:
        path: the file.
        wanted: bytes that would be written; of a file that is far larger, not all is read.

    Raises:
        DiagnosticError: it cannot be read, or is a pipe or a device, which may have no end.
    """
    if is_special(path):
        raise _trouble(codes.OUTPUT_UNWRITABLE, path, "this is no file that can be read again")
    try:
        with open(path, "rb") as file:
            return file.read(max(LARGEST_OUTPUT, 2 * wanted))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _trouble(codes.OUTPUT_UNWRITABLE, path, _reason(error)) from error


def text_of(data: bytes) -> str:
    """The text of an earlier output, newlines normalised."""
    return data.decode("utf-8", "replace").replace("\r\n", "\n")


def holds(data: bytes | None, content: str | bytes) -> bool:
    """Whether an earlier output is this; text may have the newlines of another system."""
    if data is None or isinstance(content, bytes):
        return data == content
    return text_of(data) == content


def is_special(path: str) -> bool:
    """Whether there is a pipe or a device."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def write_output(path: str, content: str | bytes) -> None:
    """Write ``content`` as a whole or not at all.

    Raises:
        DiagnosticError: it cannot be written.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        if is_special(path):  # a pipe or a device: nothing to replace
            with open(path, "wb") as file:
                file.write(data)
        else:
            with replacing(os.path.realpath(path)) as part, open(part, "xb") as file:
                file.write(data)
    except OSError as error:
        raise unwritable(path, error) from error


def write_standard_output(content: str | bytes) -> None:
    """Write bytes as they are and text as UTF-8, whatever the terminal's encoding.

    Raises:
        DiagnosticError: it cannot be written.
    """
    try:
        if sys.stdout is None:  # the shell's `>&-`
            raise OSError("it is closed")
        data = content.encode("utf-8") if isinstance(content, str) else content
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # a reader that has seen enough
        raise
    except OSError as error:
        abandon_full_streams()
        raise _trouble(codes.OUTPUT_UNWRITABLE, "<stdout>", _reason(error)) from error


def abandon_full_streams() -> None:
    """Drop what a standard stream could not take: Python would try again at its end, and fail."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            try:
                stream.flush()
            except OSError:
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
