"""Hidden suite of ex01: tensors, shapes, the order of axes, types and devices.

N, C, H and W differ wherever a wrong order of axes could hide behind equal sizes, and are equal where a wrong
broadcast would otherwise raise: both happen to students. Floats are multiples of 1/8, whose sums are exact.
"""

import numpy as np
import pytest

from grader.judge import (
    Program,
    assert_close,
    assert_equal,
    assert_unchanged,
    assert_varies,
    tensor,
)

BATCH = ("image", "channel", "row", "column")

create = pytest.mark.group("create", points=20, en="Making tensors", ko="텐서 만들기")
about = pytest.mark.group("describe", points=20, en="What a tensor is", ko="텐서 설명하기")
layout = pytest.mark.group("layout", points=25, en="The order of axes", ko="축의 순서")
axes = pytest.mark.group("axes", points=15, en="Reducing and broadcasting", ko="축을 줄이고 늘리기")
places = pytest.mark.group("places", points=20, en="dtype, device, memory", ko="dtype, 장치, 메모리")


def numbers(rng, *shape, dtype="float32", device="cpu"):
    """Random multiples of 1/8, no two of which are equal but by chance."""
    return tensor(rng.integers(-800, 801, shape) / 8, dtype=dtype, device=device)


def pictures(rng, n, h, w, c, dtype="float32", device="cpu"):
    """A list of n images, (H, W, C): each channel a ramp, so that what is scrambled can be seen to be.

    All elements differ, and fit into uint8 where there are no more than 127 of them.
    """
    values = np.cumsum(rng.integers(1, 3, n * h * w * c))
    planes = values.reshape(n * c, h, w)[rng.permutation(n * c)].reshape(n, c, h, w)
    return [tensor(image, dtype=dtype, device=device) for image in planes.transpose(0, 2, 3, 1)]


def leave_numbers(submission, rows, cols):
    """Have other numbers where the next matrices of this shape come to lie."""
    before = Program()
    used = [before.method(before.call("zeros", rows=rows, cols=cols), "fill_", 7.0) for _ in range(4)]
    submission.run(before, used)


@create
@pytest.mark.title(en="zeros({rows}, {cols})", ko="zeros({rows}, {cols})")
@pytest.mark.parametrize(("rows", "cols"), [(2, 7), (6, 1), (0, 4)], ids=["wide", "column", "no_rows"])
def test_zeros(submission, rows, cols):
    """Rows come first; the numbers are float32."""
    leave_numbers(submission, rows, cols)

    got = submission.zeros(rows=rows, cols=cols)

    want = tensor(np.zeros((rows, cols)), dtype="float32")
    assert_close(got, want, name="zeros", axes=("row", "column"))


@create
@pytest.mark.title(en="zeros in memory that was used before", ko="이미 쓰였던 메모리에서도 zeros는 0")
def test_zeros_again(submission):
    """Other numbers have just been where the new matrices come to lie."""
    leave_numbers(submission, 3, 5)

    after = Program()
    fresh = [after.call("zeros", rows=3, cols=5) for _ in range(4)]
    got = submission.run(after, fresh)

    assert_close(got, [tensor(np.zeros((3, 5)), dtype="float32")] * 4, name="zeros", axes=("row", "column"))


@create
@pytest.mark.title(en="The numbers of a float32 array", ko="float32 배열의 값")
def test_from_numpy(submission, rng):
    """Three axes, in their order."""
    a = rng.standard_normal((2, 3, 4)).astype(np.float32)

    got = submission.from_numpy(a=a)

    assert_close(got, tensor(a), name="from_numpy")


@about
@pytest.mark.title(en="describe: {shape}, {dtype}", ko="describe: {shape}, {dtype}")
@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((4, 7), "float64"), ((2, 3, 4, 5), "int64"), ((), "float32"), ((0, 6), "bool")],
    ids=["matrix", "batch", "number", "empty"],
)
def test_describe(submission, device, shape, dtype):
    """Shape, axes, elements and dtype, also of a single number and of nothing."""
    got = submission.describe(t=tensor(np.ones(shape), dtype=dtype, device=device))

    assert_equal(without_index(got), described(shape, dtype, device), name="describe")


def described(shape, dtype, device):
    """What `describe` is to say."""
    return {
        "shape": shape,
        "ndim": len(shape),
        "numel": int(np.prod(shape, dtype=np.int64)),
        "dtype": f"torch.{dtype}",
        "device": device,
    }


