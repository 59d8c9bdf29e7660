"""Uses of blocks as the language writes them."""

from __future__ import annotations

from collections.abc import Mapping

from cnngen.ir import Block
from cnngen.ops.text import used


def use_text(block: Block, arguments: Mapping[str, object]) -> str:
    """A use of a block: arguments in their places as long as they have no default."""
    defaults = {each.name: each.default for each in block.parameters if each.default is not None}
    required = [each.name.name for each in block.node.parameters if each.default is None]
    return used(block.name, arguments, defaults, required)
