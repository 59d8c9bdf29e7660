"""Checkpoints as people have them: containers, several sets, prefixes, endings, whole models."""

from __future__ import annotations

import argparse
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cli.runner import run

from weights.given import (
    COUNTER,
    KERAS,
    SMALL,
    keras_model,
    module,
    raw,
    read_torch,
    torch_state,
    write_keras,
    write_torch,
)
from weights.refusing import refused


def state(shift: int = 0) -> dict[str, torch.Tensor]:
    """The small network's weights, others for each shift."""
    return {
        name: tensor if name.endswith(COUNTER) else tensor.nan_to_num() + shift
        for name, tensor in torch_state(SMALL).items()
    }


def converted(source: str, *options: str) -> tuple[dict[str, bytes], str]:
    """The bits that come out, and what is said."""
    ran = run("weights", "convert", "net.cnn", source, "out.pt", "--force", *options)
    assert ran.code == 0, ran.err
    return {name: raw(tensor) for name, tensor in read_torch(Path("out.pt")).items()}, ran.err


def bits(tensors: dict[str, torch.Tensor]) -> dict[str, bytes]:
    return {name: raw(tensor) for name, tensor in tensors.items()}


# --- containers ------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["net", "weights", "ema", "state_dict", "a.b.c", "0"])
def test_a_single_set_of_weights_is_taken_wherever_it_is(key: str) -> None:
    held: Any = state()
    for part in reversed(key.split(".")):
        held = [held] if part == "0" else {"epoch": 3, part: held}
    torch.save(held, "in.pt")
    found, said = converted("in.pt")
    assert found == bits(state())
    assert f"in.pt: the weights are those under the key `{key}`" in said
    assert converted("in.pt", "--key", key)[0] == found


def test_what_is_beside_the_weights_is_left_aside_and_said() -> None:
    model = module(SMALL, "torch").Small()
    optimizer = torch.optim.Adam(model.parameters())
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    model(torch.ones(2, 2, 6, 5)).sum().backward()
    optimizer.step()
    checkpoint = {
        "epoch": 3,
        "model": state(),
        "optimizer": optimizer.state_dict(),
        "optimizers": [optimizer.state_dict()],
        "scheduler": scheduler.state_dict(),
        "rng": torch.get_rng_state(),
        "step": torch.tensor(7.0),
    }
    torch.save(checkpoint, "in.pth.tar")
    found, said = converted("in.pth.tar")
    assert found == bits(state())
    assert (
        "in.pth.tar: left aside: the file itself (2 arrays), epoch, "
        "optimizer (the state of an optimiser), optimizers (the state of an optimiser), scheduler\n"
    ) in said
    inspected = run("weights", "inspect", "net.cnn", "in.pth.tar")
    assert inspected.code == 0
    assert "beside the weights: optimizer (the state of an optimiser)\n" in inspected.out
    data = json.loads(run("weights", "inspect", "net.cnn", "in.pth.tar", "--json").out)
    assert (data["key"], data["fits"], "epoch" in data["beside"]) == ("model", True, True)


@pytest.mark.parametrize("ending", KERAS)
def test_the_optimisers_state_of_keras_is_left_aside_and_said(ending: str, here: Path) -> None:
    model = keras_model(SMALL)
    model.compile("adam", "mse")
    model.fit(np.zeros((2, 6, 5, 2)), np.zeros((2, 3)), verbose=0)
    write_keras(here / f"in{ending}", model)
    found, said = converted(f"in{ending}")
    assert found["fc2.bias"] == raw(model.get_layer("fc2").bias.value.numpy())
    assert f"in{ending}: left aside: the state of the optimiser adam" in said


def test_several_sets_are_listed_and_one_is_chosen() -> None:
    torch.save({"model": state(), "ema": {"module": state(1)}, "epoch": 1}, "in.pt")
    ran = refused(Path("in.pt"), 1, "error[E502]: the file has 2 sets of weights", "`--key model`")
    assert "sets of weights by their keys:\n" in ran.err
    assert "model: 11 arrays\n" in ran.err
    assert "ema.module: 11 arrays\n" in ran.err
    assert converted("in.pt", "--key", "model")[0] == bits(state())
    found, said = converted("in.pt", "--key", "ema.module")
    assert found == bits(state(1))
    assert "left aside: model (11 arrays), epoch" in said
    assert converted("in.pt", "--key", "ema")[0] == found
    refused_key = run("weights", "convert", "net.cnn", "in.pt", "no.pt", "--key", "emma")
    assert refused_key.code == 1
    assert "error[E502]: the file has no weights under the key `emma`" in refused_key.err


