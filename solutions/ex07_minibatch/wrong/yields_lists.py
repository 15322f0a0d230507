"""Collects the rows of a batch in lists.

en: A batch is a list of rows: index the array with an array of row numbers, X[rows], which gives an array.
ko: 배치가 행의 리스트입니다. X[rows]처럼 행 번호 배열로 인덱싱하면 배열이 됩니다.
fails: public/test_in_order, public/test_one_step, test_sizes*, test_drop_last*, test_every_row_once*,
  test_pairs*, test_order_changes, test_one_batch_is_shuffled, test_two_epochs_differ, test_rng_decides,
  test_unshuffled, test_without_rng, test_any_two_rows_meet, test_keeps_inputs, test_dtypes*, test_shapes*,
  test_speed,
  public/test_eight_by_four
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
    stop = n - n % batch_size if drop_last else n
    for start in range(0, stop, batch_size):
        rows = order[start : start + batch_size]
        yield [X[i] for i in rows], [y[i] for i in rows]


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
