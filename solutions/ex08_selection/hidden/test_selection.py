"""Hidden suite of ex08: splitting data, choosing a model by the validation error, reporting the test error.

Splits are judged by what must be true of every right one, not by an order: who shuffles otherwise is right too. Data
are drawn until training, validation and test set each prefer another degree, so that it shows which of them chose.
"""

import numpy as np
import pytest

from grader.core.record import Text
from grader.judge import (
    CheckFault,
    Mismatch,
    StudentError,
    assert_close,
    assert_curve,
    assert_equal,
    assert_unchanged,
    fail,
)

SETS = ("train", "val", "test")
DEGREES = (1, 2, 3, 5, 8)  # no degree is its own place in the list
LAM = 0.5  # not small: with little regularisation a wrong scaler changes hardly anything
MODEL = ("mean", "std", "theta")
REPORT = ("d", "train_err", "val_err", "test_err")


def case(*values, id, en, ko):
    """One parametrized case with a readable id and its own title."""
    return pytest.param(*values, id=id, marks=pytest.mark.title(en=en, ko=ko))


def judged(submission, reference, call, check, rests_on):
    """`check` must hold for what `call()` returns.

    Where it does not, the functions in `rests_on`, (name, arguments) each and the simplest first, are asked as well:
    often the mistake is theirs, and then it is recognised there.
    """
    got = None
    try:
        got = call()
        check(got)
    except (Mismatch, StudentError) as fault:
        if isinstance(fault, StudentError) and fault.type_name == "NotImplementedError":
            raise
        wrong = []
        for name, inputs in rests_on:
            try:
                assert_close(getattr(submission, name)(**inputs), getattr(reference, name)(**inputs))
            except CheckFault:
                wrong.append(name)
        if isinstance(fault, StudentError):
            call()  # again, so that what is shown is this call
            raise
        fault.got = got[0] if isinstance(got, (tuple, list)) else got  # several calls: the first of them
        if wrong:
            fault.message = Text(
                en=f"{fault.message.en} For these data {wrong[0]} is not right either: mend it first.",
                ko=f"{fault.message.ko} 이 데이터에서 {wrong[0]}의 결과도 틀립니다. 그것부터 고치세요.",
            )
        raise


def parts(reference, training, x, y=None):
    """What a model fitted to `training`, and used on x and y, rests on: (function, arguments) each."""
    model = reference.fit(**training)
    found = [
        ("poly_features", {"x": x, "d": training["d"]}),
        ("fit", training),
        ("predict", {"model": model, "x": x}),
    ]
    return found if y is None else [*found, ("error", {"model": model, "x": x, "y": y})]


def member(got, key, keys, function):
    """One value of the dict that a function returned."""
    if not isinstance(got, dict) or set(got) != set(keys):
        names = ", ".join(keys)
        fail(
            en=f"{function} must return a dict with the keys {names}.",
            ko=f"{function}의 반환값은 키가 {names}인 dict여야 합니다.",
        )
    return got[key]


split_group = pytest.mark.group("split", points=30, en="Splitting", ko="데이터 나누기")

SIZES = [
    case({"n": 100}, (0.6, 0.2, 0.2), id="default", en="{what}: 100 rows", ko="{what}: 100행"),
    case(
        {"n": 120, "fractions": (0.7, 0.15, 0.15)},
        (0.7, 0.15, 0.15),
        id="large_train",
        en="{what}: 120 rows, 70 % : 15 % : 15 %",
        ko="{what}: 120행을 70 % : 15 % : 15 %로",
    ),
    case(
        {"n": 103, "fractions": (0.6, 0.2, 0.2)},
        (0.6, 0.2, 0.2),
        id="rounded",
        en="{what}: 103 rows, where nothing divides",
        ko="{what}: 나누어떨어지지 않는 103행",
    ),
    case(
        {"n": 77, "fractions": (0.5, 0.35, 0.15)},
        (0.5, 0.35, 0.15),
        id="uneven",
        en="{what}: 77 rows, 50 % : 35 % : 15 %",
        ko="{what}: 77행을 50 % : 35 % : 15 %로",
    ),
]


