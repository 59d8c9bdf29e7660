"""Files that a source uses: only sources of its own project are read, nothing else is shown."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli.runner import run

from security.test_file_names import assert_calm

SECRET = "hunter2"
"""What no output may have in it."""

NETWORK = "\nnetwork A {\n    input 4\n    relu\n}\n"
BLOCKS = "block b {\n    tanh\n}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project's folder, with a file outside of it."""
    (tmp_path / "outside.cnn").write_text(f"block {SECRET}\n{SECRET}\n")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    return folder


def check(folder: Path, target: str, *options: str) -> str:
    """What is said of a source in ``folder`` that uses ``target``, which has to be a mistake."""
    (folder / "net.cnn").write_text(f'use "{target}"\n{NETWORK}', encoding="utf-8")
    return refused(folder, "net.cnn", *options)


def refused(folder: Path, source: str, *options: str) -> str:
    with contextlib.chdir(folder):
        done = run("check", source, *options)
    return calm_refusal(done.code, done.out + done.err)


def refused_in_time(folder: Path, target: str) -> str:
    """The same in a process of its own, which is stopped where it waits or reads without end."""
    (folder / "net.cnn").write_text(f'use "{target}"\n{NETWORK}', encoding="utf-8")
    command = [sys.executable, "-m", "cnngen", "check", "net.cnn"]
    done = subprocess.run(command, capture_output=True, cwd=folder, timeout=20, check=False)
    return calm_refusal(done.returncode, (done.stdout + done.stderr).decode("utf-8"))


def calm_refusal(code: int, said: str) -> str:
    assert_calm(said.encode("utf-8"))
    assert code in (1, 2), said
    assert "internal error" not in said
    assert SECRET not in said
    return said


def test_an_absolute_path(project: Path) -> None:
    (project / "own.cnn").write_text(BLOCKS)
    for path in ("/etc/passwd", "/etc/hosts.cnn", project.parent / "outside.cnn"):
        assert "error[E01" in check(project, str(path))
    assert "error[E011]" in check(project, str(project / "own.cnn"))


@pytest.mark.parametrize(
    "path",
    [
        "../outside.cnn",
        "./../outside.cnn",
        "sub/../../outside.cnn",
        "../project/../outside.cnn",
        "../" * 40 + "etc/hosts.cnn",
        "..//outside.cnn",
    ],
)
def test_a_path_that_leads_out(path: str, project: Path) -> None:
    assert "error[E011]" in check(project, path)


def test_a_folder_beside_the_project_whose_name_begins_the_same(project: Path) -> None:
    """`project-secret` begins with `project`, and is not in it."""
    beside = project.parent / f"{project.name}-secret"
    beside.mkdir()
    (beside / "blocks.cnn").write_text(f"block {SECRET}\n{SECRET}\n")
    (project / "link.cnn").symlink_to(beside / "blocks.cnn")
    (project / "folder").symlink_to(beside)
    for path in (f"../{beside.name}/blocks.cnn", "link.cnn", "folder/blocks.cnn"):
        assert "error[E011]" in check(project, path), path


def test_a_source_that_is_a_link_has_the_real_files_project(project: Path) -> None:
    """It is the user who names the source; what it uses stays in the project that it is of."""
    (project / "own.cnn").write_text(BLOCKS)
    links = project.parent / "links"
    links.mkdir()
    (links / "own.cnn").write_text(f"block {SECRET}\n{SECRET}\n")
    (project / "real.cnn").write_text(f'use "../links/own.cnn"\n{NETWORK}')
    (links / "net.cnn").symlink_to(project / "real.cnn")
    assert "error[E011]" in refused(links, "net.cnn")
    (project / "sub").mkdir()
    (project / "sub" / "up").symlink_to("../..")
    (project / "real.cnn").write_text(f'use "sub/up/links/own.cnn"\n{NETWORK}')
    assert "error[E011]" in refused(links, "net.cnn")
    (project / "real.cnn").write_text(f'use "sub/up/../outside.cnn"\n{NETWORK}')
    assert "error[E01" in refused(links, "net.cnn")


def test_links_that_lead_out(project: Path) -> None:
    (project / "file.cnn").symlink_to("../outside.cnn")
    (project / "whole.cnn").symlink_to(project.parent / "outside.cnn")
    (project / "folder").symlink_to(project.parent)
    (project / "again.cnn").symlink_to("file.cnn")
    (project / "passwd.cnn").symlink_to("/etc/passwd")
    for path in ("file.cnn", "whole.cnn", "folder/outside.cnn", "again.cnn", "passwd.cnn"):
        assert "error[E011]" in check(project, path), path


def test_a_link_to_what_is_no_source(project: Path) -> None:
    """A project that somebody else made could show what the user keeps in its folder."""
    (project / ".env").write_text(f"{SECRET}\n")
    (project / "env.cnn").symlink_to(".env")
    check(project, "env.cnn")


