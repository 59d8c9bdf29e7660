"""The user's cache makes a start quicker; without one, or with a broken one, all works as well."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from jinja2 import FileSystemBytecodeCache

from cli.runner import process, run, start
from cnngen.backends.skeleton import template
from cnngen.user_cache import cache_folder


@pytest.fixture
def expected() -> str:
    return process("compile", "lenet5.cnn", "-t", "torch", "-o", "-").out


def compiles(expected: str, **environment: Any) -> None:
    ran = process("compile", "lenet5.cnn", "-t", "torch", "-o", "-", **environment)
    assert (ran.code, ran.out, ran.err) == (0, expected, "")


def test_the_cache_is_filled_and_used(expected: str, here: Path) -> None:
    home = here / "cache"
    compiles(expected, XDG_CACHE_HOME=str(home))
    folder = home / "cnngen"
    made = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert any(name.startswith("grammar-") for name in made)
    assert any(name.startswith("__jinja2_") for name in made)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    compiles(expected, XDG_CACHE_HOME=str(home))
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == made


@pytest.mark.parametrize("data", [b"", b"garbage\n", bytes(range(256)) * 40])
def test_garbage_in_every_file(data: bytes, expected: str, here: Path) -> None:
    home = here / "cache"
    compiles(expected, XDG_CACHE_HOME=str(home))
    for path in (home / "cnngen").iterdir():
        path.write_bytes(data)
    compiles(expected, XDG_CACHE_HOME=str(home))
    compiles(expected, XDG_CACHE_HOME=str(home))


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_files_that_are_cut_off(kept: float, expected: str, here: Path) -> None:
    home = here / "cache"
    compiles(expected, XDG_CACHE_HOME=str(home))
    for path in (home / "cnngen").iterdir():
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * kept)])
    compiles(expected, XDG_CACHE_HOME=str(home))


def test_the_grammars_head_with_garbage_behind_it(expected: str, here: Path) -> None:
    home = here / "cache"
    compiles(expected, XDG_CACHE_HOME=str(home))
    (path,) = (home / "cnngen").glob("grammar-*")
    head = path.read_bytes().split(b"\n")[0]
    for rest in (b"", b"\x80\x04.", b"\x80\x04K\x01.", b"\x80\x04}." * 2, b"garbage"):
        path.write_bytes(head + b"\n" + rest)
        compiles(expected, XDG_CACHE_HOME=str(home))


def test_folders_in_place_of_files(expected: str, here: Path) -> None:
    home = here / "cache"
    compiles(expected, XDG_CACHE_HOME=str(home))
    for path in list((home / "cnngen").iterdir()):
        path.unlink()
        path.mkdir()
    compiles(expected, XDG_CACHE_HOME=str(home))


def test_the_setting_names_a_file(expected: str, here: Path) -> None:
    (here / "file").write_text("mine")
    compiles(expected, XDG_CACHE_HOME=str(here / "file"))
    compiles(expected, XDG_CACHE_HOME=str(here / "file" / "below"))
    assert (here / "file").read_text() == "mine"


@pytest.mark.parametrize("home", ["/proc", "/dev/null", "/proc/1/fd", "/sys"])
def test_the_setting_names_a_place_that_cannot_be_written(home: str, expected: str) -> None:
    compiles(expected, XDG_CACHE_HOME=home)


@pytest.mark.parametrize("home", ["relative", "~/cache", ".", " "])
def test_a_setting_that_is_no_whole_path_is_ignored(home: str, expected: str, here: Path) -> None:
    before = sorted(here.rglob("*"))
    compiles(expected, XDG_CACHE_HOME=home)
    assert sorted(here.rglob("*")) == before


def test_a_user_without_a_home(expected: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert cache_folder() is None
    assert not (here / "~").exists()


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_that_others_can_write_to_is_not_used(
    mode: int, expected: str, here: Path
) -> None:
    folder = here / "cache" / "cnngen"
    folder.mkdir(parents=True)
    folder.chmod(mode)
    compiles(expected, XDG_CACHE_HOME=str(here / "cache"))
    assert not list(folder.iterdir())


def test_a_full_disk(expected: str, monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv("XDG_CACHE_HOME", str(here / "cache"))
    monkeypatch.setattr(FileSystemBytecodeCache, "dump_bytecode", full)
    monkeypatch.setattr(FileSystemBytecodeCache, "load_bytecode", full)
    template.cache_clear()
    assert run("compile", "lenet5.cnn", "-t", "torch", "-o", "-") == (0, expected, "")
    template.cache_clear()


def test_many_first_starts_at_once(expected: str, here: Path) -> None:
    home = str(here / "cache")
    arguments = ("compile", "lenet5.cnn", "-t", "torch", "-o", "-")
    started = [start(*arguments, cwd=here, XDG_CACHE_HOME=home) for _ in range(6)]
    for one in started:
        out, err = one.communicate(timeout=60)
        assert (one.returncode, out.decode(), err) == (0, expected, b"")
