"""Backpropagation on a computation graph of scalars, in pure Python.

Each operation on `Value`s makes a new `Value`: a node that remembers what it was computed from. Together
they form a graph without cycles; `backward` walks it from the result to the inputs and applies the chain
rule. A leaf is a Value made from a number, an interior node is one made by an operation.
"""

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
        raise NotImplementedError("__init__ is not written yet")

    def __add__(self, other: "Value | float") -> "Value":
        """Sum: self + other."""
        raise NotImplementedError("__add__ is not written yet")

    def __radd__(self, other: float) -> "Value":
        """Sum with a number in front: Python calls this for `2 + v`, with other = 2."""
        raise NotImplementedError("__radd__ is not written yet")

    def __sub__(self, other: "Value | float") -> "Value":
        """Difference: self - other."""
        raise NotImplementedError("__sub__ is not written yet")

    def __rsub__(self, other: float) -> "Value":
        """Difference with a number in front: other - self."""
        raise NotImplementedError("__rsub__ is not written yet")

    def __mul__(self, other: "Value | float") -> "Value":
        """Product: self * other."""
        raise NotImplementedError("__mul__ is not written yet")

    def __rmul__(self, other: float) -> "Value":
        """Product with a number in front: other * self."""
        raise NotImplementedError("__rmul__ is not written yet")

    def __truediv__(self, other: "Value | float") -> "Value":
        """Quotient: self / other."""
        raise NotImplementedError("__truediv__ is not written yet")

    def __rtruediv__(self, other: float) -> "Value":
        """Quotient with a number in front: other / self."""
        raise NotImplementedError("__rtruediv__ is not written yet")

    def __pow__(self, exponent: float) -> "Value":
        """Power: self ** exponent. The exponent is a number, never a Value; it may be negative."""
        raise NotImplementedError("__pow__ is not written yet")

    def __neg__(self) -> "Value":
        """Negative: -self."""
        raise NotImplementedError("__neg__ is not written yet")

    def tanh(self) -> "Value":
        """Hyperbolic tangent t of any finite number, also of 1e4. Its derivative is 1 - t^2."""
        raise NotImplementedError("tanh is not written yet")

    def relu(self) -> "Value":
        """Rectifier: the larger of 0 and self. Its derivative at 0 is 0 by the convention of this course."""
        raise NotImplementedError("relu is not written yet")

    def exp(self) -> "Value":
        """Exponential: e to the power self. Its derivative is itself."""
        raise NotImplementedError("exp is not written yet")

    def backward(self) -> None:
        """Add d self / d leaf to the gradient of every leaf that self was computed from.

        The gradient of an interior node is that of this call alone: it starts from zero each time.
        Gradients of leaves add up over calls, until `zero_grad`. The time grows in proportion to the
        number of nodes, and a graph may be tens of thousands of nodes deep.

        Source: Rumelhart, Hinton & Williams (1986); Baydin et al. (2018), arXiv:1502.05767, section 3.2.
        """
        raise NotImplementedError("backward is not written yet")


def zero_grad(params: Iterable[Value]) -> None:
    """Set the gradient of each of `params` to 0.0."""
    raise NotImplementedError("zero_grad is not written yet")


def gradient_descent_step(params: Iterable[Value], lr: float) -> None:
    """Move each of `params` against its gradient: data <- data - lr * grad. Gradients stay as they are."""
    raise NotImplementedError("gradient_descent_step is not written yet")
