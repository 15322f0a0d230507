"""Graphs of nodes, and the oracle that compares them."""

import math
import operator
import types
from typing import Any

import numpy as np
import pytest

from grader.core.record import GraphEvidence
from grader.judge.faults import Mismatch
from grader.judge.graphs import MAX_NODES, Graph, Node, NodeValue, assert_graph
from grader.judge.program import Program
from grader.worker.wire import Ref


class Number:
    """Stands for a reference's Value: knows +, *, tanh, and a backward that only marks the node."""

    def __init__(self, data: float) -> None:
        self.data = data
        self.grad = 0.0

    def __add__(self, other: "Number | float") -> "Number":
        return Number(self.data + (other.data if isinstance(other, Number) else other))

    def __mul__(self, other: "Number | float") -> "Number":
        return Number(self.data * (other.data if isinstance(other, Number) else other))

    def tanh(self) -> "Number":
        """Hyperbolic tangent."""
        return Number(math.tanh(self.data))

    def backward(self) -> None:
        """Marks the node."""
        self.grad = 1.0


class Module:
    """A module with the class Value that runs programs in this process."""

    def __init__(self) -> None:
        self.functions = types.SimpleNamespace(Value=Number)

    def run(self, program: Program, results: list[Ref]) -> list[Any]:
        """The values of `results` after the program."""
        values: list[Any] = []

        def known(x: Any) -> Any:
            return values[x.step] if isinstance(x, Ref) else x

        for kind, *rest in program.steps:
            match kind:
                case "call":
                    values.append(getattr(self.functions, rest[0])(*rest[1]))
                case "operator":
                    values.append(getattr(operator, rest[0])(*map(known, rest[1])))
                case "method":
                    values.append(getattr(known(rest[0]), rest[1])(*rest[2]))
                case _:
                    values.append(getattr(known(rest[0]), rest[1]))
        return [values[ref.step] for ref in results]


def product_and_sum() -> tuple[Graph, Node]:
    """The graph of y = a * b + a, and y."""
    graph = Graph()
    a, b = graph.leaf("a", 2.0), graph.leaf("b", -3.0)
    return graph, graph.op("add", graph.op("mul", a, b), a, name="y")


def values(*pairs: tuple[Any, Any]) -> list[NodeValue]:
    """Nodes that hold (data, grad)."""
    return [NodeValue(data, grad) for data, grad in pairs]


WANT = values((2.0, -2.0), (-3.0, 2.0), (-6.0, 1.0), (-4.0, 1.0))


def mismatch(got: list[NodeValue]) -> Mismatch:
    """How `got` differs from WANT, on that graph."""
    graph, _ = product_and_sum()
    with pytest.raises(Mismatch) as caught:
        assert_graph(got, WANT, graph)
    return caught.value


def evidence(fault: Mismatch) -> GraphEvidence:
    """The graph that a mismatch shows."""
    (only,) = fault.evidence
    assert isinstance(only, GraphEvidence)
    return only


def test_nodes_and_edges() -> None:
    """A graph keeps what each node is called and what it was computed from."""
    graph, _ = product_and_sum()

    assert [node.label for node in graph.nodes] == ["a", "b", "v2 = a * b", "y = v2 + a"]
    assert graph.edges == [(0, 2), (1, 2), (2, 3), (0, 3)]


def test_labels_of_numbers_and_functions() -> None:
    """Numbers and functions of one node read as they would be written."""
    graph = Graph()
    a = graph.leaf("a", 1.0)
    graph.op("sub", 2.0, a)
    graph.op("neg", a)
    graph.unary("tanh", a)

    assert [node.label for node in graph.nodes[1:]] == ["v1 = 2 - a", "v2 = -a", "v3 = tanh(a)"]


def test_run_fetches_data() -> None:
    """Without a backward no gradients are asked for."""
    graph, _ = product_and_sum()

    got = graph.run(Module())

    assert got == values((2.0, None), (-3.0, None), (-6.0, None), (-4.0, None))


def test_run_fetches_gradients() -> None:
    """After a backward each node has a gradient, and a second run gives the same."""
    graph, y = product_and_sum()
    graph.backward(y)

    first, second = graph.run(Module()), graph.run(Module())

    assert first == second == values((2.0, 0.0), (-3.0, 0.0), (-6.0, 0.0), (-4.0, 1.0))


def test_equal_graphs_pass() -> None:
    """What is right up to rounding, an int or a 0-d array passes."""
    graph, _ = product_and_sum()

    assert_graph(values((2, np.array(-2.0)), (-3.0, 2.0), (-6.0, 1.0 + 1e-12), (-4.0, 1.0)), WANT, graph)


