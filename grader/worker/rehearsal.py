"""What most submissions do first, done by a worker before its hello, while nobody waits for it.

After a fork the first touch of each page of memory costs 3 microseconds, and a submission that is read,
compiled and called with arrays touches several hundred. Nothing of this is left but those pages.
"""

import sys
from typing import Any, Final

from grader.worker import wire

SOURCE: Final = '''
"""Stands for a submission."""
import math
from collections.abc import Callable

import numpy as np


class Layer:
    """A layer."""

    def __init__(self, weight: np.ndarray, *, activation: Callable[..., np.ndarray] = np.tanh) -> None:
        self.weight, self.activation = weight, activation

    def __add__(self, other: "Layer") -> "Layer":
        return Layer(self.weight + other.weight)

    def forward(self, x: np.ndarray) -> np.ndarray:
        if x.ndim != 2:
            raise ValueError(f"expected two axes, got {x.shape}")
        return self.activation(x @ self.weight.T)


def windows(x: np.ndarray, size: int, stride: int = 1, pad: int = 0) -> np.ndarray:
    n, c, h, w = x.shape
    padded = np.zeros((n, c, h + 2 * pad, w + 2 * pad), dtype=x.dtype)
    padded[:, :, pad : pad + h, pad : pad + w] = x
    rows = range(0, h + 2 * pad - size + 1, stride)
    return np.stack([padded[:, :, i : i + size, i : i + size].reshape(n, -1) for i in rows], axis=1)


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def run(x: np.ndarray) -> float:
    columns = windows(x, 3, pad=1)
    layer = Layer(columns[:, 0].T @ columns[:, 0]) + Layer(np.ones((27, 27)))
    y = softmax(layer.forward(columns.reshape(-1, 27)))
    best = y.argmax(axis=1)
    gradient = np.tensordot(y, columns.reshape(-1, 27), axes=((0,), (0,)))
    np.add.at(gradient, (best, 0), 1.0)
    kept = np.where(gradient > 0, gradient, 0.0).transpose(1, 0).astype(np.float32)
    return math.sqrt(float(np.einsum("ij,ij->", kept, kept)) + float(np.abs(y - y.mean(axis=0)).std()))
'''


def rehearse() -> None:
    """Read, compile and call; where numpy is not loaded, nothing."""
    numpy: Any = sys.modules.get("numpy")
    if numpy is None:
        return
    x = numpy.linspace(-1.0, 1.0, 384).reshape(2, 3, 8, 8)
    encoder = wire.Encoder(wire.REQUEST)
    encoder.put((0, (x, (1, 2.5, "text", None)), {"name": True}))
    (_, (given, _), _) = wire.Decoder(
        memoryview(bytes(encoder.meta)), memoryview(b"".join(encoder.buffers)), wire.REQUEST, writeable=True
    ).value()
    names: dict[str, Any] = {"__name__": "rehearsal"}
    exec(compile(SOURCE, "<rehearsal>", "exec"), names)  # noqa: S102 - our own words
    names["run"](given)
