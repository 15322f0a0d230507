"""Hidden suite of ex04: a multilayer perceptron, its loss, its gradients, its training.

N, D and H differ wherever a wrong axis could hide, and biases are never zero where one is read. Whether a network
learns XOR says little about its gradients, and from random weights a right one with two hidden units fails every
other time: so gradients are compared one by one, and XOR starts from weights that are known to work.
"""

import numpy as np
import pytest

from grader.core.record import Text
from grader.judge import (
    CheckFault,
    Mismatch,
    Seed,
    StudentError,
    assert_close,
    assert_curve,
    assert_gradient,
    assert_shape,
    assert_unchanged,
    fail,
)
from grader.judge.evidence import array_evidence

PARAMETERS = ("W1", "b1", "W2", "b2")
AXES = {"W1": ("input", "unit"), "b1": ("unit",), "W2": ("unit", "output"), "b2": ("output",)}
XOR_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = np.array([0.0, 1.0, 1.0, 0.0])


def case(*values, id, en, ko):
    """One parametrized case with a readable id and its own title."""
    return pytest.param(*values, id=id, marks=pytest.mark.title(en=en, ko=ko))


def parameters(rng, d, h):
    """Random parameters of moderate size, none of them zero."""
    return {
        "W1": rng.standard_normal((d, h)),
        "b1": rng.uniform(0.3, 0.9, h) * rng.choice([-1.0, 1.0], h),
        "W2": rng.standard_normal((h, 1)),
        "b2": rng.uniform(0.3, 0.9, 1) * rng.choice([-1.0, 1.0], 1),
    }


def labels(rng, n):
    """Labels of both kinds, as many of one as of the other, or one more."""
    return rng.permutation(np.arange(n) % 2).astype(np.float64)


def draw(rng, n, d, h):
    """Random samples, labels and parameters."""
    return {"X": rng.standard_normal((n, d)), "y": labels(rng, n), "P": parameters(rng, d, h)}


def saturated(rng, n):
    """Samples with logits beyond ±1000, as many of one sign as of the other."""
    signs = np.where(np.arange(n) % 2 == 0, 1.0, -1.0)
    X = np.column_stack([signs * rng.uniform(1, 2, n), rng.standard_normal(n)])
    P = {
        "W1": np.array([[1.0, 0.8], [0.0, 0.0]]),
        "b1": np.array([0.1, -0.1]),
        "W2": rng.uniform(1500, 2000, (2, 1)),
        "b2": np.array([0.5]),
    }
    return X, P


def xor(rng):
    """XOR, and parameters from which 200 steps solve it, their units in another order for each seed.

    Neither the samples' order nor the units' signs change: a mistake that depends on them would pass at times.
    """
    order = rng.permutation(4)
    P = {
        "W1": np.array([[-0.5, -0.3, 1.1, 0.3], [0.9, 0.3, 0.5, 0.1]])[:, order],
        "b1": np.zeros(4),
        "W2": np.array([[0.6], [-0.9], [1.1], [-1.2]])[order],
        "b2": np.zeros(1),
    }
    return {"X": XOR_X, "y": XOR_Y, "P": P, "lr": 1.0, "steps": 200}


def four(got, function):
    """The four arrays, by name, that a function returned."""
    if not isinstance(got, dict) or set(got) != set(PARAMETERS):
        fail(
            en=f"{function} must return a dict with the keys W1, b1, W2 and b2.",
            ko=f"{function}의 반환값은 키가 W1, b1, W2, b2인 dict여야 합니다.",
        )
    return got


def trained(got):
    """The two things that `train` returned."""
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        fail(
            en="train must return the tuple (P, losses).",
            ko="train의 반환값은 튜플 (P, losses)여야 합니다.",
        )
    return four(got[0], "train"), got[1]


forward_group = pytest.mark.group("forward", points=15, en="Forward", ko="순전파")


