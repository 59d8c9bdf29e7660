"""What a file looks like: names, shapes, metadata; the same bytes each time."""

from __future__ import annotations

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnngen.backends.onnx import BACKEND
from cnngen.backends.onnx.graph import Graph
from cnngen.choice import Choice
from cnngen.compiler import compile_source
from cnngen.diagnostics import codes
from cnngen.provenance import Provenance, digest
from cnngen.reference import random_weights
from cnngen.source import Source
from onnx_target.runtime import networks, open_inputs, run, session

RESIDUAL = """
# Two ways.
network Net {
    image: input 8x6x3
    stem: { conv 4 3x3 pad=1, bn, relu }
    residual { conv 8 3x3 stride=2 pad=1, bn }
    dropped: dropout 0.3
    avgpool global, flatten, fc: dense 2
    output dropped fc
}
"""


def written(
    text: str, network: str | None = None, for_inference: bool | None = None
) -> onnx.ModelProto:
    choice = Choice(network, for_inference=for_inference)
    result = compile_source(Source("net.cnn", text), [BACKEND], choice)
    assert not result.diagnostics
    return onnx.load_from_string(result.outputs[0].content)


def shapes(values) -> dict[str, list[object]]:
    return {
        each.name: [dim.dim_param or dim.dim_value for dim in each.type.tensor_type.shape.dim]
        for each in values
    }


def test_a_graph_is_called_as_its_source() -> None:
    graph = written(RESIDUAL, for_inference=False).graph
    assert graph.name == "Net"
    assert shapes(graph.input) == {"image": ["N", 3, "image_height", "image_width"]}
    assert shapes(graph.output) == {
        "dropped": ["N", 8, "dropped_height", "dropped_width"],
        "fc": ["N", 2],
    }
    assert [(node.name, node.op_type) for node in graph.node] == [
        ("stem.0", "Conv"),
        ("stem.1", "BatchNormalization"),
        ("stem.2", "Relu"),
        ("shortcut1.0", "Conv"),
        ("shortcut1.1", "BatchNormalization"),
        ("conv1", "Conv"),
        ("bn1", "BatchNormalization"),
        ("add1", "Add"),
        ("pool1", "GlobalAveragePool"),
        ("flatten1", "Flatten"),
        ("fc", "Gemm"),
    ]


def test_inside_open_sizes_are_unknown_and_channels_are_not() -> None:
    """Viewers show it beside each edge: a name of its own there says nothing, and is long."""
    inside = shapes(written(RESIDUAL).graph.value_info)
    assert inside["stem.0"] == ["N", 4, 0, 0]
    assert inside["flatten1"] == ["N", 8]


def test_norms_are_folded_unless_told_otherwise() -> None:
    graph = written(RESIDUAL).graph
    assert [node.name for node in graph.node] == [
        "stem.0",
        "stem.1",
        "shortcut1.0",
        "conv1",
        "add1",
        "pool1",
        "flatten1",
        "fc",
    ]
    assert {each.name.rpartition(".")[0] for each in graph.initializer} == {
        "stem.0",
        "shortcut1.0",
        "conv1",
        "fc",
    }


@pytest.mark.parametrize("for_inference", [None, False])
def test_a_side_head_and_noise_leave_nothing(for_inference: bool | None) -> None:
    text = """
        network Net {
            input 4
            first: dense 3, relu, dropout
            aux side weight=0.3 { dense 2 }
            dense 2
        }"""
    graph = written(text, for_inference=for_inference).graph
    assert [node.name for node in graph.node] == ["first", "relu1", "fc1"]
    assert {each.name.rpartition(".")[0] for each in graph.initializer} == {"first", "fc1"}


def test_what_a_model_says_of_itself() -> None:
    model = written(RESIDUAL)
    assert (model.ir_version, model.producer_name, model.doc_string) == (10, "cnngen", "Two ways.")
    assert [(each.domain, each.version) for each in model.opset_import] == [("", 21)]
    assert {entry.key: entry.value for entry in model.metadata_props}["cnngen:origin"] == "net.cnn"


def test_a_file_starts_with_the_same_weights_in_both_forms() -> None:
    """Those of the source's network, moved: none is drawn for a bias that only folding adds."""
    import numpy as np

    x = np.random.default_rng(0).normal(size=(2, 8, 6, 3))
    plain, folded = (
        run(written(RESIDUAL, for_inference=form).SerializeToString(), {"image": x})
        for form in (False, None)
    )
    for name, y in plain.items():
        np.testing.assert_allclose(folded[name], y, rtol=1e-4, atol=1e-5)


def test_the_same_source_gives_the_same_bytes() -> None:
    first, second = (
        compile_source(Source("net.cnn", RESIDUAL), [BACKEND]).outputs[0].content for _ in "ab"
    )
    assert first == second


def test_a_shared_layer_has_its_weights_once_and_operators_twice() -> None:
    graph = written("""
        network Net {
            left: input 6x6x2
            right: input 6x6x2
            from left
            tower: { conv 3 3x3, maxpool adaptive=2, crop 0 after=1 }
            from right
            reuse tower
            concat tower
        }""").graph
    assert [each.name for each in graph.initializer if "/" not in each.name] == [
        "tower.0.weight",
        "tower.0.bias",
    ]
    assert [node.name for node in graph.node if node.op_type == "Conv"] == [
        "tower.0",
        "tower.0:2",
    ]


