"""A network as a model: all that its outputs depend on, in the order of execution."""

from __future__ import annotations

import onnx

from cnngen.analysis.dataflow import Dataflow, Value, dataflow
from cnngen.backends.onnx.emit import TABLE
from cnngen.backends.onnx.graph import Graph
from cnngen.backends.onnx.joins import joined
from cnngen.backends.onnx.place import Place
from cnngen.backends.onnx.slots import slots
from cnngen.ir import MAIN, Input, Layer, Network, has_named_outputs, inputs, outputs
from cnngen.reference import AllWeights

OPSET = 21
"""The first that has ``GroupNormalization`` with a scale for each channel."""

IR_VERSION = 10
"""The one that came with this opset."""

PRODUCER = "cnngen"


def model(network: Network, weights: AllWeights) -> onnx.ModelProto:
    """The network with these weights, in float32.

    Args:
        network: what is written.
        weights: all of its weights, by the layer's path and the weight's name.
    """
    flow = dataflow(network)
    ends = _ends(network)
    graph = Graph([*inputs(network), *ends.values()])
    names = list(inputs(network))
    live = _live(flow)
    for place, value in enumerate(flow.values[len(names) :], len(names)):
        name = _written(graph, value, names, weights) if place in live else ""
        names.append(name)
        if name:
            graph.shapes[name] = value.shape
    for label, place in flow.outputs.items():
        graph.output(names[place], ends[label])
    return onnx.helper.make_model(
        graph.proto(
            network.name,
            inputs(network),
            {ends[label]: shape for label, shape in outputs(network).items()},
        ),
        ir_version=IR_VERSION,
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        producer_name=PRODUCER,
        doc_string=network.description,
    )


def _ends(network: Network) -> dict[str, str]:
    """What the outputs are called, by the names that the network has for them.

    A value has one name: the output without a label has another where an input is called so.
    """
    is_taken = not has_named_outputs(network) and MAIN in inputs(network)
    return {label: f"{label}:2" if is_taken else label for label in outputs(network)}


def _live(flow: Dataflow) -> set[int]:
    """The places of the values that outputs depend on."""
    found: set[int] = set()
    waiting = list(flow.outputs.values())
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            waiting += flow.values[place].reads
    return found


def _written(graph: Graph, value: Value, names: list[str], weights: AllWeights) -> str:
    """The name of a value, with what makes it in the graph."""
    reads = [names[place] for place in value.reads]
    item = value.item
    assert not isinstance(item, Input)
    if not isinstance(item, Layer):
        return joined(item, Place(graph, value.path, item.at), reads)
    kept, own = slots(item), weights.get(value.path, {})
    of_layer = [
        (weight, kept[weight.name], own[weight.name]) for weight in item.op.weights(item.at.input)
    ]
    (x,) = reads
    return TABLE(item.op, Place(graph, value.path, item.at, of_layer), x)
