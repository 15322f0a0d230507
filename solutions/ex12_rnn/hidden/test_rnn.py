"""Hidden suite of ex12: the RNN cell and backpropagation through time.

N, T, D and H differ wherever a wrong axis could hide behind equal sizes, and the upstream gradients are
random: an upstream of ones hides a chain rule that is not applied.
"""

import numpy as np
import pytest

from grader.judge import assert_close, assert_gradient, assert_speed, assert_unchanged, fail

STATES = ("sample", "time", "unit")
INPUTS = ("sample", "time", "input")
AXES = {
    "dx": INPUTS,
    "dh_prev": ("sample", "unit"),
    "dh0": ("sample", "unit"),
    "dWx": ("input", "unit"),
    "dWh": ("from unit", "to unit"),
    "db": ("unit",),
}
STEP_GRADIENTS = ("dx", "dh_prev", "dWx", "dWh", "db")
GRADIENTS = ("dx", "dh0", "dWx", "dWh", "db")

step = pytest.mark.group("step", points=10, en="One step", ko="한 단계")
state = pytest.mark.group("state", points=10, en="Initial state", ko="초기 상태")
sequence = pytest.mark.group("sequence", points=25, en="Whole sequence", ko="전체 시퀀스")
step_backward = pytest.mark.group("step_backward", points=15, en="One step backward", ko="한 단계의 역전파")
through_time = pytest.mark.group(
    "through_time", points=20, en="Backpropagation through time", ko="시간에 따른 역전파"
)
last_step = pytest.mark.group(
    "last_step", points=10, en="Gradient from one time step only", ko="한 시점에서만 오는 기울기"
)
long_sequence = pytest.mark.group(
    "long_sequence", points=10, en="Long sequences in float32, speed", ko="float32의 긴 시퀀스, 속도"
)


def parameters(rng, d, h):
    """Random Wx, Wh and b. The spectral norm of Wh is 0.9, so that long sequences are not chaotic."""
    square = rng.standard_normal((h, h))
    return {
        "Wx": rng.standard_normal((d, h)),
        "Wh": 0.9 * square / np.linalg.norm(square, ord=2),
        "b": rng.standard_normal(h),
    }


def backward_inputs(reference, rng, n, t, d, h):
    """What rnn_backward is given, with a random gradient at each time step."""
    p = parameters(rng, d, h)
    x, h0 = rng.standard_normal((n, t, d)), rng.standard_normal((n, h))
    states = reference.rnn_forward(x=x, h0=h0, **p)
    return {
        "dh": rng.standard_normal((n, t, h)),
        "x": x,
        "h0": h0,
        "h": states,
        "Wx": p["Wx"],
        "Wh": p["Wh"],
    }


def five(got):
    """The five gradients that a backward function returned."""
    if not isinstance(got, (tuple, list)) or len(got) != 5:
        fail(
            en="Return a tuple of five gradients, in the order of the docstring.",
            ko="기울기 다섯 개를 docstring에 적힌 순서대로 담은 튜플을 반환하세요.",
        )
    return got


@step
@pytest.mark.title(
    en="h from a zero state: {n} samples, {d} inputs, {h} units",
    ko="상태 0에서 h: 표본 {n}개, 입력 {d}개, 유닛 {h}개",
)
@pytest.mark.parametrize(
    ("n", "d", "h"), [(3, 2, 4), (1, 4, 3), (2, 3, 1)], ids=["usual", "one_sample", "one_unit"]
)
def test_step_from_zero(submission, reference, rng, n, d, h):
    """Follows the formula when there is no past."""
    given = {"x": rng.standard_normal((n, d)), "h_prev": np.zeros((n, h)), **parameters(rng, d, h)}

    got = submission.rnn_step(**given)

    assert_close(got, reference.rnn_step(**given), name="h", axes=("sample", "unit"))


@step
@pytest.mark.title(en="h stays finite for inputs of size 10⁴", ko="크기가 10⁴인 입력에서도 유한한 h")
def test_step_saturated(submission, reference, rng):
    """Where exp alone would overflow, h is -1 or 1."""
    given = {"x": rng.uniform(1e4, 2e4, (3, 1)), "h_prev": np.zeros((3, 4)), **parameters(rng, 1, 4)}
    given["Wx"] = np.array(
        [[1.0, -1.0, 0.5, -0.5]]
    )  # one input and no small weight: nothing cancels by chance

    got = submission.rnn_step(**given)

    assert_close(got, reference.rnn_step(**given), name="h", axes=("sample", "unit"))


@state
@pytest.mark.title(en="One step from a state that is not zero", ko="0이 아닌 상태에서 한 단계")
def test_step_from_state(submission, reference, rng):
    """The state goes through Wh, not through its transpose."""
    given = {"x": rng.standard_normal((3, 2)), "h_prev": rng.standard_normal((3, 4)), **parameters(rng, 2, 4)}

    got = submission.rnn_step(**given)

    assert_close(got, reference.rnn_step(**given), name="h", axes=("sample", "unit"))


