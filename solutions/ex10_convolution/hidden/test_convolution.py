"""Hidden suite of ex10: convolution and max pooling, forward and backward.

Each group isolates one idea (orientation, channels, padding, stride, shapes), so that one mistake costs one
group where that is possible. Images are rectangular, strides do not divide and dy is random wherever a
mistake would hide behind a friendlier choice.
"""

import numpy as np
import pytest

from grader.judge import assert_close, assert_equal, assert_raises, assert_speed, assert_unchanged, fail

IMAGE = ("sample", "channel", "row", "column")
OUTPUT = ("sample", "kernel", "row", "column")
KERNEL = ("kernel", "channel", "row", "column")


def case(*values, id, en, ko):
    """One parametrized case with a readable id and its own title."""
    return pytest.param(*values, id=id, marks=pytest.mark.title(en=en, ko=ko))


def draw(rng, image, kernel, *, bias=True):
    """Random x, w and b for images and kernels of these shapes."""
    b = rng.standard_normal(kernel[0]) if bias else np.zeros(kernel[0])
    return {"x": rng.standard_normal(image), "w": rng.standard_normal(kernel), "b": b}


def draw_backward(rng, reference, image, kernel, stride, pad):
    """Random x, w and dy, and the two settings, for a backward call."""
    inputs = draw(rng, image, kernel)
    y = reference.conv2d(**inputs, stride=stride, pad=pad)
    dy = rng.standard_normal(y.shape)
    return {"dy": dy, "x": inputs["x"], "w": inputs["w"], "stride": stride, "pad": pad}


def three_gradients(got):
    """The gradients a student returned; a message of its own if they are not three."""
    if not isinstance(got, (tuple, list)) or len(got) != 3:
        fail(
            en="conv2d_backward must return the tuple (dx, dw, db).",
            ko="conv2d_backward는 튜플 (dx, dw, db)를 반환해야 합니다.",
        )
    return got


def as_float32(inputs):
    """The inputs in float32, x and b in the thousands.

    All are multiples of 1/8, so that no sum here is rounded, in whatever order and precision it is added up.
    """
    coarse = {}
    for name, value in inputs.items():
        if isinstance(value, np.ndarray):
            scaled = np.round(1e3 * value) if name in ("x", "b") else np.round(8 * value) / 8
            coarse[name] = scaled.astype(np.float32)
        else:
            coarse[name] = value
    return coarse


def as_float64(inputs):
    """The same inputs with every array in float64, for the reference."""
    return {
        name: value.astype(np.float64) if isinstance(value, np.ndarray) else value
        for name, value in inputs.items()
    }


size = pytest.mark.group("output_size", points=5, en="Output size", ko="출력 크기")


@size
@pytest.mark.parametrize(
    ("sizes", "stride", "pad"),
    [
        case([(6, 3), (9, 2), (5, 5)], 1, 0, id="plain", en="Output size", ko="출력 크기"),
        case(
            [(6, 3), (9, 2), (4, 6)], 1, 2, id="padded", en="Output size with padding", ko="패딩과 출력 크기"
        ),
        case(
            [(7, 3), (11, 5), (3, 3)],
            2,
            0,
            id="strided",
            en="Output size with a stride",
            ko="stride와 출력 크기",
        ),
        case(
            [(8, 3), (12, 3), (4, 2)],
            3,
            1,
            id="stride_not_dividing",
            en="Output size where the stride does not divide",
            ko="stride로 나누어떨어지지 않을 때의 출력 크기",
        ),
    ],
)
def test_output_size(submission, reference, sizes, stride, pad):
    """Agrees with the formula for several lengths."""
    for n, k in sizes:
        settings = {"n": n, "k": k, "stride": stride, "pad": pad}

        got = submission.output_size(**settings)

        assert_equal(got, reference.output_size(**settings), name=f"output_size({n}, {k}, {stride}, {pad})")


@size
@pytest.mark.title(en="Output size of a kernel that does not fit", ko="들어가지 않는 커널의 출력 크기")
def test_output_size_too_large(submission):
    """The largest kernel that fits has one position, a smaller one two; a larger one is a ValueError."""
    for n, pad in [(4, 0), (4, 1)]:
        length = n + 2 * pad
        for k, want in [(length - 1, 2), (length, 1)]:
            assert_equal(
                submission.output_size(n=n, k=k, stride=1, pad=pad),
                want,
                name=f"output_size({n}, {k}, 1, {pad})",
            )

        assert_raises("ValueError", submission.output_size, n=n, k=length + 1, stride=1, pad=pad)


