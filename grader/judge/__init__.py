"""The trusted side: hidden suites, references, oracles and diagnosis. Suites import from here."""

from grader.judge.faults import CheckFault, Mismatch, StudentError
from grader.judge.graphs import Graph, assert_graph
from grader.judge.oracles import (
    assert_close,
    assert_curve,
    assert_equal,
    assert_gradient,
    assert_raises,
    assert_shape,
    assert_speed,
    assert_unchanged,
    fail,
)
from grader.judge.program import Program
from grader.worker.wire import Seed

__all__ = [
    "CheckFault",
    "Graph",
    "Mismatch",
    "Program",
    "Seed",
    "StudentError",
    "assert_close",
    "assert_curve",
    "assert_equal",
    "assert_gradient",
    "assert_graph",
    "assert_raises",
    "assert_shape",
    "assert_speed",
    "assert_unchanged",
    "fail",
]
