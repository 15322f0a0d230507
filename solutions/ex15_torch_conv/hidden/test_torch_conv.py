"""Hidden suite of ex15: convolution on tensors, its gradients by autograd, and the layer around it.

Most inputs are float32, as a torch program has them, and multiples of 1/8 between -2 and 2, none of them 0: their
products and sums are exact in float32, in whatever order they are added. So code that is right but fixed to
float32 loses the checks of float64 alone. Each check runs on the suite's device; those on `meta` catch
code that works on one device only, without a GPU. Rectangles, strides and padding stand in their own group and in the
gradients, so that a mistake there costs little elsewhere.
"""

import dataclasses
import math

import numpy as np
import pytest

from grader.judge import (
    assert_close,
    assert_gradients,
    assert_speed,
    assert_tensor,
    assert_unchanged,
    assert_varies,
    fail,
    gradients,
    items,
    tensor,
)

OUTPUT = ("sample", "kernel", "row", "column")

values = pytest.mark.group("values", points=20, en="Values", ko="값")
settings = pytest.mark.group(
    "settings", points=20, en="Stride, padding, rectangles", ko="stride, 패딩, 직사각형"
)
flow = pytest.mark.group("gradients", points=20, en="Gradients", ko="기울기")
module = pytest.mark.group("module", points=15, en="The layer", ko="층")
anywhere = pytest.mark.group("devices", points=15, en="Any dtype and device", ko="모든 dtype과 장치")
graph = pytest.mark.group("graph", points=10, en="Inputs and graph", ko="입력과 계산 그래프")


def case(*values, id, en, ko):
    """One parametrized case with a readable id and its own title."""
    return pytest.param(*values, id=id, marks=pytest.mark.title(en=en, ko=ko))


def exact(rng, shape):
    """Multiples of 1/8 between -2 and 2 without 0, so that no bias and no weight is 0 by chance."""
    return rng.choice([-1.0, 1.0], shape) * rng.integers(1, 17, shape) / 8


def draw(rng, device, image, kernel, *, bias=True):
    """Float32 x, w and b for images and kernels of these shapes."""
    b = exact(rng, kernel[:1]) if bias else np.zeros(kernel[:1])
    given = {"x": exact(rng, image), "w": exact(rng, kernel), "b": b}
    return {name: tensor(value, dtype="float32", device=device) for name, value in given.items()}


def upstream(rng, reference, inputs):
    """A random gradient of conv2d's result, in its shape, dtype and device."""
    y = reference.conv2d(**inputs)
    return tensor(exact(rng, y.shape), dtype=y.dtype, device=y.device)


def check(submission, reference, inputs):
    """The function's result is the reference's."""
    got = submission.conv2d(**inputs)

    assert_close(got, reference.conv2d(**inputs), name="y", axes=OUTPUT)


@values
@pytest.mark.title(en="Response to one bright pixel", ko="밝은 픽셀 하나에 대한 응답")
def test_orientation(submission, reference, rng, device):
    """The kernel is seen upside down: that is what not flipping it means."""
    inputs = draw(rng, device, (1, 1, 5, 5), (1, 1, 3, 3), bias=False)
    x = np.zeros((1, 1, 5, 5))
    x[0, 0, 2, 2] = 1.0
    inputs["x"] = tensor(x, dtype="float32", device=device)
    # Entries that all differ, so that no flip and no transposition of the kernel looks like the kernel.
    inputs["w"] = tensor(
        rng.permutation(np.arange(1.0, 10.0)).reshape(1, 1, 3, 3), dtype="float32", device=device
    )

    check(submission, reference, inputs)


