"""Hidden suite of ex05: backpropagation on a computation graph.

Graphs are compared node by node, on both sides of the wall built by the same operations. Shared nodes
are interior ones: a shared leaf has nothing to send on, and hides a wrong order of processing.
"""

import functools

import pytest

from grader.judge import Program, assert_close
from grader.judge.graphs import Graph, assert_graph

forward = pytest.mark.group("forward", points=10, en="Forward", ko="순전파")
local = pytest.mark.group("local", points=25, en="Local gradients", ko="국소 기울기")
reuse = pytest.mark.group("reuse", points=15, en="Values used twice", ko="두 번 쓰인 값")
skip = pytest.mark.group("skip", points=20, en="Paths of different length", ko="길이가 다른 경로")
accumulation = pytest.mark.group(
    "accumulation", points=10, en="Accumulation and gradient descent", ko="기울기 누적과 경사 하강법"
)
random_graphs = pytest.mark.group("random", points=10, en="Random graphs", ko="무작위 그래프")
large = pytest.mark.group("large", points=10, en="Large graphs", ko="큰 그래프")

# Each adds its operations to the graph g and returns the result; a and b are its leaves.
FORMULAE = {
    "a + b": lambda g, a, b: g.op("add", a, b),
    "a - b": lambda g, a, b: g.op("sub", a, b),
    "a * b": lambda g, a, b: g.op("mul", a, b),
    "a / b": lambda g, a, b: g.op("truediv", a, b),
    "a ** 3": lambda g, a, b: g.op("pow", a, 3),
    "b ** -2": lambda g, a, b: g.op("pow", b, -2),
    "-a": lambda g, a, b: g.op("neg", a),
    "tanh(a)": lambda g, a, b: g.unary("tanh", a),
    "relu(a)": lambda g, a, b: g.unary("relu", a),
    "relu(-a)": lambda g, a, b: g.unary("relu", g.op("neg", a)),
    "exp(a)": lambda g, a, b: g.unary("exp", a),
    "a + 2": lambda g, a, b: g.op("add", a, 2),
    "2 + a": lambda g, a, b: g.op("add", 2, a),
    "a - 2": lambda g, a, b: g.op("sub", a, 2),
    "2 - a": lambda g, a, b: g.op("sub", 2, a),
    "a * 2": lambda g, a, b: g.op("mul", a, 2),
    "2 * a": lambda g, a, b: g.op("mul", 2, a),
    "a / 2": lambda g, a, b: g.op("truediv", a, 2),
    "2 / a": lambda g, a, b: g.op("truediv", 2, a),
    "a + a": lambda g, a, b: g.op("add", a, a),
    "a * a": lambda g, a, b: g.op("mul", a, a),
    "a * b + a": lambda g, a, b: g.op("add", g.op("mul", a, b), a),
}


def two_leaves(graph, rng):
    """Leaves a and b with positive random values."""
    return graph.leaf("a", float(rng.uniform(0.5, 1.5))), graph.leaf("b", float(rng.uniform(0.5, 1.5)))


def leaves_of(formula, graph, rng):
    """As two_leaves, with None for b where the formula has none: backward does not reach an unused leaf."""
    a = graph.leaf("a", float(rng.uniform(0.5, 1.5)))
    return a, graph.leaf("b", float(rng.uniform(0.5, 1.5))) if "b" in formula else None


def check(graph, submission, reference):
    """Compares all nodes of the graph with the reference's."""
    got = graph.run(submission)

    assert_graph(got, graph.run(reference), graph)


@forward
@pytest.mark.title(en="Values of {formulae}", ko="{formulae}의 값")
@pytest.mark.parametrize(
    "formulae",
    ["a + b, a - b, -a", "a * b, a / b", "a ** 3, b ** -2", "tanh(a)", "relu(a), relu(-a)", "exp(a)"],
    ids=["sum", "product", "power", "tanh", "relu", "exp"],
)
def test_forward(submission, reference, rng, formulae):
    """The results are right, and the operands stay what they were."""
    graph = Graph()
    a, b = two_leaves(graph, rng)
    for formula in formulae.split(", "):
        FORMULAE[formula](graph, a, b)

    check(graph, submission, reference)


@forward
@pytest.mark.title(en="Values of {formulae}", ko="{formulae}의 값")
@pytest.mark.parametrize(
    "formulae",
    ["a + 2, 2 + a", "a - 2, 2 - a", "a * 2, 2 * a", "a / 2, 2 / a"],
    ids=["add", "sub", "mul", "div"],
)
def test_forward_with_number(submission, reference, rng, formulae):
    """An ordinary number may stand on either side."""
    graph = Graph()
    a, b = two_leaves(graph, rng)
    for formula in formulae.split(", "):
        FORMULAE[formula](graph, a, b)

    check(graph, submission, reference)


