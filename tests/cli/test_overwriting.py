"""What ``compile`` overwrites, what it leaves alone, and the differences that it shows."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.runner import SMALL, run
from cnngen import files
from cnngen.backends import backend
from cnngen.cli.stale import EDITED_BY_HAND, EDITED_OR_FORMATTED, SOURCE_CHANGED, UNMARKED, why
from cnngen.compiler import compile_source
from cnngen.provenance import Provenance, Stamped, digest
from cnngen.source import Source

COMPILE = ("compile", "small.cnn", "-t", "torch")


@pytest.fixture
def made(here: Path) -> Path:
    """An output that is up to date."""
    assert run(*COMPILE, "-q").code == 0
    return here / "small_torch.py"


@pytest.fixture
def edited(made: Path) -> Iterator[Path]:
    """One with a hand edit, which must be there at the end, byte for byte."""
    made.write_text(made.read_text().replace("nn.Flatten()", "nn.Flatten(2)"))
    data = made.read_bytes()
    yield made
    assert made.read_bytes() == data


def change_source(here: Path) -> None:
    (here / "small.cnn").write_text(SMALL.replace("dense classes", "dense 5, dense classes"))


# --- hand edits ------------------------------------------------------------------------------


def test_a_hand_edit_is_left_alone(edited: Path) -> None:
    ran = run(*COMPILE)
    assert (ran.code, ran.out) == (1, "")
    assert "error[E016]: small_torch.py is left alone: it was edited by hand" in ran.err
    assert "`--diff` shows what would change; `--force` overwrites" in ran.err


def test_also_where_the_source_has_changed(edited: Path, here: Path) -> None:
    change_source(here)
    assert run(*COMPILE).code == 1


@pytest.mark.parametrize("options", [["--check"], ["--diff"], ["--check", "--diff", "--force"]])
def test_nor_is_it_written_to_say_so(options: list[str], edited: Path) -> None:
    ran = run(*COMPILE, *options)
    assert ran.code == 1
    assert "E016" in ran.err


def test_a_comment_that_was_added_is_a_hand_edit(made: Path) -> None:
    made.write_text(made.read_text() + "# mine\n")
    assert run(*COMPILE).code == 1
    assert made.read_text().endswith("# mine\n")


def test_force_overwrites_it(made: Path) -> None:
    text = made.read_text()
    made.write_text(text + "# mine\n")
    assert run(*COMPILE, "--force").code == 0
    assert made.read_text() == text


def test_the_other_files_of_the_run_are_written(edited: Path, here: Path) -> None:
    change_source(here)
    ran = run("compile", "small.cnn", "lenet5.cnn", "-t", "torch", "-t", "keras")
    assert ran.code == 1
    assert {path.name for path in here.glob("*.py")} == {
        f"{source}_{target}.py" for source in ("small", "lenet5") for target in ("torch", "keras")
    }


def test_what_was_only_formatted_is_written_anew(made: Path) -> None:
    text = made.read_text()
    made.write_text(text.replace("\n\n\n", "\n\n\n\n"))
    assert run(*COMPILE).code == 0
    assert made.read_text() == text


def test_what_nobody_changed_is_written_anew(made: Path, here: Path) -> None:
    before = made.read_text()
    change_source(here)
    assert run(*COMPILE).code == 0
    assert made.read_text() != before


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_no_change_of_the_code_is_taken_for_our_own(data: st.DataObject) -> None:
    """Whatever one character becomes, the file is not overwritten unless it means the same."""
    text = compile_source(Source("small.cnn", SMALL), [backend("torch")]).outputs[0].text
    newer = compile_source(
        Source("small.cnn", SMALL.replace("10", "11")), [backend("torch")]
    ).outputs[0]
    start = text.index('"""')
    place = data.draw(st.integers(start, len(text) - 1))
    letter = data.draw(st.sampled_from("aZ0_#(x"))
    changed = text[:place] + letter + text[place + 1 :]
    reason = why(changed.encode(), newer.content, backend("torch"))
    assert reason == (SOURCE_CHANGED if changed == text else EDITED_OR_FORMATTED)


# --- differences -----------------------------------------------------------------------------


def test_no_difference(made: Path) -> None:
    assert run(*COMPILE, "--diff") == (0, "", "")


def test_the_difference_is_what_would_change(made: Path, here: Path) -> None:
    before = made.read_text()
    change_source(here)
    ran = run(*COMPILE, "--diff")
    assert ran.code == 1
    assert made.read_text() == before, "nothing is written"
    assert "error[E009]: small_torch.py is stale" in ran.err
    assert ran.out.startswith("--- small_torch.py\n+++ small_torch.py\n@@ ")
    assert "+        self.fc2 = nn.Linear(5, classes)\n" in ran.out


@pytest.mark.skipif(shutil.which("patch") is None, reason="needs patch")
@pytest.mark.parametrize("end", ["", "# no line end", "\n\n"])
def test_it_can_be_applied(end: str, made: Path, here: Path) -> None:
    made.write_text(made.read_text() + end)
    change_source(here)
    ran = run(*COMPILE, "--diff")
    subprocess.run(["patch", "-p0", "-s"], input=ran.out, text=True, check=True, cwd=here)
    assert run(*COMPILE, "--check").code == 0


