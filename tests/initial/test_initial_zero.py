"""A residual whose last batch norm starts at zero is the identity at first, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numeric.harness import (
    TARGETS,
    Compiled,
    assert_agree,
    compiled,
    from_torch,
    problem,
)
from tools.small import channels_first

from cnngen.ir import Instance, Network, layers
from cnngen.ops import BatchNorm
from cnngen.reference import sizes_of

BLOCKS = """
block conv_bn(filters) { conv filters 3x3 pad=1, bn }
block weighed(filters) { conv_bn filters, excite filters }
block excite(filters) { gate { avgpool global, conv filters 1x1, sigmoid } }
block unit(filters) { residual { conv_bn filters, relu, conv_bn filters } }
block unit_on(filters) zero_init=true { residual { conv_bn filters, relu, conv_bn filters } }
"""

IDENTITIES = {
    "plain": "residual zero_init=true { conv 8 3x3 pad=1, bn, relu, conv 8 3x3 pad=1, bn }",
    "twice": "repeat 2 { residual zero_init=true { conv 8 1x1, bn } }",
    "group": "residual zero_init=true { conv 4 1x1, relu, end: { conv 8 1x1, last: bn } }",
    "labelled": "stage: residual zero_init=true { conv 8 1x1, bn }",
    "gate": "residual zero_init=true { conv 8 1x1, bn\n excite 8 }",
    "gate_inside": "residual zero_init=true { weighed 8 }",
    "loop": "residual zero_init=true { repeat 3 { conv_bn 8 } }",
    "block": "unit_on 8",
    "drop_path": "residual zero_init=true { conv 8 1x1, bn, drop_path 0.01 }",
    "weights": "residual zero_init=true { conv 8 1x1, bn, layer_scale start=0.1, scale 0.3 }",
    "scale alone": "residual zero_init=true { conv 8 1x1, bn affine=scale }",
    "blocks": "repeat 3 { unit_on 8 }",
    "bottleneck": "residual zero_init=true { conv 4 1x1, bn, relu, conv 8 1x1, bn momentum=0.2 }",
}


def source(body: str, head: str = "", size: str = "6x6x8") -> str:
    return f"{BLOCKS}\nnetwork Net{head} {{\n    input {size}\n    {body}\n}}\n"


def made(text: str) -> tuple[Compiled, Network]:
    module = compiled(text)
    (network,) = module.networks.values()
    return module, network


def started(module: Compiled, target: str) -> Any:
    """A new model, from some seed, as a function of a batch and of whether it trains."""
    model = module.modules[target].Net()
    if target == "keras":

        def run_keras(x: Any, training: bool) -> Any:
            import keras

            return keras.ops.convert_to_numpy(model(x, training=training))

        return run_keras

    def run_torch(x: Any, training: bool) -> Any:
        import torch

        with torch.no_grad():
            given = x if x.ndim == 2 else channels_first(x)
            return from_torch(model.train(training)(torch.from_numpy(given)))

    return run_torch


def batch(network: Network, count: int = 5) -> Any:
    sizes = sizes_of(network.body.at.input)
    drawn: Any = np.random.default_rng(0).normal(0, 3, (count, *sizes))
    return drawn.astype("float32")


@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", IDENTITIES)
def test_the_output_is_the_input(name: str, target: str, training: bool) -> None:
    module, network = made(source(IDENTITIES[name]))
    x = batch(network)
    np.testing.assert_array_equal(started(module, target)(x, training), x, strict=True)
    without = IDENTITIES[name].replace("zero_init=true", "").replace("unit_on", "unit")
    other, _ = made(source(without))
    assert np.abs(started(other, target)(x, training) - x).max() > 0.01


@pytest.mark.parametrize("target", TARGETS)
def test_of_a_vector_too(target: str) -> None:
    module, _ = made(source("residual zero_init=true { dense 8, bn }", size="8"))
    x: Any = np.random.default_rng(0).normal(0, 3, (5, 8)).astype("float32")
    np.testing.assert_array_equal(started(module, target)(x, True), x, strict=True)


@pytest.mark.parametrize("name", IDENTITIES)
def test_with_other_weights_it_is_what_it_was(name: str) -> None:
    """The scale is a weight as before: names, count and meaning are the same."""
    module, network = made(source(IDENTITIES[name]))
    given = problem(network, "float64", 2)
    assert_agree(module, network, given, (2,), lambda *_: 1e-12)
    without = IDENTITIES[name].replace("zero_init=true", "").replace("unit_on", "unit")
    _, plain = made(source(without))
    assert [path.replace("unit_on", "unit") for path, _ in layers(network.body)] == [
        path for path, _ in layers(plain.body)
    ]


def zeros(text: str) -> list[str]:
    """The batch norms whose scale starts at zero, by their paths."""
    _, network = made(text)
    return [
        path
        for path, layer in layers(network.body)
        if isinstance(layer.op, BatchNorm) and layer.op.zero_scale
    ]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("residual { conv 8 1x1, bn }", ["bn1"]),
        ("residual { conv 16 1x1 stride=2, bn }", ["bn1"]),
        ("residual shortcut=projection { conv 8 1x1, bn }", ["bn1"]),
        ("residual shortcut=pad { conv 16 1x1, bn }", ["bn1"]),
        ("residual { conv 16 1x1, bn } shortcut { conv 16 1x1, bn }", ["bn1"]),
        # Without a shortcut, nothing but zeros would be left.
        ("residual shortcut=none { conv 8 1x1, bn }", []),
        ("residual shortcut=match { conv 8 1x1, bn }", ["bn1"]),
        ("residual shortcut=match { conv 16 1x1, bn }", []),
        ("residual { conv 8 1x1 }", []),
        ("residual { conv 8 1x1, bn, relu }", []),
        ("residual { conv 8 1x1, bn affine=false }", []),
        ("residual { conv 8 1x1, bn, dropout 0.1 }", []),
        ("residual { residual { conv 8 1x1, bn } }", ["bn1"]),
        ("residual { residual { conv 8 1x1, bn }, conv 8 1x1, bn }", ["bn1", "bn2"]),
        ("residual zero_init=false { conv 8 1x1, bn }", []),
        ("conv 8 1x1, bn", []),
        ("unit 8\n conv_bn 8", ["unit1.conv_bn2.bn1"]),
        ("concat { conv 4 1x1\n residual { conv_bn 8 } }", ["conv_bn1.bn1"]),
    ],
)
def test_a_setting_counts_for_the_residuals_that_end_in_a_norm(body: str, found: list[str]) -> None:
    # Within `conv_bn`, layers are numbered.
    assert zeros(source(body, " zero_init=true")) == [path.replace(".bn1", ".1") for path in found]
    assert zeros(source(body)) == []


def test_the_nearest_setting_counts() -> None:
    blocks = """