@forward_group
@pytest.mark.parametrize(
    ("n", "d", "h"),
    [
        case(
            5, 3, 4, id="usual", en="p of 5 samples: 3 inputs, 4 units", ko="표본 5개의 p: 입력 3개, 유닛 4개"
        ),
        case(1, 2, 3, id="one_sample", en="p of one sample", ko="표본 하나의 p"),
        case(4, 3, 1, id="one_unit", en="p with one hidden unit", ko="은닉 유닛이 하나일 때의 p"),
        case(3, 1, 2, id="one_input", en="p with one input", ko="입력이 하나일 때의 p"),
    ],
)
def test_forward(submission, reference, rng, n, d, h):
    """One probability for each sample."""
    given = draw(rng, n, d, h)

    got = submission.forward(X=given["X"], P=given["P"])

    assert_close(got, reference.forward(X=given["X"], P=given["P"]), name="p", axes=("sample",))


@forward_group
@pytest.mark.title(en="Probabilities for logits beyond ±1000", ko="±1000을 넘는 로짓의 확률")
def test_forward_saturated(submission, reference, rng):
    """0 and 1, and no NaN, where exp overflows."""
    X, P = saturated(rng, 6)

    got = submission.forward(X=X, P=P)

    assert_close(got, reference.forward(X=X, P=P), name="p", axes=("sample",))


@forward_group
@pytest.mark.title(en="forward leaves its inputs alone", ko="forward는 입력을 바꾸지 않음")
def test_forward_unchanged(submission, reference, rng):
    """Right, and neither X nor a parameter is written to."""
    given = draw(rng, 6, 2, 3)

    got = submission.forward(X=given["X"], P=given["P"])

    assert_close(got, reference.forward(X=given["X"], P=given["P"]), name="p", axes=("sample",))
    assert_unchanged(submission)


# Looser than needed: that a tiny number was added inside of the logarithm is told where it matters, at ±1000.
LOSS_RTOL = 1e-6
loss_group = pytest.mark.group("loss", points=15, en="Loss", ko="손실")


def assert_not_constant(submission, reference, rng, n):
    """Right for other logits as well: a loss that is always ln 2, or always 0, is none."""
    other = {"z2": 2 * rng.standard_normal(n), "y": labels(rng, n)}

    got = submission.bce_with_logits(**other)

    assert_close(got, reference.bce_with_logits(**other), name="loss", rtol=LOSS_RTOL)


@loss_group
@pytest.mark.parametrize(
    "n",
    [
        case(1, id="one", en="Loss of one undecided prediction", ko="결정하지 못한 예측 하나의 손실"),
        case(6, id="six", en="Loss of six undecided predictions", ko="결정하지 못한 예측 여섯 개의 손실"),
    ],
)
def test_loss_undecided(submission, reference, rng, n):
    """A logit of zero means p = 1/2, whatever the label and however many there are."""
    got = submission.bce_with_logits(z2=np.zeros(n), y=labels(rng, n))

    assert_close(got, np.log(2.0), name="loss", rtol=LOSS_RTOL)
    assert_not_constant(submission, reference, rng, n)


@loss_group
@pytest.mark.parametrize(
    ("low", "high"),
    [
        case(-4, 4, id="usual", en="Loss of logits from -4 to 4", ko="-4부터 4까지의 로짓의 손실"),
        case(0.1, 0.9, id="small", en="Loss of logits from 0 to 1", ko="0부터 1까지의 로짓의 손실"),
    ],
)
def test_loss(submission, reference, rng, low, high):
    """Follows the formula. A logit between 0 and 1 is no probability either."""
    given = {"z2": rng.uniform(low, high, 7), "y": labels(rng, 7)}

    got = submission.bce_with_logits(**given)

    assert_close(got, reference.bce_with_logits(**given), name="loss", rtol=LOSS_RTOL)


