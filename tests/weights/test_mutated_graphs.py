"""Configurations of models with anything changed in them: a diagnostic, never a traceback."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import keras
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from keras import layers

from cnngen.diagnostics import DiagnosticError, codes
from cnngen.weights import Parts, names_in_file
from weights.configured import Configured
from weights.given import network

TEXT = """
network Net {
    input 6x6x4
    start: identity
    a: { conv 4 3x3 pad=1, relu }
    residual { conv 4 3x3 pad=1, bn, relu, maxpool 3x3 stride=1 pad=1, conv 4 3x3 pad=1 }
    reuse a
    b: conv 4 1x1, from start, conv 4 1x1, concat b, channel_slice 2 6
    flatten, dense 3
}
"""

EXPECTED = (codes.NOT_WEIGHTS, codes.GRAPH_DIFFERS)


def _model() -> keras.Model:
    start = keras.Input((6, 6, 4))
    inner = keras.Input((6, 6, 4))
    shared = keras.Model(
        inner, layers.ReLU()(layers.Conv2D(4, 3, padding="same")(inner)), name="shared"
    )
    body = keras.Sequential(
        [
            layers.Conv2D(4, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.MaxPooling2D(3, strides=1, padding="same"),
            layers.Conv2D(4, 3, padding="same"),
        ]
    )
    x = shared(start)
    x = layers.Conv2D(4, 1)(shared(layers.add([x, body(x)])))
    x = layers.concatenate([layers.Conv2D(4, 1)(start), x])
    return keras.Model(start, layers.Dense(3)(layers.Flatten()(x[..., 2:6])))


@cache
def held() -> Configured:
    return Configured(_model())


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values in a JSON value."""
    if not isinstance(value, (dict, list)):
        return [at]
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [at, *(path for key, each in items for path in _places(each, (*at, key)))]


@cache
def places() -> list[tuple[Any, ...]]:
    return _places(json.loads(held().text))[1:]


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 9),
    st.just(10**400),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["", "add", "conv2d", "__keras_tensor__", "\x1b[31m", "Concatenate", "GetItem"]
    ),
    st.sampled_from([[], {}, [[]], [None], {"class_name": "__slice__"}, ["conv2d", 0, 0]]),
    st.deferred(lambda: st.sampled_from(places())).map(
        lambda place: _at(json.loads(held().text), place)
    ),
)
"""Among them what stands somewhere else in the configuration."""


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A configuration with some values taken out, replaced or repeated."""
    model = json.loads(held().text)
    for _ in range(draw(st.integers(1, 4))):
        *around, key = draw(st.sampled_from(places()))
        try:
            container = _at(model, tuple(around))
            how = draw(st.sampled_from(["delete", "replace", "repeat"]))
            if how == "delete":
                del container[key]
            elif how == "repeat" and isinstance(container, list):
                container.insert(key, container[key])
            else:
                container[key] = draw(VALUES)
        except (LookupError, TypeError):
            continue  # gone already
    return json.dumps(model).encode("utf-8")


def test_as_it_is_it_fits() -> None:
    names_in_file(network(TEXT), held(), held().contents, "in.keras", Parts())


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_what_is_mutated_fits_or_is_refused(text: bytes) -> None:
    form = Configured.__new__(Configured)
    form.inner, form.text = (), text
    try:
        names_in_file(network(TEXT), form, held().contents, "in.keras", Parts())
    except DiagnosticError as refused:
        found = refused.diagnostic
    else:
        found = None
    event(found.message[:40] if found else "fits")
    assert found is None or found.code in EXPECTED
