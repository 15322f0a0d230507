"""Public checks of ex14. They are worth no points; `make_images` makes images like those of the task."""

import numpy as np
import pytest

from grader.judge import Seed, assert_close, assert_shape, fail

LINE = 5  # length of a line


def make_images(rng, n):
    """Images (n, 1, 12, 12) with one line each, and its direction: 0 ─, 1 │, 2 ╲, 3 ╱.

    In the hidden checks other numbers may stand for these directions.
    """
    i = np.arange(LINE)
    lines = np.zeros((4, LINE, LINE))
    lines[0, LINE // 2, :] = lines[1, :, LINE // 2] = lines[2, i, i] = lines[3, i, LINE - 1 - i] = 1.0
    y = rng.permutation(np.arange(n) % 4)
    x = 4000 + 18 * rng.standard_normal((n, 1, 12, 12))
    for image, direction in zip(x, y, strict=True):
        row, column = rng.integers(0, 12 - LINE + 1, 2)
        contrast = rng.choice([-1, 1]) * rng.uniform(60, 100)  # darker or brighter than the background
        image[0, row : row + LINE, column : column + LINE] += contrast * lines[direction]
    return x, y


def trained(submission, rng, n, steps):
    """A classifier after `steps` steps on n images, its losses, and the images."""
    x, y = make_images(rng, n)
    x_val, y_val = make_images(rng, 100)
    model = submission.build(rng=Seed(1))
    losses = model.fit(X=x, y=y, Xval=x_val, yval=y_val, rng=Seed(2), max_steps=steps)
    return model, losses, x, y


@pytest.mark.title(
    en="Three steps: three losses, the first about ln 4", ko="세 단계: 손실 세 개, 첫 손실은 약 ln 4"
)
def test_three_steps(submission, rng):
    """Four classes that are equally probable have the loss ln 4 = 1.386."""
    _, losses, _, _ = trained(submission, rng, 80, 3)

    if not isinstance(losses, list) or len(losses) != 3:
        fail(
            en="fit must return a list of three losses.",
            ko="fit은 손실 세 개를 담은 리스트를 반환해야 합니다.",
        )
    assert_close(losses[0], 1.386, name="first loss", atol=0.1, rtol=0.0)


@pytest.mark.title(en="20 images learnt by heart", ko="이미지 20장을 통째로 외우기")
def test_overfit(submission, rng):
    """After 80 steps every one of the 20 training images is right."""
    x, y = make_images(rng, 20)
    model = submission.build(rng=Seed(1))
    model.fit(X=x, y=y, Xval=x, yval=y, rng=Seed(2), max_steps=80)

    got = model.predict(X=x)

    assert_shape(got, (20,), name="labels")
    right = int((got == y).sum())
    if right < 20:
        fail(
            en=f"{right} of 20 training images are right.", ko=f"학습 이미지 20장 중 {right}장을 맞혔습니다."
        )


@pytest.mark.title(en="60 % of new images", ko="새 이미지의 60 %")
def test_new_images(submission, rng):
    """After 80 steps on 400 images, images that training has not seen."""
    model, _, _, _ = trained(submission, rng, 400, 80)
    x, y = make_images(rng, 200)

    got = model.predict(X=x)

    assert_shape(got, (200,), name="labels")
    part = float((got == y).mean())
    if part < 0.6:
        fail(
            en=f"{part:.0%} of new images are right, 25 % is chance.",
            ko=f"새 이미지의 {part:.0%}를 맞혔습니다. 우연이라면 25 %입니다.",
        )
