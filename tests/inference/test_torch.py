"""`from_trained` of generated modules: the same outputs as the form for training."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from generated.modules import EXAMPLES, SOURCES
from zoo.cards import ZOO
from zoo.test_verify import MEMBERS, Member
from zoo.test_verify import source as card_source

from cnngen.backends import backend
from cnngen.choice import Choice
from cnngen.compiler import Result, analyse, compile_source, written
from cnngen.frameworks import framework
from cnngen.source import Source
from generated import ruff
from inference.forms import EXACT, torch_distances
from inference.test_passes import VARIANTS

FAMILIES = (
    *("resnet", "mobilenet_v2", "mobilenet_v3", "densenet", "efficientnet", "regnet", "repvgg"),
    *("shufflenet_v2", "nasnet", "unet", "video_resnet", "googlenet", "xception", "m5", "dcgan"),
    *("vgg", "hrnet"),
)

INFERENCE = Choice(for_inference=True)

LARGE = ("alexnet", "googlenet", "network_in_network", "vgg")
"""Examples that take seconds; the zoo has small members of their kinds."""


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=[pytest.mark.slow] * (path.stem in LARGE))
        for path in (*EXAMPLES, *SOURCES)
    ],
)
def test_examples_give_the_same(path: Path) -> None:
    found = torch_distances(Source(str(path), path.read_text(encoding="utf-8")), most=2)
    assert all(each < EXACT for each in found.values()), found


@pytest.mark.zoo
@pytest.mark.parametrize(
    ("card", "member"),
    [
        pytest.param(card, member, id=f"{card}-{at}")
        for card in FAMILIES
        for at, member in enumerate(MEMBERS[card])
    ],
)
def test_families_of_the_zoo_give_the_same(card: str, member: Member) -> None:
    name = "Member" if member.arguments else member.network
    found = torch_distances(card_source(card, member), Choice(network=name))
    assert all(each < 10 * EXACT for each in found.values()), found


def test_the_form_for_training_stays_as_it_is() -> None:
    source = Source("net.cnn", (ZOO / "resnet.cnn").read_text(encoding="utf-8"))
    both = [backend("torch"), backend("keras")]
    result = analyse(source, backends=both)
    before = [output.text for output in written(result, both, Choice()).outputs]
    written(result, [backend("torch")], INFERENCE)
    assert [output.text for output in written(result, both, Choice()).outputs] == before


def test_modules_are_what_linters_leave_as_they_are(tmp_path: Path) -> None:
    for path in (
        *EXAMPLES,
        *(ZOO / f"{card}.cnn" for card in ("resnet", "efficientnet", "repvgg")),
    ):
        made = _compiled(path.read_text(encoding="utf-8"))
        (tmp_path / f"{path.stem}.py").write_text(made.outputs[0].text, encoding="utf-8")
    assert ruff.check(tmp_path) == ""
    assert ruff.unformatted(tmp_path) == ""


NET = """
network Net(classes=3) {
    input 8x8x3
    conv 4 3x3, bn, relu
    aux head weight=0.3 { avgpool global, flatten, dense classes }
    avgpool global, flatten
    fc: dense classes
}
"""


def _compiled(text: str, choice: Choice = INFERENCE) -> Result:
    result = compile_source(Source("net.cnn", text), [backend("torch")], choice)
    assert result.complete, [d.message for d in result.diagnostics]
    return result


def _network(choice: Choice = INFERENCE) -> Any:
    return framework("torch").module(_compiled(NET, choice).outputs[0].text).Net


def test_from_trained_takes_parameters_and_keeps_the_type() -> None:
    trained = _network(Choice())(classes=7).half()
    made = _network().from_trained(trained.state_dict(), classes=7)
    assert made.fc.out_features == 7
    assert made.conv1.weight.dtype == torch.float16
    assert made.conv1.weight.is_contiguous(memory_format=torch.channels_last)


def test_from_trained_leaves_what_it_is_given() -> None:
    state = _network(Choice())().state_dict()
    before = {name: tensor.clone() for name, tensor in state.items()}
    made = _network().from_trained(state)
    made.fc.weight.data.zero_()
    assert all(torch.equal(state[name], before[name]) for name in before)


@pytest.mark.parametrize("name", ["conv1.weight", "fc.bias", "bn1.bias"])
def test_other_weights_are_refused(name: str) -> None:
    state = _network(Choice())().state_dict()
    unknown = {**state, f"other.{name}": state[name]}
    with pytest.raises(RuntimeError, match="Unexpected"):
        _network().from_trained(unknown)


def test_maps_of_other_axes_keep_their_layout() -> None:
    for body in ("input 6x6x6x2\nconv 4 3x3x3, bn", "input 6x6x2\nreshape 6x6x2x1\nconv 2 1, bn"):
        made = _compiled(f"network Net {{\n{body}\n}}")
        assert "channels_last" not in made.outputs[0].text


def test_variants_say_their_eps() -> None:
    text = VARIANTS
    found = torch_distances(Source("net.cnn", text))
    assert found.keys() == {"Small", "Large"}
    assert all(each < EXACT for each in found.values()), found
    made = _compiled(text).outputs[0].text
    assert "folded_eps: ClassVar[float]" in made
    assert "folded_eps = 0.001" in made


def test_a_module_passes_mypy_strict(tmp_path: Path) -> None:
    made = tmp_path / "net.py"
    made.write_text(_compiled(VARIANTS).outputs[0].text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={tmp_path}", str(made)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