@values
@pytest.mark.parametrize(
    ("image", "kernel", "bias"),
    [
        case(
            (1, 1, 6, 6),
            (1, 1, 3, 3),
            False,
            id="plain",
            en="One image, one channel",
            ko="이미지 하나, 채널 하나",
        ),
        case(
            (1, 1, 5, 5),
            (3, 1, 2, 2),
            True,
            id="bias",
            en="A bias for each kernel",
            ko="커널마다 하나씩인 편향",
        ),
        case(
            (1, 3, 5, 5), (2, 3, 3, 3), True, id="channels", en="Several input channels", ko="여러 입력 채널"
        ),
        case((3, 2, 5, 5), (4, 2, 3, 3), True, id="batch", en="Several images", ko="여러 이미지"),
    ],
)
def test_values(submission, reference, rng, device, image, kernel, bias):
    """Squares, stride 1, no padding."""
    check(submission, reference, draw(rng, device, image, kernel, bias=bias))


@settings
@pytest.mark.parametrize(
    ("image", "kernel", "stride", "pad"),
    [
        case((2, 2, 5, 5), (3, 2, 3, 3), 1, 1, id="pad_1", en="Padding of 1", ko="패딩 1"),
        case((2, 2, 4, 4), (3, 2, 3, 3), 1, 2, id="pad_2", en="Padding of 2", ko="패딩 2"),
        case((2, 2, 7, 7), (3, 2, 3, 3), 2, 0, id="stride", en="Stride 2 that divides", ko="나누어떨어지는 stride 2"),
        case(
            (2, 2, 8, 8), (3, 2, 3, 3), 2, 0,
            id="not_dividing", en="Stride 2 that does not divide", ko="나누어떨어지지 않는 stride 2",
        ),
        case((2, 2, 9, 9), (3, 2, 2, 2), 3, 1, id="both", en="Stride 3 with padding", ko="stride 3과 패딩"),
        case((2, 3, 5, 8), (4, 3, 3, 3), 1, 0, id="wide", en="An image wider than high", ko="가로로 긴 이미지"),
        case((2, 3, 8, 5), (4, 3, 3, 3), 1, 0, id="tall", en="An image higher than wide", ko="세로로 긴 이미지"),
        case((2, 3, 6, 6), (4, 3, 3, 2), 1, 0, id="kernel", en="A rectangular kernel", ko="직사각형 커널"),
        case(
            (1, 3, 6, 9), (2, 3, 2, 3), 2, 1,
            id="all", en="Stride, padding and rectangles at once", ko="stride, 패딩, 직사각형을 한꺼번에",
        ),
    ],
)  # fmt: skip
def test_settings(submission, reference, rng, device, image, kernel, stride, pad):
    """Rows and columns are counted separately; what does not fill a window is left out."""
    inputs = draw(rng, device, image, kernel)

    check(submission, reference, {**inputs, "stride": stride, "pad": pad})


SHAPES = {"plain": ((2, 2, 5, 5), (3, 2, 3, 3), 1, 0), "strided": ((2, 3, 8, 6), (4, 3, 2, 3), 2, 1)}


@flow
@pytest.mark.parametrize("name", ["x", "w", "b"])
@pytest.mark.parametrize(
    "shapes",
    [
        case(
            "plain",
            id="plain",
            en="Gradient of {name}, stride 1, pad 0",
            ko="{name}의 기울기, stride 1, pad 0",
        ),
        case(
            "strided",
            id="strided",
            en="Gradient of {name}, stride 2, pad 1, rectangles",
            ko="{name}의 기울기, stride 2, pad 1, 직사각형",
        ),
    ],
)
def test_gradients(submission, reference, rng, device, shapes, name):
    """A random gradient comes from above, and only one of the three inputs wants one."""
    image, kernel, stride, pad = SHAPES[shapes]
    inputs = {**draw(rng, device, image, kernel), "stride": stride, "pad": pad}
    dy = upstream(rng, reference, inputs)

    got = gradients(submission.conv2d, inputs, dy, of=(name,))

    assert_gradients(got, gradients(reference.conv2d, inputs, dy, of=(name,)), name="y")


