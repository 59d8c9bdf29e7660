"""Files that would run code, read other files, take all memory or never end."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from cli.runner import run

from weights.given import SMALL, torch_state, write_torch
from weights.refusing import refused


class Malicious:
    """Unpickling it makes a file."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.mkdir, ("pwned",)


def test_code_in_a_pickle_is_not_run(here: Path) -> None:
    torch.save({"conv1.weight": Malicious()}, here / "a.pt")
    (here / "b.pth").write_bytes(pickle.dumps(Malicious()))
    refused(here / "a.pt", 2, "error[E014]: it needs `posix.mkdir` to be read", "could run code")
    refused(here / "b.pth", 2, "error[E014]: ")
    assert not (here / "pwned").exists()


def test_a_whole_model_in_a_pickle(here: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), here / "a.pt")
    said = "it holds a whole `torch.nn.modules.linear.Linear`, not its weights"
    refused(here / "a.pt", 2, said, "torch.save(torch.load(")


def test_a_view_that_repeats_its_values(here: Path) -> None:
    huge = torch.zeros(1).expand(10**6, 10**6)
    write_torch(here / "a.pt", torch_state(SMALL) | {"fc1.weight": huge})
    refused(here / "a.pt", 2, "`fc1.weight` is a view that repeats its values")


KERNEL, BIAS = "layers/dense/vars/0", "layers/dense/vars/1"


def changed(good: dict[str, Path], here: Path, change: Callable[[h5py.File], object]) -> Path:
    """The good file of Keras with something done to it."""
    path = here / "changed.weights.h5"
    path.write_bytes(good[".weights.h5"].read_bytes())
    with h5py.File(path, "a") as file:
        change(file)
    return path


def _replaced(file: h5py.File, value: Any) -> None:
    del file[BIAS]
    file[BIAS] = value


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((5,), "f4")
    layout[:] = h5py.VirtualSource("secret.h5", "x", (5,))
    del file[BIAS]
    file.create_virtual_dataset(BIAS, layout)


def _external(file: h5py.File) -> None:
    del file[BIAS]
    file.create_dataset(BIAS, (5,), "f4", external=[("secret.bin", 0, 20)])


def _huge(file: h5py.File) -> None:
    del file[BIAS]
    file.create_dataset(BIAS, (10**6, 10**6), "f4", chunks=(1000, 1000), compression="gzip")


def _bomb(file: h5py.File) -> None:
    del file[BIAS]
    zeros = np.zeros(18 << 20, "f4")
    file.create_dataset(BIAS, data=zeros, chunks=(1 << 20,), compression="gzip")


def _chunk(file: h5py.File) -> None:
    del file[BIAS]
    chunks = (18 << 20,)
    file.create_dataset(BIAS, (5,), "f4", chunks=chunks, maxshape=(None,), compression="gzip")
    file[BIAS][:] = 1


def _unwritten(file: h5py.File) -> None:
    del file[BIAS]
    file.create_dataset(BIAS, (5,), "f4")


def _in_part(file: h5py.File) -> None:
    del file[BIAS]
    file.create_dataset(BIAS, (5,), "f4", chunks=(2,))[:2] = 1


def _cycle(file: h5py.File) -> None:
    file["layers/again"] = file["layers"]


def _deep(file: h5py.File) -> None:
    file.create_group("layers" + "/a" * 5000)


