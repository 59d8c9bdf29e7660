"""What is said where a file's weights are not to be converted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from cnngen.analysis.graph import cells
from cnngen.diagnostics import Diagnostic, codes
from cnngen.diagnostics.render import counted, one_line
from cnngen.diagnostics.suggest import listed
from cnngen.frameworks.files import FLOATS, FileFormat, NotWeightsError, Sizes, layer_of
from cnngen.weights.fit import Fit, Row, Status

MOST = 5
"""How many of what does not fit are told."""


def not_weights(path: str, error: NotWeightsError) -> Diagnostic:
    """The file cannot be read as a file of weights."""
    return Diagnostic(codes.NOT_WEIGHTS, str(error), hint=error.hint, path=path)


def misfit(path: str, form: FileFormat, found: Fit, *, by_name: bool = True) -> Diagnostic:
    """What of the file does not fit the network: the first of it, and how much more.

    ``by_name`` where nothing but names was asked for.
    """
    wrong, name = found.wrong, found.network.name
    if not any(row.expected is not None and row.found is not None for row in found.rows):
        message = f"the file has none of the weights of `{name}`"
    else:
        message = f"{counted(len(wrong), 'name')} of weights in the file and `{name}` do not fit"
    lines = [_line(row) for row in _some(wrong)]
    if len(wrong) > MOST:
        lines.append(f"and {len(wrong) - MOST} more: `cnngen weights inspect` shows all")
    note = "\n".join(["what does not fit:", *lines])
    hints = [*_hints(found)]
    if by_name and (form.keeps_graph or form.keeps_order) and _same_shapes(found.rows):
        hints.append(
            "`--match graph` finds layers by how they are connected, whatever their names are"
            if form.keeps_graph
            else "`--match order` takes layers in their order, whatever their names are"
        )
    hint = next(iter(hints), "")
    return Diagnostic(codes.WEIGHTS_MISFIT, message, hint=hint, notes=(note,), path=path)


def mixed(path: str, types: str) -> Diagnostic:
    """The weights have several types."""
    return Diagnostic(
        codes.MIXED_TYPES,
        f"the weights have the types {types}, and the file to write can have one",
        hint="convert all of them to one type first",
        path=path,
    )


def _some(wrong: Sequence[Row]) -> list[Row]:
    """The first rows, of each status in turn: what is missing and what is there instead."""
    seen: Counter[Status] = Counter()
    turns = []
    for row in wrong:
        turns.append(seen[row.status])
        seen[row.status] += 1
    order = sorted(range(len(wrong)), key=turns.__getitem__)
    return [wrong[place] for place in order[:MOST]]


def _line(row: Row) -> str:
    name = f"`{one_line(row.name)}`"
    if row.status is Status.MISSING:
        return f"{name} {_sizes(row.expected)} is not in the file{_near(row)}"
    if row.status is Status.EXTRA:
        return f"{name} {_sizes(row.found)} is only in the file{_near(row)}"
    if row.status is Status.MISSHAPEN:
        return f"{name} is {_sizes(row.found)} in the file, {_sizes(row.expected)} in the network"
    wanted = listed(FLOATS) if row.expected else "`int64`"
    return f"{name} is of the type `{one_line(row.dtype)}`, not {wanted}"


def _near(row: Row) -> str:
    return f"; near to `{one_line(row.nearest)}`" if row.nearest else ""


def _sizes(sizes: Sizes | None) -> str:
    return "x".join(map(str, sizes)) if sizes else "(a number)"


def _hints(found: Fit) -> Iterator[str]:
    """What may be the reason, the likeliest first."""
    prefixes = [one_line(prefix) for prefix in common_prefixes(found)]
    if prefixes:
        strips = [f"--strip {prefix}" for prefix in prefixes]
        begin = f"names in the file begin with {listed(prefixes, MOST)}"
        yield f"{begin}: {listed(strips, MOST)} takes it away"
    yield from _biases(found.rows)
    yield from _settings(found)


def bias_hint(ours: Sequence[Sizes], theirs: Sequence[Sizes]) -> str:
    """What to write where layers differ in a bias alone; empty where they do not.

    Args:
        ours: the shapes of the weights of a layer in the network.
        theirs: those of one in the file.
    """
    fewer, more = sorted((Counter(ours), Counter(theirs)), key=Counter.total)
    rest = [*(more - fewer).elements()]
    if fewer - more or len(rest) != 1 or len(rest[0]) != 1:
        return ""
    if fewer.total() != 1 or len(next(iter(fewer))) < 2:  # not a kernel
        return ""
    if len(ours) < len(theirs):
        return (
            "layers in the file have a bias: `bias=true` in the source says so, which a "
            "convolution before a batch norm has only then"
        )
    return "layers in the file have no bias: `bias=false` in the source says so"


def _biases(rows: Sequence[Row]) -> Iterator[str]:
    """The hint where layers differ in a bias, under the same names or under others."""
    ours = _layers((row.name, row.expected) for row in rows if row.expected is not None)
    theirs = _layers((row.name, row.found) for row in rows if row.found is not None)
    unlike = [layer for layer in ours if ours[layer] != theirs.get(layer)]
    unknown = [layer for layer in theirs if layer not in ours]
    for layer in unlike:
        others = [theirs[layer]] if layer in theirs else [theirs[each] for each in unknown]
        hint = next(filter(None, (bias_hint(ours[layer], other) for other in others[:MOST])), "")
        if hint:
            yield hint
            return


def _layers(shapes: Iterable[tuple[str, Sizes]]) -> dict[str, tuple[Sizes, ...]]:
    """The shapes of the weights of each layer, without sizes of one."""
    layers: dict[str, tuple[Sizes, ...]] = {}
    for name, shape in shapes:
        layer = layer_of(name)
        layers[layer] = (*layers.get(layer, ()), cells(shape))
    return layers


def _same_shapes(rows: Sequence[Row]) -> bool:
    """Whether the file has the weights of the network under other names, as far as shapes tell."""
    missing = Counter(row.expected for row in rows if row.status is Status.MISSING)
    extra = Counter(row.found for row in rows if row.status is Status.EXTRA)
    return bool(missing) and missing <= extra


def common_prefixes(found: Fit) -> list[str]:
    """What stands in the file before all of the network's names, if none is there without it.

    Wrappers put it there, and models of which the network is a part.
    """
    names = [row.name for row in found.rows if row.status is Status.MISSING]
    extra = {row.name for row in found.rows if row.status is Status.EXTRA}
    if not names or any(row.expected is not None and row.found is not None for row in found.rows):
        return []
    prefixes = sorted(n.removesuffix(names[0]) for n in extra if n.endswith(f".{names[0]}"))
    return [prefix for prefix in prefixes if all(prefix + name in extra for name in names)]


def _settings(found: Fit) -> Iterator[str]:
    """A parameter's value that gives the shapes in the file."""
    misshapen = [row for row in found.wrong if row.status is Status.MISSHAPEN]
    changes = [change for row in misshapen for change in _changes(row)]
    if len(misshapen) < len(found.wrong) or len(changes) < len(misshapen):
        return
    for parameter in found.network.parameters:
        if {wanted for wanted, _ in changes} == {found.network.values[parameter]}:
            values = {there for _, there in changes}
            if len(values) == 1:
                layers = dict.fromkeys(layer_of(row.name) for row in misshapen)
                skips = " ".join(f"--skip {one_line(layer)}" for layer in layers)
                yield (
                    f"`--set {parameter}={values.pop()}` gives the shapes in the file; "
                    f"`{skips}` keeps initial values there"
                )


def _changes(row: Row) -> list[tuple[int, int]]:
    """The sizes that differ, here and there; none where it is not the same axes that differ."""
    if row.expected is None or row.found is None or len(row.expected) != len(row.found):
        return []
    pairs = zip(row.expected, row.found, strict=True)
    return [(here, there) for here, there in pairs if here != there]
