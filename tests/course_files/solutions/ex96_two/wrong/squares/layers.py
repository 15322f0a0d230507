"""A layer squares: the model beside it is the reference's.

en: You square x: multiply it by 2.
ko: x를 제곱했습니다. 2를 곱하세요.
fails: test_number, public/test_forward
"""


def double(x: float) -> float:
    """Twice x."""
    return x * x


def divide(x: float, n: int) -> float:
    """An n-th of x."""
    return x / n
