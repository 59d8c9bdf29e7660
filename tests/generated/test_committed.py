"""The modules in ``generated/`` are what the compiler writes for the examples today."""

from __future__ import annotations

from pathlib import Path

import pytest

from generated.modules import EXAMPLES, ROOT, TARGETS, compiled


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", EXAMPLES, ids=lambda path: path.stem)
def test_a_committed_module_is_not_stale(source: Path, target: str) -> None:
    module = compiled(source, target)
    path = ROOT / "generated" / target / module.file_name
    command = f"cnngen compile examples/*.cnn --target {target} --output generated/{target}/"
    assert path.exists(), f"run `{command}`"
    assert path.read_bytes() == module.text.encode("utf-8"), f"stale: run `{command}`"


@pytest.mark.parametrize("target", TARGETS)
def test_every_committed_module_has_an_example(target: str) -> None:
    there = {path.name for path in (ROOT / "generated" / target).glob("*.py")}
    assert there == {f"{source.stem}_{target}.py" for source in EXAMPLES}
