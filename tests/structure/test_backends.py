"""Backends: complete tables, names kept free, and a third one by entry point."""

from __future__ import annotations

import ast
from importlib import import_module, metadata
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cnngen.backends import BUILT_IN, UnknownTargetError, backend, target_names
from cnngen.backends.base import Table
from cnngen.backends.helpers import SHARED
from cnngen.backends.keras import emit as keras_emit
from cnngen.backends.torch.names import ATTRIBUTES, HELD
from cnngen.cli import cli
from cnngen.ops import LAYERS, Op, Relu, Subsample

GROUP = "cnngen.backends"
SOURCE = "network A { input 4\n dense 3, relu }\n"


def table(target: str) -> Table[Any]:
    found: Table[Any] = import_module(f"{BUILT_IN[target]}.emit").TABLE
    return found


@pytest.mark.parametrize("op", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("target", BUILT_IN)
def test_every_op_is_emitted(target: str, op: type[Op]) -> None:
    edit = f"cnngen/backends/{target}/emit.py"
    assert op in table(target).functions, (
        f"{target} has no form for `{op.word}`: add a line for ops.{op.__name__} to RENAMES in "
        f"{edit}, or a function under @TABLE.emits(ops.{op.__name__})"
    )


@pytest.mark.parametrize("target", BUILT_IN)
def test_a_table_holds_nothing_but_ops_of_the_registry(target: str) -> None:
    """``Subsample`` is no word of the language: a pass inserts it."""
    assert set(table(target).functions) == {*LAYERS.values(), Subsample}


@pytest.mark.parametrize("target", BUILT_IN)
def test_the_names_of_helpers_are_kept_free(target: str) -> None:
    """Names with a leading underscore are none that a source can have."""
    own = Path(import_module(BUILT_IN[target]).__file__ or "").parent / "helpers"
    defined = {
        node.name
        for folder in (own, Path(SHARED))
        for path in folder.glob("[!_]*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
    }
    names = import_module(f"{BUILT_IN[target]}.names")
    assert defined == names.HELPERS
    assert defined <= names.GLOBALS


def test_layers_that_keras_modules_define_say_their_shape() -> None:
    """Keras takes what a factor gives for sparse, and cannot find out what a layer makes of it."""
    for path in sorted((Path(keras_emit.__file__).parent / "helpers").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert "(layers.Layer)" not in text or "def compute_output_shape" in text, path.name


def test_an_emission_is_registered_once() -> None:
    small: Table[str] = Table()
    small.emits(Relu)(lambda layer: "first")
    with pytest.raises(ValueError, match="Relu is emitted by"):
        small.emits(Relu)(lambda layer: "second")


def test_the_built_in_backends_are_declared_as_entry_points_too() -> None:
    declared = {entry.name: entry.value for entry in metadata.entry_points(group=GROUP)}
    assert declared.items() >= {name: f"{m}:BACKEND" for name, m in BUILT_IN.items()}.items()


def test_the_attributes_of_torch_modules_are_known() -> None:
    nn = pytest.importorskip("torch").nn
    inherited = {*dir(nn.Module()), *dir(nn.Sequential())}
    assert {name for name in inherited if not name.startswith("_")} == ATTRIBUTES, (
        "update _INHERITED in cnngen/backends/torch/names.py"
    )
    assert {name for name in dir(nn.ModuleDict()) if not name.startswith("_")} <= HELD


# --- plug-ins --------------------------------------------------------------------------------


def install(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    """Make entry points of the group say ``name=module:attribute``, and nothing else."""
    entries = EntryPoints(EntryPoint(name, value, GROUP) for name, value in values.items())
    monkeypatch.setattr(metadata, "entry_points", lambda **wanted: entries.select(**wanted))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a.cnn"
    path.write_text(SOURCE)
    return path


def test_a_third_backend_needs_no_change_here(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, outline="structure.outline:BACKEND")
    assert target_names() == ["keras", "outline", "torch"]
    arguments = ["compile", str(source), "-t", "outline", "-o", f"{source.parent}/"]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    written = (source.parent / "a_outline.py").read_text()
    assert written.endswith("\nA.fc1: dense\nA.relu1: relu\n")
    assert CliRunner().invoke(cli, [*arguments, "--check"]).exit_code == 0


def test_a_plug_in_does_not_replace_a_built_in_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, torch="structure.outline:BACKEND")
    assert type(backend("torch")).__name__ == "TorchBackend"


def test_an_unknown_target_is_refused(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, outline="structure.outline:BACKEND")
    with pytest.raises(UnknownTargetError):
        backend("outlin")
    result = CliRunner().invoke(cli, ["check", str(source), "-t", "outlin"])
    assert result.exit_code == 2
    assert "there is no target 'outlin'; did you mean `outline`?" in result.output


@pytest.mark.parametrize("value", ["no.such.module:BACKEND", "structure.outline:ABSENT"])
def test_a_plug_in_that_cannot_be_loaded_is_named(
    value: str, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, outline=value)
    result = CliRunner().invoke(cli, ["check", str(source), "-t", "outline"])
    assert result.exit_code == 2
    assert f"{value} cannot be loaded" in result.output
