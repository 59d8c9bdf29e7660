"""Which layers become part of convolutions beside them."""

from collections.abc import Collection, Mapping, Sequence

import keras
from keras import layers

from cnngen.backends.keras.helpers.layers_in import layers_in


def layers_beside(
    model: keras.Model,
    gone: Collection[layers.Layer],
    branches: Mapping[str, Sequence[str]],
) -> tuple[dict[str, list[layers.Layer | None]], list[layers.Layer]]:
    """By the name of each convolution those whose outputs it adds, and the layers left.

    `branches` has by the end of its name those of the others; an empty one, and None,
    are their input itself.
    """
    by_name = {each.name: each for each in gone}
    beside: dict[str, list[layers.Layer | None]] = {}
    for conv in layers_in(model):
        for end in sorted(branches, key=len, reverse=True):
            start = conv.name.removesuffix(end)
            names = [
                start + other for other in branches[end] if start + other in by_name
            ]
            if start != conv.name and start[-1:] in ("", "_") and names:
                own = [by_name.pop(name) for name in names]
                beside[conv.name] = own + [None] * ("" in branches[end])
                break
    return beside, list(by_name.values())