@loss_group
@pytest.mark.parametrize(
    "right",
    [
        case(
            True,
            id="right",
            en="Loss of logits of ±1000 that are right",
            ko="맞는 쪽으로 ±1000인 로짓의 손실",
        ),
        case(
            False,
            id="wrong",
            en="Loss of logits of ±1000 that are wrong",
            ko="틀린 쪽으로 ±1000인 로짓의 손실",
        ),
    ],
)
def test_loss_confident(submission, reference, rng, right):
    """No NaN and no infinity: a certain and right prediction costs nothing, a wrong one its logit."""
    y = labels(rng, 6)
    z2 = np.where(y == 1, 1.0, -1.0) * np.array([1000.0, 1000.0, 800.0, 800.0, 50.0, 50.0])
    z2 = z2 if right else -z2

    got = submission.bce_with_logits(z2=z2, y=y)

    want = reference.bce_with_logits(z2=z2, y=y)
    assert_close(got, want, name="loss", rtol=LOSS_RTOL, atol=1e-6)  # of numbers between 0 and 1000
    assert_not_constant(submission, reference, rng, 6)


@loss_group
@pytest.mark.parametrize(
    ("z2_shape", "y_shape"),
    [
        case(
            (-1, 1),
            (-1,),
            id="z2",
            en="Loss of logits (N, 1), labels (N,)",
            ko="손실: 로짓 (N, 1), 라벨 (N,)",
        ),
        case(
            (-1,), (-1, 1), id="y", en="Loss of logits (N,), labels (N, 1)", ko="손실: 로짓 (N,), 라벨 (N, 1)"
        ),
        case(
            (-1, 1),
            (-1, 1),
            id="both",
            en="Loss of logits and labels (N, 1)",
            ko="손실: 로짓과 라벨 모두 (N, 1)",
        ),
    ],
)
def test_loss_columns(submission, reference, rng, z2_shape, y_shape):
    """A column is N numbers, or refused; the same numbers without it are not refused."""
    z2, y = 2 * rng.standard_normal(6), labels(rng, 6)
    want = reference.bce_with_logits(z2=z2, y=y)

    plain = submission.bce_with_logits(z2=z2, y=y)

    assert_close(plain, want, name="loss", rtol=LOSS_RTOL)
    try:
        got = submission.bce_with_logits(z2=z2.reshape(z2_shape), y=y.reshape(y_shape))
    except StudentError as e:
        if e.type_name != "ValueError":
            raise
        return
    assert_close(got, want, name="loss", rtol=LOSS_RTOL)


gradient_group = pytest.mark.group("gradients", points=35, en="Gradients", ko="기울기")


@gradient_group
@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize(
    ("n", "d", "h"),
    [
        case(
            5,
            3,
            4,
            id="usual",
            en="Gradient of {name}: 5 samples, 3 inputs, 4 units",
            ko="{name}의 기울기: 표본 5개, 입력 3개, 유닛 4개",
        ),
        case(1, 2, 3, id="one_sample", en="Gradient of {name}: one sample", ko="{name}의 기울기: 표본 하나"),
    ],
)
def test_gradient(submission, reference, rng, n, d, h, name):
    """One of the four gradients."""
    given = draw(rng, n, d, h)

    got = four(submission.backward(**given), "backward")

    assert_close(got[name], reference.backward(**given)[name], name=f"gradient of {name}", axes=AXES[name])


@gradient_group
@pytest.mark.title(
    en="Gradient of {name} agrees with the central difference of the loss",
    ko="{name}의 기울기는 손실의 중심 차분과 일치",
)
@pytest.mark.parametrize("name", ["W1", "b1"])
def test_numerical_gradient(submission, reference, rng, name):
    """The slope of the loss, measured without any backward pass: the loss is -log of the right probability."""
    given = draw(rng, 6, 2, 3)

    def loss(value):
        p = reference.forward(X=given["X"], P={**given["P"], name: value})
        return -float(np.mean(np.log(np.where(given["y"] == 1, p, 1 - p))))

    got = four(submission.backward(**given), "backward")

    assert_gradient(got[name], loss, given["P"][name], name=f"gradient of {name}")


