"""The model forgets to add 1; the layers are the reference's.

en: The 1 is missing.
ko: 1을 더하지 않았습니다.
fails: test_number, public/test_forward
"""

import layers


def forward(x: float) -> float:
    """Twice x, and 1."""
    return layers.double(x)


def share(x: float, n: int) -> float:
    """An n-th of x."""
    from layers import divide

    return divide(x, n)
