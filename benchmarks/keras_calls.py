"""The ways to call a Keras model of the zoo, on TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import models

from cnngen.frameworks import framework


def keras_variants(name: str, batch: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    """The form for training as it is called, first; then both forms, as they can be called."""
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"  # as users have it; what trains here does without
    import numpy as np
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.keras.utils.set_random_seed(0)
    size = models.size(name)
    x = tf.constant(np.random.default_rng(0).normal(size=(batch, size, size, 3)), tf.float32)
    trained = _module(name, for_inference=False)
    training = getattr(trained, models.called(name))()
    _spread(training)
    made = _module(name, for_inference=True)
    inference = made.from_trained(getattr(made, models.called(name))(), training)
    for form, model in {"training": training, "inference": inference}.items():
        yield f"{form}, called", partial(model, x)
        yield f"{form}, predict_on_batch", partial(model.predict_on_batch, x)
        yield f"{form}, tf.function", partial(tf.function(model), x)
        yield f"{form}, tf.function with XLA", partial(tf.function(model, jit_compile=True), x)


def _module(name: str, *, for_inference: bool) -> Any:
    text = models.compiled(name, "keras", for_inference=for_inference).text
    return framework("keras").module(text)


def _spread(model: Any) -> None:
    """Statistics with which batch norms have an effect."""
    import numpy as np

    random = np.random.default_rng(0)
    for layer in model.layers:
        if type(layer).__name__ == "BatchNormalization":
            layer.moving_mean.assign(random.normal(0, 0.1, layer.moving_mean.shape))
            layer.moving_variance.assign(random.uniform(0.5, 1.5, layer.moving_variance.shape))
