"""Hidden suite of ex09: ridge regression, learning curves, the choice of lambda, and the diagnosis.

Where the bias is not what is asked, theta[0] is 0 if there is regularisation: then it makes no difference whether
the bias is regularised, and that mistake costs its own group only. Training and validation sets differ in size.
"""

import numpy as np
import pytest

from grader.judge import assert_close, assert_curve, assert_equal, assert_gradient, assert_unchanged, fail

cost = pytest.mark.group("cost", points=20, en="Cost", ko="비용")
gradient = pytest.mark.group("gradient", points=25, en="Gradient", ko="기울기")
bias = pytest.mark.group("bias", points=15, en="The bias is not regularised", ko="규제하지 않는 편향")
curve = pytest.mark.group("learning_curve", points=20, en="Learning curve", ko="학습 곡선")
choice = pytest.mark.group("choice", points=10, en="Choice of λ", ko="λ 고르기")
diagnosis = pytest.mark.group("diagnosis", points=10, en="Diagnosis", ko="진단")

CASES = {
    "no_lambda": (7, 3, False),
    "lambda": (7, 3, True),
    "one_example": (1, 3, True),
    "more_columns": (3, 6, True),
}


def case(*values, id, en, ko):
    """One parametrized case with a readable id and its own title."""
    return pytest.param(*values, id=id, marks=pytest.mark.title(en=en, ko=ko))


def examples(rng, m, d):
    """m random examples; the first column is 1."""
    X = np.column_stack([np.ones(m), rng.standard_normal((m, d - 1))])
    return X, rng.standard_normal(m) + 1


def draw(rng, m, d, regularised):
    """Inputs of ridge_cost_grad; with regularisation the bias is 0."""
    X, y = examples(rng, m, d)
    theta = rng.standard_normal(d) + 0.5
    if regularised:
        theta[0] = 0.0
    return {"theta": theta, "X": X, "y": y, "lam": float(rng.integers(10, 40)) / 8 if regularised else 0.0}


def pair(got):
    """J and g as returned; a message of its own if they are not two."""
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        fail(
            en="ridge_cost_grad must return the tuple (J, g).",
            ko="ridge_cost_grad는 튜플 (J, g)를 반환해야 합니다.",
        )
    return got


# ---------------------------------------------------------------------------------------------- cost


@cost
@pytest.mark.parametrize(
    ("m", "d", "regularised"),
    [
        case(*CASES["no_lambda"], id="no_lambda", en="J without regularisation", ko="규제가 없을 때의 J"),
        case(*CASES["lambda"], id="lambda", en="J with regularisation", ko="규제가 있을 때의 J"),
        case(*CASES["one_example"], id="one_example", en="J of a single example", ko="예제가 하나일 때의 J"),
        case(
            *CASES["more_columns"],
            id="more_columns",
            en="J with more columns than examples",
            ko="예제보다 열이 많을 때의 J",
        ),
    ],
)
def test_cost(submission, reference, rng, m, d, regularised):
    """J follows the formula."""
    given = draw(rng, m, d, regularised)

    got = pair(submission.ridge_cost_grad(**given))

    assert_close(got[0], reference.ridge_cost_grad(**given)[0], name="J")


# ---------------------------------------------------------------------------------------------- gradient


@gradient
@pytest.mark.parametrize(
    ("m", "d", "regularised"),
    [
        case(*CASES["no_lambda"], id="no_lambda", en="g without regularisation", ko="규제가 없을 때의 g"),
        case(*CASES["lambda"], id="lambda", en="g with regularisation", ko="규제가 있을 때의 g"),
        case(*CASES["one_example"], id="one_example", en="g of a single example", ko="예제가 하나일 때의 g"),
        case(
            *CASES["more_columns"],
            id="more_columns",
            en="g with more columns than examples",
            ko="예제보다 열이 많을 때의 g",
        ),
    ],
)
def test_gradient(submission, reference, rng, m, d, regularised):
    """g follows the formula."""
    given = draw(rng, m, d, regularised)

    got = pair(submission.ridge_cost_grad(**given))

    assert_close(got[1], reference.ridge_cost_grad(**given)[1], name="g", axes=("j",))


@gradient
@pytest.mark.title(en="g agrees with the central difference of J", ko="J의 중심 차분과 일치하는 g")
def test_numerical_gradient(submission, reference, rng):
    """g is the slope of J, measured without any derivative."""
    given = draw(rng, 8, 4, True)

    got = pair(submission.ridge_cost_grad(**given))

    assert_gradient(
        got[1],
        lambda theta: reference.ridge_cost_grad(**{**given, "theta": theta})[0],
        given["theta"],
        name="g",
    )


