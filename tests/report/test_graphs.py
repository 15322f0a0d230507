"""Computation graphs."""

import itertools

import pytest

from grader.core.record import GraphEvidence, GraphNode
from grader.report import graphs


def node(id, **fields):
    """A right node."""
    values = {"label": f"n{id}", "data": 1.0, "grad": 1.0, "expected_data": 1.0, "expected_grad": 1.0}
    return GraphNode(id=id, wrong=fields.pop("wrong", False), **(values | fields))


def draw(edges, count):
    """A drawn graph of `count` nodes."""
    return graphs.draw(GraphEvidence(nodes=[node(k) for k in range(count)], edges=edges))


def test_results_lie_below_their_inputs():
    """Every edge goes down, also where it passes layers."""
    edges = [(0, 2), (1, 2), (2, 3), (0, 4), (3, 4)]

    figure = draw(edges, 5)

    y = {box.label: box.y for box in figure.nodes}
    assert all(y[f"n{a}"] < y[f"n{b}"] for a, b in edges)
    assert len(figure.edges) == len(edges)


def test_boxes_do_not_overlap():
    """Two nodes of a layer keep their distance, and all lie in the picture."""
    figure = draw([(k, 9) for k in range(9)], 10)

    boxes = sorted((box.y, box.x) for box in figure.nodes)
    assert all(y > w or x > v + figure.box_w for (w, v), (y, x) in itertools.pairwise(boxes))
    assert all(box.x >= 0 and box.x + figure.box_w <= figure.width for box in figure.nodes)
    assert all(box.y + figure.box_h <= figure.height for box in figure.nodes)


@pytest.mark.parametrize("edges", [[(0, 0)], [(0, 1), (1, 0)], [(0, 99)], [(0, 1), (0, 1)], []])
def test_edges_that_make_no_sense_are_left_out(edges):
    """A circle, a loop, an unknown node and a double edge end in a picture all the same."""
    figure = draw(edges, 2)

    assert len(figure.nodes) == 2


def test_a_wrong_node_shows_what_was_expected():
    """With a mark, both numbers, and enough digits to tell them apart."""
    bad = node(0, label="a", grad=1.00000001, expected_grad=1.0, wrong=True)

    figure = graphs.draw(GraphEvidence(nodes=[bad], edges=[]))

    (box,) = figure.nodes
    assert box.wrong
    assert box.rows[1].want
    assert box.rows[1].want != box.rows[1].value
    assert "1 of them wrong: a" in figure.caption[0].en


def test_a_large_graph_shows_the_surroundings_of_what_is_wrong():
    """Ten thousand nodes in a chain: those near the wrong one are drawn, quickly and without recursion."""
    nodes = [node(k, wrong=k == 5000) for k in range(10_000)]
    edges = [(k, k + 1) for k in range(9_999)]

    figure = graphs.draw(GraphEvidence(nodes=nodes, edges=edges))

    assert len(figure.nodes) == graphs.NODES
    assert any(box.wrong for box in figure.nodes)
    assert any("36 of 10000 nodes" in text.en for text in figure.caption)
