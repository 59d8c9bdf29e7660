"""Some of the channels."""

import keras


def channel_slice(x: keras.KerasTensor, start: int, stop: int) -> keras.KerasTensor:
    """The channels from `start` up to `stop`, which is not one of them."""
    if not 0 <= start < stop <= x.shape[-1]:
        raise ValueError(f"no channels from {start} up to {stop}: {x.shape[-1]} in all")
    return x[..., start:stop]
