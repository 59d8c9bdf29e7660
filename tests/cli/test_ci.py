"""What others run in their repositories: the hooks of pre-commit, and the action of GitHub."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.runner import SMALL, WRONG, Ran, run

ROOT = Path(__file__).parent.parent.parent
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = ACTION["runs"]["steps"]

PROJECT = '[tool.cnngen]\nsources = ["nets"]\ntargets = ["torch"]\noutput = "models"\n'

hooks = pytest.mark.parametrize("hook", HOOKS, ids=[hook["id"] for hook in HOOKS])


@pytest.fixture
def project(here: Path) -> Path:
    """A project in which all is well."""
    (here / "nets").mkdir()
    (here / "nets" / "a.cnn").write_text(SMALL)
    (here / "pyproject.toml").write_text(PROJECT)
    assert run("compile", "-q").code == 0
    return here


# --- pre-commit ------------------------------------------------------------------------------


def test_all_hooks_are_there() -> None:
    assert [hook["id"] for hook in HOOKS] == ["cnngen-fmt", "cnngen-check", "cnngen-compile"]
    assert {hook["language"] for hook in HOOKS} == {"python"}


@hooks
def test_a_hook_runs(hook: dict[str, Any], project: Path) -> None:
    name, command, *options = shlex.split(hook["entry"])
    given = ["nets/a.cnn"] if hook.get("pass_filenames", True) else []
    assert name == "cnngen"
    assert run(command, *options, *given).code == 0
    (project / "nets" / "a.cnn").write_text(WRONG.replace("{", "{{"))
    assert run(command, *options, *given).code == 1


@hooks
def test_a_hook_is_for_files_that_change_what_it_says(hook: dict[str, Any]) -> None:
    wanted = re.compile(hook["files"])
    assert wanted.search("nets/a.cnn")
    assert not wanted.search("README.md")
    if hook["id"] == "cnngen-compile":
        assert wanted.search("models/a_torch.py")
        assert wanted.search("pyproject.toml")


# --- GitHub ----------------------------------------------------------------------------------


def act(**inputs: str) -> Ran:
    """The action's own script, as its runner calls it."""
    values = {name: each["default"] for name, each in ACTION["inputs"].items()} | inputs
    (step,) = [step for step in STEPS if step.get("name") == "cnngen"]
    given = {
        name: values[re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", value)[1]]  # type: ignore[index]
        for name, value in step["env"].items()
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        env={**os.environ, **given, "PATH": path},
        capture_output=True,
        text=True,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def test_the_action_finds_nothing(project: Path) -> None:
    ran = act()
    assert (ran.code, ran.out) == (0, "")


def test_what_it_finds_are_annotations(project: Path) -> None:
    (project / "nets" / "a.cnn").write_text(WRONG)
    ran = act()
    assert ran.code == 1
    assert "::error file=nets/a.cnn,line=3,endLine=3,col=" in ran.out
    (project / "nets" / "a.cnn").write_text(SMALL.replace("10", "11"))
    ran = act()
    assert ran.code == 1
    assert "::error file=models/a_torch.py,title=E009" in ran.out
    assert act(compile="false").code == 0


def test_a_file_that_is_laid_out_otherwise(project: Path) -> None:
    (project / "nets" / "a.cnn").write_text(SMALL.replace("    input", "  input"))
    ran = act()
    assert ran.code == 1
    assert "::error file=nets/a.cnn,line=2" in ran.out
    assert act(fmt="false").code == 0


def test_paths_are_words_and_no_code(project: Path) -> None:
    ran = act(paths="nets/a.cnn  small.cnn")
    assert ran.code == 0
    ran = act(paths="nets/a.cnn\n\n  wrong.cnn\n")
    assert (ran.code, "file=wrong.cnn" in ran.out) == (1, True), "those of all lines"
    assert act(paths="$(touch made) `touch made` ; touch made").code == 2
    assert not (project / "made").exists()


def test_no_input_is_part_of_a_script() -> None:
    assert all("${{" not in step.get("run", "") for step in STEPS)
    assert all("shell" in step for step in STEPS if "run" in step)