@gradient_group
@pytest.mark.title(
    en="Gradients where logits are beyond ±100 and ±1000", ko="로짓이 ±100과 ±1000을 넘을 때의 기울기"
)
def test_gradient_saturated(submission, reference, rng):
    """Where the network is certain and wrong, the gradient is large; it is not 0/0.

    Beyond ±100 a probability is 1 and exp does not overflow yet, which tells a division by 1-p from that.
    """
    X, P = saturated(rng, 6)
    y = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 0.0])

    # That of b2 is a sum of errors that cancel: exactly at ±1000 alone.
    for scale, names in ((0.08, ("W2", "b1", "W1")), (1.0, ("b2", "W2", "b1", "W1"))):
        given = {**P, "W2": scale * P["W2"]}
        got = four(submission.backward(X=X, y=y, P=given), "backward")

        want = reference.backward(X=X, y=y, P=given)
        for name in names:
            assert_close(got[name], want[name], name=f"gradient of {name}", axes=AXES[name])


@gradient_group
@pytest.mark.title(en="backward leaves its inputs alone", ko="backward는 입력을 바꾸지 않음")
def test_backward_unchanged(submission, reference, rng):
    """Right for W2, and neither X nor y nor a parameter is written to."""
    given = draw(rng, 6, 2, 3)

    got = four(submission.backward(**given), "backward")

    assert_close(got["W2"], reference.backward(**given)["W2"], name="gradient of W2", axes=AXES["W2"])
    assert_unchanged(submission)


init_group = pytest.mark.group("init", points=10, en="Initial parameters", ko="초기 매개변수")


def fresh(submission, rng, d, h):
    """Initial parameters of the right shapes."""
    got = four(submission.init(rng=rng, n_in=d, n_hidden=h), "init")
    for name, shape in {"W1": (d, h), "b1": (h,), "W2": (h, 1), "b2": (1,)}.items():
        assert_shape(got[name], shape, dtype="float64", name=name)
    return got


def seeds(rng):
    """Two different seeds for generators."""
    one, other = rng.choice(10**6, size=2, replace=False)
    return Seed(int(one)), Seed(int(other))


@init_group
@pytest.mark.title(en="No two of {h} hidden units are equal", ko="은닉 유닛 {h}개는 서로 다름")
@pytest.mark.parametrize("h", [2, 7])
def test_init_breaks_symmetry(submission, rng, h):
    """Units with equal weights get equal gradients: they stay equal for ever."""
    got = fresh(submission, seeds(rng)[0], 3, h)

    for one in range(h):
        for other in range(one):
            if np.allclose(got["W1"][:, one], got["W1"][:, other], rtol=1e-9, atol=0):
                fail(
                    en=f"Columns {other} and {one} of W1 are equal. These two units would stay equal during "
                    "the whole training: draw every weight at random.",
                    ko=f"W1의 {other}번 열과 {one}번 열이 같습니다. 두 유닛은 학습 내내 똑같이 움직이게 되므로 모든 "
                    "가중치를 무작위로 정하세요.",
                    evidence=[array_evidence("got", got["W1"], name="W1", axes=AXES["W1"])],
                )


@init_group
@pytest.mark.title(en="The same rng gives the same parameters", ko="같은 rng이면 같은 매개변수")
def test_init_repeats(submission, rng):
    """All random numbers come from rng."""
    seed = seeds(rng)[0]

    one, other = fresh(submission, seed, 3, 5), fresh(submission, seed, 3, 5)

    if np.all(one["W1"] == one["W1"][0, 0]):
        fail(
            en="All entries of W1 are equal: draw them from rng.",
            ko="W1의 원소가 모두 같습니다. rng에서 난수를 뽑으세요.",
        )
    for name in PARAMETERS:
        if not np.array_equal(one[name], other[name]):
            fail(
                en=f"{name} differs between two calls with generators of the same seed. "
                "Draw from rng, not from np.random.",
                ko=f"시드가 같은 생성기로 두 번 불렀는데 {name}의 값이 다릅니다. np.random이 아니라 rng에서 난수를 "
                "뽑으세요.",
            )