orientation = pytest.mark.group("orientation", points=10, en="Orientation of the kernel", ko="커널의 방향")


@orientation
@pytest.mark.title(en="Response to one bright pixel", ko="밝은 픽셀 하나에 대한 응답")
def test_orientation_pixel(submission, reference, rng):
    """The response to a single bright pixel."""
    x = np.zeros((1, 1, 5, 5))
    x[0, 0, 2, 2] = 1.0
    inputs = {"x": x, "w": rng.standard_normal((1, 1, 3, 3)), "b": np.zeros(1)}

    got = submission.conv2d(**inputs)

    assert_close(got, reference.conv2d(**inputs), name="y", axes=OUTPUT)


@orientation
@pytest.mark.parametrize(
    ("row", "column"),
    [
        case(0, 2, id="corner", en="A kernel with one 1 in its corner", ko="구석 한 칸만 1인 커널"),
        case(1, 0, id="edge", en="A kernel with one 1 at its edge", ko="가장자리 한 칸만 1인 커널"),
    ],
)
def test_orientation_kernel(submission, reference, rng, row, column):
    """A kernel with a single 1 moves the image."""
    w = np.zeros((1, 1, 3, 3))
    w[0, 0, row, column] = 1.0
    inputs = {"x": rng.standard_normal((1, 1, 6, 6)), "w": w, "b": np.zeros(1)}

    got = submission.conv2d(**inputs)

    assert_close(got, reference.conv2d(**inputs), name="y", axes=OUTPUT)


values = pytest.mark.group("values", points=5, en="One image, one channel", ko="이미지 하나, 채널 하나")


@values
@pytest.mark.parametrize(
    ("image", "kernel"),
    [
        case(6, 3, id="3x3", en="6x6 image, 3x3 kernel", ko="6x6 이미지, 3x3 커널"),
        case(5, 2, id="2x2", en="5x5 image, 2x2 kernel", ko="5x5 이미지, 2x2 커널"),
    ],
)
def test_values(submission, reference, rng, image, kernel):
    """A square image and a square kernel, without bias."""
    inputs = draw(rng, (1, 1, image, image), (1, 1, kernel, kernel), bias=False)

    got = submission.conv2d(**inputs)

    assert_close(got, reference.conv2d(**inputs), name="y", axes=OUTPUT)


channels = pytest.mark.group("channels", points=10, en="Bias, channels and batch", ko="편향, 채널, 배치")


@channels
@pytest.mark.parametrize(
    ("image", "kernel", "bias"),
    [
        case(
            (1, 1, 5, 5),
            (3, 1, 3, 3),
            True,
            id="bias",
            en="A bias for each kernel",
            ko="커널마다 하나씩인 편향",
        ),
        case((1, 3, 5, 5), (1, 3, 3, 3), False, id="input", en="Several input channels", ko="여러 입력 채널"),
        case(
            (1, 3, 5, 5),
            (4, 3, 3, 3),
            True,
            id="both",
            en="Several channels in and out",
            ko="여러 입력 채널과 출력 채널",
        ),
        case((3, 1, 5, 5), (1, 1, 3, 3), False, id="batch", en="Several images", ko="여러 이미지"),
    ],
)
def test_channels(submission, reference, rng, image, kernel, bias):
    """Bias, input channels, output channels and images."""
    inputs = draw(rng, image, kernel, bias=bias)

    got = submission.conv2d(**inputs)

    assert_close(got, reference.conv2d(**inputs), name="y", axes=OUTPUT)


@channels
@pytest.mark.title(en="conv2d leaves its inputs alone", ko="conv2d는 입력을 바꾸지 않습니다")
def test_unchanged(submission, reference, rng):
    """Right, and without writing into x, w or b."""
    inputs = draw(rng, (2, 2, 5, 5), (3, 2, 3, 3))

    got = submission.conv2d(**inputs, pad=1)

    assert_close(got, reference.conv2d(**inputs, pad=1), name="y", axes=OUTPUT)
    assert_unchanged(submission)


