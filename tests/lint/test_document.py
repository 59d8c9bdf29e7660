"""The table in ``docs/lint.md`` is the registry."""

from __future__ import annotations

import re
from pathlib import Path

from cnngen.diagnostics import codes
from cnngen.lint import RULES, SAFE, UNSAFE
from lint.linting import found

TEXT = (Path(__file__).parents[2] / "docs" / "lint.md").read_text(encoding="utf-8")


def test_the_table_is_the_registry() -> None:
    rows = re.findall(r"^\| ([WN]\d+) \| (.*?) \| (.*?) ?\|$", TEXT, re.MULTILINE)
    all_codes = [*(rule.code for rule in RULES), codes.UNUSED_IGNORE]
    order = sorted(all_codes, key=lambda code: ("WN".index(code.id[0]), code.id))
    fixes = dict.fromkeys(SAFE, "yes") | dict.fromkeys(UNSAFE, "unsafe")
    assert rows == [(code.id, code.title, fixes.get(code, "")) for code in order]


def test_the_example_is_silenced() -> None:
    (text,) = re.findall(r"^```cnn\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert found(text) == []
    assert [d.code.id for d in found(text.replace("# cnn: ignore[W113]", "#"))] == ["W113"]
