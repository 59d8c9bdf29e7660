"""``cnngen check``: mistakes in three formats, and what the exit code says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.runner import EXAMPLES, run


def test_nothing_wrong() -> None:
    assert run("check", "lenet5.cnn") == (0, "", "1 file, nothing wrong\n")
    assert run("check", "lenet5.cnn", "small.cnn", "lenet5.cnn").err == "2 files, nothing wrong\n"
    assert run("check", "lenet5.cnn", "-q") == (0, "", "")


def test_the_examples() -> None:
    assert run("check", *EXAMPLES.glob("*.cnn")).code == 0


def test_full() -> None:
    ran = run("check", "wrong.cnn")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(
        "error[E301]: the shape here is 6x6x4, not 5x5x4\n --> wrong.cnn:3:22\n"
    )
    assert "\n3 |     conv 4 3x3    -> 5x5x4\n" in ran.err
    assert "^^^^^" in ran.err


def test_concise() -> None:
    ran = run("check", "wrong.cnn", "--output-format", "concise")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("wrong.cnn:3:22: E301 the shape here is 6x6x4, not 5x5x4 (")
    assert ran.err.count("\n") == 1


def test_json() -> None:
    ran = run("check", "wrong.cnn", "--output-format", "json")
    (found,) = json.loads(ran.out)
    assert (ran.code, ran.err) == (1, "")
    assert found["code"] == "E301"
    assert found["path"] == "wrong.cnn"
    assert found["range"]["start"]["line"] == 3
    assert run("check", "lenet5.cnn", "--output-format", "json") == (0, "[]\n", "")


def test_several_files_are_all_read(here: Path) -> None:
    (here / "other.cnn").write_text("network B { input 4\n dence 3, relo }\n")
    ran = run("check", "wrong.cnn", "lenet5.cnn", "other.cnn", "--output-format", "concise")
    assert ran.code == 1
    assert [line.split(":")[0] for line in ran.err.splitlines()] == [
        "wrong.cnn",
        "other.cnn",
        "other.cnn",
    ]
    assert run("check", "wrong.cnn", "other.cnn").err.endswith(
        "3 errors; `cnngen explain E201` says more\n"
    )


def test_a_file_that_is_missing_counts_for_more(here: Path) -> None:
    ran = run("check", "wrong.cnn", "absent.cnn")
    assert ran.code == 2
    assert "error[E301]" in ran.err
    assert "error[E001]" in ran.err


def test_standard_input() -> None:
    assert run("check", "-", stdin=b"network A { input 4\n relu }\n").code == 0
    ran = run("check", "-", stdin=b"network A { input 4\n relo }\n")
    assert ran.code == 1
    assert " --> <stdin>:2:2" in ran.err


def test_targets() -> None:
    source = b"network A { input 4x4x4\n conv_transpose 4 3x3 groups=2 }\n"
    assert run("check", "-", "-t", "torch", stdin=source).code == 0
    assert run("check", "-", "-t", "keras", stdin=source).code == 1
    assert run("check", "-", stdin=source).code == 1, "both where none is named"


def test_choices(here: Path) -> None:
    source = "network A(n=1) { input 4x4x4\n conv n 3x3 groups=n }\nnetwork B { input 4\n relu }\n"
    (here / "net.cnn").write_text(source)
    assert run("check", "net.cnn").code == 0
    assert run("check", "net.cnn", "--set", "n=3").code == 1
    assert run("check", "net.cnn", "--set", "n=3", "--network", "B").code == 0
    assert run("check", "net.cnn", "--network", "C").code == 1


def test_nothing_is_written(here: Path) -> None:
    before = sorted(here.iterdir())
    run("check", "lenet5.cnn", "wrong.cnn")
    assert sorted(here.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no files are given, and no `sources` in `[tool.cnngen]`"),
        (["lenet5.cnn", "-t", "kera"], "there is no target 'kera'; did you mean `keras`?"),
        (["lenet5.cnn", "--output-format", "sarf"], "'sarf' is not one of"),
        (["lenet5.cnn", "-o", "a.py"], "No such option"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str) -> None:
    ran = run("check", *arguments)
    assert ran.code == 2
    assert message in ran.err


# --- colours ---------------------------------------------------------------------------------

ESCAPE = "\x1b["


@pytest.mark.parametrize("form", ["full", "concise"])
def test_colours_are_for_terminals(form: str) -> None:
    def colored(*options: str, **environment: Any) -> bool:
        ran = run("check", "wrong.cnn", "--output-format", form, *options, **environment)
        assert ran.code == 1
        return ESCAPE in ran.err

    assert not colored()
    assert not colored("--color", "auto")
    assert not colored("--color", "never", FORCE_COLOR="1")
    assert colored("--color", "always")
    assert colored(FORCE_COLOR="1")
    assert not colored(FORCE_COLOR="")
    assert not colored(NO_COLOR="1", FORCE_COLOR="1")
    assert not colored("--color", "auto", NO_COLOR="1", FORCE_COLOR="1")
    assert colored("--color", "always", NO_COLOR="1")
    assert colored("--color", "always", NO_COLOR="")


def test_json_has_no_colours() -> None:
    ran = run("check", "wrong.cnn", "--output-format=json", "--color=always")
    assert ESCAPE not in ran.out
    json.loads(ran.out)


def test_colours_change_no_text() -> None:
    import re

    plain = run("check", "wrong.cnn").err
    colored = run("check", "wrong.cnn", "--color", "always").err
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain
