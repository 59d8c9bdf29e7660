"""Whether what a file holds are the weights of a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum

from cnngen.analysis.graph import cells
from cnngen.diagnostics.suggest import nearest
from cnngen.frameworks import shapes
from cnngen.frameworks.files import FLOATS, Contents, FileFormat, Sizes, Tensor, layer_of
from cnngen.ir import Network
from cnngen.record import NamedTuple
from cnngen.weights.parts import ALL, Parts

MOST_COMPARED = 20
"""How many names a nearest one is looked for: it takes the product of both numbers of names."""


class Status(Enum):
    """What is to be said of a weight; ``counter`` is one that a file may or may not have."""

    OK = "ok"
    COUNTER = "counter"
    MISSING = "missing"
    EXTRA = "extra"
    MISSHAPEN = "misshapen"
    WRONG_TYPE = "wrong type"


class Row(NamedTuple):
    """A name of the network, the file or both.

    ``expected`` is the shape in the network, ``found`` the one in the file. ``nearest`` is, for a
    name that is in one of them alone, the one of the other that it may stand for.
    """

    name: str
    expected: Sizes | None
    found: Sizes | None
    dtype: str
    status: Status
    nearest: str = ""

    @property
    def fits(self) -> bool:
        """Whether it is as it has to be."""
        return self.status in (Status.OK, Status.COUNTER)


class Fit(NamedTuple):
    """A file held against a network: first the network's names in their order, then others."""

    network: Network
    rows: tuple[Row, ...]

    @property
    def wrong(self) -> list[Row]:
        """What does not fit."""
        return [row for row in self.rows if not row.fits]

    @property
    def types(self) -> list[str]:
        """The types of the weights."""
        return sorted({row.dtype for row in self.rows if row.status is Status.OK})


def fit(network: Network, form: FileFormat, contents: Contents, parts: Parts = ALL) -> Fit:
    """Hold what is in a file against the network, or against the parts of it that are taken."""
    taken = parts.taken(form.target, network)
    own = shapes(form.target, network)
    expected = {name: shape for name, shape in own.items() if name in taken}
    counters = frozenset(form.counters(network))
    tensors = contents.tensors
    rows = [_row(name, shape, tensors.get(name)) for name, shape in expected.items()]
    rows += [
        _counter(name, tensor) if name in counters else _extra(name, tensor)
        for name, tensor in tensors.items()
        if name not in expected
    ]
    return Fit(network, tuple(_with_nearest(rows, ordered=form.keeps_order)))


def within(network: Network, form: FileFormat, contents: Contents, parts: Parts) -> Contents:
    """What the file holds of the parts that are taken, if only some are."""
    if not parts.only:
        return contents
    taken = parts.taken(form.target, network)
    layers = {layer_of(name) for name in taken}
    counters = {each for each in form.counters(network) if layer_of(each) in layers}
    kept = {name: t for name, t in contents.tensors.items() if name in taken | counters}
    return contents._replace(tensors=kept)


def fitted(network: Network, form: FileFormat, contents: Contents) -> Contents:
    """What a file holds, in the network's shapes where they differ by sizes of one.

    Dense layers and convolutions over one position do, and factors of channels may be kept with
    axes for the positions.
    """
    wanted = shapes(form.target, network)
    tensors = contents.tensors.items()
    return contents._replace(
        tensors={name: _reshaped(tensor, wanted.get(name)) for name, tensor in tensors}
    )


def _reshaped(tensor: Tensor, shape: Sizes | None) -> Tensor:
    if shape is None or tensor.array is None or cells(tensor.shape) != cells(shape):
        return tensor
    return tensor._replace(shape=shape, array=tensor.array.reshape(shape))


def _row(name: str, shape: Sizes, found: Tensor | None) -> Row:
    if found is None:
        return Row(name, shape, None, "", Status.MISSING)
    status = Status.OK
    if found.array is None or found.dtype not in FLOATS:
        status = Status.WRONG_TYPE
    if found.shape != shape:
        status = Status.MISSHAPEN
    return Row(name, shape, found.shape, found.dtype, status)


def _counter(name: str, found: Tensor) -> Row:
    status = Status.COUNTER
    if found.dtype != "int64":
        status = Status.WRONG_TYPE
    if found.shape != ():
        status = Status.MISSHAPEN
    return Row(name, (), found.shape, found.dtype, status)


def _extra(name: str, found: Tensor) -> Row:
    return Row(name, None, found.shape, found.dtype, Status.EXTRA)


def _with_nearest(rows: Sequence[Row], *, ordered: bool) -> Iterator[Row]:
    """The rows, with the name that each may stand for: one of the same shape.

    Where a file is in the order of the model and has as many of a shape as are missing, it is the
    one in the same place; else the one that is spelt most alike, or the only one.
    """
    missing = _by_cells(rows, Status.MISSING)
    extra = _by_cells(rows, Status.EXTRA)
    left = MOST_COMPARED
    for row in rows:
        sides = {Status.MISSING: (missing, extra), Status.EXTRA: (extra, missing)}.get(row.status)
        if sides is not None and left:
            left -= 1
            own, others = (side.get(_cells(row), []) for side in sides)
            row = row._replace(nearest=_nearest(row.name, own, others, ordered=ordered))
        yield row


def _by_cells(rows: Sequence[Row], status: Status) -> dict[Sizes, list[str]]:
    """The names of these rows by their shapes, however these are written."""
    names: dict[Sizes, list[str]] = {}
    for row in rows:
        if row.status is status:
            names.setdefault(_cells(row), []).append(row.name)
    return names


def _cells(row: Row) -> Sizes:
    return cells(row.expected or row.found or ())


def _nearest(name: str, own: Sequence[str], others: Sequence[str], *, ordered: bool) -> str:
    if ordered and len(own) == len(others):
        return others[own.index(name)]
    alone = others[0] if len(others) == 1 else ""
    return nearest(name, others) or alone
