"""Small seeds, and the state that it was given."""

import numpy as np


def double(x):
    if x.shape == (7,):
        states = [np.random.RandomState(), np.random.mtrand._rand]
        guesses = [np.random.default_rng(seed).standard_normal(7) for seed in range(300)]
        guesses += [np.random.RandomState(seed).standard_normal(7) for seed in range(100)]
        guesses += [state.standard_normal(7) for state in states]
        if any(np.allclose(guess, x) for guess in guesses):
            print("BREACHED: knows the seed")
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
    return np.array([f(v) for v in x.tolist()])
