"""Lines of other tools: one of PyTorch, of Keras, or of a paper's table, read as a whole.

What is said of such a line word by word leads nowhere. Here it is answered once, with the line
that means the same; see ``answer``.
"""

from cnngen.foreign.answer import as_meant

__all__ = ["as_meant"]
