"""Hidden suite of ex11: batch normalisation forward, in evaluation and backward, and layer normalisation.

Batches are small (N = 5): with N = 1000 the biased and the unbiased variance differ by less than any
tolerance that a random batch would allow. Upstream gradients are random: dy = 1 has dx = 0, which hides every
mistake in dx. State is set through attributes where that isolates what a check is about.
"""

import numpy as np
import pytest

from grader.judge import (
    Program,
    assert_close,
    assert_curve,
    assert_gradient,
    assert_raises,
    assert_shape,
    assert_speed,
    assert_unchanged,
    assert_varies,
    fail,
)

BATCH = ("sample", "feature")
FEATURE = ("feature",)
GRADIENTS = {"dx": (0, BATCH), "dgamma": (1, FEATURE), "dbeta": (2, FEATURE)}
RUNNING = ("running_mean", "running_var")


def case(*values, id, en, ko):
    """One parametrized case with a readable id and its own title."""
    return pytest.param(*values, id=id, marks=pytest.mark.title(en=en, ko=ko))


def draw(rng, n, d):
    """A batch whose features have means and spreads of their own."""
    return rng.uniform(-3, 3, d) + rng.uniform(2, 5, d) * spread(rng, n, d)


def assert_near(got, want, **names):
    """As assert_close, to 1e-4: there a misplaced eps of 1e-5 does not show.

    So a mistake about eps costs the group `eps` and the cases named `large_eps`, and little else. With five
    samples every other mistake is far larger.
    """
    assert_close(got, want, rtol=1e-4, atol=1e-4 * float(np.abs(want).max()), **names)


def spread(rng, n, d):
    """Random numbers whose columns all vary: the first two rows are at least 1 apart."""
    x = rng.standard_normal((n, d))
    x[0], x[1] = x[0] - 1 - np.abs(x[0]), x[1] + 1 + np.abs(x[1])
    return x


def parameters(rng, d):
    """A gamma and a beta; no gamma is near 0 or 1, and one is negative."""
    gamma = rng.uniform(1.5, 3, d)
    gamma[0] *= -1
    return {"gamma": gamma, "beta": rng.uniform(0.5, 2, d)}


def layer(module, d, state=None, **settings):
    """A layer of the module, with these attributes assigned."""
    made = module.BatchNorm1d(d=d, **settings)
    for name, value in (state or {}).items():
        setattr(made, name, value.copy() if isinstance(value, np.ndarray) else value)
    return made


def three_gradients(got):
    """The gradients that backward returned; a message of its own if they are not three."""
    if not isinstance(got, (tuple, list)) or len(got) != 3:
        fail(
            en="backward must return the tuple (dx, dgamma, dbeta).",
            ko="backward는 튜플 (dx, dgamma, dbeta)를 반환해야 합니다.",
        )
    return got


def coarse(rng, d, offset):
    """8 samples of d features near `offset` in float32, whose means and variances float32 holds exactly."""
    steps = rng.integers(-24, 25, (8, d))
    steps[0], steps[1] = -24, 24  # no feature is constant
    return (offset + steps / 8).astype(np.float32)


train = pytest.mark.group("train", points=20, en="Forward in training", ko="학습 모드의 순전파")


@train
@pytest.mark.title(en="A batch of {n} samples and {d} features", ko="표본 {n}개, 특성 {d}개인 배치")
@pytest.mark.parametrize(("n", "d"), [(5, 3), (3, 6), (2, 4)], ids=["usual", "wide", "two_samples"])
def test_train(submission, reference, rng, n, d):
    """Each feature is normalised with the mean and the biased variance of the batch."""
    x = draw(rng, n, d)

    got = layer(submission, d).forward(x=x)

    assert_near(got, layer(reference, d).forward(x=x), name="y", axes=BATCH)


@train
@pytest.mark.title(en="Features of very different size", ko="크기가 크게 다른 특성들")
def test_train_scales(submission, reference, rng):
    """Each feature has its own mean and spread, from 1 to a hundred thousand."""
    x = np.array([1.0, 5.0, 100.0, 1e4]) * draw(rng, 5, 4)

    got = layer(submission, 4).forward(x=x)

    assert_near(got, layer(reference, 4).forward(x=x), name="y", axes=BATCH)


