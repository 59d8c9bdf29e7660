"""Each part of cnngen imports only what stands before it, lazy imports included."""

from __future__ import annotations

from pathlib import Path

import pytest

from structure.sources import ROOT, files, imports, module_name, words

ORDER = (
    "record",
    "columns",
    "source",
    "python_names",
    "partial",
    "user_cache",
    "in_memory",
    "shipped",
    "provenance",
    "expressions",
    "losses",
    "diagnostics",
    "ops",
    "syntax",
    "choice",
    "ir",
    "elaborate",
    "files",
    "foreign",
    "highlight",
    "passes",
    "reading",
    "definition",
    "define",
    "analysis",
    "drawing",
    "reference",
    "backends",
    "frameworks",
    "compiler",
    "formatting",
    "lint",
    "verification",
    "weights",
    "lifting",
    "cli",
    "api",
    "notebook",
    "lsp",
)
"""The parts of the package: each may import itself and what stands before it."""

TARGETS = ("torch", "keras", "tensorflow", "onnx")
KNOW_TARGETS = ("foreign", "backends", "frameworks", "lifting", "cli", "api", "notebook")
"""Parts whose code may name a target."""

WORDS_OF_THE_LANGUAGE = {"ops/initial.py": ("torch", "keras")}
"""Files that name a target since sources do: `init=torch` asks for that framework's default."""

HEAVY = ("torch", "keras", "tensorflow", "numpy", "onnx")
"""What compiling must not wait for."""

MAY_BE_HEAVY = ("reference", "frameworks", "verification", "weights", "lifting")
"""Parts that no compile imports."""

WRITES_ARRAYS = ROOT / "backends" / "onnx"
"""A target that imports the rest of itself when it writes a file."""

HELPERS = sorted(ROOT.glob("backends/*/helpers/*.py"))
"""Text that generated modules get; it is never imported, so it may import what they import."""


def part(module: str) -> str:
    """The part of the package that a module belongs to; empty for the package itself."""
    return [*module.split("."), ""][1]


def rank(name: str) -> int:
    assert name in ORDER, f"cnngen/{name} has no place in ORDER of {__file__}"
    return ORDER.index(name)


INSIDE = [file for file in files() if file.name != "__main__.py" and file.parent != ROOT] + [
    file for file in ROOT.glob("*.py") if file.stem not in ("__init__", "__main__")
]
IDS = [str(file.relative_to(ROOT)) for file in INSIDE]


@pytest.mark.parametrize("file", INSIDE, ids=IDS)
def test_a_part_imports_what_stands_before_it(file: Path) -> None:
    own = part(module_name(file))
    wrong = [
        f"{file}:{found.line}: cnngen/{own} must not import {found.module}"
        for found in imports(file)
        if part(found.module) and rank(part(found.module)) > rank(own)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("file", INSIDE, ids=IDS)
def test_the_core_knows_no_target(file: Path) -> None:
    if part(module_name(file)) in KNOW_TARGETS:
        return
    allowed = WORDS_OF_THE_LANGUAGE.get(file.relative_to(ROOT).as_posix(), ())
    wrong = [
        f"{file}:{word.lineno}: {word.value!r}"
        for word in words(file)
        if any(target in word.value.lower() for target in TARGETS) and word.value not in allowed
    ]
    assert not wrong, "targets belong into cnngen/backends:\n" + "\n".join(wrong)


@pytest.mark.parametrize("file", INSIDE, ids=IDS)
def test_a_backend_knows_no_other(file: Path) -> None:
    name = module_name(file)
    if not name.startswith("cnngen.backends."):
        return
    own = name.split(".")[2]
    others = [f"cnngen.backends.{target}" for target in TARGETS if target != own]
    wrong = [found for found in imports(file) if found.module.startswith(tuple(others))]
    assert not wrong


@pytest.mark.parametrize("file", INSIDE, ids=IDS)
def test_no_compile_imports_a_heavy_package(file: Path) -> None:
    if part(module_name(file)) in MAY_BE_HEAVY or file in HELPERS:
        return
    if WRITES_ARRAYS in file.parents and file.name not in ("__init__.py", "slots.py"):
        return
    wrong = [
        f"{file}:{word.lineno}: {word.value}"
        for word in words(file)
        if word.value.split(".")[0] in HEAVY and _is_import(file, word.lineno)
    ]
    assert not wrong, "\n".join(wrong)


def test_helpers_of_generated_modules_are_not_imported() -> None:
    assert HELPERS
    names = {module_name(file) for file in HELPERS}
    wrong = [
        f"{file}:{found.line}: {found.module}"
        for file in INSIDE
        if file not in HELPERS  # which say what helpers they use
        for found in imports(file)
        if names & {found.module, found.module.rpartition(".")[0]}
    ]
    assert not wrong, "\n".join(wrong)


def _is_import(file: Path, line: int) -> bool:
    text = file.read_text(encoding="utf-8").split("\n")[line - 1].strip()
    return text.startswith(("import ", "from "))


def test_every_place_in_the_order_is_taken_once() -> None:
    assert len(set(ORDER)) == len(ORDER)


def test_lazy_imports_and_module_names_in_texts_are_seen() -> None:
    found = {found.module for found in imports(ROOT / "backends" / "__init__.py")}
    assert {"cnngen.backends.base.Backend", "cnngen.backends.torch"} <= found
    lazy = {found.module for found in imports(ROOT / "cli" / "__init__.py")}
    assert "cnngen.diagnostics.suggest.did_you_mean" in lazy
