"""Computation graphs: built once, run on the submission and on the reference, compared node by node.

For suites of automatic differentiation (ex05). Lives on our side of the wall: a `Graph` is a
`Program`, so a whole graph crosses in one frame, and what comes back is a claim about its nodes.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from grader.core.record import GraphEvidence, GraphNode, Number, Text, number
from grader.judge.evidence import describe
from grader.judge.faults import Mismatch
from grader.judge.program import Program
from grader.worker.wire import Ref

__tracebackhide__ = True  # by hand, pytest shows the suite's line and not ours

MAX_NODES: Final = 60  # of one picture: more cannot be read
RTOL: Final = 1e-9  # as for float64 arrays, see oracles
ATOL: Final = 1e-10  # as a part of the largest expected magnitude
SYMBOLS: Final = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**", "neg": "-"}


class Runner(Protocol):
    """A module that runs programs: the submission, or the reference."""

    def run(self, program: Program, results: list[Ref]) -> list[Any]:
        """The values of `results` after the program."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a graph: the object at `ref`, computed from the nodes whose ids are `operands`."""

    id: int
    name: str
    label: str
    ref: Ref
    operands: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NodeValue:
    """What a node holds after a run, unchecked. `grad` is None where no gradient was asked for."""

    data: Any
    grad: Any


class Graph:
    """A computation graph on objects of one class with `data`, `grad` and `backward()`.

    Args:
        leaf_type: name of the class in the module; `leaf_type(2.0)` makes a leaf.
    """

    def __init__(self, leaf_type: str = "Value") -> None:
        self.nodes: list[Node] = []
        self.program = Program()
        self._leaf_type = leaf_type
        self._has_gradients = False

    @property
    def edges(self) -> list[tuple[int, int]]:
        """(a, b) for each use of node a by node b; a node used twice by one operation counts once."""
        return [(a, node.id) for node in self.nodes for a in dict.fromkeys(node.operands)]

    def leaf(self, name: str, data: float) -> Node:
        """A node made from a number."""
        return self._add(name, name, self.program.call(self._leaf_type, data), ())

    def op(self, operator: str, *operands: Node | float, name: str = "") -> Node:
        """A node computed by a function of the `operator` module, such as `"add"`, from nodes and numbers."""
        arguments = [one.ref if isinstance(one, Node) else one for one in operands]
        shown = [one.name if isinstance(one, Node) else f"{one:g}" for one in operands]
        symbol = SYMBOLS.get(operator, operator)
        text = f"{symbol}{shown[0]}" if len(shown) == 1 else f" {symbol} ".join(shown)
        ids = tuple(one.id for one in operands if isinstance(one, Node))
        return self._add(name, text, self.program.operator(operator, *arguments), ids)

    def unary(self, method: str, operand: Node, name: str = "") -> Node:
        """A node computed by a method without arguments, such as `"tanh"`."""
        ref = self.program.method(operand.ref, method)
        return self._add(name, f"{method}({operand.name})", ref, (operand.id,))

    def backward(self, node: Node) -> None:
        """Calls `backward()` of a node. From now on gradients are compared as well."""
        self.program.method(node.ref, "backward")
        self._has_gradients = True

    def run(self, module: Runner) -> list[NodeValue]:
        """What each node holds in the end, when `module` has computed the graph."""
        results = [self.program.get(node.ref, "data") for node in self.nodes]
        if self._has_gradients:
            results += [self.program.get(node.ref, "grad") for node in self.nodes]
        got = module.run(self.program, results=results)
        count = len(self.nodes)
        grads = got[count:] if self._has_gradients else [None] * count
        return [NodeValue(data, grad) for data, grad in zip(got[:count], grads, strict=True)]

    def _add(self, name: str, text: str, ref: Ref, operands: tuple[int, ...]) -> Node:
        node_id = len(self.nodes)
        name = name or f"v{node_id}"
        label = name if name == text else f"{name} = {text}"
        node = Node(node_id, name, label, ref, operands)
        self.nodes.append(node)
        return node


