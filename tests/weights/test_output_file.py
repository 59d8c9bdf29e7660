"""The file that is written: as a whole or not at all, and never over another by mistake."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import pytest
from cli.runner import leftovers, run

from cnngen.frameworks.files import ENDINGS, Tensor, keras_files, pickled, safetensors
from weights.given import SMALL, torch_state, write_torch

FORMATS = {
    ".safetensors": safetensors.Safetensors,
    ".pt": pickled.Pickled,
    ".weights.h5": keras_files.WeightsFile,
    ".keras": keras_files.ModelFile,
}


def test_a_file_that_is_there_is_left_alone(good: dict[str, Path], here: Path) -> None:
    (here / "out.pt").write_text("mine")
    ran = run("weights", "convert", "net.cnn", good[".pt"], "out.pt")
    assert ran.code == 2
    assert "error[E013]: the file is there already and is left alone" in ran.err
    assert "`--force`" in ran.err
    assert (here / "out.pt").read_text() == "mine"
    assert run("weights", "convert", "net.cnn", good[".pt"], "out.pt", "--force").code == 0
    assert (here / "out.pt").read_bytes() != b"mine"


def test_the_input_is_not_overwritten(here: Path) -> None:
    given = write_torch(here / "a.pt", torch_state(SMALL)).read_bytes()
    os.link(here / "a.pt", here / "hard.pth")
    os.symlink(here / "a.pt", here / "soft.pth")
    for output in ("a.pt", "./a.pt", "hard.pth", "soft.pth"):
        ran = run("weights", "convert", "net.cnn", "a.pt", output, "--force")
        assert ran.code == 2
        assert f"'{output}' is the file to read as well" in ran.err
    assert (here / "a.pt").read_bytes() == given


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("none/out.pt", "there is no such folder"),
        ("folder.pt", "this is a folder"),
    ],
)
def test_a_place_where_no_file_can_be(
    output: str, said: str, good: dict[str, Path], here: Path
) -> None:
    (here / "folder.pt").mkdir()
    ran = run("weights", "convert", "net.cnn", good[".pt"], output)
    assert ran.code == 2
    assert said in ran.err


@pytest.mark.parametrize("ending", FORMATS)
def test_a_failure_on_the_way_leaves_what_was_there(
    ending: str, good: dict[str, Path], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Any, path: str, *rest: object) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FORMATS[ending], "write", fail)
    output = here / f"out{ending}"
    output.write_text("mine")
    ran = run("weights", "convert", "net.cnn", good[".pt"], output, "--force")
    assert ran.code == 2
    assert f"error[E007]: no space left on device: {output}" in ran.err
    assert output.read_text() == "mine"
    assert leftovers(here) == []


@pytest.mark.parametrize("ending", FORMATS)
def test_what_was_written_is_compared_before_it_gets_its_name(
    ending: str, good: dict[str, Path], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = FORMATS[ending].read

    def one_bit_off(self: Any, path: str, network: Any) -> Any:
        (contents,) = read(self, path, network).values()
        name = min(contents.tensors)  # a file has its own order, which need not be the same twice
        tensor = contents.tensors[name]
        array = tensor.array.copy()
        array.view("uint8").flat[0] ^= 1
        contents.tensors[name] = Tensor(tensor.shape, tensor.dtype, array)
        return {"": contents}

    monkeypatch.setattr(FORMATS[ending], "read", one_bit_off)
    other = ".keras" if ending == ".pt" else ".pt"
    with pytest.raises(RuntimeError, match="do not keep"):
        run("weights", "convert", "net.cnn", good[other], f"out{ending}")
    assert leftovers(here) == []
    assert not (here / f"out{ending}").exists()


def test_a_link_stays_one(good: dict[str, Path], here: Path) -> None:
    (here / "real").mkdir()
    (here / "real" / "out.pt").touch()
    os.symlink(here / "real" / "out.pt", here / "out.pt")
    assert run("weights", "convert", "net.cnn", good[".pt"], "out.pt", "--force").code == 0
    assert (here / "out.pt").is_symlink()
    assert (here / "real" / "out.pt").stat().st_size > 0


# --- usage -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["net.h5", "net.bin", "net", "keras"])
def test_an_ending_that_no_format_has(name: str, good: dict[str, Path]) -> None:
    ran = run("weights", "convert", "net.cnn", good[".pt"], name)
    assert ran.code == 2
    known = ".safetensors, .pt, .pth, .weights.h5, .keras"
    assert f"'{name}' has none of the endings {known}\n" in ran.err
    Path("something").write_text("else")
    for arguments in (
        ("convert", "net.cnn", "something", "out.pt"),
        ("inspect", "net.cnn", "something"),
    ):
        ran = run("weights", *arguments)
        assert ran.code == 2
        assert (
            f"'something' has none of the endings {known}, .ckpt, .pth.tar, .bin, .h5," in ran.err
        )


def test_a_file_with_several_networks(good: dict[str, Path], here: Path) -> None:
    other = SMALL.replace("Small", "Other").replace("dense 5", "dense 6")
    (here / "two.cnn").write_text(SMALL + other)
    for arguments in (("convert", "two.cnn", good[".pt"], "out.keras"), ("inspect", "two.cnn")):
        ran = run("weights", *arguments)
        assert ran.code == 2
        assert "choose with --network: `Small`, `Other`" in ran.err
        assert run("weights", *arguments, "--network", "Small").code == 0
        ran = run("weights", *arguments, "--network", "Smal")
        assert ran.code == 1
        assert "error[E204]" in ran.err


def test_a_source_with_a_mistake(good: dict[str, Path], here: Path) -> None:
    (here / "wrong.cnn").write_text(SMALL.replace("relu", "rleu"))
    assert "error[E201]" in run("weights", "inspect", "wrong.cnn").err
    ran = run("weights", "convert", "wrong.cnn", good[".pt"], "out.pt")
    assert ran.code == 1
    assert "error[E201]" in ran.err
    assert run("weights", "inspect", "none.cnn").code == 2


def test_a_network_that_a_target_cannot_express(here: Path) -> None:
    (here / "a.cnn").write_text("network A { input 4x4x2\n conv_transpose 4 2x2 groups=2 }")
    write_torch(here / "a.pt", torch_state(SMALL))
    ran = run("weights", "convert", "a.cnn", "a.pt", "a.keras")
    assert ran.code == 1
    assert "error[E401]" in ran.err
    out = run("weights", "inspect", "a.cnn").out
    assert "conv1.weight" in out
    assert "keras" not in out


@pytest.mark.parametrize(
    ("ending", "package", "extra"),
    [
        (".safetensors", "safetensors", "torch"),
        (".pt", "torch", "torch"),
        (".weights.h5", "h5py", "keras"),
        (".keras", "tensorflow", "keras"),
    ],
)
def test_a_package_that_is_not_installed(
    ending: str,
    package: str,
    extra: str,
    good: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "cnngen.frameworks.find_spec", lambda name: None if name == package else found(name)
    )
    other = ".keras" if ending == ".pt" else ".pt"
    ran = run("weights", "convert", "net.cnn", good[other], f"out{ending}")
    assert ran.code == 2
    assert f"{package} is not installed, which {ending} files need" in ran.err
    assert f"`pip install 'cnngen[{extra}]'`" in ran.err


def test_every_ending_that_is_written_is_tested() -> None:
    assert {ending.text for ending in ENDINGS if ending.writing} == {*FORMATS, ".pth"}