# ---------------------------------------------------------------------------------------------- bias


@bias
@pytest.mark.title(en="J of a model that is only a bias", ko="편향만 있는 모델의 J")
def test_bias_cost(submission, reference, rng):
    """λ has no say when all other weights are 0."""
    X, y = examples(rng, 6, 4)
    given = {"theta": np.array([float(rng.uniform(2, 3)), 0.0, 0.0, 0.0]), "X": X, "y": y, "lam": 50.0}

    got = pair(submission.ridge_cost_grad(**given))

    assert_close(got[0], reference.ridge_cost_grad(**given)[0], name="J")


@bias
@pytest.mark.title(en="g of a model that is only a bias", ko="편향만 있는 모델의 g")
def test_bias_gradient(submission, reference, rng):
    """Nothing pulls the bias towards 0."""
    X, y = examples(rng, 6, 4)
    given = {"theta": np.array([float(rng.uniform(2, 3)), 0.0, 0.0, 0.0]), "X": X, "y": y, "lam": 50.0}

    got = pair(submission.ridge_cost_grad(**given))

    assert_close(got[1], reference.ridge_cost_grad(**given)[1], name="g", axes=("j",))


@bias
@pytest.mark.title(en="theta and the other inputs are left alone", ko="theta를 비롯한 입력을 바꾸지 않음")
def test_keeps_inputs(submission, reference, rng):
    """Also theta[0], which is easily set to 0; and J and g are right for a theta without any 0."""
    X, y = examples(rng, 7, 4)
    theta = rng.uniform(1, 2, 4) * rng.choice([-1, 1], 4)
    given = {"theta": theta, "X": X, "y": y, "lam": 3.0}

    got = pair(submission.ridge_cost_grad(**given))

    assert_unchanged(submission)
    assert_close(tuple(got), reference.ridge_cost_grad(**given), name=("J", "g"))


# ---------------------------------------------------------------------------------------------- learning curve


def sets(rng, m, k, d, noise=1.0):
    """A training set of m and a validation set of k examples of one linear relation with noise."""
    Xtr, Xval = (examples(rng, n, d)[0] for n in (m, k))
    theta = rng.standard_normal(d) + 1
    ytr, yval = (X @ theta + noise * rng.standard_normal(len(X)) for X in (Xtr, Xval))
    return {"Xtr": Xtr, "ytr": ytr, "Xval": Xval, "yval": yval}


def curves(got, count, function):
    """The members that were returned; a message of its own if their number is wrong."""
    if not isinstance(got, (tuple, list)) or len(got) != count:
        what = ("(train_err, val_err)", "(train_err, val_err, best)")[count - 2]
        fail(
            en=f"{function} must return the tuple {what}.", ko=f"{function}는 튜플 {what}를 반환해야 합니다."
        )
    return got


@curve
@pytest.mark.title(
    en="{name}: {m} examples, {k} to validate, λ = {lam}", ko="{name}: 예제 {m}개, 검증 {k}개, λ = {lam}"
)
@pytest.mark.parametrize("name", ["train_err", "val_err"])
@pytest.mark.parametrize(("m", "k", "d", "lam"), [(9, 5, 4, 1.0), (6, 11, 5, 0.25)], ids=["usual", "few"])
def test_learning_curve(submission, reference, rng, m, k, d, lam, name):
    """One of the two curves."""
    given = {**sets(rng, m, k, d), "lam": lam}

    got = curves(submission.learning_curve(**given), 2, "learning_curve")

    which = ("train_err", "val_err").index(name)
    want = reference.learning_curve(**given)[which]
    assert_curve(np.arange(1, m + 1), got[which], want, name=name)


@curve
@pytest.mark.title(en="learning_curve leaves its inputs alone", ko="learning_curve는 입력을 바꾸지 않음")
def test_learning_curve_keeps_inputs(submission, reference, rng):
    """Both sets are as they were, and both curves are right for one validation example."""
    given = {**sets(rng, 7, 1, 3), "lam": 2.0}

    got = curves(submission.learning_curve(**given), 2, "learning_curve")

    assert_unchanged(submission)
    assert_close(tuple(got), reference.learning_curve(**given), name=("train_err", "val_err"))


# ---------------------------------------------------------------------------------------------- choice


