"""What networks of other projects do that was lifted wrongly once, or in a form nobody writes."""

from __future__ import annotations

import re
from typing import Any

import keras
import torch
from torch import Tensor, nn

from cnngen.lifting.structure.alignment import present
from cnngen.lifting.structure.items import Layer, Optional
from cnngen.ops import Map, Shape
from lifting.round_trip import lifted

layers = keras.layers


def proven(model: Any, target: str, inputs: list[Shape] | None = None) -> str:
    """The text of a model's file; the module computes what the model does."""
    trip = lifted(model, inputs, target)
    assert all(each.holds for each in trip.compared), trip.compared
    assert len(trip.compared) == 4
    return trip.text


class Counted(nn.Module):
    """Attributes are called as a word of the language is, and a number."""

    def __init__(self) -> None:
        super().__init__()
        self.block1, self.block2, self.block3 = (nn.Conv2d(3, 3, 3) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        return self.block3(self.block2(self.block1(x)))


def test_labels_that_are_words_of_the_language() -> None:
    text = proven(Counted(), "torch", [Map((8, 9), 3)])
    assert 'for i in range(3) {\n        "block{i + 1}": conv 3 3x3\n    }' in text


class InTurn(nn.Module):
    """Two lists of modules of which one after the other is run, by ``forward`` itself."""

    def __init__(self) -> None:
        super().__init__()
        self.sides = nn.ModuleList(nn.Conv2d(3, 4, 3, 2**i, 1) for i in (0, 1, 2))
        self.downs = nn.ModuleList(
            nn.Sequential(nn.Conv2d(4, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 4, 1)) for _ in range(2)
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.sides[0](x)
        for side, down in zip(list(self.sides)[1:], self.downs, strict=True):
            y = side(x) + down.forward(y)
        return y


def test_lists_of_modules_in_turn_are_not_one_module_again() -> None:
    assert "reuse" not in proven(InTurn(), "torch", [Map((8, 12), 3)])


class Shuffled(nn.Module):
    """It ends with a shuffle, which the modules that read it twice do not begin with."""

    def __init__(self) -> None:
        super().__init__()
        self.branch1, self.branch2 = nn.Conv2d(4, 2, 1), nn.Conv2d(4, 2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.cat((self.branch1(x), self.branch2(x)), 1)
        return x.view(len(x), 2, 2, *x.shape[2:]).transpose(1, 2).reshape(x.shape)


def test_a_shuffle_belongs_to_the_module_that_ends_with_it() -> None:
    text = proven(nn.Sequential(Shuffled(), Shuffled()), "torch", [Map((4, 6), 4)])
    assert text.count(": shuffled") == 2
    assert text.count("channel_shuffle") == 1


class Block(nn.Module):
    """Of two forms that are too unlike for one block."""

    def __init__(self, *, wide: bool) -> None:
        super().__init__()
        self.wide = wide
        if wide:
            self.left, self.right = nn.Conv2d(4, 2, 1), nn.Conv2d(4, 2, 3, padding=1)
        else:
            self.conv, self.norm = nn.Conv2d(4, 4, 5, padding=2), nn.BatchNorm2d(4)
            self.last = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        if self.wide:
            return torch.relu(torch.cat((self.left(x), self.right(x)), 1))
        return torch.relu(x + self.last(torch.relu(self.norm(self.conv(x)))))


def test_several_blocks_of_one_name_have_letters() -> None:
    """By numbers, the second block is called as the second use of the first one is."""
    parts = [Block(wide=wide) for wide in (True, True, False, False)]
    text = proven(nn.Sequential(*parts), "torch", [Map((5, 6), 4)])
    assert "block unit {" in text
    assert "block unit_b {" in text


class Dropping(nn.Module):
    """Its dropout is a function that the model itself calls: no module of it is to be still."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.fc = nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.conv(x)).mean((2, 3))
        return self.fc(nn.functional.dropout(x, 0.2, self.training))


def test_a_model_that_calls_dropout_itself_is_compared_in_training() -> None:
    assert "dropout 0.2" in proven(Dropping(), "torch", [Map((4, 5), 3)])


class Aided(nn.Module):
    """What its side heads return is not called as the modules are, nor in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 5, 1)
        self.aux1 = nn.Sequential(nn.Conv2d(4, 2, 3), nn.ReLU())
        self.aux2 = nn.Sequential(nn.Conv2d(5, 2, 1), nn.Conv2d(2, 2, 1))

    def forward(self, x: Tensor) -> Any:
        x = self.first(x)
        early = self.aux1(x) if self.training else None
        x = self.last(x)
        if not self.training:
            return x
        return {"main": x, "later": self.aux2(x), "early": early}


def test_side_heads_are_called_as_their_modules() -> None:
    text = proven(Aided(), "torch", [Map((4, 5), 3)])
    assert re.findall(r"aux (\w+)", text) == ["aux1", "aux2"]


def test_what_no_use_of_a_block_has_is_not_in_it() -> None:
    layer = Layer("relu", {}, 4, 1)
    absent = Optional((layer,), False, 4, 1)
    forms = present([(layer, absent, absent), (layer, absent, absent._replace(present=True))])
    assert forms == [(layer, absent), (layer, absent._replace(present=True))]


# --- flat graphs ---------------------------------------------------------------------------------


def _normed(x: Any, filters: int, kernel: int = 3, strides: int = 1, padding: str = "same") -> Any:
    x = layers.Conv2D(filters, kernel, strides, padding, use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


def _made(inputs: Any, outputs: Any) -> Any:
    return keras.Model(inputs, outputs, name="net")


def test_a_loop_does_not_part_a_norm_from_its_convolution() -> None:
    x = inputs = keras.Input((6, 6, 3))
    for filters in (4, 8, 8):
        x = _normed(x, filters)
    text = proven(_made(inputs, x), "keras")
    assert "conv 4 3x3 pad=same, bn, relu" in text
    assert "repeat 2 { conv 8 3x3 pad=same, bn, relu }" in text


def test_a_unit_does_not_begin_with_the_norm_of_what_is_before() -> None:
    x = inputs = keras.Input((9, 9, 3))
    x = _normed(x, 4)
    for filters in (4, 8, 16):
        x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = _normed(x, filters, 1)
    text = proven(_made(inputs, x), "keras")
    assert "block unit(filters) {\n    depthwise_conv 3x3 pad=same, bn, relu" in text


def test_padding_for_strides_at_odd_sizes_is_as_at_even_ones() -> None:
    x = inputs = keras.Input((10, 10, 3))
    for filters, padding in ((4, ((0, 1), (0, 1))), (8, ((1, 1), (1, 1)))):
        x = _normed(layers.ZeroPadding2D(padding)(x), filters, strides=2, padding="valid")
    text = proven(_made(inputs, x), "keras")
    assert text.count("3x3 stride=2 pad=same") == 2
    assert "pad=1" not in text


def test_padding_for_strides_that_no_even_size_explains_stays() -> None:
    x = inputs = keras.Input((9, 9, 3))
    x = _normed(layers.ZeroPadding2D(1)(x), 4, strides=2, padding="valid")
    assert "3x3 stride=2 pad=1" in proven(_made(inputs, x), "keras")


def test_a_residual_that_begins_with_branches() -> None:
    x = inputs = keras.Input((6, 6, 8))
    for _ in range(2):
        joined = layers.Concatenate()([layers.Conv2D(2, 1)(x), layers.Conv2D(2, 3, 1, "same")(x)])
        x = layers.ReLU()(layers.Add()([x, layers.Conv2D(8, 1)(joined)]))
    text = proven(_made(inputs, x), "keras")
    assert "residual { mixed, conv 8 1x1 }" in text
    assert "skip" not in text


def test_a_table_whose_row_is_too_long_is_written_as_uses() -> None:
    x = inputs = keras.Input((6, 6, 4))
    for at in range(6):
        y = layers.Conv2D(4, 3, padding="same")(layers.ReLU()(layers.Conv2D(4, 1)(x)))
        x = layers.Add()([x, layers.Dropout((at + 1) / 70)(layers.BatchNormalization()(y))])
    text = proven(_made(inputs, x), "keras")
    assert "for rate in" not in text
    assert text.count("unit 0.0") == 6
