"""``--for inference`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cli.runner import run

from cnngen.frameworks import framework
from cnngen.passes.inference import PASSES

NET = """
network Net(classes=3) {
    input 8x8x3
    conv 4 3x3 pad=1, bn, relu
    conv 5 3x3, bn, relu, dropout 0.5
    avgpool global, flatten
    fc: dense classes
}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.cnn").write_text(NET, encoding="utf-8")
    return tmp_path


def test_both_forms_stand_side_by_side(here: Path) -> None:
    assert run("compile", "net.cnn", "-t", "torch").code == 0
    ran = run("compile", "net.cnn", "-t", "torch", "--for", "inference")
    assert ran == (0, "", "net_torch_inference.py: Net(classes), 315 parameters\n")
    assert "BatchNorm" in (here / "net_torch.py").read_text()
    assert "BatchNorm" not in (here / "net_torch_inference.py").read_text()


def test_a_check_tells_the_forms_apart(here: Path) -> None:
    run("compile", "net.cnn", "-t", "torch", "-o", "out.py")
    assert run("compile", "net.cnn", "-t", "torch", "-o", "out.py", "--check").code == 0
    ran = run("compile", "net.cnn", "-t", "torch", "-o", "out.py", "--check", "--for", "inference")
    assert ran.code == 1


def test_the_passes_can_be_chosen(here: Path) -> None:
    chosen = ("compile", "net.cnn", "-t", "torch", "--for", "inference", "--passes")
    assert run(*chosen, "drop-noise, drop-identities").code == 0
    text = (here / "net_torch_inference.py").read_text()
    assert "The form for inference, by `drop-noise`, `drop-identities` alone." in text
    assert "BatchNorm" in text
    assert "Dropout" not in text
    assert run(*chosen, "drop-identities,drop-noise", "--check").code == 0
    assert run(*chosen, "drop-noise", "--check").code == 1
    assert run(*chosen[:-1], "--check").code == 1


@pytest.mark.parametrize("name", [each.name for each in PASSES])
def test_each_pass_alone_gives_the_same(here: Path, name: str) -> None:
    more = "aux a weight=0.1 { flatten, dense classes }\n    conv 6 1x1, avgpool 2x2"
    (here / "net.cnn").write_text(NET.replace("avgpool global", more), encoding="utf-8")
    ran = run("verify", "net.cnn", "-t", "torch", "--for", "inference", "--passes", name)
    assert ran.code == 0, ran.out
    assert "torch for inference" in ran.out


def test_all_passes_by_name_are_those_by_default(here: Path) -> None:
    form = ("compile", "net.cnn", "-t", "torch", "--for", "inference")
    assert run(*form).code == 0
    assert run(*form, "--passes", ",".join(each.name for each in PASSES), "--check").code == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--passes", "fold-norms"), "--passes says what --for inference does: give both"),
        (
            ("--for", "inference", "--passes", "fold-norm"),
            "there is no pass 'fold-norm'; did you mean `fold-norms`?",
        ),
        (("--for", "inference", "--passes", ""), "there is no pass ''; passes: drop-side-heads,"),
    ],
)
def test_passes_that_are_not_there(here: Path, more: tuple[str, ...], said: str) -> None:
    for command in (("compile", "net.cnn", "-t", "torch"), ("check", "net.cnn")):
        ran = run(*command, *more)
        assert ran.code == 2
        assert said in ran.err


def test_weights_are_converted_for_the_passes(here: Path) -> None:
    net, x = _trained(here)
    form = ("--for", "inference", "--passes", "drop-noise")
    assert run("weights", "convert", "net.cnn", "trained.pt", "fast.pt", *form).code == 0
    run("compile", "net.cnn", "-t", "torch", *form)
    module = framework("torch").module((here / "net_torch_inference.py").read_text())
    fast = module.Net().eval()
    fast.load_state_dict(torch.load("fast.pt"))
    torch.testing.assert_close(fast(x), net(x))
    taken = module.Net.from_trained(torch.load("trained.pt"))
    torch.testing.assert_close(taken(x), net(x))


