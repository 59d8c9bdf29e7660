"""Average pooling with padding."""

from typing import Any

import keras
from keras import layers, ops

from cnngen.backends.keras.helpers.per_axis import per_axis
from cnngen.backends.keras.helpers.same_sides import same_sides
from cnngen.backends.keras.helpers.window_padding import window_padding


@keras.saving.register_keras_serializable("cnngen")
class PaddedAveragePooling(layers.Layer):  # type: ignore[misc]
    """Average pooling with that much padding on each side, or `same`.

    The padding counts as zeros with `count_pad`; what `ceil` adds after it never does.
    """

    def __init__(
        self,
        pool_size: int | tuple[int, ...],
        strides: int | tuple[int, ...],
        pad: int | tuple[int, ...] | str = 0,
        ceil: bool = False,
        count_pad: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = pool_size
        self.strides = strides
        self.same = pad == "same"
        self.pad = 0 if isinstance(pad, str) else pad
        self.ceil = ceil
        self.count_pad = count_pad

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        around = self._widths(x)
        counted = [(0, 0)] * len(around)
        if self.count_pad:
            counted = around if self.same else [(p, p) for p in per_axis(x, self.pad)]
        rest = [
            (before - some, after - other)
            for (before, after), (some, other) in zip(around, counted, strict=True)
        ]
        cells = ops.ones_like(x[:1, ..., :1])
        cells = ops.pad(cells, ((0, 0), *counted, (0, 0)), constant_values=1)
        cells = ops.pad(cells, ((0, 0), *rest, (0, 0)))
        total = self._average(ops.pad(x, ((0, 0), *around, (0, 0))))
        return total / self._average(cells)

    def _widths(self, x: keras.KerasTensor) -> list[tuple[int, int]]:
        pools, strides = per_axis(x, self.pool_size), per_axis(x, self.strides)
        axes = list(zip(x.shape[1:-1], pools, strides, strict=True))
        if self.same:
            return [same_sides(*axis) for axis in axes]
        return [
            window_padding(size, pool, step, pad, self.ceil)
            for (size, pool, step), pad in zip(axes, per_axis(x, self.pad), strict=True)
        ]

    def _average(self, x: keras.KerasTensor) -> keras.KerasTensor:
        pools, steps = per_axis(x, self.pool_size), per_axis(x, self.strides)
        return ops.average_pool(x, pools, steps, data_format="channels_last")

    def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        batch, *sizes, channels = input_shape
        x = keras.KerasTensor(input_shape)
        pools, strides = per_axis(x, self.pool_size), per_axis(x, self.strides)
        axes = zip(sizes, self._widths(x), pools, strides, strict=True)
        counts = [(s + sum(pad) - pool) // step + 1 for s, pad, pool, step in axes]
        return (batch, *counts, channels)

    def get_config(self) -> dict[str, Any]:
        own = {
            "pool_size": self.pool_size,
            "strides": self.strides,
            "pad": "same" if self.same else self.pad,
            "ceil": self.ceil,
            "count_pad": self.count_pad,
        }
        return {**super().get_config(), **own}
