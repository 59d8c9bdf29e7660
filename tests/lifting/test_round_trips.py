"""Generated modules, lifted, are the network that they were generated from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from fuzz.search import drawn

from cnngen.backends import backend
from cnngen.compiler import Result, compile_source
from cnngen.source import Source
from cnngen.syntax import ast
from cnngen.syntax.parser import parse
from lifting.round_trip import Trip, compiled, lines, trip

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.cnn"))

QUICK = {
    ("audio", "SpokenCommands"),
    ("inception_module", "FiveByFive"),
    ("inception_module", "FiveByFiveBottleneck"),
    ("lenet5", "LeNet5"),
    ("multi_task", "Shapes"),
    ("network_in_network", "OneByOne"),
    ("network_in_network", "NetworkInNetwork"),
}
"""Examples that are not large."""

MOST_LINES = 1.3
"""Of the lines of a source with one network, how many what is lifted may have."""

AT_ONCE, IN_PART, SEEDS = 4, 15, 67
"""Parts, so that several processes share them: 60 networks, and 1,000 where tests may be slow."""

MOST_RENAMED = 2
"""Of the networks of a part, how many may have weights with other names: layers of one loop stand
in two lists of modules, or a module holds a side head and nothing before it."""


def _networks() -> Sequence[object]:
    found = []
    for path in EXAMPLES:
        file, _ = parse(Source(path.name, path.read_text(encoding="utf-8")))
        for name in filter(None, map(_made, file.definitions)):
            marks = () if (path.stem, name) in QUICK else pytest.mark.slow
            found.append(pytest.param(path, name, id=f"{path.stem}-{name}", marks=marks))
    return found


def _made(definition: ast.Definition) -> str:
    """The network that a definition makes; one whose parameters lack values makes none."""
    if isinstance(definition, ast.Variant):
        return definition.name.name
    if not isinstance(definition, ast.Network):
        return ""
    complete = all(each.default is not None for each in definition.parameters)
    return definition.name.name if complete else ""


@pytest.mark.parametrize(("path", "name"), _networks())
def test_examples_come_back(path: Path, name: str) -> None:
    text = path.read_text(encoding="utf-8")
    result = compiled(text)
    (network,) = (each for each in result.module.networks if each.name == name)
    found = trip(result, network)
    _check(found)
    assert not found.renamed
    if len(result.module.networks) == 1:
        assert found.lines <= MOST_LINES * lines(text)


@pytest.mark.parametrize(
    "number",
    [
        *range(AT_ONCE),
        *(pytest.param(number, marks=pytest.mark.slow) for number in range(AT_ONCE, SEEDS)),
    ],
)
def test_random_networks_come_back(number: int) -> None:
    """None may differ, and none may be refused."""
    networks: list[bool] = []

    def look(text: str) -> None:
        result = compile_source(Source("net.cnn", text), [backend("torch")])
        if result.complete:
            networks.append(_is_renamed(result, text))

    drawn(number, IN_PART, look)
    assert networks
    assert sum(networks) <= MOST_RENAMED


def _is_renamed(result: Result, text: str) -> bool:
    try:
        found = trip(result, result.module.networks[0])
    except Exception as error:  # whatever stops it
        pytest.fail(f"{error!r}\n{text}")
    _check(found, text)
    return bool(found.renamed)


ONCE_REFUSED = {
    "an output that is called as it is counted": "conv1: conv 3 1\n output conv1",
    "labels in a side head": "aux side weight=0.5 { a: relu, silu, add a, flatten, dense 2 }, relu",
    "a side head in groups": "{ relu, b: { relu, aux side weight=1 { conv 2 1 } }, bn }, conv 2 1",
    "shapes of four sizes": "relu, reshape 2x3x8x1, conv 2 1",
    "shapes of equal sizes": "conv 1 1, avgpool global, reshape 1x1x1x1, conv 2 1",
    "nothing that does anything": "scale 1",
    "branches that are loops": "concat {\n relu, relu\n conv 2 1, relu }",
    "noise in a product that has a name": "gate { drop_path 0.5, sigmoid }",
    "a projection that nothing but the source asks for": "residual shortcut=projection {\n"
    " conv channels 2 pad=1, avgpool adaptive=4x4 }",
    "a path whose layers are counted by themselves": "conv 3 1, residual shortcut_name=path {\n"
    " a: { conv 3 1 }, relu } shortcut {\n conv2: conv 3 1, relu, b: conv 3 1 }",
    "a body that ends in what only weighs": "channel_mean, residual shortcut=projection {\n"
    " conv 1 1, bn, { scale 3, channel_mean } }",
}
"""After an input of 4x4x3: what was recorded once, and not written or written wrong."""


@pytest.mark.parametrize("what", ONCE_REFUSED)
def test_what_was_refused_once_comes_back(what: str) -> None:
    text = f"network Net {{\n    input 4x4x3\n    {ONCE_REFUSED[what]}\n}}\n"
    result = compiled(text)
    found = trip(result, result.module.networks[0])
    _check(found, text)
    assert not found.renamed


def _check(found: Trip, text: str = "") -> None:
    differing = [each.check for each in found.compared if not each.holds]
    assert found.compared, text
    assert not differing, f"{differing}\n{text}\n{found.text}"