@init_group
@pytest.mark.title(en="Another rng gives other parameters", ko="다른 rng이면 다른 매개변수")
def test_init_varies(submission, rng):
    """The weights are not written down in the code."""
    seed, another = seeds(rng)

    one, other = fresh(submission, seed, 3, 5), fresh(submission, another, 3, 5)

    if np.array_equal(one["W1"], other["W1"]):
        fail(
            en="W1 is the same for two different generators. Draw its numbers from rng.",
            ko="서로 다른 생성기를 주어도 W1의 값이 같습니다. rng에서 난수를 뽑으세요.",
        )


train_group = pytest.mark.group("train", points=15, en="Training", ko="학습")


def draw_training(rng):
    """Seven samples, four hidden units, 50 steps."""
    return {**draw(rng, 7, 3, 4), "lr": 0.5, "steps": 50}


def judge_training(submission, reference, given, check):
    """`check(P, losses)` must hold for what `train` returns.

    Where it does not, the loss and the gradients that training stands on are asked for as well: often the mistake
    is theirs, and then it is recognised there.
    """
    got = None
    try:
        got = submission.train(**given)
        check(*trained(got))
    except (Mismatch, StudentError) as fault:
        if isinstance(fault, StudentError) and fault.type_name == "NotImplementedError":
            raise
        wrong = wrong_parts(submission, reference, given)
        if isinstance(fault, StudentError):
            check(*trained(submission.train(**given)))  # again, so that what is shown is this call
            raise
        fault.got = got
        if wrong:
            fault.message = Text(
                en=f"{fault.message.en} For these samples {wrong[0]} is not right either: mend it first.",
                ko=f"{fault.message.ko} 이 표본에서 {wrong[0]}의 결과도 틀립니다. 그것부터 고치세요.",
            )
        raise


def wrong_parts(submission, reference, given):
    """Names of the functions that training needs and that are wrong at the parameters that were given."""
    sample = {name: given[name] for name in ("X", "y", "P")}
    p = reference.forward(X=sample["X"], P=sample["P"])
    logits = {"z2": np.log(p / (1 - p)), "y": sample["y"]}
    wrong = []
    for name, inputs in (("backward", sample), ("bce_with_logits", logits)):
        try:
            got = getattr(submission, name)(**inputs)
            assert_close(got, getattr(reference, name)(**inputs), rtol=LOSS_RTOL)
        except CheckFault:
            wrong.append(name)
    return wrong


@train_group
@pytest.mark.title(en="{name} after 50 steps", ko="50단계 뒤의 {name}")
@pytest.mark.parametrize("name", PARAMETERS)
def test_train(submission, reference, rng, name):
    """Gradient descent has no freedom: from the same start it arrives at the same place."""
    given = draw_training(rng)
    want, _ = reference.train(**given)

    def check(P, _):
        assert_close(P[name], want[name], name=name, axes=AXES[name])

    judge_training(submission, reference, given, check)


@train_group
@pytest.mark.title(en="The loss before each of 50 steps", ko="50단계 각각의 직전 손실")
def test_train_losses(submission, reference, rng):
    """The whole curve, beginning with the loss of the parameters that were given."""
    given = draw_training(rng)
    _, want = reference.train(**given)

    def check(_, losses):
        try:
            assert_close(losses, want, name="losses", axes=("step",), rtol=LOSS_RTOL)
        except Mismatch:
            assert_curve(np.arange(50.0), losses, want, name="losses")
            raise

    judge_training(submission, reference, given, check)


