"""Hidden suite of ex02: weighted sum, threshold, and the perceptron's learning rule.

All numbers are multiples of 1/8 and learning rates powers of 2. So no sum is rounded, in whatever order it is
added up, and a sum that is 0 on paper is 0: the weights are compared exactly, threshold and all. Training sets
are drawn until the usual wrong rules lead to other weights.
"""

import numpy as np
import pytest

from grader.judge import (
    assert_close,
    assert_curve,
    assert_equal,
    assert_shape,
    assert_speed,
    assert_unchanged,
    fail,
)

WEIGHTS = ("weight",)
CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
GATES = {"and": [0, 0, 0, 1], "or": [0, 1, 1, 1], "nand": [1, 1, 1, 0], "xor": [0, 1, 1, 0]}

# When a sample of class t counts as wrong, b being the bias and r the sum of the other terms. Ours first, then a
# strict threshold, one at 1/2, ties as errors, no bias, and the bias twice.
WRONG = (
    lambda b, r, t: (b + r >= 0) != t,
    lambda b, r, t: (b + r > 0) != t,
    lambda b, r, t: (b + r >= 0.5) != t,
    lambda b, r, t: (2 * t - 1) * (b + r) <= 0,
    lambda b, r, t: (r >= 0) != t,
    lambda b, r, t: (2 * b + r >= 0) != t,
)


def case(*values, id, en, ko):
    """One parametrized case with a readable id and its own title."""
    return pytest.param(*values, id=id, marks=pytest.mark.title(en=en, ko=ko))


def eighths(rng, shape, low=-2, high=2):
    """Random multiples of 1/8 from low to high, but 0."""
    whole = rng.integers(8 * low, 8 * high, shape)
    return np.where(whole >= 0, whole + 1, whole) / 8 if low < 0 else (whole + 1) / 8


def weights(rng, d):
    """A bias between 1 and 3 or -1 and -3, and d weights: the first one is 1 or -1, the last one no bias."""
    bias = rng.choice([-1, 1]) * eighths(rng, 1, 1, 3)
    while True:
        w = np.concatenate([bias, rng.choice([-1.0, 1.0], 1), eighths(rng, d - 1)])
        if w[-1] != w[0]:
            return w


def rows_with_sums(rng, w, sums):
    """Samples with these weighted sums: all but the first input is random."""
    X = eighths(rng, (len(sums), len(w) - 1))
    X[:, 0] = w[1] * (np.asarray(sums) - w[0] - X[:, 1:] @ w[2:])  # w[1] is its own inverse
    return X


def small_sums(rng, n):
    """n sums of both signs, at most 3/8: a missing bias or another threshold turns about half of them."""
    return rng.permutation(np.resize([0.125, -0.125, 0.25, -0.25, 0.375, -0.375], n))


def trained(X, y, lr, epochs, wrong, start=0.0):
    """Weights after training from `start` where `wrong` decides what is an error."""
    w = np.full(X.shape[1] + 1, start)
    for _ in range(epochs):
        before = w
        for x, t in zip(X, y, strict=True):
            if wrong(w[0], w[1:] @ x, t):
                w = w + lr * (2 * t - 1) * np.concatenate([[1.0], x])
        if w is before:
            break
    return w


def telling(X, y, lr, epochs):
    """Whether each wrong rule or start leads to other weights, the bias is not 0, and its place can be seen."""
    ours = trained(X, y, lr, epochs, WRONG[0])
    if ours[0] == 0 or np.array_equal(ours, np.roll(ours, 1)):
        return False
    others = [trained(X, y, lr, epochs, wrong) for wrong in WRONG[1:]]
    others.append(trained(X, y, lr, epochs, WRONG[0], start=1.0))
    return not any(np.array_equal(ours, other) for other in others)


def draw(rng, labels, d, *, lr):
    """Samples with these classes and d inputs, with which one epoch of a wrong rule is found out."""
    y = np.array(labels)
    while True:
        X = eighths(rng, (len(labels), d))
        if telling(X, y, lr, 1):
            return {"X": X, "y": y, "lr": lr, "epochs": 1}