@state
@pytest.mark.title(en="A sequence of one time step starts from h0", ko="길이가 1인 시퀀스도 h0에서 시작")
def test_first_step_uses_h0(submission, reference, rng):
    """The first state depends on h0."""
    given = {
        "x": rng.standard_normal((3, 1, 2)),
        "h0": rng.standard_normal((3, 4)),
        **parameters(rng, 2, 4),
    }

    got = submission.rnn_forward(**given)

    assert_close(got, reference.rnn_forward(**given), name="h", axes=STATES)


@state
@pytest.mark.title(
    en="h0 echoes through 4 time steps without input", ko="입력이 없을 때 h0이 네 단계 동안 전달됨"
)
def test_h0_echoes(submission, reference, rng):
    """With x = 0 and b = 0 all that is seen is h0, carried from step to step."""
    given = {"x": np.zeros((2, 4, 3)), "h0": rng.standard_normal((2, 5)), **parameters(rng, 3, 5)}
    given["b"] = np.zeros(5)

    got = submission.rnn_forward(**given)

    assert_close(got, reference.rnn_forward(**given), name="h", axes=STATES)


@sequence
@pytest.mark.title(en="All states: N={n}, T={t}, D={d}, H={h}", ko="모든 상태: N={n}, T={t}, D={d}, H={h}")
@pytest.mark.parametrize(
    ("n", "t", "d", "h"),
    [(3, 5, 2, 4), (4, 4, 3, 2), (1, 6, 2, 3), (2, 3, 1, 1)],
    ids=["all_different", "n_equals_t", "one_sample", "one_unit"],
)
def test_sequence(submission, reference, rng, n, t, d, h):
    """Follows the formula at each time step, from a zero state."""
    given = {"x": rng.standard_normal((n, t, d)), "h0": np.zeros((n, h)), **parameters(rng, d, h)}

    got = submission.rnn_forward(**given)

    assert_close(got, reference.rnn_forward(**given), name="h", axes=STATES)


@sequence
@pytest.mark.title(
    en="An input at one time step changes no earlier state", ko="한 시점의 입력은 이전 상태를 바꾸지 않음"
)
def test_impulse(submission, reference, rng):
    """Causality: the state is zero before the only input, and remembers it afterwards."""
    x = np.zeros((2, 6, 3))
    x[:, 2] = rng.standard_normal((2, 3))
    given = {"x": x, "h0": np.zeros((2, 4)), **parameters(rng, 3, 4)}
    given["b"] = np.zeros(4)

    got = submission.rnn_forward(**given)

    assert_close(got, reference.rnn_forward(**given), name="h", axes=STATES)


@sequence
@pytest.mark.title(en="rnn_forward leaves its inputs alone", ko="rnn_forward는 입력을 바꾸지 않음")
def test_forward_keeps_inputs(submission, reference, rng):
    """Neither x nor h0 nor a parameter is changed, and the states are right."""
    given = {"x": rng.standard_normal((3, 5, 2)), "h0": np.zeros((3, 4)), **parameters(rng, 2, 4)}

    got = submission.rnn_forward(**given)

    assert_unchanged(submission)
    assert_close(got, reference.rnn_forward(**given), name="h", axes=STATES)


@step_backward
@pytest.mark.title(en="{name} of one step", ko="한 단계의 {name}")
@pytest.mark.parametrize("name", STEP_GRADIENTS)
def test_step_backward(submission, reference, rng, name):
    """Each gradient of one step, from a random upstream gradient and a state that is not zero."""
    p = parameters(rng, 2, 4)
    x, h_prev = rng.standard_normal((3, 2)), rng.standard_normal((3, 4))
    h = reference.rnn_step(x=x, h_prev=h_prev, **p)
    dh = rng.standard_normal((3, 4))
    given = {"dh": dh, "x": x, "h_prev": h_prev, "h": h, "Wx": p["Wx"], "Wh": p["Wh"]}

    got = five(submission.rnn_step_backward(**given))

    i = STEP_GRADIENTS.index(name)
    axes = ("sample", "input") if name == "dx" else AXES[name]
    assert_close(got[i], reference.rnn_step_backward(**given)[i], name=name, axes=axes)


@through_time
@pytest.mark.title(en="{name}, with a gradient at every time step", ko="모든 시점에 기울기가 올 때의 {name}")
@pytest.mark.parametrize("name", GRADIENTS)
def test_through_time(submission, reference, rng, name):
    """Each gradient of a sequence whose every state feeds the loss."""
    given = backward_inputs(reference, rng, 3, 5, 2, 4)

    got = five(submission.rnn_backward(**given))

    i = GRADIENTS.index(name)
    assert_close(got[i], reference.rnn_backward(**given)[i], name=name, axes=AXES[name])