def without_index(got):
    """`cuda:0` is `cuda`: which of them a machine has is not the question."""
    if isinstance(got, dict) and isinstance(got.get("device"), str):
        return {**got, "device": got["device"].partition(":")[0]}
    return got


@layout
@pytest.mark.title(en="to_batch: N={n}, H={h}, W={w}, C={c}", ko="to_batch: N={n}, H={h}, W={w}, C={c}")
@pytest.mark.parametrize(
    ("n", "h", "w", "c"), [(2, 4, 5, 3), (1, 5, 2, 3), (4, 2, 3, 1)], ids=["two", "one", "grey"]
)
def test_to_batch(submission, reference, rng, device, n, h, w, c):
    """Each pixel of each channel in its place; no axis is lost where there is one image or one channel."""
    images = pictures(rng, n, h, w, c, device=device)

    got = submission.to_batch(images=images)

    assert_close(got, reference.to_batch(images=images), name="batch", axes=BATCH)


@layout
@pytest.mark.title(
    en="The batch lies in memory in the order of its axes", ko="배치가 축 순서대로 메모리에 놓임"
)
def test_contiguous(submission, reference, rng, device):
    """A permuted view has the right shape and the old order in memory."""
    images = pictures(rng, 2, 4, 5, 3, device=device)
    assert_close(
        submission.to_batch(images=images), reference.to_batch(images=images), name="batch", axes=BATCH
    )
    program = Program()
    batch = program.call("to_batch", images=images)

    (in_order,) = submission.run(program, [program.method(batch, "is_contiguous")])

    assert_equal(in_order, True, name="batch.is_contiguous()")


@layout
@pytest.mark.title(en="flatten {shape}", ko="flatten {shape}")
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (4, 2, 3), (1, 6)], ids=["images", "sequences", "rows"])
def test_flatten(submission, reference, rng, device, shape):
    """One row a sample, whatever the number of axes."""
    x = numbers(rng, *shape, device=device)

    got = submission.flatten(x=x)

    assert_close(got, reference.flatten(x=x), name="flatten", axes=("sample", "element"))


@layout
@pytest.mark.title(en="flatten a permuted view", ko="축을 바꾼 뷰를 flatten")
def test_flatten_view(submission, reference, rng, device):
    """What lies in memory in another order, such as the result of `permute`."""

    program = Program()
    x = program.operator("add", numbers(rng, 2, 4, 5, 3, device=device), 0.0)
    view = program.method(x, "permute", 0, 3, 1, 2)
    flat = program.call("flatten", x=view)

    (got,) = submission.run(program, [flat])

    (want,) = reference.run(program, [flat])
    assert_close(got, want, name="flatten", axes=("sample", "element"))


@axes
@pytest.mark.title(
    en="channel_mean: N={n}, C={c}, H={h}, W={w}", ko="channel_mean: N={n}, C={c}, H={h}, W={w}"
)
@pytest.mark.parametrize(("n", "c", "h", "w"), [(2, 3, 4, 5), (2, 3, 4, 3)], ids=["all_differ", "w_equals_c"])
def test_channel_mean(submission, reference, rng, device, n, c, h, w):
    """Over images, rows and columns: one number a channel."""
    x = numbers(rng, n, c, h, w, device=device)

    got = submission.channel_mean(x=x)

    assert_close(got, reference.channel_mean(x=x), name="channel_mean", axes=("channel",))


@axes
@pytest.mark.title(en="add_bias: N={n}, C={c}, H={h}, W={w}", ko="add_bias: N={n}, C={c}, H={h}, W={w}")
@pytest.mark.parametrize(
    ("n", "c", "h", "w"),
    [(2, 3, 4, 5), (2, 3, 4, 3), (3, 3, 3, 3)],
    ids=["all_differ", "w_equals_c", "all_equal"],
)
def test_add_bias(submission, reference, rng, device, n, c, h, w):
    """Along the channels, also where a bias would fit to another axis."""
    given = {"x": numbers(rng, n, c, h, w, device=device), "b": numbers(rng, c, device=device)}

    got = submission.add_bias(**given)

    assert_close(got, reference.add_bias(**given), name="add_bias", axes=BATCH)


