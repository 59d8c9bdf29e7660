"""The words that are no layers: regions, joins, and the ways of a shortcut."""

from __future__ import annotations

from cnngen.losses import LOSSES
from cnngen.record import NamedTuple

SHORTCUTS = ("auto", "identity", "projection", "pad", "match", "none")
"""What ``shortcut=`` takes."""


class Construct(NamedTuple):
    """How a construct is written, and what it means."""

    usage: str
    doc: str


REGIONS: dict[str, Construct] = {
    "residual": Construct(
        "residual [shortcut=auto] [shortcut_name=shortcut1] [zero_init=false] { body } "
        "[shortcut { path }]",
        "The body's output plus its input. `shortcut` says what is done where their shapes "
        "differ: `auto` inserts a projection, a 1x1 convolution with the stride that fits, with a "
        "batch norm where the body ends in one; `identity` allows no difference; `projection` "
        "always projects; `pad` takes every stride-th position and adds channels of zeros; "
        "`match` adds nothing where shapes differ; `none` never adds anything "
        "(He et al., 2016, section 3.2). With `zero_init=true`, the scale of the batch norm that "
        "the body ends in, gates and factors aside, starts at zero, and so the residual as the "
        "identity (Goyal et al., 2017, section 5.1).",
    ),
    "inception": Construct(
        "inception { branch ... }",
        "Each line of the body is a branch over the same input; their outputs are joined on "
        "channels (Szegedy et al., 2015, figure 2).",
    ),
    "concat": Construct(
        "concat { branch ... }, concat label ... [axis=height]",
        "With a body, what `inception` is. With labels: the current value and the labelled ones "
        "before it, joined on channels, or along an axis of positions: `length` on one axis, "
        "`height`, `width`, and `depth` on three.",
    ),
    "gate": Construct(
        "gate { body }",
        "The input times the body's output, whose height, width or channels may be 1 "
        "(Hu et al., 2018, equation 4).",
    ),
    "aux": Construct(
        "aux name weight=number { head }",
        "A side head: a classifier that is trained along with the network, its loss counted "
        "`weight` times. Both the name and the weight have to be given. The value itself goes on "
        "unchanged (Szegedy et al., 2015, section 5).",
    ),
}
"""What has a body."""

JOINS: dict[str, Construct] = {
    "add": Construct("add label ...", "The sum of the current value and labelled ones before it."),
    "average": Construct(
        "average label ...", "The mean of the current value and labelled ones before it."
    ),
    "concat": REGIONS["concat"],
    "from": Construct("from label", "Goes on from a labelled value before it."),
    "maximum": Construct(
        "maximum label ...",
        "The largest of the current value and labelled ones before it, element by element "
        "(Goodfellow et al., 2013).",
    ),
    "output": Construct(
        "output label ... [loss=cross_entropy] [weight=1]",
        "At a network's end: it returns these labelled values by their labels, in evaluation and "
        "in training. `loss` says what they are trained on and `weight` how much that counts: "
        + "; ".join(f"`{word}`: {what}" for word, what in LOSSES.items())
        + ".",
    ),
    "multiply": Construct(
        "multiply label ...",
        "The product of the current value and labelled ones before it, element by element. One of "
        "them has the shape of the product; the others may have a height, width or channels of 1.",
    ),
    "reuse": Construct(
        "reuse label",
        "Applies the layer, block or group of a label before it once more, with the same weights "
        "(Bromley et al., 1993). A batch norm in it has the statistics of each batch that it sees, "
        "one after another.",
    ),
    "subtract": Construct(
        "subtract label", "The current value minus a labelled one before it, element by element."
    ),
}
"""What takes labels."""

STATEMENTS: dict[str, Construct] = {
    "block": Construct(
        "block name(parameter, other=default) [init=...] { ... }",
        "Defines a layer of one's own, which is used like the others: `name 64 other=2`. A "
        "parameter may stand for a layer: `act=relu`.",
    ),
    "default": Construct(
        "default word argument=value ...",
        "What layers of this word have that say nothing else, in the file, network or block in "
        "which it stands.",
    ),
    "for": Construct(
        "for name in list { ... }, for a, b in rows { ... }",
        "The body once for each item. `range`, `enumerate` and `zip` make lists, as in Python.",
    ),
    "if": Construct(
        "if condition { ... } [else if condition { ... }] [else { ... }]",
        "One of several bodies. What no value takes is checked too.",
    ),
    "input": Construct(
        "[label:] input HxWxC",
        "What comes in: positions on one to three axes and channels, `input 16000x1`, or features, "
        "`input 100`. Of several inputs each has a label.",
    ),
    "let": Construct("let name = value", "A name for a value, which it keeps."),
    "network": Construct(
        "network Name(parameter=default) [init=...] { ... }, network Name = Other parameter=value",
        "A network, or a variant of one.",
    ),
    "repeat": Construct("repeat times { ... }", "The body several times, one after another."),
    "use": Construct(
        'use "blocks.cnn", use std.resnet',
        "Brings in the blocks of another file, or of one that is shipped; `cnngen layers std` "
        "lists these.",
    ),
}
"""What is neither a layer nor takes a value."""

LIKE = "like"
"""The argument of ``resize`` that is the label of a value: with it, it reads one as joins do."""

OF_ONE = frozenset({"from", "reuse", "subtract"})
"""What takes one label."""

SETTINGS = {
    "init": "a layer with a kernel, or on a block or network",
    "zero_init": "a `residual`, or on a block or network",
}
"""What a definition takes after its parameters, and where else that stands."""

WORDS = frozenset({*REGIONS, *JOINS})

NAMING = frozenset({*JOINS, "aux"})
"""What is followed by labels: of values before it, or of the side head itself."""

CHOICES = {"loss": tuple(LOSSES), "shortcut": SHORTCUTS}
"""Arguments of constructs that take words, and which."""

UNLIFTED = "unlifted"
"""What `lift --partial` writes where something is missing: no layer, so that nothing compiles."""
