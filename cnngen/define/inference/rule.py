"""What a pass is for definitions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cnngen.define import Defined, callees
from cnngen.define.inference.endings import Endings
from cnngen.definition import Body, Definition
from cnngen.ir import Network
from cnngen.passes.inference import Pass, Plan
from cnngen.record import NamedTuple


class File(NamedTuple):
    """All of a file after the passes before: its networks, and the bodies of its definitions.

    ``defined`` are the definitions as they were before all passes, ``endings`` their names.
    """

    networks: Sequence[Network]
    bodies: Sequence[Body]
    defined: Defined
    endings: Endings

    def definitions(self, network: Network) -> tuple[Definition, ...]:
        """That of a network and those that it uses, as they were before all passes."""
        own = self.defined.networks[network.name]
        return (*callees([own]), own)


class Rule(NamedTuple):
    """A pass of :mod:`cnngen.passes.inference`, for definitions.

    Attributes:
        of: what it is for networks.
        decide: the plan with the places of a file that it changes.
        change: a body after it, where those in the body have been changed.
    """

    of: Pass
    decide: Callable[[File, Plan], Plan]
    change: Callable[[Body, Plan], Body]


def nothing_to_decide(_: File, plan: Plan) -> Plan:
    """The plan, for what is done wherever it can be."""
    return plan
