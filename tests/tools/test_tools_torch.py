"""Generated torch modules under what torch users run their models through."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import fx, nn

from tools import process
from tools.small import NETWORKS, batch, channels_first, entry

pytestmark = pytest.mark.slow

BATCHES = (2, 5)
"""The first is what a tool sees, the second what its result has to take as well."""


def made(name: str, seed: int = 0) -> Any:
    """A model whose batch norms have statistics of their own, in evaluation mode.

    Without dropout, which would make two runs differ in training.
    """
    torch.manual_seed(seed)
    model = entry(name, "torch")()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    model(inputs(8) * 2 + 1)
    return model.eval()


def inputs(size: int) -> Any:
    return torch.from_numpy(channels_first(batch(size)[0]))


def heads(result: Any) -> tuple[Any, ...]:
    """The logits, and those of side heads if there are any."""
    return tuple(result) if isinstance(result, tuple) else (result,)


def agree(tool: Any, model: Any) -> None:
    for size in BATCHES:
        torch.testing.assert_close(tool(inputs(size)), model(inputs(size)))


def gradients(called: Any, model: Any) -> dict[str, Any]:
    sum(head.square().mean() for head in heads(called(inputs(5)))).backward()
    return {key: parameter.grad for key, parameter in model.named_parameters()}


def test_compile(name: str) -> None:
    """``fullgraph`` fails at a graph break; inductor would need a C++ compiler."""
    torch.compiler.reset()
    model = made(name)
    with torch.no_grad():
        agree(torch.compile(copy.deepcopy(model), backend="aot_eager", fullgraph=True), model)


def test_compile_for_training(name: str) -> None:
    torch.compiler.reset()
    model = made(name).train()
    twin = copy.deepcopy(model)
    compiled = torch.compile(twin, backend="aot_eager", fullgraph=True)
    expected = gradients(model, model)
    assert all(gradient is not None for gradient in expected.values())
    torch.testing.assert_close(gradients(compiled, twin), expected)
    torch.testing.assert_close(twin.state_dict(), model.state_dict())


def test_export_with_any_batch(name: str, tmp_path: Path) -> None:
    model = made(name)
    dimensions = ({0: torch.export.Dim("batch")},)
    exported = torch.export.export(model, (inputs(2),), dynamic_shapes=dimensions)
    torch.export.save(exported, tmp_path / "small.pt2")
    agree(torch.export.load(tmp_path / "small.pt2").module(), model)


@pytest.mark.parametrize("training", [False, True])
def test_symbolic_trace(name: str, training: bool) -> None:
    model = made(name).train(training)
    agree(fx.symbolic_trace(copy.deepcopy(model)), model)


def test_onnx_with_any_batch(name: str, tmp_path: Path) -> None:
    import onnxruntime

    model = made(name)
    dimensions = ({0: torch.export.Dim("batch")},)
    program = torch.onnx.export(model, (inputs(2),), dynamo=True, dynamic_shapes=dimensions)
    assert program is not None
    program.save(tmp_path / "small.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "small.onnx")
    (given,) = session.get_inputs()
    for size in BATCHES:
        (found,) = session.run(None, {given.name: inputs(size).numpy()})
        expected = model(inputs(size)).detach().numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_deep_copy(name: str) -> None:
    model = made(name)
    copied = copy.deepcopy(model)
    agree(copied, model)
    ours = {id(tensor) for tensor in model.state_dict(keep_vars=True).values()}
    assert not ours & {id(tensor) for tensor in copied.state_dict(keep_vars=True).values()}


def test_pickle(name: str, tmp_path: Path) -> None:
    model = made(name)
    agree(pickle.loads(pickle.dumps(model)), model)
    torch.save(model, tmp_path / "model.pt")
    agree(torch.load(tmp_path / "model.pt", weights_only=False), model)


def test_state_dict(name: str, tmp_path: Path) -> None:
    model, other = made(name), made(name, seed=1)
    with pytest.raises(AssertionError):
        agree(other, model)
    torch.save(model.state_dict(), tmp_path / "weights.pt")
    state = torch.load(tmp_path / "weights.pt", weights_only=True)
    other.load_state_dict(state, strict=True)
    agree(other, model)


def test_distributed_data_parallel(compiled: Path) -> None:
    torchrun = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    process.run(compiled, *torchrun, "-m", "tools.data_parallel", *NETWORKS, OMP_NUM_THREADS="1")
