"""``cnngen new``: a project that is right from the start."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cli.runner import run
from cnngen.cli import config
from cnngen.cli.new import TEMPLATES

FILES = [
    ".gitattributes",
    ".github/workflows/networks.yml",
    ".pre-commit-config.yaml",
    "nets/small.cnn",
    "pyproject.toml",
]


def there(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_what_is_made(here: Path) -> None:
    ran = run("new", "mine")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "".join(f"mine/{name}\n" for name in TEMPLATES) + (
        "next: `cd mine` and `cnngen compile`\n"
    )
    assert there(here / "mine") == FILES
    assert not list(here.glob("*.part"))


@pytest.mark.parametrize("targets", [["torch"], ["keras"], ["torch", "keras"]])
def test_all_is_well_in_it(targets: list[str], here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = [word for target in targets for word in ("-t", target)]
    assert run("new", "mine", "-q", *options) == (0, "", "")
    monkeypatch.chdir(here / "mine")
    assert config.load().targets == tuple(targets)
    assert run("check") == (0, "", "1 file, nothing wrong\n")
    assert run("compile", "--check").code == 1
    assert run("compile").code == 0
    assert run("compile", "--check") == (0, "", "")
    assert there(here / "mine" / "models") == sorted(f"small_{target}.py" for target in targets)
    assert run("fmt", "--check").code == 0


def test_its_hooks_and_its_workflow_run_what_there_is(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("new", "mine", "-q")
    monkeypatch.chdir(here / "mine")
    run("compile", "-q")
    hooks = yaml.safe_load(Path(".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    (job,) = yaml.safe_load(Path(".github/workflows/networks.yml").read_text())["jobs"].values()
    lines = [hook["entry"] for hook in hooks]
    lines += [step["run"] for step in job["steps"] if step.get("run", "").startswith("cnngen")]
    assert len(lines) == 6
    for line in lines:
        command = line.split()[1:]
        assert run(*command, *(["nets"] if "compile" not in command else [])).code == 0


def test_its_workflow_installs_no_package_that_merely_has_our_name(here: Path) -> None:
    run("new", "mine", "-q")
    text = (here / "mine" / ".github" / "workflows" / "networks.yml").read_text()
    assert 'pip install "cnngen @ git+' in text
    assert "pip install cnngen" not in text


def test_what_is_there_is_left_alone(here: Path) -> None:
    before = there(here)
    for name in ("small.cnn", "."):
        ran = run("new", name)
        assert ran.code == 2
        assert f"error[E013]: {name} is there already and is left alone" in ran.err
    assert there(here) == before
    (here / "empty").mkdir()
    assert run("new", "empty/").code == 0
    assert run("new", "empty").code == 2


@pytest.mark.parametrize("name", ["absent/mine", "small.cnn/mine", "", "\0", "a" * 300])
def test_names_that_no_folder_can_have(name: str, here: Path) -> None:
    before = there(here)
    ran = run("new", name)
    assert ran.code == 2
    assert "error[E007]" in ran.err
    assert there(here) == before


def test_a_project_is_made_as_a_whole_or_not_at_all(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    before = sorted(here.iterdir())
    ran = run("new", "mine")
    assert ran.code == 2
    assert "error[E007]: no space left on device: mine" in ran.err
    assert sorted(here.iterdir()) == before


def test_an_unknown_target() -> None:
    assert "did you mean `torch`?" in run("new", "mine", "-t", "troch").err


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_its_hooks_run_before_a_commit(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With pre-commit itself, where it is installed; these hooks need no network."""
    pytest.importorskip("pre_commit")
    run("new", "mine", "-q")
    monkeypatch.chdir(here / "mine")
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    monkeypatch.setenv("PRE_COMMIT_HOME", str(here / "cache"))
    run("compile", "-q")
    for line in ("git init -q", "git add ."):
        subprocess.run(line.split(), check=True)
    ran = subprocess.run(["pre-commit", "run", "--all-files"], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
    assert ran.stdout.count("Passed") == 3
