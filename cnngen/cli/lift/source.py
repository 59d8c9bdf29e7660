"""The model that is lifted: found where the user says, and run by the framework that it is of."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from cnngen import files
from cnngen.cli.frameworks import framework_of, imported
from cnngen.cli.requirements import MissingError
from cnngen.cli.user_code import PREFIX, UserCode
from cnngen.diagnostics import DiagnosticError
from cnngen.diagnostics.render import one_line
from cnngen.elaborate.scope import refusal
from cnngen.ir import Network
from cnngen.ops import Map, Shape, Vector
from cnngen.ops.shapes import MOST_AXES

if TYPE_CHECKING:
    from cnngen.frameworks import Framework, Key, Model
    from cnngen.lifting.lift import Lifted
    from cnngen.lifting.proof import Compared
    from cnngen.lifting.traced import Traced
    from cnngen.reference import Array

DTYPE = "float64"

DEFAULT_NAME = "Net"
"""Of a network whose model has no name that one can have."""


class Found:
    """A model and its framework; ``made`` where it was made here, in the type that is compared."""

    def __init__(
        self, place: str, model: Any, framework: Framework, code: UserCode, *, made: bool = False
    ) -> None:
        from cnngen.lifting import front_end

        self.place, self.model, self.framework, self.code = place, model, framework, code
        self.made = made
        self.front = front_end(framework.target)

    @property
    def target(self) -> str:
        """The target that generates for its framework."""
        return self.framework.target

    def record(self, shapes: Sequence[Shape] | None, name: str) -> Traced:
        """What the model does.

        Raises:
            UnliftableError: it cannot be recorded.
        """
        from cnngen.lifting.traced import UnliftableError

        with self.code.blamed("it cannot be run", UnliftableError):
            traced = self.front.record(self.model, shapes, name=name)
        modules = {
            path: module._replace(identity=module.identity.removeprefix(PREFIX))
            for path, module in traced.modules.items()
        }
        return traced._replace(
            name=_name(traced.name), origin=self.place, named=self.front.NAMED, modules=modules
        )

    def own_names(self, network: Network, lifted: Lifted) -> dict[str, str]:
        """The model's own names of weights, by those of a generated module."""
        from cnngen.lifting.correspondence import own_names

        return own_names(self.target, network, lifted.weighted)

    def adopted(self, network: Network, names: Mapping[str, str]) -> tuple[Any, Model, str]:
        """A copy of the model, the same as what computes what the network does, and its type."""
        copy, dtype = self.front.comparable(self.model, DTYPE)
        return copy, self.framework.adopt(copy, network, dtype, names), dtype

    def weights(self, network: Network, names: Mapping[str, str]) -> dict[Key, Array]:
        """The model's weights, in its own type, or in float32 where that has fewer digits."""
        is_double = self.front.is_double(self.model, made=self.made)
        with self.code.blamed("its weights cannot be read"):
            _, adopted, _ = self.adopted(network, names)
        dtype = "float64" if is_double else "float32"
        return {key: array.astype(dtype) for key, array in adopted.weights().items()}

    def prove(
        self,
        network: Network,
        text: str,
        names: Mapping[str, str],
        traced: Traced,
        heads: Mapping[str, str],
        advance: Callable[[str], None],
    ) -> list[Compared]:
        """The model and a generated module, compared; ``advance`` is told of each step."""
        from cnngen.lifting.proof import prove

        with self.code.blamed("it cannot be compared"):
            advance("makes both models")
            copy, adopted, dtype = self.adopted(network, names)
            with self.front.still(copy, traced):
                runs = self.front.runs(self.model)
                found = []
                for each in prove(network, text, self.framework, adopted, dtype, runs, heads):
                    advance(each.check)
                    found.append(each)
                return found


def check_name(name: str | None) -> None:
    """A usage error where no network can be called so."""
    if name is None:
        return
    why = refusal(name) if name.isidentifier() else "a name is made of letters, digits and _"
    if why:
        raise click.BadParameter(one_line(why), param_hint="'--name'")


