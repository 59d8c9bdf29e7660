"""A network as a model: all that its outputs depend on, in the order of execution."""

from __future__ import annotations

import onnx

from cnngen.analysis.dataflow import Value, dataflow
from cnngen.backends.onnx.emit import TABLE
from cnngen.backends.onnx.graph import Graph
from cnngen.backends.onnx.joins import joined
from cnngen.backends.onnx.place import Place
from cnngen.backends.onnx.slots import slots
from cnngen.ir import MAIN, Layer, Network, has_named_outputs, inputs, outputs
from cnngen.ops import Op, Pool, Resize
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
    return onnx.helper.make_model(
        _Writer(network, weights).graph(),
        ir_version=IR_VERSION,
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        producer_name=PRODUCER,
        doc_string=network.description,
    )


class _Writer:
    """Writes values one after another; ``made`` are their names, empty where nothing reads them."""

    def __init__(self, network: Network, weights: AllWeights) -> None:
        self.network = network
        self.weights = weights
        self.flow = dataflow(network)
        self.ends = _ends(network)
        self.own = Graph([*inputs(network), *self.ends.values()])
        self.made = list(inputs(network))
        self.own.open |= {name for name, shape in inputs(network).items() if shape.axes}

    def graph(self) -> onnx.GraphProto:
        """All that outputs depend on."""
        live = self.flow.leading_to(self.flow.outputs.values())
        for place, value in enumerate(self.flow.values[len(self.made) :], len(self.made)):
            self.made.append(self._written(value) if place in live else "")
        for label, place in self.flow.outputs.items():
            self.own.output(self.made[place], self.ends[label])
        shapes = {self.ends[label]: shape for label, shape in outputs(self.network).items()}
        return self.own.proto(self.network.name, inputs(self.network), shapes)

    def _written(self, value: Value) -> str:
        """The name of a value, with what makes it in the graph."""
        item = value.item
        reads = [self.made[place] for place in value.reads]
        is_open = any(name in self.own.open for name in reads)
        if isinstance(item, Layer):
            (x,) = reads
            name = self._layer(item, value.path, x, is_open=is_open)
            is_open = is_open and not _sets_sizes(item.op)
        else:
            name = joined(item, Place(self.own, value.path, item.at, is_open=is_open), reads)
        if is_open:
            self.own.open.add(name)
        self.own.shapes[name] = value.shape
        return name

    def _layer(self, layer: Layer, path: str, x: str, *, is_open: bool) -> str:
        kept, own = slots(layer), self.weights.get(path, {})
        weights = [
            (weight, kept[weight.name], own[weight.name])
            for weight in layer.op.weights(layer.at.input)
        ]
        at = Place(self.own, path, layer.at, weights, is_open=is_open)
        if layer.op.reads_sizes or layer.op.keeps_elements:
            at.settle()
        return TABLE(layer.op, at, x)


def _sets_sizes(op: Op) -> bool:
    """Whether its output has the same sizes whatever comes in."""
    if isinstance(op, Pool):
        return op.has_output
    return op.makes_vector or (isinstance(op, Resize) and op.to is not None)


def _ends(network: Network) -> dict[str, str]:
    """What the outputs are called, by the names that the network has for them.

    A value has one name: the output without a label has another where an input is called so.
    """
    is_taken = not has_named_outputs(network) and MAIN in inputs(network)
    return {label: f"{label}:2" if is_taken else label for label in outputs(network)}
