"""The user's cache makes a start quicker; without one, or with a broken one, all works as well."""

from __future__ import annotations

import errno
import marshal
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from jinja2.bccache import Bucket

from cli.runner import process, run, start
from cnngen.backends import skeleton, torch
from cnngen.backends.skeleton import template
from cnngen.syntax import lark_adapter
from cnngen.syntax.lalr import Tables
from cnngen.syntax.parser import read_grammar
from cnngen.user_cache import PYTHON, cache_folder, read_cache, write_cache


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
    assert sorted(name.split("-")[0] for name in made) == ["grammar", "template"]
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


# --- damage ------------------------------------------------------------------------------------

PLACES = 8
"""How many places of each file are damaged, from its first byte to its last."""


@pytest.fixture
def kept(expected: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files of a cache that this process uses."""
    compiles(expected, XDG_CACHE_HOME=str(here / "cache"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(here / "cache"))
    return sorted((here / "cache" / "cnngen").iterdir())


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :]


def damaged(data: bytes) -> Iterator[bytes]:
    """The data cut off, with zeros in it as a crash leaves them, and with one bit flipped."""
    places = sorted({round(i * (len(data) - 1) / PLACES) for i in range(PLACES + 1)})
    for place in places:
        yield data[:place]
        yield flipped(data, place)
        if any(data[place : place + 512]):
            yield data[:place] + bytes(len(data[place : place + 512])) + data[place + 512 :]
    yield data + b"\0"
    yield bytes(len(data))


def test_what_is_damaged_is_not_read(kept: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither unmarshalled nor run: to be read at all would end this process at places."""
    read: list[bytes] = []
    monkeypatch.setattr(marshal, "loads", read.append)
    monkeypatch.setattr(Bucket, "bytecode_from_string", lambda _, data: read.append(data))
    monkeypatch.setattr(lark_adapter, "write_cache", lambda *_: None)
    monkeypatch.setattr(skeleton, "write_cache", lambda *_: None)
    monkeypatch.setattr(lark_adapter, "_made", lambda *_: Tables("", {}, frozenset(), [], {}, []))
    grammar, of_template = kept
    for path, use in ((grammar, use_grammar), (of_template, use_template)):
        whole = path.read_bytes()
        for data in damaged(whole):
            path.write_bytes(data)
            use()
        assert read == []
        path.write_bytes(whole)
        with suppress(TypeError, AttributeError):  # what is read here is not used
            use()
        assert len(read) == 1, path
        read.clear()


def use_grammar() -> None:
    lark_adapter.load_tables(read_grammar(), ("start", "settings"))


def use_template() -> None:
    template.cache_clear()
    template(torch.__file__)
    template.cache_clear()


@pytest.mark.parametrize("share", [0, 0.3, 0.7, 1])
def test_what_is_damaged_is_made_anew(share: float, kept: list[Path], expected: str) -> None:
    for path in kept:
        data = path.read_bytes()
        path.write_bytes(flipped(data, round(share * (len(data) - 1))))
    broken = [path.read_bytes() for path in kept]
    compiles(expected)
    made = [path.read_bytes() for path in kept]
    assert all(a != b for a, b in zip(made, broken, strict=True))
    compiles(expected)
    assert [path.read_bytes() for path in kept] == made


def test_another_interpreters_files_stay(kept: list[Path], expected: str) -> None:
    others = [Path(str(path).replace(PYTHON, "python-9")) for path in kept]
    for path, other in zip(kept, others, strict=True):
        assert path != other
        path.rename(other)
    compiles(expected)
    assert all(path.exists() for path in [*kept, *others])


def test_another_version_of_what_it_was_made_from(here: Path, kept: list[Path]) -> None:
    write_cache("name", "1", b"data")
    assert read_cache("name", "1") == b"data"
    assert read_cache("name", "2") is None
    assert read_cache("other", "1") is None
    assert stat.S_IMODE((here / "cache" / "cnngen" / "name").stat().st_mode) & 0o022 == 0


# --- places ------------------------------------------------------------------------------------


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
    monkeypatch.setattr(os, "fsync", full)
    template.cache_clear()
    assert run("compile", "lenet5.cnn", "-t", "torch", "-o", "-") == (0, expected, "")
    template.cache_clear()
    assert list((here / "cache" / "cnngen").iterdir()) == []


def test_many_first_starts_at_once(expected: str, here: Path) -> None:
    home = str(here / "cache")
    arguments = ("compile", "lenet5.cnn", "-t", "torch", "-o", "-")
    started = [start(*arguments, cwd=here, XDG_CACHE_HOME=home) for _ in range(6)]
    for one in started:
        out, err = one.communicate(timeout=60)
        assert (one.returncode, out.decode(), err) == (0, expected, b"")
