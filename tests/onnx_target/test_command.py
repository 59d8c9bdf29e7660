"""``cnngen compile -t onnx``: what it writes, keeps, and refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from cli.runner import run
from safetensors.numpy import save_file

from cnngen.cli import requirements

NET = "network Net {\n    input 4\n    dense 3\n}\n"
KERNEL, BIAS = np.ones((3, 4), np.float32), np.zeros(3, np.float32)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("net.cnn").write_text(NET)
    save_file({"fc1.weight": KERNEL, "fc1.bias": BIAS}, "net.safetensors")
    return tmp_path


def compile_(*arguments: str) -> tuple[int, str]:
    ran = run("compile", "net.cnn", "-t", "onnx", *arguments)
    return ran.code, ran.err


def test_a_file_is_called_like_its_source() -> None:
    assert compile_() == (0, "net.onnx: Net, 15 parameters\n")
    assert compile_() == (0, "net.onnx: Net, 15 parameters, unchanged\n")
    assert compile_("--check") == (0, "")


def test_a_file_is_checked_with_the_weights_that_it_has() -> None:
    compile_("--weights", "net.safetensors")
    assert compile_("--weights", "net.safetensors", "--check") == (0, "")
    code, said = compile_("--check")
    assert code == 1
    assert "net.onnx is stale: its source, a file that it uses, or what was set" in said
    save_file({"fc1.weight": 2 * KERNEL, "fc1.bias": BIAS}, "net.safetensors")
    assert compile_("--weights", "net.safetensors", "--check")[0] == 1
    assert compile_("--weights", "net.safetensors")[0] == 0


NORMED = "network Net {\n    input 4\n    dense 3, bn, relu, dropout, dense 2\n}\n"


def test_both_forms_stand_side_by_side_and_a_check_tells_them_apart() -> None:
    Path("net.cnn").write_text(NORMED)
    assert compile_() == (0, "net.onnx: Net, 23 parameters\n")
    assert compile_("--for", "inference") == (0, "net.onnx: Net, 23 parameters, unchanged\n")
    assert compile_("--for", "training") == (0, "net_training.onnx: Net, 26 parameters\n")
    assert compile_("--check") == (0, "")
    assert compile_("--for", "training", "--check") == (0, "")
    code, said = compile_("--for", "training", "-o", "net.onnx", "--check")
    assert code == 1
    assert "net.onnx is stale" in said


def test_beside_it_code_is_for_training_unless_all_is_for_inference() -> None:
    Path("net.cnn").write_text(NORMED)
    both = ("compile", "net.cnn", "-t", "torch", "-t", "onnx")
    ran = run(*both)
    assert ran.err.splitlines() == [
        "net_torch.py: Net, 26 parameters",
        "net.onnx: Net, 23 parameters",
    ]
    assert "BatchNorm1d" in Path("net_torch.py").read_text()
    ran = run(*both, "--for", "inference")
    assert ran.err.splitlines() == [
        "net_torch_inference.py: Net, 23 parameters",
        "net.onnx: Net, 23 parameters, unchanged",
    ]


def test_a_file_that_was_edited_is_kept() -> None:
    compile_()
    model = onnx.load("net.onnx")
    model.graph.doc_string = "mine"
    onnx.save(model, "net.onnx")
    code, said = compile_()
    assert code == 1
    assert "net.onnx is left alone: it was edited by hand" in said
    assert onnx.load("net.onnx").graph.doc_string == "mine"
    assert compile_("--force")[0] == 0


def test_a_file_of_another_tool_is_kept() -> None:
    Path("net.onnx").write_bytes(b"something else")
    code, said = compile_()
    assert code == 2
    assert "it may not have been made by cnngen" in said
    assert Path("net.onnx").read_bytes() == b"something else"


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"fc1.weight": KERNEL}, "fc1.bias"),
        ({"fc1.weight": KERNEL.T.copy(), "fc1.bias": BIAS}, "fc1.weight"),
        ({"fc1.weight": KERNEL, "fc1.bias": BIAS, "fc2.bias": BIAS}, "fc2.bias"),
    ],
    ids=["missing", "misshapen", "extra"],
)
def test_weights_that_do_not_fit_are_refused(arrays: dict[str, np.ndarray], said: str) -> None:
    save_file(arrays, "net.safetensors")
    code, error = compile_("--weights", "net.safetensors")
    assert code == 1
    assert said in error
    assert not Path("net.onnx").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("net.cnn", "-t", "onnx", "--weights", "gone.safetensors"), "there is no such file"),
        (("net.cnn", "-t", "onnx", "--weights", "net.cnn"), "has none of the endings"),
        (("net.cnn", "-t", "torch", "--weights", "net.safetensors"), "`torch` has not"),
        (
            ("net.cnn", "-t", "torch", "-t", "onnx", "--weights", "net.safetensors"),
            "`torch` has not",
        ),
        (("net.cnn", "b.cnn", "-t", "onnx", "--weights", "net.safetensors"), "give one file"),
        (("net.cnn", "-t", "onnx", "-o", "net.py"), "has no ending .onnx"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(arguments: tuple[str, ...], said: str) -> None:
    Path("b.cnn").write_text(NET)
    ran = run("compile", *arguments)
    assert ran.code == 2
    assert said in " ".join(ran.err.split())
    assert not list(Path().glob("*.onnx"))


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    found = requirements.find_spec
    monkeypatch.setattr(
        requirements, "find_spec", lambda name: None if name == "onnx" else found(name)
    )
    code, said = compile_()
    assert code == 2
    assert "onnx is not installed: `pip install 'cnngen[onnx]'`" in said


def test_bytes_go_to_standard_output() -> None:
    ran = run("compile", "net.cnn", "-t", "onnx", "-o", "-")
    assert ran.code == 0
