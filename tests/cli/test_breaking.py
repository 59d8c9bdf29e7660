"""``cnngen breaking``: what a change does to checkpoints."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from cli.runner import run
from cnngen.cli import git as reading
from cnngen.compiler import analyse
from cnngen.frameworks import shapes
from cnngen.ir import Network
from cnngen.source import Source
from cnngen.weights import Kind, changes

OLD = """network Net(classes=3) {
    input 8x8x3
    conv 4 3x3, relu
    conv 6 3x3, relu
    flatten, dense classes
}
"""


@pytest.fixture(autouse=True)
def versions(here: Path) -> None:
    """Two versions of a file, which are the same until ``becomes`` changes one."""
    (here / "old.cnn").write_text(OLD)
    (here / "net.cnn").write_text(OLD)


def becomes(*replacements: tuple[str, str], of: str = OLD) -> None:
    text = of
    for was, now in replacements:
        assert was in text
        text = text.replace(was, now)
    Path("net.cnn").write_text(text)


def said(*options: str) -> list[str]:
    """Each weight that breaks checkpoints, as torch has it, behind its reason."""
    ran = run(
        *("breaking", "net.cnn", "--against", "old.cnn", "-t", "torch"),
        *("--output-format", "json", *options),
    )
    found = json.loads(ran.out)
    assert ran.code == bool(found)
    assert {d["code"] for d in found} <= {"E507"}
    return [
        f"{d['reason']} {note.removeprefix('torch: ')}" for d in found for note in d["notes"]
    ] or [d["message"] for d in found]


def test_nothing_breaks() -> None:
    ran = run("breaking", "net.cnn", "--against", "old.cnn")
    assert ran == (0, "", "1 network, checkpoints fit\n")
    assert run("breaking", "net.cnn", "--against", "old.cnn", "-q") == (0, "", "")


def test_what_is_computed_does_not_count() -> None:
    becomes(("3x3, relu", "3x3 pad=1, tanh"), ("flatten", "avgpool 2x2 stride=2, flatten"), of=OLD)
    assert all("conv" not in each for each in said())
    becomes(("relu", "gelu"))
    assert said() == []


def test_another_shape() -> None:
    becomes(("conv 4", "conv 5"))
    assert said() == [
        "changed conv1.weight 4x3x3x3 -> 5x3x3x3",
        "changed conv1.bias 4 -> 5",
        "changed conv2.weight 6x4x3x3 -> 6x5x3x3",
    ]


def test_a_weight_that_is_gone() -> None:
    becomes(("conv 4 3x3", "conv 4 3x3 bias=false"))
    assert said() == ["changed conv1.bias 4 is gone"]


def test_layers_that_are_gone_and_new() -> None:
    becomes(("3x3, relu\n    conv 6 3x3, relu", "3x3 bias=true, bn, relu"))
    assert said() == [
        "removed conv2.weight 6x4x3x3 is gone",
        "removed conv2.bias 6 is gone",
        "added bn1.weight 4 is new",
        "added bn1.bias 4 is new",
        "added bn1.running_mean 4 is new",
        "added bn1.running_var 4 is new",
        "changed fc1.weight 3x96 -> 3x144",
    ]


def test_counted_names_that_move_are_likely_renames() -> None:
    becomes(("    conv 6", "    conv 4 1x1\n    conv 6"))
    assert said() == [
        "added conv2.weight 4x4x1x1 is new",
        "added conv2.bias 4 is new",
        "renamed conv2.weight 6x4x3x3 -> conv3.weight",
        "renamed conv2.bias 6 -> conv3.bias",
    ]


def test_where_one_of_several_alike_is_new_nothing_is_guessed() -> None:
    old = OLD.replace("    flatten", "    conv 6 3x3 pad=1\n    flatten")
    Path("old.cnn").write_text(old)
    becomes(("conv 6 3x3 pad=1", "a: conv 6 3x3 pad=1\n    b: conv 6 3x3 pad=1"), of=old)
    kinds = {each.split()[0] for each in said()}
    assert kinds == {"removed", "added"}


ALIKE = """network Net {
    input 8x8x3
    a: conv 3 3x3 pad=1
    b: conv 3 3x3 pad=1
    c: conv 3 3x3 pad=1
}
"""


def test_nothing_is_a_rename_across_a_layer_alike_that_has_stayed() -> None:
    Path("old.cnn").write_text(ALIKE)
    becomes(("    a: conv 3 3x3 pad=1\n", ""), ("}", "    d: conv 3 3x3 pad=1\n}"), of=ALIKE)
    assert {each.split()[0] for each in said()} == {"removed", "added"}
    becomes(("b:", "e:"), of=ALIKE)
    assert said()[0] == "renamed b.weight 3x3x3x3 -> e.weight"


def test_the_order_of_layers_counts_for_keras(here: Path) -> None:
    Path("old.cnn").write_text(ALIKE)
    becomes(("a:", "x:"), ("b:", "a:"), ("x:", "b:"), of=ALIKE)
    assert said() == [], "torch goes by names"
    keras = ("breaking", "net.cnn", "--against", "old.cnn", "-t", "keras")
    ran = run(*keras, "--plan", "names.json")
    assert ran.code == 1
    assert "Net: `b` stands where `a` stood" in ran.err
    assert "keras: a.kernel 3x3x3x3 -> b.kernel" in ran.err
    assert ran.err.endswith("checkpoints break: 2 reordered\n")
    assert json.loads((here / "names.json").read_text()) == {}, "their names are what they were"
    becomes(("c: conv 3 3x3 pad=1", "n: bn\n    c: conv 3 3x3 pad=1"), of=ALIKE)
    assert "reordered" not in run(*keras).err, "a layer of another class is in no one's way"


def test_layers_of_another_kind_are_no_renames() -> None:
    Path("old.cnn").write_text(OLD.replace("conv 4 3x3", "conv 4 3x3, a: groupnorm 2"))
    becomes(("conv 4 3x3", "conv 4 3x3, b: layernorm"))
    assert {each.split()[0] for each in said()} == {"removed", "added"}


def test_the_place_is_that_of_the_layer() -> None:
    becomes(("conv 4", "conv 5"))
    ran = run("breaking", "net.cnn", "--against", "old.cnn", "-t", "keras")
    assert ran.code == 1
    assert "error[E507]: Net: the weights of `conv1` have changed\n --> net.cnn:3:5" in ran.err
    assert "= note: keras: conv1.kernel 3x3x3x4 -> 3x3x3x5" in ran.err
    assert ran.err.endswith("checkpoints break: 2 changed\n")


def test_many_changes_are_cut_off_for_people_only() -> None:
    lines = "".join(f"    c{i}: conv 4 3x3 pad=1\n" for i in range(30))
    becomes(("    flatten", f"{lines}    flatten"))
    ran = run("breaking", "net.cnn", "--against", "old.cnn")
    assert ran.err.count("error[E507]") == 20
    assert "more; --output-format json has all" in ran.err
    assert len({each.split(".")[0] for each in said()}) > 30


# --- networks --------------------------------------------------------------------------------

TWO = OLD + "network Other { input 4\n    dense 2\n}\n"


def test_networks_by_name() -> None:
    Path("old.cnn").write_text(TWO)
    assert said() == ["the network `Other` is gone, and with it all of its weights"]
    Path("old.cnn").write_text(OLD)
    Path("net.cnn").write_text(TWO)
    assert said() == [], "a new network has no checkpoints"


def test_the_only_network_may_have_another_name() -> None:
    becomes(("Net(", "Better("), ("conv 6", "c: conv 6"))
    assert said() == ["renamed conv2.weight 6x4x3x3 -> c.weight", "renamed conv2.bias 6 -> c.bias"]


def test_settings_hold_for_both() -> None:
    becomes(("classes=3", "classes=4"))
    assert said() == ["changed fc1.weight 3x96 -> 4x96", "changed fc1.bias 3 -> 4"]
    assert said("--set", "classes=3") == []


def test_a_setting_of_a_parameter_that_was_not_there() -> None:
    Path("old.cnn").write_text(OLD.replace("(classes=3)", "").replace("classes", "3"))
    assert said("--set", "classes=3") == []
    assert said("--set", "classes=4") == [
        "changed fc1.weight 3x96 -> 4x96",
        "changed fc1.bias 3 -> 4",
    ]
    ran = run("breaking", "net.cnn", "--against", "old.cnn", "--set", "clases=3")
    assert (ran.code, "error[E209]" in ran.err) == (1, True)


# --- versions of git -------------------------------------------------------------------------


def git(*arguments: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(here: Path) -> Path:
    """A repository in which the file uses blocks; ``first`` is a tag."""
    (here / "parts").mkdir()
    (here / "parts" / "blocks.cnn").write_text("block unit(n) { conv n 3x3 }\n")
    becomes(("conv 4 3x3", "unit 4"), ("network", 'use "parts/blocks.cnn"\nnetwork'))
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    git("tag", "first")
    return here


def against(revision: str, *options: str) -> tuple[int, str]:
    ran = run("breaking", "net.cnn", "--against", revision, "-t", "torch", *options)
    assert ran.out == ""
    return ran.code, ran.err


def test_what_it_uses_is_of_the_same_version(repository: Path) -> None:
    assert against("first") == (0, "1 network, checkpoints fit\n")
    (repository / "parts" / "blocks.cnn").write_text("block unit(n) { conv n 5x5 }\n")
    code, text = against("first")
    assert code == 1
    assert "weight 4x3x3x3 -> 4x3x5x5" in text
    git("rm", "-rqf", "parts")
    becomes(("conv 6", "conv 7"))
    assert against("HEAD")[0] == 1, "a folder that is gone is there in the old version"


def test_from_another_folder(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository / "parts")
    assert run("breaking", "../net.cnn", "--against", "HEAD").code == 0


def configure(*lines: str) -> None:
    Path("pyproject.toml").write_text("\n".join(("[tool.cnngen]", *lines)))


def test_settings_are_those_of_the_version(repository: Path) -> None:
    configure('settings."net.cnn".classes = 10')
    code, text = against("first")
    assert (code, "fc1.bias 3 -> 10" in text) == (1, True)
    assert against("first", "--set", "classes=3")[0] == 0, "the command line holds for both"
    git("add", "pyproject.toml")
    git("commit", "-qm", "ten classes")
    assert against("HEAD")[0] == 0
    (repository / "pyproject.toml").unlink()
    code, text = against("HEAD")
    assert (code, "fc1.bias 10 -> 3" in text) == (1, True)


def test_what_is_wrong_with_the_project_of_the_past(repository: Path) -> None:
    configure("targets = 1", 'networks."gone.cnn" = "A"')
    git("add", "pyproject.toml")
    git("commit", "-qm", "wrong")
    (repository / "pyproject.toml").unlink()
    code, text = against("HEAD")
    assert code == 2
    assert "`targets` must be a list of strings" in text
    assert "= note: this is how it was at HEAD" in text


@pytest.mark.parametrize(
    ("revision", "why"),
    [
        ("absent", "invalid object name"),
        ("-x", "no revision is called so"),
        ("--help", "no revision is called so"),
        ("first:old.cnn", ""),
        ("", ""),
    ],
)
def test_a_version_that_is_not_there(revision: str, why: str, repository: Path) -> None:
    ran = run("breaking", "net.cnn", f"--against={revision}")
    assert ran.code == 2
    assert "error[E021]: there is no version of net.cnn at " in ran.err
    assert why in ran.err


def test_without_a_repository_or_git(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert against("HEAD")[0] == 2
    monkeypatch.setenv("PATH", str(here))
    code, text = against("HEAD")
    assert code == 2
    assert "git cannot be run" in text


def test_a_large_file_of_the_past_is_not_taken(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LARGEST_SOURCE", 10)
    asked: list[str] = []
    real = reading._asked
    monkeypatch.setattr(reading, "_asked", lambda what, *of: asked.append(what) or real(what, *of))
    code, text = against("first")
    assert (code, "too large" in text) == (2, True)
    assert set(asked) == {"-s"}, "none of it is read"


def test_mistakes_of_the_past_are_said_to_be_of_the_past(repository: Path) -> None:
    (repository / "net.cnn").write_text("network A { input 4\n    relo\n}\n")
    git("commit", "-qam", "broken")
    becomes()
    code, text = against("HEAD")
    assert code == 1
    assert "did you mean `relu`?" in text
    assert "= note: this is how it was at HEAD" in text


# --- the plan --------------------------------------------------------------------------------


def test_a_checkpoint_is_moved_by_the_plan(here: Path) -> None:
    becomes(("conv 4", "stem: conv 4"), ("conv 6", "last: conv 6"))
    arrays = {
        name: np.arange(np.prod(shape), dtype="float32").reshape(shape)
        for name, shape in shapes("torch", network(OLD)).items()
    }
    save_file(arrays, here / "old.safetensors")
    convert = ("weights", "convert", "net.cnn", "old.safetensors", "new.safetensors")
    assert run(*convert).code == 1, "it does not fit as it is"
    ran = run("breaking", "net.cnn", "--against", "old.cnn", "-t", "torch", "--plan", "names.json")
    assert ran.code == 1
    assert "\nnames.json: likely renames of 4 weights\n" in ran.err
    assert json.loads((here / "names.json").read_text()) == {"conv1": "stem", "conv2": "last"}
    assert run(*convert, "--map", "names.json").code == 0
    moved = load_file(here / "new.safetensors")
    assert moved.keys() == shapes("torch", network((here / "net.cnn").read_text())).keys()
    np.testing.assert_array_equal(moved["stem.weight"], arrays["conv1.weight"])
    np.testing.assert_array_equal(moved["last.bias"], arrays["conv2.bias"])


def test_the_plan_is_of_one_target_and_overwrites_nothing(here: Path) -> None:
    ran = run("breaking", "net.cnn", "--against", "old.cnn", "--plan", "names.json")
    assert ran.code == 2
    assert "add -t torch or -t keras" in ran.err
    (here / "names.json").write_text("mine")
    command = ("breaking", "net.cnn", "--against", "old.cnn", "-t", "torch", "--plan", "names.json")
    assert "error[E013]" in run(*command).err
    assert (here / "names.json").read_text() == "mine"
    assert run(*command, "--force").code == 0
    assert "names.json:" not in run(*command, "--force", "--quiet").err


def test_a_folder_is_no_version(here: Path) -> None:
    ran = run("breaking", ".", "--against", "old.cnn")
    assert ran.code == 2
    assert "hint: name a file in it, such as `./lenet5.cnn`" in ran.err


def test_the_plan_is_of_one_network(here: Path) -> None:
    (here / "old.cnn").write_text(TWO)
    becomes(("conv 4", "a: conv 4"), ("    dense 2", "    b: dense 2"), of=TWO)
    command = ("breaking", "net.cnn", "--against", "old.cnn", "-t", "torch", "--plan", "names.json")
    ran = run(*command)
    assert ran.code == 2
    assert "--plan is a table for one network; choose with --network: `Net`, `Other`" in ran.err
    assert not (here / "names.json").exists()
    assert run(*command, "--network", "Other").code == 1
    assert json.loads((here / "names.json").read_text()) == {"fc1": "b"}


# --- all changes -----------------------------------------------------------------------------


def network(text: str) -> Network:
    result = analyse(Source("net.cnn", text))
    assert result.complete
    return result.module.networks[0]


widths = st.lists(st.sampled_from([2, 3, 4]), min_size=1, max_size=5)


def stack(given: list[int]) -> Network:
    lines = "".join(f"    conv {width} 1x1\n" for width in given)
    return network(f"network A {{ input 4x4x3\n{lines}}}\n")


@given(widths, widths)
@settings(max_examples=80, deadline=None)
def test_what_is_said_accounts_for_every_weight(a: list[int], b: list[int]) -> None:
    """Taking what is said to have gone and putting in what is new gives the new names."""
    old, new = stack(a), stack(b)
    there = dict(shapes("torch", old))
    found = changes(old, new, ["torch"])
    for change in found:
        for was, _ in change.rows("torch"):
            if was:
                assert there.pop(was.name) == was.shape
    for change in found:
        for was, now in change.rows("torch"):
            if now:
                assert now.name not in there
                there[now.name] = now.shape
            if change.kind is Kind.RENAMED:
                assert was
                assert now
                assert was.shape == now.shape
    assert there == shapes("torch", new)
