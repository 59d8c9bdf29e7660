"""Where a file is from, among its metadata, where viewers show it."""

from __future__ import annotations

from google.protobuf.message import DecodeError
from onnx import ModelProto

from cnngen.provenance import Provenance, Stamped

KEYS = {"origin": "cnngen:origin", "source": "cnngen:source", "body": "cnngen:body"}
"""The keys of the metadata, by what they hold."""


def stamp(data: bytes, of: Provenance) -> bytes:
    """The file with its provenance, which stands after all else."""
    added = ModelProto()
    for field, key in KEYS.items():
        added.metadata_props.add(key=key, value=getattr(of, field))
    # Two messages one after another are one with the repeated fields of both.
    tail: bytes = added.SerializeToString(deterministic=True)
    return data + tail


def unstamp(data: bytes) -> Stamped | None:
    """What a file says of itself, and the rest; None where it is no such file or says nothing."""
    model = ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError:
        return None
    said = {entry.key: entry.value for entry in model.metadata_props}
    if not said.keys() & KEYS.values():
        return None
    others = [entry for entry in model.metadata_props if entry.key not in KEYS.values()]
    del model.metadata_props[:]
    model.metadata_props.extend(others)
    of = Provenance(*(said.get(KEYS[field], "") for field in Provenance._fields))
    return Stamped(of, model.SerializeToString(deterministic=True))
