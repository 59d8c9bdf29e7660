"""Every format to every other and back: the same bits, as the frameworks themselves read them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from cli.runner import run

from weights.given import (
    BITS,
    COUNTER,
    ENDINGS,
    KERAS,
    SMALL,
    TORCH,
    module,
    raw,
    read_keras,
    read_torch,
    small_file,
    torch_state,
    write_torch,
)


def convert(source: Path, output: Path, *options: str) -> Path:
    ran = run("weights", "convert", "net.cnn", source, output, *options)
    assert (ran.code, ran.out) == (0, ""), ran.err
    assert ran.err.startswith(f"{output}: ")
    return output


def read(path: Path, dtype: str = "float32") -> dict[str, bytes]:
    """The bits of all weights, as the framework reads the file."""
    if path.suffix in (".h5", ".keras"):
        return read_keras(path, SMALL, dtype)
    state = read_torch(path)
    return {name: raw(tensor) for name, tensor in state.items() if not name.endswith(COUNTER)}


@pytest.mark.parametrize("there", ENDINGS)
@pytest.mark.parametrize("ending", ENDINGS)
def test_there_and_back_again(ending: str, there: str, good: dict[str, Path], here: Path) -> None:
    first = convert(good[ending], here / f"first{there}")
    second = convert(first, here / f"second{ending}")
    assert read(second) == read(good[ending])


@pytest.mark.parametrize("there", KERAS)
@pytest.mark.parametrize("dtype", BITS)
def test_a_type_stays_what_it_is(dtype: str, there: str, here: Path) -> None:
    given = small_file(here, ".pt", dtype)
    first = convert(given, here / f"first{there}")
    assert len(read(first, dtype)) == 10
    second = convert(first, here / "second.safetensors")
    assert read(second) == read(given)
    assert {str(t.dtype) for n, t in read_torch(second).items() if not n.endswith(COUNTER)} == {
        f"torch.{dtype}"
    }


@pytest.mark.parametrize("dtype", BITS)
def test_a_type_stays_what_it_is_within_a_framework(dtype: str, here: Path) -> None:
    given = small_file(here, ".safetensors", dtype)
    assert read(convert(given, here / "other.pt")) == read(given)
    given = small_file(here, ".keras", dtype)
    assert read(convert(given, here / "other.weights.h5"), dtype) == read(given, dtype)


def test_several_types_stay_what_they_are_within_torch(here: Path) -> None:
    state = torch_state(SMALL)
    state["fc1.weight"] = state["fc1.weight"].double()
    given = write_torch(here / "given.pt", state)
    assert read(convert(given, here / "other.safetensors")) == read(given)


@pytest.mark.parametrize("ending", TORCH)
def test_a_state_dict_from_keras_loads_strictly(
    ending: str, good: dict[str, Path], here: Path
) -> None:
    state = read_torch(convert(good[".keras"], here / f"out{ending}"))
    model = module(SMALL, "torch").Small()
    model.load_state_dict(state, strict=True)
    assert list(state) == list(model.state_dict()) or ending == ".safetensors"  # sorts by size
    assert state[f"bn1.{COUNTER}"].dtype is torch.int64
    assert state[f"bn1.{COUNTER}"] == 0


def test_counters_are_kept_within_torch(here: Path) -> None:
    state = torch_state(SMALL) | {f"bn1.{COUNTER}": torch.tensor(12)}
    given = write_torch(here / "given.pt", state)
    found = read_torch(convert(given, here / "out.safetensors"))
    assert found[f"bn1.{COUNTER}"] == 12
    convert(given, here / "out.keras")


def test_counters_need_not_be_there(here: Path) -> None:
    state = {n: t for n, t in torch_state(SMALL).items() if not n.endswith(COUNTER)}
    given = write_torch(here / "given.pt", state)
    assert read_torch(convert(given, here / "out.pt"))[f"bn1.{COUNTER}"] == 0


def test_settings_are_those_of_the_network(here: Path) -> None:
    given = write_torch(here / "given.pt", torch_state(SMALL, classes=7))
    made = convert(given, here / "out.weights.h5", "--set", "classes=7")
    back = convert(made, here / "back.pt", "--set", "classes=7")
    assert read(back) == read(given)


def test_the_readers_rights_are_those_of_any_new_file(good: dict[str, Path], here: Path) -> None:
    (here / "plain").touch()
    for ending in ENDINGS:
        made = convert(good[".pt"], here / f"out{ending}")
        assert made.stat().st_mode == (here / "plain").stat().st_mode
