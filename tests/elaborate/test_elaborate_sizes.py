"""Numbers that no framework takes as a size are mistakes, whatever argument they stand in."""

from __future__ import annotations

import pytest
from elaborating import body_codes

from cnngen.compiler import analyse
from cnngen.ops import LAYERS, parameters
from cnngen.ops.kinds import LARGEST
from cnngen.source import Source

WHOLE = [
    (word, parameter.name)
    for word, cls in LAYERS.items()
    for parameter in parameters(cls).values()
    if "whole number" in parameter.kind.expected or "a size HxW" in parameter.kind.expected
]
GIVEN = {"cells": "1", "channels": "4", "kernel": "3x3", "units": "4", "groups": "2"} | {
    "start": "0",
    "stop": "4",
}


def diagnostics(body: str) -> list[tuple[str, str]]:
    found = analyse(Source("a.cnn", f"network A {{\ninput 8x8x4\n{body}\n}}\n")).diagnostics
    return [(d.code.id, d.label) for d in found]


@pytest.mark.parametrize(("word", "name"), WHOLE)
@pytest.mark.parametrize("value", [LARGEST + 1, 2**32, 10**17, "8x2147483648"])
def test_a_number_that_is_too_large(word: str, name: str, value: int | str) -> None:
    size = "x" in str(value)
    if size and "whole number" in parameters(LAYERS[word])[name].kind.expected:
        pytest.skip("takes no size")
    others = [
        f"{p.name}={GIVEN[p.name]}"
        for p in parameters(LAYERS[word]).values()
        if p.required and p.name != name
    ]
    ((code, label),) = diagnostics(" ".join([word, *others, f"{name}={value}"]))
    assert code == "E208"
    assert label.startswith("expected at most ")


def test_there_are_such_parameters() -> None:
    assert {("conv", "stride"), ("lrn", "size"), ("dense", "units")} <= set(WHOLE)
    assert len(WHOLE) > 20


@pytest.mark.parametrize("shape", ["2147483648", "1x2147483648x1", "1x1x2147483648"])
def test_a_stated_size_that_is_too_large(shape: str) -> None:
    assert body_codes(f"input {shape}\nrelu") == ["E311"]
    assert body_codes(f"input 8x8x4\nrelu -> {shape}") == ["E311"]


@pytest.mark.parametrize("shape", ["2147483647", "1x2147483647x1", "1x1x2147483647"])
def test_the_largest_sizes(shape: str) -> None:
    assert body_codes(f"input {shape}\nrelu") == []


@pytest.mark.parametrize(
    ("layer", "code"),
    [
        ("conv 4 1x1 stride=2147483647", ""),
        ("maxpool 2x2 stride=2147483647", ""),
        ("lrn 65536", ""),
        ("lrn 65537", "E208"),
        ("maxpool 2147483647 ceil=true", "E311"),
        ("maxpool 1000000000 ceil=true -> 4x4x3", "E311"),
        ("avgpool 2147483647 ceil=true", "E311"),
        ("maxpool 2147483647 pad=same", "E311"),
        ("maxpool 2147483647 pad=1073741823", "E311"),
        ("conv 1 1x1 pad=2147483647 stride=2147483647", "E311"),
        ("depthwise_conv 3x3 dilation=1000000000 pad=same", "E311"),
        ("conv_transpose 1 1x1 stride=1000000000 pad=3000000000", "E208"),
        ("conv_transpose 1 1x1 stride=300000000 pad=1000000000", "E311"),
        ("pad 1000000000", "E311"),
        ("pad 0 after=1000000000 mode=replicate", "E311"),
        ("resize to=1000000000", "E311"),
        ("conv_transpose 1 1x1 stride=1000000000 pad=same", "E311"),
        ("pixel_shuffle 2147483647", "E305"),
        ("pixel_unshuffle 2147483647", "E305"),
        ("maxpool global", ""),
        ("avgpool adaptive=3", ""),
    ],
)
def test_what_padding_makes_too_large(layer: str, code: str) -> None:
    """Targets may have to make the map with its padding: it is a map as others are."""
    assert body_codes(f"input 8x8x4\n{layer}") == ([code] if code else [])