def own_names(found):
    """What the submission calls weight and bias: exactly so, or the only two with four axes and with one.

    So other names cost points where names are asked about, and there alone. None where there are no such two.
    """
    if set(found) == {"weight", "bias"}:
        return {"weight": "weight", "bias": "bias"}
    by_axes = {len(value.shape): name for name, value in found.items()}
    return {"weight": by_axes[4], "bias": by_axes[1]} if len(found) == 2 and set(by_axes) == {1, 4} else None


def registered(layer, *, exactly=False):
    """(the layer's parameters by our names, its own names by ours)."""
    found = dict(items(layer.named_parameters()))
    own = own_names(found)
    if own is None or (exactly and set(found) != {"weight", "bias"}):
        names = ", ".join(sorted(found))[:100]
        fail(
            en=f"Registered parameters: {names or 'none'}; expected weight and bias. Assign an nn.Parameter to "
            "self.weight and another to self.bias.",
            ko=f"등록된 파라미터: {names or '없음'}. weight와 bias여야 합니다. self.weight와 self.bias에 각각 "
            "nn.Parameter를 대입하세요.",
        )
    return {name: found[own[name]] for name in own}, own


@module
@pytest.mark.parametrize(
    ("size", "sides"),
    [
        case(3, (3, 3), id="square", en="Registered parameters", ko="등록된 파라미터"),
        case(
            (3, 5), (3, 5), id="pair",
            en="Registered parameters of a 3x5 kernel", ko="3x5 커널의 등록된 파라미터",
        ),
    ],
)  # fmt: skip
def test_parameters(submission, size, sides):
    """An optimiser finds both, with their shapes."""
    layer = submission.Conv2d(in_channels=2, out_channels=4, kernel_size=size)

    found, _ = registered(layer, exactly=True)

    assert_tensor(found["weight"], (4, 2, *sides), dtype="float32", requires_grad=True, name="weight")
    assert_tensor(found["bias"], (4,), dtype="float32", requires_grad=True, name="bias")
    assert_varies(found["weight"], name="weight")


@module
@pytest.mark.title(en="Initial weights are Kaiming-uniform", ko="가중치의 초깃값은 Kaiming 균등 분포")
def test_initial_weights(submission):
    """3840 weights: their largest, their mean and their spread are known to a few percent."""
    layer = submission.Conv2d(in_channels=8, out_channels=32, kernel_size=(3, 5))

    weight = registered(layer)[0]["weight"]

    assert_tensor(weight, (32, 8, 3, 5), dtype="float32", name="weight")
    bound = math.sqrt(6 / (8 * 3 * 5))
    numbers = weight.array.astype(np.float64)
    largest, mean, spread = np.abs(numbers).max(), numbers.mean(), numbers.std()
    if not (0.98 * bound <= largest <= (1 + 1e-6) * bound):
        fail(
            en=f"The largest weight is {largest:.3g} in magnitude: it should come close to √(6/fan_in) = {bound:.3g} "
            "and not exceed it, with fan_in = C·KH·KW = 120.",
            ko=f"가중치의 절댓값 중 가장 큰 값이 {largest:.3g}입니다. fan_in = C·KH·KW = 120이므로 "
            f"√(6/fan_in) = {bound:.3g}에 가깝고 이를 넘지 않아야 합니다.",
        )
    if not (abs(mean) <= 0.06 * bound and abs(spread * math.sqrt(3) / bound - 1) <= 0.06):
        fail(
            en=f"The weights are not uniform between -{bound:.3g} and {bound:.3g}: their mean is {mean:.3g} and "
            f"their standard deviation {spread:.3g}, expected about 0 and {bound / math.sqrt(3):.3g}.",
            ko=f"가중치가 -{bound:.3g}과 {bound:.3g} 사이에 고르게 있지 않습니다. 평균 {mean:.3g}, 표준편차 "
            f"{spread:.3g}이지만 각각 0과 {bound / math.sqrt(3):.3g} 정도여야 합니다.",
        )


