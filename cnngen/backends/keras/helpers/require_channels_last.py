"""The layout that the layers of a model expect."""

import keras


def require_channels_last() -> None:
    """Refuse to build layers that would take channels first, as Keras may be set to."""
    if keras.config.image_data_format() != "channels_last":
        raise ValueError('call keras.config.set_image_data_format("channels_last")')
