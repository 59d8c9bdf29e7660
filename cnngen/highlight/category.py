"""The categories that the characters of a source are coloured by."""

from __future__ import annotations

from enum import Enum


class Category(Enum):
    """What a part of a source is. A member's value names it in the artefacts for editors."""

    COMMENT = "comment"
    KEYWORD = "keyword"
    REGION = "region"
    """A word that has a body or takes labels: ``residual``, ``add``."""
    LAYER = "layer"
    """A layer's word, where a layer may stand."""
    BLOCK = "block"
    """What is none of these where a layer may stand, and the network that a variant is of."""
    DEFINITION = "definition"
    """The name of a network or block where it is defined."""
    PARAMETER = "parameter"
    """A name that is given a value: a parameter, or by ``let`` and ``for``."""
    LABEL = "label"
    """Of a layer, or of a value where it is read: ``up: conv``, ``concat up``."""
    ARGUMENT = "argument"
    """The name before ``=``."""
    FUNCTION = "function"
    CONSTANT = "constant"
    """``true``, ``false``, and the words that arguments take."""
    NUMBER = "number"
    SIZE = "size"
    STRING = "string"
    MODULE = "module"
    """The blocks that are shipped: ``std.resnet``."""
    NAME = "name"
    """Any other name: a value is read."""
    OPERATOR = "operator"
    ARROW = "arrow"
    PUNCTUATION = "punctuation"
    ERROR = "error"
    """What is no part of the language."""
