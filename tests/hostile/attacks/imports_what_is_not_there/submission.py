"""Packages of the grader's and of others."""

import numpy as np

import importlib


def double(x):
    return 2 * x


def total(x):
    return float(x.sum())


def gram(x):
    return x @ x.T


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        self.n += k
        return self.n

    def __add__(self, other):
        return Counter(self.n + other.n)


def apply(f, x):
    for name in (
        "torch",
        "scipy",
        "pandas",
        "numba",
        "cffi",
        "pytest",
        "_pytest",
        "msgspec",
        "jinja2",
        "rich",
        "click",
        "sqlalchemy",
        "alembic",
        "nbformat",
        "pip",
        "setuptools",
        "psutil",
        "hypothesis",
        "mypy",
        "grader.judge",
        "grader.core",
        "grader.core.seeds",
        "grader.cli",
        "grader.engines.local",
        "grader.sandbox",
        "grader.gradebook",
        "grader.report",
        "tests",
    ):
        try:
            importlib.import_module(name)
            print("BREACHED: imported", name)
        except BaseException:
            pass
    return np.array([f(v) for v in x.tolist()])