@through_time
@pytest.mark.title(
    en="dWh agrees with the central difference of the loss", ko="손실의 중심 차분과 일치하는 dWh"
)
def test_numerical_gradient(submission, reference, rng):
    """dWh is the slope of sum(dh * h), measured without any backward pass; also with one unit."""
    for units in (3, 1):
        assert_slope(submission, reference, rng, units)


def assert_slope(submission, reference, rng, units):
    """dWh agrees with the central difference, for so many units."""
    p = parameters(rng, 2, units)
    x, h0, dh = (rng.standard_normal(shape) for shape in ((2, 4, 2), (2, units), (2, 4, units)))
    h = reference.rnn_forward(x=x, h0=h0, **p)

    def loss(wh):
        return float(np.sum(dh * reference.rnn_forward(x=x, h0=h0, Wx=p["Wx"], Wh=wh, b=p["b"])))

    got = five(submission.rnn_backward(dh=dh, x=x, h0=h0, h=h, Wx=p["Wx"], Wh=p["Wh"]))

    assert_gradient(got[3], loss, p["Wh"], name=f"dWh, H={units}")


@through_time
@pytest.mark.title(en="rnn_backward leaves its inputs alone", ko="rnn_backward는 입력을 바꾸지 않음")
def test_backward_keeps_inputs(submission, reference, rng):
    """Neither dh nor anything else is changed, and dx is right."""
    given = backward_inputs(reference, rng, 3, 5, 2, 4)

    got = five(submission.rnn_backward(**given))

    assert_unchanged(submission)
    assert_close(got[0], reference.rnn_backward(**given)[0], name="dx", axes=INPUTS)


@last_step
@pytest.mark.title(
    en="{name} when only the last state has a gradient", ko="마지막 상태에만 기울기가 있을 때의 {name}"
)
@pytest.mark.parametrize("name", ["dx", "dh0", "dWh"])
def test_last_only(submission, reference, rng, name):
    """All that earlier time steps get has come through Wh."""
    given = backward_inputs(reference, rng, 3, 4, 2, 5)
    given["dh"][:, :-1] = 0.0

    got = five(submission.rnn_backward(**given))

    i = GRADIENTS.index(name)
    assert_close(got[i], reference.rnn_backward(**given)[i], name=name, axes=AXES[name])


@last_step
@pytest.mark.title(en="dx when only the first state has a gradient", ko="첫 상태에만 기울기가 있을 때의 dx")
def test_first_only(submission, reference, rng):
    """Later inputs cannot have changed the first state: their gradient is zero."""
    given = backward_inputs(reference, rng, 3, 4, 2, 5)
    given["dh"][:, 1:] = 0.0

    got = five(submission.rnn_backward(**given))

    assert_close(got[0], reference.rnn_backward(**given)[0], name="dx", axes=INPUTS)


@long_sequence
@pytest.mark.title(en="200 time steps forward", ko="200단계 순전파")
def test_long_forward(submission, reference, rng):
    """Right to float32's precision, and in float32."""
    given = {"x": rng.standard_normal((2, 200, 3)), "h0": np.zeros((2, 4)), **parameters(rng, 3, 4)}
    given = {name: array.astype(np.float32) for name, array in given.items()}

    got = submission.rnn_forward(**given)

    want = reference.rnn_forward(**{name: array.astype(np.float64) for name, array in given.items()})
    assert_close(got, want, name="h", axes=STATES, dtype="float32")


@long_sequence
@pytest.mark.title(en="200 time steps backward", ko="200단계 역전파")
def test_long_backward(submission, reference, rng):
    """Right to float32's precision, and in float32."""
    given = backward_inputs(reference, rng, 2, 200, 3, 4)
    given = {name: array.astype(np.float32) for name, array in given.items()}

    got = five(submission.rnn_backward(**given))

    want = reference.rnn_backward(**{name: array.astype(np.float64) for name, array in given.items()})
    for name, one, expected in zip(GRADIENTS, got, want, strict=True):
        assert_close(one, expected, name=name, axes=AXES[name], dtype="float32")


@long_sequence
@pytest.mark.title(en="rnn_forward on 64 sequences of 50 steps", ko="길이 50인 시퀀스 64개의 rnn_forward")
def test_speed(submission, reference, rng):
    """A loop over time is needed, one over the samples is not.

    Measured with the way across the wall: right solutions 1 to 2.5 times the reference, a loop over the samples 28
    times. Wider layers only make the arrays that cross larger.
    """

    def inputs():
        return {"x": rng.standard_normal((64, 50, 2)), "h0": np.zeros((64, 4)), **parameters(rng, 2, 4)}

    # Many rounds, for a busy machine: it ends as soon as it holds.
    assert_speed(
        submission.rnn_forward,
        reference.rnn_forward,
        inputs=inputs,
        ratio=7,
        rounds=25,
    )
