"""Whatever a file does, its checks get the outcome that is due, and the rest is judged as ever."""

import pytest

from grader.core.record import encode
from tests.cli.tiny import DOUBLE, RIGHT, TOTAL, outcomes

TOTAL_RIGHT = "def total(x):\n    return float(x.sum())\n\n"
"""The other function: whatever `double` does, its checks pass."""


def double(body: str, imports: str = "import numpy as np") -> str:
    """A file whose `double` has this body."""
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    return f"{imports}\n\n{TOTAL_RIGHT}\ndef double(x):\n{indented}\n"


BODIES = {
    "returns None": ("return None", "failed"),
    "returns a list": ("return [2 * v for v in x.tolist()] if x.ndim == 1 else (2 * x).tolist()", "failed"),
    "wrong dtype": ("return (2 * x).astype(np.float32)", "failed"),
    "wrong shape": ("return (2 * x)[..., None]", "failed"),
    "object array": ("return (2 * x).astype(object)", "crashed"),
    "NaN": ("return np.full_like(x, np.nan)", "failed"),
    "a generator": ("yield from 2 * x", "failed"),
    "a claim of 2 GB": ("return np.broadcast_to(x.flat[0], (2**28,))", "output_limit"),
    "raises": ("raise ValueError('no')", "crashed"),
    "raises with a message of 10 MB": ("raise ValueError('no' * 5_000_000)", "crashed"),
    "raises with a broken message": (
        "class E(Exception):\n    def __str__(self): raise SystemExit(0)\nraise E",
        "crashed",
    ),
    "prints 100 MB": ("for _ in range(100):\n    print('x' * 2**20)\nreturn 2 * x", "output_limit"),
    "os._exit(0)": ("import os\nos._exit(0)", "crashed"),
    "sys.exit": ("import sys\nsys.exit(0)", "crashed"),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", "crashed"),
    "segfault": ("import ctypes\nctypes.string_at(0)", "crashed"),
    "endless loop": ("while True: pass", "timed_out"),
    "endless sleep": ("import time\ntime.sleep(1000)", "timed_out"),
    "recursion": ("return double(x)", "crashed"),
    "memory bomb": ("return [np.empty(2**22) for _ in range(10_000)]", "out_of_memory"),
    "memory bomb in one piece": ("return np.ones(2**34)", "out_of_memory"),
    "a thread that raises": (
        "import threading\nthreading.Thread(target=lambda: 1 / 0).start()\nreturn x * 2",
        None,
    ),
}


@pytest.mark.parametrize(("body", "due"), BODIES.values(), ids=BODIES.keys())
def test_one_function_breaks(judged, body, due):
    """What one function does has its outcome there; the checks of the other one still pass."""
    record = judged(double(body))

    assert record.outcome == "graded"
    assert outcomes(record, DOUBLE) == ({"passed"} if due is None else {due})
    assert outcomes(record, TOTAL) == {"passed"}
    assert record.score == (20.0 if due is None else 10.0)


FILES = {
    "syntax error": ("def double(x:\n    return", "crashed"),
    "import error": ("import no_such_module_anywhere\n" + RIGHT, "crashed"),
    "relative import": ("from . import friend\n" + RIGHT, "crashed"),
    "import that never ends": ("while True: pass\n" + RIGHT, "timed_out"),
    "os._exit(0) at import": ("import os\nos._exit(0)\n" + RIGHT, "crashed"),
    "sys.exit at import": ("import sys\nsys.exit(0)\n" + RIGHT, "crashed"),
    "segfault at import": ("import ctypes\nctypes.string_at(0)\n" + RIGHT, "crashed"),
    "memory bomb at import": ("b = [bytearray(2**30) for _ in range(10_000)]\n" + RIGHT, "out_of_memory"),
    "prints 100 MB at import": ("for _ in range(100): print('x' * 2**20)\n" + RIGHT, "output_limit"),
    "deeply nested source": ("x = " + "(" * 100_000 + ")" * 100_000, "crashed"),
    "only a comment": ("# later\n", "crashed"),
    "only a name": ("double = total = 3\n", "crashed"),
}


@pytest.mark.parametrize(("source", "due"), FILES.values(), ids=FILES.keys())
def test_file_breaks(judged, source, due):
    """A file that cannot be loaded is graded: every check has the outcome of the load."""
    record = judged(source)

    assert record.outcome == "graded"
    assert record.score == 0.0
    assert outcomes(record, DOUBLE | TOTAL) == {due}


def test_missing_function(judged):
    """A function that is not there crashes its own checks."""
    record = judged(TOTAL_RIGHT)

    assert outcomes(record, DOUBLE) == {"crashed"}
    assert outcomes(record, TOTAL) == {"passed"}


@pytest.mark.parametrize("signature", ["", "y", "x, y", "x, /"])
def test_wrong_signature(judged, signature):
    """A function that does not take the arguments crashes its own checks."""
    record = judged(TOTAL_RIGHT + f"def double({signature}):\n    return 2 * x\n")

    assert outcomes(record, DOUBLE) == {"crashed"}
    assert outcomes(record, TOTAL) == {"passed"}


def test_all_time_used(judged):
    """Two functions that never end use up their time, and no more."""
    record = judged("def double(x):\n    while True: pass\n\n\ntotal = double\n")

    assert outcomes(record, DOUBLE | TOTAL) == {"timed_out"}
    assert record.score == 0.0
    assert record.seconds < 15


def test_long_message_is_cut(judged):
    """A message of 10 MB does not make a record of 10 MB."""
    assert len(encode(judged(double("raise ValueError('no' * 5_000_000)")))) < 200_000


def test_right_after_all(judged):
    """The engine is as good as new: a correct file gets full marks, a known mistake its name."""
    assert judged(RIGHT).passed

    record = judged(RIGHT.replace("2 * x", "x * x"))

    assert {check.diagnosis.mistake for check in record.checks if check.diagnosis} == {"squares"}


@pytest.mark.parametrize("student", ["김철수", "a b  c", "..", "e" * 128, "<b>&\"'", "=1+1"])
def test_odd_students(judged, student):
    """The name of a student is data."""
    assert judged(RIGHT, student).student == student
