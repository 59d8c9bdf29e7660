"""From a network to numbers: its file, checked, in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import onnx
import onnxruntime
import pytest
from numeric.harness import Problem, assert_close, channels_first, problem
from onnxruntime.capi.onnxruntime_pybind11_state import Fail

from cnngen.backends.onnx import BACKEND
from cnngen.choice import Choice
from cnngen.compiler import analyse, written
from cnngen.ir import Network, outputs
from cnngen.reference import AllWeights, Array, evaluate
from cnngen.source import Source

TOLERANCE = 1e-5
"""Relative to the largest value of an output; what torch and Keras have in float32."""


Write = Callable[[Network, AllWeights], bytes]
"""What makes a network's file."""


def networks(text: str, name: str = "case.cnn", network: str | None = None) -> tuple[Network, ...]:
    """The networks of a source; fails on any diagnostic."""
    result = analyse(Source(name, text), Choice(network), debug=True)
    assert not result.diagnostics, [found.message for found in result.diagnostics]
    return result.module.networks


def for_inference(text: str, name: str = "case.cnn") -> Write:
    """Writes a network of a source as ``cnngen compile`` does if not told otherwise."""

    def write(network: Network, weights: AllWeights) -> bytes:
        choice = Choice(network.name)
        result = written(analyse(Source(name, text), choice), [BACKEND], choice, lambda _: weights)
        (output,) = result.outputs
        assert isinstance(output.content, bytes)
        return output.content

    return write


def session(data: bytes) -> onnxruntime.InferenceSession:
    """The runtime of a file that the checker has nothing to say against."""
    onnx.checker.check_model(data, full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def run(data: bytes, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """The outputs by name, for inputs as the reference has them."""
    return outputs_of(session(data), inputs)


def outputs_of(made: onnxruntime.InferenceSession, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """The same for a file that has been read."""
    assert [each.name for each in made.get_inputs()] == list(inputs)
    given = {name: channels_first(x).astype(np.float32) for name, x in inputs.items()}
    found = zip(made.get_outputs(), made.run(None, given), strict=True)
    return {each.name: np.moveaxis(y, 1, -1) for each, y in found}


def assert_agrees(
    network: Network, batch: int = 2, scale: float = 1.0, write: Write = BACKEND.write_with
) -> None:
    """A network's file, with random weights, gives what the reference gives.

    Where sizes are left open, for others too; what has no meaning then, the runtime refuses.
    """
    given = problem(network, "float32", batch, scale=scale)
    made = session(write(network, given.weights))
    assert_same(network, given, made)
    other = given._replace(inputs=enlarged(given, made))
    if not open_inputs(made):
        return
    try:
        evaluate(network, other.weights, other.inputs)
    except ValueError:
        with pytest.raises(Fail):
            outputs_of(made, other.inputs)
    else:
        assert_same(network, other, made)


def assert_same(network: Network, given: Problem, made: onnxruntime.InferenceSession) -> None:
    """The file gives what the reference gives for the same weights and inputs."""
    expected = evaluate(network, given.weights, given.inputs)
    found = outputs_of(made, given.inputs)
    assert list(expected) == list(outputs(network))
    for (name, y), exact in zip(found.items(), expected.values(), strict=True):
        assert y.shape == exact.shape
        assert_close(y, exact, TOLERANCE, f"{network.name} {name}")


def open_inputs(made: onnxruntime.InferenceSession) -> set[str]:
    """The inputs whose sizes are left open, beside the batch."""
    return {
        each.name for each in made.get_inputs() if any(isinstance(n, str) for n in each.shape[1:])
    }


def enlarged(given: Problem, made: onnxruntime.InferenceSession) -> dict[str, Array]:
    """The inputs with other sizes where those are open."""
    return {
        name: np.concatenate([x, x], axis=1)[:, 1:] if name in open_inputs(made) else x
        for name, x in given.inputs.items()
    }
