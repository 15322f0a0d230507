"""Public checks of ex15: the examples of the task. They are worth no points and find only some mistakes."""

import numpy as np
import pytest

from grader.judge import assert_close, assert_tensor, assert_varies, fail, gradients, items, tensor

# The worked example of the task: one image, one channel, one kernel.
X = tensor([[[[1.0, 2.0, 0.0], [0.0, 1.0, 3.0], [2.0, 1.0, 1.0]]]], dtype="float32")
W = tensor([[[[1.0, 0.0], [-1.0, 2.0]]]], dtype="float32")
B = tensor([1.0], dtype="float32")
DY = tensor([[[[1.0, 0.0], [2.0, -1.0]]]], dtype="float32")


@pytest.mark.title(en="The worked example: conv2d", ko="손으로 계산한 예: conv2d")
def test_by_hand(submission):
    """The task's 3x3 image and 2x2 kernel."""
    got = submission.conv2d(x=X, w=W, b=B)

    assert_close(got, tensor([[[[4.0, 8.0], [1.0, 3.0]]]], dtype="float32"), name="y")


@pytest.mark.title(en="The worked example: its gradients", ko="손으로 계산한 예: 기울기")
def test_gradients_by_hand(submission):
    """What autograd sends back for the task's dy."""
    got = gradients(submission.conv2d, {"x": X, "w": W, "b": B}, DY)

    want = {
        "x": tensor([[[[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [-2.0, 5.0, -2.0]]]], dtype="float32"),
        "w": tensor([[[[0.0, 1.0], [3.0, 2.0]]]], dtype="float32"),
        "b": tensor([2.0], dtype="float32"),
    }
    for name, gradient in want.items():
        if got.inputs[name] is None:
            fail(f"No gradient arrives at {name}.", f"{name}에 기울기가 도달하지 않습니다.")
        assert_close(got.inputs[name], gradient, name=f"gradient of {name}")


@pytest.mark.title(en="A layer of 2 channels and 4 kernels of 3x3", ko="채널 2개, 3x3 커널 4개인 층")
def test_layer(submission):
    """Its two parameters, as an optimiser sees them, and the shape of its output."""
    layer = submission.Conv2d(in_channels=2, out_channels=4, kernel_size=3, stride=2, pad=1)

    found = dict(items(layer.named_parameters()))

    if set(found) != {"weight", "bias"}:
        fail("Register the parameters weight and bias.", "파라미터 weight와 bias를 등록하세요.")
    assert_tensor(found["weight"], (4, 2, 3, 3), dtype="float32", requires_grad=True, name="weight")
    assert_tensor(found["bias"], (4,), dtype="float32", requires_grad=True, name="bias")
    y = layer(tensor([[[[0.5] * 7] * 5] * 2], dtype="float32"))
    assert_tensor(y, (1, 4, 3, 4), dtype="float32", name="y")
    assert_varies(found["weight"], name="weight")
    assert_varies(y, name="y")


@pytest.mark.device("meta")
@pytest.mark.title(en="Shape only: conv2d on the meta device", ko="모양만 계산하기: meta 장치의 conv2d")
def test_meta(submission, device):
    """On `meta` tensors have no numbers; code that follows x's device runs there all the same."""
    shapes = {"x": (2, 3, 6, 5), "w": (4, 3, 3, 2), "b": (4,)}
    inputs = {name: tensor(np.zeros(shape), dtype="float32", device=device) for name, shape in shapes.items()}

    y = submission.conv2d(**inputs, stride=2, pad=1)

    assert_tensor(y, (2, 4, 3, 3), dtype="float32", device=device, name="y")
    here = {name: tensor(np.arange(np.prod(s)).reshape(s), dtype="float32") for name, s in shapes.items()}
    assert_varies(submission.conv2d(**here, stride=2, pad=1), name="y on the CPU")
