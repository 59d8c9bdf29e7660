"""The passes, in order. Each takes a valid network and gives a valid network."""

from __future__ import annotations

from collections.abc import Callable

from cnngen.ir import Network
from cnngen.passes.bias import resolve_bias
from cnngen.passes.flatten_order import order_flattens
from cnngen.passes.shortcuts import resolve_shortcuts
from cnngen.passes.verify import InvalidIRError, verify

Pass = Callable[[Network], Network]

PASSES: tuple[Pass, ...] = (
    resolve_shortcuts,
    resolve_bias,
    order_flattens,
)


def run_passes(network: Network, *, debug: bool = False) -> Network:
    """The network after all passes; with ``debug``, verified before and after each."""
    if debug:
        verify(network, resolved=False)
    for a_pass in PASSES:
        network = a_pass(network)
        if debug:
            verify(network)
    return network


__all__ = ["PASSES", "InvalidIRError", "Pass", "run_passes", "verify"]
