"""``--map`` and ``--write-map``: tables of names, also from one file to another."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from cli.runner import leftovers, run

from weights.given import SMALL, raw, read_torch, torch_state, write_torch

NAMES = {"conv1": "stem.0", "bn1": "stem.1", "prelu1": "act", "fc1": "a", "fc2": "b"}
"""What somebody else calls the layers."""


def theirs() -> dict[str, torch.Tensor]:
    given = torch_state(SMALL)
    return {f"{NAMES[n.partition('.')[0]]}.{n.partition('.')[2]}": t for n, t in given.items()}


def table(**more: Any) -> str:
    Path("names.json").write_text(json.dumps({b: a for a, b in NAMES.items()} | more))
    return "names.json"


def convert(source: str, output: str, *options: str, code: int = 0) -> str:
    ran = run("weights", "convert", "net.cnn", source, output, "--force", *options)
    assert ran.code == code, ran.err
    return ran.err


def is_the_network(path: str) -> None:
    given = torch_state(SMALL)
    found = read_torch(Path(path))
    assert {n: raw(t) for n, t in found.items()} == {n: raw(t) for n, t in given.items()}


@pytest.mark.parametrize("ending", [".pt", ".safetensors"])
def test_layers_and_weights_are_renamed(ending: str, here: Path) -> None:
    write_torch(here / f"in{ending}", theirs())
    convert(f"in{ending}", "out.pt", "--map", table())
    is_the_network("out.pt")
    weights = {"b": "no", "b.weight": "fc2.weight", "b.bias": "fc2.bias"}
    assert "has no weight or layer `b`" in convert(
        f"in{ending}", "out.pt", "--map", table(**weights), code=1
    )
    convert(f"in{ending}", "out.pt", "--map", table(**{"b": "fc2", "b.bias": "fc2.bias"}))
    assert run("weights", "inspect", "net.cnn", f"in{ending}", "--map", "names.json").code == 0


def test_names_may_be_exchanged(here: Path) -> None:
    text = "network Small { input 5\n fc1: dense 5\n relu\n fc2: dense 5 }"
    given = torch_state(text)
    (here / "net.cnn").write_text(text)
    write_torch(here / "in.pt", given)
    Path("names.json").write_text('{"fc1": "fc2", "fc2": "fc1"}')
    convert("in.pt", "out.pt", "--map", "names.json")
    assert raw(read_torch(Path("out.pt"))["fc1.weight"]) == raw(given["fc2.weight"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"nothing": "fc1"}', "the file has no weight or layer `nothing`"),
        ('{"a": "fc2", "b": "fc2"}', "two weights of the file get the same name"),
        ('{"a": "fc1", "a": "fc2"}', "a name is there twice"),
        ('{"a": 3}', "a name does not stand for another name"),
        ('{"a": ""}', "a name does not stand for another name"),
        ('["a"]', "it is no JSON object"),
        ("3", "it is no JSON object"),
        ("{", "not a table of names"),
        ("[" * 100_000, "not a table of names"),
    ],
)
def test_a_table_that_does_not_fit(text: str, said: str, here: Path) -> None:
    write_torch(here / "in.pt", theirs())
    Path("names.json").write_text(text)
    err = convert("in.pt", "out.pt", "--map", "names.json", code=1)
    assert f"error[E506]: {said}" in err or f"error[E506]: not a table of names ({said}" in err
    assert "--> names.json" in err
    assert not Path("out.pt").exists()


def test_a_table_that_cannot_be_read(here: Path) -> None:
    write_torch(here / "in.pt", theirs())
    assert "E001" in convert("in.pt", "out.pt", "--map", "none.json", code=2)
    os.mkfifo("pipe.json")
    assert "E506" in convert("in.pt", "out.pt", "--map", "pipe.json", code=1)


def test_usage(good: dict[str, Path]) -> None:
    given = str(good[".pt"])
    for options, said in (
        (("--map", table(), "--match", "order"), "--map says which names weights have"),
        (("--write-map", "w.json"), "--write-map goes with --match graph or --match order"),
    ):
        assert said in convert(given, "out.pt", *options, code=2)


def test_a_table_is_not_written_over_another_file(good: dict[str, Path], here: Path) -> None:
    Path("w.json").write_text("mine")
    options = ("--match", "order", "--write-map", "w.json")
    ran = run("weights", "convert", "net.cnn", good[".pt"], "out.pt", *options)
    assert ran.code == 2
    assert "error[E013]" in ran.err
    assert not Path("out.pt").exists()
    for same in ("out.pt", str(good[".pt"])):
        assert convert(str(good[".pt"]), "out.pt", *options[:-1], same, code=2)
    assert Path("w.json").read_text() == "mine"
    assert leftovers(here) == []


def test_what_the_order_found_is_written_and_read(here: Path) -> None:
    write_torch(here / "in.pt", theirs())
    convert("in.pt", "first.pt", "--match", "order", "--write-map", "names.json")
    is_the_network("first.pt")
    assert json.loads(Path("names.json").read_text()) == {b: a for a, b in NAMES.items()}
    write_torch(here / "in.safetensors", theirs())  # which keeps no order
    convert("in.safetensors", "second.pt", "--map", "names.json")
    is_the_network("second.pt")


# --- keras.applications ----------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:You are saving your model")
def test_a_model_of_keras_applications_both_ways(here: Path) -> None:
    """Its weights become a torch module's by a graph; changed there, they go back by the table."""
    model = keras.applications.MobileNet(weights=None)
    random = np.random.default_rng(0)
    for variable in model.weights:
        variable.assign(random.uniform(0.5, 1.5, variable.shape) * 0.1)
    model.save("theirs.keras")
    model.save("theirs.h5")
    command = ("weights", "convert", "zoo:mobilenet")
    options = ("--network", "MobileNet", "--match", "graph", "--write-map")
    for source in ("theirs.keras", "theirs.h5"):
        ran = run(*command, source, f"{source}.pt", *options, f"{source}.json")
        assert ran.code == 0, ran.err
    assert Path("theirs.keras.pt").read_bytes() != b""
    first, second = (read_torch(Path(f"theirs.{kind}.pt")) for kind in ("keras", "h5"))
    assert {n: raw(t) for n, t in first.items()} == {n: raw(t) for n, t in second.items()}

    model.save_weights("theirs.weights.h5")
    by_table = ("--network", "MobileNet", "--force", "--map", "theirs.keras.json")
    for source in ("theirs.h5", "theirs.weights.h5"):
        ran = run(*command, source, "third.pt", *by_table)
        assert ran.code == 0, ran.err
        third = read_torch(Path("third.pt"))
        assert {n: raw(t) for n, t in first.items()} == {n: raw(t) for n, t in third.items()}

    trained = {n: t if "batches" in n else t * 2 for n, t in first.items()}
    torch.save(trained, "trained.pt")
    assert run(*command, "trained.pt", "ours.keras", "--network", "MobileNet").code == 0
    names = json.loads(Path("theirs.h5.json").read_text())
    ours = {v.path.replace("/", "."): v for v in keras.models.load_model("ours.keras").weights}
    before = [variable.numpy() for variable in model.weights]
    for variable in model.weights:
        layer, _, end = variable.path.replace("/", ".").rpartition(".")
        name = names.get(f"{layer}.{end}") or f"{names[layer]}.{end}"
        variable.assign(np.reshape(ours[name], variable.shape))
    for variable, array in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), array * 2)
