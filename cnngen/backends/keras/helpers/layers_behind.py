"""What the main output of a model comes from."""

import keras
from keras import layers, tree

from cnngen.backends.keras.helpers.layers_in import layers_in


def layers_behind(model: keras.Model) -> set[layers.Layer]:
    """The layers that outputs come from, but for those that only side heads need."""
    outputs = model.output
    if hasattr(model, "side_weights"):
        outputs = outputs["main"]
    histories = [each._keras_history for each in tree.flatten(outputs)]
    waiting = [each.operation._inbound_nodes[each.node_index] for each in histories]
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
