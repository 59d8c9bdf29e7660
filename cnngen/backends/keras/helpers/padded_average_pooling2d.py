"""Average pooling with padding."""

from typing import Any

import keras
from keras import layers, ops

from cnngen.backends.keras.helpers.window_padding import window_padding


@keras.saving.register_keras_serializable("cnngen")
class PaddedAveragePooling2D(layers.Layer):  # type: ignore[misc]
    """Average pooling with that much padding on each side, or `same`.

    The padding counts as zeros with `count_pad`; what `ceil` adds after it never does.
    """

    def __init__(
        self,
        pool_size: int | tuple[int, int],
        strides: int | tuple[int, int],
        pad: int | tuple[int, int] | str = 0,
        ceil: bool = False,
        count_pad: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = _pair(pool_size)
        self.strides = _pair(strides)
        self.same = pad == "same"
        self.pad = (0, 0) if isinstance(pad, str) else _pair(pad)
        self.ceil = ceil
        self.count_pad = count_pad

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        around = self._widths(x.shape)
        counted = [(0, 0), (0, 0)]
        if self.count_pad:
            counted = around if self.same else [(p, p) for p in self.pad]
        rest = [
            (before - some, after - other)
            for (before, after), (some, other) in zip(around, counted, strict=True)
        ]
        cells = ops.ones_like(x[:1, :, :, :1])
        cells = ops.pad(cells, ((0, 0), *counted, (0, 0)), constant_values=1)
        cells = ops.pad(cells, ((0, 0), *rest, (0, 0)))
        total = self._average(ops.pad(x, ((0, 0), *around, (0, 0))))
        return total / self._average(cells)

    def _widths(self, shape: tuple[int, ...]) -> list[tuple[int, int]]:
        axes = list(zip(shape[1:3], self.pool_size, self.strides, strict=True))
        if self.same:
            totals = [max((-(-s // step) - 1) * step + p - s, 0) for s, p, step in axes]
            return [(total // 2, total - total // 2) for total in totals]
        return [
            window_padding(s, p, step, pad, self.ceil)
            for (s, p, step), pad in zip(axes, self.pad, strict=True)
        ]

    def _average(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return ops.average_pool(
            x, self.pool_size, self.strides, data_format="channels_last"
        )

    def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        around = self._widths(input_shape)
        axes = zip(input_shape[1:3], around, self.pool_size, self.strides, strict=True)
        sizes = [(s + sum(pad) - pool) // step + 1 for s, pad, pool, step in axes]
        return (input_shape[0], *sizes, input_shape[3])

    def get_config(self) -> dict[str, Any]:
        own = {
            "pool_size": self.pool_size,
            "strides": self.strides,
            "pad": "same" if self.same else self.pad,
            "ceil": self.ceil,
            "count_pad": self.count_pad,
        }
        return {**super().get_config(), **own}


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)
