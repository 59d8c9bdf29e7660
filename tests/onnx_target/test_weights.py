"""Weights of files in a graph: the same as in the modules that they are from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from cli.runner import EXAMPLES, run
from numeric.harness import channels_first, error

from cnngen.backends import backend
from cnngen.choice import Choice
from cnngen.compiler import compile_source
from cnngen.frameworks import framework
from cnngen.ir import Network, layers
from cnngen.ops import LAYERS, Op
from cnngen.source import Source
from onnx_target.runtime import networks
from onnx_target.runtime import run as run_file

EVERY_KIND = """
network Net {
    input 9x8x4
    conv 6 3x3, bn, prelu
    depthwise_conv 3x3 pad=1 multiplier=2, layernorm, prelu per=cell
    separable_conv 6 3x3 pad=1 multiplier=2, groupnorm 3, prelu per=layer
    ws_conv 8 3x3 groups=2 pad=1, instancenorm, rmsnorm, grn, layer_scale start=0.5
    conv_transpose 4 2x2 stride=2 groups=2, dense 5 per=position, bn affine=scale
    flatten, bn, prelu, dense 7, layernorm, rmsnorm, layer_scale
    aux side weight=0.3 { dense 3 }
    dense 3 bias=false
}
"""
"""Every layer that has weights, on maps, and on vectors where it takes them."""


def torch_module(text: str):
    """A module as users have it, with statistics and factors that are not where they start."""
    import torch

    (output,) = compile_source(Source("net.cnn", text), [backend("torch")]).outputs
    (network,) = networks(text)
    torch.manual_seed(0)
    made = getattr(framework("torch").module(output.text), network.name)().eval()
    with torch.no_grad():
        for name, array in made.state_dict().items():
            if array.is_floating_point():
                array.add_(0.3 * torch.rand_like(array) if "var" in name else torch.rand(()) * 0.2)
    return made


def assert_same(module, path: Path, shape: tuple[int, ...]) -> None:
    import torch

    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    with torch.no_grad():
        expected = module(torch.from_numpy(channels_first(x).copy())).numpy()
    (y,) = run_file(path.read_bytes(), {"x": x}).values()
    assert error(channels_first(y), expected) < 1e-5


def save(module, path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    if path.suffix == ".safetensors":
        save_file(module.state_dict(), path)
    else:
        torch.save({"epoch": 3, "model": module.state_dict()}, path)


@pytest.mark.parametrize("ending", [".safetensors", ".pt"])
def test_a_trained_lenet_gives_the_same(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (EXAMPLES / "lenet5.cnn").read_text(encoding="utf-8")
    Path("lenet5.cnn").write_text(text, encoding="utf-8")
    module = torch_module(text)
    save(module, Path(f"trained{ending}"))
    command = ("compile", "lenet5.cnn", "-t", "onnx", "--weights", f"trained{ending}")
    ran = run(*command, "-o", "net.onnx")
    assert ran.code == 0, ran.err
    assert_same(module, Path("net.onnx"), (3, 32, 32, 1))
    assert run(*command, "-o", "net.onnx", "--check").code == 0


def test_every_weight_of_torch_is_where_it_belongs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.cnn").write_text(EVERY_KIND, encoding="utf-8")
    module = torch_module(EVERY_KIND)
    save(module, Path("net.safetensors"))
    assert run("compile", "net.cnn", "-t", "onnx", "--weights", "net.safetensors").code == 0
    assert_same(module, Path("net.onnx"), (2, 9, 8, 4))


def test_half_precision_is_not_what_weights_are_folded_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.chdir(tmp_path)
    text = "network Net {\n input 9x9x4\n conv 6 3x3, bn, relu\n avgpool global, flatten\n}\n"
    Path("net.cnn").write_text(text, encoding="utf-8")
    module = torch_module(text).half()
    save(module, Path("net.safetensors"))
    assert run("compile", "net.cnn", "-t", "onnx", "--weights", "net.safetensors").code == 0
    assert_same(module.to(torch.float32), Path("net.onnx"), (3, 9, 9, 4))


def test_initialisers_are_called_as_in_torch() -> None:
    """All but counters, side heads, and weights that are standardised already."""
    (network,) = networks(EVERY_KIND)
    choice = Choice(for_inference=False)
    (output,) = compile_source(Source("net.cnn", EVERY_KIND), [backend("onnx")], choice).outputs
    graph = onnx.load_from_string(output.content).graph
    found = {each.name for each in graph.initializer if "/" not in each.name}
    state = torch_module(EVERY_KIND).state_dict()
    ends = ("num_batches_tracked", "side.weight", "side.bias")
    expected = {name for name in state if not name.endswith(ends)}
    assert expected - found == {standardized(network)}
    assert found <= expected


def standardized(network: Network) -> str:
    (path,) = (path for path, layer in layers(network.body) if layer.op.word == "ws_conv")
    return f"{path}.weight"


def test_every_layer_with_weights_is_tried() -> None:
    (network,) = networks(EVERY_KIND)
    tried = {type(layer.op) for _, layer in layers(network.body)}
    weighted = {op for op in LAYERS.values() if op.weights is not Op.weights}
    assert weighted <= tried


def test_weights_of_keras_go_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of h5 needs no Keras to be read."""
    h5py = pytest.importorskip("h5py")
    monkeypatch.chdir(tmp_path)
    Path("net.cnn").write_text("network Net {\n input 2x2x3\n flatten, dense 4\n}\n")
    kernel = np.arange(48, dtype="float32").reshape(12, 4)
    with h5py.File("net.weights.h5", "w") as file:
        group = file.create_group("layers/dense/vars")
        group.attrs["name"] = "fc1"
        group["0"], group["1"] = kernel, np.zeros(4, "float32")
    ran = run("compile", "net.cnn", "-t", "onnx", "--weights", "net.weights.h5")
    assert ran.code == 0, ran.err
    x = np.random.default_rng(0).normal(size=(2, 2, 2, 3)).astype(np.float32)
    (y,) = run_file(Path("net.onnx").read_bytes(), {"x": x}).values()
    assert error(y, x.reshape(2, -1) @ kernel) < 1e-6
