"""Names in use: those of a module are shared by all of its definitions, not copied."""

from __future__ import annotations

from cnngen.backends.taken import Taken


def test_own_names_come_and_go_and_fixed_ones_stay() -> None:
    module = {"relu", "x"}
    taken = Taken(module, ["y"])
    taken.add("z", "w")
    assert set(taken) == {"relu", "x", "y", "z", "w"}
    assert len(taken) == 5
    taken.discard(["z", "x", "absent"])
    assert "z" not in taken
    assert "x" in taken
    module.add("later")
    assert "later" in taken, "nothing is copied"
    assert 3 not in taken


def test_layers_of_layers() -> None:
    outer = Taken({"a"})
    inner = Taken(outer, {"b"})
    inner.add("c")
    outer.add("d")
    assert set(inner) == {"a", "b", "c", "d"}
    assert set(outer) == {"a", "d"}