@module
@pytest.mark.title(en="The initial bias is 0", ko="편향의 초깃값은 0")
def test_initial_bias(submission):
    """One 0 for each kernel."""
    layer = submission.Conv2d(in_channels=2, out_channels=5, kernel_size=3)

    assert_close(
        registered(layer)[0]["bias"], tensor(np.zeros(5), dtype="float32"), name="bias", axes=("kernel",)
    )


@module
@pytest.mark.title(en="Two new layers differ", ko="새로 만든 두 층은 서로 다릅니다")
def test_layers_differ(submission):
    """Each layer draws weights of its own."""
    layers = [submission.Conv2d(in_channels=2, out_channels=3, kernel_size=3) for _ in range(2)]

    one, other = (registered(layer)[0]["weight"] for layer in layers)

    for weight in (one, other):
        assert_tensor(weight, (3, 2, 3, 3), dtype="float32", name="weight")
    if np.array_equal(one.array, other.array):
        fail(
            en="Two layers start with the same weights: draw them anew in each __init__, and set no seed there.",
            ko="두 층의 가중치가 처음부터 같습니다. __init__을 부를 때마다 새로 뽑고, 그 안에서 시드를 정하지 마세요.",
        )


def loaded(source, device, state, size, *, exactly=False, **options):
    """A layer of the submission's or the reference's, with this state."""
    filters, channels = state["weight"].shape[:2]
    layer = source.Conv2d(in_channels=channels, out_channels=filters, kernel_size=size, **options)
    if state["weight"].dtype == "float64":
        layer = layer.double()
    layer = layer.to(device)
    _, own = registered(layer, exactly=exactly)  # says more than load_state_dict would
    layer.load_state_dict({own[name]: value for name, value in state.items()})
    return layer


@module
@pytest.mark.title(en="state_dict in and out", ko="state_dict를 넣고 꺼내기")
def test_state_dict(submission, rng, device):
    """What was loaded is what is saved, under the same names."""
    inputs = draw(rng, device, (1, 2, 6, 6), (4, 2, 3, 3))
    state = {"weight": inputs["w"], "bias": inputs["b"]}
    layer = loaded(submission, device, state, 3, exactly=True)

    assert_close(layer.state_dict(), state, name="state_dict")
    assert_varies(layer(inputs["x"]), name="y")


@module
@pytest.mark.parametrize(
    ("size", "options"),
    [
        case(3, {}, id="plain", en="A layer with given parameters", ko="주어진 파라미터의 층"),
        case(
            (2, 3), {"stride": 2, "pad": 1}, id="strided",
            en="A layer with stride 2, pad 1 and a 2x3 kernel", ko="stride 2, pad 1, 2x3 커널인 층",
        ),
    ],
)  # fmt: skip
def test_layer(submission, reference, rng, device, size, options):
    """Computes with its own weight and bias, stride and padding."""
    sides, image = ((size, size), (6, 6)) if isinstance(size, int) else (size, (6, 7))
    inputs = draw(rng, device, (2, 3, *image), (4, 3, *sides))
    state = {"weight": inputs["w"], "bias": inputs["b"]}

    got = loaded(submission, device, state, size, **options)(inputs["x"])

    want = loaded(reference, device, state, size, **options)(inputs["x"])
    assert_close(got, want, name="y", axes=OUTPUT)


@module
@pytest.mark.title(en="Gradients of the layer's parameters", ko="층의 파라미터의 기울기")
def test_layer_gradients(submission, reference, rng, device):
    """Those that an optimiser will use."""
    inputs = draw(rng, device, (2, 3, 5, 5), (4, 3, 3, 3))
    state = {"weight": inputs["w"], "bias": inputs["b"]}
    dy = tensor(exact(rng, (2, 4, 3, 3)), dtype="float32", device=device)

    layer = loaded(submission, device, state, 3)
    got = gradients(layer, {"x": inputs["x"]}, dy)

    own = registered(layer)[1]
    got = dataclasses.replace(got, parameters={name: got.parameters.get(own[name]) for name in own})
    assert_gradients(got, gradients(loaded(reference, device, state, 3), {"x": inputs["x"]}, dy), name="y")


