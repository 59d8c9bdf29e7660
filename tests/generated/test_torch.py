"""Generated torch modules in the hands of torch: traced, exported, copied, pickled, loaded."""

from __future__ import annotations

import copy
import io
import pickle
from typing import Any

import pytest

from cnngen.ir import Network, inputs, layers, outputs
from cnngen.ops import Map, Shape
from generated.modules import (
    EXAMPLES,
    ROOT,
    Compiled,
    all_compiled,
    imported,
    plain_arguments,
)

torch = pytest.importorskip("torch")
fx = pytest.importorskip("torch.fx")

LARGE = [source for source in EXAMPLES if source.stem != "lenet5"]
"""Examples whose weights take longer to draw than is worth it: they are made without any."""


def networks(*, large: bool) -> list[Any]:
    return [
        pytest.param(module, network, id=f"{module.source.stem}-{network.name}")
        for module in all_compiled("torch")
        if (module.source in LARGE) == large
        for network in module.networks
    ]


small = pytest.mark.parametrize(("module", "network"), networks(large=False))


def made(module: Compiled, network: Network, **arguments: object) -> Any:
    torch.manual_seed(0)
    return getattr(imported(module.source, "torch"), network.name)(**arguments).eval()


def example(network: Network, device: str = "cpu") -> tuple[Any, ...]:
    """A batch of each input."""
    return tuple(torch.rand(shape_of(x), device=device) for x in inputs(network).values())


def shape_of(x: Shape) -> tuple[int, ...]:
    return (2, x.channels, *x.sizes) if isinstance(x, Map) else (2, x.channels)


def assert_shapes(made: Any, network: Network) -> None:
    """All outputs of the network, in their order."""
    found = made if isinstance(made, tuple) else (made,)
    assert [each.shape for each in found] == [shape_of(y) for y in outputs(network).values()]


@small
def test_symbolic_trace(module: Compiled, network: Network) -> None:
    model = made(module, network)
    traced = fx.symbolic_trace(model)
    called = [node.target for node in traced.graph.nodes if node.op == "call_module"]
    depth_first = [path for path, _ in layers(network.body)]
    found = list(dict.fromkeys(path for path in called if path in depth_first))
    assert sorted(found) == sorted(path for path in depth_first if path in called)
    # The code applies a shortcut after the body that it goes around.
    chain = [path for path in depth_first if path in called and "shortcut" not in path]
    assert [path for path in found if "shortcut" not in path] == chain
    x = example(network)
    torch.testing.assert_close(traced(*x), model(*x), equal_nan=True)


@small
def test_export(module: Compiled, network: Network) -> None:
    model, x = made(module, network), example(network)
    exported = torch.export.export(model, x)
    torch.testing.assert_close(exported.module()(*x), model(*x), equal_nan=True)


@small
def test_copy_pickle_and_state_dict(module: Compiled, network: Network) -> None:
    model, x = made(module, network), example(network)
    expected = model(*x)
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    loaded = made(module, network)
    for parameter in loaded.parameters():
        torch.nn.init.zeros_(parameter)
    loaded.load_state_dict(torch.load(file, weights_only=True), strict=True)
    for another in (copy.deepcopy(model), pickle.loads(pickle.dumps(model)), loaded):
        torch.testing.assert_close(another(*x), expected, equal_nan=True)
        assert another.state_dict().keys() == model.state_dict().keys()


@small
def test_the_state_dict_has_the_names_of_the_source(module: Compiled, network: Network) -> None:
    keys = made(module, network).state_dict().keys()
    owners = {path for path, layer in layers(network.body) if layer.op.weights(layer.at.input)}
    for key in keys:
        assert any(f"{key}.".startswith(f"{owner}.") for owner in owners), key
    for owner in owners:
        assert any(f"{key}.".startswith(f"{owner}.") for key in keys), owner


@pytest.mark.slow
@pytest.mark.parametrize(("module", "network"), networks(large=True))
def test_large_networks_are_traced_and_copied(module: Compiled, network: Network) -> None:
    with torch.device("meta"):
        model = made(module, network)
    traced = fx.symbolic_trace(model)
    assert_shapes(traced(*example(network, "meta")), network)
    assert copy.deepcopy(model).state_dict().keys() == model.state_dict().keys()


@pytest.mark.slow
@pytest.mark.parametrize(("module", "network"), networks(large=True))
def test_large_networks_are_exported(module: Compiled, network: Network) -> None:
    with torch.device("meta"):
        model = made(module, network)
        exported = torch.export.export(model, example(network, "meta"))
    assert_shapes(exported.module()(*example(network, "meta")), network)


@small
def test_the_constructor_takes_what_the_source_leaves_open(
    module: Compiled, network: Network
) -> None:
    arguments = plain_arguments(network)
    model = made(module, network, **arguments)
    result = model(*example(network))
    first = result[0] if isinstance(result, tuple) else result
    assert len(first) == 2
    with pytest.raises(TypeError):
        made(module, network, no_such_parameter=1)


def test_classes_of_lenet5() -> None:
    lenet5 = imported(ROOT / "examples" / "lenet5.cnn", "torch").LeNet5
    assert lenet5().fc3.out_features == 10
    assert lenet5(classes=7).fc3.out_features == 7
    assert lenet5(7)(torch.rand(3, 1, 32, 32)).shape == (3, 7)
    hooked: list[str] = []
    model = lenet5()
    for name, child in model.named_children():
        child.register_forward_hook(lambda *_, name=name: hooked.append(name))
    model(torch.rand(1, 1, 32, 32))
    assert hooked == [name for name, _ in model.named_children()], "a hook sees every layer once"
