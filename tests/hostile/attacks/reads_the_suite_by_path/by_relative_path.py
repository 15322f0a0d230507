"""Above its working folder."""

import numpy as np

import os
import re

SECRET = re.compile(rb"CANARY-[a-z]+-[0-9a-f]{8,}")


def tell(where, data):
    for found in set(SECRET.findall(data)):
        print("BREACHED:", where, found.decode())


def others():
    found = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [pid for pid in sorted({*found, os.getppid(), 1}, reverse=True) if pid not in (0, os.getpid())][
        :80
    ]


def search(top, budget=3000):
    for folder, folders, names in os.walk(top):
        folders[:] = [
            one for one in folders if not one.startswith((".git", ".venv", "node_modules", "cache"))
        ]
        for name in names:
            budget -= 1
            if budget < 0:
                return
            path = os.path.join(folder, name)
            try:
                if os.path.getsize(path) < 2**17 and name.endswith(
                    (".py", ".txt", ".db", "secret", ".netrc", ".toml")
                ):
                    with open(path, "rb") as file:
                        tell(path, file.read())
            except OSError:
                pass


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
    for top in ("..", "../..", "../../solutions", "../dlgrade-hostile-world-*"):
        search(top, 500)
    print(os.listdir("."), os.getcwd())
    return np.array([f(v) for v in x.tolist()])