@anywhere
@pytest.mark.title(en="conv2d in {dtype}", ko="{dtype}에서의 conv2d")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype(submission, reference, rng, device, dtype):
    """The result has the dtype of x, and all of its precision."""
    shapes = {"x": (2, 3, 6, 6), "w": (4, 3, 3, 3), "b": (4,)}
    # float64 numbers that float32 cannot hold: a detour through float32 shows.
    numbers = {name: exact(rng, shape) / (1 if dtype == "float32" else 3) for name, shape in shapes.items()}
    inputs = {name: tensor(value, dtype=dtype, device=device) for name, value in numbers.items()}

    check(submission, reference, inputs)


@anywhere
@pytest.mark.title(en="A layer in float64", ko="float64인 층")
def test_float64_layer(submission, reference, rng, device):
    """After layer.double()."""
    shapes = {"x": (2, 3, 6, 6), "weight": (4, 3, 3, 3), "bias": (4,)}
    state = {name: tensor(exact(rng, shape) / 3, device=device) for name, shape in shapes.items()}
    x = state.pop("x")

    got = loaded(submission, device, state, 3)(x)

    assert_close(got, loaded(reference, device, state, 3)(x), name="y", axes=OUTPUT)


@anywhere
@pytest.mark.device("meta")
@pytest.mark.parametrize(
    ("stride", "pad"),
    [
        case(1, 0, id="plain", en="conv2d on another device", ko="다른 장치에서의 conv2d"),
        case(
            2, 1, id="padded", en="conv2d on another device, padded", ko="다른 장치에서의 conv2d, 패딩 있음"
        ),
    ],
)
def test_device(submission, reference, rng, device, stride, pad):
    """On the meta device, which stands for any other: shape, dtype and device of the result."""
    inputs = draw(rng, device, (2, 3, 6, 6), (4, 3, 3, 3))

    check(submission, reference, {**inputs, "stride": stride, "pad": pad})
    here = draw(rng, "cpu", (2, 3, 6, 6), (4, 3, 3, 3))  # there are no numbers on meta
    assert_varies(submission.conv2d(**here, stride=stride, pad=pad), name="y on the CPU")


@anywhere
@pytest.mark.device("meta")
@pytest.mark.title(en="A layer on another device", ko="다른 장치로 옮긴 층")
def test_device_layer(submission, reference, rng, device):
    """After layer.to(device)."""
    x = draw(rng, device, (2, 3, 6, 6), (4, 3, 3, 3))["x"]

    layer = submission.Conv2d(in_channels=3, out_channels=4, kernel_size=3).to(device)
    registered(layer)  # with its weight left behind on the CPU, torch would multiply by chance numbers
    got = layer(x)

    like = reference.Conv2d(in_channels=3, out_channels=4, kernel_size=3).float().to(device)
    assert_close(got, like(x), name="y", axes=OUTPUT)
    here = draw(rng, "cpu", (2, 3, 6, 6), (4, 3, 3, 3))  # there are no numbers on meta
    state = {"weight": here["w"], "bias": here["b"]}
    assert_varies(loaded(submission, "cpu", state, 3)(here["x"]), name="y on the CPU")


