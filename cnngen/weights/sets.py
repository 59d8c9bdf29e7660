"""One of the sets of weights that a file holds."""

from __future__ import annotations

from collections.abc import Mapping

from cnngen.diagnostics import Diagnostic, DiagnosticError, codes
from cnngen.diagnostics.render import counted, one_line
from cnngen.frameworks.files import Contents, Sets, Tensor

MOST = 20
"""How many sets are listed."""


def chosen_set(sets: Sets, key: str | None, path: str) -> tuple[str, Contents]:
    """The set under this key, or the only one there is, and its key.

    The key of a container with one set in it is this one's; with several, they are taken together,
    and names begin with what is left of their keys.

    Args:
        sets: all of a file.
        key: which is asked for, if one is.
        path: the file, for what is said of it.

    Raises:
        DiagnosticError: there is none, or there are several and none is asked for.
    """
    if key is None and len(sets) == 1:
        return next(iter(sets.items()))
    if key is None:
        raise DiagnosticError(_several(sets, path))
    if key in sets:
        return key, sets[key]
    inside = {each: of for each, of in sets.items() if each.startswith(f"{key}.") or not key}
    if len(inside) == 1:
        return next(iter(inside.items()))
    found = _together(inside, key)
    if found is None:
        message = f"the file has no weights under the key `{one_line(key)}`"
        raise DiagnosticError(_refused(message, sets, path))
    return key, found


def _together(inside: Sets, key: str) -> Contents | None:
    """Several sets as one; None where there are none, or two weights have one name."""
    tensors: dict[str, Tensor] = {}
    for each, of in inside.items():
        rest = each.removeprefix(f"{key}.")
        tensors |= {
            f"{rest}.{name}" if rest else name: tensor for name, tensor in of.tensors.items()
        }
    if len(tensors) != sum(len(of.tensors) for of in inside.values()):
        return None  # two of one name
    kept = (set(of.beside) for of in inside.values())
    beside = set.intersection(*kept) if inside else set()
    return Contents(tensors, tuple(sorted(beside))) if tensors else None


def _several(sets: Sets, path: str) -> Diagnostic:
    return _refused(f"the file has {len(sets)} sets of weights", sets, path)


def _refused(message: str, sets: Mapping[str, Contents], path: str) -> Diagnostic:
    lines = [f"{_shown(key)}: {counted(len(of.tensors), 'array')}" for key, of in sets.items()]
    more = [f"and {len(lines) - MOST} more"] if len(lines) > MOST else []
    return Diagnostic(
        codes.SEVERAL_SETS,
        message,
        hint=f"choose one by its key, as in `--key {_shown(next(iter(sets)))}`",
        notes=("\n".join(["sets of weights by their keys:", *lines[:MOST], *more]),),
        path=path,
    )


def _shown(key: str) -> str:
    """A key as it is written on a command line, where that of all of a file is empty."""
    return one_line(key) or "''"