def _name(own: str) -> str:
    """The model's name as a network's: ``my-model`` is ``MyModel``, ``Scale`` is ``ScaleNet``.

    Modules use some names themselves.
    """
    from cnngen.backends.keras.names import GLOBALS as OF_KERAS
    from cnngen.backends.torch.names import GLOBALS as OF_TORCH

    parts = re.findall(r"[A-Za-z0-9]+", own)
    name = "".join(part[:1].upper() + part[1:] for part in parts).lstrip("0123456789")
    name = own if own.isidentifier() and own[:1].isupper() else name
    if not name or refusal(name):
        return DEFAULT_NAME
    return f"{name}{DEFAULT_NAME}" if name in OF_TORCH | OF_KERAS else name


def find_model(place: str, settings: Sequence[str], *, debug: bool) -> Found:
    """The model at a place; a usage error where there is none."""
    from cnngen.frameworks import MissingFrameworkError, framework
    from cnngen.frameworks.files import ending_of
    from cnngen.lifting import FILES, front_end

    code = UserCode("SOURCE", debug)
    ending = os.path.splitext(place)[1]
    if ending in FILES:
        if settings:
            raise click.UsageError("--set is for what is called: a file of a model takes nothing")
        try:
            of = framework(FILES[ending])
        except MissingFrameworkError as error:
            raise MissingError(str(error)) from error
        try:
            return Found(place, front_end(of.target).load(place), of, code)
        except OSError as error:
            raise DiagnosticError(files.unreadable(place, error)) from error
    if ":" not in place and ending_of(place) is not None:
        code.refuse(
            "files of this kind hold weights, and no model: name what makes it, as in "
            "models/net.py:Net; `cnngen weights convert` moves weights"
        )
    found, name = code.attribute(place)
    frameworks, missing = imported()
    of_model, made = framework_of(found, frameworks), False
    if of_model is not None and settings:
        raise click.UsageError(f"--set is for what is called: {name} is a model already")
    if of_model is None and callable(found):
        given = dict(map(_setting, settings))
        with code.blamed(f"{name}() failed"), ExitStack() as stack:
            for each in frameworks:
                stack.enter_context(each.floats(DTYPE))
            for each in frameworks:
                stack.enter_context(front_end(each.target).watching())
            found = found(**given)
        frameworks, missing = imported()  # what is called may import one
        of_model, made = framework_of(found, frameworks), True
    if of_model is None:
        if missing:
            raise MissingError(missing)
        if isinstance(found, Mapping):
            code.refuse(f"{name} is a dictionary: weights without the model that they are of")
        code.refuse(f"{name} is no model of torch or Keras, but of type {type(found).__name__}")
    return Found(place, found, of_model, code, made=made)


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise click.BadParameter(f"'{text}' is not NAME=VALUE", param_hint="'--set'")
    return name, _literal(value)


WORDS = {"true": True, "false": False, "none": None}


def _literal(value: str) -> Any:
    """A number, a list, a word as Python has it; a text else."""
    if value.lower() in WORDS:
        return WORDS[value.lower()]
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value


def shapes_of(texts: Sequence[str]) -> list[Shape] | None:
    """What ``--input`` says; None where it says nothing."""
    return [_shape(text) for text in texts] or None


LONGEST_SIZE = 9
"""Digits of a size: no framework takes more than 2**31 - 1 positions."""


def _is_size(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_SIZE and int(text) > 0


def _shape(text: str) -> Shape:
    sizes = text.lower().split("x")
    if not all(map(_is_size, sizes)) or not 1 <= len(sizes) <= MOST_AXES + 1:
        raise click.BadParameter(
            f"'{text}' is not a shape such as 224x224x3: sizes and channels, without the batch",
            param_hint="'--input'",
        )
    *positions, channels = map(int, sizes)
    return Map(tuple(positions), channels) if positions else Vector(channels)
