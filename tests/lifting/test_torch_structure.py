"""Names, calls, modules and arguments, as the structure of a file is found from them."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - as everyone calls it
from torch import Tensor, nn

from cnngen.lifting.torch import record, watching
from cnngen.lifting.traced import Call, Input, Join, Output, Step, Traced, Unsaid
from cnngen.ops import (
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    DropPath,
    Flatten,
    GlobalResponseNorm,
    Identity,
    LayerScale,
    Map,
    Normalize,
    Op,
    Relu,
    Shape,
    SpatialDropout,
)
from lifting import torch_models as models

IMAGE: list[Shape] = [Map((8, 8), 3)]


def words(traced: Traced) -> list[tuple[str, str]]:
    """The word and the name of each step."""
    return [(_word(step), step.name) for step in traced.steps]


def _word(step: Step) -> str:
    if isinstance(step.what, Op):
        return step.what.word
    assert isinstance(step.what, (Input, Join, Unsaid))
    return step.what[0]


def only(traced: Traced, kind: type[Op]) -> list[Step]:
    return [step for step in traced.steps if isinstance(step.what, kind)]


def test_a_module_of_torch_is_one_named_step() -> None:
    traced = record(models.Loops(), IMAGE)
    assert words(traced)[:4] == [
        ("x", ""),
        ("conv", "stages.0.0"),
        ("bn", "stages.0.1"),
        ("relu", "stages.0.2"),
    ]
    (conv, *_) = only(traced, Conv)
    assert conv.calls == (Call("stages.0"),)
    assert conv.weights == {"kernel": "stages.0.0.weight", "bias": "stages.0.0.bias"}
    (norm, *_) = only(traced, BatchNorm)
    assert norm.weights == {
        "scale": "stages.0.1.weight",
        "shift": "stages.0.1.bias",
        "mean": "stages.0.1.running_mean",
        "variance": "stages.0.1.running_var",
    }
    assert traced.outputs == (Output("a", 19), Output("b", 20)) or len(traced.outputs) == 2
    assert {path: module.kind for path, module in traced.modules.items()} == {
        "": "Loops",
        "stages": "ModuleList",
        "stages.0": "Sequential",
        "stages.1": "Sequential",
        "stages.2": "Sequential",
        "heads": "ModuleDict",
    }


def test_layers_that_are_applied_again_have_one_name() -> None:
    traced = record(models.Reused(), IMAGE)
    assert [step.name for step in only(traced, Conv)] == ["first", "again", "again", "again"]


def test_a_weight_that_two_layers_share_alone_is_unsaid() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = nn.Linear(4, 4), nn.Linear(4, 4)
            self.two.weight = self.one.weight

        def forward(self, x: Tensor) -> Tensor:
            return self.two(self.one(x.mean((2, 3))))

    traced = record(Tied(), [Map((2, 2), 4)])
    assert [step.what for step in traced.steps if isinstance(step.what, Unsaid)] == [
        Unsaid("dense", "it shares weights with `one`, which is another layer")
    ]


def test_what_training_alone_returns_is_a_head() -> None:
    traced = record(models.Several(), [Map((5, 5), 3), Map((5, 5), 2)])
    assert [step.what for step in traced.steps[:2]] == [Input("image"), Input("depth")]
    assert [output.name for output in traced.outputs] == ["logits", "features"]
    (head,) = traced.heads
    assert traced.steps[head.step].name == "aux"


def test_dropout_of_all_kinds_is_what_training_does() -> None:
    class Drops(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.whole = nn.Dropout2d(0.1)
            self.none = nn.Dropout(0.0)

        def forward(self, x: Tensor) -> Tensor:
            x = F.dropout(self.none(self.whole(x)), 0.25, self.training)
            return F.dropout2d(x, p=0.5, training=self.training)

    traced = record(Drops(), IMAGE)
    assert [step.what for step in traced.steps[1:]] == [
        SpatialDropout(0.1),
        Dropout(0.25),
        SpatialDropout(0.5),
    ]


class DropPath_(nn.Module):  # noqa: N801 - it gets the name that libraries have
    def __init__(self, drop_prob: float, factor: float = 1.0) -> None:
        super().__init__()
        self.drop_prob, self.factor = drop_prob, factor

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        kept = 1 - self.drop_prob
        mask = x.new_empty(x.shape[0], *(1,) * (x.dim() - 1)).bernoulli_(kept)
        return x * mask.div_(kept) * self.factor


DropPath_.__name__ = "DropPath"


def test_a_drop_path_is_known_by_its_name_and_what_it_computes() -> None:
    traced = record(nn.Sequential(nn.ReLU(), DropPath_(0.2)), IMAGE)
    assert [(step.what, step.name) for step in traced.steps[1:]] == [
        (Relu(), "0"),
        (DropPath(0.2), "1"),
    ]


def test_one_that_computes_something_else_is_none() -> None:
    traced = record(nn.Sequential(nn.ReLU(), DropPath_(0.2, factor=2.0)), IMAGE)
    assert not only(traced, DropPath)
    assert any(isinstance(step.what, Unsaid) for step in traced.steps)


def test_numbered_children_that_do_nothing_are_identities() -> None:
    pool = nn.AdaptiveAvgPool2d(8)  # of a map that is as large already
    model = nn.Sequential(pool, nn.Flatten(), nn.Dropout(0.0), nn.Linear(192, 2))
    assert [(step.what, step.name) for step in record(model, IMAGE).steps[1:]] == [
        (Identity(), "0"),
        (Flatten(), "1"),
        (Identity(), "2"),
        (Dense(2, bias=True), "3"),
    ]


class NormAct(nn.BatchNorm2d):
    """A norm with its activation, as timm has it."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(super().forward(x))


