"""Weights under other names, found by the order of layers and the shapes of their weights.

The order does not prove much where layers stand side by side: who builds the same network may make
either of them first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_

from cnngen.analysis.graph import Graph, cells, reached
from cnngen.analysis.network_graph import graph_of
from cnngen.diagnostics import Diagnostic, DiagnosticError, codes
from cnngen.diagnostics.render import one_line
from cnngen.frameworks import Owned, as_applied, framework, places, shapes_of_layers
from cnngen.frameworks.files import Contents, FileFormat, Generated, Sizes, layer_of, layers_of
from cnngen.frameworks.files.state_dict import COUNTER
from cnngen.ir import Network
from cnngen.verification.matching import match_in_order
from cnngen.weights.parts import Parts

MOST = 5
"""How many pairs of layers are named."""


def names_in_order(
    network: Network,
    form: FileFormat,
    module: Generated,
    contents: Contents,
    path: str,
    parts: Parts,
    *,
    trusted: bool,
) -> dict[str, str]:
    """The network's names of what a file holds, by those in the file, of what is found.

    Layers are taken in the order in which they are applied: the file's as it saved them. Where
    the generated model holds loops in lists, a file of such lists would have another one.

    Args:
        network: whose weights they are.
        form: the file's format.
        module: what the network compiles to for the format's target.
        contents: what the file holds.
        path: the file, for what is said of it.
        parts: what is left aside.
        trusted: whether to take the order of application where lists would have another one.

    Raises:
        DiagnosticError: the file does not say which of its layers comes first.
    """
    of = framework(form.target)
    held = of.arrays(of.made(of.module(module.text), network, "float32"))
    skipped = {place.name for place in places(form.target, network) if parts.skips(place)}
    theirs = {n: t.shape for n, t in contents.tensors.items() if not n.endswith(COUNTER)}
    found, otherwise = (
        _in_order({name: each.shape for name, each in own.items() if name not in skipped}, theirs)
        for own in (as_applied(of, network, held), held)
    )
    if found != otherwise and not trusted:
        raise DiagnosticError(_of_lists(found, otherwise, path))
    _check_series(found.values(), contents, path)
    names = {there: here for here, there in found.items()}
    layers = {layer_of(there): layer_of(here) for there, here in names.items()}
    for name in contents.tensors.keys() - theirs.keys():
        layer = layers.get(layer_of(name))
        if layer is not None:
            names[name] = f"{layer}.{COUNTER}"
    return names


def _of_lists(applied: Mapping[str, str], held: Mapping[str, str], path: str) -> Diagnostic:
    """The refusal where a file may hold the layers of loops in two orders."""
    name = next(name for name in applied if applied[name] != held.get(name))
    return Diagnostic(
        codes.ORDER_ALONE,
        f"`{one_line(name)}` is `{one_line(applied[name])}` in the file if loops are saved turn by "
        f"turn, and `{one_line(held.get(name, '?'))}` if each of their layers has a list",
        hint="`--trust-order` takes them turn by turn; then `cnngen verify --against` with the "
        "model itself",
        path=path,
    )


def _in_order(ours: Mapping[str, Sizes], theirs: Mapping[str, Sizes]) -> dict[str, str]:
    """The file's name of each of the network's, as :func:`.match_in_order` finds them.

    A separable convolution is two layers.
    """
    here, there = _apart(ours), _apart(theirs)
    found = match_in_order(_owned(ours, here), _owned(theirs, there))
    own = {apart: name for name, apart in here.items()}
    other = {apart: name for name, apart in there.items()}
    return {own[a]: other[b] for a, b in found.items()}


def _apart(names: Iterable[str]) -> dict[str, str]:
    """Each name with that of its layer in front, of those that a separable one is made of."""
    return {name: f"{layer}.{name.rpartition('.')[2]}" for name, layer in layers_of(names).items()}


def _owned(shapes: Mapping[str, Sizes], names: Mapping[str, str]) -> dict[str, Owned]:
    return {names[name]: Owned(cells(shape), True) for name, shape in shapes.items()}


def misplaced(names: Mapping[str, str], contents: Contents, path: str) -> Diagnostic | None:
    """The refusal where the order takes a layer for another one than its name says.

    Args:
        names: the network's, by those in the file.
        contents: what the file holds.
        path: the file, for what is said of it.
    """
    shapes = {name: cells(tensor.shape) for name, tensor in contents.tensors.items()}
    for theirs, ours in names.items():
        if theirs != ours and ours in shapes and shapes[ours] == shapes[theirs]:
            return Diagnostic(
                codes.ORDER_ALONE,
                f"`{one_line(theirs)}` in the file would be `{one_line(ours)}` by its order, and "
                "there is one of that name too",
                hint="without `--match order`, names count; `--trust-order` takes the order",
                path=path,
            )
    return None


def order_alone(network: Network, form: FileFormat, path: str) -> Diagnostic | None:
    """The refusal where only the order tells some layers apart.

    Args:
        network: whose layers they are.
        form: the format of the file.
        path: the file, for what is said of it.
    """
    own = shapes_of_layers(form.target, network)
    pairs = _side_by_side(graph_of(network, own), own)
    if not pairs:
        return None
    count = len({layer for pair in pairs for layer in pair})
    shown = [f"`{one_line(a)}` and `{one_line(b)}`" for a, b in pairs[:MOST]]
    more = [f"and {len(pairs) - MOST} more pairs"] if len(pairs) > MOST else []
    return Diagnostic(
        codes.ORDER_ALONE,
        f"only their order in the file tells {count} layers of `{network.name}` apart",
        hint="`--match graph` finds them by how layers are connected"
        if form.keeps_graph
        else "`--trust-order` takes them so; then `cnngen verify --against` with the model itself",
        notes=("\n".join(["side by side, with weights of the same shapes:", *shown, *more]),),
        path=path,
    )


def _side_by_side(graph: Graph, shapes: Mapping[str, tuple[Sizes, ...]]) -> list[tuple[str, str]]:
    """Layers with weights of the same shapes of which neither leads to the other.

    Each is named with the first that comes before it.
    """
    leading = reached(graph)
    calls: dict[str, list[int]] = {}
    for place, node in enumerate(graph.nodes):
        if node.is_layer:
            calls.setdefault(node.name, []).append(place)
    earlier: dict[tuple[Sizes, ...], list[str]] = {}
    pairs = []
    for layer, own in calls.items():
        led = reduce(or_, (leading[place] for place in own))
        alike = earlier.setdefault(tuple(sorted(map(cells, shapes[layer]))), [])
        beside = (other for other in alike if not any(led >> place & 1 for place in calls[other]))
        pairs += [(other, layer) for other in [next(beside, "")] if other]
        alike.append(layer)
    return pairs


def _check_series(found: Iterable[str], contents: Contents, path: str) -> None:
    """Refuse layers that are alike and whose order the file does not say."""
    first: dict[tuple[tuple[int, ...], ...], str] = {}
    shapes: dict[str, list[tuple[int, ...]]] = {}
    for name in found:
        shapes.setdefault(layer_of(name), []).append(cells(contents.tensors[name].shape))
    for layer, of in shapes.items():
        other = first.setdefault(tuple(sorted(of)), layer)
        if _series(contents.series, layer) != _series(contents.series, other):
            message = (
                f"the file does not say which of the layers `{one_line(other)}` and "
                f"`{one_line(layer)}` comes first, and their weights have the same shapes"
            )
            hint = "give the layers of the model the names that they have in the network"
            raise DiagnosticError(Diagnostic(codes.WEIGHTS_MISFIT, message, hint=hint, path=path))


def _series(series: Mapping[str, str], layer: str) -> str:
    return series.get(layer, "")
