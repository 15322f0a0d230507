"""Reads its status and makes a call that is to be denied."""

import numpy as np

import os

with open("/proc/self/status") as file:
    status = dict(line.split(":", 1) for line in file.read().splitlines() if ":" in line)
if status["Seccomp"].strip() != "2":
    print("BREACHED: no filter")
if status["NoNewPrivs"].strip() != "1":
    print("BREACHED: may gain privileges")
if int(status["CapEff"], 16) or int(status["CapPrm"], 16) or int(status["CapAmb"], 16):
    print("BREACHED: has capabilities", status["CapEff"])
if int(status["Threads"]) != 1:
    print("BREACHED: is not alone in its process")
try:
    if os.fork() == 0:
        os._exit(0)
    print("BREACHED: forked")
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
    return np.array([f(v) for v in x.tolist()])