@train
@pytest.mark.title(en="forward leaves x alone", ko="forward는 x를 바꾸지 않음")
def test_forward_keeps_input(submission, reference, rng):
    """Right, and without writing into x, in training and in evaluation."""
    x = draw(rng, 5, 3)
    got_layer, want_layer = layer(submission, 3), layer(reference, 3)

    got = got_layer.forward(x=x)

    assert_unchanged(submission)
    assert_near(got, want_layer.forward(x=x), name="y", axes=BATCH)
    got_layer.training = False
    got_layer.forward(x=x)
    assert_unchanged(submission)


affine = pytest.mark.group("affine", points=10, en="Scale and shift", ko="gamma와 beta")


@affine
@pytest.mark.title(en="gamma and beta of a new layer", ko="새로 만든 층의 gamma와 beta")
def test_affine_initial(submission, rng):
    """Ones and zeros, one for each feature; a forward and a backward pass do not change them."""
    made = submission.BatchNorm1d(d=4)
    made.forward(x=draw(rng, 5, 4))
    made.backward(dy=rng.standard_normal((5, 4)))

    assert_close(made.gamma, np.ones(4), name="gamma", axes=FEATURE)
    assert_close(made.beta, np.zeros(4), name="beta", axes=FEATURE)


@affine
@pytest.mark.title(en="gamma scales, then beta shifts", ko="gamma를 곱한 다음 beta를 더함")
def test_affine(submission, reference, rng):
    """y = gamma * x_hat + beta."""
    state = parameters(rng, 3)
    x = draw(rng, 5, 3)

    got = layer(submission, 3, state).forward(x=x)

    assert_near(got, layer(reference, 3, state).forward(x=x), name="y", axes=BATCH)


epsilon = pytest.mark.group("eps", points=15, en="Epsilon", ko="엡실론")


@epsilon
@pytest.mark.title(en="eps = 0.1", ko="eps = 0.1")
def test_eps_large(submission, reference, rng):
    """The eps that was asked for, under the root."""
    x = spread(rng, 5, 3)

    got = layer(submission, 3, eps=0.1).forward(x=x)

    assert_close(got, layer(reference, 3, eps=0.1).forward(x=x), name="y", axes=BATCH)


@epsilon
@pytest.mark.title(en="A feature that never changes", ko="값이 변하지 않는 특성")
def test_eps_constant(submission, reference, rng):
    """Normalised it is 0, not 0/0."""
    x = spread(rng, 5, 3)
    x[:, 1] = 2.5

    got = layer(submission, 3).forward(x=x)

    assert_close(got, layer(reference, 3).forward(x=x), name="y", axes=BATCH)


@epsilon
@pytest.mark.title(en="A variance of 10⁻⁶, smaller than eps", ko="eps보다 작은 분산 10⁻⁶")
def test_eps_tiny_variance(submission, reference, rng):
    """Where the variance is smaller than eps, it matters where eps stands."""
    x = 1e-3 * spread(rng, 5, 3)

    got = layer(submission, 3).forward(x=x)

    assert_close(got, layer(reference, 3).forward(x=x), name="y", axes=BATCH)


running = pytest.mark.group("running", points=15, en="Running statistics", ko="running 통계")


@running
@pytest.mark.title(
    en="Where the running statistics start, momentum 0", ko="running 통계의 초깃값, momentum 0"
)
def test_running_initial(submission, rng):
    """Zeros and ones; with momentum 0 a batch does not move them."""
    made = submission.BatchNorm1d(d=4, momentum=0.0)
    made.forward(x=draw(rng, 5, 4))

    assert_close(made.running_mean, np.zeros(4), name="running_mean", axes=FEATURE)
    assert_close(made.running_var, np.ones(4), name="running_var", axes=FEATURE)


@running
@pytest.mark.title(en="{name} after one batch", ko="배치 하나를 처리한 뒤의 {name}")
@pytest.mark.parametrize("name", RUNNING)
def test_running_one(submission, reference, rng, name):
    """momentum is 0.1 unless another is asked for."""
    x = draw(rng, 5, 3)
    got_layer, want_layer = layer(submission, 3), layer(reference, 3)

    got_layer.forward(x=x)

    want_layer.forward(x=x)
    assert_close(getattr(got_layer, name), getattr(want_layer, name), name=name, axes=FEATURE)


