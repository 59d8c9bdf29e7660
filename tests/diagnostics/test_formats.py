"""Diagnostics as programs read them: JSON, workflow commands of GitHub, SARIF."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from case_files import read_cases
from checking import CASES, check
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from sarif_schema import LOG

from cnngen.diagnostics import Diagnostic, Edit, Fix, Related, codes
from cnngen.diagnostics.github import as_github
from cnngen.diagnostics.json_list import as_json
from cnngen.diagnostics.sarif import as_sarif
from cnngen.source import Source, Span

SOURCE = Source("nets/my net.cnn", "network A {\n    input 8x8x3, relo\n    input 3\n}\n")


def span(text: str) -> Span:
    start = SOURCE.text.index(text)
    return Span(SOURCE, start, start + len(text))


WRONG = Diagnostic(
    codes.UNKNOWN_LAYER,
    "100% wrong:\nreally",
    span("relo"),
    "here, or so",
    "write `relu`",
    ("a note",),
    (Related(span("network"), "the network"),),
    fix=Fix((Edit(span("relo"), "relu"), Edit(Span(SOURCE, 0, 0), "# new\n"))),
)
LINES = Diagnostic(codes.EMPTY_NETWORK, "over lines", span("relo\n    input"))
OF_FILE = Diagnostic(codes.FILE_MISSING, "there is no such file: a", path="/x/a b.cnn")
WARNING = Diagnostic(codes.NORM_OF_ONE_VALUE, "one value", span("input 3"))
NOTE = Diagnostic(codes.PROJECTION_INSERTED, "inserted", span("input 3"))
ALL = (WRONG, LINES, OF_FILE, WARNING, NOTE)


# --- JSON ------------------------------------------------------------------------------------


def test_json_holds_the_fix_as_edits() -> None:
    wrong, *_, note = json.loads(as_json(ALL))
    assert note["fix"] is None
    relu, comment = wrong["fix"]["edits"]
    assert relu["text"] == "relu"
    assert relu["range"] == wrong["range"]
    assert comment["range"]["start"] == comment["range"]["end"]


# --- GitHub ----------------------------------------------------------------------------------


def test_workflow_commands() -> None:
    assert as_github(ALL).split("\n") == [
        "::error file=nets/my net.cnn,line=2,endLine=2,col=18,endColumn=21,"
        "title=E201%3A unknown layer::100%25 wrong:%0Areally%0Anote: a note%0Ahint: write `relu`",
        "::error file=nets/my net.cnn,line=2,endLine=3,"
        "title=E308%3A network without input or layers::over lines",
        "::error file=/x/a b.cnn,title=E001%3A file not found::there is no such file: a",
        "::warning file=nets/my net.cnn,line=3,endLine=3,col=5,endColumn=11,"
        "title=W302%3A normalisation over one value::one value",
        "::notice file=nets/my net.cnn,line=3,endLine=3,col=5,endColumn=11,"
        "title=N301%3A projection inserted::inserted",
    ]
    assert as_github(()) == ""


COMMAND = re.compile(r"::(error|warning|notice) ((?:[^=,:]+=[^,:]*)(?:,[^=,:]+=[^,:]*)*)::(.*)")


@given(st.text(), st.text())
def test_no_text_ends_a_command(path: str, message: str) -> None:
    """Whatever is quoted, a runner reads one command, with these properties."""
    text = as_github([Diagnostic(codes.FILE_MISSING, message, path=path)])
    found = COMMAND.fullmatch(text)
    assert found, text
    given = dict(part.split("=", 1) for part in found[2].split(","))
    assert given.keys() == {"file", "title"}
    assert unquote(given["file"], errors="surrogatepass") == unquote(
        path.replace("%", "%25"), errors="surrogatepass"
    )


# --- SARIF -----------------------------------------------------------------------------------

VALIDATOR = Draft202012Validator(LOG)


def log(*diagnostics: Diagnostic) -> Any:
    data = json.loads(as_sarif(diagnostics))
    VALIDATOR.validate(data)
    return data["runs"][0]


def test_sarif_without_results() -> None:
    run = log()
    assert run["results"] == run["tool"]["driver"]["rules"] == []


def test_sarif() -> None:
    run = log(*ALL, WRONG)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["E001", "E201", "E308", "N301", "W302"]
    assert "# error[E201]: unknown layer" in rules[1]["help"]["text"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert rules[result["ruleIndex"]]["defaultConfiguration"]["level"] == result["level"]
    wrong, lines, of_file, warning, note, _ = run["results"]
    assert [warning["level"], note["level"]] == ["warning", "note"]
    place = wrong["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "nets/my%20net.cnn"},
        "region": {"startLine": 2, "startColumn": 18, "endLine": 2, "endColumn": 22},
    }
    assert wrong["message"]["text"] == "100% wrong:\nreally\na note\nhint: write `relu`"
    assert wrong["relatedLocations"][0]["message"]["text"] == "the network"
    (change,) = wrong["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"] == place["artifactLocation"]
    assert [each["insertedContent"]["text"] for each in change["replacements"]] == [
        "relu",
        "# new\n",
    ]
    assert change["replacements"][0]["deletedRegion"] == place["region"]
    assert lines["locations"][0]["physicalLocation"]["region"]["endLine"] == 3
    (whole,) = of_file["locations"]
    assert whole["physicalLocation"] == {"artifactLocation": {"uri": "file:///x/a%20b.cnn"}}


def test_the_schema_refuses_what_is_not_sarif() -> None:
    data = json.loads(as_sarif([WRONG]))
    data["runs"][0]["results"][0]["level"] = "fatal"
    assert not VALIDATOR.is_valid(data)


@pytest.mark.parametrize("path", sorted(CASES.glob("*.txt")), ids=lambda path: path.stem)
def test_every_mistake_has_each_form(path: Path) -> None:
    for case in read_cases(path)[::5]:
        found = check(case.text)
        log(*found)
        assert len(as_github(found).split("\n")) == max(len(found), 1)
        assert len(json.loads(as_json(found))) == len(found)