def titled(en, ko):
    """The cases of SIZES, their titles beginning with what is checked."""
    cases = []
    for one in SIZES:
        (mark,) = one.marks
        title = {"en": mark.kwargs["en"].format(what=en), "ko": mark.kwargs["ko"].format(what=ko)}
        cases.append(case(*one.values, id=one.id, **title))
    return pytest.mark.parametrize(("given", "fractions"), cases)


def three_sets(got, n):
    """The three sets that `split` returned: arrays of row numbers."""
    if not isinstance(got, (tuple, list)) or len(got) != 3:
        fail(
            en="split must return the tuple (train, val, test).",
            ko="split의 반환값은 튜플 (train, val, test)여야 합니다.",
        )
    for name, rows in zip(SETS, got, strict=True):
        if not isinstance(rows, np.ndarray) or rows.ndim != 1 or rows.dtype.kind not in "iu":
            fail(
                en=f"{name} must be a NumPy array of row numbers: one axis, whole numbers.",
                ko=f"{name}의 값은 행 번호를 담은 NumPy 배열이어야 합니다. 축은 하나, 원소는 정수입니다.",
            )
        if rows.size and not (rows.min() >= 0 and rows.max() < n):
            fail(
                en=f"{name} holds row numbers outside of 0 to {n - 1}.",
                ko=f"{name}에 0부터 {n - 1}까지의 범위를 벗어난 행 번호가 있습니다.",
            )
        if rows.size > 1 and (rows == rows[0]).all():
            fail(
                en=f"{name} holds row {rows[0]} and no other, {rows.size} times.",
                ko=f"{name}에 {rows[0]}번 행만 {rows.size}번 들어 있습니다.",
            )
    if (total := sum(map(len, got))) > n + 5:  # each may be less than 2 larger than its fraction
        fail(
            en=f"The three sets have {total} rows together, of {n}.",
            ko=f"세 집합의 행을 모두 더하면 {total}개인데 데이터는 {n}행입니다.",
        )
    return [np.asarray(rows, dtype=np.int64) for rows in got]


def seed_of(rng):
    """A seed for `split`."""
    return int(rng.integers(1, 10**6))


@split_group
@titled("Sizes", "크기")
def test_sizes(submission, rng, given, fractions):
    """Each set has its part of the rows."""
    n = given["n"]

    sets = three_sets(submission.split(**given, seed=seed_of(rng)), n)

    for name, rows, fraction in zip(SETS, sets, fractions, strict=True):
        if not abs(len(rows) - fraction * n) < 2:
            fail(
                en=f"{name} has {len(rows)} rows; {fraction:g} of {n} are {fraction * n:g}.",
                ko=f"{name}의 행 수가 {len(rows)}입니다. {n}행의 {fraction:g}배는 {fraction * n:g}행입니다.",
            )


@split_group
@titled("Every row is somewhere", "모든 행이 어딘가에 있음")
def test_complete(submission, rng, given, fractions):  # noqa: ARG001 - the cases are those of the sizes
    """No row is lost."""
    n = given["n"]

    sets = three_sets(submission.split(**given, seed=seed_of(rng)), n)

    if lost := n - len(np.unique(np.concatenate(sets))):
        fail(
            en=f"{lost} of {n} rows are in no set. The rows that rounding leaves over belong somewhere, too.",
            ko=f"{n}행 가운데 {lost}행이 어느 집합에도 없습니다. 반올림하고 남은 행도 어딘가에 넣으세요.",
        )


@split_group
@pytest.mark.title(en="No row is both in {one} and in {other}", ko="{one}과 {other}에 함께 있는 행은 없음")
@pytest.mark.parametrize(
    ("one", "other"), [("train", "val"), ("train", "test"), ("val", "test")], ids=lambda name: name
)
def test_disjoint(submission, rng, one, other):
    """What was trained on is no test."""
    sets = dict(zip(SETS, three_sets(submission.split(n=300, seed=seed_of(rng)), 300), strict=True))

    if both := len(np.intersect1d(sets[one], sets[other])):
        fail(
            en=f"{both} rows are both in {one} and in {other}. Shuffle once, then cut.",
            ko=f"{both}개 행이 {one}과 {other}에 함께 들어 있습니다. 한 번만 섞은 다음 자르세요.",
        )
    if not all(len(rows) for rows in sets.values()):
        fail(en="A set is empty.", ko="비어 있는 집합이 있습니다.")