padding = pytest.mark.group("padding", points=10, en="Padding", ko="패딩")


@padding
@pytest.mark.title(en="Padding of {pad}", ko="패딩 {pad}")
@pytest.mark.parametrize("pad", [0, 1, 3])  # with 2, 2 + pad is right by chance
def test_padding(submission, reference, rng, pad):
    """Zeros on all four sides."""
    inputs = draw(rng, (2, 2, 5, 5), (2, 2, 3, 3))

    got = submission.conv2d(**inputs, stride=1, pad=pad)

    assert_close(got, reference.conv2d(**inputs, stride=1, pad=pad), name="y", axes=OUTPUT)


@padding
@pytest.mark.title(en="A kernel larger than the padded image", ko="패딩한 이미지보다 큰 커널")
def test_kernel_too_large(submission, reference, rng):
    """A kernel as large as the padded image fits; one row more is a ValueError."""
    fits = draw(rng, (1, 2, 3, 3), (2, 2, 5, 5))
    too_large = draw(rng, (1, 2, 3, 3), (2, 2, 6, 5))

    got = submission.conv2d(**fits, stride=1, pad=1)

    assert_close(got, reference.conv2d(**fits, stride=1, pad=1), name="y", axes=OUTPUT)
    assert_raises("ValueError", submission.conv2d, **too_large, stride=1, pad=1)


strides = pytest.mark.group("stride", points=10, en="Stride", ko="stride")


@strides
@pytest.mark.parametrize(
    ("image", "stride", "pad"),
    [
        case(7, 2, 0, id="dividing", en="Stride 2 that divides", ko="나누어떨어지는 stride 2"),
        case(
            8, 2, 0, id="not_dividing", en="Stride 2 that does not divide", ko="나누어떨어지지 않는 stride 2"
        ),
        case(8, 3, 1, id="padded", en="Stride 3 with padding", ko="stride 3과 패딩"),
    ],
)
def test_stride(submission, reference, rng, image, stride, pad):
    """Windows move by the stride; what does not fill a window is left out."""
    inputs = draw(rng, (2, 2, image, image), (3, 2, 3, 3))

    got = submission.conv2d(**inputs, stride=stride, pad=pad)

    assert_close(got, reference.conv2d(**inputs, stride=stride, pad=pad), name="y", axes=OUTPUT)


rectangles = pytest.mark.group("rectangles", points=10, en="Rectangles", ko="직사각형")


@rectangles
@pytest.mark.parametrize(
    ("image", "kernel", "stride", "pad"),
    [
        case(
            (2, 3, 5, 8),
            (4, 3, 3, 3),
            1,
            0,
            id="wide_image",
            en="An image wider than high",
            ko="가로로 긴 이미지",
        ),
        case(
            (2, 3, 8, 5),
            (4, 3, 3, 3),
            1,
            0,
            id="tall_image",
            en="An image higher than wide",
            ko="세로로 긴 이미지",
        ),
        case((2, 3, 6, 6), (4, 3, 3, 2), 1, 0, id="kernel", en="A rectangular kernel", ko="직사각형 커널"),
        case(
            (1, 3, 6, 9),
            (1, 3, 2, 3),
            2,
            1,
            id="single",
            en="One image, one kernel, all rectangular",
            ko="이미지와 커널이 하나씩이고 모두 직사각형",
        ),
    ],
)
def test_rectangles(submission, reference, rng, image, kernel, stride, pad):
    """Rows and columns are counted separately."""
    inputs = draw(rng, image, kernel)

    got = submission.conv2d(**inputs, stride=stride, pad=pad)

    assert_close(got, reference.conv2d(**inputs, stride=stride, pad=pad), name="y", axes=OUTPUT)


backward = pytest.mark.group("backward", points=15, en="Gradients of the convolution", ko="합성곱의 기울기")
BACKWARD = {
    "plain": ((2, 2, 5, 5), (3, 2, 3, 3), 1, 0),
    "strided": ((2, 3, 7, 9), (4, 3, 3, 2), 2, 0),
    "padded": ((2, 3, 7, 5), (4, 3, 2, 3), 2, 1),
}
PLACE = {"dx": (0, IMAGE), "dw": (1, KERNEL), "db": (2, ("kernel",))}


