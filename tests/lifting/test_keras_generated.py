"""What cnngen writes for Keras is read again, and computes the same."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest
from generated.modules import EXAMPLES, SOURCES, compiled, targets

from cnngen.frameworks.keras import FRAMEWORK
from cnngen.ir import Network, layers
from lifting.on_keras import same

LARGE = 100_000_000
"""Products of a network that is not run here: the reference takes seconds for it."""

UNSAID = {"Film", "WindowedFilms"}
"""Networks with a padded pool of three axes, which is several functions in Keras."""

CASES = [
    pytest.param(source, network, id=network.name[:40])
    for source in [*EXAMPLES, *SOURCES]
    if "keras" in targets(source)
    for network in compiled(source, "keras").networks
    if network.name not in UNSAID
    if sum(layer.macs for _, layer in layers(network.body)) < LARGE
]


@pytest.mark.slow
@pytest.mark.parametrize(("source", "network"), CASES)
def test_it_is_read_again(source: Path, network: Network) -> None:
    keras.backend.clear_session()
    module = FRAMEWORK.module(compiled(source, "keras").text)
    traced = same(FRAMEWORK.made(module, network, "float64"))
    assert traced.name == network.name
    assert traced.notes == ()
