"""What is no file of the network's weights: an error that says so, and nothing written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from cli.runner import leftovers, run
from safetensors.torch import save_file

from weights.given import (
    COUNTER,
    ENDINGS,
    SMALL,
    TORCH,
    keras_model,
    module,
    torch_state,
    write_keras,
    write_torch,
)
from weights.refusing import refused

OTHER = (
    "network Other { input 6x5x2\n conv 4 3x3 pad=1, bn, prelu\n flatten, dense 6, relu, dense 3 }"
)


# --- damaged ---------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_that_is_cut_off(ending: str, good: dict[str, Path], here: Path) -> None:
    data = good[ending].read_bytes()
    path = here / f"cut{ending}"
    for length in (0, 1, 8, 100, len(data) // 3, len(data) // 2, len(data) - 100, len(data) - 1):
        path.write_bytes(data[:length])
        refused(path, 2, "error[E014]: not a", f"--> {path}")
        assert run("weights", "inspect", "net.cnn", path).code == 2


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_of_something_else(ending: str, good: dict[str, Path], here: Path) -> None:
    path = here / f"else{ending}"
    random = np.random.default_rng(0)
    for data in (random.bytes(10_000), b"hello\n" * 50, bytes(500), b"\x80\x02"):
        path.write_bytes(data)
        refused(path, 2, "error[E014]")


@pytest.mark.parametrize("ending", ENDINGS)
def test_bytes_that_were_changed_never_end_in_a_traceback(
    ending: str, good: dict[str, Path], here: Path
) -> None:
    """The runner fails for anything but an exit; most changes are in values, and pass."""
    data = bytearray(good[ending].read_bytes())
    random = np.random.default_rng(0)
    path = here / f"changed{ending}"
    for _ in range(60):
        changed = bytearray(data)
        for place in random.integers(0, len(data), 8):
            changed[place] = random.integers(0, 256)
        path.write_bytes(changed)
        ran = run("weights", "inspect", "net.cnn", path)
        assert ran.code in (0, 1, 2)
        assert "Traceback" not in ran.err


def test_a_file_that_is_not_there(here: Path) -> None:
    for ending in ENDINGS:
        refused(here / f"none{ending}", 2, "error[E001]")
        (here / f"folder{ending}").mkdir()
        refused(here / f"folder{ending}", 2, "error[E002]")
    (here / "folder").mkdir()
    assert "hint" not in refused(here / "folder", 2, "error[E002]: this is a folder").err


# --- another network -------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ENDINGS)
def test_another_networks_weights(ending: str, here: Path) -> None:
    path = here / f"other{ending}"
    if ending in TORCH:
        write_torch(path, module(OTHER, "torch").Other().state_dict())
    else:
        write_keras(path, keras_model(OTHER))
    shapes = ("6x120", "5x120") if ending in TORCH else ("120x6", "120x5")
    name = "weight" if ending in TORCH else "kernel"
    said = f"`fc1.{name}` is {shapes[0]} in the file, {shapes[1]} in the network"
    refused(path, 1, "error[E501]: 3 names of weights in the file and `Small` do not fit", said)


def test_a_file_that_keras_loads_without_a_word(here: Path) -> None:
    """Keras finds weights by classes and places: other names with the same shapes pass there."""
    text = SMALL.replace("conv 4", "stem: conv 4").replace("dense 5", "head: dense 5")
    write_keras(here / "other.weights.h5", keras_model(text))
    keras_model(SMALL).load_weights(here / "other.weights.h5")
    refused(here / "other.weights.h5", 1, "`stem.0` 3x3x2x4 is only in the file", "`conv1.kernel`")


def test_missing_extra_and_misshapen_weights_and_the_nearest_names(here: Path) -> None:
    state = torch_state(SMALL)
    state["conv1.weigth"] = state.pop("conv1.weight")
    state["fc2.bias"] = torch.zeros(4)
    state["momentum"] = torch.zeros(7)
    write_torch(here / "a.pt", state)
    refused(
        here / "a.pt",
        1,
        "4 names of weights",
        "`conv1.weight` 4x2x3x3 is not in the file; near to `conv1.weigth`",
        "`conv1.weigth` 4x2x3x3 is only in the file; near to `conv1.weight`",
        "`fc2.bias` is 4 in the file, 3 in the network",
        "`momentum` 7 is only in the file\n",
    )


def test_the_first_five_are_told_and_how_many_more_there_are(here: Path) -> None:
    state = torch_state(SMALL) | {f"more{n}": torch.zeros(1) for n in range(9)}
    write_torch(here / "a.pt", state)
    ran = refused(here / "a.pt", 1, "9 names of weights", "`more4`", "and 4 more: ")
    assert "`more5`" not in ran.err


def test_nothing_that_fits(here: Path) -> None:
    write_torch(here / "a.safetensors", {"x": torch.zeros(2)})
    refused(here / "a.safetensors", 1, "the file has none of the weights of `Small`")


def test_another_number_of_classes(here: Path) -> None:
    write_torch(here / "a.pt", torch_state(SMALL, classes=7))
    said = "`--set classes=7` gives the shapes in the file; `--skip fc2` keeps initial values there"
    refused(here / "a.pt", 1, said)
    assert run("weights", "convert", "net.cnn", "a.pt", "b.pt", "--set", "classes=7").code == 0


def test_another_shape_that_is_no_setting(here: Path) -> None:
    write_torch(here / "a.pt", torch_state(SMALL) | {"fc1.bias": torch.zeros(7)})
    assert "--set" not in refused(here / "a.pt", 1, "`fc1.bias` is 7").err


# --- types -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "bool", "complex64", "float8_e4m3fn"])
def test_a_type_that_weights_do_not_have(dtype: str, here: Path) -> None:
    kind = getattr(torch, dtype)
    state = {
        n: t if n.endswith(COUNTER) else t.nan_to_num(1).to(kind)
        for n, t in torch_state(SMALL).items()
    }
    write_torch(here / "a.pt", state)
    refused(here / "a.pt", 1, f"`conv1.weight` is of the type `{dtype}`, not `float32`, `float64`")
    if dtype != "complex64":
        save_file(state, here / "a.safetensors")
        refused(here / "a.safetensors", 1, "`conv1.weight` is of the type `")


def test_a_counter_of_another_type(here: Path) -> None:
    name = f"bn1.{COUNTER}"
    write_torch(here / "a.pt", torch_state(SMALL) | {name: torch.tensor(2.0)})
    refused(here / "a.pt", 1, f"`{name}` is of the type `float32`, not `int64`")


def test_sparse_weights(here: Path) -> None:
    state = torch_state(SMALL)
    state["fc1.weight"] = torch.eye(5, 120).to_sparse()
    write_torch(here / "a.pt", state)
    refused(here / "a.pt", 1, "`fc1.weight` is of the type `float32 (sparse_coo)`")


def test_several_types_in_one_file_do_not_go_to_keras(here: Path) -> None:
    state = torch_state(SMALL)
    state["fc1.weight"] = state["fc1.weight"].double()
    write_torch(here / "a.pt", state)
    for output in ("out.keras", "out.weights.h5"):
        ran = run("weights", "convert", "net.cnn", "a.pt", output)
        assert ran.code == 1
        assert "error[E503]: the weights have the types float32 and float64" in ran.err
        assert not Path(output).exists()
    assert leftovers(here) == []


# --- no weights ------------------------------------------------------------------------------


def test_an_optimisers_state_alone(here: Path) -> None:
    optimizer = torch.optim.Adam(module(SMALL, "torch").Small().parameters())
    torch.save(optimizer.state_dict(), here / "a.pt")
    refused(here / "a.pt", 2, "it holds the state of an optimiser and no weights")


@pytest.mark.parametrize("thing", [[1, 2], torch.zeros(3), {}, {"a": 1}, "text", None])
def test_a_pickle_of_something_else(thing: object, here: Path) -> None:
    torch.save(thing, here / "a.pt")
    refused(here / "a.pt", 2, "error[E014]")
