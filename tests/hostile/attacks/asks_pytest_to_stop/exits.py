"""pytest.exit with success."""

import numpy as np


def double(x):
    import pytest

    pytest.exit("done", returncode=0)


def total(x):
    import pytest

    pytest.skip("not today")


def gram(x):
    import pytest

    pytest.xfail("known")


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        import pytest

        pytest.fail("no", pytrace=False)

    def __add__(self, other):
        from _pytest.outcomes import Exit

        raise Exit("done", 0)


def apply(f, x):
    import unittest

    raise unittest.SkipTest("no")
