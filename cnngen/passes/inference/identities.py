"""Identities left out where no weight gets another name by it."""

from __future__ import annotations

from cnngen.ir import Chain, Network
from cnngen.ops import Identity
from cnngen.passes.inference.chains import each_chain
from cnngen.passes.inference.plan import Pass, Plan


def is_identity(item: object) -> bool:
    """Whether an item of a network or of a definition is a layer that does nothing."""
    return isinstance(getattr(item, "op", None), Identity)


def drop_identities(network: Network, plan: Plan) -> Network:
    """The network without the identities that the plan omits."""

    def rule(chain: Chain) -> Chain:
        kept = [
            item for item in chain.items if not (is_identity(item) and item.at.span in plan.omitted)
        ]
        if len(kept) == len(chain.items):
            return chain
        if chain.numbered:  # what moves up has no weights
            kept = [item._replace(name=str(place)) for place, item in enumerate(kept)]
        return chain._replace(items=tuple(kept))

    return each_chain(network, rule)


DROP_IDENTITIES = Pass(
    "drop-identities",
    "identities are left out, but for those that a name depends on",
    drop_identities,
)
