"""The modules beside the scripts are what the compiler writes for their sources today."""

from __future__ import annotations

import pytest
from generated.modules import compiled

from lecture.scripts import LECTURE

MODULES = {"degradation": ("torch",), "identity": ("torch", "keras"), "bottleneck": ("torch",)}


@pytest.mark.parametrize(
    ("stem", "target"), [(stem, target) for stem, targets in MODULES.items() for target in targets]
)
def test_a_committed_module_is_not_stale(stem: str, target: str) -> None:
    module = compiled(LECTURE / f"{stem}.cnn", target)
    command = f"cnngen compile {stem}.cnn --target {target}"
    there = (LECTURE / module.file_name).read_bytes()
    assert there == module.text.encode("utf-8"), f"stale: run `{command}` in examples/lecture"


def test_every_source_has_its_modules_and_its_script() -> None:
    wanted = {f"{stem}_{target}" for stem, targets in MODULES.items() for target in targets}
    modules = {*LECTURE.glob("*_torch.py"), *LECTURE.glob("*_keras.py")}
    assert {path.stem for path in LECTURE.glob("*.cnn")} == MODULES.keys()
    assert {path.stem for path in modules} == wanted
    assert {path.stem for path in LECTURE.glob("*.py")} >= MODULES.keys()