@split_group
@pytest.mark.title(en="No row is twice in a set", ko="한 집합에 두 번 들어 있는 행은 없음")
def test_distinct(submission, rng):
    """Drawing without replacement."""
    sets = three_sets(submission.split(n=300, seed=seed_of(rng)), 300)

    for name, rows in zip(SETS, sets, strict=True):
        if twice := len(rows) - len(np.unique(rows)):
            fail(
                en=f"{name} holds {twice} rows more than once.",
                ko=f"{name}에 {twice}개 행이 거듭 들어 있습니다.",
            )
    if not all(len(rows) for rows in sets):
        fail(en="A set is empty.", ko="비어 있는 집합이 있습니다.")


@split_group
@pytest.mark.title(en="Rows are shuffled before they are cut", ko="자르기 전에 행을 섞음")
def test_shuffled(submission, rng):
    """Each set has rows of the first and of the last third: data are often sorted.

    By chance a set of 40 of 200 rows has none of one third once in 10 million times.
    """
    sets = three_sets(submission.split(n=200, seed=seed_of(rng)), 200)

    for name, rows in zip(SETS, sets, strict=True):
        if not (np.any(rows < 67) and np.any(rows >= 133)):
            fail(
                en=f"{name} has no rows of the first or of the last third of the data. If they are sorted, it sees only "
                "a part of them: shuffle first.",
                ko=f"{name}에 앞쪽 3분의 1이나 뒤쪽 3분의 1의 행이 하나도 없습니다. 데이터가 정렬되어 있다면 일부만 "
                "보게 되므로 먼저 섞으세요.",
            )


@split_group
@pytest.mark.title(en="The same seed gives the same sets", ko="seed가 같으면 같은 집합")
def test_repeats(submission, rng):
    """An experiment can be repeated."""
    seed = seed_of(rng)

    one, other = (three_sets(submission.split(n=80, seed=seed), 80) for _ in range(2))

    for name, rows, again in zip(SETS, one, other, strict=True):
        if not np.array_equal(rows, again) or not rows.size:
            fail(
                en=f"{name} differs between two calls with the same seed. Take every random number from "
                "np.random.default_rng(seed).",
                ko=f"seed가 같은데 두 번 부르면 {name}의 값이 다릅니다. 난수는 모두 np.random.default_rng(seed)에서 "
                "뽑으세요.",
            )


@split_group
@pytest.mark.title(en="Another seed gives other sets", ko="seed가 다르면 다른 집합")
def test_varies(submission, rng):
    """The seed is used."""
    seed = seed_of(rng)

    one, other = (three_sets(submission.split(n=80, seed=s), 80) for s in (seed, seed + 1))

    if all(np.array_equal(rows, again) for rows, again in zip(one, other, strict=True)):
        fail(
            en="Two different seeds give the same sets: the seed has no effect.",
            ko="서로 다른 seed로도 같은 집합이 나옵니다. seed가 반영되지 않습니다.",
        )


features_group = pytest.mark.group("features", points=15, en="Polynomial features", ko="다항식 특성")
COLUMNS = ("sample", "power - 1")


@features_group
@pytest.mark.parametrize(
    ("n", "d"),
    [
        case(5, 4, id="usual", en="4 powers of 5 numbers", ko="수 5개의 거듭제곱 4개"),
        case(4, 1, id="first", en="The first power alone", ko="1제곱만"),
        case(1, 3, id="one_sample", en="3 powers of one number", ko="수 하나의 거듭제곱 3개"),
    ],
)
def test_features(submission, reference, rng, n, d):
    """x, x², … in this order, for negative numbers too."""
    x = rng.uniform(1.2, 2.5, n) * rng.choice([-1.0, 1.0], n)

    got = submission.poly_features(x=x, d=d)

    assert_close(got, reference.poly_features(x=x, d=d), name="features", axes=COLUMNS)