def test_gradients_not_asked_for_do_not_count() -> None:
    """Where no gradient is expected, none is compared."""
    graph, _ = product_and_sum()
    want = [NodeValue(one.data, None) for one in WANT]

    assert_graph(values((2.0, "x"), (-3.0, None), (-6.0, math.nan), (-4.0, 1.0)), want, graph)


def test_first_wrong_value_is_named() -> None:
    """A wrong value is reported at the first node that has one."""
    fault = mismatch(values((2.0, -2.0), (-3.0, 2.0), (6.0, 1.0), (8.0, 1.0)))

    assert fault.message.en == "The value of the node v2 = a * b should be -6; it is 6."
    assert fault.message.ko == "노드 v2 = a * b의 값: 기댓값 -6, 제출한 값 6."
    assert [node.wrong for node in evidence(fault).nodes] == [False, False, True, True]


def test_gradient_nearest_to_the_result_is_named() -> None:
    """Wrong gradients spread towards the leaves: the one to look at is the last."""
    fault = mismatch(values((2.0, 0.0), (-3.0, 0.0), (-6.0, 0.0), (-4.0, 1.0)))

    assert fault.message.en == "The gradient of the node v2 = a * b should be 1; it is 0."
    assert [node.wrong for node in evidence(fault).nodes] == [True, True, True, False]


def test_evidence_holds_both_sides() -> None:
    """The picture gets what was found beside what was expected."""
    shown = evidence(mismatch(values((2.0, 7.0), (-3.0, 2.0), (-6.0, 1.0), (-4.0, 1.0))))

    node = shown.nodes[0]
    assert (node.label, node.data, node.grad) == ("a", 2.0, 7.0)
    assert (node.expected_data, node.expected_grad) == (2.0, -2.0)
    assert shown.edges == [(0, 2), (1, 2), (2, 3), (0, 3)]
    assert not shown.truncated


@pytest.mark.parametrize(
    "claim",
    [
        math.nan,
        math.inf,
        None,
        "-2.0",
        b"-2.0",
        True,
        -2.0 + 0j,
        10**5000,
        -(10**5000),
        [-2.0],
        {"grad": -2.0},
        np.array([-2.0]),
        np.array([[]]),
        np.array(True),
        np.array("x"),
        np.array(np.nan),
        object(),
    ],
    ids=lambda claim: str(type(claim).__name__),
)
@pytest.mark.parametrize("place", ["data", "grad"])
def test_hostile_values_are_mismatches(claim: Any, place: str) -> None:
    """Whatever stands where a number should is a mismatch, never another exception."""
    data, grad = (claim, -2.0) if place == "data" else (2.0, claim)

    fault = mismatch(values((data, grad), (-3.0, 2.0), (-6.0, 1.0), (-4.0, 1.0)))

    assert evidence(fault).nodes[0].wrong


@pytest.mark.parametrize("claim", [5.0, -math.inf, math.nan, None])
def test_only_infinity_is_infinity(claim: Any) -> None:
    """Where infinity is expected nothing else passes, nor does anything in the other nodes."""
    graph, _ = product_and_sum()
    want = values((math.inf, None), *[(1.0, None)] * 3)

    assert_graph(want, want, graph)
    for got in (values((claim, None), *[(1.0, None)] * 3), values((math.inf, None), *[(1.1, None)] * 3)):
        with pytest.raises(Mismatch):
            assert_graph(got, want, graph)


def test_zeros_do_not_pass() -> None:
    """The tolerance hangs on the largest value: it lets no zero pass for a number."""
    graph, _ = product_and_sum()

    with pytest.raises(Mismatch):
        assert_graph(values((2.0, 0.0), (-3.0, 0.0), (-6.0, 0.0), (-4.0, 0.0)), WANT, graph)


def test_large_graphs_are_cut() -> None:
    """Of a large graph the neighbourhood of the node in question is shown."""
    graph = Graph()
    node = graph.leaf("x", 1.0)
    for _ in range(200):
        node = graph.op("add", node, 1.0)
    want = [NodeValue(1.0 + i, None) for i in range(201)]
    got = [*want[:150], NodeValue(0.0, None), *want[151:]]

    with pytest.raises(Mismatch) as caught:
        assert_graph(got, want, graph)

    shown = evidence(caught.value)
    ids = [one.id for one in shown.nodes]
    assert shown.truncated
    assert len(ids) == MAX_NODES
    assert ids == list(range(ids[0], ids[0] + MAX_NODES))
    assert 150 in ids
    assert shown.edges == [(i, i + 1) for i in ids[:-1]]