@pytest.mark.parametrize(
    ("body", "ends"),
    [
        ("main: input 4\n relu", ["main:2"]),
        ("a: input 4\n output a", ["a"]),
        ("a: input 4\n b: dropout\n output a b", ["a", "b"]),
        ("a: input 4\n b: relu\n c: dropout\n output c b", ["c", "b"]),
        ("input 4\n dropout", ["main"]),
        ("input 4\n main: relu\n relu", ["main"]),
    ],
)
def test_every_output_has_its_name(body: str, ends: list[str]) -> None:
    (network,) = networks(f"network Net {{\n {body}\n}}")
    made = session(BACKEND.write_with(network, random_weights(network, 0)))
    assert [each.name for each in made.get_outputs()] == ends


def test_initialisers_of_one_name_are_one_only_where_they_are_equal() -> None:
    import numpy as np

    graph = Graph(["taken"])
    assert graph.initializer("a", np.zeros(2)) == "a"
    assert graph.initializer("a", np.zeros(2)) == "a"
    assert graph.initializer("a", np.zeros(3)) == "a:2"
    assert graph.initializer("a", np.zeros(3)) == "a:2"
    assert graph.initializer("a", np.ones(2)) == "a:3"
    assert graph.initializer("taken", np.ones(2)) == "taken:2"


def test_the_batch_is_open() -> None:
    import numpy as np

    data = written(RESIDUAL).SerializeToString()
    for batch in (1, 5):
        found = run(data, {"image": np.zeros((batch, 8, 6, 3))})
        assert len(found["fc"]) == batch


# --- what it cannot hold ---------------------------------------------------------------------


def refused(text: str) -> list[str]:
    result = compile_source(Source("net.cnn", text), [BACKEND])
    assert not result.outputs
    assert {found.code for found in result.diagnostics} == {codes.INEXPRESSIBLE}
    return [f"{found.span.text}: {found.message}" for found in result.diagnostics]


def test_a_file_holds_one_network() -> None:
    body = "{\n input 4\n relu\n}\n"
    text = f"network A {body}network B {body}network C {body}"
    assert refused(text) == ["B: a file of ONNX holds one network, and there are 3 here"]
    assert written(text, "C").graph.name == "C"


def test_a_file_holds_two_gibibytes() -> None:
    (message,) = refused("network A {\n input 65536\n dense 8192 bias=false\n}\n")
    assert message.startswith("A: A has 536,870,912 parameters, and a file of ONNX has room for")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("scale 1e300", "factor"),
        ("bn eps=4e38", "eps"),
        ("relu max=1e39", "max"),
        ("normalize mean=[0, -1e39] deviation=[1, 1]", "mean"),
    ],
)
def test_numbers_are_those_of_float32(line: str, name: str) -> None:
    (message,) = refused(f"network A {{\n input 3x3x2\n {line}\n}}\n")
    assert f"has a `{name}` beyond float32" in message
    (network,) = networks("network A {\n input 3x3x2\n scale 3.4e38\n}\n")
    session(BACKEND.write_with(network, random_weights(network, 0)))


# --- provenance ------------------------------------------------------------------------------

OF = Provenance("net.cnn", "0123", "")


def test_a_stamp_is_taken_off_again() -> None:
    (network,) = networks(RESIDUAL)
    body = BACKEND.write_with(network, random_weights(network, 0))
    stamped = BACKEND.stamp(body, OF._replace(body=digest(body)))
    found = BACKEND.unstamp(stamped)
    assert found is not None
    assert found.provenance == OF._replace(body=digest(body))
    assert found.body == body
    assert not found.was_edited
    onnx.checker.check_model(stamped, full_check=True)


def test_an_edit_shows_and_a_note_of_the_users_stays() -> None:
    (network,) = networks(RESIDUAL)
    body = BACKEND.write_with(network, random_weights(network, 0))
    model = onnx.load_from_string(BACKEND.stamp(body, OF._replace(body=digest(body))))
    model.metadata_props.add(key="author", value="me")
    found = BACKEND.unstamp(model.SerializeToString())
    assert found is not None
    assert found.was_edited
    assert [e.key for e in onnx.load_from_string(found.body).metadata_props] == ["author"]


@given(st.binary())
def test_what_is_no_file_of_ours_says_nothing(data: bytes) -> None:
    assert BACKEND.unstamp(data) is None


# --- sizes -----------------------------------------------------------------------------------

OPEN = """
conv 4 3x3 pad=same
conv 4 1x1 stride=2 pad=same
maxpool 2x2
maxpool 3x3 stride=1 pad=same
avgpool global, flatten, dense 3
avgpool adaptive=1, flatten, dense 3
resize 2, channel_shuffle 2, pixel_unshuffle 2, crop 1
resize 3 mode=linear
permute width height channels
layernorm, groupnorm 2, instancenorm, grn, lrn
resize to=3x3 mode=linear, flatten, dense 3
"""

SETTLED = """
conv 4 3x3 stride=2 pad=same
maxpool 3x3 stride=2 ceil=true
avgpool 3x3 stride=2 ceil=true
flatten
reshape 96x1x2
avgpool adaptive=2
maxpool adaptive=5x3
resize to=3x3
prelu per=cell
permute channels height width
lrn 4
a: conv 4 3x3, avgpool global, resize like=a
"""


@pytest.mark.parametrize(
    ("line", "is_open"),
    [(line, True) for line in OPEN.strip().splitlines()]
    + [(line, False) for line in SETTLED.strip().splitlines()],
)
def test_sizes_are_open_where_nothing_depends_on_them(line: str, is_open: bool) -> None:
    (network,) = networks(f"network Net {{\n input 8x6x4\n {line}\n}}")
    data = BACKEND.write_with(network, random_weights(network, 0))
    assert open_inputs(session(data)) == ({"x"} if is_open else set())
