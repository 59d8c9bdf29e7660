"""Sources broken in many ways: whatever the text, the compiler answers.

    python -m tests.fuzz.text --inputs 20000 --seed 1

CI runs a few thousand, and the sources of ``corpus/``: what once failed, and odd corners.
"""