def assert_graph(got: Sequence[NodeValue], want: Sequence[NodeValue], graph: Graph) -> None:
    """Hold if every node has the expected data and, where it is expected, gradient.

    A wrong value is reported where it arises: data at the first wrong node, gradients at the wrong node
    nearest to the result, for what is behind it may only follow from it.

    Raises:
        Mismatch: names that node and shows the graph.
    """
    wrong_data = _wrong([one.data for one in got], [one.data for one in want])
    wrong_grad = _wrong([one.grad for one in got], [one.grad for one in want])
    if not wrong_data and not wrong_grad:
        return
    centre = min(wrong_data) if wrong_data else max(wrong_grad)
    what = Text(en="value", ko="값") if wrong_data else Text(en="gradient", ko="기울기")
    found, expected = (
        (got[centre].data, want[centre].data) if wrong_data else (got[centre].grad, want[centre].grad)
    )
    label = graph.nodes[centre].label
    should, seen = _shown(expected), _shown(found)
    raise Mismatch(
        Text(
            en=f"The {what.en} of the node {label} should be {should.en}; it is {seen.en}.",
            ko=f"노드 {label}의 {what.ko}: 기댓값 {should.ko}, 제출한 값 {seen.ko}.",
        ),
        [_evidence(got, want, graph, centre, wrong_data | wrong_grad)],
        brief=Text(
            en=f"The {what.en} of the node {label} is not right.",
            ko=f"노드 {label}의 {what.ko} 값이 맞지 않습니다.",
        ),
    )


def _wrong(got: Sequence[Any], want: Sequence[Any]) -> set[int]:
    """Ids of the nodes whose value is not the expected one; those of which none is expected do not count."""
    expected = {i: float(value) for i, value in enumerate(want) if value is not None}
    atol = ATOL * max((abs(value) for value in expected.values() if math.isfinite(value)), default=0.0)
    return {i for i, value in expected.items() if not _close(_float(got[i]), value, atol)}


def _close(found: float | None, value: float, atol: float) -> bool:
    """Written so that NaN fails, and infinity equals itself alone."""
    if found is None or not math.isfinite(value):
        return found == value
    return abs(found - value) <= atol + RTOL * abs(value)


def _float(value: Any) -> float | None:
    """A claim as a float, infinite where it is too large for one; None if it is no real number."""
    if isinstance(value, np.ndarray):
        if value.ndim or value.dtype.kind not in "fiu":
            return None
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _number(value: Any) -> Number | None:
    found = _float(value)
    return None if found is None else number(found)


def _shown(value: Any) -> Text:
    found = _float(value)
    return describe(value) if found is None else Text(en=f"{found:.6g}", ko=f"{found:.6g}")


def _evidence(
    got: Sequence[NodeValue], want: Sequence[NodeValue], graph: Graph, centre: int, wrong: set[int]
) -> GraphEvidence:
    kept = _nearest(graph, centre)
    return GraphEvidence(
        nodes=[
            GraphNode(
                id=i,
                label=graph.nodes[i].label,
                data=_number(got[i].data),
                grad=_number(got[i].grad),
                expected_data=_number(want[i].data),
                expected_grad=_number(want[i].grad),
                wrong=i in wrong,
            )
            for i in sorted(kept)
        ],
        edges=[(a, b) for a, b in graph.edges if a in kept and b in kept],
        truncated=len(kept) < len(graph.nodes),
    )


def _nearest(graph: Graph, centre: int) -> set[int]:
    """The ids of the at most MAX_NODES nodes that are fewest edges away from `centre`."""
    neighbours: dict[int, list[int]] = {node.id: [] for node in graph.nodes}
    for a, b in graph.edges:
        neighbours[a].append(b)
        neighbours[b].append(a)
    kept = {centre}
    queue = deque([centre])
    while queue:
        for one in neighbours[queue.popleft()]:
            if one not in kept and len(kept) < MAX_NODES:
                kept.add(one)
                queue.append(one)
    if len(graph.nodes) <= MAX_NODES:
        return set(neighbours)  # also what is not connected
    return kept
