"""Public checks of ex13. They are worth no points: they show you whether you are on the way.

`probe` runs your module in the real Trainer: see probe.py beside this file.
"""

import math

import numpy as np
import pytest

from grader.judge import assert_close, fail, tensor

# Two features, two classes, no hidden layer: the worked example of the README.
SIZES = [2, 2]
WEIGHTS = [tensor(np.eye(2), dtype="float32"), tensor(np.zeros(2), dtype="float32")]
X = tensor([[math.log(3), 0.0], [0.0, 0.0], [0.0, math.log(3)]], dtype="float32")
Y = tensor([0, 0, 0])


def found(got, key):
    """What the probe returned under `key`."""
    if "missing" in got:
        fail(
            en=f"Your model has no parameter of the shape {got['missing'][0]}.",
            ko=f"모델에 모양이 {got['missing'][0]}인 파라미터가 없습니다.",
        )
    return got[key]


@pytest.mark.title(en="Logits of a linear classifier", ko="선형 분류기의 로짓")
def test_forward(probe):
    """The weights are an identity matrix, so the logits are x."""
    got = found(probe.logits(sizes=SIZES, weights=WEIGHTS, x=X), "logits")

    assert_close(got[0], X, name="logits", axes=("sample", "class"))


@pytest.mark.title(en="The loss of one batch is a scalar", ko="배치 하나의 손실은 스칼라")
def test_loss(probe):
    """(log(4/3) + log 2 + log 4) / 3."""
    got = found(probe.loss(sizes=SIZES, weights=WEIGHTS, x=X, y=Y), "loss")

    want = (math.log(4 / 3) + math.log(2) + math.log(4)) / 3
    assert_close(got, tensor(want, dtype="float32"), name="loss")


@pytest.mark.title(en="Validation of batches of 2 and 1", ko="크기가 2와 1인 배치로 검증")
def test_validation(probe):
    """The mean of three samples, not of two batches: see the README."""
    got = found(probe.evaluate(sizes=SIZES, weights=WEIGHTS, x=X, y=Y, batch_size=2), "metrics")

    want = (math.log(4 / 3) + math.log(2) + math.log(4)) / 3
    if "val_loss" not in got:
        fail(en='Nothing was logged as "val_loss".', ko='"val_loss"라는 이름으로 기록된 값이 없습니다.')
    assert_close(got["val_loss"], tensor(want, dtype="float32"), name="val_loss")
