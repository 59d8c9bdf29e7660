"""What the class of a network for inference has beside its layers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from cnngen.backends.code import Call, Code, Raw, dictionary, lay_out, number, string
from cnngen.backends.torch.statements import METHOD
from cnngen.ir import Network, inputs, layers
from cnngen.passes.inference import Plan

IMPORTS = frozenset({("collections.abc", "Mapping"), ("typing", "Any"), ("typing", "Self")})
"""What ``from_trained`` needs."""


IMAGE = 2
"""The axes of the positions of an image: torch's format with channels last is for these alone.

Convolutions are faster with it on most processors.
"""


def is_of_images(network: Network) -> bool:
    """Whether images come in, and no layer has a map of more axes."""
    axes = [layer.at.output.axes for _, layer in layers(network.body)]
    return max([*axes, *(shape.axes for shape in inputs(network).values())]) == IMAGE


def constructor_lines(network: Network) -> list[str]:
    """The end of the constructor."""
    # `Module.to` takes the format too, but does not say so to type checkers.
    convert = "nn.utils.convert_conv2d_weight_memory_format(self, torch.channels_last)"
    return [f"{METHOD}{convert}"] if is_of_images(network) else []


def forward_lines(network: Network, variables: Sequence[str]) -> list[str]:
    """The start of ``forward``, where the inputs have these variables."""
    if not is_of_images(network):
        return []
    return [
        f"{METHOD}{variable} = {variable}.contiguous(memory_format=torch.channels_last)"
        for variable, shape in zip(variables, inputs(network).values(), strict=True)
        if shape.axes == IMAGE
    ]


EPS = "folded_eps"
"""The attribute of classes that differ in it."""


def steps(plan: Plan, *, folds: bool, merges: bool) -> tuple[str, ...]:
    """The helpers that move weights, in the order in which they are called.

    ``folds`` says whether norms become part of other layers, ``merges`` whether branches become
    one convolution.
    """
    wanted = {
        "fold_norms": folds and plan.folded,
        "fold_ahead": folds and plan.ahead,
        "merge_layers": plan.sequences,
        "merge_branches": merges,
    }
    return tuple(name for name, is_wanted in wanted.items() if is_wanted)


def from_trained_lines(plan: Plan, eps: Collection[float], moved: Sequence[str]) -> list[str]:
    """The body of ``from_trained``, where folded norms have one of these eps in each class.

    ``moved`` are the :func:`steps`.
    """
    lines = [
        f"{METHOD}like = next(iter(trained.values()), Tensor())",
        f"{METHOD}model = cls(**parameters).to(like)",
    ]
    if plan.side_heads:
        heads = Call("", tuple(string(f"{path}.") for path in plan.side_heads))
        lines += lay_out(METHOD, "side_heads = ", heads)
        kept = (
            Raw("name: weight"),
            Raw("for name, weight in trained.items()"),
            Raw("if not name.startswith(side_heads)"),
        )
        lines += _comprehension(kept)
    weights: Code = Raw("trained")
    for place, step in enumerate(moved):
        if place:
            lines += lay_out(METHOD, "weights = ", weights)
            weights = Raw("weights")
        weights = Call(step, (weights, Raw("model"), *_names(plan, step, eps)))
    lines += lay_out(METHOD, "", Call("model.load_state_dict", (weights,)))
    return [*lines, f"{METHOD}return model.eval()"]


def _names(plan: Plan, step: str, eps: Collection[float]) -> list[Code]:
    """What a step is told: which layers become part of which, and what norms add."""
    branches = {
        name: Call("", tuple(map(string, others)), brackets="[]")
        for name, others in plan.branches.items()
    }
    names: dict[str, Mapping[str, Code]] = {
        "fold_norms": _quoted(plan.layers),
        "fold_ahead": _quoted(plan.layers_ahead),
        "merge_layers": _quoted(plan.firsts),
        "merge_branches": branches,
    }
    added: list[Code] = []
    if eps and step != "merge_layers":
        added.append(Raw(f"eps={number(*eps)}" if len(eps) == 1 else f"eps=cls.{EPS}"))
    return [dictionary(names[step]), *added]


def _quoted(names: Mapping[str, str]) -> dict[str, Code]:
    return {name: Raw(string(other)) for name, other in names.items()}


def _comprehension(parts: Sequence[str]) -> list[str]:
    return [
        f"{METHOD}trained = {{",
        *(f"{METHOD}    {part}" for part in parts),
        f"{METHOD}}}",
    ]
