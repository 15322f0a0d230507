"""Public checks of ex07: the examples of the task. They are worth no points and find only some mistakes."""

import numpy as np
import pytest

from grader.judge import Seed, assert_close, assert_shape, fail


@pytest.mark.title(en="The worked example in order: 5 rows by 2", ko="순서대로 나눈 예: 5행을 2행씩")
def test_in_order(submission):
    """The task's rows with shuffle=False: two full batches and a smaller one."""
    inputs = np.array([[1.0], [2.0], [3.0], [4.0], [5.0]])
    y = np.array([10, 20, 30, 40, 50])

    got = list(submission.minibatches(X=inputs, y=y, batch_size=2, rng=Seed(7), shuffle=False))

    want = [
        (np.array([[1.0], [2.0]]), np.array([10, 20])),
        (np.array([[3.0], [4.0]]), np.array([30, 40])),
        (np.array([[5.0]]), np.array([50])),
    ]
    if len(got) != 3:
        fail(
            en=f"5 rows by 2 are 3 batches, yours are {len(got)}.",
            ko=f"5행을 2행씩 나누면 배치는 3개입니다. 제출한 배치는 {len(got)}개입니다.",
        )
    for number, (one, other) in enumerate(zip(got, want, strict=True)):
        assert_close(tuple(one), other, name=(f"X_batch of batch {number}", f"y_batch of batch {number}"))


@pytest.mark.title(en="8 rows by 4, shuffled", ko="8행을 4행씩, 섞어서")
def test_eight_by_four(submission):
    """Two batches of 4 rows, with every row once; X[i] is (i, i²) and y[i] is i."""
    rows = np.arange(8.0)
    inputs = np.column_stack([rows, rows**2])

    got = list(submission.minibatches(X=inputs, y=rows, batch_size=4, rng=Seed(7)))

    if [len(batch[0]) for batch in got] != [4, 4]:
        fail(
            en=f"Expected 2 batches of 4 rows, got batches of {[len(batch[0]) for batch in got]} rows.",
            ko=f"4행짜리 배치 2개가 나와야 합니다. 제출한 배치의 크기: {[len(batch[0]) for batch in got]}.",
        )
    for number, batch in enumerate(got):
        assert_shape(batch[0], (4, 2), name=f"X_batch of batch {number}")
    came = np.concatenate([X_batch for X_batch, _ in got])
    assert_close(came[np.argsort(came[:, 0])], inputs, name="all rows, sorted")


@pytest.mark.title(en="sgd_epoch with one batch of all rows", ko="모든 행이 든 배치 하나로 sgd_epoch")
def test_one_step(submission):
    """The task's three rows with batch_size=3: w = 0 + 0.1 · 16/3, loss = 10.5/3."""

    def grad_fn(w, X_batch, y_batch):  # noqa: N803 - the names of the task
        error = X_batch @ w - y_batch
        return float(np.sum(error**2) / 2), X_batch.T @ error

    got = submission.sgd_epoch(
        X=np.array([[1.0], [2.0], [3.0]]),
        y=np.array([2.0, 1.0, 4.0]),
        w=np.array([0.0]),
        lr=0.1,
        batch_size=3,
        rng=Seed(7),
        grad_fn=grad_fn,
    )

    assert_close(got, (np.array([1.6 / 3]), 3.5), name=("w", "loss"))
