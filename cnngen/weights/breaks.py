"""What is said of a change that breaks checkpoints."""

from __future__ import annotations

from cnngen.diagnostics import Diagnostic, codes
from cnngen.ir import Network
from cnngen.weights.changes import Change, Held, Kind, Named

MESSAGES = {
    Kind.REMOVED: "the weights of `{old}` are gone",
    Kind.CHANGED: "the weights of `{new}` have changed",
    Kind.RENAMED: "the weights of `{old}` are likely those of `{new}` now",
    Kind.REORDERED: "`{new}` stands where `{old}` stood among layers of its kind",
    Kind.ADDED: "`{new}` has weights that were not there",
}

_INITIAL = "`cnngen weights convert --skip {new}` gives the layer its initial values"

HINTS = {
    Kind.REMOVED: "",
    Kind.CHANGED: _INITIAL,
    Kind.RENAMED: "a label keeps a name; `--plan renames.json` writes a table for checkpoints",
    Kind.REORDERED: "the framework goes by their order, `cnngen weights convert` by their names",
    Kind.ADDED: _INITIAL,
}


def network_gone(network: Network, path: str) -> Diagnostic:
    """A network that the file at ``path`` has no more."""
    message = f"the network `{network.name}` is gone, and with it all of its weights"
    reason = Kind.REMOVED.value
    return Diagnostic(codes.CHECKPOINT_BREAK, message, path=path, reason=reason)


def weights_changed(network: Network, change: Change) -> Diagnostic:
    """A layer whose weights changed: where it stands, or the network that it is gone from."""
    kind, old, new = change
    names = {"old": _path(old), "new": _path(new)}
    there = new or old
    targets = there.weights if there else {}
    return Diagnostic(
        codes.CHECKPOINT_BREAK,
        f"{network.name}: {MESSAGES[kind].format(**names)}",
        new.span if new else network.span,
        kind.value,
        hint=HINTS[kind].format(**names),
        notes=tuple(f"{target}: {_row(*row)}" for target in targets for row in change.rows(target)),
        reason=kind.value,
    )


def _path(layer: Held | None) -> str:
    return layer.path if layer else ""


def _row(was: Named | None, now: Named | None) -> str:
    if was and now:
        changed = _sizes(now) if was.name == now.name else now.name
        return f"{was.name} {_sizes(was)} -> {changed}"
    there = now or was
    return f"{there.name} {_sizes(there)} {'is new' if now else 'is gone'}" if there else ""


def _sizes(weight: Named) -> str:
    return "x".join(map(str, weight.shape))