@axes
@pytest.mark.title(en="add_bias leaves its inputs alone", ko="add_bias는 입력을 바꾸지 않음")
def test_add_bias_keeps_inputs(submission, reference, rng, device):
    """Neither x nor b is changed, and the sum is right."""
    given = {"x": numbers(rng, 2, 3, 4, 5, device=device), "b": numbers(rng, 3, device=device)}

    got = submission.add_bias(**given)

    assert_unchanged(submission)
    assert_close(got, reference.add_bias(**given), name="add_bias", axes=BATCH)


@places
@pytest.mark.title(en="from_numpy makes float32 of {dtype}", ko="from_numpy: {dtype} 배열도 float32로")
@pytest.mark.parametrize("dtype", ["float64", "int64"])
def test_from_numpy_dtype(submission, rng, dtype):
    """The dtype of networks, whatever the array has."""
    a = (rng.integers(-800, 801, (3, 4)) / 8).astype(dtype)

    got = submission.from_numpy(a=a)

    assert_close(got, tensor(a, dtype="float32"), name="from_numpy")


@places
@pytest.mark.title(
    en="The tensor keeps its numbers when the array changes", ko="배열을 바꾸어도 텐서의 값은 그대로"
)
def test_from_numpy_copies(submission, rng):
    """The array, float32 already, is overwritten after the call."""
    a = (rng.integers(1, 801, (3, 4)) / 8).astype(np.float32)
    program = Program()
    array = program.operator("add", a, np.float32(0.0))
    made = program.call("from_numpy", a=array)
    program.operator("imul", array, np.float32(0.0))

    (got,) = submission.run(program, [made])

    assert_close(got, tensor(a), name="from_numpy")


@places
@pytest.mark.title(en="to_batch keeps the dtype: {dtype}", ko="to_batch는 dtype을 바꾸지 않음: {dtype}")
@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_to_batch_dtype(submission, reference, rng, device, dtype):
    """As cameras give them, and as NumPy does."""
    images = pictures(rng, 2, 4, 5, 3, dtype=dtype, device=device)

    got = submission.to_batch(images=images)

    assert_close(got, reference.to_batch(images=images), name="batch", axes=BATCH)


@places
@pytest.mark.device("meta")
@pytest.mark.title(en="describe names the device", ko="describe의 장치 이름")
def test_describe_device(submission, device):
    """A tensor on another device than the CPU."""
    got = submission.describe(t=tensor(np.ones((2, 3)), dtype="float32", device=device))

    assert_equal(without_index(got), described((2, 3), "float32", device), name="describe")


@places
@pytest.mark.device("meta")
@pytest.mark.title(
    en="{function} stays on the device of its input", ko="{function}: 결과도 입력과 같은 장치에"
)
@pytest.mark.parametrize("function", ["to_batch", "flatten", "channel_mean", "add_bias"])
def test_follows_device(submission, reference, rng, device, function):
    """On meta, which stands for any device. It holds no numbers, so that the CPU has to show some."""

    def given(device):
        return {
            "to_batch": {"images": pictures(rng, 2, 4, 5, 3, device=device)},
            "flatten": {"x": numbers(rng, 2, 3, 4, 5, device=device)},
            "channel_mean": {"x": numbers(rng, 2, 3, 4, 5, device=device)},
            "add_bias": {"x": numbers(rng, 2, 3, 4, 5, device=device), "b": numbers(rng, 3, device=device)},
        }[function]

    there = given(device)
    got = getattr(submission, function)(**there)

    assert_close(got, getattr(reference, function)(**there), name=function)
    assert_varies(getattr(submission, function)(**given("cpu")), name=function)


@places
@pytest.mark.title(en="to_device: from the CPU to meta", ko="to_device: CPU에서 meta로")
def test_to_another_device(submission, rng):
    """What comes back is on the device that was asked for."""
    t = numbers(rng, 2, 3, dtype="float64")

    got = submission.to_device(t=t, device="meta")

    assert_close(got, tensor(t.array, dtype="float64", device="meta"), name="to_device")
    assert_varies(submission.to_device(t=t, device="cpu"), name="to_device")


@places
@pytest.mark.title(en="to_device keeps the numbers", ko="to_device는 값을 바꾸지 않음")
def test_to_device_keeps_numbers(submission, rng, device):
    """To the suite's own device: shape, dtype and numbers stay."""
    t = numbers(rng, 3, 2, dtype="float64")

    got = submission.to_device(t=t, device=device)

    assert_close(got, tensor(t.array, dtype="float64", device=device), name="to_device")
