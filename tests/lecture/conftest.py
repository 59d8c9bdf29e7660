from __future__ import annotations

import pytest

from lecture.scripts import LECTURE


@pytest.fixture(autouse=True)
def beside_the_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules beside the scripts can be imported, as they are by the scripts."""
    monkeypatch.syspath_prepend(str(LECTURE))
