"""Generated modules are what linters, formatters and type checkers leave as they are."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from generated import ruff
from generated.modules import ROOT, Compiled, all_compiled, compiled, write_all

MODULES = [
    pytest.param(module, id=f"{module.source.stem}-{module.target}") for module in all_compiled()
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("modules")
    write_all(made)
    return made


def test_ruff_finds_nothing(folder: Path) -> None:
    # Groups 24 levels deep leave no room for a line.
    (deep,) = folder.glob("deep_torch.py")
    text = deep.read_text(encoding="utf-8")
    deep.unlink()
    try:
        assert ruff.check(folder) == ""
    finally:
        deep.write_text(text, encoding="utf-8")
    assert ruff.check(deep, ignore="E501") == ""


def test_ruff_would_format_nothing(folder: Path) -> None:
    assert ruff.unformatted(folder) == ""


def test_ruff_with_other_settings_leaves_modules_alone(folder: Path) -> None:
    assert ruff.said("format", "--no-cache", "--diff", "--line-length=40", folder=folder) == ""
    # PGH004 is about marks such as these, and heeds none.
    options = ("--no-cache", "--select=ALL", "--ignore=PGH004")
    assert ruff.said("check", "--quiet", *options, folder=folder) == ""


def test_torch_modules_pass_mypy_strict(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    files = [str(path) for path in write_all(tmp_path, "torch")]
    cache = tmp_path / "cache"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            f"--cache-dir={cache}",
            "--config-file=",
            *files,
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", MODULES)
def test_nothing_but_the_framework_is_imported(module: Compiled) -> None:
    wanted = {
        "torch": {"torch", "collections", "collections.abc", "math", "typing"},
        "keras": {"keras", "math", "functools", "itertools", "collections", "typing"},
    }
    tree = ast.parse(module.text)
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= wanted[module.target]


@pytest.mark.parametrize("module", MODULES)
def test_lines_end_as_they_should(module: Compiled) -> None:
    assert "\r" not in module.text
    assert "\t" not in module.text
    assert module.text.endswith("\n")
    assert not module.text.endswith("\n\n")
    assert all(line == line.rstrip() for line in module.text.split("\n"))


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_every_process_writes_the_same_bytes(seed: str, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "XDG_CACHE_HOME": str(tmp_path / "none")}
    for target in ("torch", "keras"):
        sources = [str(m.source) for m in all_compiled(target)]
        command = [sys.executable, "-m", "cnngen", "compile", "-q", "-t", target, *sources]
        subprocess.run([*command, "-o", f"{tmp_path}/"], env=environment, check=True, cwd=ROOT)
    for module in all_compiled():
        assert (tmp_path / module.file_name).read_bytes() == module.text.encode("utf-8")


def test_lenet5_fits_on_a_page() -> None:
    text = compiled(ROOT / "examples" / "lenet5.cnn", "torch").text
    assert text.count("\n") <= 50