@backward
@pytest.mark.parametrize("gradient", ["dx", "dw", "db"])
@pytest.mark.parametrize(
    "shapes",
    [
        case("plain", id="plain", en="{gradient}, stride 1, pad 0", ko="{gradient}, stride 1, pad 0"),
        case(
            "strided",
            id="strided",
            en="{gradient}, stride 2, pad 0, rectangles",
            ko="{gradient}, stride 2, pad 0, 직사각형",
        ),
        case(
            "padded",
            id="padded",
            en="{gradient}, stride 2, pad 1, rectangles",
            ko="{gradient}, stride 2, pad 1, 직사각형",
        ),
    ],
)
def test_backward(submission, reference, rng, shapes, gradient):
    """One of the three gradients for a random dy."""
    inputs = draw_backward(rng, reference, *BACKWARD[shapes])
    place, axes = PLACE[gradient]

    got = three_gradients(submission.conv2d_backward(**inputs))[place]

    assert_close(got, reference.conv2d_backward(**inputs)[place], name=gradient, axes=axes)


@backward
@pytest.mark.title(
    en="conv2d_backward leaves its inputs alone", ko="conv2d_backward는 입력을 바꾸지 않습니다"
)
def test_backward_unchanged(submission, reference, rng):
    """dw is right, and dy, x and w are as they were."""
    inputs = draw_backward(rng, reference, (2, 2, 5, 5), (3, 2, 3, 3), 1, 1)

    got = three_gradients(submission.conv2d_backward(**inputs))

    assert_close(got[1], reference.conv2d_backward(**inputs)[1], name="dw", axes=KERNEL)
    assert_unchanged(submission)


pooling = pytest.mark.group("max_pool", points=5, en="Max pooling", ko="최대 풀링")


@pooling
@pytest.mark.parametrize(
    ("image", "k", "stride", "low"),
    [
        case((2, 3, 4, 4), 2, 2, 0, id="plain", en="Windows side by side", ko="겹치지 않는 창"),
        case((2, 2, 9, 7), 3, 2, 0, id="overlapping", en="Windows that overlap", ko="겹치는 창"),
        case((2, 2, 6, 8), (3, 2), 2, 0, id="pair", en="A window of 3 rows and 2 columns", ko="3행 2열인 창"),
        case((2, 2, 4, 4), 2, 2, -5, id="negative", en="Negative values", ko="음수 값"),
    ],
)
def test_max_pool(submission, reference, rng, image, k, stride, low):
    """The largest value of each window, for each channel alone."""
    inputs = {"x": low + rng.random(image), "k": k, "stride": stride}

    got = submission.max_pool2d(**inputs)

    assert_close(got, reference.max_pool2d(**inputs), name="y", axes=IMAGE)


@pooling
@pytest.mark.title(en="A window larger than the image", ko="이미지보다 큰 창")
def test_max_pool_too_large(submission, reference, rng):
    """A window as large as the image fits; one column more is a ValueError."""
    x = rng.random((2, 2, 3, 4))

    got = submission.max_pool2d(x=x, k=(3, 4), stride=1)

    assert_close(got, reference.max_pool2d(x=x, k=(3, 4), stride=1), name="y", axes=IMAGE)
    assert_raises("ValueError", submission.max_pool2d, x=x, k=(3, 5), stride=1)


pool_backward = pytest.mark.group(
    "max_pool_backward", points=10, en="Gradient of max pooling", ko="최대 풀링의 기울기"
)


def draw_pool_backward(rng, reference, x, k, stride):
    """A random dy for this x, and the two settings."""
    y = reference.max_pool2d(x=x, k=k, stride=stride)
    return {"dy": rng.standard_normal(y.shape), "x": x, "k": k, "stride": stride}


@pool_backward
@pytest.mark.parametrize(
    ("image", "k", "stride"),
    [
        case((2, 3, 4, 4), 2, 2, id="plain", en="Windows side by side", ko="겹치지 않는 창"),
        case((2, 2, 7, 7), 3, 1, id="overlapping", en="Windows that overlap", ko="겹치는 창"),
        case((2, 2, 6, 8), (2, 3), 2, id="pair", en="A window of 2 rows and 3 columns", ko="2행 3열인 창"),
    ],
)
def test_max_pool_backward(submission, reference, rng, image, k, stride):
    """Each dy goes to its maximum; a pixel that wins twice gets the sum."""
    x = rng.random(image)
    x[:, :, 3, 2] = 2.0  # the maximum of every window that sees it
    inputs = draw_pool_backward(rng, reference, x, k, stride)

    got = submission.max_pool2d_backward(**inputs)

    assert_close(got, reference.max_pool2d_backward(**inputs), name="dx", axes=IMAGE)


