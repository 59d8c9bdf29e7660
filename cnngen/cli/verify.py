"""``cnngen verify``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from cnngen.backends import BUILT_IN
from cnngen.cli import FINDINGS, completion, console, examples, options, tables, verdict
from cnngen.cli.against import Own
from cnngen.cli.requirements import MissingError, keras_on_tensorflow, need
from cnngen.cli.sources import Shown, compiled, networks, one_network, read
from cnngen.compiler import Result, written
from cnngen.elaborate import Choice
from cnngen.ir import Network

if TYPE_CHECKING:
    from cnngen.cli.verdict import Found
    from cnngen.verification import Match, Settings

BOTH = tuple(BUILT_IN)


@click.command(
    epilog=examples(
        "cnngen verify lenet5.cnn",
        "cnngen verify resnet.cnn --network CifarResNet20 --float32",
        "cnngen verify lenet5.cnn --target torch --steps 0 --json",
        "cnngen verify lenet5.cnn --against models/lenet.py:LeNet5",
        "cnngen verify resnet.cnn --network CifarResNet20 --for inference",
    )
)
@click.argument("source", metavar="FILE", shell_complete=completion.source_files)
@click.option(
    "-t",
    "--target",
    "targets",
    multiple=True,
    metavar="NAME",
    shell_complete=completion.targets,
    help="torch, keras; both if none is given, or with --against that of your model. Repeatable.",
)
@click.option(
    "--against",
    metavar="MODULE:NAME",
    help="Your own torch module or Keras model, or what makes it: it is imported and called.",
)
@click.option("--float32", is_flag=True, help="Compare in float32 rather than float64.")
@click.option("--batch", type=click.IntRange(2), default=4, show_default=True, help="Inputs.")
@click.option(
    "--steps",
    type=click.IntRange(0),
    default=2,
    show_default=True,
    help="Steps of training with SGD and with Adam, each from the same weights; 0 for none.",
)
@click.option(
    "--free-running",
    is_flag=True,
    help="Train each model on its own too. Shown, not judged: rounding grows from step to step.",
)
@click.option("--seed", type=click.IntRange(0), default=0, help="Of weights and inputs.")
@options.wanted
@options.form_option("With inference, that form is compared too, in evaluation alone.")
@click.option("--json", "as_json", is_flag=True, help="Write the report as JSON.")
@console.output_format
@console.color
@console.debug
def command(
    wanted: Choice,
    source: str,
    targets: tuple[str, ...],
    against: str | None,
    float32: bool,
    batch: int,
    steps: int,
    free_running: bool,
    seed: int,
    as_json: bool,
    form: str,
    color: str,
    debug: bool,
) -> None:
    """Check that the generated models are the same network.

    Builds the modules of FILE in memory, gives them the same random weights, and compares them
    with each other and with the NumPy reference: outputs in evaluation and in training, gradients,
    batch-norm statistics, and the loss over some steps of training. Dropout is off. With --for
    inference, outputs in evaluation of both forms. Exit code 1 where something differs.
    """
    keras_on_tensorflow()
    shown = Shown("json" if as_json else form, color, product=True)
    if wanted.for_inference and against:
        raise click.UsageError("--against has no form for inference: leave out one of the two")
    text = read(source, shown)
    trained = wanted._replace(for_inference=False)
    compiled(text, (), trained, shown, debug=debug)  # before frameworks take their time
    need("numpy", *(() if as_json else ("rich",)))
    from cnngen.verification import Settings

    how = Settings("float32" if float32 else "float64", batch, steps, free_running, seed)
    own = Own(against, how.dtype, debug=debug) if against else None
    chosen = _runnable(targets or ((own.framework.target,) if own else BOTH))
    # The model that is generated for the framework of one's own tells how weights are called.
    needed = options.backends([*chosen, own.framework.target] if own else chosen)
    result = compiled(text, needed, trained, shown, debug=debug)
    shown.show(result.diagnostics)
    to_verify = (one_network(result, "--against is for"),) if own else networks(result)
    in_color = console.in_color(color, sys.stdout)
    found: list[Found] = []
    inference = written(result, needed, wanted) if wanted.for_inference else None
    for one in _each(result, to_verify, chosen, how, own, inference, shown=not as_json):
        if not as_json:
            verdict.show(one, first=not found, color=in_color)
        found.append(one)
    if as_json:
        verdict.show_json(found)
    sys.exit(0 if all(report.holds for report, _ in found) else FINDINGS)


def _each(
    result: Result,
    networks: Sequence[Network],
    targets: Sequence[str],
    how: Settings,
    own: Own | None,
    inference: Result | None,
    *,
    shown: bool,
) -> Iterator[Found]:
    """One network after another; the models of one are gone before the next are made."""
    from cnngen.frameworks import release

    for network in networks:
        with tables.progress(_work(targets, own, inference, how), shown=shown) as advance:
            if inference is None:
                found = _verify(result, network, targets, how, own, advance)
            else:
                found = _verify_forms(result, inference, network, targets, how, advance)
        release()
        yield found


def _verify(
    result: Result,
    network: Network,
    targets: Sequence[str],
    how: Settings,
    own: Own | None,
    advance: Callable[[str], None],
) -> Found:
    """One network's models, those of the targets and the user's own."""
    from cnngen.verification import BatchTooSmallError, models_of, verify

    texts = {output.target: output.text for output in result.outputs}
    models = models_of(network, {target: texts[target] for target in targets}, how.dtype)
    matches: list[Match] = []
    try:
        if own is None:
            return verify(network, models, how, advance), matches
        models[own.place], matches = own.subject(network, texts[own.framework.target])
        with own.blamed(BatchTooSmallError):
            return verify(network, models, how, advance), matches
    except BatchTooSmallError as error:
        raise click.BadParameter(str(error), param_hint="'--batch'") from error


def _verify_forms(
    result: Result,
    inference: Result,
    network: Network,
    targets: Sequence[str],
    how: Settings,
    advance: Callable[[str], None],
) -> Found:
    """One network's models for training and for inference."""
    from cnngen.verification import (
        BatchTooSmallError,
        models_for_inference,
        models_of,
        verify_evaluation,
    )

    def texts(of: Result) -> dict[str, str]:
        return {each.target: each.text for each in of.outputs if each.target in targets}

    lowered = {each.name: each for each in networks(inference)}[network.name]
    assert inference.defined.inference is not None
    plan = inference.defined.inference.plan
    models = models_of(network, texts(result), how.dtype)
    models |= models_for_inference(network, lowered, plan, texts(inference), how.dtype)
    try:
        return verify_evaluation(network, models, how, advance), []
    except BatchTooSmallError as error:
        raise click.BadParameter(str(error), param_hint="'--batch'") from error


def _work(targets: Sequence[str], own: Own | None, inference: Result | None, how: Settings) -> int:
    from cnngen.verification import work

    if inference is not None:
        return work(2 * len(targets), how, in_training=False)
    return work(len(targets) + (own is not None), how)


def _runnable(targets: Sequence[str]) -> tuple[str, ...]:
    """The targets, each once, if something runs what they generate."""
    from cnngen.frameworks import MissingFrameworkError, NoFrameworkError, framework

    backends = options.backends(targets)
    for backend in backends:
        try:
            framework(backend.name)
        except MissingFrameworkError as error:
            raise MissingError(str(error)) from error
        except NoFrameworkError as error:
            raise click.BadParameter(
                f"nothing here runs what '{backend.name}' generates", param_hint="'--target'"
            ) from error
    return tuple(backend.name for backend in backends)
