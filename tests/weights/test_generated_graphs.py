"""The graph of a network is that of the Keras model that it compiles to, layer for layer."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest
from generated.modules import EXAMPLES, SOURCES, TORCH_ONLY, compiled

from cnngen.frameworks import framework, places
from cnngen.frameworks.files.keras_names import inner_models
from cnngen.weights import names_by_graph
from weights.configured import Configured

QUICK = ("blocks", "multi_task", "outputs", "pools", "siamese", "sizes")

FILES = [
    pytest.param(path, id=path.stem, marks=() if path.stem in QUICK else pytest.mark.slow)
    for path in (*EXAMPLES, *SOURCES)
    if path.stem not in TORCH_ONLY
]


@pytest.mark.parametrize("path", FILES)
def test_each_layer_is_itself(path: Path) -> None:
    made = compiled(path, "keras")
    keras_framework = framework("keras")
    module = keras_framework.module(made.text)
    for network in made.networks:
        model = keras_framework.made(module, network, "float32")
        held = Configured(model, inner_models(network))

        def graph(detailed: bool, held: Configured = held) -> object:
            return held.graph("", None, held.contents, detailed=detailed)

        found = names_by_graph(network, "keras", held.contents, graph)
        assert found == {place.name: place.name for place in places("keras", network)}
        keras.backend.clear_session()
