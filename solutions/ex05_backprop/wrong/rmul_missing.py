"""Has no __rmul__.

en: 2 * v raises a TypeError: Python looks for __rmul__ on the Value.
ko: 2 * v에서 TypeError가 발생합니다. 파이썬은 이때 Value의 __rmul__ 메서드를 찾습니다.
fails: test_forward_with_number[mul], public/test_numbers
"""

import math
from collections.abc import Iterable


class Value:
    """A number in a computation graph.

    Attributes:
        data: the number, a float.
        grad: derivative of the result that `backward` was called on with respect to this node, a float;
            0.0 until then.

    In `a + b`, `a - b`, `a * b` and `a / b` one of the two may be an ordinary number (int or float). An
    operation makes a new Value and changes neither of its operands.
    """

    def __init__(self, data: float) -> None:
        """A leaf that holds `data`, with the gradient 0.0."""
        self.data = float(data)
        self.grad = 0.0
        self.operands: tuple[Value, ...] = ()
        self.local_gradients: tuple[float, ...] = ()

    def __add__(self, other: "Value | float") -> "Value":
        """Sum: self + other."""
        other = _as_value(other)
        return _node(self.data + other.data, (self, other), (1.0, 1.0))

    def __radd__(self, other: float) -> "Value":
        """Sum with a number in front: Python calls this for `2 + v`, with other = 2."""
        return self + other

    def __sub__(self, other: "Value | float") -> "Value":
        """Difference: self - other."""
        other = _as_value(other)
        return _node(self.data - other.data, (self, other), (1.0, -1.0))

    def __rsub__(self, other: float) -> "Value":
        """Difference with a number in front: other - self."""
        return _as_value(other) - self

    def __mul__(self, other: "Value | float") -> "Value":
        """Product: self * other."""
        other = _as_value(other)
        return _node(self.data * other.data, (self, other), (other.data, self.data))

    def __truediv__(self, other: "Value | float") -> "Value":
        """Quotient: self / other."""
        other = _as_value(other)
        return _node(self.data / other.data, (self, other), (1.0 / other.data, -self.data / other.data**2))

    def __rtruediv__(self, other: float) -> "Value":
        """Quotient with a number in front: other / self."""
        return _as_value(other) / self

    def __pow__(self, exponent: float) -> "Value":
        """Power: self ** exponent. The exponent is a number, never a Value; it may be negative."""
        return _node(self.data**exponent, (self,), (exponent * self.data ** (exponent - 1),))

    def __neg__(self) -> "Value":
        """Negative: -self."""
        return _node(-self.data, (self,), (-1.0,))

    def tanh(self) -> "Value":
        """Hyperbolic tangent t of any finite number, also of 1e4. Its derivative is 1 - t^2."""
        t = math.tanh(self.data)
        return _node(t, (self,), (1.0 - t * t,))

    def relu(self) -> "Value":
        """Rectifier: the larger of 0 and self. Its derivative at 0 is 0 by the convention of this course."""
        positive = self.data > 0
        return _node(self.data if positive else 0.0, (self,), (1.0 if positive else 0.0,))

    def exp(self) -> "Value":
        """Exponential: e to the power self. Its derivative is itself."""
        e = math.exp(self.data)
        return _node(e, (self,), (e,))

    def backward(self) -> None:
        """Add d self / d leaf to the gradient of every leaf that self was computed from.

        The gradient of an interior node is that of this call alone: it starts from zero each time.
        Gradients of leaves add up over calls, until `zero_grad`. The time grows in proportion to the
        number of nodes, and a graph may be tens of thousands of nodes deep.

        Source: Rumelhart, Hinton & Williams (1986); Baydin et al. (2018), arXiv:1502.05767, section 3.2.
        """
        order = _topological_order(self)
        for node in order:
            if node.operands:
                node.grad = 0.0
        self.grad += 1.0
        for node in reversed(order):
            for operand, local in zip(node.operands, node.local_gradients, strict=True):
                operand.grad += local * node.grad


def zero_grad(params: Iterable[Value]) -> None:
    """Set the gradient of each of `params` to 0.0."""
    for p in params:
        p.grad = 0.0


def gradient_descent_step(params: Iterable[Value], lr: float) -> None:
    """Move each of `params` against its gradient: data <- data - lr * grad. Gradients stay as they are."""
    for p in params:
        p.data -= lr * p.grad


def _as_value(x: Value | float) -> Value:
    """x itself, or a leaf that holds the number x."""
    return x if isinstance(x, Value) else Value(x)


def _node(data: float, operands: tuple[Value, ...], local_gradients: tuple[float, ...]) -> Value:
    """An interior node: what it was computed from, and its derivative with respect to each of them."""
    out = Value(data)
    out.operands = operands
    out.local_gradients = local_gradients
    return out


def _topological_order(root: Value) -> list[Value]:
    """All nodes that root was computed from, and root: each one after its operands. Uses no recursion."""
    order: list[Value] = []
    visited: set[Value] = set()
    stack = [(root, False)]
    while stack:
        node, operands_done = stack.pop()
        if operands_done:
            order.append(node)
        elif node not in visited:
            visited.add(node)
            stack.append((node, True))
            stack.extend((operand, False) for operand in node.operands)
    return order
