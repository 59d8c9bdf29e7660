"""The wheel and the sdist hold what a compile needs, and an installed wheel compiles."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("cnngen", "grammar", "examples", "tests/test_readme.py", "docs", "README.md",
         "CHANGELOG.md", "LICENSE", "pyproject.toml")  # fmt: skip


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel and an sdist, built from a copy: the checkout stays as it is."""
    copy = tmp_path_factory.mktemp("project")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (copy / part).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / part, copy / part)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", "dist", "."]
    subprocess.run(command, cwd=copy, check=True, capture_output=True)
    return copy / "dist"


def test_the_wheel_holds_grammar_templates_and_documents(distributions: Path) -> None:
    (wheel,) = distributions.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "cnngen/grammar/cnn.lark" in names
    assert "cnngen/py.typed" in names
    for target in ("torch", "keras"):
        assert f"cnngen/backends/{target}/module.py.jinja" in names
    assert any(name.startswith("cnngen/diagnostics/docs/E") for name in names)
    for folder in ("std", "zoo"):  # blocks and networks that `use` and `cnngen zoo` read
        cards = (ROOT / "cnngen" / folder).glob("*.cnn")
        assert {f"cnngen/{folder}/{path.name}" for path in cards} <= set(names)
    assert "cnngen/zoo/index.json" in names
    assert not any(name.startswith(("tests/", "examples/")) for name in names)


def test_the_sdist_holds_the_grammar(distributions: Path) -> None:
    (sdist,) = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
    assert any(name.endswith("/grammar/cnn.lark") for name in names)
    assert any(name.endswith("/LICENSE") for name in names)


def test_an_unpacked_wheel_compiles(distributions: Path, tmp_path: Path) -> None:
    (wheel,) = distributions.glob("*.whl")
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    program = (
        f"import sys; sys.path.insert(0, {str(site)!r}); import cnngen; "
        f"assert cnngen.__file__.startswith({str(site)!r}); "
        "from cnngen.cli import main; main()"
    )
    source = str(ROOT / "examples" / "lenet5.cnn")
    arguments = ["compile", source, "--target", "keras", "-o", "-"]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == (ROOT / "generated" / "keras" / "lenet5_keras.py").read_text()
