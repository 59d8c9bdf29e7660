"""What cannot be said is told with its place, and never recorded as something else."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as everyone calls it
from torch import Tensor, nn

from cnngen.lifting.torch import record
from cnngen.lifting.traced import Step, Traced, UnliftableError, Unsaid
from cnngen.ops import Map

IMAGE = [Map((8, 8), 4)]


class Model(nn.Module):
    """One convolution, and what a test does with its output."""

    def __init__(self, then: Callable[[Model, Tensor], object]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.gain = nn.Parameter(torch.ones(1))
        self.then = then

    def forward(self, x: Tensor) -> object:
        return self.then(self, self.conv(x))


def here(step: Step) -> bool:
    """Whether a step's place is a line of this file."""
    file, _, line = step.place.rpartition(":")
    return file == __file__ and line.isdecimal()


def unsaid(traced: Traced) -> list[Step]:
    return [step for step in traced.steps if isinstance(step.what, Unsaid)]


UNSAID: dict[str, tuple[Callable[[Model, Tensor], object], str, str]] = {
    "unknown": (lambda m, x: torch.erf(x), "erf", ""),
    "corners": (
        lambda m, x: F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True),
        "interpolate",
        "it aligns the corners",
    ),
    "noise": (lambda m, x: x + torch.rand_like(x), "rand_like", "it draws at random"),
    "own weights": (
        lambda m, x: F.conv2d(x, torch.tanh(m.conv.weight)),
        "conv2d",
        "`tanh` makes an operand of weights in forward",
    ),
    "one gain": (lambda m, x: x * m.gain, "mul", "it multiplies by `gain`"),
    "always drops": (
        lambda m, x: F.dropout(x, 0.5, training=False) if m.training else x * 1.0,
        "dropout",
        "it is switched off",
    ),
    "sorted": (lambda m, x: torch.sort(x, 1)[0], "sort", ""),
    "over a dimension": (lambda m, x: F.softmax(x, -1), "softmax", "another dimension"),
    "half": (lambda m, x: x.half(), "half", ""),
    "set": (lambda m, x: _set(x), "setitem", ""),
    "batch": (lambda m, x: x[:1], "getitem", "a part along an axis"),
    "cut across": (lambda m, x: x[:, :3].reshape(-1, 2, 96), "reshape", "cuts across"),
    "broadcast": (lambda m, x: x + x.mean(1, keepdim=True), "add", "one is repeated"),
    "divided": (lambda m, x: x / x.norm(), "norm", ""),
}


def _set(x: Tensor) -> Tensor:
    x[:, 0] = 0
    return x


@pytest.mark.parametrize("name", UNSAID)
def test_what_has_no_word_is_unsaid_at_its_place(name: str) -> None:
    then, operator, why = UNSAID[name]
    first = unsaid(record(Model(then), IMAGE))[0]
    assert isinstance(first.what, Unsaid)
    assert (first.what.operator, why in first.what.why) == (operator, True), first.what
    assert here(first)


def test_what_follows_it_is_recorded() -> None:
    traced = record(Model(lambda m, x: F.relu(m.conv(torch.erf(x)))), IMAGE)
    assert len(unsaid(traced)) == 1
    assert [step.name for step in traced.steps] == ["", "conv", "", "conv", ""]


REFUSED: dict[str, tuple[Callable[[Model, Tensor], object], str]] = {
    "bool": (lambda m, x: x if x.sum() > 0 else -x, "`bool` reads the numbers"),
    "item": (lambda m, x: x * x.max().item(), "`item` reads the numbers"),
    "tolist": (lambda m, x: x * len(x.flatten().tolist()), "`tolist` reads the numbers"),
    "stale": (lambda m, x: _stale(x), "memory an in-place operator has changed"),
    "fails": (lambda m, x: m.conv(x.flatten(1)), "the model fails on what --input says"),
    "nothing": (lambda m, x: None, "the model returns NoneType"),
    "not from the input": (lambda m, x: torch.ones(3), "does not come from its input"),
    "modes": (
        lambda m, x: F.relu(x) if m.training else F.gelu(x),
        "in evaluation there is `gelu`, which training does not have",
    ),
}


