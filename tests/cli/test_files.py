"""Sources that cannot be read and outputs that cannot be written: a message, and nothing broken."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.runner import LENET5, SMALL, command, leftovers, process, run, start
from cnngen.partial import ABANDONED

# --- sources ---------------------------------------------------------------------------------


@pytest.fixture(params=["check", "compile"])
def read(request: pytest.FixtureRequest) -> list[str]:
    """A command that reads the source that comes next."""
    return ["check"] if request.param == "check" else ["compile", "-t", "torch", "-o", "made.py"]


def refused(read: list[str], path: object, code: str) -> str:
    ran = run(*read, path)
    assert (ran.code, ran.out) == (2, "")
    assert f"error[{code}]" in ran.err
    assert not Path("made.py").exists()
    return ran.err


def test_a_missing_file(read: list[str]) -> None:
    assert "there is no such file: absent.cnn" in refused(read, "absent.cnn", "E001")


def test_a_folder(read: list[str], here: Path) -> None:
    (here / "nets").mkdir()
    ran = run(*read, "nets")
    assert (ran.code, ran.out) == (2, "")
    assert "there is no *.cnn in the folder 'nets'" in ran.err


def test_a_file_below_a_file(read: list[str]) -> None:
    assert "not a directory" in refused(read, "small.cnn/a.cnn", "E005")


def test_a_name_that_is_too_long(read: list[str]) -> None:
    assert "file name too long" in refused(read, "a" * 300 + ".cnn", "E005")


@pytest.mark.parametrize(
    ("data", "place"),
    [(b"network \xff\n", "byte 8 (line 1)"), (b"\n\n# caf\xe9\n", "byte 7 (line 3)")],
)
def test_not_utf8(data: bytes, place: str, read: list[str], here: Path) -> None:
    (here / "net.cnn").write_bytes(data)
    said = refused(read, "net.cnn", "E003")
    assert f"{place} is not UTF-8 text: net.cnn" in said


def test_a_binary_file(read: list[str], here: Path) -> None:
    (here / "net.cnn").write_bytes(bytes(range(256)) * 16)
    refused(read, "net.cnn", "E003")


def test_an_unreadable_file(read: list[str]) -> None:
    # Not even by root, whom permissions do not stop.
    refused(read, "/proc/self/mem", "E005")


def test_a_file_of_100_megabytes(read: list[str], here: Path) -> None:
    with open(here / "large.cnn", "wb") as file:
        file.truncate(100 * 2**20)
    before = bytes_read()
    assert "larger than 4 MiB" in refused(read, "large.cnn", "E004")
    assert bytes_read() - before < 10 * 2**20


def bytes_read() -> int:
    """What this process has read from files."""
    fields = Path("/proc/self/io").read_text(encoding="utf-8").split()
    return int(fields[fields.index("rchar:") + 1])


def test_a_file_without_an_end(read: list[str]) -> None:
    refused(read, "/dev/zero", "E004")


@pytest.mark.parametrize("text", ["", "\n", "   \n\t\n", "# a comment\n", "\ufeff"])
def test_a_file_without_a_network(text: str, read: list[str], here: Path) -> None:
    (here / "net.cnn").write_text(text, encoding="utf-8")
    ran = run(*read, "net.cnn")
    assert ran.code == 1
    assert "error[E006]: there is no network in this file" in ran.err


def test_large_but_within_the_limit(here: Path) -> None:
    padding = "# " + "x" * 1000 + "\n"
    (here / "net.cnn").write_text(padding * 4000 + SMALL)
    assert run("check", "net.cnn").code == 0


# --- outputs ---------------------------------------------------------------------------------


def unwritable(output: str, reason: str) -> None:
    ran = run("compile", "small.cnn", "-t", "torch", "-o", output)
    assert (ran.code, ran.out) == (2, "")
    assert f"error[E007]: {reason}" in ran.err


def test_a_folder_that_is_missing() -> None:
    unwritable("absent/net.py", "no such file or directory: absent/net.py")


def test_a_folder_that_is_a_file() -> None:
    unwritable("lenet5.cnn/net.py", "not a directory: lenet5.cnn/net.py")
    unwritable("lenet5.cnn/", "file exists: lenet5.cnn/")
    unwritable("lenet5.cnn/below/", "not a directory: lenet5.cnn/below/")


def test_a_folder_that_takes_no_files() -> None:
    ran = run("compile", "small.cnn", "-t", "torch", "-o", "/proc/net.py")
    assert ran.code == 2
    assert "error[E007]" in ran.err


def test_a_device_that_is_full() -> None:
    unwritable("/dev/full", "no space left on device: /dev/full")


def test_a_device_that_takes_everything() -> None:
    assert run("compile", "small.cnn", "-t", "torch", "-o", "/dev/null").code == 0
    assert not Path("/dev/null").is_file()


def test_a_pipe(here: Path) -> None:
    os.mkfifo(here / "pipe")
    reader = subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE, cwd=here)
    ran = process("compile", "small.cnn", "-t", "torch", "-o", "pipe", cwd=here)
    out, _ = reader.communicate(timeout=30)
    assert ran.code == 0
    assert out.startswith(b"# Code generated")
    assert stat.S_ISFIFO((here / "pipe").stat().st_mode), "it is still a pipe"


@pytest.mark.parametrize("text", ["print()\n", "# mine\n", "\x00\x01", " x"])
def test_a_file_not_made_by_cnngen_is_left_alone(text: str, here: Path) -> None:
    path = here / "net.py"
    path.write_text(text)
    ran = run("compile", "small.cnn", "-t", "torch", "-o", "net.py")
    assert (ran.code, ran.out) == (2, "")
    assert "error[E008]: net.py is left alone: it was not made by cnngen" in ran.err
    assert "`--force`" in ran.err
    assert path.read_text() == text
    assert run("compile", "small.cnn", "-t", "torch", "-o", "net.py", "--force").code == 0
    assert path.read_text().startswith("# Code generated")


def test_an_empty_file_is_written_to(here: Path) -> None:
    (here / "net.py").write_text("\n")
    assert run("compile", "small.cnn", "-t", "torch", "-o", "net.py").code == 0


@pytest.mark.parametrize("output", ["small.cnn", "./small.cnn", "link.cnn"])
@pytest.mark.parametrize("force", [[], ["--force"]])
def test_an_output_over_its_source(output: str, force: list[str], here: Path) -> None:
    (here / "link.cnn").symlink_to("small.cnn")
    ran = run("compile", "small.cnn", "-t", "torch", "-o", output, *force)
    assert ran.code == 2
    assert f"'{output}' would overwrite the source small.cnn" in ran.err
    assert (here / "small.cnn").read_text() == SMALL


def test_an_output_over_another_source(here: Path) -> None:
    (here / "small_torch.py").write_text(LENET5)
    ran = run("compile", "small.cnn", "small_torch.py", "-t", "torch", "--force")
    assert ran.code == 2
    assert "'small_torch.py' would overwrite the source small_torch.py" in ran.err
    assert (here / "small_torch.py").read_text() == LENET5


def test_two_sources_with_one_default_output(here: Path) -> None:
    for name in ("a", "b"):
        (here / name).mkdir()
        (here / name / "net.cnn").write_text(SMALL)
    ran = run("compile", "a/net.cnn", "b/net.cnn", "-t", "torch")
    assert ran.code == 2
    assert "'net_torch.py' would overwrite the module of a/net.cnn" in ran.err
    assert not (here / "net_torch.py").exists()


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("vgg-16.cnn", "vgg_16_torch.py"),
        ("16.cnn", "_16_torch.py"),
        ("a b.c.cnn", "a_b_c_torch.py"),
        ("net", "net_torch.py"),
        (".cnn", "_cnn_torch.py"),
        ("réseau.cnn", "r_seau_torch.py"),
        ("class.cnn", "class_torch.py"),
    ],
)
def test_default_names_can_be_imported(name: str, module: str, here: Path) -> None:
    (here / name).write_text(SMALL)
    assert run("compile", name, "-t", "torch").code == 0
    assert (here / module).exists()
    assert module.removesuffix(".py").isidentifier()


# --- nothing is lost -------------------------------------------------------------------------


@pytest.fixture
def earlier(here: Path) -> Iterator[bytes]:
    """An output of before; it must be there byte for byte afterwards, and nothing beside it."""
    run("compile", "small.cnn", "-t", "torch", "-o", "net.py")
    path = here / "net.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    data = path.read_bytes()
    names = sorted(p.name for p in here.iterdir())
    yield data
    assert path.read_bytes() == data
    assert sorted(p.name for p in here.iterdir()) == names
    assert leftovers(here) == []


def test_a_failed_compile_leaves_the_earlier_output(earlier: bytes) -> None:
    assert run("compile", "wrong.cnn", "-t", "torch", "-o", "net.py").code == 1
    assert run("compile", "absent.cnn", "-t", "torch", "-o", "net.py").code == 2
    assert run("compile", "-", "-t", "torch", "-o", "net.py", stdin=b"network {").code == 1


@pytest.mark.parametrize("function", ["replace", "fsync", "chmod"])
@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), KeyboardInterrupt()])
def test_an_interrupted_write_leaves_the_earlier_output(
    function: str, error: BaseException, earlier: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise error

    monkeypatch.setattr(os, function, fail)
    ran = run("compile", "lenet5.cnn", "-t", "torch", "-o", "net.py")
    if isinstance(error, OSError):
        assert ran.code == 2
        assert "error[E007]: input/output error: net.py" in ran.err
    else:
        assert ran == (130, "", "cnngen: interrupted\n")


def test_a_killed_write_leaves_the_earlier_output(here: Path) -> None:
    """Whatever the moment: at worst a hidden file is left beside the output."""
    run("compile", "small.cnn", "-t", "torch", "-o", "net.py")
    before = (here / "net.py").read_bytes()
    run("compile", "lenet5.cnn", "-t", "torch", "-o", "other.py")
    after = (here / "other.py").read_bytes()
    for delay in (0.05, 0.1, 0.15, 0.2):
        started = start("compile", "lenet5.cnn", "-t", "torch", "-o", "net.py", cwd=here)
        time.sleep(delay)
        started.kill()
        started.communicate()
        assert (here / "net.py").read_bytes() in (before, after)


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755])
def test_a_files_mode_is_kept(mode: int, here: Path) -> None:
    path = here / "net.py"
    run("compile", "small.cnn", "-t", "torch", "-o", "net.py")
    path.chmod(mode)
    assert run("compile", "lenet5.cnn", "-t", "torch", "-o", "net.py").code == 0
    assert "LeNet5" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_new_files_mode_is_the_usual_one(here: Path) -> None:
    run("compile", "small.cnn", "-t", "torch")
    (here / "usual").write_text("")
    usual, made = ((here / name).stat().st_mode for name in ("usual", "small_torch.py"))
    assert usual == made


def test_a_symbolic_link_stays_one(here: Path) -> None:
    (here / "real").mkdir()
    target = here / "real" / "target.py"
    (here / "net.py").symlink_to("real/target.py")
    for source in (
        "small.cnn",
        "lenet5.cnn",
    ):  # to a file that is missing, then to one that is there
        assert run("compile", source, "-t", "torch", "-o", "net.py").code == 0
        assert (here / "net.py").is_symlink()
        assert "class" in target.read_text()
    assert leftovers(here) == []


def test_a_symbolic_link_to_itself(here: Path) -> None:
    (here / "net.py").symlink_to("net.py")
    ran = run("compile", "small.cnn", "-t", "torch", "-o", "net.py")
    assert ran.code == 2
    assert "error[E007]" in ran.err


def test_an_output_with_the_longest_name(here: Path) -> None:
    name = "网" * 84 + ".py"  # 255 bytes
    assert run("compile", "small.cnn", "-t", "torch", "-o", name).code == 0
    assert (here / name).exists()


def test_compiles_at_the_same_time(here: Path) -> None:
    """Each reader sees a whole file; the last writer wins."""
    sources = ["small.cnn", "lenet5.cnn"] * 3
    started = [start("compile", s, "-t", "torch", "-o", "net.py", cwd=here) for s in sources]
    seen = set()
    while any(p.poll() is None for p in started):
        if (here / "net.py").exists():
            seen.add((here / "net.py").read_text())
        time.sleep(0.005)
    for p in started:
        _, err = p.communicate()
        assert p.returncode == 0, err
    whole = {run("compile", s, "-t", "torch", "-o", "-").out for s in set(sources)}
    assert seen <= whole
    assert (here / "net.py").read_text() in whole
    assert leftovers(here) == []


def test_a_mistake_leaves_other_outputs_alone(here: Path) -> None:
    ran = run("compile", "wrong.cnn", "small.cnn", "-t", "torch", "-o", "made/")
    assert ran.code == 1
    assert {p.name for p in (here / "made").iterdir()} == {"small_torch.py"}


def test_a_path_that_is_no_text(here: Path) -> None:
    """Bytes that are not UTF-8 in a file's name, as Linux allows them."""
    name = b"net\xff.cnn"
    with open(os.fsencode(here) + b"/" + name, "w") as file:
        file.write(SMALL)
    done = subprocess.run(
        [os.fsencode(a) for a in command("compile", "-t", "torch", "-o", "net.py")] + [name],
        capture_output=True,
        cwd=here,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first = (here / "net.py").read_text(encoding="utf-8").split("\n")[0]
    assert first == "# Code generated by cnngen from net?.cnn. DO NOT EDIT."
    done = subprocess.run(
        [sys.executable.encode(), b"-m", b"cnngen", b"check", b"no\xff.cnn"],
        capture_output=True,
        cwd=here,
        check=False,
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert b"E001" in done.stderr


# --- what killed processes have left ---------------------------------------------------------

OLD = time.time() - ABANDONED - 60
PART = f".cnngen-{'0f' * 8}.part"


def age(path: Path, when: float = OLD) -> Path:
    os.utime(path, (when, when), follow_symlinks=False)
    return path


@pytest.mark.parametrize("ending", ["", ".safetensors", ".weights.h5"])
def test_an_abandoned_part_goes_with_the_next_write(ending: str, here: Path) -> None:
    (here / "out").mkdir()
    for folder in (here, here / "out"):
        (folder / f"{PART}{ending}").write_text("half")
        age(folder / f"{PART}{ending}")
    assert run("compile", "small.cnn", "-t", "torch", "-o", "out/").code == 0
    assert leftovers(here) == [f"{PART}{ending}"]  # the one of the folder that was not written to
    assert run("compile", "small.cnn", "-t", "torch").code == 0
    assert leftovers(here) == []


def test_what_may_not_be_ours_or_is_still_written_stays(here: Path) -> None:
    (here / "precious").write_text("mine")
    age(here / "precious")
    kept = []
    for name in (f"{PART}x", f"x{PART}", ".cnngen-0f.part", ".cnngen-notes.part", PART):
        (here / name).write_text("half")
        kept.append(age(here / name, time.time() if name == PART else OLD))
    folder, link = here / f".cnngen-{'1f' * 8}.part", here / f".cnngen-{'2f' * 8}.part"
    folder.mkdir()
    link.symlink_to("precious")
    kept += [age(folder), age(link), here / "precious"]
    assert run("compile", "small.cnn", "-t", "torch").code == 0
    assert all(os.path.lexists(path) for path in kept)


def test_another_users_part_stays(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / PART).write_text("half")
    age(here / PART)
    monkeypatch.setattr(os, "getuid", lambda: 12_345_678)
    assert run("compile", "small.cnn", "-t", "torch", XDG_CACHE_HOME="relative").code == 0
    assert (here / PART).exists()


def test_a_part_that_cannot_be_removed_is_no_trouble(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    (here / PART).write_text("half")
    age(here / PART)
    monkeypatch.setattr(os, "unlink", fail)
    assert run("compile", "small.cnn", "-t", "torch").code == 0
    assert (here / "small_torch.py").exists()
