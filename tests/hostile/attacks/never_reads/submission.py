"""The next request stays in the socket."""

import numpy as np

import os
import time

from grader.worker import serve, wire


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
    return np.array([f(v) for v in x.tolist()])


answer = serve.Session.answer
questions = []


def deaf(self, kind, call, meta, buffers):
    reply = answer(self, kind, call, meta, buffers)
    questions.append(kind)
    if len(questions) == 2:  # the vector, the float32 matrix: the large one comes next
        os.write(3, reply)
        time.sleep(1000)
    return reply


serve.Session.answer = deaf
