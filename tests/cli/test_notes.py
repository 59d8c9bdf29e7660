"""Warnings, which do not fail; notes, which ``check --notes`` shows; and how deep is too deep."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.runner import run

RESIDUAL = """\
block basic(width, stride=1) {
    residual { conv width 3x3 stride=stride pad=1, bn }
    relu
}

network Net {
    input 8x8x4
    basic 4
    stage: { basic 4, basic 8 stride=2 }
    residual { conv 16 1x1 }
}
"""

HEADS = """\
network Net {
    input 8x8x4
    aux side weight=0.3 { flatten, dense 5 }
    flatten, dense 10
}
"""

COMPILE = ("compile", "heads.cnn", "-t", "torch")


@pytest.fixture(autouse=True)
def sources(here: Path) -> None:
    (here / "residual.cnn").write_text(RESIDUAL, encoding="utf-8")
    (here / "heads.cnn").write_text(HEADS, encoding="utf-8")
    (here / "deep.cnn").write_text(f"network Net {{\n input 4\n {'{' * 70}relu{'}' * 70}\n}}\n")


# --- notes -----------------------------------------------------------------------------------


def test_notes_are_shown_where_they_are_asked_for() -> None:
    assert run("check", "residual.cnn") == (0, "", "1 file, nothing wrong\n")
    ran = run("check", "residual.cnn", "--notes")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.count("note[N301]: ") == 2
    assert "note[N301]: Net.stage.1.shortcut1: 8x8x4 -> 4x4x8 by " in ran.err
    assert "; 48 parameters, 512 multiply-accumulates\n --> residual.cnn:2:5\n" in ran.err
    assert "note[N301]: Net.shortcut1: 4x4x8 -> 4x4x16 by " in ran.err
    assert "; 128 parameters, 2,048 multiply-accumulates\n  --> residual.cnn:10:5\n" in ran.err
    assert ran.err.endswith("\n\n1 file, nothing wrong\n")
    assert "error" not in ran.err


def test_notes_in_one_line_each() -> None:
    ran = run("check", "residual.cnn", "--notes", "--output-format", "concise")
    assert (ran.code, ran.out) == (0, "")
    first, second = ran.err.splitlines()
    assert first.startswith("residual.cnn:2:5: N301 Net.stage.1.shortcut1: ")
    assert second.startswith("residual.cnn:10:5: N301 Net.shortcut1: ")


def test_notes_for_programs() -> None:
    ran = run("check", "residual.cnn", "--notes", "--output-format", "json")
    assert (ran.code, ran.err) == (0, "")
    found = json.loads(ran.out)
    assert [(d["code"], d["severity"], d["range"]["start"]["line"]) for d in found] == [
        ("N301", "note", 2),
        ("N301", "note", 10),
    ]
    assert run("check", "residual.cnn", "--output-format", "json") == (0, "[]\n", "")


def test_notes_without_a_word_that_all_is_well() -> None:
    ran = run("check", "residual.cnn", "--notes", "-q")
    assert ran.code == 0
    assert ran.err.count("note[N301]") == 2
    assert "nothing wrong" not in ran.err


def test_notes_of_one_network() -> None:
    ran = run("check", "zoo:resnet", "--notes", "--network", "ResNet50", "--output-format", "json")
    notes = [d["message"] for d in json.loads(ran.out)]
    assert [note.split(":")[0] for note in sorted(notes)] == [
        f"ResNet50.layer{stage}.0.downsample" for stage in (1, 2, 3, 4)
    ]


def test_notes_of_several_files() -> None:
    ran = run("check", "residual.cnn", "small.cnn", "heads.cnn", "--notes")
    assert ran.code == 0
    assert ran.err.count("note[N301]") == 2
    assert ran.err.count("warning[W301]") == 1


def test_a_file_with_mistakes_has_no_notes(here: Path) -> None:
    (here / "residual.cnn").write_text(RESIDUAL.replace("basic 8", "basik 8"))
    ran = run("check", "residual.cnn", "--notes")
    assert ran.code == 1
    assert "error[E201]" in ran.err
    assert "N301" not in ran.err


# --- warnings --------------------------------------------------------------------------------


def test_a_warning_does_not_fail() -> None:
    ran = run("check", "heads.cnn")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.startswith("warning[W301]: the side head `side` gives 5, the network 10\n")
    assert "error" not in ran.err.replace("no errors", "")


def test_a_warning_is_shown_when_quiet() -> None:
    assert "warning[W301]" in run("check", "heads.cnn", "-q").err


def test_a_warning_for_programs() -> None:
    ran = run("check", "heads.cnn", "--output-format", "json")
    (found,) = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert (found["code"], found["severity"]) == ("W301", "warning")


def test_an_error_beside_a_warning_fails(here: Path) -> None:
    ran = run("check", "heads.cnn", "wrong.cnn", "--output-format", "json")
    assert ran.code == 1
    assert [d["severity"] for d in json.loads(ran.out)] == ["warning", "error"]


def test_a_network_with_a_warning_is_compiled(here: Path) -> None:
    ran = run(*COMPILE)
    assert ran.code == 0
    assert "warning[W301]" in ran.err
    assert (here / "heads_torch.py").exists()
    ran = run(*COMPILE, "--check")
    assert ran.code == 0
    assert "warning[W301]" in ran.err
    ran = run(*COMPILE, "--output-format", "json")
    assert ran.code == 0
    assert [d["severity"] for d in json.loads(ran.out)] == ["warning"]


def test_standard_output_has_the_code_alone() -> None:
    ran = run(*COMPILE, "-o", "-")
    assert ran.code == 0
    compile(ran.out, "module.py", "exec")
    assert "W301" not in ran.out


def test_colours_tell_them_apart() -> None:
    def first(*arguments: str) -> str:
        err = run("check", *arguments, "--color", "always").err
        return err[: err.index("[", 6)]

    styles = {first("wrong.cnn"), first("heads.cnn"), first("residual.cnn", "--notes")}
    assert len(styles) == 3


def test_the_count_is_of_errors() -> None:
    ran = run("check", "heads.cnn", "wrong.cnn", "residual.cnn", "--notes")
    assert ran.code == 1
    assert "errors;" not in ran.err, "there is one"


# --- depth -----------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("check",), ("compile", "-t", "torch", "-o", "-")])
def test_the_depth_has_a_limit_that_can_be_raised(command: tuple[str, ...]) -> None:
    ran = run(*command, "deep.cnn")
    assert (ran.code, ran.out) == (1, "")
    assert "error[E114]: braces and blocks nested more than 64 levels deep" in ran.err
    assert "`--max-depth` raises the limit" in ran.err
    assert run(*command, "deep.cnn", "--max-depth", "71").code == 0
    assert run(*command, "deep.cnn", "--max-depth", "70").code == 1


def test_the_depth_can_be_lowered() -> None:
    assert run("check", "residual.cnn", "--max-depth", "4").code == 0
    ran = run("check", "residual.cnn", "--max-depth", "3")
    assert ran.code == 1
    assert "nested more than 3 levels deep" in ran.err
    assert "in `basic`, used here" in ran.err


@pytest.mark.parametrize("depth", ["0", "-1", "1001", "many", ""])
def test_a_wrong_depth(depth: str) -> None:
    ran = run("check", "deep.cnn", "--max-depth", depth)
    assert ran.code == 2
    assert "'--max-depth'" in ran.err
    assert "1<=x<=1000" in ran.err or "is not a valid integer" in ran.err


@pytest.mark.parametrize("region", ["residual", "gate", "concat", "a:", "", "repeat 1", "if true"])
def test_the_greatest_depth_does_not_exhaust_the_stack(region: str, here: Path) -> None:
    levels = f"{region} {{ " * 480 + "relu" + " }" * 480
    (here / "deep.cnn").write_text(f"network Net {{\n input 8x8x4\n {levels}\n}}\n")
    assert run("check", "deep.cnn", "--max-depth", "1000", "-q") == (0, "", "")
    assert run("compile", "deep.cnn", "-t", "keras", "-o", "-", "--max-depth", "1000").code == 0
