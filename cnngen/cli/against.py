"""The user's own model, which ``cnngen verify --against MODULE:NAME`` compares with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from cnngen.cli.frameworks import framework_of, imported
from cnngen.cli.requirements import MissingError
from cnngen.cli.user_code import UserCode
from cnngen.ir import Network

if TYPE_CHECKING:
    from cnngen.frameworks import Framework
    from cnngen.verification import Match, Subject


class Own:
    """The model at ``MODULE:NAME``, or what it gives when called; a usage error where none is.

    It is the user's own code, and runs.
    """

    def __init__(self, place: str, dtype: str, *, debug: bool) -> None:
        self.place = place
        self.dtype = dtype
        self.code = UserCode("--against", debug)
        found, name = self.code.attribute(place)
        with self.code.blamed(f"{name}() failed"):
            self.framework, self.model = self._model(found, name)

    def subject(self, network: Network, text: str) -> tuple[Subject, list[Match]]:
        """The model with the network's weights found in it; a usage error where they are not.

        Args:
            network: what it is held against.
            text: the module that is generated from the network for the model's framework.
        """
        from cnngen.frameworks import UnfitModelError, as_applied
        from cnngen.verification import MismatchError, Subject, likelier, match

        of, model = self.framework, self.model
        module = of.module(text)
        held = of.arrays(of.made(module, network, self.dtype))
        try:
            with self.code.blamed("it cannot be run", UnfitModelError):
                of.try_out(model, network, self.dtype)
                own = of.arrays(model)
            matches, in_lists = (match(each, own) for each in (as_applied(of, network, held), held))
            if matches != in_lists:
                made = Subject(of, of.build(module, network, self.dtype))
                matches = likelier(network, made, model, (matches, in_lists), self.dtype)
        except MismatchError as error:
            self.code.refuse(f"its weights are not those of {network.name}:\n{error}")
        except UnfitModelError as error:
            self.code.refuse(str(error))
        names = {each.generated: each.own for each in matches}
        return Subject(of, of.adopt(model, network, self.dtype, names)), matches

    @contextmanager
    def blamed(self, *passing: type[Exception]) -> Iterator[None]:
        """What goes wrong while models are compared is told as the doing of this one.

        The generated ones run in every test of cnngen; this one has run once.
        """
        with self.code.blamed("it cannot be compared", *passing):
            yield

    def _model(self, found: Any, name: str) -> tuple[Framework, Any]:
        """A model as it is, or made, and the framework it is of."""
        frameworks, missing = imported()
        of = framework_of(found, frameworks)
        if of is None and callable(found):
            with ExitStack() as stack:
                for each in frameworks:
                    stack.enter_context(each.floats(self.dtype))
                found = found()
            of = framework_of(found, frameworks)
        if of is None and missing:
            raise MissingError(missing)
        if of is None:
            from cnngen.frameworks import RUNNERS

            kind = type(found).__name__
            self.code.refuse(f"{name} is no model of {' or '.join(RUNNERS)}, but of type {kind}")
        return of, found
