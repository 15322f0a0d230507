"""Returns the right answer to the call before."""

import numpy as np

answers = []


def double(x):
    answers.append(2 * x)
    return answers[max(0, len(answers) - 2)]


def total(x):
    answers.append(float(x.sum()))
    return answers[max(0, len(answers) - 2)]


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