def test_several_sets_are_inspected_one_by_one() -> None:
    torch.save({"model": state(), "other": {"x.weight": torch.zeros(2)}}, "in.pt")
    ran = run("weights", "inspect", "net.cnn", "in.pt")
    assert ran.code == 0
    assert "model   all 10 weights fit, float32\n" in ran.out
    assert "other   10 missing, 1 extra\n" in ran.out
    data = json.loads(run("weights", "inspect", "net.cnn", "in.pt", "--json").out)
    assert {each["key"]: each["fits"] for each in data["sets"]} == {"model": True, "other": False}
    assert run("weights", "inspect", "net.cnn", "in.pt", "--key", "other").code == 1


def test_the_parts_of_a_model_under_keys_are_taken_together() -> None:
    own = state()
    head = {n.removeprefix("fc2."): t for n, t in own.items() if n.startswith("fc2.")}
    rest = {n: t for n, t in own.items() if not n.startswith("fc2.")}
    torch.save({"net": {**rest, "fc2": head}}, "in.pt")
    refused(Path("in.pt"), 1, "error[E502]", " net: 9 arrays", "net.fc2: 2 arrays")
    # The container itself has weights, so its key is that of these alone.
    torch.save({"net": {"conv1": {"weight": own["conv1.weight"]}, "rest": head}}, "in.pt")
    found = run("weights", "inspect", "net.cnn", "in.pt", "--key", "net", "--json")
    rows = {row["name"]: row["status"] for row in json.loads(found.out)["weights"]}
    assert (rows["conv1.weight"], rows["rest.weight"]) == ("ok", "extra")


def test_a_set_that_is_there_under_two_keys_is_one() -> None:
    given = state()
    torch.save({"model": given, "best": given}, "in.pt")
    found, said = converted("in.pt")
    assert found == bits(given)
    assert "left aside: best (the same as model)\n" in said


def test_keys_that_are_one_are_refused() -> None:
    torch.save({"a.b": state(), "a": {"b": state(1)}}, "in.pt")
    refused(Path("in.pt"), 2, "error[E014]: two things in it are called `a.b`")
    torch.save({1: torch.zeros(1), "1": torch.ones(1)}, "in.pt")
    refused(Path("in.pt"), 2, "error[E014]: two things in it are called `1`")


def test_a_container_in_itself() -> None:
    held: dict[str, Any] = {"epoch": 1}
    held["state_dict"] = held
    torch.save(held, "in.pt")
    refused(Path("in.pt"), 2, "error[E014]: there is no tensor in it")
    held["again"] = state()
    torch.save(held, "in.pt")
    assert converted("in.pt")[0] == bits(state())


def test_a_container_in_very_many_is_looked_at_once() -> None:
    held: Any = state()
    for _ in range(60):
        held = {"a": held, "b": held}
    torch.save(held, "in.pt")
    assert converted("in.pt")[0] == bits(state())


# --- prefixes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prefix", ["module.", "_orig_mod.", "model.", "_orig_mod.module.", "net.backbone."]
)
def test_a_prefix_is_seen_said_and_taken_away(prefix: str, here: Path) -> None:
    given = {prefix + name: tensor for name, tensor in state().items()}
    write_torch(here / "in.pt", given)
    refused(here / "in.pt", 1, f"names in the file begin with `{prefix}`: `--strip {prefix}`")
    for written in (prefix, prefix.rstrip(".")):
        assert converted("in.pt", "--strip", written)[0] == bits(state())
    assert run("weights", "inspect", "net.cnn", "in.pt", "--strip", prefix).code == 0
    write_torch(here / "in.pt", given | {"criterion.weight": torch.zeros(3)})
    refused(here / "in.pt", 1, f"names in the file begin with `{prefix}`")
    options = ("--strip", prefix, "--skip", "criterion")
    assert converted("in.pt", *options)[0] == bits(state())