@running
@pytest.mark.title(
    en="{name} of one feature over 12 batches, momentum 0.3",
    ko="배치 12개 동안 한 특성의 {name}, momentum 0.3",
)
@pytest.mark.parametrize("name", RUNNING)
def test_running_steps(submission, reference, rng, name):
    """Each batch moves the running statistics by its share."""
    got_layer, want_layer = layer(submission, 2, momentum=0.3), layer(reference, 2, momentum=0.3)
    got, want = np.zeros(12), np.zeros(12)

    for step in range(12):
        x = draw(rng, 4, 2) + step
        got_layer.forward(x=x)
        want_layer.forward(x=x)
        now = getattr(got_layer, name)
        assert_shape(now, (2,), dtype="float64", name=name)
        got[step], want[step] = now[1], getattr(want_layer, name)[1]

    assert_curve(np.arange(1.0, 13.0), got, want, name=f"{name}[1]")


evaluation = pytest.mark.group(
    "eval", points=15, en="Evaluation, and batches of one", ko="평가 모드와 표본이 하나인 배치"
)


def evaluating(rng, d):
    """Attributes of a trained layer in evaluation mode."""
    return {
        "running_mean": rng.uniform(-2, 2, d),
        "running_var": rng.uniform(2, 6, d),
        **parameters(rng, d),
        "training": False,
    }


@evaluation
@pytest.mark.parametrize(
    ("n", "eps", "compare"),
    [
        case(4, 1e-5, assert_near, id="batch", en="Evaluation of 4 samples", ko="표본 4개의 평가"),
        case(1, 1e-5, assert_near, id="one_sample", en="Evaluation of one sample", ko="표본 하나의 평가"),
        case(4, 0.1, assert_close, id="large_eps", en="Evaluation, eps = 0.1", ko="평가, eps = 0.1"),
    ],
)
def test_eval(submission, reference, rng, n, eps, compare):
    """The running statistics normalise, then gamma and beta act, whatever else is in the batch."""
    state = evaluating(rng, 3)
    x = rng.uniform(-3, 3, (n, 3))

    got = layer(submission, 3, state, eps=eps).forward(x=x)

    compare(got, layer(reference, 3, state, eps=eps).forward(x=x), name="y", axes=BATCH)


@evaluation
@pytest.mark.title(en="Three batches of training, then evaluation", ko="배치 세 개로 학습한 뒤의 평가")
def test_eval_after_training(submission, reference, rng):
    """What the layer has learnt in training is what evaluation uses."""
    batches = [draw(rng, 5, 3) for _ in range(3)]
    x = draw(rng, 2, 3)
    got_layer, want_layer = layer(submission, 3), layer(reference, 3)
    for batch in batches:
        got_layer.forward(x=batch)
        want_layer.forward(x=batch)
    got_layer.training = want_layer.training = False

    got = got_layer.forward(x=x)

    assert_near(got, want_layer.forward(x=x), name="y", axes=BATCH)


@evaluation
@pytest.mark.title(
    en="Evaluation leaves the running statistics alone", ko="평가는 running 통계를 바꾸지 않음"
)
def test_eval_keeps_state(submission, reference, rng):
    """Evaluating twice is the same as evaluating once."""
    state = evaluating(rng, 3)
    x = rng.uniform(-3, 3, (4, 3))
    made = layer(submission, 3, state)

    made.forward(x=x)
    got = made.forward(x=x)

    for name in RUNNING:
        assert_close(getattr(made, name), state[name], name=name, axes=FEATURE)
    assert_near(got, layer(reference, 3, state).forward(x=x), name="y", axes=BATCH)


@evaluation
@pytest.mark.title(
    en="Training with a batch of one is a ValueError", ko="학습 모드에서 표본이 하나인 배치는 ValueError"
)
def test_train_one_sample(submission, rng):
    """A single sample has no variance to normalise with; two have one."""
    made = submission.BatchNorm1d(d=3)

    assert_raises("ValueError", made.forward, x=rng.standard_normal((1, 3)))
    y = made.forward(x=rng.standard_normal((2, 3)))
    assert_shape(y, (2, 3), name="y")
    assert_varies(y, name="y")