block off(filters) zero_init=false {
    residual { conv filters 1x1, bn }
    residual zero_init=true { conv filters 1x1, bn }
}
"""
    body = "off 8\n residual { conv 8 1x1, bn }"
    assert zeros(blocks + source(body, " zero_init=true")) == ["off1.bn2", "bn1"]
    assert zeros(blocks + source(body)) == ["off1.bn2"]


def test_a_block_at_the_end_stays_as_it_is_elsewhere() -> None:
    text = source("conv_bn 8\n repeat 2 { residual { conv_bn 8 } }\n conv_bn 8", " zero_init=true")
    module, network = made(text)
    uses = [i for i in network.body.items if isinstance(i, Instance)]
    inside = [i.body.items[0] for i in network.body.items if not isinstance(i, Instance)]
    assert uses[0].body is uses[1].body
    assert inside[0].body is inside[1].body, "equal uses share one body"
    assert zeros(text) == ["conv_bn2.0.1", "conv_bn2.1.1"]
    assert module.texts["torch"].count("class ConvBn") == 2
    assert module.texts["torch"].count("zero_scale(nn") == 1


def test_a_shortcut_of_some_uses_only_makes_a_class_for_each() -> None:
    blocks = "block maybe(filters) { residual shortcut=match { conv filters 1x1, bn } }"
    module, _ = made(blocks + source("maybe 8\n maybe 16\n maybe 16", " zero_init=true"))
    for target, head in (("torch", "class Maybe"), ("keras", "def maybe")):
        assert module.texts[target].count(head) == 3


def test_a_saved_model_loads_with_its_weights(tmp_path: Path) -> None:
    import keras

    text = (Path(__file__).parents[2] / "examples" / "initial_weights.cnn").read_text("utf-8")
    model = compiled(text, "initial_weights.cnn").modules["keras"].InitialWeights()
    model.save(tmp_path / "net.keras")
    loaded = keras.models.load_model(tmp_path / "net.keras")
    for a, b in zip(model.weights, loaded.weights, strict=True):
        assert a.path == b.path
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(b))
    assert not loaded.get_layer("layer1_bn2").gamma.numpy().any()
    again = keras.models.clone_model(model)
    kernels = [m.get_layer("layer1_conv1").kernel.numpy() for m in (model, again)]
    assert kernels[0].std() == pytest.approx(kernels[1].std(), rel=0.1)
    assert not np.array_equal(*kernels), "a clone is drawn anew"


def test_equal_layers_draw_their_own_weights() -> None:
    text = "network Net init=he {\n input 4x4x8\n repeat 3 { conv 8 3x3 pad=1 }\n}"
    module = compiled(text)
    torch_kernels = [p.detach().numpy() for p in module.modules["torch"].Net().parameters()][::2]
    keras_kernels = [layer.kernel.numpy() for layer in module.modules["keras"].Net().layers[1:]]
    for kernels in (torch_kernels, keras_kernels):
        assert len({kernel.tobytes() for kernel in kernels}) == 3
