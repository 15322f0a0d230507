"""Public checks of ex01. They are worth no points: they show you whether you are on the way."""

import numpy as np
import pytest

from grader.judge import assert_close, assert_equal, tensor


@pytest.mark.title(en="zeros(5, 3)", ko="zeros(5, 3)")
def test_zeros(submission):
    """Five rows, three columns, float32."""
    got = submission.zeros(rows=5, cols=3)

    assert_close(got, tensor(np.zeros((5, 3)), dtype="float32"), name="zeros", axes=("row", "column"))


@pytest.mark.title(en="Describe a 5x3 tensor", ko="5x3 텐서 설명하기")
def test_describe(submission):
    """The table of the README."""
    got = submission.describe(t=tensor(np.ones((5, 3)), dtype="float32"))

    want = {"shape": (5, 3), "ndim": 2, "numel": 15, "dtype": "torch.float32", "device": "cpu"}
    assert_equal(got, want, name="describe")


@pytest.mark.title(en="A 1x2 image with three channels", ko="채널이 3개인 1x2 이미지")
def test_two_pixels(submission):
    """The worked example of the README: an orange and a blue pixel."""
    image = tensor([[[9, 5, 0], [1, 2, 8]]], dtype="uint8")

    got = submission.to_batch(images=[image])

    want = tensor([[[[9, 1]], [[5, 2]], [[0, 8]]]], dtype="uint8")
    assert_close(got, want, name="batch", axes=("image", "channel", "row", "column"))


@pytest.mark.title(en="One RGB image of 4x5 pixels", ko="4x5 RGB 이미지 한 장")
def test_one_image(submission):
    """The pixel in row 2, column 3 of channel 1 is 100 * 2 + 10 * 3 + 1, wherever it lies."""
    row, column, channel = np.ogrid[:4, :5, :3]

    got = submission.to_batch(images=[tensor(100 * row + 10 * column + channel, dtype="float32")])

    channel, row, column = np.ogrid[:3, :4, :5]
    want = tensor((100 * row + 10 * column + channel)[None], dtype="float32")
    assert_close(got, want, name="batch", axes=("image", "channel", "row", "column"))


@pytest.mark.title(en="Two channels: their means, and a bias", ko="두 채널의 평균과 편향")
def test_channels(submission):
    """The third worked example of the README."""
    x = tensor([[[[1.0, 2.0], [3.0, 6.0]], [[0.0, 0.0], [4.0, 0.0]]]])

    mean = submission.channel_mean(x=x)
    moved = submission.add_bias(x=x, b=tensor([10.0, 20.0]))

    assert_close(mean, tensor([3.0, 1.0]), name="channel_mean", axes=("channel",))
    want = tensor([[[[11.0, 12.0], [13.0, 16.0]], [[20.0, 20.0], [24.0, 20.0]]]])
    assert_close(moved, want, name="add_bias", axes=("image", "channel", "row", "column"))