@anywhere
@pytest.mark.device("cpu")  # CPU time says nothing of a GPU
@pytest.mark.title(en="Not slow: at most {ratio} times our time", ko="속도: 기준 풀이 시간의 {ratio}배 이내")
@pytest.mark.parametrize("ratio", [10], ids=["within_10"])
def test_speed(submission, reference, rng, device, ratio):
    """A loop over the kernel's cells is fine, one over the pixels is not: each turn starts several operations.

    Measured across the wall: vectorised solutions 1 to 1.4 times the reference, loops over kernels or their cells
    2 to 3 times, a loop over the pixels 23 to 26 times.
    """
    assert_speed(
        submission.conv2d,
        reference.conv2d,
        inputs=lambda: draw(rng, device, (2, 3, 32, 32), (4, 3, 3, 3)),
        ratio=ratio,
        rounds=15,  # for a busy machine: it ends as soon as it holds
    )


@graph
@pytest.mark.title(en="conv2d leaves its inputs alone", ko="conv2d는 입력을 바꾸지 않습니다")
def test_unchanged(submission, reference, rng, device):
    """Right, and without writing into x, w or b."""
    inputs = draw(rng, device, (2, 2, 5, 5), (3, 2, 3, 3))

    got = submission.conv2d(**inputs)
    submission.conv2d(**inputs, stride=2, pad=1)  # padding must not be written into x either

    assert_unchanged(submission)
    assert_close(got, reference.conv2d(**inputs), name="y", axes=OUTPUT)


@graph
@pytest.mark.title(en="A second call of a layer gives the same", ko="층을 두 번 불러도 결과는 같습니다")
def test_twice(submission, reference, rng, device):
    """Nothing of the first call is left in the layer."""
    inputs = draw(rng, device, (2, 3, 5, 5), (4, 3, 3, 3))
    state = {"weight": inputs["w"], "bias": inputs["b"]}
    layer = loaded(submission, device, state, 3)

    got = [layer(inputs["x"]) for _ in range(2)]

    want = loaded(reference, device, state, 3)(inputs["x"])
    for name, y in zip(("first call", "second call"), got, strict=True):
        assert_close(y, want, name=name, axes=OUTPUT)
    assert_close(registered(layer)[0], state, name="parameters")


@graph
@pytest.mark.title(en="Three gradients from one graph", ko="그래프 하나에서 나오는 세 기울기")
def test_graph(submission, reference, rng, device):
    """x, w and b at once: none of the three ways back is cut."""
    inputs = draw(rng, device, (2, 3, 5, 5), (4, 3, 3, 3))
    dy = upstream(rng, reference, inputs)

    got = gradients(submission.conv2d, inputs, dy)

    assert_gradients(got, gradients(reference.conv2d, inputs, dy), name="y")


@graph
@pytest.mark.title(
    en="The result wants a gradient where an input does, and only there",
    ko="입력이 기울기를 받을 때만 결과도 기울기를 받습니다",
)
def test_requires_grad(submission, reference, rng, device):
    """requires_grad comes from the inputs by itself; nobody sets it."""
    inputs = draw(rng, device, (2, 2, 5, 5), (3, 2, 3, 3))

    plain = submission.conv2d(**inputs)
    wanted = submission.conv2d(
        **{**inputs, "w": tensor(inputs["w"].array, device=device, requires_grad=True)}
    )

    want = reference.conv2d(**inputs)
    for y in (plain, wanted):
        assert_close(y, want, name="y", axes=OUTPUT)
    if not wanted.requires_grad:
        fail(
            en="w wants a gradient and y does not: y is cut off from w. Look for .detach(), .data, .numpy(), "
            "torch.tensor() or no_grad() on the way.",
            ko="w는 기울기를 받아야 하는데 y는 그렇지 않습니다. y가 w와 끊어져 있으니 계산 과정에 .detach(), .data, "
            ".numpy(), torch.tensor(), no_grad()가 있는지 확인하세요.",
        )
    if plain.requires_grad:
        fail(
            en="No input wants a gradient and y does: use neither requires_grad_() nor nn.Parameter in conv2d.",
            ko="기울기를 받는 입력이 없는데 y는 기울기를 받습니다. conv2d 안에서 requires_grad_()나 nn.Parameter를 "
            "쓰지 마세요.",
        )