def test_a_norm_with_an_activation_inside_is_two_layers() -> None:
    traced = record(nn.Sequential(nn.Conv2d(3, 4, 1), NormAct(4)), IMAGE)
    assert words(traced)[1:] == [("conv", "0"), ("bn", "1"), ("relu", "1.act")]
    assert all(step.calls == () for step in traced.steps)


class Padded(nn.Conv2d):
    """A convolution that pads as TensorFlow does; its name does not say so."""

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(F.pad(x, (0, 1, 0, 1)), self.weight, self.bias, self.stride)


def test_padding_inside_of_a_convolution_is_its_own() -> None:
    (conv,) = only(record(nn.Sequential(Padded(3, 4, 3, stride=2)), IMAGE), Conv)
    expected = Conv(4, (3, 3), stride=(2, 2), pad=(0, 0), pad_after=(1, 1), bias=True)
    assert (conv.what, conv.name) == (expected, "0")


class Conv2dSame(Padded):
    """The same; its name says so."""


def test_a_name_says_that_it_is_padding_of_the_same_size() -> None:
    (conv,) = only(record(nn.Sequential(Conv2dSame(3, 4, 3, stride=2)), IMAGE), Conv)
    assert conv.what == Conv(4, (3, 3), stride=(2, 2), pad="same", bias=True)


def test_a_layer_scale_starts_where_its_weights_do() -> None:
    (scale,) = only(record(models.ChannelsLast(), [Map((4, 5), 6)]), LayerScale)
    assert (scale.what, scale.weights) == (LayerScale(0.5, "vector"), {"scale": "gamma"})