@pytest.mark.parametrize("name", ["notes.txt", ".env", "net.cnn.txt", "net.CNN", "net.cnn~", "net"])
def test_what_is_no_source_is_not_read(name: str, project: Path) -> None:
    (project / name).write_text(f"{SECRET}\n")
    assert "error[E010]" in check(project, name)


def test_what_is_outside_is_not_read_by_way_of_another_file(project: Path) -> None:
    (project / "sub").mkdir()
    (project / "sub" / "blocks.cnn").write_text(f'use "../../outside.cnn"\n{BLOCKS}')
    assert "error[E011]" in check(project, "sub/blocks.cnn")


def test_a_source_without_a_project_uses_its_own_folder(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "outside.cnn").write_text(f"{SECRET}\n")
    assert "error[E011]" in check(folder, "../outside.cnn")


def test_standard_input_uses_the_current_folder(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cnngen", "check", "-"],
        input=f'use "../outside.cnn"\n{NETWORK}'.encode(),
        capture_output=True,
        cwd=project,
        timeout=20,
        check=False,
    )
    assert done.returncode == 1
    assert b"error[E011]" in done.stderr
    assert SECRET.encode() not in done.stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(project: Path) -> None:
    os.mkfifo(project / "pipe.cnn")
    refused_in_time(project, "pipe.cnn")


def test_a_device_without_end(project: Path) -> None:
    (project / "zero.cnn").symlink_to("/dev/zero")
    (project / "random.cnn").symlink_to("/dev/urandom")
    refused_in_time(project, "zero.cnn")
    refused_in_time(project, "random.cnn")


def test_a_huge_file(project: Path) -> None:
    with (project / "huge.cnn").open("wb") as file:
        file.truncate(2**33)  # takes no room: nothing is written
    assert "4 MiB" in refused_in_time(project, "huge.cnn")


def test_a_file_of_many_words(project: Path) -> None:
    (project / "many.cnn").write_text("a " * 600_000)
    assert "error[E004]" in check(project, "many.cnn")


def test_what_is_no_text(project: Path) -> None:
    (project / "bytes.cnn").write_bytes(SECRET.encode() + b"\xff\xfe")
    assert "error[E003]" in check(project, "bytes.cnn")


def test_a_folder(project: Path) -> None:
    (project / "folder.cnn").mkdir()
    assert "error[E002]" in check(project, "folder.cnn")


def test_a_file_that_cannot_be_read(project: Path) -> None:
    (project / "closed.cnn").write_text(BLOCKS)
    (project / "closed.cnn").chmod(0)
    if os.access(project / "closed.cnn", os.R_OK):
        pytest.skip("this user reads everything")
    assert "error[E005]" in check(project, "closed.cnn")


@pytest.mark.parametrize(
    "name",
    [
        "a\x1b[2J.cnn",
        "a\u202eb.cnn",
        "a\x00b.cnn",
        "a\x07.cnn",
        "{{ 7 }}.cnn",
        "$(id).cnn",
        "; rm -rf x.cnn",
        "a" * 300 + ".cnn",
        "a/" * 3000 + "b.cnn",
        ".cnn",
        "",
        ".",
        "..",
        "/",
        "~/.ssh/id.cnn",
        "file:///etc/hosts.cnn",
        "\\\\host\\share.cnn",
        "naïve\u0301.cnn",
    ],
    ids=lambda name: ascii(name[:40]),
)
@pytest.mark.parametrize("form", ["full", "concise", "json"])
def test_hostile_names(name: str, form: str, project: Path) -> None:
    check(project, name, "--output-format", form)


@pytest.mark.parametrize("count", [150])
def test_files_that_use_files_without_end(count: int, project: Path) -> None:
    for number in range(count):
        text = f'use "b{number + 1}.cnn"\n{BLOCKS.replace("b {", f"b{number} {{")}'
        (project / f"b{number}.cnn").write_text(text)
    (project / f"b{count}.cnn").write_text(BLOCKS)
    assert "files are used" in check(project, "b0.cnn")


def test_files_that_use_each_other(project: Path) -> None:
    for number in range(20):
        uses = "".join(f'use "b{other}.cnn"\n' for other in range(20) if other != number)
        (project / f"b{number}.cnn").write_text(uses + BLOCKS.replace("b {", f"b{number} {{"))
    assert "error[E012]" in check(project, "b0.cnn")


def test_the_shipped_library_is_no_path(project: Path) -> None:
    for name in ("std.nothing", "std.__init__", "os.path", "cnngen.cli", "std.resnet.cnn"):
        (project / "net.cnn").write_text(f"use {name}\n{NETWORK}")
        assert "error[E010]" in refused(project, "net.cnn")
