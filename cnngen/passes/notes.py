"""What the passes did that a user wants to see, as notes at the places in the source."""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.diagnostics import Diagnostic, codes
from cnngen.ir import Item, Layer, Network, layers
from cnngen.ops.shapes import by
from cnngen.passes.shortcuts import Inserted, inserted


def notes(network: Network) -> Iterator[Diagnostic]:
    """A note for each projection that was inserted in the network."""
    for found in inserted(network):
        yield _note(network, found)


def _note(network: Network, found: Inserted) -> Diagnostic:
    path, residual, parameters, macs = found
    x, y = residual.at.input, residual.at.output
    cost = f"{parameters:,} parameters, {macs:,} multiply-accumulates"
    return Diagnostic(
        codes.PROJECTION_INSERTED,
        f"{network.name}.{path}: {x} -> {y} by {_described(residual.path)}; {cost}",
        residual.at.span,
        "inserted on this shortcut",
    )


def _described(path: Item | None) -> str:
    """The layers of a path."""
    words = [_layer(layer) for _, layer in layers(path)] if path else []
    return ", ".join(words)


def _layer(layer: Layer) -> str:
    stride = getattr(layer.op, "stride", None)
    steps = f" stride={_size(stride)}" if stride and set(stride) != {1} else ""
    kernel = getattr(layer.op, "kernel", None)
    window = f" {by(kernel)}" if kernel else ""
    return f"`{layer.op.word}{window}{steps}`"


def _size(size: tuple[int, ...]) -> str:
    return str(size[0]) if len(set(size)) == 1 else by(size)
