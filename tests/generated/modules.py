"""The modules that the examples and the sources of this folder compile to."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from cnngen.backends import backend
from cnngen.compiler import compile_source
from cnngen.ir import Network
from cnngen.source import Source

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.cnn"))
SOURCES = sorted((Path(__file__).parent / "sources").glob("*.cnn"))
TARGETS = ("torch", "keras")

TORCH_ONLY = ("torch_only",)
"""Sources with something that Keras has no form for."""


class Compiled(NamedTuple):
    """One source for one target."""

    source: Path
    target: str
    file_name: str
    text: str
    networks: tuple[Network, ...]


@cache
def compiled(source: Path, target: str) -> Compiled:
    """The source's module for a target; fails on any diagnostic."""
    text = source.read_text(encoding="utf-8")
    result = compile_source(Source(str(source), text), [backend(target)], debug=True)
    assert not result.diagnostics, [d.message for d in result.diagnostics]
    assert result.complete
    (output,) = result.outputs
    return Compiled(source, target, output.name, output.text, result.module.networks)


def targets(source: Path) -> tuple[str, ...]:
    """What the source compiles to."""
    return ("torch",) if source.stem in TORCH_ONLY else TARGETS


def all_compiled(*wanted: str) -> list[Compiled]:
    """Every source for every target, or for the ``wanted`` ones."""
    return [
        compiled(source, target)
        for source in [*EXAMPLES, *SOURCES]
        for target in targets(source)
        if target in (wanted or TARGETS)
    ]


def write_all(folder: Path, *wanted: str) -> list[Path]:
    """Every module as a file in ``folder``."""
    paths = []
    for module in all_compiled(*wanted):
        path = folder / module.file_name
        path.write_bytes(module.text.encode("utf-8"))
        paths.append(path)
    return paths


@cache
def imported(source: Path, target: str) -> ModuleType:
    """The source's module, imported from a file as a user would."""
    import tempfile

    module = compiled(source, target)
    name = module.file_name.removesuffix(".py")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / module.file_name
        path.write_text(module.text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        made = importlib.util.module_from_spec(spec)
        sys.modules[name] = made  # where pickle looks for its classes
        spec.loader.exec_module(made)
    return made


def plain_arguments(network: Network) -> dict[str, int | float]:
    """Other numbers than the source's for what a network's constructor takes."""
    values = {name: network.values[name] for name in network.parameters}
    return {
        name: 4 if isinstance(value, int) else 0.25
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and value
    }
