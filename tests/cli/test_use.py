"""Sources that use other files: where these are looked for, and when outputs are stale."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.runner import process, run

BLOCKS = "block conv_relu(width) {\n    conv width 3x3 pad=1, relu\n}\n"
NETWORK = 'use "lib/blocks.cnn"\n\nnetwork Net {\n    input 8x8x3\n    conv_relu 4\n}\n'

COMPILE = ("compile", "net.cnn", "-t", "torch")


@pytest.fixture(autouse=True)
def sources(here: Path) -> None:
    (here / "lib").mkdir()
    (here / "lib" / "blocks.cnn").write_text(BLOCKS)
    (here / "net.cnn").write_text(NETWORK)


def test_a_used_file() -> None:
    assert run("check", "net.cnn") == (0, "", "1 file, nothing wrong\n")
    assert "Conv2d(in_channels, width, 3, padding=1)" in run(*COMPILE, "-o", "-").out


def test_the_path_starts_at_the_file_that_uses_it(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = run(*COMPILE, "-o", "-")
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    assert run("compile", "../net.cnn", "-t", "torch", "-o", "-") == expected
    assert run("compile", here / "net.cnn", "-t", "torch", "-o", "-") == expected


def test_a_used_file_uses_another(here: Path) -> None:
    (here / "pyproject.toml").touch()
    (here / "lib" / "blocks.cnn").write_text(f'use "../more.cnn"\n{BLOCKS}')
    (here / "more.cnn").write_text("block more {\n    tanh\n}\n")
    assert run("check", "net.cnn").code == 0
    (here / "net.cnn").write_text(NETWORK.replace("conv_relu 4", "more"))
    ran = run("check", "net.cnn")
    assert ran.code == 1, "what a used file uses is its own business"
    assert "error[E201]: there is no layer or block `more`" in ran.err


def test_a_source_that_is_a_link_uses_what_is_beside_the_real_file(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = run(*COMPILE, "-o", "-").out
    (here / "links" / "lib").mkdir(parents=True)
    (here / "links" / "lib" / "blocks.cnn").write_text(BLOCKS.replace("relu", "tanh"))
    (here / "links" / "net.cnn").symlink_to("../net.cnn")
    (here / "links" / "again.cnn").symlink_to("net.cnn")
    assert run("compile", "links/net.cnn", "-t", "torch", "-o", "-").out == expected
    ran = run("compile", "links/again.cnn", "-t", "torch", "-o", "-")
    assert ran.out == expected.replace("net.cnn", "again.cnn", 1)
    monkeypatch.chdir(here / "links")
    assert run(*COMPILE, "-o", "-").out == expected


def test_a_used_file_that_is_a_link_uses_what_is_beside_the_real_file(here: Path) -> None:
    (here / "pyproject.toml").touch()
    (here / "lib" / "blocks.cnn").rename(here / "real.cnn")
    (here / "lib" / "blocks.cnn").symlink_to("../real.cnn")
    (here / "real.cnn").write_text('use "more.cnn"\n' + BLOCKS.replace("relu\n", "more\n"))
    (here / "more.cnn").write_text("block more {\n    tanh\n}\n")
    assert run("check", "net.cnn") == (0, "", "1 file, nothing wrong\n")


def test_what_is_above_a_linked_folder_is_above_the_real_one(here: Path) -> None:
    (here / "pyproject.toml").touch()
    (here / "deep" / "nets").mkdir(parents=True)
    (here / "deep" / "lib").symlink_to("../lib")
    (here / "deep" / "nets" / "net.cnn").write_text(NETWORK.replace("lib/", "../lib/"))
    (here / "link").symlink_to("deep/nets")
    (here / "lib" / "blocks.cnn").write_text(BLOCKS.replace("relu\n", "gelu\n"))
    assert "GELU" in run("compile", "link/net.cnn", "-t", "torch", "-o", "-").out
    (here / "deep" / "lib").unlink()
    assert "error[E010]" in run("check", "link/net.cnn").err


def test_a_project_is_marked_by_its_folder(here: Path) -> None:
    (here / "nets").mkdir()
    (here / "nets" / "net.cnn").write_text(NETWORK.replace("lib/", "../lib/"))
    ran = run("check", "nets/net.cnn")
    assert (ran.code, "error[E011]" in ran.err) == (1, True)
    (here / "pyproject.toml").touch()
    assert run("check", "nets/net.cnn").code == 0
    (here / "pyproject.toml").unlink()
    (here / ".git").mkdir()
    assert run("check", "nets/net.cnn").code == 0


def test_standard_input_uses_files_from_the_current_folder() -> None:
    assert run("check", "-", stdin=NETWORK.encode()).code == 0
    ran = run("compile", "-", "-t", "torch", "-o", "-", stdin=NETWORK.encode())
    assert ran.code == 0
    assert "Conv2d(in_channels, width, 3, padding=1)" in ran.out
    ran = run("check", "-", stdin=NETWORK.replace("lib/", "").encode())
    assert ran.code == 1
    assert "error[E010]" in ran.err
    assert " --> <stdin>:1:1" in ran.err


def test_a_missing_file(here: Path) -> None:
    (here / "lib" / "blocks.cnn").unlink()
    ran = run("check", "net.cnn", "--output-format", "json")
    assert ran.code == 1
    (found,) = json.loads(ran.out)
    assert (found["code"], found["path"], found["range"]["start"]["line"]) == ("E010", "net.cnn", 1)


def test_a_mistake_in_a_used_file(here: Path) -> None:
    (here / "lib" / "blocks.cnn").write_text(BLOCKS.replace("relu\n", "relo\n"))
    ran = run("check", "net.cnn", "--output-format", "json")
    assert ran.code == 1
    (found,) = json.loads(ran.out)
    assert found["path"] == str(Path("lib", "blocks.cnn"))
    assert [related["range"]["path"] for related in found["related"]] == ["net.cnn"]


def test_the_shipped_library(here: Path) -> None:
    (here / "net.cnn").write_text(
        "use std.resnet\n\nnetwork Net {\n    input 8x8x3\n    basic 4\n}\n"
    )
    assert run("check", "net.cnn").code == 0
    assert process("compile", "net.cnn", "-t", "keras", "-o", "-").code == 0


# --- staleness -------------------------------------------------------------------------------


def stale() -> bool:
    ran = run(*COMPILE, "--check", "--output-format", "concise")
    assert ran.code in (0, 1)
    assert ran.code == 0 or "net_torch.py is stale: its source" in ran.err
    return ran.code == 1


def test_an_output_is_stale_when_a_used_file_has_changed(here: Path) -> None:
    blocks = here / "lib" / "blocks.cnn"
    assert run(*COMPILE).code == 0
    assert not stale()
    blocks.write_text(BLOCKS.replace("relu\n", "tanh\n"))
    assert stale()
    assert run(*COMPILE).code == 0
    assert not stale()
    blocks.write_text(BLOCKS)
    assert stale()


def test_what_is_used_by_way_of_another_file_counts_too(here: Path) -> None:
    blocks = BLOCKS.replace("relu\n", "i\n")
    (here / "lib" / "blocks.cnn").write_text(f'use "inner.cnn"\n{blocks}')
    (here / "lib" / "inner.cnn").write_text("block i {\n    tanh\n}\n")
    assert run(*COMPILE).code == 0
    assert not stale()
    (here / "lib" / "inner.cnn").write_text("block i {\n    relu\n}\n")
    assert stale()


def test_white_space_in_a_used_file_changes_nothing(here: Path) -> None:
    assert run(*COMPILE).code == 0
    text = BLOCKS.replace("\n", "\r\n").replace("    ", "\t")
    (here / "lib" / "blocks.cnn").write_bytes(text.encode())
    assert not stale()


def test_the_place_of_the_project_changes_nothing(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(*COMPILE).code == 0
    made = (here / "net_torch.py").read_text()
    (here / "sub").mkdir()
    for path in ("net.cnn", "lib"):
        (here / path).rename(here / "sub" / path)
    monkeypatch.chdir(here / "sub")
    assert run(*COMPILE).code == 0
    assert (here / "sub" / "net_torch.py").read_text() == made
    assert run("compile", here / "sub" / "net.cnn", "-t", "torch").code == 0
    assert (here / "sub" / "net_torch.py").read_text() == made
