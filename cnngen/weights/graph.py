"""Weights under other names, found by how the layers of the file's model are connected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cnngen.analysis.graph import Graph, Node
from cnngen.analysis.network_graph import graph_of
from cnngen.analysis.same_graph import AlikeError, DifferentError, same_layers
from cnngen.diagnostics import Diagnostic, DiagnosticError, codes
from cnngen.diagnostics.render import one_line
from cnngen.diagnostics.suggest import listed
from cnngen.frameworks import names_by_layer, shapes_of_layers
from cnngen.frameworks.files import (
    Contents,
    FileFormat,
    NoGraphError,
    NotWeightsError,
    Sizes,
)
from cnngen.ir import Network
from cnngen.weights.fit import fitted
from cnngen.weights.problems import not_weights

ALIKE = "give these layers of the model the names that they have in the network"

MOST = 5
"""How many layers are named that nothing tells apart, and shapes of a layer."""


def renamed_by_graph(network: Network, form: FileFormat, contents: Contents, path: str) -> Contents:
    """What the file holds, under the network's names.

    Shapes are the network's too where they differ by sizes of one, as those of a dense layer and
    of a convolution over one position do. What is in no layer of the graph keeps its name, and so
    does not fit.

    Args:
        network: whose weights they are.
        form: the file's format, which keeps the graph.
        contents: what the file holds.
        path: the file.

    Raises:
        DiagnosticError: the graph is another, or cannot be read.
        OSError: the file cannot be read.
    """

    def graph(detailed: bool) -> Graph:
        return form.graph(path, network, contents, detailed=detailed)

    try:
        names = names_by_graph(network, form.target, contents, graph)
    except NotWeightsError as error:
        raise DiagnosticError(not_weights(path, str(error))) from error
    except NoGraphError as error:
        message = "the file does not say how the layers of its model are connected"
        raise _refused(path, message, "its model is a class of its own: `--match order`") from error
    except DifferentError as error:
        raise _refused(path, *_parting(error, network)) from error
    except AlikeError as error:
        alike = listed(map(one_line, error.layers), MOST)
        message = f"nothing tells these layers of `{network.name}` apart in the file: {alike}"
        raise _refused(path, message, ALIKE) from error
    return fitted(network, form, contents.renamed(names))


def names_by_graph(
    network: Network, target: str, contents: Contents, graph: Callable[[bool], Graph]
) -> dict[str, str]:
    """The names of the network's weights, by those that they have in a file.

    Activations and pools may be written in other ways: where they differ, the other layers do, as
    long as they are enough to tell all apart.

    Args:
        network: whose weights they are.
        target: the one whose names are wanted.
        contents: what the file holds.
        graph: gives that of the file's model, detailed or not.

    Raises:
        DifferentError: it is not the network's.
        AlikeError: there are layers that nothing tells apart.
    """
    own = shapes_of_layers(target, network)

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
        for layer, names in names_by_layer(target, network).items()
        for name, other in zip(names, theirs[layers[layer]], strict=True)
    }


def _parting(error: DifferentError, network: Network) -> tuple[str, str]:
    """Where the two graphs part, and what to do about it."""
    ours, theirs = _described(error.ours), _described(error.theirs)
    message = f"the model in the file is not built as `{network.name}` is: they part at "
    if ours and theirs:
        message += f"{theirs} of the model and {ours} of the network"
    else:
        message += f"{theirs} of the model" if theirs else f"{ours} of the network"
    skip = error.theirs is not None and error.theirs.is_layer
    return message, "`--skip` leaves a layer of the model aside" if skip and not ours else ""


def _described(node: Node | None) -> str:
    if node is None:
        return ""
    name = f"`{one_line(node.name)}`"
    if not node.is_layer:
        return f"{name} ({node.join or node.kind[0]})"
    cells: Sequence[Sizes] = node.kind[1]  # type: ignore[assignment]
    shapes = ", ".join("x".join(map(str, shape)) or "1" for shape in cells[:MOST])
    return f"{name} ({shapes or 'without weights'})"


def _refused(path: str, message: str, hint: str) -> DiagnosticError:
    return DiagnosticError(Diagnostic(codes.GRAPH_DIFFERS, message, hint=hint, path=path))
