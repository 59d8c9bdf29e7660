"""Division, as the language has it."""


def divide(a: float, b: float) -> int | float:
    """A quotient, which is whole where both are and one divides the other."""
    if isinstance(a, int) and isinstance(b, int) and a % b == 0:
        return a // b
    return a / b
