"""Asks for a name, and loads an address."""

import numpy as np

import socket
import urllib.request


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
    try:
        print(
            "BREACHED:", socket.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)[0][4]
        ) if False else socket.gethostbyname("dlgrade.invalid")
    except OSError:
        pass
    urllib.request.urlopen("http://127.0.0.1:47119/opens_sockets", timeout=0.3)