def candidates(reference, rng, worst):
    """Inputs of validation_curve whose best λ is clearly the best, and no other rule would give it by chance.

    It is not the first, the smallest or the largest λ, nor the one with the smallest J that holds λ. About one draw
    in ten is taken. `worst`: np.min or np.max, which of the λ has the largest validation error: where it is the
    largest, who takes that one is told apart from who takes the smallest training error, which the smallest λ has.
    """
    while True:
        lams = rng.permutation(np.array([0.0, 0.1, 0.5, 2.5, 12.5, 60.5]) * rng.uniform(0.9, 1.1, 6))
        given = {**sets(rng, 9, 13, 6, noise=2.0), "lams": lams}
        _, errors, best = reference.validation_curve(**given)
        first, second = np.sort(errors)[:2]
        if (np.diff(lams) > 0).all():
            continue  # else one who sorts them would not be told apart
        if lams[np.argmax(errors)] != worst(lams) or second <= 1.001 * first:
            continue
        if best in (lams[0], lams.min(), lams.max()):
            continue
        X, y = given["Xval"], given["yval"]
        costs = [
            reference.ridge_cost_grad(reference.fit_ridge(given["Xtr"], given["ytr"], lam), X, y, lam)[0]
            for lam in lams
        ]
        if best != lams[np.argmin(costs)]:
            return given


@choice
@pytest.mark.title(en="{name} of six λ", ko="λ 여섯 개에 대한 {name}")
@pytest.mark.parametrize(
    ("name", "worst"), [("train_err", np.min), ("val_err", np.max)], ids=["train_err", "val_err"]
)
def test_validation_curve(submission, reference, rng, name, worst):
    """One of the two curves, in the order of the candidates."""
    given = candidates(reference, rng, worst)

    got = curves(submission.validation_curve(**given), 3, "validation_curve")

    which = ("train_err", "val_err").index(name)
    want = reference.validation_curve(**given)[which]
    assert_close(got[which], want, name=name, axes=("candidate",))


@choice
@pytest.mark.title(en="The best of six λ", ko="λ 여섯 개 중 가장 좋은 것")
def test_best_lambda(submission, reference, rng):
    """The one with the smallest validation error."""
    for worst in (np.max, np.min):
        given = candidates(reference, rng, worst)

        got = curves(submission.validation_curve(**given), 3, "validation_curve")

        assert_close(got[2], reference.validation_curve(**given)[2], name="best")


# ---------------------------------------------------------------------------------------------- diagnosis


def assert_diagnosis(submission, target, cases):
    """`cases`: (training error, validation error, both in parts of the target, what it is)."""
    for train, val, want in cases:
        train, val = round(train * target, 6), round(val * target, 6)

        got = submission.diagnose(train_err=train, val_err=val, target=target)

        assert_equal(got, want, name=f"diagnose({train:g}, {val:g}, {target:g})")


@diagnosis
@pytest.mark.title(
    en="The training error is too high, or low enough", ko="학습 오차가 너무 높을 때와 충분히 낮을 때"
)
def test_diagnose_bias(submission, rng):
    """A model that cannot fit what it has seen; also where the validation set happens to be easier."""
    target = float(rng.integers(4, 40)) / 8

    assert_diagnosis(submission, target, [(1.5, 1.6, "bias"), (0.5, 0.6, "ok"), (1.3, 0.8, "bias")])


@diagnosis
@pytest.mark.title(en="Only the validation error is too high", ko="검증 오차만 너무 높을 때")
def test_diagnose_variance(submission, rng):
    """A model that fits what it has seen and fails on the rest; a gap alone is no harm."""
    target = float(rng.integers(4, 40)) / 8

    assert_diagnosis(submission, target, [(0.2, 2.5, "variance"), (0.9, 1.1, "variance"), (0.1, 0.9, "ok")])


@diagnosis
@pytest.mark.title(en="Both are too high, far apart", ko="둘 다 너무 높고 차이도 클 때")
def test_diagnose_both(submission, rng):
    """The training error comes first."""
    target = float(rng.integers(4, 40)) / 8

    assert_diagnosis(submission, target, [(1.2, 6.0, "bias"), (0.9, 6.0, "variance")])


@diagnosis
@pytest.mark.title(en="Errors that just reach the target", ko="목표와 꼭 같은 오차")
def test_diagnose_boundary(submission, rng):
    """At most the target is good enough; a little more is not. Multiples of 1/64 are exact."""
    target = float(rng.integers(4, 40)) / 8
    more = 1 + 1 / 8

    assert_diagnosis(submission, target, [(1, 1, "ok"), (more, more, "bias"), (1, more, "variance")])
