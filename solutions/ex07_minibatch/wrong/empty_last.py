"""Makes n // batch_size + 1 batches, also where the batch size divides n.

en: An empty batch comes last where the batch size divides n: stop when no rows are left.
ko: 배치 크기로 나누어떨어질 때 마지막에 빈 배치가 나옵니다. 남은 행이 없으면 끝내세요.
fails: public/test_eight_by_four, public/test_one_step, test_sizes[dividing], test_sizes[single],
  test_sizes_empty, test_sgd_full_batch,
  test_sgd_rng, test_sgd_shuffles
"""

from collections.abc import Callable, Iterator

import numpy as np


def minibatches(
    X: np.ndarray,
    y: np.ndarray,
    batch_size: int,
    rng: np.random.Generator | None = None,
    shuffle: bool = True,
    drop_last: bool = False,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The batches of one epoch: every row once, `batch_size` rows at a time.

    If the batch size does not divide n, the last batch holds the rows that are left, so it is smaller. No
    rows make no batch; fewer rows than `batch_size` make one batch of them all.

    Args:
        X: inputs, (n, ...): (n, D) for features, (n, C, H, W) for images. Any dtype.
        y: targets, (n,) or (n, K). Any dtype. y[i] belongs to X[i].
        batch_size: rows in a batch, at least 1.
        rng: where the random order is drawn from, and the only thing that it depends on: generators in the
            same state give the same order. None stands for a fresh `np.random.default_rng()`.
        shuffle: whether the rows come in a new random order, each order as likely as any other. If not, they
            come in the order of X, and rng is not needed.
        drop_last: whether a last batch that is smaller than `batch_size` is left out.

    Yields:
        (X_batch, y_batch): arrays (b, ...) with the dtypes and the remaining axes of X and y.

    Source: Bottou (2012), Stochastic Gradient Descent Tricks; Zhang et al., Dive into Deep Learning,
    section 12.5.
    """
    n = len(X)
    order = np.arange(n)
    if shuffle:
        rng = np.random.default_rng() if rng is None else rng
        order = rng.permutation(n)
    count = n // batch_size if drop_last else n // batch_size + 1
    for k in range(count):
        rows = order[k * batch_size : (k + 1) * batch_size]
        yield X[rows], y[rows]


def sgd_epoch(
    X: np.ndarray,
    y: np.ndarray,
    w: np.ndarray,
    lr: float,
    batch_size: int,
    rng: np.random.Generator,
    grad_fn: Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[float, np.ndarray]],
) -> tuple[np.ndarray, float]:
    """One epoch of mini-batch gradient descent, in a random order drawn from rng; no row is left out.

    For each batch B in turn, with |B| rows:  w <- w - lr * (1 / |B|) * sum of the gradients of the rows in B.

    Args:
        X, y: inputs and targets as for `minibatches`, n >= 1.
        w: weights before the epoch, any shape, float64.
        lr: learning rate, > 0.
        batch_size: rows in a batch, at least 1.
        rng: where the order is drawn from.
        grad_fn: `grad_fn(w, X_batch, y_batch)` returns (loss, gradient): the losses of the rows of the batch,
            added up (a float), and their gradients with respect to w, added up (in the shape of w). To be
            called once for each batch, with the weights as they are before the step.

    Returns:
        (w, loss): the weights after the epoch, a new array; and the mean loss of a row in this epoch, a
        float: the losses that grad_fn returned, added up over all batches, divided by n.

    Source: Bottou (2012), Stochastic Gradient Descent Tricks, section 1; Zhang et al., Dive into Deep
    Learning, section 12.5.
    """
    total = 0.0
    for X_batch, y_batch in minibatches(X, y, batch_size, rng):
        loss, gradient = grad_fn(w, X_batch, y_batch)
        w = w - lr * gradient / len(X_batch)
        total += loss
    return w, total / len(X)
