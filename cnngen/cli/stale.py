"""Whether a generated file is the one that would be written today, and if not, why."""

from __future__ import annotations

import io
import os
from collections.abc import Container, Iterable, Iterator

from cnngen import files
from cnngen.backends.base import Backend, is_stamping
from cnngen.diagnostics import Code, Diagnostic, codes
from cnngen.provenance import GENERATED, Stamped, unstamp
from cnngen.record import NamedTuple

FIRST_LINE = 1024
"""Bytes of a file that are read to see whether it was generated: names of files are shorter."""

_WRITE = "compile without `--check` and `--diff` to write it anew"


class Reason(NamedTuple):
    """Why a file is not what would be written.

    Attributes:
        code: what a diagnostic of it has.
        name: how it is called in JSON.
        words: the reason, of a file that is "it".
        hint: what to do about it.
        is_kept: whether something would be lost if it were overwritten.
    """

    code: Code
    name: str
    words: str
    hint: str = _WRITE
    is_kept: bool = False

    def diagnostic(self, path: str) -> Diagnostic:
        """What the user is told of the file at ``path``."""
        state = "left alone" if self.is_kept else "stale"
        message = f"{path} is {state}: {self.words}"
        return Diagnostic(self.code, message, path=path, hint=self.hint, reason=self.name)


MISSING = Reason(codes.OUTPUT_MISSING, "missing", "it is missing")
EMPTY = MISSING._replace(words="it is empty")
SOURCE_CHANGED = Reason(
    codes.OUTPUT_STALE,
    "source-changed",
    "its source, a file that it uses, or what was set, has changed",
)
SOURCE_RENAMED = SOURCE_CHANGED._replace(words="its source has another name now")
GENERATOR_CHANGED = Reason(
    codes.OUTPUT_OUTDATED, "generator-changed", "this version of cnngen writes it differently"
)
FORMATTED_ONLY = Reason(
    codes.OUTPUT_FORMATTED,
    "formatted-only",
    "only its formatting was changed",
    f"leave the file out of other formatters; {_WRITE}",
)
EDITED_BY_HAND = Reason(
    codes.OUTPUT_EDITED,
    "edited-by-hand",
    "it was edited by hand",
    "say it in the source: `--diff` shows what would change; `--force` overwrites the file",
    is_kept=True,
)
EDITED_OR_FORMATTED = EDITED_BY_HAND._replace(
    words="it was edited or formatted, and its source has changed too",
)
"""Which of both cannot be told: what was written has been another text than is now."""
FOREIGN = Reason(
    codes.OUTPUT_FOREIGN,
    "foreign",
    "it was not made by cnngen",
    "choose another file with `-o`, or overwrite it with `--force`",
    is_kept=True,
)
UNMARKED = FOREIGN._replace(words="it may not have been made by cnngen")
"""A file of a target whose format has no place for a mark."""
ORPHANED = Reason(
    codes.OUTPUT_ORPHANED,
    "orphaned",
    "no source gives it any more",
    "delete it; to keep it as your own, delete its first two lines",
)


def why(data: bytes | None, wanted: str | bytes, backend: Backend) -> Reason | None:
    """Why an earlier file is not ``wanted``; None where it is.

    Args:
        data: what is in the file; None where there is no file.
        wanted: what would be written.
        backend: the target that gave it.
    """
    if data is None:
        return MISSING
    if files.holds(data, wanted):
        return None
    if not data.strip():
        return EMPTY
    there, new = _stamped(data, wanted, backend)
    if there is None or new is None:
        return FOREIGN if isinstance(wanted, str) else UNMARKED
    if there.is_damaged:
        return EDITED_BY_HAND
    if there.was_edited:
        return _edited(there, new)
    if there.provenance.source != new.provenance.source:
        return SOURCE_CHANGED
    if there.provenance.origin != new.provenance.origin:
        return SOURCE_RENAMED
    return GENERATOR_CHANGED


def _edited(there: Stamped, new: Stamped) -> Reason:
    """How the body was edited, which is not as it was written."""
    if _same_code(there.body, new.body):
        return FORMATTED_ONLY
    same_source = there.provenance.source == new.provenance.source
    return EDITED_BY_HAND if same_source else EDITED_OR_FORMATTED


def _stamped(
    data: bytes, wanted: str | bytes, backend: Backend
) -> tuple[Stamped | None, Stamped | None]:
    if isinstance(wanted, str):
        return unstamp(files.text_of(data)), unstamp(wanted)
    if is_stamping(backend):
        return backend.unstamp(data), backend.unstamp(wanted)
    return None, None


def _same_code(a: str | bytes, b: str | bytes) -> bool:
    """Whether two modules differ in white space only; a comment may be somebody's work."""
    if isinstance(a, bytes) or isinstance(b, bytes) or len(a) > files.LONGEST_PARSED:
        return False
    import ast  # on the way to an error only: it costs a start

    try:
        return ast.dump(ast.parse(a)) == ast.dump(ast.parse(b)) and _comments(a) == _comments(b)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # the last of the parser's stack
        return False


def _comments(text: str) -> list[str]:
    import tokenize

    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def orphans(folders: Iterable[str], written: Container[str]) -> Iterator[tuple[str, str]]:
    """Generated files that a run does not write, and the name of the source that each is from.

    Args:
        folders: where they are looked for.
        written: real paths of the files that the run writes.
    """
    for folder in sorted(folders):
        for path in _files(folder):
            origin = _origin(path) if os.path.realpath(path) not in written else None
            if origin:
                yield path, origin


def _files(folder: str) -> list[str]:
    try:
        with os.scandir(folder or os.curdir) as entries:
            return sorted(os.path.join(folder, e.name) for e in entries if e.is_file())
    except OSError:  # it is made by the run
        return []


def _origin(path: str) -> str | None:
    """The name of the source that a generated file is from; None where it is another file."""
    try:
        with open(path, "rb") as file:
            head = file.read(FIRST_LINE)
    except OSError:
        return None
    if not head.startswith(GENERATED.encode()):
        return None
    stamped = unstamp(files.text_of(head))
    return stamped.provenance.origin if stamped else None
