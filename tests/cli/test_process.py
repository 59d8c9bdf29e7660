"""What only a process of its own shows: imports, pipes, faults, the entry points."""

from __future__ import annotations

import gc
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import cnngen.cli as command_line
from cli.runner import clean, command, process, take_interrupts
from cnngen.__main__ import main

HEAVY = ("torch", "keras", "tensorflow", "numpy", "rich", "pygments")

# --- imports ---------------------------------------------------------------------------------

REPORT = """
import sys
from cnngen.cli import cli
try:
    cli({arguments!r}, prog_name="cnngen")
except SystemExit as end:
    print(end.code)
print([name for name in {heavy!r} if name in sys.modules])
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["compile", "lenet5.cnn", "-t", "torch", "-t", "keras", "-q"],
        ["compile", "lenet5.cnn", "-t", "torch", "--check"],
        ["compile", "wrong.cnn", "-t", "torch"],
        ["check", "lenet5.cnn", "-q"],
        ["check", "wrong.cnn", "--output-format", "json"],
        ["layers"],
        ["layers", "conv"],
        ["explain"],
        ["--help"],
    ],
    ids=" ".join,
)
def test_no_framework_is_imported(arguments: list[str]) -> None:
    code = REPORT.format(arguments=arguments, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[-2] == "[]"


def test_a_layout_needs_the_syntax_alone() -> None:
    """So that `fmt` starts as fast as the packages that are needed anyway."""
    heavy = ("lark", "jinja2", "cnngen.ops", "cnngen.elaborate", "cnngen.define")
    code = REPORT.format(arguments=["fmt", "lenet5.cnn", "--check"], heavy=heavy)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[-2] == "[]"


# --- pipes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["layers"],
        ["explain"],
        ["compile", "long.cnn", "-t", "torch", "-o", "-"],
        ["check", "many.cnn", "--output-format", "json"],
    ],
    ids=" ".join,
)
def test_a_reader_that_stops_early(arguments: list[str], here: Path) -> None:
    layers = "    relu\n" * 20_000
    (here / "long.cnn").write_text(f"network A {{ input 4\n{layers}}}\n")
    wrong = "    relu 3\n" * 2_000
    (here / "many.cnn").write_text(f"network A {{ input 4\n{wrong}}}\n")
    writer = subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.read(1)
    writer.stdout.close()
    said = writer.stderr.read().decode()
    writer.wait(timeout=60)
    assert "Traceback" not in said
    assert "BrokenPipe" not in said
    assert "internal error" not in said


def test_diagnostics_piped_into_a_reader_that_stops_early(here: Path) -> None:
    wrong = "    relu 3\n" * 2_000
    (here / "many.cnn").write_text(f"network A {{ input 4\n{wrong}}}\n")
    shell = f"{' '.join(command('check', 'many.cnn'))} 2>&1 | head -n 1"
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True)
    assert (
        done.stdout
        == "error[E206]: `relu` takes no argument without a name, here is one more: `3`\n"
    )
    assert done.stderr == ""


def in_shell(redirection: str, *arguments: str) -> tuple[int, str]:
    """The exit code and the standard error."""
    shell = f"{' '.join(command(*arguments))} {redirection}"
    done = subprocess.run(["sh", "-c", shell], stderr=subprocess.PIPE, text=True, check=False)
    assert "internal error" not in done.stderr
    assert "Exception" not in done.stderr
    return done.returncode, done.stderr


def test_closed_streams() -> None:
    assert in_shell(">&-", "compile", "lenet5.cnn", "-t", "torch", "-q") == (0, "")
    assert Path("lenet5_torch.py").exists()
    code, said = in_shell(">&-", "compile", "lenet5.cnn", "-t", "torch", "-o", "-")
    assert code == 2
    assert "error[E007]: it is closed: <stdout>" in said
    code, said = in_shell("<&-", "check", "-")
    assert code == 2
    assert "error[E005]: it is closed: <stdin>" in said
    assert in_shell(">&- 2>&-", "check", "wrong.cnn")[0] == 1


def test_a_full_device() -> None:
    code, said = in_shell(">/dev/full", "compile", "lenet5.cnn", "-t", "torch", "-o", "-")
    assert code == 2
    assert "error[E007]: no space left on device: <stdout>" in said
    code, said = in_shell(">/dev/full", "layers")
    assert code == 2
    assert said == "cnngen: cannot write the output: no space left on device\n"


JSON = ("--output-format", "json")


@pytest.mark.parametrize(
    ("redirection", "arguments", "code"),
    [
        (">/dev/full", ("check", "lenet5.cnn"), 0),  # nothing goes there
        (">/dev/full", ("check", "wrong.cnn"), 1),
        (">/dev/full", ("check", "lenet5.cnn", *JSON), 2),
        (">/dev/full", ("compile", "lenet5.cnn", "-t", "torch"), 0),
        (">/dev/full", ("compile", "lenet5.cnn", "-t", "torch", *JSON), 2),
        (">/dev/full", ("--version",), 2),
        (">/dev/full", ("check", "--help"), 2),
        ("2>/dev/full", ("check", "lenet5.cnn"), 2),
        ("2>/dev/full", ("check", "lenet5.cnn", "-q"), 0),
        ("2>/dev/full", ("check", "wrong.cnn"), 2),
        ("2>/dev/full", ("check", "absent.cnn"), 2),
        ("2>/dev/full", ("compile", "lenet5.cnn", "-t", "torch"), 2),
        ("2>/dev/full", ("compile", "lenet5.cnn", "-t", "torch", "-q"), 0),
        ("2>/dev/full", ("compile", "lenet5.cnn", "-t", "torch", "-o", "-"), 0),
        ("2>/dev/full", ("compile", "lenet5.cnn", "-t", "torch", "-o", "-", *JSON), 2),
        ("2>/dev/full", ("nonsense",), 2),
        (">/dev/full 2>/dev/full", ("check", "wrong.cnn"), 2),
        (">/dev/full 2>/dev/full", ("compile", "lenet5.cnn", "-t", "torch", "-o", "-"), 2),
    ],
)
def test_what_a_full_device_could_not_take_is_trouble(
    redirection: str, arguments: tuple[str, ...], code: int
) -> None:
    assert in_shell(redirection, *arguments)[0] == code


def test_what_the_other_stream_takes_is_still_written(here: Path) -> None:
    in_shell("2>/dev/full >out.py", "compile", "lenet5.cnn", "-t", "torch", "-o", "-", *JSON)
    assert "class LeNet5" in (here / "out.py").read_text()


def test_colours_on_a_terminal() -> None:
    """Diagnostics go to the standard error, so that is what counts."""

    def shown(**environment: str) -> str:
        ours, theirs = pty.openpty()
        done = subprocess.run(
            command("check", "wrong.cnn"),
            stderr=theirs,
            stdout=subprocess.DEVNULL,
            env={**clean(), "TERM": "xterm", **environment},
            check=False,
        )
        os.close(theirs)
        assert done.returncode == 1
        text = b""
        with os.fdopen(ours, "rb", buffering=0) as terminal:
            try:
                while more := terminal.read(4096):
                    text += more
            except OSError:  # Linux says so at the end
                pass
        return text.decode()

    assert "\x1b[" in shown()
    assert "\x1b[" not in shown(NO_COLOR="1")
    assert "\x1b[" not in process("check", "wrong.cnn").err
    assert "\x1b[" in process("check", "wrong.cnn", FORCE_COLOR="1").err


# --- entry points and faults -----------------------------------------------------------------


def test_the_installed_command_and_the_module_are_the_same() -> None:
    installed = Path(sys.executable).parent / "cnngen"
    done = subprocess.run([installed, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == process("--version").out
    assert process("layers", "tanh").out.startswith("tanh\n")


def test_exit_codes() -> None:
    assert process("check", "lenet5.cnn").code == 0
    assert process("check", "wrong.cnn").code == 1
    assert process("check", "absent.cnn").code == 2
    assert process("nonsense").code == 2


@pytest.fixture
def as_started() -> Iterator[None]:
    """Undo what a process does once, at its start and end."""
    yield
    gc.unfreeze()
    gc.enable()


@pytest.mark.usefixtures("as_started")
@pytest.mark.parametrize("error", [RuntimeError("a b"), RecursionError("deep"), MemoryError()])
def test_a_fault_of_ours_is_a_message(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(command_line, "cli", fail)
    monkeypatch.setattr(sys, "argv", ["cnngen", "check", "a.cnn"])
    with pytest.raises(SystemExit) as end:
        command_line.main()
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"cnngen: internal error: {type(error).__name__}: {error}")
    assert "fault of cnngen" in said
    assert "Traceback" not in said
    monkeypatch.setattr(sys, "argv", ["cnngen", "check", "a.cnn", "--debug"])
    with pytest.raises(type(error)):
        command_line.main()


def test_debug_verifies_between_passes() -> None:
    assert process("check", "lenet5.cnn", "--debug").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "slow.cnn"),
        ("compile", "slow.cnn", "-t", "torch"),
        ("compile", "slow.cnn", "-t", "torch", "-o", "-"),
        ("verify", "slow.cnn"),
        ("weights", "inspect", "slow.cnn"),
    ],
    ids=" ".join,
)
def test_an_interrupt_ends_quietly(arguments: tuple[str, ...], here: Path) -> None:

    os.mkfifo(here / "slow.cnn")
    before = sorted(here.iterdir())
    started = subprocess.Popen(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=take_interrupts,
    )
    # Opening the other end waits until the process reads.
    with open(here / "slow.cnn", "wb"):
        started.send_signal(signal.SIGINT)
    assert started.communicate(timeout=30) == ("", "cnngen: interrupted\n")
    assert started.returncode == 130
    assert sorted(here.iterdir()) == before


@pytest.mark.usefixtures("as_started")
@pytest.mark.parametrize("place", ["main", "cli"])
def test_an_interrupt_before_a_command_runs(
    place: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, place, interrupt)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 130
    assert capsys.readouterr() == ("", "cnngen: interrupted\n")
