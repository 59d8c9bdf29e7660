"""Random valid networks, as text, from the registry of layers and the words of the language."""

from fuzz.strategies.files import sources

__all__ = ["sources"]
