"""How the layers of a model follow each other."""

from keras import layers


def layers_before(layer: layers.Layer) -> list[layers.Layer]:
    """The layers whose outputs this one takes, where it is applied first."""
    return [node.operation for node in layer._inbound_nodes[0].parent_nodes]