class Prepared(nn.Module):
    """Inputs as they are prepared, with a difference that is read alone too."""

    def __init__(self, *, twice: bool) -> None:
        super().__init__()
        self.twice = twice
        self.register_buffer("mean", torch.tensor([0.5, 0.25, 0.75]).view(3, 1, 1))
        self.register_buffer("std", torch.tensor([0.5, 0.25, 2.0]).view(3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        centred = x - self.mean
        scaled: Tensor = centred / self.std
        return scaled + centred if self.twice else scaled


def test_a_mean_and_a_deviation_are_one_layer() -> None:
    (found,) = only(record(Prepared(twice=False), IMAGE), Normalize)
    assert found.what == Normalize((0.5, 0.25, 0.75), (0.5, 0.25, 2.0))
    both = only(record(Prepared(twice=True), IMAGE), Normalize)
    assert [step.inputs for step in both] == [(0,), (0,)]


class Unit(nn.Module):
    def __init__(self, width: int, *, stride: int = 1, act: nn.Module | None = None) -> None:
        width = 2 * width
        super().__init__()
        self.conv = nn.Conv2d(3, width, 1, stride=stride)
        self.act = act or nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.conv(x))


def test_constructors_that_are_watched_tell_their_arguments() -> None:
    with watching():
        model = nn.Sequential(Unit(4, stride=2, act=nn.SiLU()))
    traced = record(model, IMAGE)
    assert traced.modules["0"].arguments == {"width": 4, "stride": 2}
    assert traced.modules["0"].identity.endswith("test_torch_structure.Unit")
    assert Unit(4).conv.out_channels == 8


def test_attributes_stand_for_what_was_not_watched() -> None:
    unit = Unit(4)
    unit.width = 8  # type: ignore[assignment]
    assert record(nn.Sequential(unit), IMAGE).modules["0"].arguments == {"width": 8}


def test_watching_ends() -> None:
    init = Unit.__init__
    with watching():
        assert Unit.__init__ is not init
    assert Unit.__init__ is init
    assert "__init_subclass__" not in vars(nn.Module)


def test_a_model_on_the_device_meta_is_recorded() -> None:
    with torch.device("meta"):
        model = models.Loops()
    assert words(record(model, IMAGE)) == words(record(models.Loops(), IMAGE))


class Head(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.act, self.fc = nn.ReLU(), nn.Linear(192, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.act(x.flatten(1)))


class Heads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = Head(), Head()

    def forward(self, x: Tensor) -> Tensor:
        return self.one(x) + self.two(x)


def test_each_block_flattens_for_itself() -> None:
    traced = record(Heads(), IMAGE)
    assert [step.calls for step in only(traced, Flatten)] == [(Call("one"),), (Call("two"),)]


def test_what_fails_halfway_leaves_no_step_that_another_reads() -> None:
    """The view is put in order before the sum fails; what reads it then is a flatten of its own."""

    class Halfway(nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            flat = x.flatten(1)
            failed = torch.add(flat, flat.flip(1), alpha=3)
            return failed, torch.relu(flat)

    traced = record(Halfway(), IMAGE)
    relu = traced.steps[traced.outputs[1].step]
    assert (relu.what, traced.steps[relu.inputs[0]].what) == (Relu(), Flatten())


def test_layers_that_are_known_by_name() -> None:
    traced = record(models.KnownByName(), [Map((20, 16), 3)])
    assert words(traced)[1:] == [
        ("ws_conv", "conv"),
        ("blurpool", "blur"),
        ("layernorm", "channels"),
        ("grn", "norm"),
    ]


class StdConv2d(models.StdConv2d):
    """Its variance is the unbiased one: it has the name and is another layer."""

    unbiased = True


def test_a_name_is_believed_only_where_the_numbers_are_right() -> None:
    traced = record(nn.Sequential(StdConv2d(3, 4, 3)), IMAGE)
    (step,) = [step for step in traced.steps if isinstance(step.what, Unsaid)]
    assert isinstance(step.what, Unsaid)
    assert step.what.operator == "conv2d"


def test_another_eps_is_seen() -> None:
    model = models.KnownByName()
    model.norm.eps = 1e-3  # type: ignore[assignment]
    traced = record(model, [Map((20, 16), 3)])
    (grn,) = [step for step in traced.steps if _word(step) == "grn"]
    assert grn.what == GlobalResponseNorm(1e-3)
