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
    assert_unchanged,
    fail,
)
from grader.judge.program import Program
from grader.judge.proxy import items
from grader.judge.speed import assert_speed
from grader.judge.tensors import Gradients, assert_gradients, assert_tensor, gradients, tensor
from grader.judge.variety import assert_varies
from grader.worker.wire import Seed, Tensor

__all__ = [
    "CheckFault",
    "Gradients",
    "Graph",
    "Mismatch",
    "Program",
    "Seed",
    "StudentError",
    "Tensor",
    "assert_close",
    "assert_curve",
    "assert_equal",
    "assert_gradient",
    "assert_gradients",
    "assert_graph",
    "assert_raises",
    "assert_shape",
    "assert_speed",
    "assert_tensor",
    "assert_unchanged",
    "assert_varies",
    "fail",
    "gradients",
    "items",
    "tensor",
]