def test_the_difference_from_no_file(here: Path) -> None:
    ran = run(*COMPILE, "--diff", "-o", "models/")
    assert ran.code == 1
    assert ran.out.startswith("--- /dev/null\n+++ models/small_torch.py\n@@ -0,0 +1,")
    assert not (here / "models").exists()


def test_the_differences_have_standard_output_for_themselves(edited: Path) -> None:
    ran = run(*COMPILE, "--diff", "--output-format", "json")
    assert ran.out.startswith("--- small_torch.py\n")
    assert json.loads(ran.err)[0]["reason"] == "edited-by-hand"


def test_of_a_long_file_it_is_only_said_that_it_differs(
    edited: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LONGEST_PARSED", 100)
    assert run(*COMPILE, "--diff").out == "small_torch.py and what would be written differ\n"


# --- orphans ---------------------------------------------------------------------------------


@pytest.fixture
def nets(here: Path) -> Path:
    """A folder of sources that was compiled to another one."""
    (here / "nets" / "more").mkdir(parents=True)
    for name in ("nets/a.cnn", "nets/more/b.cnn"):
        (here / name).write_text(SMALL)
    assert run(*FOLDER, "-q") == (0, "", "")
    return here / "nets"


FOLDER = ("compile", "nets", "-t", "torch", "-o", "models/")


def orphaned(*arguments: str) -> list[str]:
    ran = run(*arguments, "--check", "--output-format", "json")
    found = json.loads(ran.out)
    assert ran.code == bool(found)
    assert {d["reason"] for d in found} <= {"orphaned"}
    assert {d["code"] for d in found} <= {"E019"}
    return [d["path"] for d in found]


def test_a_file_whose_source_is_gone_is_orphaned(nets: Path) -> None:
    assert orphaned(*FOLDER) == []
    (nets / "more" / "b.cnn").unlink()
    assert orphaned(*FOLDER) == ["models/b_torch.py"]
    assert run(*FOLDER).code == 0, "nothing is deleted, nor is it an error to compile"


def test_so_is_one_whose_source_has_no_network_any_more(nets: Path) -> None:
    (nets / "a.cnn").write_text("block unit(n) { conv n 3x3 }\n")
    assert orphaned(*FOLDER) == ["models/a_torch.py"]


def test_files_of_other_targets_and_other_runs_are_not(nets: Path, here: Path) -> None:
    run("compile", "small.cnn", "-t", "torch", "-o", "models/")
    assert orphaned("compile", "nets/a.cnn", "-t", "torch", "-o", "models/") == []
    assert orphaned(*FOLDER) == [], "another run may write it"
    (here / "small.cnn").unlink()
    assert orphaned(*FOLDER) == ["models/small_torch.py"], "no other run can"
    (here / "models" / "small_torch.py").unlink()
    run("compile", "nets", "-t", "keras", "-o", "models/")
    assert orphaned(*FOLDER) == []


def test_files_of_another_folder_of_the_project_are_not(nets: Path, here: Path) -> None:
    (here / "others").mkdir()
    (here / "others" / "c.cnn").write_text(SMALL)
    run("compile", "others", "-t", "torch", "-o", "models/")
    assert orphaned(*FOLDER) == []


def test_other_files_are_not(nets: Path, here: Path) -> None:
    (here / "models" / "__init__.py").write_text("from models.a_torch import A\n")
    (here / "models" / "data.bin").write_bytes(b"\xff\x00" * 600)
    if hasattr(os, "mkfifo"):
        os.mkfifo(here / "models" / "pipe")
    assert orphaned(*FOLDER) == []


def test_a_project_knows_all_of_its_files(nets: Path, here: Path) -> None:
    text = '[tool.cnngen]\nsources = ["nets"]\ntargets = ["torch"]\noutput = "models"\n'
    (here / "pyproject.toml").write_text(text)
    run("compile", "nets/a.cnn", "-t", "keras")
    assert orphaned("compile") == ["models/a_keras.py"]
    assert orphaned("compile", "-t", "torch") == [], "that run is not all"


# --- targets of bytes ------------------------------------------------------------------------


class _Bytes:
    """A target whose files are bytes; the second kind marks them."""

    name = "bytes"

    def stamp(self, data: bytes, of: Provenance) -> bytes:
        return data + "|".join(of).encode()[:60].ljust(60)

    def unstamp(self, data: bytes) -> Stamped | None:
        parts = data[-60:].decode("latin-1").strip().split("|")
        return Stamped(Provenance(*parts), data[:-60]) if len(parts) == 3 else None


def test_bytes_that_are_marked_are_told_apart_too() -> None:
    target = _Bytes()

    def file(source: str, body: bytes) -> bytes:
        return target.stamp(body, Provenance("a.cnn", source, digest(body)))

    new = file("22", b"new")
    assert why(new, new, target) is None  # type: ignore[arg-type]
    assert why(file("11", b"old"), new, target) is SOURCE_CHANGED  # type: ignore[arg-type]
    edited = file("11", b"old").replace(b"old", b"odd")
    assert why(edited, new, target) is EDITED_OR_FORMATTED  # type: ignore[arg-type]
    edited = file("22", b"old").replace(b"old", b"odd")
    assert why(edited, new, target) is EDITED_BY_HAND  # type: ignore[arg-type]
    assert why(b"another", new, target) is UNMARKED  # type: ignore[arg-type]


def test_bytes_without_a_mark_are_kept() -> None:
    assert why(b"old", b"new", object()) is UNMARKED  # type: ignore[arg-type]
