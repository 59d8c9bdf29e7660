"""``default``: what layers have that say nothing else."""

from __future__ import annotations

import pytest

from cnngen.compiler import analyse
from cnngen.ir import layers
from cnngen.source import Source

INPUT = "input 8x8x3\n"


def ops(text: str, network: str = "Net", **files: str) -> list[str]:
    """The ops of a network, as they are written."""

    def load(use: object) -> Source:
        name: str = use.target  # type: ignore[attr-defined]
        return Source(name, files[name.removesuffix(".cnn")])

    result = analyse(Source("net.cnn", text), load=load)
    assert result.complete, result.diagnostics
    made = next(each for each in result.module.networks if each.name == network)
    return [repr(layer.op) for _, layer in layers(made.body)]


def eps(text: str, network: str = "Net", **files: str) -> list[str]:
    """The ``eps`` of each batch norm."""
    found = ops(text, network, **files)
    return [op.partition("eps=")[2].partition(",")[0] for op in found if "eps=" in op]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("network Net { default bn eps=0.1\n" + INPUT + "bn }", ["0.1"]),
        ("network Net {\n" + INPUT + "bn\ndefault bn eps=0.1\n}", ["0.1"]),
        ("default bn eps=0.1\nnetwork Net {\n" + INPUT + "bn }", ["0.1"]),
        ("network Net {\n" + INPUT + "bn }\ndefault bn eps=0.1", ["0.1"]),
        ("network Net { default bn eps=0.1\n" + INPUT + "bn eps=0.2\nbn }", ["0.2", "0.1"]),
        ("default bn eps=0.1\nnetwork Net { default bn eps=0.2\n" + INPUT + "bn }", ["0.2"]),
        ("network Net { default bn eps=0.1\n" + INPUT + "residual { relu, { bn } } }", ["0.1"]),
        ("network Net(e=0.3) { default bn eps=e\n" + INPUT + "bn }", ["0.3"]),
        ("network Net { default bn momentum=0.3\n" + INPUT + "bn }", ["1e-05"]),
        ("network Net { default bn eps=0.1\n" + INPUT + "b\nbn }\nblock b { bn }", ["0.1", "0.1"]),
        (
            "network Net { default bn eps=0.1\n" + INPUT + "b\nbn }\n"
            "block b { default bn eps=0.2\nbn, c }\nblock c { bn }",
            ["0.2", "0.2", "0.1"],
        ),
        (
            "default bn eps=0.1\nnetwork Net { default bn eps=0.2\n" + INPUT + "b }\n"
            "block b { bn }",
            ["0.2"],
        ),
    ],
)
def test_the_nearest_counts(text: str, expected: list[str]) -> None:
    assert eps(text) == expected


def test_what_stands_in_a_file_holds_for_its_blocks_in_other_files() -> None:
    text = 'use "b.cnn"\nnetwork Net { default bn eps=0.1\n' + INPUT + "b\nbn }"
    assert eps(text, b="default bn eps=0.2\nblock b { bn }") == ["0.2", "0.1"]
    assert eps(text, b="block b { bn }") == ["0.1", "0.1"]


def test_each_network_has_its_own() -> None:
    text = (
        "network Net { default bn eps=0.1\n" + INPUT + "b }\n"
        "network Other {\n" + INPUT + "b }\nblock b { bn }"
    )
    assert (eps(text), eps(text, "Other")) == (["0.1"], ["1e-05"])


def test_one_number_is_for_all_axes() -> None:
    text = "default maxpool stride=1\nnetwork Net {\ninput 8x8x3\nmaxpool 2 }\n"
    more = "network Other {\ninput 8x8x8x3\nmaxpool 2\n}"
    assert "stride=(1, 1)," in ops(text + more)[0]
    assert "stride=(1, 1, 1)," in ops(text + more, "Other")[0]


def test_how_weights_start() -> None:
    text = (
        "network Net init=he { default conv init=zeros\n"
        + INPUT
        + "conv 4 1x1, conv 4 1x1 init=torch\n"
    )
    found = ops(text + "flatten, dense 3 }")
    assert [op.rpartition("init=")[2] for op in found if "init=" in op] == [
        "'zeros')",
        "'torch')",
        "'he')",
    ]


def test_projections_start_as_convolutions_do() -> None:
    text = "default conv init=he\nnetwork Net {\n" + INPUT + "residual { conv 4 1x1 }\n}"
    assert [op.rpartition("init=")[2] for op in ops(text)] == ["'he')", "'he')"]


def test_a_default_of_other_axes_gives_way_to_what_the_layer_says() -> None:
    text = "default maxpool stride=1x2x2\nnetwork Net {\n" + INPUT + "maxpool 3x3\n}"
    (found,) = analyse(Source("net.cnn", text)).diagnostics
    assert found.hint == "write `stride=...` here, or change the `default maxpool`"
    assert "stride=(2, 2)," in ops(text.replace("maxpool 3x3", "maxpool 3x3 stride=2"))[0]
