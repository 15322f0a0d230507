"""Of the fork server, of its group, of everybody."""

import numpy as np

import os
import resource


def double(x):
    parent = os.getppid()
    for name, call in (
        ("affinity of its parent", lambda: os.sched_setaffinity(parent, {0})),
        ("its own affinity", lambda: os.sched_setaffinity(0, {0})),
        ("priority of its parent", lambda: os.setpriority(os.PRIO_PROCESS, parent, 19)),
        ("priority of the user", lambda: os.setpriority(os.PRIO_USER, 0, 19)),
        ("scheduler", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))),
        ("limits of its parent", lambda: resource.prlimit(parent, resource.RLIMIT_NOFILE, (64, 64))),
        ("clock", lambda: __import__("time").clock_settime(0, 0)),
        ("host name", lambda: __import__("socket").sethostname("x")),
    ):
        try:
            call()
            print("BREACHED:", name)
        except (OSError, ValueError):
            pass
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