@features_group
@pytest.mark.title(en="Powers of large whole numbers", ko="큰 정수의 거듭제곱")
def test_features_of_integers(submission, reference, rng):
    """float64 has room for 2000⁶, int64 has not."""
    x = rng.integers(2000, 3000, 4)

    got = submission.poly_features(x=x, d=6)

    assert_close(got, reference.poly_features(x=x, d=6), name="features", axes=COLUMNS)


@features_group
@pytest.mark.title(en="poly_features leaves x alone", ko="poly_features는 x를 바꾸지 않음")
def test_features_unchanged(submission, reference, rng):
    """Right, and without writing into x."""
    x = rng.uniform(0.5, 2, 5)

    got = submission.poly_features(x=x, d=2)

    assert_close(got, reference.poly_features(x=x, d=2), name="features", axes=COLUMNS)
    assert_unchanged(submission)


SHAPES = {
    "line": lambda x: 1.5 * x,
    "cubic": lambda x: x**3 - 2 * x,
    "waves": lambda x: 3 * np.sin(3 * x),
}
NOISE = {"line": 1.0, "cubic": 1.0, "waves": 0.5}


def draw(rng, shape, n=40):
    """Noisy data and three disjoint sets of rows, 16, 12 and 12 of 40."""
    x = rng.uniform(-2, 2, n)
    y = SHAPES[shape](x) + rng.normal(0, NOISE[shape], n)
    rows = rng.permutation(n)
    return x, y, (rows[: n * 4 // 10], rows[n * 4 // 10 : n * 7 // 10], rows[n * 7 // 10 :])


def curves(x, y, fitted_to, sets, lam, scaled_by=None):
    """Errors on some sets, (sets, degrees), of the polynomials that are fitted to the rows `fitted_to`.

    `scaled_by`: the rows whose statistics scale the features, where they are others. It says the same as the
    reference, in a tenth of the time: draws are many.
    """
    powers = x[:, None] ** np.arange(1, DEGREES[-1] + 1)
    known = powers[fitted_to if scaled_by is None else scaled_by]
    A = np.column_stack([np.ones(len(x)), (powers - known.mean(axis=0)) / known.std(axis=0)])
    seen = A[fitted_to]
    products = seen.T @ seen + np.diag([0.0, *[lam] * DEGREES[-1]])
    targets = seen.T @ y[fitted_to]
    thetas = np.zeros((DEGREES[-1] + 1, len(DEGREES)))
    for column, d in enumerate(DEGREES):
        thetas[: d + 1, column] = np.linalg.solve(products[: d + 1, : d + 1], targets[: d + 1])
    squares = (A @ thetas - y[:, None]) ** 2
    return np.array([squares[rows].mean(axis=0) / 2 for rows in sets])


def best(errors):
    """The degree with the smallest error."""
    return DEGREES[int(errors.argmin())]


def clear(errors):
    """Whether one degree is clearly the best."""
    first, second = np.sort(errors)[:2]
    return second > 1.02 * first


KINDS = {
    "low": ("line", 0.01, 1),
    "middle": ("cubic", 0.01, 3),
    "high": ("waves", 0.1, 8),
    "strong": ("line", 3.0, None),
}


def draw_selection(rng, kind):
    """Data, and the degree of the smallest validation error. How a wrong choice shows does not depend on the seed.

    Where a low or middle degree is best, whoever does not ask the validation set prefers another; where a high one is,
    all agree. With strong regularisation the three wrong ways to choose disagree among each other as well, and the
    highest degree is not the best.
    """
    shape, lam, wanted = KINDS[kind]
    while True:
        x, y, (train, val, _) = draw(rng, shape)
        by_train, by_val = curves(x, y, train, (train, val), lam)
        d = best(by_val)
        if not clear(by_val) or wanted not in (d, None):
            continue
        others = [best(by_train)]  # and by errors on the validation set of what was fitted to it
        for fitted_to in (val, np.concatenate([train, val])):
            others += map(best, curves(x, y, fitted_to, (val,), lam))
        agree = set(others) == {d}
        apart = d not in (*others, DEGREES[-1]) and (kind != "strong" or len(set(others)) == 3)
        if agree if kind == "high" else apart:
            data = {"xtr": x[train], "ytr": y[train], "xval": x[val], "yval": y[val]}
            return {**data, "degrees": DEGREES, "lam": lam}, d


def draw_report(rng):
    """Data of which each set prefers another degree, the training set the highest.

    A scaler that has seen all rows changes the errors enough to be seen, and not the degree that is chosen: how that
    mistake shows does not depend on the seed.
    """
    while True:
        x, y, sets = draw(rng, "cubic")
        train, val, test = errors = curves(x, y, sets[0], sets, LAM)
        degrees = {best(train), best(val), best(test)}
        if best(train) != DEGREES[-1] or len(degrees) < 3 or not all(map(clear, errors)):
            continue
        leaky = curves(x, y, sets[0], sets, LAM, scaled_by=slice(None))
        chosen = int(val.argmin())
        differs = np.abs(leaky - errors)[:, chosen] > 1e-3 * errors[:, chosen]
        if int(leaky[1].argmin()) == chosen and differs.all():
            return {"x": x, "y": y, "sets": sets, "degrees": DEGREES, "lam": LAM}


selection_group = pytest.mark.group("selection", points=25, en="Choosing a degree", ko="차수 고르기")


@selection_group
@pytest.mark.title(en="The fitted polynomial of degree {d}", ko="데이터에 맞춘 {d}차 다항식")
@pytest.mark.parametrize("d", [1, 3])
def test_fitted_curve(submission, reference, rng, d):
    """`fit` and `predict` together, seen as a curve."""
    x, y, (train, _, _) = draw(rng, "cubic")
    data = {"x": x[train], "y": y[train], "d": d, "lam": LAM}
    grid = np.linspace(-2, 2, 60)
    want = reference.predict(model=reference.fit(**data), x=grid)

    judged(
        submission,
        reference,
        lambda: submission.predict(model=submission.fit(**data), x=grid),
        lambda got: assert_curve(grid, got, want, name=f"h, degree {d}"),
        parts(reference, data, grid),
    )


@selection_group
@pytest.mark.title(en="theta of a polynomial of degree 3", ko="3차 다항식의 theta")
def test_theta(submission, reference, rng):
    """The parameters that belong to standardised features."""
    x, y, (train, _, _) = draw(rng, "cubic")
    data = {"x": x[train], "y": y[train], "d": 3, "lam": LAM}

    judged(
        submission,
        reference,
        lambda: submission.fit(**data),
        lambda got: assert_close(
            member(got, "theta", MODEL, "fit"), reference.fit(**data)["theta"], name="theta", axes=("power",)
        ),
        [("poly_features", {"x": data["x"], "d": 3})],
    )


@selection_group
@pytest.mark.title(en="J of a model, samples: {n}", ko="모델의 J, 표본 {n}개")
@pytest.mark.parametrize("n", [1, 7])
def test_error(submission, reference, rng, n):
    """J as the formula says, for a model that is given."""
    x, y, (train, _, test) = draw(rng, "cubic")
    model = reference.fit(x=x[train], y=y[train], d=2, lam=LAM)
    given = {"model": model, "x": x[test[:n]], "y": y[test[:n]]}

    judged(
        submission,
        reference,
        lambda: submission.error(**given),
        lambda got: assert_close(got, reference.error(**given), name="J"),
        [
            ("poly_features", {"x": given["x"], "d": 2}),
            ("predict", {"model": model, "x": given["x"]}),
        ],
    )


def parabola(rng):
    """Points of x², without noise: a line cannot follow them."""
    xtr, xval = rng.uniform(-2, 2, 12), rng.uniform(-2, 2, 6)
    return {"xtr": xtr, "ytr": xtr**2, "xval": xval, "yval": xval**2, "degrees": (1, 2), "lam": LAM}


@selection_group
@pytest.mark.parametrize(
    "kind",
    [
        case("low", id="low", en="Data of which a line is best", ko="직선이 가장 나은 데이터"),
        case("middle", id="middle", en="Data of which degree 3 is best", ko="3차가 가장 나은 데이터"),
        case("high", id="high", en="Data of which degree 8 is best", ko="8차가 가장 나은 데이터"),
        case("strong", id="strong", en="A choice under strong regularisation", ko="규제가 강할 때의 선택"),
    ],
)
def test_select(submission, reference, rng, kind):
    """The degree with the smallest error on the validation set; of other data, another one."""
    given, want = draw_selection(rng, kind)
    if kind == "high" or want == 2:
        other, wanted = draw_selection(rng, "low")
    else:
        other, wanted = parabola(rng), 2
    training = {"x": given["xtr"], "y": given["ytr"], "d": want, "lam": given["lam"]}

    def check(got):
        assert_equal(got[0], want, name="d")
        assert_equal(got[1], wanted, name="d")

    judged(
        submission,
        reference,
        lambda: (submission.select_degree(**given), submission.select_degree(**other)),
        check,
        parts(reference, training, given["xval"], given["yval"]),
    )


@selection_group
@pytest.mark.title(en="J_cv over the degree", ko="차수에 따른 J_cv")
def test_validation_curve(submission, reference, rng):
    """The curve whose lowest point is the choice: `fit` to the training set, `error` on the validation set."""
    x, y, (train, val, _) = draw(rng, "cubic")
    training = [{"x": x[train], "y": y[train], "d": d, "lam": LAM} for d in DEGREES]
    validation = {"x": x[val], "y": y[val]}
    want = [reference.error(model=reference.fit(**inputs), **validation) for inputs in training]

    def check(got):
        for each, expected in zip(got, want, strict=True):
            try:
                assert_close(each, expected, name="J_cv")
            except Mismatch as e:
                numbers = [
                    float(j) for j in got if isinstance(j, (int, float, np.ndarray)) and np.size(j) == 1
                ]
                if len(numbers) == len(got):
                    assert_curve(np.array(DEGREES), np.array(numbers), np.array(want), name="J_cv")
                raise e from None

    judged(
        submission,
        reference,
        lambda: [submission.error(model=submission.fit(**inputs), **validation) for inputs in training],
        check,
        parts(reference, training[2], x[val]),
    )


@selection_group
@pytest.mark.title(en="Of equally good degrees the lowest", ko="똑같이 좋은 차수 가운데 가장 낮은 것")
def test_select_tie(submission, rng):
    """All polynomials fit zeros exactly. A line does not fit a parabola: the lowest is not always right."""
    degrees = tuple(int(d) for d in np.sort(rng.choice(np.arange(2, 9), 3, replace=False)))
    zeros = {**parabola(rng), "ytr": np.zeros(12), "yval": np.zeros(6), "degrees": degrees}

    tied = submission.select_degree(**zeros)
    clear_cut = submission.select_degree(**parabola(rng))

    assert_equal(tied, degrees[0], name="d")
    assert_equal(clear_cut, 2, name="d")


report_group = pytest.mark.group("report", points=20, en="The report", ko="보고")


def rests(reference, given):
    """What a report rests on: (function, arguments) each."""
    x, y, (train, val, test) = given["x"], given["y"], given["sets"]
    selection = {
        "xtr": x[train],
        "ytr": y[train],
        "xval": x[val],
        "yval": y[val],
        "degrees": given["degrees"],
        "lam": given["lam"],
    }
    d = reference.select_degree(**selection)
    training = {"x": x[train], "y": y[train], "d": d, "lam": given["lam"]}
    return [*parts(reference, training, x[test], y[test]), ("select_degree", selection)]


@report_group
@pytest.mark.parametrize(
    "name",
    [
        case("d", id="d", en="The degree in the report", ko="보고한 차수"),
        case("train_err", id="train_err", en="The training error in the report", ko="보고한 학습 오차"),
        case("val_err", id="val_err", en="The validation error in the report", ko="보고한 검증 오차"),
        case("test_err", id="test_err", en="The test error in the report", ko="보고한 테스트 오차"),
    ],
)
def test_report(submission, reference, rng, name):
    """Training, validation and test set each prefer another degree: the validation set chooses."""
    given = draw_report(rng)
    want = reference.report(**given)[name]

    def check(got):
        value = member(got, name, REPORT, "report")
        if name == "d":
            assert_equal(value, want, name="d")
        else:
            assert_close(value, want, name=name)

    judged(submission, reference, lambda: submission.report(**given), check, rests(reference, given))


@report_group
@pytest.mark.title(en="The test set changes nothing but test_err", ko="테스트 집합은 test_err만 바꿈")
def test_test_set_is_used_once(submission, reference, rng):
    """The same data with other targets in the test set: whatever else differs has looked there."""
    given = draw_report(rng)
    changed = {**given, "y": given["y"].copy()}
    test = given["sets"][2]
    changed["y"][test] = 10 - changed["y"][test]

    def check(got):
        one, other = got
        for name in ("d", "train_err", "val_err"):
            before, after = (float(member(each, name, REPORT, "report")) for each in (one, other))
            if not abs(after - before) <= 1e-9 * abs(before):
                fail(
                    en=f"{name} changes from {before:.6g} to {after:.6g} when only the targets of the test set change. "
                    "Look at the test set once, at the very end.",
                    ko=f"테스트 집합의 목푯값만 바꾸었는데 {name}의 값이 바뀌었습니다({before:.6g} → {after:.6g}). "
                    "테스트 집합은 맨 끝에 한 번만 보세요.",
                )
        for each, inputs in zip(got, (given, changed), strict=True):
            assert_close(each["test_err"], reference.report(**inputs)["test_err"], name="test_err")

    judged(
        submission,
        reference,
        lambda: (submission.report(**given), submission.report(**changed)),
        check,
        rests(reference, given),
    )


@report_group
@pytest.mark.title(en="report leaves its inputs alone", ko="report는 입력을 바꾸지 않음")
def test_report_unchanged(submission, reference, rng):
    """Right, and neither x nor y nor a set is written to."""
    given = draw_report(rng)

    def check(got):
        assert_close(
            member(got, "test_err", REPORT, "report"), reference.report(**given)["test_err"], name="test_err"
        )
        assert_unchanged(submission)

    judged(submission, reference, lambda: submission.report(**given), check, rests(reference, given))


scaler_group = pytest.mark.group(
    "scaler", points=10, en="Scaled by the training set", ko="학습 데이터로 정규화"
)


@scaler_group
@pytest.mark.title(en="{name} of the features", ko="특성의 {name}")
@pytest.mark.parametrize("name", ["mean", "std"])
def test_statistics(submission, reference, rng, name):
    """Of every power, over the training data."""
    data = {"x": rng.uniform(-1, 3, 7), "y": rng.standard_normal(7), "d": 3, "lam": LAM}

    judged(
        submission,
        reference,
        lambda: submission.fit(**data),
        lambda got: assert_close(
            member(got, name, MODEL, "fit"), reference.fit(**data)[name], name=name, axes=("power - 1",)
        ),
        [("poly_features", {"x": data["x"], "d": 3})],
    )


@scaler_group
@pytest.mark.title(en="Predictions for new samples: {n}", ko="새 표본에 대한 예측: {n}개")
@pytest.mark.parametrize("n", [1, 6])
def test_predict_new(submission, reference, rng, n):
    """New samples are scaled as the training data were, also a single one, far from them."""
    model = reference.fit(x=rng.uniform(-1, 3, 9), y=rng.standard_normal(9), d=3, lam=LAM)
    x = rng.uniform(2, 4, n)

    judged(
        submission,
        reference,
        lambda: submission.predict(model=model, x=x),
        lambda got: assert_close(got, reference.predict(model=model, x=x), name="h", axes=("sample",)),
        [("poly_features", {"x": x, "d": 3})],
    )


@scaler_group
@pytest.mark.title(
    en="The report when validation and test data lie elsewhere",
    ko="검증과 테스트 데이터가 다른 곳에 있을 때의 보고",
)
def test_report_elsewhere(submission, reference, rng):
    """A scaler that has seen those data is another one."""
    x = np.concatenate([rng.uniform(-1, 1, 14), rng.uniform(0, 3, 16)])
    y = x**2 + rng.normal(0, 0.3, 30)
    sets = (rng.permutation(14), 14 + rng.permutation(8), 22 + rng.permutation(8))
    given = {"x": x, "y": y, "sets": sets, "degrees": (2,), "lam": 3.0}

    def check(got):
        for name in ("train_err", "val_err", "test_err"):
            value = member(got, name, REPORT, "report")
            assert_close(value, reference.report(**given)[name], name=name)

    judged(submission, reference, lambda: submission.report(**given), check, rests(reference, given))