HOSTILE = {
    "external link": (lambda f: _replaced(f, h5py.ExternalLink("secret.h5", "/x")), "is a link"),
    "soft link": (lambda f: _replaced(f, h5py.SoftLink(f"/{KERNEL}")), "is a link"),
    "virtual": (_virtual, "is kept in another file"),
    "external": (_external, "is kept in another file"),
    "huge": (_huge, "its arrays have more than the 67,"),
    "bomb": (_bomb, "its arrays have more than the 67,"),
    "bomb in a chunk": (_chunk, "its arrays have more than the 67,"),
    "never written": (_unwritten, "the values of `layers/dense/vars/1` were never written"),
    "written in part": (_in_part, "the values of `layers/dense/vars/1` were never written"),
    "cycle": (_cycle, "is there under two names"),
    "deep": (_deep, "levels deep"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_of_keras(what: str, good: dict[str, Path], here: Path) -> None:
    change, said = HOSTILE[what]
    with h5py.File(here / "secret.h5", "w") as secret:
        secret["x"] = np.ones(5, "f4")
    (here / "secret.bin").write_bytes(bytes(20))
    path = changed(good, here, change)
    refused(path, 2, "error[E014]", said)
    with zipfile.ZipFile(here / "a.keras", "w") as archive:
        archive.write(path, "model.weights.h5")
    refused(here / "a.keras", 2, "error[E014]", said)


def test_a_heap_that_the_library_reads_for_ever(good: dict[str, Path], here: Path) -> None:
    data = bytearray(good[".weights.h5"].read_bytes())
    start = data.index(b"GCOL")
    data[start + 16 : start + 32] = bytes(16)  # an object of number 0, free space, without a size
    (here / "a.weights.h5").write_bytes(data)
    refused(here / "a.weights.h5", 2, "free space without a size")


def test_integers_in_a_file_of_keras(good: dict[str, Path], here: Path) -> None:
    path = changed(good, here, lambda file: _replaced(file, np.zeros(5, np.int32)))
    refused(path, 1, "`fc1.bias` is of the type `int32`")


def test_layers_without_names(good: dict[str, Path], here: Path) -> None:
    path = changed(good, here, lambda f: f["layers/conv2d/vars"].attrs.pop("name"))
    refused(path, 2, "does not say the names of its layers: save it with Keras 3.13 or newer")


def test_a_model_with_weights_of_its_own(good: dict[str, Path], here: Path) -> None:
    def add(file: h5py.File) -> None:
        file["vars/0"] = np.zeros(3, "f4")

    refused(changed(good, here, add), 1, "`Small.0` 3 is only in the file")


def test_two_layers_of_one_name(good: dict[str, Path], here: Path) -> None:
    def rename(file: h5py.File) -> None:
        file["layers/dense_1/vars"].attrs["name"] = "fc1"

    refused(changed(good, here, rename), 2, "there are two layers called `fc1` in it")


def test_an_archive_that_keras_did_not_write(here: Path) -> None:
    with zipfile.ZipFile(here / "a.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    refused(here / "a.keras", 2, "there is no `model.weights.h5` in it")


def test_an_archive_in_another_order(good: dict[str, Path], here: Path) -> None:
    with zipfile.ZipFile(good[".keras"]) as given, zipfile.ZipFile(here / "a.keras", "w") as made:
        made.writestr("assets/", "")
        for name in reversed(given.namelist()):
            made.writestr(name, given.read(name))
    assert run("weights", "convert", "net.cnn", "a.keras", "a.pt").code == 0


def test_an_archive_that_claims_to_be_large(here: Path) -> None:
    with zipfile.ZipFile(here / "a.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", bytes(65 << 20))
    refused(here / "a.keras", 2, "`model.weights.h5` in it claims to have more than the 67,")


def test_the_configuration_of_a_model_is_not_looked_at(good: dict[str, Path], here: Path) -> None:
    weights = zipfile.ZipFile(good[".keras"]).read("model.weights.h5")
    with zipfile.ZipFile(here / "a.keras", "w") as archive:
        archive.writestr("model.weights.h5", weights)
        archive.writestr("config.json", io.BytesIO(b"\x00not json").getvalue())
    assert run("weights", "convert", "net.cnn", "a.keras", "a.safetensors").code == 0


def test_names_do_not_steer_the_terminal(here: Path) -> None:
    name = "conv1.\x1b[31mweight\n\u202e[red]"
    write_torch(here / "a.pt", torch_state(SMALL) | {name: torch.zeros(1)})
    refused(here / "a.pt", 1, "conv1.\\u001b[31mweight\\n\\u202e[red]")
    out = run("weights", "inspect", "net.cnn", "a.pt").out
    assert "conv1.\\u001b[31mweight\\n\\u202e[red]" in out