@forward
@pytest.mark.title(en="tanh of ±1000", ko="±1000의 tanh")
def test_tanh_saturates(submission, reference):
    """Where exp would overflow, tanh is -1 or 1."""
    graph = Graph()
    graph.unary("tanh", graph.leaf("a", 1000.0))
    graph.unary("tanh", graph.leaf("b", -1000.0))

    check(graph, submission, reference)


@local
@pytest.mark.title(en="Gradients of {formula}", ko="{formula}의 기울기")
@pytest.mark.parametrize(
    "formula",
    ["a + b", "a - b", "a * b", "a / b", "a ** 3", "-a", "tanh(a)", "relu(a)", "exp(a)", "2 - a", "2 / a"],
    ids=["add", "sub", "mul", "div", "pow", "neg", "tanh", "relu", "exp", "number_minus", "number_over"],
)
def test_local_gradient(submission, reference, rng, formula):
    """The derivative of one operation with respect to each operand."""
    graph = Graph()
    graph.backward(FORMULAE[formula](graph, *leaves_of(formula, graph, rng)))

    check(graph, submission, reference)


@local
@pytest.mark.title(en="relu where its input is negative or 0", ko="입력이 음수이거나 0일 때의 relu")
def test_relu_not_positive(submission, reference, rng):
    """No gradient flows where relu is flat; at 0 that is our convention."""
    graph = Graph()
    a = graph.leaf("a", -float(rng.uniform(0.5, 1.5)))
    zero = graph.leaf("b", 0.0)
    c = graph.leaf("c", float(rng.uniform(0.5, 1.5)))
    flat = graph.op("add", graph.unary("relu", a), graph.unary("relu", zero))
    graph.backward(graph.op("add", flat, c))

    check(graph, submission, reference)


@local
@pytest.mark.title(en="relu under a negative gradient", ko="음의 기울기가 들어오는 relu")
def test_relu_negative_upstream(submission, reference, rng):
    """Whether relu lets a gradient pass depends on its input, not on the gradient."""
    graph = Graph()
    a, b = two_leaves(graph, rng)
    graph.backward(graph.op("sub", b, graph.unary("relu", a)))

    check(graph, submission, reference)


@local
@pytest.mark.title(en="The chain rule through three operations", ko="세 연산을 지나는 연쇄법칙")
def test_chain_rule(submission, reference, rng):
    """Each local derivative is multiplied by the gradient that comes in."""
    graph = Graph()
    a, b = two_leaves(graph, rng)
    graph.backward(graph.unary("exp", graph.unary("tanh", graph.op("mul", a, b))))

    check(graph, submission, reference)


@reuse
@pytest.mark.title(en="Gradients of {formula}", ko="{formula}의 기울기")
@pytest.mark.parametrize("formula", ["a + a", "a * a", "a * b + a"], ids=["sum", "square", "product_and_sum"])
def test_reuse(submission, reference, rng, formula):
    """A leaf that is used twice gets both contributions."""
    graph = Graph()
    graph.backward(FORMULAE[formula](graph, *leaves_of(formula, graph, rng)))

    check(graph, submission, reference)


@reuse
@pytest.mark.title(en="A diamond: two paths from s to y", ko="마름모: s에서 y로 가는 두 경로")
def test_diamond(submission, reference, rng):
    """An interior node passes its gradient on once, when both contributions have arrived."""
    graph = Graph()
    a, b = two_leaves(graph, rng)
    s = graph.op("mul", a, b, name="s")
    graph.backward(graph.op("mul", graph.unary("tanh", s), graph.unary("exp", s), name="y"))

    check(graph, submission, reference)


@skip
@pytest.mark.title(en="A skip connection: {formula}", ko="건너뛰는 연결: {formula}")
@pytest.mark.parametrize(
    "formula", ["s + tanh(exp(s))", "tanh(exp(s)) + s"], ids=["short_path_first", "long_path_first"]
)
def test_skip_connection(submission, reference, rng, formula):
    """The short path must wait for the long one, on whichever side it stands."""
    graph = Graph()
    a, b = two_leaves(graph, rng)
    s = graph.op("mul", a, b, name="s")
    long_path = graph.unary("tanh", graph.unary("exp", s))
    operands = (s, long_path) if formula.startswith("s") else (long_path, s)
    graph.backward(graph.op("add", *operands, name="y"))

    check(graph, submission, reference)


