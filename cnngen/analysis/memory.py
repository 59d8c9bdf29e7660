"""What memory a network takes beside that of the framework: its weights, and the values between.

An estimate of eager execution, where each layer's output is new and is freed once nothing reads it
any more. Windows unrolled for a convolution, and workspace of the framework, are not in it.
"""

from __future__ import annotations

from cnngen.analysis.dataflow import Dataflow, Value
from cnngen.ir import Layer

FLOAT32 = 4
"""Bytes of a number."""


def elements(value: Value, *, training: bool) -> int:
    """The numbers that a value takes: none where it is another one, in another shape."""
    if isinstance(value.item, Layer):
        op = value.item.op
        if op.keeps_elements or (op.draws and not training):
            return 0
    return value.shape.elements


def peak(flow: Dataflow) -> int:
    """The most numbers that live at once in evaluation, for one input."""
    in_training = flow.leading_to(flow.heads.values()) - flow.leading_to(flow.outputs.values())
    owners = _owners(flow)
    last = _last_reads(flow, owners, in_training)
    living: dict[int, int] = {}
    most = 0
    for place, value in enumerate(flow.values):
        if place in in_training:
            continue
        if owners[place] == place:
            living[place] = elements(value, training=False)
        most = max(most, sum(living.values()))
        for read in {owners[each] for each in (place, *value.reads)}:
            if last.get(read, -1) <= place:
                living.pop(read, None)
    return most


def _owners(flow: Dataflow) -> list[int]:
    """The value whose memory each one is in: its own, or that of the one it only reshapes."""
    owners: list[int] = []
    for place, value in enumerate(flow.values):
        new = not value.reads or elements(value, training=False) > 0
        owners.append(place if new else owners[value.reads[0]])
    return owners


def _last_reads(flow: Dataflow, owners: list[int], left_out: set[int]) -> dict[int, int]:
    """After which value each one is read no more; what the network returns stays to the end."""
    last: dict[int, int] = {}
    for place, value in enumerate(flow.values):
        if place not in left_out:
            last.update({owners[read]: place for read in value.reads})
    return last | {owners[place]: len(flow.values) for place in flow.outputs.values()}
