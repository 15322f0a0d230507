"""Writes every operation on a tape that all Values share; backward reads it from its own entry to the start."""

import math

_tape = []  # one (node, operands, derivatives) an operation, in the order of creation


class Value:
    """A number in a computation graph; `at` is its place on the tape, -1 for a leaf."""

    def __init__(self, data):
        self.data = data
        self.grad = 0.0
        self.at = -1

    @staticmethod
    def record(data, *uses):
        out = Value(data)
        out.at = len(_tape)
        _tape.append((out, uses))
        return out

    def __add__(self, other):
        other = constant(other)
        return Value.record(self.data + other.data, (self, 1), (other, 1))

    __radd__ = __add__

    def __sub__(self, other):
        other = constant(other)
        return Value.record(self.data - other.data, (self, 1), (other, -1))

    def __rsub__(self, other):
        return constant(other).__sub__(self)

    def __mul__(self, other):
        other = constant(other)
        return Value.record(self.data * other.data, (self, other.data), (other, self.data))

    __rmul__ = __mul__

    def __truediv__(self, other):
        other = constant(other)
        ratio = self.data / other.data
        return Value.record(ratio, (self, 1 / other.data), (other, -ratio / other.data))

    def __rtruediv__(self, other):
        return constant(other).__truediv__(self)

    def __pow__(self, n):
        return Value.record(self.data**n, (self, n * self.data ** (n - 1)))

    def __neg__(self):
        return Value.record(-self.data, (self, -1))

    def tanh(self):
        t = math.tanh(self.data)
        return Value.record(t, (self, (1 - t) * (1 + t)))

    def relu(self):
        return Value.record(self.data, (self, 1)) if self.data > 0 else Value.record(0.0, (self, 0))

    def exp(self):
        e = math.exp(self.data)
        return Value.record(e, (self, e))

    def backward(self):
        grads = {self: 1.0}
        for node, uses in reversed(_tape[: self.at + 1]):
            if node in grads:
                for operand, derivative in uses:
                    grads[operand] = grads.get(operand, 0.0) + derivative * grads[node]
        for node, grad in grads.items():
            node.grad = grad if node.at >= 0 else node.grad + grad


def constant(x):
    return x if isinstance(x, Value) else Value(x)


def zero_grad(params):
    for p in params:
        p.grad = 0.0


def gradient_descent_step(params, lr):
    for p in params:
        p.data += -lr * p.grad