@skip
@pytest.mark.title(en="Paths of length 1, 2 and 4 from one node", ko="한 노드에서 나가는 길이 1, 2, 4의 경로")
def test_uneven_depth(submission, reference, rng):
    """Three paths of different length meet in two places."""
    graph = Graph()
    a, b = graph.leaf("a", float(rng.uniform(1.2, 1.8))), graph.leaf("b", float(rng.uniform(0.3, 0.8)))
    s = graph.op("sub", a, b, name="s")
    middle = graph.unary("tanh", s)
    deep = graph.op("mul", graph.unary("exp", graph.op("neg", middle)), b)
    joined = graph.op("mul", s, deep)
    graph.backward(graph.op("add", joined, middle, name="y"))

    check(graph, submission, reference)


@skip
@pytest.mark.title(en="Five residual blocks: h + tanh(w * h)", ko="잔차 블록 다섯 개: h + tanh(w * h)")
def test_residual_blocks(submission, reference, rng):
    """The way that residual networks are built: each block adds to its own input."""
    graph = Graph()
    w, h = two_leaves(graph, rng)
    for _ in range(5):
        h = graph.op("add", h, graph.unary("tanh", graph.op("mul", w, h)))
    graph.backward(h)

    check(graph, submission, reference)


@accumulation
@pytest.mark.title(en="The gradient is 0.0 before backward()", ko="backward() 전의 기울기는 0.0")
def test_gradient_before_backward(submission, rng):
    """Leaves and results start with the gradient 0.0, and get theirs from backward."""
    leaf = submission.Value(float(rng.uniform(0.5, 1.5)))
    result = leaf * 3.0
    before = (leaf.grad, result.grad)
    result.backward()

    assert_close(before[0], 0.0, name="leaf.grad")
    assert_close(before[1], 0.0, name="result.grad")
    assert_close(leaf.grad, 3.0, name="leaf.grad after backward")


@accumulation
@pytest.mark.title(en="Two calls of backward() on one result", ko="한 결과에 backward()를 두 번 호출")
def test_backward_twice(submission, reference, rng):
    """The gradients of leaves double, those of interior nodes do not."""
    graph = Graph()
    a, b = two_leaves(graph, rng)
    y = graph.op("add", graph.unary("tanh", graph.op("mul", a, b)), a, name="y")
    graph.backward(y)
    graph.backward(y)

    check(graph, submission, reference)


@accumulation
@pytest.mark.title(en="Two results that share nodes", ko="노드를 공유하는 두 결과")
def test_two_results(submission, reference, rng):
    """A leaf adds up what it gets from both results, a shared interior node starts again."""
    graph = Graph()
    a, b = two_leaves(graph, rng)
    s = graph.op("mul", a, b, name="s")
    first = graph.unary("exp", s, name="y1")
    second = graph.op("add", graph.unary("tanh", s), b, name="y2")
    graph.backward(first)
    graph.backward(second)

    check(graph, submission, reference)


@accumulation
@pytest.mark.title(en="zero_grad clears what it is given", ko="zero_grad는 받은 것만 0으로 만듦")
def test_zero_grad(submission):
    """The gradients of the parameters given become 0.0, all others stay."""
    a, b, c = (submission.Value(x) for x in (1.0, 2.0, 3.0))
    for value, grad in ((a, 4.0), (b, 5.0), (c, 6.0)):
        value.grad = grad

    submission.zero_grad(params=[a, c])

    for name, value, want in (("a", a, 0.0), ("b", b, 5.0), ("c", c, 0.0)):
        assert_close(value.grad, want, name=f"{name}.grad")
    assert_close(a.data, 1.0, name="a.data")


@accumulation
@pytest.mark.title(en="One step of gradient descent", ko="경사 하강법 한 걸음")
def test_gradient_descent_step(submission, rng):
    """Each parameter moves against its gradient, which stays as it is."""
    lr = float(rng.uniform(0.05, 0.2))
    a, b = submission.Value(1.0), submission.Value(-2.0)
    a.grad, b.grad = 3.0, -4.0

    submission.gradient_descent_step(params=[a, b], lr=lr)

    assert_close(a.data, 1.0 - 3.0 * lr, name="a.data")
    assert_close(b.data, -2.0 + 4.0 * lr, name="b.data")
    assert_close(a.grad, 3.0, name="a.grad")


