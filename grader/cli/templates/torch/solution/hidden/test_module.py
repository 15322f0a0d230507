"""Hidden suite of {{ number }}. The points of its groups add up to those of course.toml."""

import pytest

from grader.judge import assert_close, assert_gradients, assert_unchanged, assert_varies, gradients, tensor

values = pytest.mark.group("values", points=50, en="Values", ko="값")
flow = pytest.mark.group("gradients", points=25, en="Gradients", ko="기울기")
anywhere = pytest.mark.group("devices", points=25, en="Any dtype and device", ko="모든 dtype과 장치")


def draw(rng, n, d, m, device, dtype="float64"):
    """Inputs in multiples of 1/8, whose sums are exact in float32, too; no bias is 0.

    Sizes that all differ show swapped axes, and biases that are never 0 show a missing one under every seed.
    """
    return {
        "x": tensor(rng.integers(-16, 17, (n, d)) / 8, dtype=dtype, device=device),
        "w": tensor(rng.integers(-16, 17, (d, m)) / 8, dtype=dtype, device=device),
        "b": tensor(rng.integers(1, 17, m) / 8, dtype=dtype, device=device),
    }


@values
@pytest.mark.title(en="{n} samples, {d} inputs, {m} outputs", ko="표본 {n}개, 입력 {d}개, 출력 {m}개")
@pytest.mark.parametrize(("n", "d", "m"), [(4, 3, 2), (2, 3, 5)], ids=["fewer_outputs", "more_outputs"])
def test_values(submission, reference, rng, device, n, d, m):
    """Random inputs whose sizes all differ."""
    inputs = draw(rng, n, d, m, device)

    got = submission.affine(**inputs)

    assert_close(got, reference.affine(**inputs), name="y", axes=("sample", "output"))
    assert_unchanged(submission)


@flow
@pytest.mark.title(en="Gradients of x, w and b", ko="x, w, b의 기울기")
def test_gradients(submission, reference, rng, device):
    """A random gradient from above."""
    inputs = draw(rng, 4, 3, 2, device)
    dy = tensor(rng.standard_normal((4, 2)), device=device)

    got = gradients(submission.affine, inputs, dy)

    assert_gradients(got, gradients(reference.affine, inputs, dy), name="y")


@anywhere
@pytest.mark.title(en="float32 in, float32 out", ko="float32 입력은 float32 출력")
def test_float32(submission, reference, rng, device):
    """The dtype follows the inputs."""
    inputs = draw(rng, 3, 5, 2, device, dtype="float32")

    got = submission.affine(**inputs)

    assert_close(got, reference.affine(**inputs), name="y", axes=("sample", "output"))


@anywhere
@pytest.mark.device("meta")
@pytest.mark.title(en="Runs on the device of its inputs", ko="입력이 있는 장치에서 실행")
def test_device(submission, reference, rng, device):
    """On the meta device, which stands for any other: no GPU is needed to catch code for the CPU only."""
    inputs = draw(rng, 4, 3, 2, device)

    assert_close(submission.affine(**inputs), reference.affine(**inputs), name="y")
    here = draw(rng, 4, 3, 2, "cpu")  # there are no numbers on meta
    assert_varies(submission.affine(**here), name="y on the CPU")