def separable(rng, n, d, *, gap):
    """n samples on both sides of a plane, none closer to it than `gap`; one epoch is not enough.

    Novikoff (1962): there are at most R²/gap² updates if no (1, x) is longer than R. So many epochs are enough.
    """
    epochs = int((1 + 4 * d) / gap**2) + 1
    while True:
        plane = np.concatenate([eighths(rng, 1, -1, 1), eighths(rng, d)])
        X = eighths(rng, (30 * n, d))
        distance = (plane[0] + X @ plane[1:]) / np.linalg.norm(plane)
        far = np.abs(distance) >= gap
        X, y = X[far][:n], (distance[far][:n] > 0).astype(np.int64)
        if len(X) < n or not n / 4 <= y.sum() <= 3 * n / 4:
            continue
        first, last = (trained(X, y, 1.0, e, WRONG[0]) for e in (1, epochs))
        if last[-1] and not np.array_equal(first, last) and telling(X, y, 1.0, epochs):
            return {"X": X, "y": y, "lr": 1.0, "epochs": epochs}


def gate(rng, name):
    """The four corners and their classes, in a random order."""
    order = rng.permutation(4)
    return {"X": CORNERS[order], "y": np.array(GATES[name])[order], "lr": 1.0, "epochs": 10}


def two(got):
    """The weights and the count that a student returned; a message of its own if they are not two."""
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        fail(
            en="perceptron_fit must return the tuple (w, n_updates).",
            ko="perceptron_fit는 튜플 (w, n_updates)를 반환해야 합니다.",
        )
    return got


def assert_weights(submission, reference, given):
    """The weights are those of the rule."""
    w, _ = two(submission.perceptron_fit(**given))

    assert_close(w, reference.perceptron_fit(**given)[0], name="w", axes=WEIGHTS)


def assert_line(submission, reference, given):
    """The same decision line, drawn from x_1 = -1 to 2, then the same weights."""
    w, _ = two(submission.perceptron_fit(**given))

    want, _ = reference.perceptron_fit(**given)
    assert_shape(w, want.shape, dtype="float64", name="w")
    if w[2] != 0:  # else it is upright, and no function of x_1
        x1 = np.linspace(-1, 2, 31)
        assert_curve(x1, line(w, x1), line(want, x1), name="x_2 on the decision line")
    assert_close(w, want, name="w", axes=WEIGHTS)


def line(w, x1):
    """x_2 where w[0] + w[1] x_1 + w[2] x_2 = 0."""
    with np.errstate(all="ignore"):  # a student's w may be tiny
        return -(w[0] + w[1] * x1) / w[2]


def assert_counts(submission, reference, given):
    """n_updates after 1 to 8 epochs, shown as a curve."""
    epochs = np.arange(1, 9)
    got, want = (
        [two(module.perceptron_fit(**given, epochs=int(e)))[1] for e in epochs]
        for module in (submission, reference)
    )
    for e, one, other in zip(epochs, got, want, strict=True):
        if not is_whole(one):
            assert_equal(one, other, name=f"n_updates after {e} epochs")
    curves = (np.array([float(count) for count in counts]) for counts in (got, want))
    assert_curve(epochs, *curves, name="n_updates after so many epochs")


def is_whole(value):
    """Whether this is an int of Python or of NumPy."""
    return type(value) is int or (
        isinstance(value, np.ndarray) and value.shape == () and value.dtype.kind in "iu"
    )


sums = pytest.mark.group("sum_predict", points=20, en="Weighted sum and class", ko="가중합과 분류")


@sums
@pytest.mark.title(en="Weighted sum of {d} inputs", ko="입력 {d}개의 가중합")
@pytest.mark.parametrize("d", [1, 3, 5])
def test_weighted_sum(submission, reference, rng, d):
    """The bias, and each input times its weight."""
    while True:
        w, x = weights(rng, d), rng.choice([-1, 1], d) * eighths(rng, d, 1, 2)
        if w[:-1] @ x + w[-1] != w[0] + w[1:] @ x:  # a bias at the end is found out
            break
    given = {"x": x, "w": w}

    got = submission.weighted_sum(**given)

    assert_close(got, reference.weighted_sum(**given), name="weighted_sum")


