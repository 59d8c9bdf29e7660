"""Another size for a map, with values in between."""

import math

import keras

from cnngen.backends.keras.helpers.resize_linear import ResizeLinear


@keras.saving.register_keras_serializable("cnngen")
class ResizeCubic(ResizeLinear):
    """Cubic interpolation along each axis, as PyTorch has it: a is -0.75."""

    def _taps(self, size: int, wanted: int) -> list[tuple[list[int], list[float]]]:
        centres = [(i + 0.5) * size / wanted - 0.5 for i in range(wanted)]
        before = [math.floor(centre) for centre in centres]
        taps = []
        for step in (-1, 0, 1, 2):
            places = [place + step for place in before]
            distances = [abs(c - p) for c, p in zip(centres, places, strict=True)]
            inside = [min(max(place, 0), size - 1) for place in places]
            taps.append((inside, [_share(distance) for distance in distances]))
        return taps


def _share(distance: float) -> float:
    """How much a position counts at this distance (Keys, 1981)."""
    d, a = distance, -0.75
    if d <= 1:
        return ((a + 2) * d - (a + 3)) * d * d + 1
    return a * (((d - 5) * d + 8) * d - 4)
