"""Weights under other names, found by how the layers of the file's model are connected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cnngen.analysis.graph import Graph, Node
from cnngen.analysis.network_graph import graph_of
from cnngen.analysis.same_graph import AlikeError, DifferentError, same_layers
from cnngen.diagnostics import Diagnostic, DiagnosticError, codes
from cnngen.diagnostics.render import one_line
from cnngen.diagnostics.suggest import listed
from cnngen.frameworks import names_by_layer, places, shapes_of_layers
from cnngen.frameworks.files import (
    Contents,
    FileFormat,
    NoGraphError,
    NotWeightsError,
    Sizes,
)
from cnngen.ir import Network
from cnngen.weights.parts import ALL, Parts
from cnngen.weights.problems import bias_hint, not_weights

ALIKE = "give these layers of the model the names that they have in the network"

MOST = 5
"""How many layers are named that nothing tells apart, and shapes of a layer."""


def names_in_file(
    network: Network, form: FileFormat, contents: Contents, path: str, parts: Parts
) -> dict[str, str]:
    """The network's names of what a file holds, by those in the file.

    Args:
        network: whose weights they are.
        form: the file's format, which keeps the graph.
        contents: what the file holds.
        path: the file.
        parts: what is left aside.

    Raises:
        DiagnosticError: the graph is another, or cannot be read.
        OSError: the file cannot be read.
    """

    def graph(detailed: bool) -> Graph:
        return form.graph(path, network, contents, detailed=detailed)

    try:
        return names_by_graph(network, form.target, contents, graph, parts)
    except NotWeightsError as error:
        raise DiagnosticError(not_weights(path, error)) from error
    except NoGraphError as error:
        message = "the file does not say how the layers of its model are connected"
        hint = "its model is a class of its own, or not in it: `--match order`"
        raise _refused(path, message, hint) from error
    except DifferentError as error:
        raise _refused(path, *_parting(error, network)) from error
    except AlikeError as error:
        alike = listed(map(one_line, error.layers), MOST)
        message = f"nothing tells these layers of `{network.name}` apart in the file: {alike}"
        raise _refused(path, message, ALIKE) from error


def names_by_graph(
    network: Network,
    target: str,
    contents: Contents,
    graph: Callable[[bool], Graph],
    parts: Parts = ALL,
) -> dict[str, str]:
    """The names of the network's weights, by those that they have in a file.

    Activations and pools may be written in other ways: where they differ, the other layers do, as
    long as they are enough to tell all apart.

    Args:
        network: whose weights they are.
        target: the one whose names are wanted.
        contents: what the file holds.
        graph: gives that of the file's model, detailed or not.
        parts: what is left aside.

    Raises:
        DifferentError: it is not the network's.
        AlikeError: there are layers that nothing tells apart.
    """
    skipped = {place.name for place in places(target, network) if parts.skips(place)}
    named = names_by_layer(target, network)
    looked_for = {layer for layer, names in named.items() if not skipped.issuperset(names)}
    own = {
        layer: of for layer, of in shapes_of_layers(target, network).items() if layer in looked_for
    }

    def same(*, detailed: bool) -> Mapping[str, str]:
        ours = graph_of(network, own, detailed=detailed)
        return same_layers(ours, graph(detailed))

    try:
        layers = same(detailed=True)
    except DifferentError:
        layers = same(detailed=False)
    theirs = contents.by_layer()
    return {
        other: name
        for layer in own
        for name, other in zip(named[layer], theirs[layers[layer]], strict=True)
    }


def _parting(error: DifferentError, network: Network) -> tuple[str, str]:
    """Where the two graphs part, and what to do about it."""
    ours, theirs = _described(error.ours), _described(error.theirs)
    message = f"the model in the file is not built as `{network.name}` is: they part at "
    if ours and theirs:
        message += f"{theirs} of the model and {ours} of the network"
    else:
        message += f"{theirs} of the model" if theirs else f"{ours} of the network"
    if error.ours and error.theirs and error.ours.is_layer and error.theirs.is_layer:
        return message, bias_hint(_cells(error.ours), _cells(error.theirs))
    skip = error.theirs is not None and error.theirs.is_layer
    return message, "`--skip` leaves a layer of the model aside" if skip and not ours else ""


def _cells(node: Node) -> Sequence[Sizes]:
    """The shapes of a layer's weights, without sizes of one."""
    cells: Sequence[Sizes] = node.kind[1]  # type: ignore[assignment]
    return cells


def _described(node: Node | None) -> str:
    if node is None:
        return ""
    name = f"`{one_line(node.name)}`"
    if not node.is_layer:
        return f"{name} ({node.join or node.kind[0]})"
    shapes = ", ".join("x".join(map(str, shape)) or "1" for shape in _cells(node)[:MOST])
    return f"{name} ({shapes or 'without weights'})"


def _refused(path: str, message: str, hint: str) -> DiagnosticError:
    return DiagnosticError(Diagnostic(codes.GRAPH_DIFFERS, message, hint=hint, path=path))
