"""``cnngen verify``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from cnngen.backends import BUILT_IN
from cnngen.choice import Choice
from cnngen.cli import FINDINGS, completion, console, examples, options, tables, verdict
from cnngen.cli.against import Own
from cnngen.cli.requirements import TENSORFLOW, MissingError, keras_on, need
from cnngen.cli.sources import Shown, compiled, networks, one_network, read
from cnngen.compiler import Result, written
from cnngen.ir import Network
from cnngen.record import NamedTuple

if TYPE_CHECKING:
    from cnngen.cli.verdict import Found
    from cnngen.verification import Match, Settings, Subject

BOTH = tuple(BUILT_IN)

BACKENDS = (TENSORFLOW, "jax", "torch")
"""What Keras can run on."""


@click.command(
    epilog=examples(
        "cnngen verify lenet5.cnn",
        "cnngen verify resnet.cnn --network CifarResNet20 --float32",
        "cnngen verify lenet5.cnn --target torch --steps 0 --json",
        "cnngen verify lenet5.cnn --against models/lenet.py:LeNet5",
        "cnngen verify resnet.cnn --network CifarResNet20 --for inference",
        "cnngen verify lenet5.cnn --backend jax",
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
@click.option(
    "--backend",
    type=click.Choice(BACKENDS),
    default=TENSORFLOW,
    show_default=True,
    help="What Keras runs on: on the others, outputs in evaluation alone, in float32.",
)
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
    backend: str,
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
    keras_on(backend)
    shown = Shown("json" if as_json else form, color, product=True)
    if wanted.for_inference and against:
        raise click.UsageError("--against has no form for inference: leave out one of the two")
    if backend != TENSORFLOW and against:
        raise click.UsageError(f"--against is for training too: not with --backend {backend}")
    text = read(source, shown)
    trained = wanted._replace(for_inference=False)
    compiled(text, (), trained, shown, debug=debug)  # before frameworks take their time
    need("numpy", *(() if as_json else ("rich",)))
    if backend != TENSORFLOW:
        need(backend, extras=(backend,))
    from cnngen.verification import Settings

    dtype = "float32" if float32 or backend != TENSORFLOW else "float64"
    how = Settings(dtype, batch, steps, free_running, seed)
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
    run = Run(result, inference, chosen, how, own, backend)
    for one in _each(run, to_verify, shown=not as_json):
        if not as_json:
            verdict.show(one, first=not found, color=in_color)
        found.append(one)
    if as_json:
        verdict.show_json(found)
    sys.exit(0 if all(report.holds for report, _ in found) else FINDINGS)


class Run(NamedTuple):
    """What is compared in a run.

    Attributes:
        result: the modules of the networks as they are trained.
        inference: those for inference, if they are compared.
        targets: whose models are.
        how: how.
        own: the user's own model, if there is one.
        backend: what Keras runs on.
    """

    result: Result
    inference: Result | None
    targets: Sequence[str]
    how: Settings
    own: Own | None
    backend: str

    @property
    def in_training(self) -> bool:
        """Whether it is compared how the models are trained, too."""
        return self.inference is None and self.backend == TENSORFLOW

    @property
    def work(self) -> int:
        """The pieces of work that a network takes."""
        from cnngen.verification import work

        forms = 1 if self.inference is None else 2
        count = forms * len(self.targets) + (self.own is not None)
        return work(count, self.how, in_training=self.in_training)


def _each(run: Run, networks: Sequence[Network], *, shown: bool) -> Iterator[Found]:
    """One network after another; the models of one are gone before the next are made."""
    from cnngen.frameworks import release

    for network in networks:
        with tables.progress(run.work, shown=shown) as advance:
            found = _verify(run, network, advance)
        release()
        yield found


def _verify(run: Run, network: Network, advance: Callable[[str], None]) -> Found:
    """One network's models, those of the targets and the user's own."""
    from cnngen.verification import BatchTooSmallError, verify, verify_evaluation

    compared = verify if run.in_training else verify_evaluation
    models, own = _models(run, network), run.own
    matches: list[Match] = []
    try:
        if own is None:
            return compared(network, models, run.how, advance), matches
        texts = {output.target: output.text for output in run.result.outputs}
        models[own.place], matches = own.subject(network, texts[own.framework.target])
        with own.blamed(BatchTooSmallError):
            return compared(network, models, run.how, advance), matches
    except BatchTooSmallError as error:
        raise click.BadParameter(str(error), param_hint="'--batch'") from error


def _models(run: Run, network: Network) -> dict[str, Subject]:
    """One network's models for training and, if they are compared, for inference."""
    from cnngen.verification import models_for_inference, models_of

    def texts(of: Result) -> dict[str, str]:
        return {each.target: each.text for each in of.outputs if each.target in run.targets}

    models = models_of(network, texts(run.result), run.how.dtype)
    if run.inference is not None:
        lowered = {each.name: each for each in networks(run.inference)}[network.name]
        made = texts(run.inference)
        models |= models_for_inference(models, lowered, made, run.how.dtype)
    return {_shown(name, of, run.backend): of for name, of in models.items()}


def _shown(name: str, model: Subject, backend: str) -> str:
    """What the report calls a model: where it runs, if that is not where it does else."""
    elsewhere = model.framework.target == "keras" and backend != TENSORFLOW
    return f"{name} on {backend}" if elsewhere else name


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
