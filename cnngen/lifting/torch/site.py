"""One call of a function, as the rules of ``functions.py`` see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from cnngen.lifting.torch.arrangement import (
    CHANNELS,
    Dims,
    extents,
    has_batch_first,
    is_permuted,
    merged,
    shape_of,
    size_of,
    whole,
)
from cnngen.lifting.torch.constants import numbers
from cnngen.lifting.torch.contents import Constant, Content, Foreign, Held, Value, held_dims
from cnngen.lifting.torch.recorder import Recorder, UnsayableError
from cnngen.lifting.torch.views import is_repeated
from cnngen.lifting.traced import Join
from cnngen.ops import Map, Op, Shape
from cnngen.ops.shapes import CHANNELS as CHANNELS_WORD


class Site:
    """A call of a function on values: what its arguments are, and what comes of it.

    Attributes:
        recorder: where steps are added.
        name: the function's plain name.
        result: what the function returned.
    """

    def __init__(self, recorder: Recorder, name: str, result: Any) -> None:
        self.recorder = recorder
        self.name = name
        self.result = result

    @property
    def training(self) -> bool:
        """Whether the run is one of training."""
        return self.recorder.training

    def content(self, tensor: Any) -> Content | None:
        """What a tensor holds."""
        return self.recorder.contents.get(tensor) if isinstance(tensor, Tensor) else None

    def value(self, tensor: Any) -> Value:
        """The value that a tensor shows; UnsayableError where it is none."""
        content = self.content(tensor)
        if isinstance(content, Value):
            return content
        if isinstance(content, Foreign):
            raise UnsayableError(content.why)
        if isinstance(content, Held):
            raise UnsayableError(f"`{content.name}`, which the model holds, is an operand of it")
        raise UnsayableError("an operand of it is no value of the network")

    def shape(self, step: int) -> Shape:
        """The shape of a step's value."""
        return self.recorder.steps[step].shape

    def settled(self, tensor: Any) -> int:
        """The step that has a tensor's numbers in the usual arrangement."""
        value = self.value(tensor)
        if is_repeated(value.dims):
            raise UnsayableError("its input repeats a smaller value")
        return self.recorder.settled(value)

    def gives(self, step: int, dims: Dims | None = None, result: Tensor | None = None) -> None:
        """Tell that the result is the value of a step; usually, in the usual arrangement.

        Of several results it is the first: what follows are indices.
        """
        made = self.result if result is None else result
        if isinstance(made, tuple):
            made = made[0]
        value = self.recorder.usual(step) if dims is None else Value(step, dims)
        sizes = tuple(map(size_of, value.dims))
        if sizes != tuple(made.shape):
            text = "x".join(map(str, made.shape[1:]))
            raise UnsayableError(f"its output is {text}, where the layer has {self.shape(step)}")
        self.recorder.contents[made] = value

    def layer(
        self,
        kind: type[Op],
        tensor: Any,
        weights: Mapping[str, str] | None = None,
        **arguments: Any,
    ) -> None:
        """Record a layer that reads a tensor in the usual arrangement, and gives the result."""
        self.gives(self.recorder.layer(kind, self.settled(tensor), weights, **arguments))

    def each(
        self, kind: type[Op], tensor: Any, weights: Mapping[str, str] | None = None, **given: Any
    ) -> None:
        """The same for a layer that works element by element: a permuted map stays as it is."""
        value = self.shown(tensor)
        step = self.recorder.layer(kind, value.step, weights, **given)
        self.gives(step, value.dims)

    def shown(self, tensor: Any) -> Value:
        """The value in its own arrangement if that has axes of a map in another order alone."""
        value = self.value(tensor)
        if self.keeps_axes(value):
            return value
        return self.recorder.usual(self.settled(tensor))

    def keeps_axes(self, value: Value) -> bool:
        """Whether a tensor shows a map with channels on a dimension of their own."""
        shape, dims = self.shape(value.step), value.dims
        if not isinstance(shape, Map) or len(dims) < 3 or not has_batch_first(dims):
            return False
        if is_permuted(shape, dims):
            return True
        return self.has_channels_last(value)

    def has_channels_last(self, value: Value) -> bool:
        """Whether the last dimension is that of all channels, and the others all positions."""
        shape, dims = self.shape(value.step), value.dims
        if not has_batch_first(dims) or dims[-1] != whole(shape, CHANNELS):
            return False
        positions = {atom for dim in dims[1:-1] for atom in dim}
        axes = range(1, len(extents(shape)))
        return merged(sorted(positions, key=lambda atom: (atom.axis, -atom.stride))) == merged(
            atom for axis in axes for atom in whole(shape, axis)
        )

    def join(self, word: str, steps: Sequence[int], shape: Shape, axis: str = CHANNELS_WORD) -> int:
        """A step that joins several values."""
        what = Join(word, axis) if word == "concat" else Join(word)
        return self.recorder.add(what, steps, shape)

    def held(self, tensor: Any, *, trained: bool = True) -> str:
        """The name of a parameter, or of a buffer, shown as it is stored."""
        content = self.content(tensor)
        if trained and isinstance(content, Held) and self.recorder.contents.is_stale(tensor):
            raise UnsayableError(f"`{content.name}` is changed in forward")
        if isinstance(content, Held) and content.trained is not trained:
            raise UnsayableError(f"`{content.name}` is {'no' if trained else 'a'} parameter")
        if isinstance(content, Held):
            stored = self.recorder.state[content.name]
            if content.dims == held_dims(tuple(stored.shape)) and tensor.shape == stored.shape:
                return content.name
            raise UnsayableError(f"it takes `{content.name}` in another shape")
        if isinstance(content, Foreign):
            raise UnsayableError(content.why)
        raise UnsayableError("its weights are no parameters of the model")

    def weights(self, **tensors: Tensor | None) -> dict[str, str]:
        """The names of parameters, by the op's names for them; None is left out."""
        return {word: self.held(each) for word, each in tensors.items() if each is not None}

    def numbers(self, operand: Any) -> Tensor | None:
        """What a constant or a buffer holds; None where that is not known."""
        return numbers(self.recorder, operand) if isinstance(operand, Tensor) else None

    def own_number(self, operand: Any) -> float | None:
        """A number, or a constant that is one; None for anything else."""
        if isinstance(operand, (int, float)) and not isinstance(operand, bool):
            return float(operand)
        if not isinstance(self.content(operand), (Constant, Held)) or operand.numel() != 1:
            return None
        known = self.numbers(operand)
        return None if known is None else float(known.double())


def plain_shape(result: Tensor) -> Shape:
    """A shape with as many numbers as a tensor has, for what the language has no word for."""
    return shape_of(tuple(result.shape))
