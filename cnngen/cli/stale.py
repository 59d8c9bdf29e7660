"""Whether a generated file is the one that would be written today, and if not, why."""

from __future__ import annotations

from cnngen.cli import files
from cnngen.compiler import Output, is_generated, source_digest, was_edited
from cnngen.diagnostics import Diagnostic, codes

LONGEST_PARSED = 2**22
"""Characters of a module that is parsed only to say why it is stale."""


def stale(output: Output, path: str) -> list[Diagnostic]:
    """A diagnostic where the file at ``path`` is not ``output``."""
    there = files.read_output(path)
    if files.holds(there, output.content):
        return []
    return [
        Diagnostic(
            codes.OUTPUT_STALE,
            f"{path} is stale: {_why(there, output.content)}",
            path=path,
            hint="the same command without `--check` makes it anew",
        )
    ]


def _why(data: bytes | None, wanted: str | bytes) -> str:
    if data is None:
        return "it is missing"
    if isinstance(wanted, bytes):
        return "it is not what would be written now"
    there = files.text_of(data)
    if not is_generated(there):
        return "it was not made by cnngen"
    if was_edited(there):
        if _same_code(there, wanted):
            only = "only its formatting or comments were changed"
            return f"{only}: leave the file out of other formatters"
        return "it was edited by hand"
    if source_digest(there) != source_digest(wanted):
        return "its source, a file that it uses, or what was set, has changed"
    if there.partition("\n")[0] != wanted.partition("\n")[0]:
        return "its source has another name now"
    return "this version of cnngen writes it differently"


def _same_code(a: str, b: str) -> bool:
    """Whether two modules differ in white space and comments only."""
    if len(a) > LONGEST_PARSED:
        return False
    import ast  # on the way to an error only: it costs a start

    try:
        return ast.dump(ast.parse(a)) == ast.dump(ast.parse(b))
    except (SyntaxError, ValueError, RecursionError):
        return False
