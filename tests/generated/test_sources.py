"""The sources of this folder hold every layer and every argument."""

from __future__ import annotations

import pytest

from cnngen.ir import layers
from cnngen.ops import LAYERS, parameters
from generated.modules import SOURCES, all_compiled

USED = [
    layer.op
    for module in all_compiled("torch")
    if module.source in SOURCES
    for network in module.networks
    for _, layer in layers(network.body)
]


@pytest.mark.parametrize("word", LAYERS)
def test_every_layer_is_used(word: str) -> None:
    assert any(op.word == word for op in USED), f"add `{word}` to tests/generated/sources"


@pytest.mark.parametrize(
    ("word", "name"), [(word, name) for word, cls in LAYERS.items() for name in parameters(cls)]
)
def test_every_argument_is_given(word: str, name: str) -> None:
    default = parameters(LAYERS[word])[name].default
    # The passes decide `bias=auto`, so only a value that it would not have become shows.
    values = {getattr(op, name) for op in USED if op.word == word}
    assert values - {default}, f"give `{name}` of `{word}` in tests/generated/sources"
    assert len(values) > 1, f"give `{name}` of `{word}` more than one value"
