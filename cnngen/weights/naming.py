"""Names of weights that are changed as the user says: prefixes that go, and tables of renames."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from cnngen.diagnostics import Diagnostic, DiagnosticError, codes
from cnngen.diagnostics.render import one_line
from cnngen.frameworks.files import Contents, NotWeightsError, layer_of
from cnngen.frameworks.files.opening import regular

LARGEST_TABLE = 16 << 20
"""Bytes; a line for each weight of the largest networks takes a tenth."""


def without_prefix(contents: Contents, prefix: str, path: str) -> Contents:
    """What the file holds, without what names begin with; other names stay.

    Raises:
        DiagnosticError: no name begins so, or two would be one.
    """
    names = {n: n.removeprefix(prefix) for n in contents.tensors if n.startswith(prefix)}
    if not names:
        raise _misfit(f"no name in the file begins with `{one_line(prefix)}`", path)
    kept = contents.tensors.keys() - names.keys()
    twice = next((new for new in names.values() if new in kept), None)
    if twice is not None:
        raise _misfit(f"`{one_line(twice)}` is there with `{one_line(prefix)}` and without", path)
    return contents.renamed(names)


def table_of(names: Mapping[str, str]) -> dict[str, str]:
    """The table of renames that gives these names: of layers, as far as it can be.

    So it fits files in which the variables of a layer have their places, and those with names.

    Args:
        names: the network's by those in a file, in the order of each layer's variables.
    """
    layers: dict[str, list[tuple[str, str]]] = {}
    for old, new in names.items():
        layers.setdefault(layer_of(old), []).append((old, new))
    sizes = Counter(map(layer_of, names.values()))
    table: dict[str, str] = {}
    for layer, pairs in layers.items():
        new = layer_of(pairs[0][1])
        whole = layer and sizes[new] == len(pairs) and _is_same(pairs)
        table |= {layer: new} if whole else dict(pairs)
    return table


def _is_same(pairs: Sequence[tuple[str, str]]) -> bool:
    """Whether variables are those of one layer, under the same names or in their places."""
    one = len({layer_of(new) for _, new in pairs}) == 1
    ends = [(old.rpartition(".")[2], new.rpartition(".")[2]) for old, new in pairs]
    return one and all(old in (new, str(place)) for place, (old, new) in enumerate(ends))


def read_table(path: str) -> dict[str, str]:
    """A table of renames: a JSON object from names in a file to those in the network.

    Raises:
        DiagnosticError: it is none.
        OSError: it cannot be read.
    """
    try:
        with regular(path) as file:
            data = file.read(LARGEST_TABLE + 1)
    except NotWeightsError as error:
        raise _wrong_table(str(error), path) from error
    try:
        if len(data) > LARGEST_TABLE:
            raise ValueError(f"it has more than {LARGEST_TABLE >> 20} MiB")
        return _table(json.loads(data, object_pairs_hook=list))
    except (ValueError, RecursionError) as error:
        reason = str(error) or "it is too deep"
        raise _wrong_table(f"not a table of names ({one_line(reason)})", path) from error


def _table(pairs: object) -> dict[str, str]:
    if not isinstance(pairs, list) or not all(isinstance(pair, tuple) for pair in pairs):
        raise ValueError("it is no JSON object")
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a name is there twice")
    if not all(isinstance(new, str) and new and old for old, new in pairs):
        raise ValueError("a name does not stand for another name")
    return table


def renamed_by_table(
    contents: Contents, table: Mapping[str, str], variables: Mapping[str, list[str]], path: str
) -> Contents:
    """What the file holds, under the names that a table gives to weights or to layers.

    Args:
        contents: what the file holds.
        table: the new names by those in the file.
        variables: those of each layer of the network, where a file has their places alone.
        path: the table, for what is said of it.

    Raises:
        DiagnosticError: the table has names that are not in the file, or two become one.
    """
    used: set[str] = set()
    names: dict[str, str] = {}
    for name in contents.tensors:
        old = next((each for each in _around(name) if each in table), None)
        if old is not None:
            used.add(old)
            names[name] = table[old] + _rest(name[len(old) :], variables.get(table[old], ()))
    unused = next((old for old in table if old not in used), None)
    if unused is not None:
        raise _wrong_table(f"the file has no weight or layer `{one_line(unused)}`", path)
    if len(set(names.values())) < len(names):
        raise _wrong_table("two weights of the file get the same name", path)
    return contents.renamed(names)


def _rest(end: str, variables: Sequence[str]) -> str:
    """What follows a layer's name: a variable's, also where the file has its place."""
    place = end[1:]
    known = place.isdecimal() and len(place) < 4 and int(place) < len(variables)
    return f".{variables[int(place)]}" if known else end


def _around(name: str) -> Iterable[str]:
    """A weight's name, that of its layer, and of all that is around it."""
    while name:
        yield name
        name = layer_of(name)


def _misfit(message: str, path: str) -> DiagnosticError:
    return DiagnosticError(Diagnostic(codes.WEIGHTS_MISFIT, message, path=path))


def _wrong_table(message: str, path: str) -> DiagnosticError:
    return DiagnosticError(Diagnostic(codes.WRONG_RENAMES, message, path=path))
