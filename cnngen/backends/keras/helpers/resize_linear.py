"""Another size for a map, with values in between."""

from typing import Any

import keras
from keras import layers, ops

from cnngen.backends.keras.helpers.per_axis import per_axis


@keras.saving.register_keras_serializable("cnngen")
class ResizeLinear(layers.Layer):  # type: ignore[misc]
    """Linear interpolation along each axis, with half-pixel centres.

    To `size`, or to `scale` times the size that comes in.
    """

    def __init__(
        self,
        size: int | tuple[int, ...] | None = None,
        scale: int | tuple[int, ...] = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.size = size
        self.scale = scale

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        for axis, wanted in enumerate(self._sizes(x), 1):
            shape = [wanted if each == axis else 1 for each in range(len(x.shape))]
            parts = []
            for places, shares in self._taps(x.shape[axis], wanted):
                share = ops.convert_to_tensor(shares, dtype=self.compute_dtype)
                taken = ops.take(x, places, axis=axis)
                parts.append(ops.reshape(share, shape) * taken)
            x = sum(parts)
        return x

    def _taps(self, size: int, wanted: int) -> list[tuple[list[int], list[float]]]:
        """Positions that count for each of the output, and how much they do."""
        centres = [(i + 0.5) * size / wanted - 0.5 for i in range(wanted)]
        centres = [min(max(centre, 0.0), size - 1.0) for centre in centres]
        before = [int(centre) for centre in centres]
        after = [min(place + 1, size - 1) for place in before]
        shares = [c - place for c, place in zip(centres, before, strict=True)]
        return [(before, [1 - share for share in shares]), (after, shares)]

    def _sizes(self, x: keras.KerasTensor) -> tuple[int, ...]:
        if self.size is not None:
            return per_axis(x, self.size)
        sizes = zip(x.shape[1:-1], per_axis(x, self.scale), strict=True)
        return tuple(size * times for size, times in sizes)

    def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        sizes = self._sizes(keras.KerasTensor(input_shape))
        return (input_shape[0], *sizes, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size, "scale": self.scale}
