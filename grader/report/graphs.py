"""Computation graphs in layers, inputs on top: plain numbers that `_graph.html.j2` turns into SVG."""

import itertools
from collections import defaultdict
from dataclasses import dataclass

from grader.core.record import GraphEvidence, GraphNode, Number, Text
from grader.core.text import visible
from grader.report.numbers import apart, real, same, short
from grader.report.texts import say

NODES = 36  # nodes shown of a graph
BOX_W, BOX_H, GAP_X, GAP_Y, MARGIN = 176, 74, 16, 34, 8
BEND_W = 20  # room for an edge that passes a layer


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a node: data or gradient."""

    y: float
    label: str
    value: str
    want: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A node with its place."""

    x: float
    y: float
    label: str
    wrong: bool
    rows: list[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A drawn graph; edges are paths that end in an arrow."""

    width: float
    height: float
    box_w: float
    box_h: float
    nodes: list[Box]
    edges: list[str]
    caption: list[Text]
    name: str = ""
    kind: str = "graph"


def _chosen(evidence: GraphEvidence) -> list[GraphNode]:
    """The nodes to show: all, or those nearest to the wrong ones."""
    if len(evidence.nodes) <= NODES:
        return evidence.nodes
    near = defaultdict(set)
    for a, b in evidence.edges:
        near[a].add(b)
        near[b].add(a)
    seeds = [n.id for n in evidence.nodes if n.wrong] or [evidence.nodes[-1].id]
    order = list(dict.fromkeys(seeds))
    seen = set(order)
    for node in order:
        if len(order) >= NODES:
            break
        fresh = sorted(near[node] - seen)
        seen.update(fresh)
        order += fresh
    keep = set(order[:NODES])
    return [n for n in evidence.nodes if n.id in keep]


def _forward(ids: list[int], edges: list[tuple[int, int]]) -> tuple[list[int], dict[int, list[int]]]:
    """Ids from inputs to results, and the parents of each; edges that close a circle are left out."""
    children: dict[int, list[int]] = {i: [] for i in ids}
    for a, b in dict.fromkeys(edges):
        if a in children and b in children and a != b:
            children[a].append(b)
    done: list[int] = []
    state = dict.fromkeys(ids, 0)
    for root in ids:
        stack = [(root, 0)]
        while stack:
            node, k = stack.pop()
            if k == 0:
                if state[node]:
                    continue
                state[node] = 1
            if k < len(children[node]):
                stack.append((node, k + 1))
                if state[children[node][k]] == 0:
                    stack.append((children[node][k], 0))
            else:
                state[node] = 2
                done.append(node)
    order = done[::-1]
    place = {node: k for k, node in enumerate(order)}
    parents: dict[int, list[int]] = {i: [] for i in ids}
    for a in ids:
        for b in children[a]:
            if place[a] < place[b]:
                parents[b].append(a)
    return order, parents


def _layers(order: list[int], parents: dict[int, list[int]]) -> dict[int, int]:
    """The layer of each node: as late as its results allow, so that inputs stand by their use."""
    depth: dict[int, int] = {}
    for node in order:
        depth[node] = max((depth[p] + 1 for p in parents[node]), default=0)
    children = defaultdict(list)
    for node, above in parents.items():
        for p in above:
            children[p].append(node)
    deepest = max(depth.values(), default=0)
    for node in reversed(order):
        if children[node]:
            depth[node] = min(depth[c] for c in children[node]) - 1
        else:
            depth[node] = depth[node] if parents[node] else deepest
    return depth


_Spot = tuple[int, int, int]
"""A place in a layer: a node (id, 0, 0), or the bend of edge a→b in a layer (a, b, layer)."""


def _arrange(
    order: list[int], parents: dict[int, list[int]], depth: dict[int, int]
) -> tuple[list[list[_Spot]], list[list[_Spot]]]:
    """Layers from left to right with few crossings, and each edge as the spots it passes."""
    rows: list[list[_Spot]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for node in parents:  # in the order of the evidence, so that what was made first stands left
        rows[depth[node]].append((node, 0, 0))
    chains: list[list[_Spot]] = []
    for b in order:
        for a in parents[b]:
            bends = [(a, b, layer) for layer in range(depth[a] + 1, depth[b])]
            for bend in bends:
                rows[bend[2]].append(bend)
            chains.append([(a, 0, 0), *bends, (b, 0, 0)])
    above: dict[_Spot, list[_Spot]] = defaultdict(list)
    below: dict[_Spot, list[_Spot]] = defaultdict(list)
    for chain in chains:
        for one, other in itertools.pairwise(chain):
            above[other].append(one)
            below[one].append(other)
    for sweep in range(6):
        near = above if sweep % 2 == 0 else below
        place = {spot: k - len(row) / 2 for row in rows for k, spot in enumerate(row)}
        for row in rows if sweep % 2 == 0 else reversed(rows):
            middle = {s: sum(place[o] for o in near[s]) / len(near[s]) if near[s] else place[s] for s in row}
            row.sort(key=middle.__getitem__)
            place.update({spot: k - len(row) / 2 for k, spot in enumerate(row)})
    return rows, chains


def _row(y: float, label: str, got: Number | None, want: Number | None) -> Row:
    value = "—" if got is None else short(real(got))
    wanted = "—" if want is None else short(real(want))
    if got is None or want is None:
        return Row(y=y, label=label, value=value, want="" if got is want else wanted)
    if _same(got, want):
        return Row(y=y, label=label, value=value, want="")
    if value == wanted:
        value, wanted = (number[:9] for number in apart(real(got), real(want)))
    return Row(y=y, label=label, value=value, want=wanted)


def _same(got: Number, want: Number) -> bool:
    a, b = real(got), real(want)
    return same(a, b) or abs(a - b) <= 1e-9 * abs(b)


def draw(evidence: GraphEvidence) -> Graph:
    """The graph in layers from top to bottom, wrong nodes marked."""
    nodes = {n.id: n for n in _chosen(evidence)}
    order, parents = _forward(list(nodes), evidence.edges)
    rows, chains = _arrange(order, parents, _layers(order, parents))
    widths = [sum(BEND_W if s[1] or s[2] else BOX_W for s in row) + GAP_X * (len(row) - 1) for row in rows]
    width = max(widths, default=0) + 2 * MARGIN
    middle: dict[_Spot, tuple[float, float]] = {}
    boxes: list[Box] = []
    for k, (row, row_w) in enumerate(zip(rows, widths, strict=True)):
        x, y = (width - row_w) / 2, MARGIN + k * (BOX_H + GAP_Y)
        for spot in row:
            w = BEND_W if spot[1] or spot[2] else BOX_W
            middle[spot] = (x + w / 2, y)
            if w == BOX_W:
                boxes.append(_node(nodes[spot[0]], x, y))
            x += w + GAP_X
    caption = _words(evidence, len(boxes))
    return Graph(
        width=width,
        height=len(rows) * (BOX_H + GAP_Y) - GAP_Y + 2 * MARGIN,
        box_w=BOX_W,
        box_h=BOX_H,
        nodes=boxes,
        edges=[_edge([middle[s] for s in chain]) for chain in chains],
        caption=caption,
    )


def _node(node: GraphNode, x: float, y: float) -> Box:
    rows = [
        _row(y + 42, "data", node.data, node.expected_data),
        _row(y + 62, "grad", node.grad, node.expected_grad),
    ]
    return Box(x=x, y=y, label=visible(node.label, 13, one_line=True), wrong=node.wrong, rows=rows)


def _edge(places: list[tuple[float, float]]) -> str:
    x, y = places[0][0], places[0][1] + BOX_H
    parts = [f"M{x:g} {y:g}"]
    for k, (to_x, to_y) in enumerate(places[1:], start=1):
        last = k == len(places) - 1
        end = to_y - 5 if last else to_y
        half = (y + end) / 2
        parts.append(f"C{x:g} {half:g} {to_x:g} {half:g} {to_x:g} {end:g}")
        x, y = to_x, end
        if not last:
            y = to_y + BOX_H
            parts.append(f"V{y:g}")
    return "".join(parts)


def _words(evidence: GraphEvidence, shown: int) -> list[Text]:
    wrong = [n for n in evidence.nodes if n.wrong]
    total = len(evidence.nodes)
    if not wrong:
        caption = [say("graph_right", n=total)]
    else:
        named = ", ".join(visible(n.label, 24, one_line=True) for n in wrong[:8])
        named += ", …" if len(wrong) > 8 else ""
        caption = [say("graph_words", n=total, wrong=len(wrong), names=named), say("graph_key")]
    if shown < total:
        caption.append(say("graph_part", shown=shown, total=total))
    return caption