def _stale(x: Tensor) -> Tensor:
    y = x.view(-1, 256)
    y.relu_()
    return x + 1


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_layers_can_be_is_refused(name: str) -> None:
    then, message = REFUSED[name]
    with pytest.raises(UnliftableError, match=re.escape(message)):
        record(Model(then), IMAGE)


def test_a_refusal_has_the_line() -> None:
    line = inspect.getsourcelines(_stale)[1] + 3
    with pytest.raises(UnliftableError, match=re.escape(f"{__file__}:{line}: it reads a tensor")):
        record(Model(lambda m, x: _stale(x)), IMAGE)


def test_without_a_shape_it_is_asked_for() -> None:
    with pytest.raises(UnliftableError, match="say it with --input"):
        record(nn.ReLU(), None)


def test_two_inputs_where_forward_takes_one() -> None:
    with pytest.raises(UnliftableError, match=r"forward takes input: say the shape of each"):
        record(nn.ReLU(), IMAGE * 2)


def test_a_transformer_ends_in_a_message() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    (first, *_) = unsaid(record(nn.Sequential(nn.Flatten(2), layer), [Map((2, 4), 3)]))
    assert isinstance(first.what, Unsaid)
    assert "attention" in first.what.operator


def test_the_model_is_left_as_it_was() -> None:
    model = Model(lambda m, x: F.relu(x)).eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    call = nn.Module.__call__
    record(model, IMAGE)
    assert not model.training
    assert nn.Module.__call__ is call
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in before.items())


def test_nothing_stays_patched_after_a_refusal() -> None:
    call = nn.Module.__call__
    with pytest.raises(UnliftableError):
        record(Model(lambda m, x: None), IMAGE)
    assert nn.Module.__call__ is call
    assert torch.ones(1).device.type == "cpu"


def test_a_compiled_model_is_named() -> None:
    with pytest.raises(UnliftableError, match="the model is compiled: lift what was given to"):
        record(torch.compile(nn.ReLU()), IMAGE)  # type: ignore[arg-type]


def test_a_scripted_model_is_named() -> None:
    scripted = torch.jit.trace(nn.ReLU(), torch.zeros(1, 4, 8, 8))
    with pytest.raises(UnliftableError, match="a TorchScript module has no Python to run"):
        record(scripted, IMAGE)


def test_a_lazy_layer_has_no_size() -> None:
    with pytest.raises(UnliftableError, match=r"`1\.weight` has no size yet"):
        record(nn.Sequential(nn.Flatten(), nn.LazyLinear(4)), IMAGE)


class Counted(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        return x * self.count


def test_a_buffer_that_forward_changes_is_no_constant() -> None:
    (step,) = unsaid(record(Counted(), IMAGE))
    assert isinstance(step.what, Unsaid)
    assert "changes a parameter or a buffer in forward" in step.what.why


def _caught(m: Model, x: Tensor) -> Tensor:
    try:
        return x if x.sum() > 0 else -x
    except Exception:  # as code that supports tracers does
        return x


def test_a_refusal_stands_where_the_model_catches_it() -> None:
    with pytest.raises(UnliftableError, match="`bool` reads the numbers"):
        record(Model(_caught), IMAGE)


def test_what_changes_a_tensor_unseen_is_refused() -> None:
    def changed(m: Model, x: Tensor) -> Tensor:
        x.data.clamp_(0, 1)
        return x

    with pytest.raises(UnliftableError, match=r"`.data` lets a tensor be changed unseen"):
        record(Model(changed), IMAGE)


def test_a_weight_that_forward_changes_is_told() -> None:
    def changed(m: Model, x: Tensor) -> Tensor:
        m.conv.weight.clamp_(-1, 1)
        return m.conv(x)

    (step,) = unsaid(record(Model(changed), IMAGE))
    assert step.what == Unsaid("conv2d", "`clamp` changes a parameter or a buffer in forward")


def test_a_nearest_position_that_torch_rounds_to_is_told() -> None:
    """Of 2 positions float32 makes 82 with another border than 41 (see LARGEST_FACTOR)."""
    told = record(Model(lambda m, x: F.interpolate(x[..., :2], size=(8, 82))), IMAGE)
    assert [step.what for step in unsaid(told)] == [
        Unsaid("interpolate", "torch rounds positions where it makes 82 of 2")
    ]
    said = record(Model(lambda m, x: F.interpolate(x[..., :2], size=(8, 80))), IMAGE)
    assert not unsaid(said)
