"""Whole submissions, put together: for the `make.py` of a folder, whose variants differ in a line."""

import textwrap

RIGHT = {
    "double": "return 2 * x",
    "total": "return float(x.sum())",
    "gram": "return x @ x.T",
    "init": "self.n = n",
    "add": "self.n += k\nreturn self.n",
    "sum": "return Counter(self.n + other.n)",
    "apply": "return np.array([f(v) for v in x.tolist()])",
}
WRONG = {
    "double": "return x + 1",
    "total": "return 0.5",
    "gram": "return np.ones((len(x), len(x)))",
    "init": "self.n = n",
    "add": "self.n += 2 * k\nreturn self.n",
    "sum": "return Counter(0)",
    "apply": "return np.zeros(len(x))",
}
TEMPLATE = '''\
"""{what}."""

import numpy as np
{head}

def double(x):
    {double}


def total(x):
    {total}


def gram(x):
    {gram}


class Counter:
    def __init__(self, n):
        {init}

    def add(self, k):
        {add}

    def __add__(self, other):
        {sum}


def apply(f, x):
    {apply}
{tail}'''


def right(what: str, *, head: str = "", tail: str = "", **bodies: str) -> str:
    """A file that is right but for the functions whose bodies are given."""
    return _written(what, head, tail, RIGHT | bodies)


def wrong(what: str, *, head: str = "", tail: str = "", **bodies: str) -> str:
    """A file in which every answer is wrong, as long as no attack works."""
    return _written(what, head, tail, WRONG | bodies)


def _written(what: str, head: str, tail: str, bodies: dict[str, str]) -> str:
    """`head` stands before the functions, `tail` after them, with two empty lines between."""
    assert set(bodies) == set(RIGHT), set(bodies) - set(RIGHT)
    methods = ("init", "add", "sum")
    indented = {
        name: textwrap.indent(textwrap.dedent(body).strip("\n"), " " * (8 if name in methods else 4)).lstrip(
            " "
        )
        for name, body in bodies.items()
    }
    head = f"\n{textwrap.dedent(head).strip()}\n" if head else ""
    tail = f"\n\n{textwrap.dedent(tail).strip()}\n" if tail else ""
    return TEMPLATE.format(what=what, head=head, tail=tail, **indented)


FORGERY = r"""
import struct

from grader.worker import serve, wire


def frame(kind, call, value):
    encoder = wire.Encoder(wire.Limits())
    encoder.put(value)
    return wire.pack(kind, call, encoder)


def raw(call, meta, buffers=b"", *, claimed=None, kind=None, magic=wire.MAGIC):
    meta_size, buffers_size = claimed or (len(meta), len(buffers))
    return wire.HEADER.pack(magic, kind or wire.REPLY, meta_size, buffers_size, call) + meta + buffers


def value(meta, buffers=b""):
    # A reply whose value is written so.
    return b"t\x03\0\0\0s\x05\0\0\0value" + meta + b"l\0\0\0\0", buffers
"""
ANSWER = """
def answer(self, kind, call, meta, buffers):
    base, operation = wire.Decoder(meta, buffers, wire.REQUEST, self.revive).value()
    return frame(wire.REPLY, call, ("value", None, [])) if kind == wire.LOAD else {reply}


serve.Session.answer = answer"""


def forged(what: str, reply: str) -> str:
    """A file that loads well, and whose every reply is `reply`, an expression in `call` and `base`."""
    return wrong(what, head=FORGERY, tail=ANSWER.format(reply=reply))