@accumulation
@pytest.mark.title(en="Three steps of training a neuron", ko="뉴런 하나를 세 걸음 학습")
def test_training(submission, reference, rng):
    """Forward, zero_grad, backward and step in turn lead to the reference's parameters."""
    x, target, w0, b0 = (float(value) for value in rng.uniform(0.2, 0.8, size=4))

    def train(module):
        w, b = module.Value(w0), module.Value(b0)
        for _ in range(3):
            error = (w * x + b).tanh() - target
            loss = error**2
            module.zero_grad(params=[w, b])
            loss.backward()
            module.gradient_descent_step(params=[w, b], lr=0.1)
        return w.data, b.data

    got = train(submission)

    assert_close(got, train(reference), name=("w.data", "b.data"))


@random_graphs
@pytest.mark.title(en="Random graph with each operation {times}×", ko="연산마다 {times}번씩 쓴 무작위 그래프")
@pytest.mark.parametrize("times", [1, 2])
def test_random_graph(submission, reference, rng, times):
    """All operations in random order on random nodes; the result y depends on every node."""
    graph = Graph()
    nodes = [graph.leaf(name, float(rng.uniform(0.5, 1.5))) for name in "abc"]
    s = graph.op("mul", nodes[0], nodes[1], name="s")
    nodes.append(s)
    total = graph.op("add", graph.unary("tanh", s), nodes[2])
    operations = ["add", "sub", "mul", "div", "tanh", "exp", "neg", "relu_on", "relu_off"] * times
    for operation in rng.permutation(operations):
        p, q = (nodes[i] for i in rng.choice(len(nodes), size=2, replace=False))
        node = add_operation(graph, operation, p, q)
        # Without random weights x and -x could cancel, and hide what is wrong below them.
        weight = round(float(rng.uniform(0.5, 1.5)), 3)
        total = graph.op("add", total, graph.op("mul", node, weight))
        if operation != "relu_off":
            nodes.append(node)
    # The way from s to y through exp is shorter than all others: order matters in every one of these graphs.
    graph.backward(graph.op("add", total, graph.unary("exp", s), name="y"))

    check(graph, submission, reference)


def add_operation(graph, operation, p, q):
    """Computes from p, and q where a second operand is needed, what neither explodes nor is undefined."""
    match operation:
        case "add" | "sub":
            return graph.op(str(operation), p, q)
        case "mul":
            return graph.unary("tanh", graph.op("mul", p, q))
        case "div":
            # p and q may be 0 or equal: without the numbers added a wrong derivative could go unseen.
            square = graph.op("pow", graph.op("add", q, 7.0), 2)
            return graph.op("truediv", graph.op("add", p, 3.0), graph.op("add", square, 2.0))
        case "tanh":
            return graph.unary("tanh", p)
        case "exp":
            return graph.unary("exp", graph.unary("tanh", p))
        case "neg":
            return graph.op("neg", p)
        case "relu_on":
            return graph.unary("relu", graph.op("add", graph.unary("tanh", p), 2.0))
        case _:
            return graph.unary("relu", graph.op("sub", -1.0, graph.op("pow", p, 2)))


@functools.cache
def chain():
    """10,000 operations that follow one another, and what is asked of them; the same for everyone."""
    program = Program()
    x = program.call("Value", 0.5)
    y = x
    for _ in range(5_000):
        y = program.operator("mul", program.operator("add", y, x), 0.999)
    program.method(y, "backward")
    return program, [program.get(y, "data"), program.get(x, "grad")]


CHAIN = []  # what the reference says of it, once it was asked


def chain_by(reference):
    """What the reference says of the chain: always the same, so it is asked once."""
    if not CHAIN:
        program, results = chain()
        CHAIN.extend(reference.run(program, results=results))
    return CHAIN


@large
@pytest.mark.title(en="A chain of 10,000 operations", ko="연산 10,000개가 이어진 사슬")
def test_deep_chain(submission, reference):
    """Deeper than Python's recursion limit."""
    program, results = chain()

    got = submission.run(program, results=results)

    for name, one, want in zip(("y.data", "x.grad"), got, chain_by(reference), strict=True):
        assert_close(one, want, name=name)


@large
@pytest.mark.title(en="60 doublings: 2⁶⁰ paths, 61 nodes", ko="두 배로 늘리기 60번: 경로 2⁶⁰개, 노드 61개")
def test_doubling_ladder(submission, reference):
    """Each node is processed once, however many paths lead to it."""
    graph = Graph()
    y = graph.leaf("x", 1.0)
    for _ in range(60):
        y = graph.op("add", y, y)
    graph.backward(y)

    check(graph, submission, reference)
