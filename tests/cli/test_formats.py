"""``--output-format`` on every command that has it, and which stream each form goes to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.runner import run
from cnngen.cli.console import FOR_PEOPLE, FOR_PROGRAMS

FORMS = [*FOR_PEOPLE, *FOR_PROGRAMS]

TO_FILES = [
    ["check", "wrong.cnn"],
    ["compile", "wrong.cnn", "-t", "torch"],
]
TO_STANDARD_OUTPUT = [
    ["compile", "wrong.cnn", "-t", "torch", "-o", "-"],
    ["weights", "inspect", "wrong.cnn"],
    ["verify", "wrong.cnn"],
]


def says_it(text: str, form: str) -> bool:
    """Whether this is what is wrong, in this form, and nothing else."""
    if form == "json":
        return [found["code"] for found in json.loads(text)] == ["E301"]
    if form == "sarif":
        return [found["ruleId"] for found in json.loads(text)["runs"][0]["results"]] == ["E301"]
    start = {"full": "error[E301]", "concise": "wrong.cnn:3:22: E301", "github": "::error file="}
    return text.startswith(start[form])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("command", TO_FILES, ids=lambda words: " ".join(words[:2]))
def test_programs_read_standard_output(command: list[str], form: str) -> None:
    ran = run(*command, "--output-format", form)
    assert ran.code == 1
    read, empty = (ran.out, ran.err) if form in FOR_PROGRAMS else (ran.err, ran.out)
    assert says_it(read, form)
    assert empty == ""


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("command", TO_STANDARD_OUTPUT, ids=lambda words: " ".join(words[:2]))
def test_where_standard_output_has_the_product_all_forms_go_to_the_other(
    command: list[str], form: str
) -> None:
    ran = run(*command, "--output-format", form)
    assert (ran.code, ran.out) == (1, "")
    assert says_it(ran.err, form)


@pytest.mark.parametrize("form", FOR_PROGRAMS)
def test_programs_are_told_that_nothing_is_wrong(form: str) -> None:
    for command in (["check", "small.cnn"], ["compile", "small.cnn", "-t", "torch"]):
        ran = run(*command, "--output-format", form)
        assert (ran.code, ran.err) == (0, "")
        assert (ran.out == "") == (form == "github")
        assert form == "github" or json.loads(ran.out) is not None


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "command",
    [
        ["check", "absent"],
        ["compile", "absent", "-t", "torch"],
        ["weights", "convert", "small.cnn", "absent.pt", "a.keras"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_file_that_is_missing_in_each_form(command: list[str], form: str) -> None:
    ran = run(*command, "--output-format", form)
    assert ran.code == 2
    read, empty = (ran.out, ran.err) if form in FOR_PROGRAMS else (ran.err, ran.out)
    assert "no such file: absent" in read
    assert empty == ""


def test_help_says_where_each_form_goes() -> None:
    text = " ".join(run("check", "--help").out.split())
    assert "for people, to standard error" in text
    assert "for programs, to standard output unless that has the result" in text


def test_an_annotation_has_a_line_of_its_own(here: Path) -> None:
    (here / "many.cnn").write_text("network A { input 4\n relo\n rleu\n}\n")
    ran = run("check", "many.cnn", "--output-format", "github")
    assert ran.out.count("::error ") == ran.out.count("\n") == 2
