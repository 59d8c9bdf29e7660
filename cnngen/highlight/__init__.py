"""What the parts of a ``.cnn`` source are, for whatever colours it.

:mod:`~cnngen.highlight.vocabulary` reads the words off the grammar and the registry,
:mod:`~cnngen.highlight.spans` says of each character what it is, by the compiler's own lexer. The
Pygments lexer here, and the TextMate grammar and Vim syntax that ``editors/generate`` writes, know
the same words, and tests hold them to the same answers.
"""