@sums
@pytest.mark.title(en="With all inputs 0 the bias is left", ko="입력이 모두 0이면 편향만 남음")
def test_only_bias(submission, reference, rng):
    """w[0] is not multiplied by any input."""
    given = {"x": np.zeros(3), "w": weights(rng, 3)}

    got = submission.weighted_sum(**given)

    assert_close(got, reference.weighted_sum(**given), name="weighted_sum")


@sums
@pytest.mark.title(en="Classes of {n} samples with {d} inputs", ko="입력 {d}개, 표본 {n}개의 분류")
@pytest.mark.parametrize(("n", "d"), [(40, 3), (30, 32)], ids=["tall", "wide"])
def test_predict(submission, reference, rng, n, d):
    """On both sides of the threshold, and none of them on it."""
    w = weights(rng, d)
    X = rows_with_sums(rng, w, small_sums(rng, n))

    got = submission.predict(w=w, X=X)

    assert_close(got, reference.predict(w=w, X=X), name="classes", axes=("sample",))


@sums
@pytest.mark.title(en="Classes of samples that come one at a time", ko="하나씩 들어오는 표본의 분류")
def test_predict_rows(submission, reference, rng):
    """A table with one row gives an array with one class."""
    w = weights(rng, 4)
    for i, row in enumerate(rows_with_sums(rng, w, small_sums(rng, 24))):
        got = submission.predict(w=w, X=row[None])

        assert_close(got, reference.predict(w=w, X=row[None]), name=f"class of sample {i}", axes=("sample",))


@sums
@pytest.mark.title(
    en="weighted_sum and predict leave their inputs alone", ko="weighted_sum과 predict는 입력을 바꾸지 않음"
)
def test_predict_unchanged(submission, reference, rng):
    """Both are right, and x, w and X are as they were."""
    w = weights(rng, 3)
    X = rows_with_sums(rng, w, small_sums(rng, 40))

    z = submission.weighted_sum(x=X[0], w=w)
    classes = submission.predict(w=w, X=X)

    assert_close(z, reference.weighted_sum(x=X[0], w=w), name="weighted_sum")
    assert_close(classes, reference.predict(w=w, X=X), name="classes", axes=("sample",))
    assert_unchanged(submission)


def sized(rng, n, d):
    """Arguments of predict for n samples of d inputs."""
    w = weights(rng, d)
    return {"w": w, "X": rows_with_sums(rng, w, small_sums(rng, n))}


@sums
@pytest.mark.title(
    en="predict for 40,000 samples, at most 12 times our time",
    ko="표본 4만 개의 predict, 기준 풀이 시간의 12배 이내",
)
def test_speed(submission, reference, rng):
    """Right and not slow: measured, the way across the wall included, a loop over the samples takes 50 times ours.

    Array operations take 1 to 3 times ours.
    """
    # Many rounds, for a busy machine: it ends as soon as it holds.
    assert_speed(
        submission.predict,
        reference.predict,
        inputs=lambda: sized(rng, 40_000, 2),
        ratio=12,
        rounds=15,
    )


boundary = pytest.mark.group("boundary", points=10, en="On the threshold", ko="문턱값에서")


@boundary
@pytest.mark.title(en="A weighted sum of exactly 0", ko="가중합이 정확히 0일 때")
def test_boundary(submission, reference, rng):
    """0 belongs to class 1, 1/8 above it too, and 1/8 below it does not."""
    w = weights(rng, 3)
    X = rows_with_sums(rng, w, rng.permutation(np.resize([0.0, 0.125, -0.125], 15)))

    got = submission.predict(w=w, X=X)

    assert_close(got, reference.predict(w=w, X=X), name="classes", axes=("sample",))


