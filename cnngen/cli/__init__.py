"""The command line: what reads and writes files is here and in :mod:`cnngen.files`.

Exit codes: 0 fine; 1 findings (mistakes in a source, stale files); 2 usage, files, streams that
take no more, a fault of cnngen; 130 interrupted.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

import click

FINDINGS = 1
TROUBLE = 2
INTERRUPTED = 130
"""What shells say of a process that Ctrl-C has ended: 128, and the signal's number."""

COMMANDS = (
    "new",
    "compile",
    "check",
    "fmt",
    "summary",
    "cost",
    "draw",
    "verify",
    "lift",
    "weights",
    "breaking",
    "layers",
    "zoo",
    "explain",
)
"""Each is a module of this folder with a ``command``, imported when it is called for."""


def examples(*lines: str) -> str:
    """The end of a command's help."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


def interrupted() -> NoReturn:
    """End as Ctrl-C asks, and say so: what was under way is not done."""
    with suppress(OSError):  # standard error may be what takes no more
        click.echo("cnngen: interrupted", err=True)
    sys.exit(INTERRUPTED)


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"cnngen.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from cnngen.diagnostics.suggest import did_you_mean

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            hint = did_you_mean(args[0], COMMANDS, f"commands: {', '.join(COMMANDS)}")
            ctx.fail(f"no such command '{args[0]}'; {hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; what Ctrl-C ends is no finding, which click's own exit code would say."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):  # the second while a question is asked
            interrupted()


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        "cnngen compile lenet5.cnn --target torch",
        "cnngen check *.cnn",
        "cnngen fmt *.cnn",
        "cnngen summary lenet5.cnn",
        "cnngen draw lenet5.cnn -o lenet5.svg",
        "cnngen verify lenet5.cnn",
        "cnngen lift models/net.py:Net --input 224x224x3 -o net.cnn",
        "cnngen weights convert lenet5.cnn trained.pt trained.keras",
        "cnngen breaking lenet5.cnn --against origin/main",
        "cnngen layers conv",
        "cnngen zoo resnet",
    )
    + "\n\nExit codes: 0 fine; 1 mistakes in a source, stale files, models that differ, weights "
    "that do not fit; 2 usage or files; 130 interrupted.",
)
@click.version_option(package_name="cnngen", message="%(prog)s %(version)s")
def cli() -> None:
    """Compile convolutional networks from `.cnn` files to PyTorch and Keras source."""


def main() -> None:
    """All commands. Whatever goes wrong, the user sees a message, not a traceback."""
    try:
        cli(prog_name="cnngen")
    except KeyboardInterrupt:
        interrupted()
    except Exception as error:
        if "--debug" in sys.argv:
            raise
        words = _last_words(error)
        with suppress(OSError):  # standard error may be what takes no more
            click.echo(words, err=True)
        if isinstance(error, OSError):
            from cnngen.files import abandon_full_streams

            abandon_full_streams()
        sys.exit(TROUBLE)


def _last_words(error: Exception) -> str:
    from cnngen.diagnostics.render import visible

    if isinstance(error, OSError):  # files have diagnostics of their own: this is a stream
        return f"cnngen: cannot write the output: {(error.strerror or str(error)).lower()}"
    return (
        f"cnngen: internal error: {type(error).__name__}: {visible(str(error))}\n"
        "This is a fault of cnngen, not of your source. `--debug` shows where; please "
        "report it with the source."
    )
