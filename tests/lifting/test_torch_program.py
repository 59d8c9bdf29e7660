"""An exported program is recorded as the model is that it was exported from."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnngen.lifting.torch import record, record_program
from cnngen.lifting.torch.arrangement import extents
from cnngen.lifting.torch.tidy import tidy
from cnngen.lifting.traced import Step, Traced, UnliftableError
from cnngen.ops import Dropout, Identity, Map, Relu, Shape
from lifting import torch_models as models

CASES: list[tuple[type[nn.Module], list[Shape]]] = [
    (models.Functional, [Map((18, 18), 3)]),
    (models.Loops, [Map((8, 8), 3)]),
    (models.Several, [Map((5, 5), 3), Map((5, 5), 2)]),
    (models.InPlace, [Map((6, 6), 3)]),
    (models.Cut, [Map((6, 8), 8)]),
    (models.SqueezeExcite, [Map((6, 8), 8)]),
    (models.ChannelsLast, [Map((4, 5), 6)]),
    (models.Blocks, [Map((16, 14), 3)]),
    (models.OneAxis, [Map((50,), 2)]),
]


def export(model: nn.Module, shapes: list[Shape], batch: int) -> torch.export.ExportedProgram:
    given = tuple(torch.zeros(batch, *extents(shape)) for shape in shapes)
    return torch.export.export(model, given)


def plain(traced: Traced) -> list[Step]:
    """The steps without what a program does not know: places, and children that do nothing."""
    number: dict[int, int] = {}
    kept: list[Step] = []
    for place, step in enumerate(traced.steps):
        if isinstance(step.what, Identity):
            number[place] = number[step.inputs[0]]
            continue
        number[place] = len(kept)
        inputs = tuple(number[each] for each in step.inputs)
        kept.append(step._replace(inputs=inputs, place=""))
    return kept


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize(("kind", "shapes"), CASES, ids=lambda each: getattr(each, "__name__", ""))
def test_a_program_is_recorded_as_its_model(
    kind: type[nn.Module], shapes: list[Shape], batch: int
) -> None:
    model = kind().eval()
    traced = record_program(export(model, shapes, batch), name=kind.__name__)
    wanted = tidy(record(model, shapes)._replace(heads=()))
    assert plain(traced) == plain(wanted)
    assert [output.name for output in traced.outputs] == [o.name for o in wanted.outputs]


def test_a_program_with_an_open_batch() -> None:
    program = torch.export.export(
        models.Functional().eval(),
        (torch.zeros(2, 3, 18, 18),),
        dynamic_shapes=({0: torch.export.Dim("batch")},),
    )
    traced = record_program(program, name="Functional")
    assert plain(traced) == plain(record(models.Functional(), [Map((18, 18), 3)]))


def test_a_program_with_open_sizes_asks_for_them() -> None:
    height = torch.export.Dim("height", min=6, max=64)
    program = torch.export.export(
        models.InPlace().eval(), (torch.zeros(2, 3, 8, 8),), dynamic_shapes=({2: height},)
    )
    with pytest.raises(UnliftableError, match="the size of `x` is open: say it with --input"):
        record_program(program, name="InPlace")
    traced = record_program(program, [Map((10, 8), 3)], name="InPlace")
    assert plain(traced) == plain(record(models.InPlace(), [Map((10, 8), 3)]))


def test_a_program_that_calls_something_else_is_refused() -> None:
    program = export(models.Functional().eval(), [Map((18, 18), 3)], 1)
    node = next(node for node in program.graph.nodes if node.op == "call_function")
    node.target = print
    with pytest.raises(UnliftableError, match="which is no operator on tensors"):
        record_program(program, name="Functional")


def test_dropout_of_a_program_is_a_layer_although_it_was_exported_for_evaluation() -> None:
    program = export(nn.Sequential(nn.Dropout(0.3), nn.ReLU()).eval(), [Map((4, 4), 3)], 1)
    traced = record_program(program, name="Drops")
    assert [(step.what, step.name) for step in traced.steps[1:]] == [
        (Dropout(0.3), "0"),
        (Relu(), "1"),
    ]


def test_a_program_that_was_exported_in_training() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Dropout(0.3)).train()
    traced = record_program(export(model, [Map((4, 4), 3)], 2), name="Trained")
    assert plain(traced) == plain(record(model, [Map((4, 4), 3)]))


def test_a_place_in_a_program_is_that_of_its_model() -> None:
    class Odd(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.erf(x)

    (step,) = record_program(export(Odd(), [Map((4, 4), 3)], 2), name="Odd").steps[1:]
    assert step.place.rpartition(":")[0] == __file__