@pool_backward
@pytest.mark.title(en="Equal maxima: the first one gets it all", ko="최댓값이 여럿이면 첫째가 모두 받습니다")
def test_max_pool_backward_ties(submission, reference, rng):
    """Two pixels of each window share the maximum."""
    x = rng.random((2, 2, 4, 4))
    x[:, :, 0::2, 1::2] = x[:, :, 1::2, 0::2] = 2.0
    inputs = draw_pool_backward(rng, reference, x, 2, 2)

    got = submission.max_pool2d_backward(**inputs)

    assert_close(got, reference.max_pool2d_backward(**inputs), name="dx", axes=IMAGE)


@pool_backward
@pytest.mark.title(
    en="max_pool2d_backward leaves its inputs alone", ko="max_pool2d_backward는 입력을 바꾸지 않습니다"
)
def test_max_pool_backward_unchanged(submission, reference, rng):
    """Right, and without writing into dy or x."""
    inputs = draw_pool_backward(rng, reference, rng.random((2, 2, 6, 6)), 2, 2)

    got = submission.max_pool2d_backward(**inputs)

    assert_close(got, reference.max_pool2d_backward(**inputs), name="dx", axes=IMAGE)
    assert_unchanged(submission)


float32 = pytest.mark.group("float32", points=10, en="float32 inputs, speed", ko="float32 입력, 속도")


@float32
@pytest.mark.title(en="conv2d in float32", ko="float32에서의 conv2d")
def test_float32_conv2d(submission, reference, rng):
    """Large float32 images give float32."""
    inputs = as_float32(draw(rng, (2, 3, 7, 7), (4, 3, 3, 3)))

    got = submission.conv2d(**inputs)

    assert_close(got, reference.conv2d(**as_float64(inputs)), name="y", axes=OUTPUT, dtype="float32")


@float32
@pytest.mark.title(en="conv2d_backward in float32", ko="float32에서의 conv2d_backward")
def test_float32_backward(submission, reference, rng):
    """The three gradients of large float32 images are float32."""
    inputs = as_float32(draw_backward(rng, reference, (2, 3, 7, 7), (4, 3, 3, 3), 1, 0))

    got = three_gradients(submission.conv2d_backward(**inputs))

    want = reference.conv2d_backward(**as_float64(inputs))
    for name, (place, axes) in PLACE.items():
        assert_close(got[place], want[place], name=name, axes=axes, dtype="float32")


@float32
@pytest.mark.title(en="Max pooling in float32", ko="float32에서의 최대 풀링")
def test_float32_max_pool(submission, reference, rng):
    """Pooling and its gradient keep float32."""
    x = rng.permutation(np.arange(144.0)).reshape(2, 2, 6, 6)  # no two are equal
    inputs = as_float32(draw_pool_backward(rng, reference, x, 2, 2))
    exact = as_float64(inputs)

    y = submission.max_pool2d(x=inputs["x"], k=2, stride=2)
    dx = submission.max_pool2d_backward(**inputs)

    want = reference.max_pool2d(x=exact["x"], k=2, stride=2)
    assert_close(y, want, name="y", axes=IMAGE, dtype="float32")
    want = reference.max_pool2d_backward(**exact)
    assert_close(dx, want, name="dx", axes=IMAGE, dtype="float32")


@float32
@pytest.mark.title(en="At most 6 times our time", ko="기준 풀이 시간의 6배 이내")
def test_speed(submission, reference, rng):
    """Right and not slow. Measured, the way across the wall included: right solutions take 1 to 2 times ours.

    A loop over images and pixels takes 20 times ours, one for each of the seven sums 220 times.
    """
    # Many rounds for what a busy machine could spoil: it ends as soon as it holds.
    assert_speed(
        submission.conv2d,
        reference.conv2d,
        inputs=lambda: draw(rng, (4, 3, 16, 16), (8, 3, 3, 3)),
        ratio=6,
        half=65,
        rounds=10,
    )
