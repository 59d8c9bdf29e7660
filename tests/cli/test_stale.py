"""``cnngen compile --check``: whether files are what would be written, and if not, why."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cli.runner import process, run
from cnngen.cli import files, stale
from cnngen.compiler import DIGITS, digest

ONLY_FORM = "only its formatting or comments were changed: leave the file out of other formatters"

COMPILE = ("compile", "small.cnn", "-t", "torch")


@pytest.fixture
def made(here: Path) -> Path:
    """An output that is up to date."""
    assert run(*COMPILE, "-q").code == 0
    return here / "small_torch.py"


def why(*options: str) -> str:
    """The reason that ``--check`` gives; empty where the file is up to date."""
    there = {path: path.read_bytes() for path in Path.cwd().rglob("*") if path.is_file()}
    ran = run(*COMPILE, "--check", "--output-format", "concise", *options)
    after = {path: path.read_bytes() for path in Path.cwd().rglob("*") if path.is_file()}
    assert after == there, "--check writes nothing"
    if ran.code == 0:
        assert (ran.out, ran.err) == ("", "")
        return ""
    assert ran.code == 1
    assert ran.out == ""
    place, _, message = ran.err.partition(": E009 ")
    assert place == "small_torch.py"
    assert message.endswith("(the same command without `--check` makes it anew)\n")
    return message.partition(" is stale: ")[2].partition(" (")[0].strip()


def test_up_to_date(made: Path) -> None:
    assert why() == ""


def test_missing(here: Path) -> None:
    assert why() == "it is missing"


def test_edited_by_hand(made: Path) -> None:
    made.write_text(made.read_text().replace("nn.Flatten()", "nn.Flatten(2)"))
    assert why() == "it was edited by hand"


def test_a_statement_added_at_the_end(made: Path) -> None:
    made.write_text(made.read_text() + "\nprint()\n")
    assert why() == "it was edited by hand"


def test_cut_off(made: Path) -> None:
    made.write_text(made.read_text()[:200])
    assert why() == "it was edited by hand"
    made.write_text(made.read_text().split("\n")[0])
    assert why() == "it was edited by hand"


def test_the_digests_edited(made: Path) -> None:
    made.write_text(made.read_text().replace("# cnngen: source ", "# cnngen: "))
    assert why() == ONLY_FORM


def test_formatted_otherwise(made: Path) -> None:
    text = made.read_text().replace('["A"]', "[\n  'A'\n]").replace("self.fc1 = ", "self.fc1=")
    made.write_text(f"{text}\n# end\n")
    assert why() == ONLY_FORM


def test_the_source_has_changed(made: Path, here: Path) -> None:
    source = here / "small.cnn"
    source.write_text(source.read_text().replace("dense classes", "dense 3, dense classes"))
    assert why() == "its source, a file that it uses, or what was set, has changed"
    assert run(*COMPILE).code == 0
    assert why() == ""


def test_a_comment_has_changed(made: Path, here: Path) -> None:
    source = here / "small.cnn"
    source.write_text("# A network.\n" + source.read_text())
    assert why() == "its source, a file that it uses, or what was set, has changed"


def test_a_comment_has_become_the_files_own(here: Path) -> None:
    source = here / "small.cnn"
    source.write_text("# A network.\n" + source.read_text())
    assert run(*COMPILE).code == 0
    source.write_text(source.read_text().replace("# A network.\n", "# A network.\n\n"))
    assert why() == "its source, a file that it uses, or what was set, has changed"


def test_other_settings(made: Path) -> None:
    reason = why("--set", "classes=3")
    assert reason == "its source, a file that it uses, or what was set, has changed"


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
    assert why() == "its source has another name now"


def test_the_generator_has_changed(made: Path) -> None:
    first, second, body = made.read_text().split("\n", 2)
    body = body.replace("flatten1", "flat")
    second = second[:-DIGITS] + digest(body)
    made.write_text("\n".join([first, second, body]))
    assert why() == "this version of cnngen writes it differently"


def test_not_made_by_cnngen(made: Path) -> None:
    made.write_text("print()\n")
    assert why() == "it was not made by cnngen"


def test_an_empty_file(made: Path) -> None:
    made.write_text("")
    assert why() == "it was not made by cnngen"


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
    assert "E009" not in ran.err


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
    for option, code in (("--check", 1), ("--quiet", 2)):
        ran = run("compile", "small.cnn", "-t", "torch", "-o", "net.py", option)
        assert ran.code == code
        assert "not made by cnngen" in ran.err


def test_a_long_module_is_not_parsed_to_say_why(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("compile", "small.cnn", "-t", "torch", "-o", "net.py")
    path = here / "net.py"
    path.write_text(path.read_text() + "# formatted\n")
    check = ("compile", "small.cnn", "-t", "torch", "-o", "net.py", "--check")
    assert "only its formatting or comments were changed" in run(*check).err
    monkeypatch.setattr(stale, "LONGEST_PARSED", 100)
    assert "it was edited by hand" in run(*check).err
