"""The input of a model."""

import keras


def channels_last_input(shape: tuple[int, ...]) -> keras.KerasTensor:
    """An input whose channels come last, as the layers here expect."""
    if keras.config.image_data_format() != "channels_last":
        raise ValueError('call keras.config.set_image_data_format("channels_last")')
    return keras.Input(shape)