@train_group
@pytest.mark.title(en="One step with a small learning rate", ko="작은 학습률로 한 단계")
def test_one_step(submission, reference, rng):
    """The step is the learning rate times the gradient."""
    given = {**draw(rng, 5, 2, 3), "lr": 0.05, "steps": 1}
    want, _ = reference.train(**given)

    def check(P, losses):
        for name in PARAMETERS:
            assert_close(P[name], want[name], name=name, axes=AXES[name])
        assert_shape(losses, (1,), dtype="float64", name="losses")

    judge_training(submission, reference, given, check)


@train_group
@pytest.mark.title(en="train leaves its inputs alone", ko="train은 입력을 바꾸지 않음")
def test_train_unchanged(submission, reference, rng):
    """Right for b2, and the parameters to start from are as they were."""
    given = {**draw(rng, 5, 2, 3), "lr": 0.3, "steps": 4}
    want, _ = reference.train(**given)

    def check(P, _):
        assert_close(P["b2"], want["b2"], name="b2", axes=AXES["b2"])
        assert_unchanged(submission)

    judge_training(submission, reference, given, check)


xor_group = pytest.mark.group("xor", points=10, en="Solving XOR", ko="XOR 풀기")
GRID = np.linspace(-0.5, 1.5, 21)
PLANE = np.array([(x1, x2) for x2 in GRID[::-1] for x1 in GRID])
MARGIN = 0.1  # the reference comes within 0.02


def assert_solved(p, surface, reference, given):
    """All four points are on their side; else shown with the decision surface, x2 upwards, x1 to the right."""
    assert_shape(p, (4,), dtype="float64", name="p")
    assert_shape(surface, (len(PLANE),), dtype="float64", name="p")
    wrong = [i for i in range(4) if not abs(p[i] - XOR_Y[i]) <= MARGIN]
    if not wrong:
        return
    wanted = reference.forward(X=PLANE, P=reference.train(**given)[0])
    (x1, x2), found = XOR_X[wrong[0]], p[wrong[0]]
    en, ko = f"at most {MARGIN}", f"{MARGIN} 이하여야"
    if XOR_Y[wrong[0]] == 1:
        en, ko = f"at least {1 - MARGIN}", f"{1 - MARGIN} 이상이어야"
    fail(
        en=f"After 200 steps p({x1:g}, {x2:g}) should be {en}, and is {found:.3g}. "
        f"{4 - len(wrong)} of the 4 points are right.",
        ko=f"200단계 뒤에 p({x1:g}, {x2:g})의 값은 {ko} 하는데 {found:.3g}입니다. 네 점 가운데 "
        f"{4 - len(wrong)}개가 맞습니다.",
        evidence=[
            array_evidence(role, values.reshape(21, 21), name="p", axes=("x2", "x1"))
            for role, values in (("expected", wanted), ("got", surface))
        ],
    )


@xor_group
@pytest.mark.title(en="Your training solves XOR", ko="train으로 XOR을 풂")
def test_training_solves_xor(submission, reference, rng):
    """The parameters that `train` returns, put into the reference's network."""
    given = xor(rng)

    def check(P, _):
        for name, start in given["P"].items():
            assert_shape(P[name], start.shape, dtype="float64", name=name)
        p, surface = (reference.forward(X=X, P=P) for X in (XOR_X, PLANE))
        assert_solved(p, surface, reference, given)

    judge_training(submission, reference, given, check)


@xor_group
@pytest.mark.title(en="Your trained network solves XOR", ko="학습한 신경망이 XOR을 풂")
def test_network_solves_xor(submission, reference, rng):
    """All of it is the student's: training and prediction."""
    given = xor(rng)

    def check(P, _):
        p, surface = (submission.forward(X=X, P=P) for X in (XOR_X, PLANE))
        assert_solved(p, surface, reference, given)

    judge_training(submission, reference, given, check)
