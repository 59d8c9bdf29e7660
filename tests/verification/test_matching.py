"""Which weights of two models of one framework are the same."""

from __future__ import annotations

import pytest

from cnngen.frameworks import Owned
from cnngen.verification import MismatchError, match

Shapes = dict[str, tuple[int, ...]]

STATISTICS = ("running_mean", "running_var")

GENERATED: Shapes = {
    "conv1.weight": (6, 1, 5, 5),
    "conv1.bias": (6,),
    "fc1.weight": (3, 8),
    "fc1.bias": (3,),
}


def owned(shapes: Shapes, frozen: tuple[str, ...] = ()) -> dict[str, Owned]:
    return {
        name: Owned(shape, name not in frozen and not name.endswith(STATISTICS))
        for name, shape in shapes.items()
    }


def by(own: Shapes, generated: Shapes = GENERATED) -> dict[str, tuple[str, str]]:
    return {m.generated: (m.own, m.by) for m in match(owned(generated), owned(own))}


def conv(name: str, *shape: int) -> Shapes:
    return {f"{name}.weight": shape}


def norm(name: str, size: int) -> Shapes:
    attributes = ("weight", "bias", *STATISTICS)
    return {f"{name}.{attribute}": (size,) for attribute in attributes}


def test_by_name() -> None:
    found = by(dict(reversed(GENERATED.items())))
    assert found == {name: (name, "name") for name in GENERATED}


def test_by_order_and_shape() -> None:
    own = {"0.weight": (6, 1, 5, 5), "0.bias": (6,), "2.weight": (3, 8), "2.bias": (3,)}
    assert by(own) == {name: (theirs, "order") for name, theirs in zip(GENERATED, own, strict=True)}


def test_layers_stay_together() -> None:
    """Weights of one shape in layers of different kinds."""
    generated = {**conv("a", 4, 4, 1, 1), **norm("n", 4), "b.weight": (4, 4, 1, 1), "b.bias": (4,)}
    own = {"x.weight": (4, 4, 1, 1), "x.bias": (4,), **norm("y", 4), **conv("z", 4, 4, 1, 1)}
    found = {name: theirs for name, (theirs, _) in by(own, generated).items()}
    assert found["a.weight"] == "z.weight"
    assert (found["b.weight"], found["b.bias"]) == ("x.weight", "x.bias")
    assert found["n.running_mean"] == "y.running_mean"


def test_attributes_of_other_names_are_matched_by_shape() -> None:
    own = {"c.kernel": (6, 1, 5, 5), "c.offset": (6,), "d.kernel": (3, 8), "d.offset": (3,)}
    assert [theirs for theirs, _ in by(own).values()] == list(own)


def test_a_name_of_another_shape_is_no_match() -> None:
    own = {**conv("fc1", 6, 1, 5, 5), "fc1.bias": (6,), **conv("conv1", 3, 8), "conv1.bias": (3,)}
    found = by(own)
    assert found["fc1.bias"] == ("conv1.bias", "order")
    assert found["conv1.weight"] == ("fc1.weight", "order")


def test_what_does_not_match_is_told() -> None:
    own = {**GENERATED, "fc1.weight": (3, 9), "fc2.weight": (1, 1)}
    with pytest.raises(MismatchError) as caught:
        match(owned(GENERATED), owned(own))
    assert str(caught.value) == (
        "only in the network: fc1.weight (3, 8)\n"
        "only in the model: fc1.weight (3, 9), fc2.weight (1, 1)"
    )


def test_what_is_not_trained() -> None:
    """A constant of the model's own is left aside, a weight that does not learn is not."""
    assert len(match(owned(GENERATED), owned({**GENERATED, "mean": (3,)}, ("mean",)))) == 4
    with pytest.raises(MismatchError, match=r"not trained in the model: fc1\.bias"):
        match(owned(GENERATED), owned(GENERATED, ("fc1.bias",)))
