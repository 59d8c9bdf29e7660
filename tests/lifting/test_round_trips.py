"""Generated modules, lifted, are the network that they were generated from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from fuzz.search import drawn

from cnngen.backends import backend
from cnngen.compiler import Result, compile_source
from cnngen.lifting.traced import UnliftableError
from cnngen.source import Source
from cnngen.syntax import ast
from cnngen.syntax.parser import parse
from lifting.round_trip import Refused, Trip, compiled, lines, trip

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

MOST_UNWRITTEN = 0.25
"""Of the networks of a part, how many may be recorded and then not be written as a source."""


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
    """None may differ, and none may have a layer that the front end does not know.

    Where what is recorded cannot be written as a source that compiles, that is told, and counted.
    """
    unwritten: Counter[str] = Counter()
    networks = 0

    def look(text: str) -> None:
        nonlocal networks
        result = compile_source(Source("net.cnn", text), [backend("torch")])
        if result.complete:
            networks += 1
            _look(result, text, unwritten)

    drawn(number, IN_PART, look)
    assert networks > 0
    assert unwritten.total() <= max(1, MOST_UNWRITTEN * networks), unwritten


def _look(result: Result, text: str, unwritten: Counter[str]) -> None:
    network = result.module.networks[0]
    try:
        found = trip(result, network)
    except Refused as refused:
        pytest.fail(f"{refused}\n{text}")
    except UnliftableError as error:
        unwritten[_sentence(error)] += 1
    except (StopIteration, RuntimeError, ValueError, AssertionError) as error:
        unwritten[f"{type(error).__name__}: {error}"] += 1
    else:
        _check(found, text)


def _sentence(error: UnliftableError) -> str:
    assert str(error).strip(), "it is refused, and not told why"
    return str(error)


def _check(found: Trip, text: str = "") -> None:
    differing = [each.check for each in found.compared if not each.holds]
    assert found.compared, text
    assert not differing, f"{differing}\n{text}\n{found.text}"
