"""``output a b``: what a network returns, by the labels of the values."""

from __future__ import annotations

from collections.abc import Sequence

from cnngen.diagnostics import Diagnostic, Related, codes, listed
from cnngen.elaborate.arguments import arrange
from cnngen.elaborate.evaluate import fail
from cnngen.elaborate.joins import labels_given
from cnngen.elaborate.layers import note_start
from cnngen.elaborate.losses import loss_weight, loss_word
from cnngen.elaborate.names import Unnamed
from cnngen.elaborate.place import Place
from cnngen.elaborate.walker import Report, Walker
from cnngen.elaborate.words import JOINS
from cnngen.ir import At, Chain, Item, Output, SideHead, ending, heads_in, named_items
from cnngen.losses import LOSSES
from cnngen.syntax import ast

USAGE = JOINS["output"].usage


def output(walker: Walker, node: ast.Layer, place: Place) -> None:
    """``output a b loss=mse weight=0.5``: the network returns these values."""
    walker.spend(node.span)
    check_place(walker, node, place)
    note_start(walker, node.word)
    labels = tuple(
        argument for argument in node.arguments if not isinstance(argument, ast.Argument)
    )
    names, values = labels_given(walker, node, labels, place)
    given = arrange(node._replace(arguments=named(node)), (), ("loss", "weight"), USAGE)
    loss = loss_word(given["loss"]) if "loss" in given else ""
    weight = _weight(walker, given, place)
    if not (place.items and isinstance(place.items[-1].item, Output)):
        walker.leave(node.word, place)
    x = walker.flow.shape
    if x is None or None in values:
        walker.flow.lose()
        return
    _check_new(names, place)
    own = tuple(name.name for name in names)
    made = Output("", own, loss, weight, At(x, x, node.span, walker.step))
    place.items.append(Unnamed(None, node, made))


def _check_new(names: Sequence[ast.Name], place: Place) -> None:
    """Refuse a value that is an output already."""
    known: set[str] = set()
    for each in place.items:
        if isinstance(each.item, Output):
            known.update(each.item.labels)
    for name in names:
        if not (name.name[0].isalpha() and name.name.isidentifier()):
            label = name.name.rpartition(".")[2]
            fail(
                codes.NAME_REFUSED,
                f"`{name.name}` cannot be the name of an output",
                name.span,
                "expected a name that starts with a letter",
                f"give it one: `{label}: from {name.name}`, then `output {label}`"
                if label != name.name
                else "give the value another label",
            )
        if name.name in known:
            fail(
                codes.NAME_TAKEN,
                f"`{name.name}` is an output already",
                name.span,
                "the second time",
                "leave out one of the two",
            )
        known.add(name.name)


def named(node: ast.Layer) -> tuple[ast.Argument, ...]:
    """The arguments of ``output`` that are no labels."""
    return tuple(each for each in node.arguments if isinstance(each, ast.Argument))


def check_place(walker: Walker, node: ast.Layer, place: Place) -> None:
    """Refuse an output that stands anywhere but directly in a network's body, or has a label."""
    lines = (each for each in place.namespace.body.statements if isinstance(each, ast.Line))
    if not place.namespace.top or not any(item is node for line in lines for item in line.items):
        fail(
            codes.OUTPUT_PLACE,
            "`output` stands directly in a network's body, not inside of anything",
            node.word.span,
            "not expected here",
            "put it at the end of the network; a value in a loop has an index: `output p[0] p[1]`",
        )
    if node.label is not None:
        fail(
            codes.NAME_REFUSED,
            "an output has the name of its value",
            node.label.span,
            "leave this label out",
            "label the value: `mask: conv 1 1x1`, then `output mask`",
        )


def check_outputs(body: Chain, report: Report) -> None:
    """Report what stands after outputs, and side heads beside them."""
    places = [place for place, item in enumerate(body.items) if isinstance(item, Output)]
    if not places:
        return
    outputs = (Related(body.items[places[0]].at.span, "the outputs"),)
    for item in body.items[places[0] :]:
        if not isinstance(item, Output):
            message, hint = "nothing stands after the outputs of a network", "put `output` last"
            found = Diagnostic(codes.OUTPUT_PLACE, message, item.at.span, "after `output`", hint)
            report(found._replace(related=outputs))
            return
    for path, head in heads_in(body):
        report(_beside(path, head)._replace(related=outputs))


def warn_of_losses(body: Chain, report: Report) -> None:
    """Warn of outputs that are no logits where the loss takes logits, and of a single class."""
    items = {item.name: item for item in named_items(body)}
    for item in (each for each in body.items if isinstance(each, Output)):
        for label in item.labels:
            why = _unfit(items[label], item.loss)
            if why:
                found = Diagnostic(codes.LOSS_OF_OUTPUT, why[0], item.at.span, "its loss", why[1])
                report(found._replace(related=(Related(items[label].at.span, f"`{label}`"),)))


def _unfit(item: Item, loss: str) -> tuple[str, str] | None:
    """Why an output does not fit its loss, and what helps."""
    last = ending(item)
    word = last.op.word if last is not None else ""
    if word in PROBABILITIES.get(loss, ()):
        return (
            f"`{loss}` takes logits, and this output has gone through `{word}` already",
            f"leave out `{word}`: the loss has it",
        )
    if loss == "cross_entropy" and item.at.output.channels == 1:
        return (
            "`cross_entropy` tells classes apart, and this output has one channel",
            "use `binary_cross_entropy`, or a channel for each class",
        )
    return None


PROBABILITIES = {
    "binary_cross_entropy": ("sigmoid", "hard_sigmoid", "softmax", "log_sigmoid"),
    "cross_entropy": ("sigmoid", "softmax", "log_softmax"),
}
"""What makes probabilities of logits, which these losses do themselves."""


def _beside(path: str, item: SideHead) -> Diagnostic:
    """A side head of a network that says what it returns."""
    name = item.head.name
    group = path.rpartition(".")[0]
    outside = ""
    if group:
        read = path if path.replace(".", "").isidentifier() else f'"{path}"'
        outside = f"label `{group}` if it has no label, outside of it take `{name}: from {read}`, "
    return Diagnostic(
        codes.OUTPUT_PLACE,
        "a network that says what it returns has no side heads",
        item.at.span,
        "would not be returned",
        hint=f"label the value before it, make the head a group `{name}: {{ ... }}`, go on with "
        f"`from`, {outside}and add `output {name} loss=cross_entropy weight={item.weight:g}`",
    )


def _weight(walker: Walker, given: dict[str, ast.Expression], place: Place) -> float:
    expression = given.get("weight")
    if expression is None:
        return 1.0
    weight = loss_weight(walker.values.evaluate(place.scope, expression), expression.span)
    if "loss" not in given:
        fail(
            codes.CONFLICTING_ARGUMENTS,
            "`weight` is that of a loss, and there is none",
            expression.span,
            "of which loss?",
            f"add one: `loss=` takes {listed(LOSSES)}",
        )
    return weight