@boundary
@pytest.mark.title(en="A neuron that has learnt nothing yet", ko="아직 아무것도 배우지 않은 뉴런")
def test_boundary_untrained(submission, reference, rng):
    """With all weights 0 every sample is of class 1; a bias just below 0 makes it class 0."""
    X = -eighths(rng, (5, 3), 0, 2)
    for bias in (0.0, -0.125):
        w = np.array([bias, 0.0, 0.0, 0.0])

        got = submission.predict(w=w, X=X)

        assert_close(got, reference.predict(w=w, X=X), name=f"classes, bias {bias}", axes=("sample",))


@boundary
@pytest.mark.title(en="The first sample is met with a sum of 0", ko="첫 표본의 가중합은 0")
def test_boundary_fit(submission, reference, rng):
    """In training too, 0 means class 1: the weights stay for a sample of class 1, and move for one of class 0."""
    X = eighths(rng, (1, 3), 1, 2)

    right, _ = two(submission.perceptron_fit(X=X, y=np.array([1]), lr=0.5, epochs=1))
    wrong, _ = two(submission.perceptron_fit(X=X, y=np.array([0]), lr=0.5, epochs=1))

    assert_close(right, np.zeros(4), name="w after one sample of class 1", axes=WEIGHTS)
    assert_shape(wrong, (4,), dtype="float64", name="w after one sample of class 0")
    if not wrong.any():
        fail(
            en="A first sample of class 0 has the sum 0, so it is taken for class 1: an error, and w must change. "
            "Yours stays 0.",
            ko="클래스 0인 첫 표본은 가중합이 0이어서 클래스 1로 예측됩니다. 틀린 예측이므로 w가 바뀌어야 하는데 "
            "여전히 0입니다.",
        )


one_epoch = pytest.mark.group("one_epoch", points=30, en="One epoch of learning", ko="한 에폭의 학습")


@one_epoch
@pytest.mark.title(en="The first update", ko="첫 번째 갱신")
def test_first_update(submission, reference, rng):
    """One sample of class 0: the weights move against it, by lr."""
    given = {"X": eighths(rng, (1, 3), 1, 2), "y": np.array([0]), "lr": 0.5, "epochs": 1}

    assert_weights(submission, reference, given)


@one_epoch
@pytest.mark.parametrize(
    ("labels", "d"),
    [
        case([1, 0, 1, 0, 0, 1], 2, id="two_inputs", en="6 samples with 2 inputs", ko="입력 2개, 표본 6개"),
        case(
            [1, 0, 1, 1, 0, 1, 0], 4, id="four_inputs", en="7 samples with 4 inputs", ko="입력 4개, 표본 7개"
        ),
        case([1, 0, 1, 1, 1], 1, id="one_input", en="5 samples with one input", ko="입력 1개, 표본 5개"),
    ],
)
def test_one_epoch(submission, reference, rng, labels, d):
    """Each sample is judged by the weights that the ones before it have left."""
    assert_weights(submission, reference, draw(rng, labels, d, lr=0.5))


@one_epoch
@pytest.mark.title(en="The same samples from the last to the first", ko="같은 표본을 마지막부터 거꾸로")
def test_order(submission, reference, rng):
    """Samples are visited in the order in which they are given: another order, other weights."""
    given = draw(rng, [1, 0, 1, 1, 0, 1], 3, lr=0.5)
    for X, y in ((given["X"], given["y"]), (given["X"][::-1].copy(), given["y"][::-1].copy())):
        assert_weights(submission, reference, {**given, "X": X, "y": y})


@one_epoch
@pytest.mark.title(en="Other learning rates, and none given", ko="다른 학습률, 그리고 학습률을 주지 않을 때")
def test_learning_rate(submission, reference, rng):
    """lr 0.25 and 2, and the default 1."""
    given = draw(rng, [1, 0, 0, 1, 1, 0], 3, lr=0.25)
    for rate in ({"lr": 0.25}, {"lr": 2.0}, {}):
        assert_weights(submission, reference, {"X": given["X"], "y": given["y"], "epochs": 1, **rate})


