"""What an output of a model comes from."""

import keras
from keras import layers

from cnngen.backends.keras.helpers.layers_in import layers_in


def layers_behind(output: keras.KerasTensor) -> set[layers.Layer]:
    """The layers that an output comes from, those of models among them."""
    history = output._keras_history
    waiting = [history.operation._inbound_nodes[history.node_index]]
    operations = {}
    while waiting:
        node = waiting.pop()
        if id(node) not in operations:
            operations[id(node)] = node.operation
            waiting += node.parent_nodes
    found: set[layers.Layer] = set()
    for each in operations.values():
        found.update(layers_in(each) if isinstance(each, keras.Model) else [each])
    return found