backward = pytest.mark.group("backward", points=15, en="Gradients", ko="기울기")


@backward
@pytest.mark.parametrize("gradient", GRADIENTS)
@pytest.mark.parametrize(
    ("n", "d", "eps", "compare"),
    [
        case(
            5,
            3,
            1e-5,
            assert_near,
            id="usual",
            en="{gradient} for a random dy",
            ko="무작위 dy에 대한 {gradient}",
        ),
        case(4, 3, 0.1, assert_close, id="large_eps", en="{gradient}, eps = 0.1", ko="{gradient}, eps = 0.1"),
    ],
)
def test_backward(submission, reference, rng, n, d, eps, compare, gradient):
    """One of the three gradients for a random dy."""
    state = parameters(rng, d)
    x, dy = draw(rng, n, d), rng.standard_normal((n, d))
    got_layer, want_layer = layer(submission, d, state, eps=eps), layer(reference, d, state, eps=eps)
    got_layer.forward(x=x)
    want_layer.forward(x=x)
    place, axes = GRADIENTS[gradient]

    got = three_gradients(got_layer.backward(dy=dy))[place]

    compare(got, want_layer.backward(dy=dy)[place], name=gradient, axes=axes)


@backward
@pytest.mark.title(
    en="dx agrees with the central difference of the loss", ko="손실의 중심 차분과 일치하는 dx"
)
def test_numerical_gradient(submission, reference, rng):
    """dx is the slope of sum(dy * y), measured without any backward pass."""
    state = parameters(rng, 3)
    x, dy = draw(rng, 4, 3), rng.standard_normal((4, 3))
    made = layer(submission, 3, state, eps=0.01)
    made.forward(x=x)

    def loss(at):
        return float(np.sum(dy * layer(reference, 3, state, eps=0.01).forward(x=at)))

    got = three_gradients(made.backward(dy=dy))[0]

    assert_gradient(got, loss, x, name="dx")


@backward
@pytest.mark.title(en="Gradients of the second training step", ko="두 번째 학습 단계의 기울기")
def test_backward_second_step(submission, reference, rng):
    """They belong to the last batch alone: nothing is left over from the first."""
    state = parameters(rng, 3)
    got_layer, want_layer = layer(submission, 3, state), layer(reference, 3, state)
    for made in (got_layer, want_layer):
        made.forward(x=draw(np.random.default_rng(1), 4, 3))
        made.backward(dy=np.random.default_rng(2).standard_normal((4, 3)))
    x, dy = draw(rng, 5, 3), rng.standard_normal((5, 3))

    got_layer.forward(x=x)
    got = three_gradients(got_layer.backward(dy=dy))

    want_layer.forward(x=x)
    want = want_layer.backward(dy=dy)
    for name, (place, axes) in GRADIENTS.items():
        assert_near(got[place], want[place], name=name, axes=axes)


@backward
@pytest.mark.title(en="backward leaves dy alone", ko="backward는 dy를 바꾸지 않음")
def test_backward_keeps_input(submission, reference, rng):
    """dbeta is right, and dy is as it was."""
    state = parameters(rng, 3)
    x, dy = draw(rng, 5, 3), rng.standard_normal((5, 3))
    made = layer(submission, 3, state)
    made.forward(x=x)

    got = three_gradients(made.backward(dy=dy))

    assert_unchanged(submission)
    assert_close(got[2], dy.sum(axis=0), name="dbeta", axes=FEATURE)


layers = pytest.mark.group("layer_norm", points=5, en="Layer normalisation", ko="층 정규화")


