"""Hidden suite of ex95."""

import numpy as np
import pytest

from grader.judge import (
    assert_close,
    assert_gradients,
    assert_tensor,
    assert_unchanged,
    assert_varies,
    fail,
    gradients,
    tensor,
)

values = pytest.mark.group("values", points=20, en="Values", ko="값")
flow = pytest.mark.group("gradients", points=20, en="Gradients", ko="기울기")
module = pytest.mark.group("module", points=20, en="The layer", ko="층")
anywhere = pytest.mark.group("devices", points=20, en="Any dtype and device", ko="모든 dtype과 장치")


def given(rng, device, dtype="float64"):
    """Draws x (2, 3, 5, 6), w (4, 3, 3, 2) and b (4,): multiples of 1/8, whose sums are exact in float32."""
    shapes = {"x": (2, 3, 5, 6), "w": (4, 3, 3, 2), "b": (4,)}
    return {
        name: tensor(rng.integers(-16, 17, shape) / 8, dtype=dtype, device=device)
        for name, shape in shapes.items()
    }


@values
@pytest.mark.title(en="Stride {stride}, padding {pad}", ko="보폭 {stride}, 패딩 {pad}")
@pytest.mark.parametrize(("stride", "pad"), [(1, 0), (2, 1)], ids=["plain", "strided"])
def test_values(submission, reference, rng, device, stride, pad):
    """Rectangular images and kernels."""
    inputs = given(rng, device)

    got = submission.conv2d(**inputs, stride=stride, pad=pad)

    assert_close(got, reference.conv2d(**inputs, stride=stride, pad=pad), name="y")
    assert_unchanged(submission)


@flow
@pytest.mark.title(en="Gradients of x, w and b", ko="x, w, b의 기울기")
def test_gradients(submission, reference, rng, device):
    """A random gradient from above."""
    inputs = {**given(rng, device), "stride": 2, "pad": 1}
    dy = tensor(rng.standard_normal((2, 4, 3, 4)), device=device)

    got = gradients(submission.conv2d, inputs, dy)

    assert_gradients(got, gradients(reference.conv2d, inputs, dy), name="y")


@module
@pytest.mark.title(en="Registered parameters", ko="등록된 파라미터")
def test_parameters(submission):
    """Both are found by an optimiser, with the shapes and the size of torch's."""
    layer = submission.Conv2d(3, 4, 2)

    named = {name: value for name, value in layer.named_parameters()}  # noqa: C416 - a handle is no dict

    if sorted(named) != ["bias", "weight"]:
        fail("The layer's parameters are not weight and bias.", "층의 파라미터가 weight와 bias가 아닙니다.")
    assert_tensor(named["weight"], (4, 3, 2, 2), dtype="float32", requires_grad=True, name="weight")
    assert_tensor(named["bias"], (4,), dtype="float32", requires_grad=True, name="bias")
    largest = np.abs(named["weight"].array).max() * 12**0.5
    if not 0.5 < largest <= 1.0:
        fail("The weights are not Kaiming-uniform.", "가중치가 Kaiming 균등 분포가 아닙니다.")


@module
@pytest.mark.title(en="A layer with given parameters, and its gradients", ko="주어진 파라미터의 층과 기울기")
def test_layer(submission, reference, rng, device):
    """state_dict in and out, forward, gradients of the input and of the parameters."""
    inputs = given(rng, device)
    state = {"weight": tensor(rng.standard_normal((4, 3, 2, 2)), device=device), "bias": inputs["b"]}
    dy = tensor(rng.standard_normal((2, 4, 4, 5)), device=device)

    def run(module):
        layer = module.Conv2d(3, 4, 2).double().to(device)
        layer.load_state_dict(state)
        return layer.state_dict(), gradients(layer, {"x": inputs["x"]}, dy)

    got, found = run(submission)
    want, expected = run(reference)

    assert_close(got, want, name="state_dict")
    assert_gradients(found, expected, name="y")


@anywhere
@pytest.mark.title(en="float32 stays float32", ko="float32 입력은 float32 출력")
def test_float32(submission, reference, rng, device):
    """The dtype follows the input."""
    inputs = given(rng, device, "float32")

    assert_close(submission.conv2d(**inputs), reference.conv2d(**inputs), name="y")


@anywhere
@pytest.mark.device("meta")
@pytest.mark.title(en="Runs on the device of its input", ko="입력이 있는 장치에서 실행")
def test_device(submission, reference, rng, device):
    """On the meta device, which stands for any other."""
    inputs = given(rng, device, "float32")

    assert_close(submission.conv2d(**inputs), reference.conv2d(**inputs), name="y")
    layer = submission.Conv2d(3, 4, 2).to(device)
    assert_close(layer(inputs["x"]), reference.Conv2d(3, 4, 2).float().to(device)(inputs["x"]), name="y")
    here = given(rng, "cpu", "float32")  # there are no numbers on meta
    assert_varies(submission.conv2d(**here), name="y on the CPU")
    assert_varies(submission.Conv2d(3, 4, 2)(here["x"]), name="y on the CPU")
