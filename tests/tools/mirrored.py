"""Models under ``MirroredStrategy`` on two logical processors.

A step of gradient descent has to be what one processor does with the whole batch, in float64.
"""

from __future__ import annotations

import sys
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tools import small
from tools.on_keras import losses_of_fit, prepare
from tools.process import watched


def main(names: list[str]) -> None:
    (processor,) = tf.config.list_physical_devices("CPU")
    logical = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(processor, logical)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    assert strategy.num_replicas_in_sync == 2
    for name in names:
        with strategy.scope():
            losses_of_fit(made(name), epochs=2)
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    for name in names:
        expected = stepped(made(name))
        with strategy.scope():
            found = stepped(made(name))
        for path, value in expected.items():
            np.testing.assert_allclose(found[path], value, rtol=1e-7, atol=1e-10, err_msg=path)
    small.free_of_cnngen()


def made(name: str) -> Any:
    print(name)
    keras.utils.set_random_seed(0)
    return small.entry(name, "keras")()


def stepped(model: Any) -> dict[str, Any]:
    """The weights after a step, without batch statistics and dropout."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    before = {v.path: v.numpy() for v in model.trainable_weights}
    x, y = small.batch(8)
    prepare(model, keras.optimizers.SGD(0.125))
    model.fit(x.astype("float64"), y, batch_size=8, verbose=0)
    after = {v.path: v.numpy() for v in model.trainable_weights}
    assert all((after[path] != before[path]).any() for path in before)
    return after


if __name__ == "__main__":
    watched()
    main(sys.argv[1:])