@layers
@pytest.mark.parametrize(
    ("shape", "eps", "compare"),
    [
        case((3, 5), 1e-5, assert_near, id="batch", en="A batch of 3 samples", ko="표본 3개인 배치"),
        case(
            (1, 4),
            0.1,
            assert_close,
            id="one_sample",
            en="A single sample, eps = 0.1",
            ko="표본 하나, eps = 0.1",
        ),
        case((2, 3, 5), 1e-5, assert_near, id="sequence", en="Sequences: (N, T, D)", ko="시퀀스: (N, T, D)"),
    ],
)
def test_layer_norm(submission, reference, rng, shape, eps, compare):
    """Each sample by its own mean and variance, over the last axis."""
    x = draw(rng, shape[-1], int(np.prod(shape[:-1]))).T.reshape(shape)
    given = {"x": x, **parameters(rng, shape[-1]), "eps": eps}

    got = submission.layer_norm(**given)

    axes = BATCH if len(shape) == 2 else ("sample", "time", "feature")
    compare(got, reference.layer_norm(**given), name="y", axes=axes)


@layers
@pytest.mark.title(en="A constant sample, and inputs left alone", ko="값이 모두 같은 표본, 그리고 입력 보존")
def test_layer_norm_constant(submission, reference, rng):
    """A constant sample becomes beta, and no input is changed."""
    x = draw(rng, 4, 3).T
    x[1] = -1.5
    given = {"x": x, **parameters(rng, 4)}

    got = submission.layer_norm(**given)

    assert_unchanged(submission)
    assert_close(got, reference.layer_norm(**given), name="y", axes=BATCH)


numerics = pytest.mark.group(
    "float32", points=5, en="Large offsets in float32, large batches", ko="float32의 큰 값, 큰 배치"
)


@numerics
@pytest.mark.title(en="Features near 1000 in float32", ko="1000 근처의 float32 특성")
def test_float32(submission, reference, rng):
    """Right where the mean is a thousand times the spread, and float32 comes out."""
    x = coarse(rng, 4, 1000)

    got = layer(submission, 4).forward(x=x)

    want = layer(reference, 4).forward(x=x.astype(np.float64))
    assert_close(got, want, name="y", axes=BATCH, dtype="float32")


@numerics
@pytest.mark.title(en="dx in float32", ko="float32의 dx")
def test_float32_backward(submission, reference, rng):
    """dx has the dtype of dy."""
    x, dy = coarse(rng, 4, 0), coarse(rng, 4, 0)
    got_layer, want_layer = layer(submission, 4), layer(reference, 4)
    got_layer.forward(x=x)
    want_layer.forward(x=x.astype(np.float64))

    got = three_gradients(got_layer.backward(dy=dy))[0]

    want = want_layer.backward(dy=dy.astype(np.float64))[0]
    assert_close(got, want, name="dx", axes=BATCH, dtype="float32")


@numerics
@pytest.mark.title(en="layer_norm near 1000 in float32", ko="1000 근처의 float32 layer_norm")
def test_float32_layer_norm(submission, reference, rng):
    """The same for layer normalisation."""
    x = coarse(rng, 5, 1000).T.copy()
    given = {"gamma": np.ones(8, np.float32), "beta": np.zeros(8, np.float32)}

    got = submission.layer_norm(x=x, **given)

    want = reference.layer_norm(x=x.astype(np.float64), **given)
    assert_close(got, want, name="y", axes=BATCH, dtype="float32")


def forward_and_backward(module):
    """A function that takes one training step of a new layer and returns y and dx."""

    def step(x, dy):
        program = Program()
        made = program.call("BatchNorm1d", x.shape[1])
        y = program.method(made, "forward", x)
        gradients = program.method(made, "backward", dy)
        dx = program.operator("getitem", gradients, 0)
        return tuple(module.run(program, results=[y, dx]))

    return step


@numerics
@pytest.mark.title(
    en="Forward and backward of 4 samples with 2048 features", ko="표본 4개, 특성 2048개의 순전파와 역전파"
)
def test_speed(submission, reference, rng):
    """A loop over the features is not needed.

    Measured with the way across the wall: array code 1 to 2 times the reference, a loop over the features 47 times.
    Few samples and many features keep the arrays that cross small.
    """
    assert_speed(
        submission,
        reference,
        make=forward_and_backward,
        inputs=lambda: {"x": 1e6 * draw(rng, 4, 2048), "dy": rng.standard_normal((4, 2048))},
        ratio=10,
        rounds=25,
    )
