"""What a summary counts, against the frameworks' own counters and what they compute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from cnngen import files
from cnngen.analysis.dataflow import dataflow
from cnngen.analysis.memory import peak
from cnngen.analysis.receptive_field import receptive_fields
from cnngen.analysis.summary import Row, Summary, by_block, summary
from cnngen.backends import backend
from cnngen.compiler import analyse, compile_source
from cnngen.frameworks import framework
from cnngen.ir import Network
from cnngen.passes import run_passes
from cnngen.source import Source

EXAMPLES = sorted(Path("examples").glob("*.cnn"))

LARGE = ("alexnet", "googlenet", "resnet", "vgg")
"""Examples whose weights take long to make."""


def _networks(text: str) -> tuple[Network, ...]:
    result = analyse(Source("net.cnn", text))
    assert result.complete, result.diagnostics
    return result.module.networks


def _summary(body: str) -> Summary:
    (network,) = _networks(f"network Net {{ {body} }}")
    return summary(network)


def _rows(rows: tuple[Row, ...]) -> list[Row]:
    return [each for row in rows for each in (row, *_rows(row.children))]


@pytest.mark.parametrize("target", ["torch", "keras"])
@pytest.mark.parametrize(
    "path", [path for path in EXAMPLES if path.stem not in LARGE], ids=lambda path: path.stem
)
def test_parameters_are_those_that_the_framework_counts(path: Path, target: str) -> None:
    source = files.read_source(str(path))
    result = compile_source(source, [backend(target)], load=files.loader(source))
    of = framework(target)
    module = of.module(result.outputs[0].text)
    for network in result.module.networks:
        total = summary(network).total
        made = of.made(module, network, "float32")
        if target == "torch":
            statistics = {name: x for name, x in made.named_buffers() if "running" in name}
            assert total.parameters == sum(each.numel() for each in made.parameters())
            assert total.statistics == sum(each.numel() for each in statistics.values())
        else:
            assert total.values == made.count_params()
            assert total.parameters == sum(
                int(each.value.numpy().size) for each in made.trainable_weights
            )


@pytest.mark.parametrize(
    "body",
    [
        "input 32x32x3  conv 8 5x5 stride=2 pad=2, relu, maxpool 2x2, flatten, dense 10",
        "input 16x16x4  depthwise_conv 3x3 pad=1, bn, conv 8 1x1 groups=2, separable_conv 6 3x3",
        "input 8x8x3  conv_transpose 5 3x3 stride=2 pad=1, avgpool global, flatten, dense 4",
        "input 16x16x8  residual { conv 16 3x3 stride=2 pad=1, bn, relu, conv 16 3x3 pad=1, bn }",
    ],
)
def test_macs_are_half_of_torchs_flops(body: str) -> None:
    text = f"network Net {{ {body.replace('  ', chr(10))} }}"
    result = compile_source(Source("net.cnn", text), [backend("torch")])
    of = framework("torch")
    (network,) = result.module.networks
    made = of.made(of.module(result.outputs[0].text), network, "float32").eval()
    x = network.body.at.input
    with FlopCounterMode(display=False) as counter:
        made(torch.zeros(1, x.channels, *x.sizes))
    assert 2 * summary(network).total.macs == counter.get_total_flops()


SEEN = {
    "one window": "conv 4 5x5 pad=2",
    "a stack": "conv 4 3x3 pad=1, relu, conv 4 3x3 pad=1, maxpool 2x2, conv 4 3x3 pad=1",
    "strides": "conv 4 3x3 stride=2 pad=1, conv 4 3x3 stride=2 pad=1",
    "uneven": "conv 4 1x7 pad=0x3, conv 4 5x1 pad=2x0",
    "dilation": "conv 4 3x3 pad=2 dilation=2, conv 4 3x3 pad=4 dilation=4",
    "branches": "concat {\n conv 2 1x1\n conv 2 5x5 pad=2\n conv 2 3x3 pad=1, conv 2 3x3 pad=1\n }",
    "residual": "residual { conv 3 3x3 pad=1, conv 3 3x3 pad=1 }, conv 3 3x3 pad=1",
    "projected": "residual { conv 6 3x3 stride=2 pad=1, conv 6 3x3 pad=1 }",
    "depthwise": "depthwise_conv 7x7 pad=3, separable_conv 4 3x3 pad=1",
    "grown": "maxpool 2x2, conv 4 3x3 pad=1, resize 2, conv 4 3x3 pad=1",
    "grown like a label": (
        "s: conv 4 1x1, maxpool 2x2, conv 4 3x3 pad=1\n resize like=s\n conv 4 3x3 pad=1"
    ),
    "gate of the whole": "conv 4 3x3 pad=1, gate { avgpool global, conv 4 1x1, sigmoid }",
    "local gate": "conv 4 3x3 pad=1, gate { conv 1 7x7 pad=3, sigmoid }",
    "adaptive": "conv 4 3x3 pad=1, avgpool adaptive=8x8",
}
"""By what they show, networks whose fields can be found by what changes in the output."""

SIZE = 32


@pytest.mark.parametrize("body", SEEN.values(), ids=SEEN)
def test_a_receptive_field_is_where_the_gradient_is(body: str) -> None:
    """Its cells are those of the input that a cell in the middle depends on, at most."""
    text = f"network Net {{\n input {SIZE}x{SIZE}x3\n {body}\n}}"
    result = compile_source(Source("net.cnn", text), [backend("torch")])
    of = framework("torch")
    (network,) = result.module.networks
    module = of.made(of.module(result.outputs[0].text), network, "float64").double().eval()
    flow = dataflow(network)
    field = receptive_fields(flow)[next(iter(flow.outputs.values()))]
    assert field is not None
    assert field.sizes == _reached(module, whole_gate="global" in body)


def _reached(module: Any, *, whole_gate: bool) -> tuple[int, ...]:
    """How many cells the gradient of one reaches along each axis: the most of several cells."""
    torch.manual_seed(0)
    for weight in module.parameters():
        torch.nn.init.uniform_(weight, 0.01, 0.02)
    if whole_gate:  # what a gate weighs with does not count
        gate = next(each for each in module.modules() if "Sigmoid" in type(each).__name__)
        gate.register_forward_hook(lambda _module, _x, y: torch.ones_like(y))
    most = [0, 0]
    y = module(torch.zeros(1, 3, SIZE, SIZE, dtype=torch.float64))
    middle = y.shape[-1] // 2
    for place in range(middle - 2, middle + 2):
        x = torch.rand(4, 3, SIZE, SIZE, dtype=torch.float64, requires_grad=True)
        module(x)[:, :, place, place].sum().backward()
        assert x.grad is not None
        touched = (x.grad != 0).any(dim=0).any(dim=0)
        for axis in (0, 1):
            cells = touched.any(dim=1 - axis).nonzero().flatten()
            most[axis] = max(most[axis], int(cells.max() - cells.min()) + 1)
    return tuple(most)


def test_what_may_see_all_of_the_input() -> None:
    rows = _summary("input 8x8x3\n conv 4 3x3, avgpool global, flatten, dense 2").rows
    assert [row.field for row in rows] == [(3, 3), None, None, None]


def test_the_receptive_field_of_vgg16() -> None:
    """212, as the literature has it (Araujo et al., 2019, table 1)."""
    source = files.read_source("zoo:vgg")
    result = analyse(source, load=files.loader(source))
    network = next(each for each in result.module.networks if each.name == "VGG16")
    last = [row for row in _rows(summary(network).rows) if row.text.startswith("maxpool")][-1]
    assert last.field == (212, 212)


def test_what_is_applied_again_has_its_weights_once() -> None:
    shared = _summary(
        "left: input 8x8x3\n right: input 8x8x3\n from left\n a: conv 4 3x3 pad=1\n"
        " from right\n reuse a\n add a"
    )
    alone = _summary("input 8x8x3\n conv 4 3x3 pad=1")
    assert shared.total.parameters == alone.total.parameters
    assert shared.total.macs == 2 * alone.total.macs


def test_side_heads_count() -> None:
    with_head = _summary(
        "input 8x8x3\n conv 4 3x3\n aux side weight=0.3 { flatten, dense 2 }\n flatten, dense 2"
    )
    alone = _summary("input 8x8x3\n conv 4 3x3\n flatten, dense 2")
    assert with_head.total.parameters == alone.total.parameters + 6 * 6 * 4 * 2 + 2
    assert with_head.peak == alone.peak, "evaluation leaves it out"
    assert with_head.total.elements == alone.total.elements + 2


def test_the_most_that_lives_at_once() -> None:
    (network,) = _networks(
        "network Net {\n input 8x8x1\n conv 2 1x1, conv 3 1x1, conv 4 1x1, dropout 0.5\n}"
    )
    assert peak(dataflow(network)) == 64 * (3 + 4)
    (network,) = _networks(
        "network Net {\n input 8x8x1\n residual { conv 5 1x1, conv 1 1x1 }\n flatten\n}"
    )
    assert peak(dataflow(network)) == 64 * (1 + 5 + 1), "the shortcut is kept"


def test_memory_grows_with_the_batch() -> None:
    found = _summary("input 8x8x1\n conv 2 3x3 bias=false, bn, relu")
    weights, values = 18 + 4 + 4, 64 + 3 * 72
    assert found.inference_bytes(1) == 4 * (weights + 2 * 72)
    assert found.training_bytes(3) == 4 * (weights + 22 + 3 * values)


def test_blocks_are_added_up() -> None:
    (network,) = _networks(
        "block unit(n) { conv n 3x3 pad=1, relu }\n"
        "block two(n) { unit n, unit n }\n"
        "network Net {\n input 8x8x3\n unit 4\n two 4\n}"
    )
    found = summary(network)
    assert [(each.name, each.times) for each in by_block(found.rows)] == [("unit", 3), ("two", 1)]
    unit, two = by_block(found.rows)
    assert unit.figures.parameters == found.total.parameters
    assert two.figures.parameters == 2 * (4 * 4 * 9 + 4)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_rows_add_up_to_the_total(path: Path) -> None:
    source = files.read_source(str(path))
    result = analyse(source, load=files.loader(source))
    for network in result.module.networks:
        found = summary(network)
        layers = [row for row in _rows(found.rows) if row.is_layer]
        assert sum(row.figures.macs for row in layers) == found.total.macs
        assert sum(row.figures.parameters for row in layers) == found.total.parameters


def test_a_network_with_a_mistake_comes_up_to_it() -> None:
    text = (
        "network Net {\n input 16x16x3\n conv 4 3x3, relu\n body: {\n  conv 8 3x3\n"
        "  for i in range(2) { conv 8 3x3 }\n  maxpool 99x99\n  conv 4 3x3\n }\n flatten\n}"
    )
    result = analyse(Source("net.cnn", text))
    (network,) = result.reached
    found = summary(run_passes(network))
    assert [row.name for row in found.rows] == ["conv1", "relu1", "(unfinished)"]
    assert found.rows[-1].text == "body:"
    assert len(found.rows[-1].children) == 3


def test_a_mistake_in_the_first_layer_leaves_nothing() -> None:
    assert analyse(Source("net.cnn", "network Net {\n input 4x4x3\n conv 4 9x9\n}")).reached == ()