def test_two_prefixes_are_both_named_and_neither_is_chosen(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {f"model.{name}": tensor for name, tensor in state().items()}
    write_torch(here / "in.pt", given | {f"ema.{n}": tensor for n, tensor in state(1).items()})
    monkeypatch.setattr("cnngen.cli.weights.convert.at_terminal", lambda: True)
    refused(here / "in.pt", 1, "begin with `ema.`, `model.`: `--strip ema.`, `--strip model.`")
    assert converted("in.pt", "--strip", "ema", "--skip", "model")[0] == bits(state(1))


def test_a_layer_of_a_side_head_is_no_layer_with_a_prefix(here: Path) -> None:
    given = {n.replace("fc2.", "aux.fc2."): tensor for n, tensor in state().items()}
    write_torch(here / "in.pt", given)
    assert "--strip" not in refused(here / "in.pt", 1, "`aux.fc2.weight` 3x5 is only in").err


@pytest.mark.parametrize("ending", KERAS)
def test_a_prefix_in_a_file_of_keras(ending: str, here: Path) -> None:
    import keras

    inner = keras_model(SMALL)
    whole = keras.Sequential([keras.Input((6, 5, 2)), inner])
    write_keras(here / f"in{ending}", whole)
    refused(here / f"in{ending}", 1, "names in the file begin with `Small.`")
    found, _ = converted(f"in{ending}", "--strip", "Small.")
    assert found["fc1.bias"] == raw(inner.get_layer("fc1").bias.value.numpy())


def test_a_prefix_that_is_not_there_or_makes_two_of_one(here: Path) -> None:
    write_torch(here / "in.pt", {"a.x": torch.zeros(1), "x": torch.ones(1)})
    for prefix, said in (("b.", "no name in the file begins with `b.`"), ("a.", "`x` is there")):
        ran = run("weights", "convert", "net.cnn", "in.pt", "out.pt", "--strip", prefix)
        assert ran.code == 1
        assert f"error[E501]: {said}" in ran.err
        assert not Path("out.pt").exists()


@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_yes_at_a_terminal_takes_it_away(
    answer: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_torch(here / "in.pt", {f"module.{name}": tensor for name, tensor in state().items()})
    asked = []

    def confirm(question: str, **_: object) -> bool:
        asked.append(question)
        return answer == "y"

    monkeypatch.setattr("cnngen.cli.weights.convert.at_terminal", lambda: True)
    monkeypatch.setattr("click.confirm", confirm)
    ran = run("weights", "convert", "net.cnn", "in.pt", "out.pt")
    assert asked == ["Names in the file begin with `module.`: take it away?"]
    assert (ran.code, Path("out.pt").exists()) == ((0, True) if answer == "y" else (1, False))
    quiet = run("weights", "convert", "net.cnn", "in.pt", "quiet.pt", "--quiet")
    assert (quiet.code, len(asked)) == (1, 1)


# --- endings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".ckpt", ".pth.tar", ".bin", ".pth", ".model", ""])
@pytest.mark.parametrize("archive", [True, False])
def test_what_torch_saves_under_any_name(ending: str, archive: bool) -> None:
    name = f"in{ending}"
    torch.save({"state_dict": state()}, name, _use_new_zipfile_serialization=archive)
    assert converted(name)[0] == bits(state())
    assert run("weights", "inspect", "net.cnn", name).code == 0


def test_what_is_in_a_file_counts_before_its_ending(good: dict[str, Path], here: Path) -> None:
    wanted = bits(torch_state(SMALL))
    for kind in good:
        for ending in (".safetensors", ".bin", ".weights.h5", ".h5", ".keras", ".model"):
            (here / f"in{ending}").write_bytes(good[kind].read_bytes())
            assert converted(f"in{ending}")[0].keys() == wanted.keys()


# --- whole models ----------------------------------------------------------------------------


def test_a_program_of_torchscript_is_refused_with_the_line_to_run(here: Path) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(2, 2))
    torch.jit.script(model).save("in.pt")
    line = f"torch.save(torch.jit.load({str(here / 'in.pt')!r}).state_dict(), 'weights.pt')"
    refused(here / "in.pt", 2, "error[E014]: it is a program of TorchScript", line)
    exec(line, {"torch": torch}, {})
    assert list(torch.load("weights.pt", weights_only=True)) == ["0.weight", "0.bias"]


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("archive", [True, False])
def test_a_whole_module_is_refused_with_the_line_to_run(
    archive: bool, protocol: int, here: Path
) -> None:
    torch.save(
        torch.nn.Linear(2, 2),
        "in.pt",
        _use_new_zipfile_serialization=archive,
        pickle_protocol=protocol,
    )
    loaded = f"torch.load({str(here / 'in.pt')!r}, weights_only=False)"
    line = f"torch.save({loaded}.state_dict(), 'weights.pt')"
    refused(here / "in.pt", 2, "it holds a whole `torch.nn.modules.linear.Linear`", line)
    exec(line, {"torch": torch}, {})
    assert list(torch.load("weights.pt", weights_only=True)) == ["weight", "bias"]


def test_something_else_beside_the_weights_is_refused_with_the_line_to_run(here: Path) -> None:
    torch.save({"state_dict": state(), "args": argparse.Namespace(lr=1)}, "in.pt")
    loaded = f"torch.load({str(here / 'in.pt')!r}, weights_only=False)"
    line = f"torch.save({loaded}['state_dict'], 'weights.pt')"
    refused(here / "in.pt", 2, "it needs `argparse.Namespace` to be read", line)
    exec(line, {"torch": torch}, {})
    assert converted("weights.pt")[0] == bits(state())


@pytest.mark.parametrize("archive", [True, False])
def test_an_ordered_dictionary_is_no_whole_model(archive: bool) -> None:
    given = module(SMALL, "torch").Small().state_dict()
    torch.save(given, "in.pt", _use_new_zipfile_serialization=archive)
    assert converted("in.pt")[0] == bits(given)


# --- hostile ---------------------------------------------------------------------------------


def deflated(change: Callable[[str, bytes], bytes] = lambda _, data: data) -> None:
    """The good file with its members compressed, each as it is changed."""
    torch.save(state(), "good.pt")
    with zipfile.ZipFile("good.pt") as good, zipfile.ZipFile("in.pt", "w", 8) as made:
        for name in good.namelist():
            made.writestr(name, change(name, good.read(name)))


def test_an_archive_that_unpacks_to_more_than_the_network_needs(here: Path) -> None:
    deflated(lambda name, data: data + bytes(70 << 20) if name.endswith("data/3") else data)
    assert (here / "in.pt").stat().st_size < 200_000
    refused(here / "in.pt", 2, "unpacked, it has more than the 67,", "that `Small` can need")


def test_an_archive_that_wants_a_password(here: Path) -> None:
    torch.save(state(), "in.pt")
    data = bytearray((here / "in.pt").read_bytes())
    start = data.rindex(b"PK\x01\x02", 0, data.rindex(b"data.pkl"))
    data[start + 8] |= 1
    (here / "in.pt").write_bytes(data)
    refused(here / "in.pt", 2, "error[E014]: not a file of PyTorch's")


def test_a_pickle_with_more_steps_than_any_checkpoint() -> None:
    deflated(
        lambda name, data: b"\x80\x02" + b"}" * 3_000_001 + b"." if "data.pkl" in name else data
    )
    refused(Path("in.pt"), 2, "it takes more steps to be read than any checkpoint")


def test_many_views_of_the_same_values() -> None:
    values = torch.zeros(1 << 10, 1 << 10)
    torch.save({f"x{n}": values.t() for n in range(20)}, "in.pt")
    refused(Path("in.pt"), 2, "its tensors have more than the 67,")


def test_a_file_that_is_too_large(here: Path) -> None:
    for ending in (".pt", ".safetensors", ".keras", ".weights.h5", ".h5"):
        path = here / f"in{ending}"
        with path.open("wb") as file:
            file.truncate(1 << 40)
        refused(path, 2, "error[E014]: the file has more than the 67,")


@pytest.mark.parametrize("ending", [".pt", ".safetensors", ".keras", ".weights.h5", ".h5"])
def test_pipes_and_devices_are_not_read(ending: str, here: Path) -> None:
    os.mkfifo(here / f"pipe{ending}")
    (here / f"zeros{ending}").symlink_to("/dev/zero")
    for name in ("pipe", "zeros"):
        refused(here / f"{name}{ending}", 2, "error[E014]: it is a pipe or a device")
        assert run("weights", "inspect", "net.cnn", here / f"{name}{ending}").code == 2


def test_a_link_to_a_file_is_read(good: dict[str, Path], here: Path) -> None:
    (here / "in.pt").symlink_to(good[".pt"])
    assert run("weights", "inspect", "net.cnn", "in.pt").code == 0


def test_a_pickle_of_arrays_runs_nothing(here: Path) -> None:
    (here / "in.bin").write_bytes(pickle.dumps({"fc1.bias": np.zeros(5)}))
    refused(here / "in.bin", 2, "error[E014]")
