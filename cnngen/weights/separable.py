"""Separable convolutions of Keras, which are one layer there, under the names of two."""

from __future__ import annotations

from cnngen.analysis.network_graph import separated
from cnngen.backends import backend
from cnngen.frameworks import shapes
from cnngen.frameworks.files import Contents, FileFormat, layers_of
from cnngen.ir import Network


def under_two_names(network: Network, form: FileFormat, contents: Contents) -> Contents:
    """What the file holds, with separable convolutions apart where the network has two layers.

    They are those with the names ``depthwise`` and ``pointwise`` in what has the layer's name.
    """
    to, own = backend(form.target), shapes(form.target, network)
    names = {}
    for name, layer in layers_of(contents.tensors).items():
        around, _, last = name.rpartition(".")
        for part in separated(around):
            new = f"{to.path(part)}.{last.removeprefix(part.rpartition('.')[2]).removeprefix('_')}"
            if layer == part and new in own:
                names[name] = new
    return contents.renamed(names)
