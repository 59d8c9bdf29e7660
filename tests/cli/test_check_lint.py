"""Warnings of ``cnngen check``: which are shown, what the exit code says, and ``--fix``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.runner import leftovers, run

TEXT = "network A {\n    input 8x8x3\n    relu, relu, tanh\n    flatten, dense 4, softmax\n}\n"
FIXED = TEXT.replace("relu, relu", "relu")


@pytest.fixture(autouse=True)
def net(here: Path) -> Path:
    path = here / "net.cnn"
    path.write_text(TEXT)
    return path


def codes(*options: str) -> list[str]:
    ran = run("check", "net.cnn", "--output-format", "json", *options)
    return [found["code"] for found in json.loads(ran.out)]


def test_warnings_are_shown_and_change_no_exit_code() -> None:
    ran = run("check", "net.cnn")
    assert (ran.code, ran.out) == (0, "")
    assert "warning[W107]: `relu` does nothing here" in ran.err
    told = "3 warnings; `--fix` may mend 1, with `--unsafe-fixes` 3\n"
    assert ran.err.endswith(f"1 file, no errors, {told}")
    assert codes() == ["W107", "W106", "W103"]


def test_of_many_the_first_are_shown(net: Path) -> None:
    lines = "    relu, relu\n    conv 3 1\n" * 1_012
    net.write_text(f"network A {{\n    input 8x8x3\n{lines}}}\n")
    ran = run("check", "net.cnn")
    assert ran.err.count("warning[W107]") == 10
    assert ran.err.count("note: and 1,002 more W107 below") == 1
    assert "no errors, 1,012 warnings; `--fix` may mend 1,012" in ran.err
    assert len(codes()) == 1_012, "programs get all"


def test_strict() -> None:
    assert run("check", "net.cnn", "--strict").code == 1
    assert run("check", "net.cnn", "--strict", "--ignore", "W").code == 0
    assert run("check", "lenet5.cnn", "--strict").code == 0


def test_selection() -> None:
    assert codes("--select", "W103") == ["W103"]
    assert codes("--select", "w103,W106") == ["W106", "W103"]
    assert codes("--select", "W10", "--ignore", "W106", "--ignore", "W107") == ["W103"]
    assert codes("--ignore", "W1") == []


@pytest.mark.parametrize("code", ["W9", "E301", "X", "W103,", ""])
@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_a_code_that_there_is_not(option: str, code: str) -> None:
    ran = run("check", "net.cnn", option, code)
    assert ran.code == 2
    assert "no warning or note begins with" in " ".join(ran.err.split())


def test_errors_cannot_be_ignored(net: Path) -> None:
    net.write_text(TEXT.replace("tanh", "tahn  # cnn: ignore"))
    assert codes("--ignore", "W") == ["E201"]
    assert run("check", "net.cnn").code == 1


def test_notes_are_shown_where_they_are_asked_for(net: Path) -> None:
    net.write_text("network A {\n    input 8x8x3\n    lrn 5\n}\n")
    assert codes() == []
    assert codes("--notes") == ["N102"]
    assert codes("--notes", "--ignore", "N102") == []
    assert run("check", "net.cnn", "--notes", "--strict").code == 0


def test_compile_does_not_lint() -> None:
    ran = run("compile", "net.cnn", "-t", "torch")
    assert ran.code == 0
    assert "warning" not in ran.err


# --- fixes -----------------------------------------------------------------------------------


def test_fix(net: Path, here: Path) -> None:
    ran = run("check", "net.cnn", "--fix")
    assert ran.code == 0
    assert net.read_text() == FIXED
    assert "W107" not in ran.err
    assert "\n1 fixed\n1 file, no errors, 2 warnings; `--fix --unsafe" in ran.err
    assert leftovers(here) == []
    assert "fixed" not in run("check", "net.cnn", "--fix").err


def test_what_a_fix_would_change(net: Path) -> None:
    ran = run("check", "net.cnn", "--diff")
    assert ran.code == 1
    assert ran.out.startswith("--- net.cnn\n+++ net.cnn\n")
    assert "\n-    relu, relu, tanh\n+    relu, tanh\n" in ran.out
    assert "W107" in ran.err
    assert "\n1 would be fixed\n" in ran.err
    assert net.read_text() == TEXT
    assert run("check", "net.cnn", "--diff", "--fix").code == 1
    assert net.read_text() == TEXT
    assert run("check", "lenet5.cnn", "--diff") == (0, "", "1 file, nothing wrong\n")


def test_only_selected_fixes(net: Path) -> None:
    run("check", "net.cnn", "--fix", "--ignore", "W107")
    assert net.read_text() == TEXT


def test_where_a_fix_cannot_be_written() -> None:
    for path in ("-", "zoo:vgg"):
        ran = run("check", path, "--fix", stdin=TEXT.encode())
        assert ran.code == 2
        assert "--fix changes files in place" in " ".join(ran.err.split())
    ran = run("check", "-", "--diff", stdin=TEXT.encode())
    assert ran.out.startswith("--- <stdin>\n")


def test_a_file_with_errors_is_not_fixed(net: Path) -> None:
    broken = TEXT.replace("softmax", "sofmax")
    net.write_text(broken)
    ran = run("check", "net.cnn", "--fix")
    assert ran.code == 1
    assert "no warning is fixed in a file with errors" in ran.err
    assert net.read_text() == broken


PASTED = """network Net {
    input 32x32x3 => 32x32x3
    self.conv1 = nn.Conv2d(3, 16, 3, padding=1)  # the stem
    relu, relu // the activation
    x = F.max_pool2d(x, 2)
}
"""
TRANSLATED = """network Net {
    input 32x32x3
    conv1: conv 16 3x3 pad=1  # the stem
    relu, relu # the activation
    maxpool 2x2
}
"""


def test_lines_of_other_tools_are_translated(net: Path) -> None:
    """And then warnings are fixed, in the same run."""
    net.write_text(PASTED.replace(" => 32x32x3", ""))
    assert "\n`--fix` may mend 3\n" in run("check", "net.cnn").err
    ran = run("check", "net.cnn", "--fix")
    assert ran.code == 0
    assert net.read_text() == TRANSLATED.replace("relu, relu", "relu")
    assert ran.err.startswith("4 fixed\n")


def test_what_cannot_be_translated_stays(net: Path) -> None:
    net.write_text(PASTED.replace("input 32x32x3 =>", "relu, conv 8 9x9 =>"))
    ran = run("check", "net.cnn", "--fix")
    assert ran.code == 1
    assert "fixed\n" in ran.err
    assert "no warning is fixed in a file with errors" in ran.err
    assert "relu, relu # the activation\n" in net.read_text()


def test_unsafe_fixes_are_asked_for(net: Path) -> None:
    refused = run("check", "net.cnn", "--unsafe-fixes")
    assert refused.code == 2
    assert "--unsafe-fixes goes with --fix" in refused.err
    shown = run("check", "net.cnn", "--diff", "--unsafe-fixes")
    assert (shown.code, net.read_text()) == (1, TEXT)
    assert "-    relu, tanh" in shown.out or "-    relu, relu" in shown.out
    ran = run("check", "net.cnn", "--fix", "--unsafe-fixes")
    assert ran.code == 0
    assert ran.err == "3 fixed\n1 file, nothing wrong\n"
    assert "tanh" not in net.read_text()


def test_programs_get_the_fix() -> None:
    found = json.loads(run("check", "net.cnn", "--output-format", "json").out)
    (edit,) = found[0]["fix"]["edits"]
    assert edit["text"] == ""
    sarif = json.loads(run("check", "net.cnn", "--output-format", "sarif").out)
    assert [("fixes" in result) for result in sarif["runs"][0]["results"]] == [True, True, True]


def test_no_comment_goes_where_not_everything_is_looked_at(net: Path, here: Path) -> None:
    text = TEXT.replace("tanh", "tanh  # cnn: ignore[W106, W107]") + (
        "\nnetwork B(deep=false) {\n    input 8x8x3\n"
        "    if deep { relu, relu }  # cnn: ignore[W107]\n    relu, tanh  # cnn: ignore[W106]\n}\n"
    )
    net.write_text(text)
    assert codes("--network", "A", "--ignore", "W103") == []
    assert codes("--network", "B") == []
    assert codes("--set", "deep=true", "--network", "B") == []
    for options in ((), ("--network", "A"), ("--network", "B", "--set", "deep=true")):
        run("check", "net.cnn", "--fix", *options)
        assert net.read_text() == text
    (here / "pyproject.toml").write_text('[tool.cnngen.networks]\n"net.cnn" = "A"\n')
    assert codes("--ignore", "W103") == []
    assert run("check", "net.cnn", "--fix").code == 0
    assert net.read_text() == text


def test_a_fix_sees_the_choice(net: Path) -> None:
    net.write_text("network A(n) {\n    input 8x8x3\n    conv n 1, relu, relu\n}\n")
    assert codes("--set", "n=4") == ["W107"]
    assert run("check", "net.cnn", "--fix", "--set", "n=4").err.startswith("1 fixed\n")


def test_the_note_of_a_projection_can_be_ignored(net: Path) -> None:
    line = "residual { conv 5 1 }"
    net.write_text(f"network A {{\n    input 8x8x3\n    {line}\n}}\n")
    assert codes("--notes") == ["N301"]
    assert codes("--notes", "--ignore", "N301") == codes("--notes", "--select", "N1") == []
    net.write_text(net.read_text().replace(line, f"{line}  # cnn: ignore[N301]"))
    assert codes("--notes") == codes() == []
    run("check", "net.cnn", "--fix")
    assert "ignore[N301]" in net.read_text()


# --- the project -----------------------------------------------------------------------------


def test_the_project_says_which_warnings_are_wanted(here: Path) -> None:
    (here / "pyproject.toml").write_text(
        '[tool.cnngen]\nsources = ["net.cnn"]\n'
        '[tool.cnngen.lint]\nselect = ["W10"]\nignore = ["W106"]\n'
    )
    ran = run("check", "--output-format", "json")
    assert [found["code"] for found in json.loads(ran.out)] == ["W107", "W103"]
    assert codes("--ignore", "W107") == ["W106", "W103"], "what the command line says wins"
    assert codes("--select", "W106,W107") == ["W107"]


def test_a_file_of_blocks_is_linted_and_fixed(net: Path) -> None:
    net.write_text("block b(n) {\n    let a = 3\n    relu\n}\n")
    assert codes() == ["W110", "W112"]
    assert run("check", "net.cnn", "--fix").code == 0
    assert net.read_text() == "block b(n) {\n    relu\n}\n"