def test_a_fault_of_a_pass_is_said(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Definitions and networks that are not changed alike: no code is written."""
    monkeypatch.setattr("cnngen.define.inference.for_inference", lambda network, _: network)
    ran = run("compile", "net.cnn", "-t", "torch", "--for", "inference")
    assert ran.code == 1
    assert "no code can be written for this file yet" in ran.err
    assert not (here / "net_torch_inference.py").exists()


def test_the_other_form_is_no_orphan(here: Path) -> None:
    (here / "pyproject.toml").write_text(
        '[tool.cnngen]\nsources = ["net.cnn"]\ntargets = ["torch"]\n', encoding="utf-8"
    )
    for more in ([], ["--for", "inference"]):
        assert run("compile", *more).code == 0
    for more in ([], ["--for", "inference"]):
        assert run("compile", "--check", *more).code == 0


def _trained(here: Path) -> tuple[Any, torch.Tensor]:
    run("compile", "net.cnn", "-t", "torch")
    module = framework("torch").module((here / "net_torch.py").read_text())
    torch.manual_seed(0)
    net = module.Net()
    net(torch.randn(8, 3, 8, 8))  # moves the statistics
    torch.save(net.state_dict(), "trained.pt")
    return net.eval(), torch.randn(2, 3, 8, 8)


def test_weights_are_converted_for_torch(here: Path) -> None:
    net, x = _trained(here)
    ran = run("weights", "convert", "net.cnn", "trained.pt", "fast.pt", "--for", "inference")
    assert ran.code == 0, ran.err
    run("compile", "net.cnn", "-t", "torch", "--for", "inference")
    module = framework("torch").module((here / "net_torch_inference.py").read_text())
    fast = module.Net().eval()
    fast.load_state_dict(torch.load("fast.pt"))
    torch.testing.assert_close(fast(x), net(x))
    assert fast.conv1.weight.dtype == torch.float32


@pytest.mark.parametrize("name", ["fast.keras", "fast.weights.h5"])
def test_weights_are_converted_for_keras(here: Path, name: str) -> None:
    keras = pytest.importorskip("keras")
    net, x = _trained(here)
    ran = run("weights", "convert", "net.cnn", "trained.pt", name, "--for", "inference")
    assert ran.code == 0, ran.err
    run("compile", "net.cnn", "-t", "keras", "--for", "inference")
    module = framework("keras").module((here / "net_keras_inference.py").read_text())
    fast = module.Net()
    if name.endswith(".keras"):
        fast = keras.models.load_model(name)
    else:
        fast.load_weights(name)
    made = np.asarray(fast(x.permute(0, 2, 3, 1).numpy()))
    np.testing.assert_allclose(made, net(x).detach().numpy(), rtol=1e-4, atol=1e-5)


def test_verify_compares_the_forms(here: Path) -> None:
    ran = run("verify", "net.cnn", "-t", "torch", "--for", "inference", "--json")
    assert ran.code == 0
    (report,) = json.loads(ran.out)["networks"]
    pairs = {(row["model"], row["with"]) for row in report["comparisons"]}
    assert ("torch for inference", "torch") in pairs
    assert ("torch for inference", "reference") in pairs
    assert report["holds"]


def test_verify_has_no_form_of_ones_own_model(here: Path) -> None:
    ran = run("verify", "net.cnn", "--for", "inference", "--against", "a.py:Net")
    assert ran.code == 2
    assert "--against has no form for inference" in ran.err


def test_check_says_what_is_changed(here: Path) -> None:
    head = "aux a weight=0.1 { flatten, dense classes }"
    more = f"relu, bn, relu\n    {head}\n    conv 8 1x1, avgpool 2x2"
    (here / "net.cnn").write_text(NET.replace("avgpool global", more), encoding="utf-8")
    notes = ("check", "net.cnn", "--notes", "--output-format", "concise")
    shown = run(*notes, "--for", "inference")
    assert shown.code == 0
    assert [line for line in shown.err.splitlines() if " N30" in line] == [
        "net.cnn:2:9: N302 Net: 16 layers become 11, 1,126 parameters 574, 15,048 MACs 13,968",
        "net.cnn:4:23: N302 Net: part of the `conv` before it",
        "net.cnn:5:17: N302 Net: part of the `conv` before it",
        "net.cnn:5:27: N302 Net: without `dropout`",
        "net.cnn:6:11: N303 Net: the batch norm stays",
        "net.cnn:7:5: N302 Net: without the side head `a`",
        "net.cnn:8:5: N302 Net: behind the `avgpool` that follows it",
    ]
    for less in ((), ("--for", "inference")):
        assert ("N302" in run(*notes, *less).err) == bool(less)
    assert "N302" not in run("check", "net.cnn", "--for", "inference").err


def test_check_says_what_the_chosen_passes_change(here: Path) -> None:
    form = ("--for", "inference", "--passes", "drop-noise")
    shown = run("check", "net.cnn", "--notes", "--output-format", "concise", *form)
    assert [line for line in shown.err.splitlines() if " N30" in line] == [
        "net.cnn:2:9: N302 Net: 10 layers become 10, 324 parameters 324, 13,407 MACs 13,407",
        "net.cnn:5:27: N302 Net: without `dropout`",
    ]
