"""The weights that ``cnngen compile --weights`` puts into a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cnngen.cli.requirements import need
from cnngen.cli.weights.network import ending_to_read, installed, read
from cnngen.diagnostics import DiagnosticError

if TYPE_CHECKING:
    from cnngen.ir import Network
    from cnngen.reference import AllWeights


def weights_of(path: str) -> Callable[[Network], AllWeights]:
    """What reads the weights of a network from a file that has just these, in float32 at least.

    A usage error where nothing says what the file is.

    Raises:
        DiagnosticError: it cannot be read; what is returned raises it where weights do not fit.
    """
    need("numpy")
    ending = ending_to_read(path)

    def of(network: Network) -> AllWeights:
        from cnngen.frameworks import by_path, from_keys
        from cnngen.frameworks.files import file_format
        from cnngen.weights import chosen_set, fit, misfit, under_two_names, widened

        with installed():
            form = file_format(ending)
        _, contents = chosen_set(read(form, path, network), None, path)
        contents = under_two_names(network, form, contents)
        found = fit(network, form, contents)
        if found.wrong:
            raise DiagnosticError(misfit(path, form, found))
        arrays = {
            name: widened(t.array) for name, t in contents.tensors.items() if t.array is not None
        }
        return by_path(from_keys(form.target, network, arrays))

    return of
