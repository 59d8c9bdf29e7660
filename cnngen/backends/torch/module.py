"""A module of torch classes: blocks, groups, networks."""

from __future__ import annotations

from cnngen.backends.code import (
    docstring,
    exports,
    lay_out,
    number,
    readable,
    signature,
)
from cnngen.backends.describe import (
    module_docstring,
    network_docstring,
    parameters_code,
    unit_docstring,
    unit_parameters,
)
from cnngen.backends.sharing import (
    Context,
    Unit,
    Units,
    Written,
    network_context,
    share,
    share_networks,
    taken_names,
    types,
)
from cnngen.backends.skeleton import template
from cnngen.backends.torch import initial
from cnngen.backends.torch.body import METHOD, Class, Group, Groups, Writer, camel, shape_text
from cnngen.backends.torch.names import LOCALS, at_the_top
from cnngen.ir import Chain, Module, Network, SideHead
from cnngen.record import NamedTuple


class Page(NamedTuple):
    """One class, ready for the template."""

    name: str
    base: str
    docstring: str
    signature: str
    submodules: list[str]
    forward: list[str]
    result: str
    outputs: Outputs | None = None


class Outputs(NamedTuple):
    """What a network with side heads returns in training."""

    name: str
    docstring: str
    heads: list[str]
    loss: str


def write(module: Module) -> str:
    """The module's source, without the header."""
    taken = taken_names(module, at_the_top(module) | LOCALS)
    taken |= {f"{name}Outputs" for n in module.networks for name in (n.name, n.base.name)}
    units, by_body = share(module, _write_body, camel, taken)
    shared = share_networks(module, _write_network, by_body, taken)
    groups = Groups(taken | {unit.name for unit in (*units, *shared.values())})
    pages: list[Page] = []
    for unit in units:
        page = _unit(unit, by_body, groups)
        pages += [*_take(groups), page]
    for network in module.networks:
        base = shared.get(network.name)
        if base is None:
            page = _network(network, by_body, groups)
            pages += [*_take(groups), page]
            continue
        if base.name not in {page.name for page in pages}:
            page = _base(base, by_body, groups)
            pages += [*_take(groups), page]
        pages.append(_variant(network, base, next(p for p in pages if p.name == base.name)))
    heads = [page.outputs for page in pages if page.outputs]
    names = [network.name for network in module.networks]
    return template(__file__).render(
        docstring="\n".join(docstring(module_docstring(module, "PyTorch"), "")),
        needs=groups.needs,
        started=groups.needs & initial.FUNCTIONS,
        scaled=[each for each in initial.SCALED.items() if each[0] in groups.needs],
        typing=_typing(groups.needs, heads=bool(heads)),
        exports="\n".join(exports([*names, *(outputs.name for outputs in heads)])),
        heads=bool(heads),
        pages=pages,
    )


def _typing(needs: set[str], *, heads: bool) -> list[str]:
    """What is imported from ``typing``."""
    used = {
        "Literal": bool(needs & initial.SCALED.keys()),
        "NamedTuple": heads,
        "TypeVar": bool(needs & {*initial.FUNCTIONS, "zero_scale"}),
    }
    return [name for name, is_used in used.items() if is_used]


def _write_body(chain: Chain, context: Context, units: Units) -> Written:
    """A block's body as text that tells bodies apart."""
    groups = Groups(set())
    written = Writer(context, units, groups, noted=False).write(chain, sequential=True)
    return Written(f"{written.text}\n{groups.text}", written.names)


def _write_network(chain: Chain, context: Context, units: Units) -> Written:
    """A network's body as text that tells variants apart, shapes included."""
    groups = Groups(set())
    writer = Writer(context, units, groups, noted=True, outputs="Outputs")
    written = writer.write(chain, sequential=False)
    weights = "".join(f"{head.name} {head.weight}\n" for head in written.heads)
    return Written(f"{written.text}\n{weights}{groups.text}", written.names)


def _take(groups: Groups) -> list[Page]:
    """The classes of groups that have come up since the last time."""
    return [_group(group) for group in groups.new()]


def _unit(unit: Unit, units: Units, groups: Groups) -> Page:
    writer = Writer(unit.context, units, groups, noted=unit.alone)
    written = writer.write(unit.body, sequential=True)
    parameters = unit_parameters(unit.parameters, unit.types, unit.defaults())
    return _page(unit.name, unit_docstring(unit, shape_text), parameters, written)


def _group(group: Group) -> Page:
    kinds = {name: types([group.context.values[name]]) for name in group.written.names}
    parameters = unit_parameters(sorted(group.written.names), kinds, {})
    return _page(group.name, f"The group `{group.chain.name}`.", parameters, group.written)


def _network(network: Network, units: Units, groups: Groups) -> Page:
    outputs = f"{network.name}Outputs"
    writer = Writer(network_context(network), units, groups, noted=True, outputs=outputs)
    written = writer.write(network.body, sequential=False)
    described = network_docstring(network, shape_text)
    page = _page(network.name, described, parameters_code(network), written)
    return _with_heads(page, written.heads)


def _base(unit: Unit, units: Units, groups: Groups) -> Page:
    """The class that variants of a network share."""
    name = f"{unit.name}Outputs"
    writer = Writer(unit.context, units, groups, noted=True, outputs=name)
    written = writer.write(unit.body, sequential=False)
    parameters = unit_parameters(unit.parameters, unit.types, unit.defaults())
    described = readable(unit.block.description) or f"What variants of {unit.name} share."
    page = _page(unit.name, described, parameters, written)
    return _with_heads(page, written.heads)


def _variant(network: Network, base: Unit, page: Page) -> Page:
    """A class that only says what is its own."""
    made = base.call(base.variant_arguments(network))._replace(function="super().__init__")
    return Page(
        network.name,
        base.name,
        "\n".join(docstring(network_docstring(network, shape_text), "    ")),
        "\n".join(signature("    ", "__init__", ["self"], parameters_code(network), "None")),
        lay_out(METHOD, "", made),
        [],
        page.result,
    )


def _with_heads(page: Page, heads: list[SideHead]) -> Page:
    """The class, and the one of what it returns in training where it has side heads."""
    if not heads:
        return page
    name = f"{page.name}Outputs"
    outputs = _outputs_page(page.name, name, heads)
    return page._replace(result=f"Tensor | {name}", outputs=outputs)


def _outputs_page(network: str, name: str, heads: list[SideHead]) -> Outputs:
    names = [head.name for head in heads]
    described = f"What {network} returns in training: the main output, and those of its side heads."
    terms = ["criterion(self.main, target)"]
    terms += [f"{number(head.weight)} * criterion(self.{head.name}, target)" for head in heads]
    return Outputs(
        name,
        "\n".join(docstring(described, "    ")),
        names,
        "\n".join(_sum(terms)),
    )


def _sum(terms: list[str]) -> list[str]:
    """``return a + b + c`` as formatters lay it out."""
    line = f"        return {' + '.join(terms)}"
    if len(line) <= 88:
        return [line]
    first, *others = terms
    rows = [f"            {first}", *(f"            + {term}" for term in others)]
    return ["        return (", *rows, "        )"]


def _page(name: str, described: str, parameters: list[str], written: Class) -> Page:
    return Page(
        name,
        "nn.Sequential" if written.is_sequential else "nn.Module",
        "\n".join(docstring(readable(described), "    ")),
        "\n".join(signature("    ", "__init__", ["self"], parameters, "None")),
        written.submodules,
        written.forward,
        "Tensor",
    )