@one_epoch
@pytest.mark.title(en="How many updates one epoch makes", ko="한 에폭 동안의 갱신 횟수")
def test_count(submission, reference, rng):
    """Inputs are positive: after one update for class 0 every sum is negative, and the next ones are foreseen."""
    for labels in ([0, 0, 0], [1, 1, 0], [0, 1], [1, 1, 1, 0, 0]):
        given = {"X": eighths(rng, (len(labels), 3), 0, 2), "y": np.array(labels), "lr": 0.5, "epochs": 1}

        _, count = two(submission.perceptron_fit(**given))

        assert_equal(count, reference.perceptron_fit(**given)[1], name=f"n_updates for the classes {labels}")


@one_epoch
@pytest.mark.title(en="perceptron_fit leaves X and y alone", ko="perceptron_fit는 X와 y를 바꾸지 않음")
def test_fit_unchanged(submission, reference, rng):
    """The weights are right, and the samples are as they were."""
    assert_weights(submission, reference, draw(rng, [1, 0, 0, 1, 0, 0], 3, lr=0.5))
    assert_unchanged(submission)


gates = pytest.mark.group("gates", points=20, en="Learning AND, OR and NAND", ko="AND, OR, NAND 학습")


@gates
@pytest.mark.parametrize(
    "name",
    [
        case("and", id="and", en="The decision line of AND", ko="AND의 결정 경계"),
        case("or", id="or", en="The decision line of OR", ko="OR의 결정 경계"),
        case("nand", id="nand", en="The decision line of NAND", ko="NAND의 결정 경계"),
    ],
)
def test_gate(submission, reference, rng, name):
    """Four corners in a random order, ten epochs."""
    assert_line(submission, reference, gate(rng, name))


@gates
@pytest.mark.title(en="Updates stop once AND is learnt", ko="AND를 다 배우면 갱신이 멈춤")
def test_and_stops(submission, reference, rng):
    """n_updates after 1 to 8 epochs: it rises, then stays."""
    assert_counts(submission, reference, {"X": CORNERS, "y": np.array(GATES["and"]), "lr": 1.0})


xor = pytest.mark.group("xor", points=10, en="XOR, which no line separates", ko="직선으로 나눌 수 없는 XOR")


@xor
@pytest.mark.title(en="Updates never stop for XOR", ko="XOR에서는 갱신이 멈추지 않음")
def test_xor_never_stops(submission, reference, rng):
    """No line separates XOR: n_updates rises from epoch to epoch."""
    assert_counts(submission, reference, {"X": CORNERS, "y": np.array(GATES["xor"]), "lr": 0.5})


@xor
@pytest.mark.title(en="Weights that go round in circles", ko="제자리를 맴도는 가중치")
def test_xor_weights(submission, reference, rng):
    """Weights after several numbers of epochs."""
    for epochs in (2, 3, 9):
        given = {"X": CORNERS, "y": np.array(GATES["xor"]), "lr": 0.5, "epochs": epochs}

        w, _ = two(submission.perceptron_fit(**given))

        want, _ = reference.perceptron_fit(**given)
        assert_close(w, want, name=f"w after {epochs} epochs", axes=WEIGHTS)


separated = pytest.mark.group(
    "separable", points=10, en="Random separable sets", ko="무작위로 뽑은, 분리 가능한 데이터"
)


@separated
@pytest.mark.title(en="The line between 20 points in the plane", ko="평면 위의 점 20개를 나누는 직선")
def test_separable_line(submission, reference, rng):
    """Found within 37 epochs, as Novikoff's theorem promises."""
    assert_line(submission, reference, separable(rng, 20, 2, gap=0.5))


@separated
@pytest.mark.title(en="20 samples with 5 inputs, all classified", ko="입력 5개인 표본 20개를 모두 분류")
def test_separable_classes(submission, reference, rng):
    """The weights put every sample of the training set on its side."""
    given = separable(rng, 20, 5, gap=0.75)

    w, _ = two(submission.perceptron_fit(**given))

    assert_shape(w, (6,), dtype="float64", name="w")
    classes = reference.predict(w=w, X=given["X"])
    assert_close(classes, given["y"], name="classes by your weights", axes=("sample",))
    assert_close(w, reference.perceptron_fit(**given)[0], name="w", axes=WEIGHTS)
