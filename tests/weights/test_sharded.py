"""Weights in several files, with an index that says which are where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from cli.runner import run
from safetensors.torch import save_file

from weights.given import SMALL, raw, read_torch, torch_state, write_torch
from weights.refusing import refused

INDEX = {".safetensors": "model.safetensors.index.json", ".bin": "pytorch_model.bin.index.json"}


def sharded(ending: str, folder: Path = Path(), **changes: Any) -> Path:
    """The small network's weights in two files, and the index, with changes to it."""
    state = torch_state(SMALL)
    names = list(state)
    files = {f"part-1{ending}": names[:4], f"part-2{ending}": names[4:]}
    for file, own in files.items():
        save = save_file if ending == ".safetensors" else torch.save
        save({name: state[name].contiguous() for name in own}, folder / file)
    index = {name: file for file, own in files.items() for name in own} | changes
    path = folder / INDEX[ending]
    path.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": index}))
    return path


@pytest.mark.parametrize("ending", INDEX)
def test_the_files_are_taken_together(ending: str, here: Path) -> None:
    (here / "in").mkdir()
    path = sharded(ending, here / "in")
    assert run("weights", "convert", "net.cnn", path, "out.safetensors").code == 0
    found = {name: raw(tensor) for name, tensor in read_torch(here / "out.safetensors").items()}
    assert found == {name: raw(tensor) for name, tensor in torch_state(SMALL).items()}
    assert run("weights", "inspect", "net.cnn", path).code == 0


@pytest.mark.parametrize(
    "name",
    ["../secret.bin", "/secret.bin", "in/part.bin", "..", ".", "", "a\\b", "c:d", "a\0b", 3, None],
)
def test_a_name_that_leads_elsewhere(name: object, here: Path) -> None:
    write_torch(here / "secret.bin", torch_state(SMALL))
    refused(
        sharded(".bin", **{"fc2.bias": name}), 2, "error[E014]: ", "is no name of a file beside"
    )


def test_a_file_that_is_not_there(here: Path) -> None:
    path = sharded(".safetensors")
    Path("part-2.safetensors").unlink()
    refused(path, 2, "error[E014]: the file `part-2.safetensors` is not beside it")
    Path("part-2.safetensors").symlink_to("/dev/zero")
    refused(path, 2, "error[E014]: it is a pipe or a device")


def test_files_that_have_more_or_less_than_the_index_says(here: Path) -> None:
    path = sharded(".bin", **{"fc2.bias": "part-1.bin"})
    refused(path, 2, "error[E014]: the index and `part-1.bin` differ about `fc2.bias`")
    path = sharded(".bin", other="part-2.bin")
    refused(path, 2, "error[E014]: the index and `part-2.bin` differ about `other`")


def test_a_file_that_is_damaged_or_no_part(here: Path) -> None:
    path = sharded(".bin")
    Path("part-1.bin").write_bytes(b"hello")
    refused(path, 2, "error[E014]: `part-1.bin`: not a file of PyTorch's")
    torch.save({"state_dict": torch_state(SMALL)}, "part-1.bin")
    refused(path, 2, "error[E014]: `part-1.bin` is more than a part of the weights")


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"weight_map": {}}', '{"weight_map": 3}', "[" * 9]
)
def test_what_is_no_index(text: str, here: Path) -> None:
    path = here / "in.bin.index.json"
    path.write_text(text)
    refused(path, 2, "error[E014]: ")


def test_files_that_are_too_large_together(here: Path) -> None:
    path = sharded(".bin")
    for number in (1, 2):
        with Path(f"part-{number}.bin").open("r+b") as file:
            file.truncate(40 << 20)
    refused(path, 2, "error[E014]: the files have more than the 67,")


def test_an_index_is_not_written(good: dict[str, Path]) -> None:
    ran = run("weights", "convert", "net.cnn", good[".pt"], "out.bin.index.json")
    assert ran.code == 2
    assert "has none of the endings" in ran.err
