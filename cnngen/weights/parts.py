"""Parts of a network whose weights are taken from a file, and parts that keep their own."""

from __future__ import annotations

from cnngen.frameworks import places
from cnngen.frameworks.files import Contents
from cnngen.frameworks.layout import Place
from cnngen.ir import Network
from cnngen.record import NamedTuple


class Parts(NamedTuple):
    """Names of layers or of what is around them, as the network or the file's framework has them.

    ``skipped`` are left aside, of the file before its layers are looked for, and of the network.
    If there is an ``only``, all else is, of what was found.
    """

    only: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()

    def skips(self, place: Place) -> bool:
        """Whether a weight is in a layer that is left aside by name."""
        return any(is_in(place, layer) for layer in self.skipped)

    def takes(self, place: Place) -> bool:
        """Whether a weight has to be in the file."""
        wanted = not self.only or any(is_in(place, layer) for layer in self.only)
        return wanted and not self.skips(place)

    def taken(self, target: str, network: Network) -> frozenset[str]:
        """The names, as the target calls them, of the weights that have to be in the file."""
        return frozenset(place.name for place in places(target, network) if self.takes(place))


ALL = Parts()


def is_in(place: Place, layer: str) -> bool:
    """Whether a weight is one of this layer, or of one in what has this name."""
    return f"{place.key[0]}.".startswith(f"{layer}.") or place.name.startswith(f"{layer}.")


def without(contents: Contents, layer: str) -> Contents:
    """What the file holds but the layer of this name, and what is in it."""
    start = f"{layer}."
    kept = {name: t for name, t in contents.tensors.items() if not name.startswith(start)}
    return contents._replace(tensors=kept)
