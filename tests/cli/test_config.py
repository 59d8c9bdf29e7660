"""``[tool.cnngen]`` in ``pyproject.toml``, folders as arguments, and files of blocks alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cli.runner import SMALL, WRONG, process, run
from cnngen.cli import config
from cnngen.cli.config import Lint

BLOCKS = "block unit(n) { conv n 3x3 }\n"
USES = 'use "blocks.cnn"\nnetwork B { input 8x8x3\n    unit 4\n}\n'
WHOLE = """
[tool.cnngen]
sources = ["nets"]
targets = ["torch", "keras"]
output = "models"
"""


@pytest.fixture
def project(here: Path) -> Path:
    """A project with two networks and a file of blocks; ``say`` configures it."""
    (here / "nets").mkdir()
    (here / "nets" / "a.cnn").write_text(SMALL)
    (here / "nets" / "b.cnn").write_text(USES)
    (here / "nets" / "blocks.cnn").write_text(BLOCKS)
    say(WHOLE)
    return here


def say(text: str) -> None:
    Path("pyproject.toml").write_text(text, encoding="utf-8")


def made() -> list[str]:
    return sorted(path.as_posix() for path in Path().rglob("*_*.py"))


# --- a project -------------------------------------------------------------------------------


def test_the_project_says_all(project: Path) -> None:
    assert run("compile").code == 0
    files = [f"models/{name}_{target}.py" for name in "ab" for target in ("keras", "torch")]
    assert made() == files
    assert run("compile", "--check") == (0, "", "")
    assert run("check") == (0, "", "3 files, nothing wrong\n")
    assert run("fmt").code == 0
    assert run("fmt", "--check").code == 0


def test_it_is_found_from_a_folder_below(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "nets" / "deep").mkdir()
    monkeypatch.chdir(project / "nets" / "deep")
    assert "../../models/a_torch.py: A(classes)" in run("compile").err
    monkeypatch.chdir(project)
    assert run("compile", "--check") == (0, "", "")


def test_not_beyond_the_repository(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "nets" / ".git").mkdir()
    monkeypatch.chdir(project / "nets")
    assert run("check").code == 2


def test_another_tools_file_is_no_end(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "nets" / "pyproject.toml").write_text("[project]\nname = 'cnngen-nets'\n")
    monkeypatch.chdir(project / "nets")
    assert config.load().path == os.path.join("..", "pyproject.toml")


def test_a_file_that_is_not_ours_need_not_be_toml(here: Path) -> None:
    say("]\n")
    assert run("check", "small.cnn").code == 0


def test_in_a_folder_that_was_deleted_there_is_none(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "gone").mkdir()
    monkeypatch.chdir(here / "gone")
    (here / "gone").rmdir()
    assert config.load() == config.Config()


def test_folders_by_target(project: Path) -> None:
    say(WHOLE.replace('"models"', '{ torch = "models/torch", keras = "keras" }'))
    assert run("compile", "-t", "torch", "-t", "keras").code == 0
    assert made() == [
        "keras/a_keras.py", "keras/b_keras.py", "models/torch/a_torch.py", "models/torch/b_torch.py"
    ]  # fmt: skip


def test_the_command_line_wins(project: Path) -> None:
    assert run("compile", "nets/a.cnn", "-t", "torch").code == 0
    assert made() == ["models/a_torch.py"]
    assert run("compile", "nets/a.cnn", "-o", "other/").code == 0
    assert made()[1:] == ["other/a_keras.py", "other/a_torch.py"]


@pytest.mark.parametrize(
    "sources", ['["nets/a.cnn", "nets"]', '["nets/*.cnn"]', '["**/a.cnn", "nets/[b]*.cnn"]']
)
def test_files_folders_and_patterns(sources: str, project: Path) -> None:
    say(WHOLE.replace('["nets"]', sources))
    assert run("check").err == "3 files, nothing wrong\n"


def test_networks_and_settings(project: Path) -> None:
    (project / "nets" / "a.cnn").write_text(SMALL + "network Other { input 4\n relu }\n")
    say(
        WHOLE
        + '[tool.cnngen.networks]\n"nets/a.cnn" = "A"\n'
        + '[tool.cnngen.settings."nets/a.cnn"]\nclasses = 7\n'
    )
    assert run("compile").code == 0
    text = Path("models/a_torch.py").read_text()
    assert '__all__ = ["A"]' in text
    assert "classes: int = 7" in text
    assert run("compile", "nets/a.cnn", "--check").code == 0, "they hold for a file that is named"
    as_options = ("--set", "classes=7", "--network", "A")
    assert run("compile", "nets/a.cnn", *as_options, "--check").code == 0
    assert run("compile", "--set", "classes=8", "--check").code == 1
    assert "is stale" in run("compile", "nets/a.cnn", "--network", "Other", "--check").err


@pytest.mark.parametrize(
    "command", [("draw", "-o", "-", "--format", "mmd"), ("weights", "inspect")]
)
def test_so_they_do_for_commands_of_one_network(command: tuple[str, ...], project: Path) -> None:
    two = SMALL + SMALL.replace("network A", "network B")
    (project / "nets" / "a.cnn").write_text(two)
    ran = run(*command, "nets/a.cnn")
    assert "choose with --network" in ran.err
    say(f'{WHOLE}networks."nets/a.cnn" = "B"\nsettings."nets/a.cnn".classes = 17\n')
    ran = run(*command, "nets/a.cnn")
    assert "choose" not in ran.err
    assert "17" in ran.out
    say("[tool.cnngen]\ntargets = 1\n")
    ran = run(*command, "nets/a.cnn")
    assert (ran.code, "`targets` must be a list" in ran.err) == (2, True)


def test_settings_of_any_kind(project: Path) -> None:
    (project / "nets" / "a.cnn").write_text(
        "network A(n, d, on, act, p) { input 8x8x3\n"
        "    if on { for i in range(2) { conv d[i] 3x3 pad=1, act } }\n"
        "    conv n 1x1, act, dropout p, flatten, dense 2\n}\n"
    )
    table = 'n = "2 * 4"\nd = [4, "2 + 3"]\non = true\nact = "relu"\np = 0.25\n'
    say(f'{WHOLE}[tool.cnngen.settings."nets/a.cnn"]\n{table}')
    ran = run("check", "nets/a.cnn", "--ignore", "W")
    assert (ran.code, ran.err) == (0, "1 file, nothing wrong\n")


def test_a_setting_that_is_wrong_is_shown_at_its_place(project: Path) -> None:
    say(f'{WHOLE}[tool.cnngen.settings."nets/a.cnn"]\nclases = 1\n')
    ran = run("check")
    assert ran.code == 1
    assert "no network here has a parameter `clases`" in ran.err
    assert "--> settings in pyproject.toml:1:1" in ran.err


def test_lint(here: Path) -> None:
    say('[tool.cnngen.lint]\nselect = ["W"]\nignore = ["W302", "W303"]\n')
    assert config.load().lint == Lint(("W",), ("W302", "W303"))
    say('[tool.cnngen.lint]\nselect = ["w1", "n301"]\n')
    assert config.load().lint.select == ("W1", "N301"), "as on the command line"


# --- mistakes in it --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[tool.cnngen", "this is not TOML", ""),
        ("tool.cnngen = 1", "`tool.cnngen` is no table", "write `[tool.cnngen]`"),
        ("[tool.cnngen]\nsource = []", "has no key `source`", "did you mean `sources`?"),
        ("[tool.cnngen]\nzzz = 1", "`[tool.cnngen]` has no key `zzz`", "it may have `sources`, "),
        ("[tool.cnngen]\nsources = 'a'", "`sources` must be a list", 'write `sources = ["a"]`'),
        ("[tool.cnngen]\nsources = [1]", "`sources` must be", ""),
        ('[tool.cnngen]\nsources = ["\\u0000"]', "`sources` must be a string", ""),
        ("[tool.cnngen]\nsources = ['absent.cnn']", "`absent.cnn` of `sources` is not there", ""),
        ("[tool.cnngen]\nsources = ['x/*.cnn']", "`x/*.cnn` of `sources` names no source", ""),
        ("[tool.cnngen]\ntargets = 'torch'", "`targets` must be", 'write `targets = ["torch"]`'),
        ("[tool.cnngen]\noutput = 3", "`output` must be a folder", 'write `output = "models"`'),
        ("[tool.cnngen]\noutput = ''", "`output` must be", ""),
        ("[tool.cnngen]\noutput.torch = 3", "`output.torch` must be a string", ""),
        ("[tool.cnngen]\nline-length = 100", "no key `line-length`", "88 columns wide"),
        ("[tool.cnngen]\nnetworks = ['A']", "`networks` must be a table", ""),
        ("[tool.cnngen.networks]\n'x.cnn' = 'A'", "`x.cnn` of `networks` is no file", ""),
        ("[tool.cnngen.settings]\nclasses = 1", "`settings.classes` must be a table", ""),
        ("[tool.cnngen.settings.'small.cnn']\nn = {}", "`settings.small.cnn.n` must be", ""),
        ("[tool.cnngen.lint]\nselct = []", "has no key `selct`", "did you mean `select`?"),
        ("[tool.cnngen.lint]\nignore = ['W999']", "no warning or note begins with `W999`", ""),
        ("[tool.cnngen.lint]\nselect = ['E']", "no warning or note begins with `E`", ""),
    ],
)
def test_mistakes(text: str, message: str, hint: str, here: Path) -> None:
    say(text)
    for command in ("check", "compile"):
        ran = run(command)
        assert (ran.code, ran.out) == (2, "")
        assert "error[E020]: " in ran.err
        assert message in ran.err
        assert hint in ran.err
        assert "--> pyproject.toml" in ran.err


PLACES = {
    "bogus": '[tool.cnngen]\nbogus = 1\nsources = ["nets"]',
    "targets": '[tool.cnngen]\nsources = ["nets"]\n  targets = 3',
    "lint.select": "[tool.cnngen]\nlint.select = ['W999']",
    "ignore": "[tool.other]\nignore = 1\n[tool.cnngen.lint]\nignore = ['W999']",
    "n": "[tool.cnngen.settings.'small.cnn']\nm = 1\nn = {}",
    '"x.cnn"': '[tool.cnngen.networks]\n"x.cnn" = "A"',
    "sources": '[tool.cnngen]\nsources = ["nowhere"]',
    "tool.cnngen": "[tool.cnngen]\noutput = { torch = 3 }\n".replace("output", "'out put'"),
    "]": "[tool.cnngen]\nsources = ]",
}


@pytest.mark.parametrize("place", PLACES)
def test_a_mistake_has_its_place(place: str, here: Path) -> None:
    say(PLACES[place])
    (found,) = json.loads(run("check", "--output-format", "json").out)
    start, end = (found["range"][side]["offset"] for side in ("start", "end"))
    assert PLACES[place][start:end] == (place if place != "tool.cnngen" else "'out put'")
    assert found["range"]["path"] == "pyproject.toml"
    assert "\x1b[1m" not in run("check").err
    assert run("check", "--color", "always").err.count("bogus") == 2 * (place == "bogus")


def test_a_value_that_was_set_is_shown(project: Path) -> None:
    for ran in (
        run("check", "nets/a.cnn", "--set", "classes=true"),
        (say(f"{WHOLE}[tool.cnngen.settings.'nets/a.cnn']\nclasses = true\n"), run("check"))[1],
    ):
        assert ran.code == 1
        assert "--> nets/a.cnn:" in ran.err
        assert "| classes=true\n" in ran.err
        assert "^ `classes` is set here" in ran.err
    say(WHOLE)
    assert "is set here" not in run("check", "small.cnn", "--set", "classes=3").err


def test_a_file_that_is_not_utf8(here: Path) -> None:
    (here / "pyproject.toml").write_bytes(b"[tool.cnngen]\nsources = ['\xff']\n")
    assert "error[E020]: this is not TOML" in run("check").err


def test_an_unknown_target(project: Path) -> None:
    say(WHOLE.replace('"keras"', '"kera"'))
    ran = run("compile")
    assert ran.code == 2
    assert (
        "`targets` in pyproject.toml: there is no target 'kera'; did you mean `keras`?" in ran.err
    )


# --- folders and blocks ----------------------------------------------------------------------


def test_a_folder_is_all_that_is_in_it_but_what_is_hidden(project: Path) -> None:
    (project / "nets" / ".old").mkdir()
    (project / "nets" / ".old" / "wrong.cnn").write_text(WRONG)
    (project / "nets" / "deep").mkdir()
    (project / "nets" / "deep" / "c.cnn").write_text(SMALL)
    assert run("check", "nets/").err == "4 files, nothing wrong\n"
    (project / "nets" / "deep" / "c.cnn").write_text(WRONG)
    ran = run("check", "nets", "nets/deep")
    assert ran.code == 1
    assert ran.err.count("nets/deep/c.cnn") == 1


def test_of_a_folder_only_files_of_the_project(project: Path) -> None:
    secret = project.parent / f"{project.name}-secret"
    secret.mkdir()
    (secret / "s.cnn").write_text("password")
    (project / "text").write_text("password")
    links = {"out": secret / "s.cnn", "text": project / "text", "gone": "absent.cnn"}
    for name, to in links.items():
        (project / "nets" / f"{name}.cnn").symlink_to(to)
    (project / "nets" / "small.cnn").symlink_to(project / "small.cnn")
    if hasattr(os, "mkfifo"):
        os.mkfifo(project / "nets" / "pipe.cnn")
    assert process("check", "nets") == (0, "", "4 files, nothing wrong\n"), "and it ends"


@pytest.mark.parametrize(
    "entry", ["nets/*.cnn", "nets/**/*.cnn", "**/*.cnn", "nets/**", "nets/*/s.cnn", "nets/out.cnn",
              "nets/there", "nets/there/s.cnn", "n*/there/*.cnn", "nets/there/*.cnn"],
)  # fmt: skip
def test_no_entry_of_the_project_leads_out_of_it(entry: str, project: Path) -> None:
    secret = project.parent / f"{project.name}-secret"
    secret.mkdir()
    (secret / "s.cnn").write_text("password")
    (secret / "pyproject.toml").write_text("")
    (project / "nets" / "out.cnn").symlink_to(secret / "s.cnn")
    (project / "nets" / "there").symlink_to(secret)
    (project / "nets" / "loop").symlink_to(project / "nets")
    (project / "nets" / ".old").mkdir()
    (project / "nets" / ".old" / "c.cnn").write_text(WRONG)
    say(f"[tool.cnngen]\nsources = ['{entry}']")
    Path("wrong.cnn").unlink()
    ran = run("check")
    assert "password" not in ran.err
    assert "error[E1" not in ran.err
    assert ran.err.endswith(" files, nothing wrong\n") or "error[E020]" in ran.err


def test_an_entry_may_name_another_folder(project: Path) -> None:
    beside = project.parent / f"{project.name}-beside"
    beside.mkdir()
    (beside / "d.cnn").write_text(SMALL)
    for entry in (f"../{beside.name}", f"../{beside.name}/*.cnn", f"{beside}/d.cnn"):
        say(f"[tool.cnngen]\nsources = ['{entry}']")
        assert run("check").err == "1 file, nothing wrong\n"


@pytest.mark.parametrize("given", [["nets"], ["nets/a.cnn", "nets/b.cnn", "nets/blocks.cnn"]])
def test_blocks_alone_are_left_out(given: list[str], project: Path) -> None:
    assert run("compile", *given, "-t", "torch", "-o", "out/").code == 0
    assert made() == ["out/a_torch.py", "out/b_torch.py"]


def test_blocks_that_are_compiled_by_themselves_are_a_mistake(project: Path) -> None:
    ran = run("compile", "nets/blocks.cnn", "-t", "torch")
    assert ran.code == 1
    assert "error[E006]" in ran.err


def test_blocks_alone_can_be_checked(project: Path) -> None:
    assert run("check", "nets/blocks.cnn").code == 0
    (project / "nets" / "blocks.cnn").write_text("block unit(n { conv n 3x3 }\n")
    ran = run("check", "nets/blocks.cnn")
    assert ran.code == 1
    assert "E006" not in ran.err


def test_a_number_of_more_digits_than_python_writes(project: Path) -> None:
    say(WHOLE + f'settings."nets/a.cnn".classes = 0x{"f" * 5000}\n')
    ran = run("check")
    assert ran.code == 2
    assert "`settings.nets/a.cnn.classes` must be a number" in ran.err
