"""``cnngen compile --check``: whether files are what would be written, and if not, why."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cli.runner import process, run
from cnngen import files
from cnngen.provenance import DIGITS, digest

ONLY_FORM = "E017 formatted-only: only its formatting was changed"
EDITED = "E016 edited-by-hand: it was edited by hand"
CHANGED = "E009 source-changed: its source, a file that it uses, or what was set, has changed"
FOREIGN = "E008 foreign: it was not made by cnngen"
NO_FINDINGS = ("foreign",)
"""Reasons that are about files: the exit code is 2."""

COMPILE = ("compile", "small.cnn", "-t", "torch")


@pytest.fixture
def made(here: Path) -> Path:
    """An output that is up to date."""
    assert run(*COMPILE, "-q").code == 0
    return here / "small_torch.py"


def why(*options: str) -> str:
    """The code and the reason that ``--check`` gives; empty where the file is up to date."""
    there = {path: path.read_bytes() for path in Path.cwd().rglob("*") if path.is_file()}
    ran = run(*COMPILE, "--check", "--output-format", "json", *options)
    after = {path: path.read_bytes() for path in Path.cwd().rglob("*") if path.is_file()}
    assert after == there, "--check writes nothing"
    found = json.loads(ran.out)
    assert ran.code == (found[0]["reason"] in NO_FINDINGS) + 1 if found else ran.code == 0
    if not found:
        return ""
    assert [(d["path"], d["severity"]) for d in found] == [("small_torch.py", "error")]
    words = found[0]["message"].partition(": ")[2]
    return f"{found[0]['code']} {found[0]['reason']}: {words}"


def test_up_to_date(made: Path) -> None:
    assert why() == ""


def test_missing(here: Path) -> None:
    assert why() == "E015 missing: it is missing"


def test_edited_by_hand(made: Path) -> None:
    made.write_text(made.read_text().replace("nn.Flatten()", "nn.Flatten(2)"))
    assert why() == EDITED


def test_a_statement_added_at_the_end(made: Path) -> None:
    made.write_text(made.read_text() + "\nprint()\n")
    assert why() == EDITED


def test_cut_off(made: Path) -> None:
    made.write_text(made.read_text()[:200])
    assert why() == EDITED
    made.write_text(made.read_text().split("\n")[0])
    assert why() == EDITED


def test_the_digests_edited(made: Path) -> None:
    made.write_text(made.read_text().replace("# cnngen: source ", "# cnngen: "))
    assert why() == EDITED


@pytest.mark.parametrize("line", [0, 1])
def test_what_is_added_to_our_own_lines_is_not_lost(made: Path, line: int) -> None:
    lines = made.read_text().split("\n")
    lines[line] += "  # pylint: skip-file"
    made.write_text("\n".join(lines))
    assert why() == EDITED
    assert run(*COMPILE).code == 1
    assert "pylint" in made.read_text()


def test_formatted_while_the_source_changed(made: Path, here: Path) -> None:
    made.write_text(made.read_text().replace("self.fc1 = ", "self.fc1=") + "\n")
    source = here / "small.cnn"
    source.write_text(source.read_text().replace("dense classes", "dense 3, dense classes"))
    assert why() == (
        "E016 edited-by-hand: it was edited or formatted, and its source has changed too"
    )


def test_code_that_the_parser_of_python_cannot_take(made: Path) -> None:
    made.write_text(made.read_text() + "-" * 100_000 + "1\n")
    assert why() == EDITED


def test_formatted_otherwise(made: Path) -> None:
    text = made.read_text().replace('["A"]', "[\n  'A'\n]").replace("self.fc1 = ", "self.fc1=")
    made.write_text(f"{text}\n\n")
    assert why() == ONLY_FORM
    made.write_text(f"{text}\n# end\n")
    assert why() == EDITED, "a comment would be lost"


def test_the_source_has_changed(made: Path, here: Path) -> None:
    source = here / "small.cnn"
    source.write_text(source.read_text().replace("dense classes", "dense 3, dense classes"))
    assert why() == CHANGED
    assert run(*COMPILE).code == 0
    assert why() == ""


def test_a_comment_has_changed(made: Path, here: Path) -> None:
    source = here / "small.cnn"
    source.write_text("# A network.\n" + source.read_text())
    assert why() == CHANGED


def test_a_comment_has_become_the_files_own(here: Path) -> None:
    source = here / "small.cnn"
    source.write_text("# A network.\n" + source.read_text())
    assert run(*COMPILE).code == 0
    source.write_text(source.read_text().replace("# A network.\n", "# A network.\n\n"))
    assert why() == CHANGED


def test_other_settings(made: Path) -> None:
    reason = why("--set", "classes=3")
    assert reason == CHANGED


def test_white_space_alone_changes_nothing(made: Path, here: Path) -> None:
    source = here / "small.cnn"
    source.write_text(source.read_text().replace("\n", "  \n\n").replace("    ", "\t "))
    assert why() == ""


def test_the_line_ends_of_the_source_change_nothing(made: Path, here: Path) -> None:
    source = here / "small.cnn"
    source.write_bytes(b"\xef\xbb\xbf" + source.read_bytes().replace(b"\n", b"\r\n"))
    assert why() == ""


def test_the_source_has_another_name(made: Path) -> None:
    made.write_text(made.read_text().replace("from small.cnn", "from tiny.cnn"))
    assert why() == "E009 source-changed: its source has another name now"


def test_the_generator_has_changed(made: Path) -> None:
    first, second, body = made.read_text().split("\n", 2)
    body = body.replace("flatten1", "flat")
    second = second[:-DIGITS] + digest(body)
    made.write_text("\n".join([first, second, body]))
    assert why() == "E018 generator-changed: this version of cnngen writes it differently"


def test_not_made_by_cnngen(made: Path) -> None:
    made.write_text("print()\n")
    assert why() == FOREIGN


def test_an_empty_file(made: Path) -> None:
    made.write_text(" \n")
    assert why() == "E015 missing: it is empty"


def test_a_checkout_with_carriage_returns_is_not_stale(made: Path) -> None:
    made.write_bytes(made.read_bytes().replace(b"\n", b"\r\n"))
    assert why() == ""
    before = made.stat().st_mtime_ns
    assert run(*COMPILE).code == 0
    assert made.stat().st_mtime_ns == before, "and not written again"


def test_a_folder_in_its_place(made: Path) -> None:
    made.unlink()
    made.mkdir()
    ran = run(*COMPILE, "--check")
    assert ran.code == 2
    assert "error[E007]: is a directory: small_torch.py" in ran.err


def test_several_files_at_once(made: Path, here: Path) -> None:
    arguments = ("compile", "small.cnn", "lenet5.cnn", "-t", "torch", "-t", "keras")
    ran = run(*arguments, "--check", "--output-format", "concise")
    assert ran.code == 1
    assert ran.err.count("is stale: it is missing") == 3
    assert run(*arguments).code == 0
    assert run(*arguments, "--check") == (0, "", "")
    ran = run(*arguments, "--check", "-o", "other/")
    assert ran.code == 1
    assert not (here / "other").exists()


def test_mistakes_in_the_source_are_no_staleness(here: Path) -> None:
    ran = run("compile", "wrong.cnn", "-t", "torch", "--check")
    assert ran.code == 1
    assert "error[E301]" in ran.err
    assert "E015" not in ran.err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_has_no_end_is_not_compared(here: Path) -> None:
    os.mkfifo(here / "pipe.py")
    (here / "zero.py").symlink_to("/dev/zero")
    for name in ("pipe.py", "zero.py"):
        ran = process("compile", "small.cnn", "-t", "torch", "-o", name, "--check")
        assert (ran.code, ran.out) == (2, "")
        assert f"error[E007]: this is no file that can be read again: {name}" in ran.err


def test_of_a_large_file_so_much_is_read(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST_OUTPUT", 1_000)
    (here / "net.py").write_text("x = 1\n" * 1_000)
    assert len(files.read_output("net.py") or "") == 1_000
    for option, code in (("--check", 2), ("--quiet", 2)):
        ran = run("compile", "small.cnn", "-t", "torch", "-o", "net.py", option)
        assert ran.code == code
        assert "not made by cnngen" in ran.err


def test_a_long_module_is_not_parsed_to_say_why(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("compile", "small.cnn", "-t", "torch", "-o", "net.py")
    path = here / "net.py"
    path.write_text(path.read_text() + "\n")
    check = ("compile", "small.cnn", "-t", "torch", "-o", "net.py", "--check")
    assert "only its formatting was changed" in run(*check).err
    monkeypatch.setattr(files, "LONGEST_PARSED", 100)
    assert "it was edited by hand" in run(*check).err
