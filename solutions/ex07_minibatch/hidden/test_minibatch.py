"""Hidden suite of ex07: mini-batches and one epoch of SGD.

A right solution may draw its random order in its own way, so nothing here asks for one order: the checks
state what holds for every order. The rows of X differ from each other and are told by their values, which are
multiples of 1/8: a change of dtype does not hide which row it is, and is a matter of its own check. Whether an
order changed is asked of 20 rows and more, where it stays the same by chance once in 10^18.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from grader.core.record import CallEvidence
from grader.judge import (
    Program,
    Seed,
    assert_close,
    assert_shape,
    assert_speed,
    assert_unchanged,
    assert_varies,
    fail,
)
from grader.judge.evidence import array_evidence, describe

sizes = pytest.mark.group("sizes", points=20, en="Sizes of the batches", ko="배치의 크기")
once = pytest.mark.group("once", points=15, en="Every row once", ko="모든 행을 한 번씩")
pairs = pytest.mark.group("pairs", points=15, en="Rows of X with their y", ko="X의 행과 짝이 맞는 y")
order = pytest.mark.group("order", points=15, en="A new order, drawn from rng", ko="rng로 정하는 새로운 순서")
mixing = pytest.mark.group("mixing", points=10, en="Rows mix over many epochs", ko="여러 에폭에서 섞이는 행")
sgd = pytest.mark.group("sgd", points=10, en="One epoch of SGD", ko="SGD의 한 에폭")
contract = pytest.mark.group(
    "contract", points=15, en="Inputs unchanged, dtypes, shapes, speed", ko="입력 보존, dtype, 모양, 속도"
)


def case(*values, id, en, ko):
    """One parametrized case with a readable id and its own title."""
    return pytest.param(*values, id=id, marks=pytest.mark.title(en=en, ko=ko))


def draw(rng, n):
    """n rows that all differ, in no order, and as many different labels; no entry of the first column is 0."""
    keys = 1 + rng.permutation(999)[:n]
    return {
        "X": np.column_stack([keys / 8, rng.integers(-80, 81, n) / 8]),
        "y": 1 + rng.permutation(999)[:n],
    }


def a_seed(rng):
    """A seed for the submission's generator."""
    return int(rng.integers(2**31))


@dataclass(frozen=True)
class Epoch:
    """What one call of minibatches gave."""

    sizes: list
    rows: np.ndarray  # which row of X, in the order in which they came
    labels: np.ndarray  # the y that came with each, (n, K)


def read(got, X, y):
    """The batches `got` as row numbers; says so if they are no batches, or hold what is no row of X."""
    if got is None or isinstance(got, (np.ndarray, dict, str, bytes, bool, int, float)):
        what = describe(got)
        fail(
            en=f"minibatches returned {what.en}: yield one pair (X_batch, y_batch) for each batch.",
            ko=f"minibatches의 반환값: {what.ko}. 배치마다 (X_batch, y_batch) 쌍을 yield로 내보내세요.",
        )
    flat = X.reshape(len(X), int(np.prod(X.shape[1:])))  # -1 is ambiguous where there are no rows
    places = {tuple(row): i for i, row in enumerate(flat.tolist())}
    lengths, rows, labels = [], [], []
    for number, item in enumerate(got):
        if not isinstance(item, (tuple, list)) or len(item) != 2:
            what = describe(item)
            fail(
                en=f"Batch {number} is {what.en}: each batch is a pair (X_batch, y_batch).",
                ko=f"배치 {number}의 종류: {what.ko}. 배치는 (X_batch, y_batch) 쌍이어야 합니다.",
            )
        for name, part in zip(("X_batch", "y_batch"), item, strict=True):
            if not isinstance(part, np.ndarray) or part.ndim == 0:
                what = describe(part)
                fail(
                    en=f"Batch {number}: {name} is {what.en}. Take the rows by one indexing, X[rows] and y[rows].",
                    ko=f"배치 {number}의 {name} 종류: {what.ko}. X[rows]와 y[rows]처럼 한 번의 인덱싱으로 행을 꺼내세요.",
                )
        X_batch, y_batch = item
        if X_batch.ndim != X.ndim:
            fail(
                en=f"Batch {number}: X_batch has {X_batch.ndim} axes and X has {X.ndim}: only the number of rows changes.",
                ko=f"배치 {number}: X_batch의 축은 {X_batch.ndim}개, X의 축은 {X.ndim}개입니다. 행의 수만 달라져야 합니다.",
            )
        if len(X_batch) != len(y_batch):
            fail(
                en=f"Batch {number} has {len(X_batch)} rows of X and {len(y_batch)} of y: take the same rows of both.",
                ko=f"배치 {number}에 X는 {len(X_batch)}행, y는 {len(y_batch)}행이 들어 있습니다. 둘에서 같은 행을 꺼내세요.",
            )
        lengths.append(len(X_batch))
        if not len(X_batch):
            continue
        for j, row in enumerate(X_batch.reshape(len(X_batch), -1).tolist()):
            if tuple(row) not in places:
                fail(
                    en=f"Batch {number}: row {j} of X_batch, {row}, is no row of X.",
                    ko=f"배치 {number}: X_batch의 {j}번째 행 {row}은 X에 없는 행입니다.",
                    evidence=[array_evidence("got", X_batch, name=f"X_batch of batch {number}")],
                )
            rows.append(places[tuple(row)])
        labels.append(y_batch.reshape(len(y_batch), -1))
    width = y[:1].size
    if any(part.shape[1] != width for part in labels):
        wrong = next(part.shape[1] for part in labels if part.shape[1] != width)
        fail(
            en=f"y has {width} entries for each row, y_batch has {wrong}.",
            ko=f"y에는 행마다 원소가 {width}개 있지만 y_batch에는 {wrong}개 있습니다.",
        )
    return Epoch(
        sizes=lengths,
        rows=np.array(rows, dtype=np.int64),
        labels=np.concatenate(labels) if labels else np.zeros((0, width)),
    )


def listed(numbers):
    """Numbers as one reads them, the first ten."""
    shown = ", ".join(str(number) for number in numbers[:10])
    return shown + (", …" if len(numbers) > 10 else "")


def assert_sizes(epoch, want, call=()):
    """The batches have these numbers of rows; `call` is evidence of what was called."""
    if epoch.sizes == want:
        return
    evidence = [
        array_evidence(role, np.array(one), name="rows in each batch", axes=("batch",))
        for role, one in (("expected", want), ("got", epoch.sizes))
        if one
    ]
    fail(
        en=f"Expected batches of these sizes: {listed(want) or 'none'}. Yours: {listed(epoch.sizes) or 'none'}.",
        ko=f"배치의 크기가 다릅니다. 기대한 크기: {listed(want) or '없음'}. 제출한 크기: {listed(epoch.sizes) or '없음'}.",
        evidence=[*call, *evidence],
    )


def assert_some(epoch, count):
    """There are at least so many rows: what holds for no rows at all is no merit."""
    if len(epoch.rows) < count:
        fail(
            en=f"The batches of the epoch hold {len(epoch.rows)} rows in all, at least {count} are expected.",
            ko=f"에폭의 배치에 든 행이 모두 {len(epoch.rows)}개입니다. 적어도 {count}개여야 합니다.",
        )


def assert_once(rows, n):
    """Each of the n rows came exactly once."""
    times = np.bincount(rows, minlength=n)
    missing, often = np.flatnonzero(times == 0), np.flatnonzero(times > 1)
    if not len(missing) and not len(often):
        return
    en = [f"These rows of X never came: {listed(missing)}."] if len(missing) else []
    ko = [f"나오지 않은 X의 행: {listed(missing)}."] if len(missing) else []
    if len(often):
        en.append(f"These came more than once: {listed(often)}.")
        ko.append(f"두 번 이상 나온 행: {listed(often)}.")
    fail(
        en=" ".join([*en, "An epoch holds every row exactly once."]),
        ko=" ".join([*ko, "한 에폭에는 모든 행이 꼭 한 번씩 나와야 합니다."]),
        evidence=[
            array_evidence("expected", np.ones(n, np.int64), name="times that each row came", axes=("row",)),
            array_evidence("got", times, name="times that each row came", axes=("row",)),
        ],
    )


def assert_pairs(rows, labels, y):
    """Each row came with its own y."""
    want = y.reshape(len(y), -1)[rows]
    wrong = np.flatnonzero((labels != want).any(axis=1))
    if not len(wrong):
        return
    first = wrong[0]
    mine, its = (one[0] if len(one) == 1 else one for one in (labels[first].tolist(), want[first].tolist()))
    fail(
        en=f"{len(wrong)} of {len(rows)} rows came with the y of another row: row {rows[first]} of X has y = {its}, "
        f"but came with {mine}.",
        ko=f"행 {len(rows)}개 중 {len(wrong)}개에 다른 행의 y가 붙었습니다. X의 {rows[first]}번 행에 맞는 y는 {its}, "
        f"실제로 붙은 값은 {mine}입니다.",
        evidence=[
            array_evidence("expected", want, name="y of the rows, as they came", axes=("position", "entry")),
            array_evidence("got", labels, name="y of the rows, as they came", axes=("position", "entry")),
        ],
    )


def called(count, arguments):
    """Evidence: what was called, for calls that crossed the wall together."""
    return CallEvidence(text=f"for epoch in range({count}): list(minibatches({arguments}))")


def orders(*rows):
    """Evidence: which row came at which position, an epoch a line."""
    return [array_evidence("got", np.stack(rows), name="number of the row", axes=("epoch", "position"))]


def epochs(submission, given, seed, count):
    """Several epochs, all from one generator.

    The generator has to live on the far side: a Seed stands for a new one in each call, so we take a child of it,
    which a program can pass on.
    """
    program = Program()
    rng = program.operator("getitem", program.method(Seed(seed), "spawn", 1), 0)
    arrays = {name: program.operator("pos", given[name]) for name in ("X", "y")}  # sent once
    given = {**given, **arrays, "rng": rng}
    results = [program.operator("list", program.call("minibatches", **given)) for _ in range(count)]
    return submission.run(program, results)


# ---------------------------------------------------------------------------------------------- sizes


@sizes
@pytest.mark.parametrize(
    ("n", "batch_size", "want"),
    [
        case(8, 4, [4, 4], id="dividing", en="8 rows by 4", ko="8행을 4행씩"),
        case(10, 4, [4, 4, 2], id="two_left", en="10 rows by 4: two are left", ko="10행을 4행씩: 2행이 남음"),
        case(9, 4, [4, 4, 1], id="one_left", en="9 rows by 4: one is left", ko="9행을 4행씩: 1행이 남음"),
        case(5, 1, [1] * 5, id="single", en="5 rows one by one", ko="5행을 1행씩"),
        case(3, 5, [3], id="larger", en="A batch size larger than n", ko="n보다 큰 배치 크기"),
    ],
)
def test_sizes(submission, rng, n, batch_size, want):
    """All batches are full, but for a last one that holds what is left."""
    given = draw(rng, n)

    got = submission.minibatches(**given, batch_size=batch_size, rng=Seed(a_seed(rng)), shuffle=False)

    assert_sizes(read(got, **given), want)


@sizes
@pytest.mark.title(en="No rows, and a single row", ko="행이 없을 때와 하나일 때")
def test_sizes_empty(submission, rng):
    """One row makes a batch; no rows make none, and no empty one."""
    one = draw(rng, 1)
    none = {"X": one["X"][:0], "y": one["y"][:0]}

    got = submission.minibatches(**one, batch_size=4, rng=Seed(a_seed(rng)), shuffle=False)
    assert_sizes(read(got, **one), [1])

    got = submission.minibatches(**none, batch_size=4, rng=Seed(a_seed(rng)), shuffle=False)
    assert_sizes(read(got, **none), [])


@sizes
@pytest.mark.title(en="The smaller batch comes last when shuffled, too", ko="섞어도 작은 배치는 마지막")
def test_sizes_shuffled(submission, rng):
    """In 40 epochs; by chance the smaller batch is last in a third of them."""
    given = draw(rng, 10)

    got = epochs(submission, {**given, "batch_size": 4}, a_seed(rng), 40)

    for one in got:
        assert_sizes(read(one, **given), [4, 4, 2], call=[called(40, "X, y, batch_size=4, rng=rng")])


@sizes
@pytest.mark.parametrize(
    "cases",
    [
        case(
            [(12, 5, [5, 5])],  # no power of 2: whoever works on bits must not be right
            id="two_left",
            en="drop_last leaves out 2 of 12 rows",
            ko="drop_last로 12행 중 2행을 뺌",
        ),
        case(
            [(8, 4, [4, 4])],
            id="dividing",
            en="drop_last has nothing to leave out",
            ko="drop_last로 뺄 행이 없음",
        ),
        case(
            [(5, 5, [5]), (3, 5, [])],
            id="larger",
            en="drop_last and a batch size of n, or larger",
            ko="drop_last와 n 이상인 배치 크기",
        ),
    ],
)
def test_drop_last(submission, rng, cases):
    """Full batches only."""
    for n, batch_size, want in cases:
        given = draw(rng, n)

        got = submission.minibatches(
            **given, batch_size=batch_size, rng=Seed(a_seed(rng)), shuffle=False, drop_last=True
        )

        assert_sizes(read(got, **given), want)


# ---------------------------------------------------------------------------------------------- every row once


@once
@pytest.mark.parametrize(
    ("n", "batch_size"),
    [
        case(24, 6, id="dividing", en="24 rows by 6", ko="24행을 6행씩"),
        case(23, 5, id="not_dividing", en="23 rows by 5", ko="23행을 5행씩"),
        case(21, 4, id="one_left", en="21 rows by 4", ko="21행을 4행씩"),
        case(20, 32, id="larger", en="20 rows by 32", ko="20행을 32행씩"),
        case(22, 1, id="single", en="22 rows one by one", ko="22행을 1행씩"),
    ],
)
def test_every_row_once(submission, rng, n, batch_size):
    """No row is lost and none comes twice."""
    given = draw(rng, n)

    got = submission.minibatches(**given, batch_size=batch_size, rng=Seed(a_seed(rng)))

    assert_once(read(got, **given).rows, n)


# ---------------------------------------------------------------------------------------------- pairs


@pairs
@pytest.mark.parametrize(
    ("n", "batch_size", "drop_last"),
    [
        case(23, 5, False, id="labels", en="23 rows by 5", ko="23행을 5행씩"),
        case(20, 1, False, id="single", en="20 rows one by one", ko="20행을 1행씩"),
        case(
            22, 4, True, id="drop_last", en="22 rows by 4, with drop_last", ko="22행을 4행씩, drop_last 사용"
        ),
    ],
)
def test_pairs(submission, rng, n, batch_size, drop_last):
    """Each row of X comes with the y that belongs to it."""
    given = draw(rng, n)
    settings = {"drop_last": True} if drop_last else {}

    got = submission.minibatches(**given, batch_size=batch_size, rng=Seed(a_seed(rng)), **settings)

    epoch = read(got, **given)
    assert_some(epoch, batch_size)
    assert_pairs(epoch.rows, epoch.labels, given["y"])


@pairs
@pytest.mark.title(en="Targets with three entries each", ko="원소가 세 개인 목푯값")
def test_pairs_of_vectors(submission, rng):
    """y may have more than one axis: whole rows of it are taken."""
    X = draw(rng, 23)["X"]
    y = rng.permutation(999)[:69].reshape(23, 3) / 8

    got = submission.minibatches(X=X, y=y, batch_size=5, rng=Seed(a_seed(rng)))

    epoch = read(got, X, y)
    assert_some(epoch, 5)
    assert_pairs(epoch.rows, epoch.labels, y)


# ---------------------------------------------------------------------------------------------- order


@order
@pytest.mark.title(en="The rows come in another order than in X", ko="X와 다른 순서로 나오는 행")
def test_order_changes(submission, rng):
    """Shuffling is the default. 40 rows stay in order by chance once in 40!."""
    given = draw(rng, 40)

    got = submission.minibatches(**given, batch_size=4, rng=Seed(a_seed(rng)))

    epoch = read(got, **given)
    assert_some(epoch, 32)
    if np.array_equal(epoch.rows, np.arange(40)):
        fail(
            en="The rows come in the order of X: shuffle them before you cut batches.",
            ko="행이 X의 순서 그대로 나옵니다. 배치로 자르기 전에 섞으세요.",
            evidence=orders(epoch.rows),
        )


@order
@pytest.mark.title(en="One batch of all rows is shuffled as well", ko="모든 행이 든 배치 하나도 섞음")
def test_one_batch_is_shuffled(submission, rng):
    """shuffle=True means the same for every batch size."""
    given = draw(rng, 30)

    got = submission.minibatches(**given, batch_size=30, rng=Seed(a_seed(rng)))

    epoch = read(got, **given)
    assert_some(epoch, 30)
    if np.array_equal(epoch.rows, np.arange(30)):
        fail(
            en="With one batch of all rows they come in the order of X: shuffle the rows, whatever the batch size.",
            ko="배치가 하나일 때 행이 X의 순서 그대로 나옵니다. 배치 크기와 상관없이 행을 섞으세요.",
            evidence=orders(epoch.rows),
        )


@order
@pytest.mark.title(
    en="The next epoch from the same rng has another order", ko="같은 rng의 다음 에폭은 다른 순서"
)
def test_two_epochs_differ(submission, rng):
    """The generator moves on from epoch to epoch."""
    given = draw(rng, 40)

    got = epochs(submission, {**given, "batch_size": 4}, a_seed(rng), 2)

    first, second = (read(one, **given) for one in got)
    assert_some(second, 32)
    if np.array_equal(first.rows, second.rows):
        fail(
            en="Two epochs in a row have the same order: draw a new one from rng in each call.",
            ko="두 에폭의 순서가 같습니다. 호출할 때마다 rng로 새로운 순서를 정하세요.",
            evidence=[called(2, "X, y, batch_size=4, rng=rng"), *orders(first.rows, second.rows)],
        )


@order
@pytest.mark.title(en="rng alone decides the order", ko="순서는 rng로만 정해짐")
def test_rng_decides(submission, rng):
    """Equal generators give equal orders, others give others."""
    given = draw(rng, 40)
    seed = a_seed(rng)

    first, again, other = (
        read(submission.minibatches(**given, batch_size=4, rng=Seed(one)), **given).rows
        for one in (seed, seed, seed + 1)
    )

    if not np.array_equal(first, again):
        fail(
            en="Two generators made from the same seed gave two orders: the order must come from rng and from "
            "nothing else.",
            ko="같은 시드로 만든 두 생성기에서 서로 다른 순서가 나왔습니다. 순서는 rng로만 정해야 합니다.",
            evidence=orders(first, again),
        )
    if np.array_equal(first, other):
        fail(
            en="Generators made from two seeds gave the same order: draw the order from rng.",
            ko="서로 다른 시드로 만든 두 생성기에서 같은 순서가 나왔습니다. rng로 순서를 정하세요.",
            evidence=orders(first, other),
        )


@order
@pytest.mark.title(en="shuffle=False keeps the order of X", ko="shuffle=False이면 X의 순서 그대로")
def test_unshuffled(submission, rng):
    """Also if there is a generator to shuffle with."""
    given = draw(rng, 24)

    got = submission.minibatches(**given, batch_size=6, rng=Seed(a_seed(rng)), shuffle=False)

    epoch = read(got, **given)
    if not np.array_equal(epoch.rows, np.arange(24)):
        fail(
            en="shuffle=False, and the rows do not come in the order of X: shuffle only if shuffle is True.",
            ko="shuffle=False인데 행이 X의 순서대로 나오지 않습니다. shuffle이 True일 때만 섞으세요.",
            evidence=[
                array_evidence(role, rows, name="number of the row", axes=("position",))
                for role, rows in (("expected", np.arange(24)), ("got", epoch.rows))
            ],
        )


@order
@pytest.mark.title(en="Without rng", ko="rng 없이")
def test_without_rng(submission, rng):
    """A generator of one's own is made then. The rows are alike, so that every order gives the same batches."""
    one = draw(rng, 1)
    given = {"X": np.repeat(one["X"], 6, axis=0), "y": np.repeat(one["y"], 6)}

    for shuffle in (True, False):
        got = submission.minibatches(**given, batch_size=2, shuffle=shuffle)

        epoch = read(got, **given)
        assert_some(epoch, 6)
        assert_pairs(epoch.rows, epoch.labels, given["y"])


# ---------------------------------------------------------------------------------------------- mixing


@mixing
@pytest.mark.title(
    en="100 epochs: any two rows meet in a batch", ko="100에폭 동안 어느 두 행이든 한 배치에서 만남"
)
def test_any_two_rows_meet(submission, rng):
    """24 rows by 8: two rows meet in 7 of 23 epochs; that some two never meet has the chance of 10^-13."""
    given = draw(rng, 24)

    got = epochs(submission, {**given, "batch_size": 8}, a_seed(rng), 100)

    together = np.zeros((24, 24), np.int64)
    for one in got:
        epoch = read(one, **given)
        for batch in np.split(epoch.rows, np.cumsum(epoch.sizes)):
            together[np.ix_(batch, batch)] += 1
    np.fill_diagonal(together, 0)
    never = [(i, j) for i in range(24) for j in range(i) if not together[i, j]]
    if never:
        j, i = min((j, i) for i, j in never)
        fail(
            en=f"In 100 epochs rows {j} and {i} were never in one batch, and {len(never) - 1} other pairs neither: "
            "shuffle all rows, then cut batches.",
            ko=f"100에폭 동안 {j}번 행과 {i}번 행이 한 번도 같은 배치에 있지 않았습니다. 그런 쌍이 그 밖에 {len(never) - 1}개 더 있습니다. "
            "모든 행을 섞은 다음 배치로 자르세요.",
            evidence=[
                called(100, "X, y, batch_size=8, rng=rng"),
                array_evidence("got", together, name="epochs in which two rows met", axes=("row", "row")),
                *orders(*(read(one, **given).rows for one in got[:10])),
            ],
        )


@mixing
@pytest.mark.title(en="drop_last leaves out other rows in each epoch", ko="drop_last는 에폭마다 다른 행을 뺌")
def test_drop_last_varies(submission, rng):
    """10 rows by 4: a row is left out in one epoch of 5, in all of 40 with the chance of 10^-27."""
    given = draw(rng, 10)

    got = epochs(submission, {**given, "batch_size": 4, "drop_last": True}, a_seed(rng), 40)

    times = np.zeros(10, np.int64)
    for one in got:
        times += np.bincount(read(one, **given).rows, minlength=10)
    if not times.all():
        never = listed(np.flatnonzero(times == 0))
        fail(
            en=f"In 40 epochs with drop_last these rows never came: {never}. Shuffle first, then leave out what does "
            "not fill a batch.",
            ko=f"drop_last를 켠 40에폭 동안 나오지 않은 행: {never}. 먼저 섞고, 그다음 배치를 채우지 못하는 행을 빼세요.",
            evidence=[
                called(40, "X, y, batch_size=4, rng=rng, drop_last=True"),
                array_evidence("got", times, name="times that each row came", axes=("row",)),
            ],
        )


# ---------------------------------------------------------------------------------------------- sgd


def regression(rng, n):
    """Inputs of sgd_epoch but for the generator: n rows that all differ, as many targets, two weights."""
    keys = 1 + rng.permutation(99)[:n]
    return {
        "X": np.column_stack([keys / 8, rng.integers(-16, 17, n) / 8]),
        "y": (1 + rng.permutation(99)[:n]) / 8,
        "w": rng.standard_normal(2),
        "lr": float(rng.integers(10, 100)) / 1e4,
    }


def alike(rng, n):
    """As `regression`, but with n equal rows.

    No order makes a difference then, so that a mistake is recognised by its values, however the order was drawn.
    """
    one = regression(rng, 1)
    return {**one, "X": np.repeat(one["X"], n, axis=0), "y": np.repeat(one["y"], n)}


def sums(w, X_batch, y_batch):
    """Losses ½(x·w - y)² and their gradients, each added up over the batch."""
    error = X_batch @ w - y_batch
    return float(0.5 * error @ error), X_batch.T @ error


def recorder():
    """A grad_fn, and the list of its calls, which grows."""
    calls = []

    def grad_fn(w, X_batch, y_batch):
        w, X_batch, y_batch = (np.array(one, dtype=np.float64) for one in (w, X_batch, y_batch))
        y_batch = y_batch.reshape(-1)  # whether it is a column is a matter of another check
        calls.append((w, X_batch, y_batch))
        return sums(w, X_batch, y_batch)

    return grad_fn, calls


def run_epoch(submission, given, batch_size, seed):
    """(w, loss) as returned, and the calls of grad_fn."""
    grad_fn, calls = recorder()
    got = submission.sgd_epoch(**given, batch_size=batch_size, rng=Seed(seed), grad_fn=grad_fn)
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        fail(
            en="sgd_epoch must return the tuple (w, loss).",
            ko="sgd_epoch는 튜플 (w, loss)를 반환해야 합니다.",
        )
    if not calls:
        fail(
            en="sgd_epoch never called grad_fn: call it once for each batch.",
            ko="sgd_epoch가 grad_fn을 한 번도 부르지 않았습니다. 배치마다 한 번씩 부르세요.",
        )
    assert_shape(got[0], given["w"].shape, name="w")
    assert_varies(got[0], name="w")
    return got, calls


@sgd
@pytest.mark.title(
    en="One batch of all rows: the new w and the loss", ko="모든 행이 든 배치 하나: 새 w와 손실"
)
def test_sgd_full_batch(submission, rng):
    """One step of ordinary gradient descent, whatever the order."""
    given = regression(rng, 20)

    got, _ = run_epoch(submission, given, 20, a_seed(rng))

    loss, gradient = sums(given["w"], given["X"], given["y"])
    want = (given["w"] - given["lr"] * gradient / 20, loss / 20)
    assert_close(tuple(got), want, name=("w", "loss"))


@sgd
@pytest.mark.title(
    en="w before each batch and at the end, 10 rows by 4", ko="10행을 4행씩: 각 배치 직전의 w와 마지막 w"
)
def test_sgd_steps(submission, rng):
    """Each step follows the formula for the rows that grad_fn was given; the last batch has 2."""
    given = alike(rng, 10)

    got, calls = run_epoch(submission, given, 4, a_seed(rng))

    if sorted(len(X_batch) for _, X_batch, _ in calls) != [2, 4, 4]:
        seen = [len(X_batch) for _, X_batch, _ in calls]
        fail(
            en=f"Expected one call of grad_fn for each batch, of 4, 4 and 2 rows; it was called with these numbers of "
            f"rows: {listed(seen)}.",
            ko=f"grad_fn을 4행, 4행, 2행인 배치마다 한 번씩 불러야 합니다. 실제로 부른 행의 수: {listed(seen)}.",
        )
    w = given["w"]
    for number, (before, X_batch, y_batch) in enumerate(calls):
        assert_close(before, w, name=f"w before batch {number}")
        w = w - given["lr"] * sums(w, X_batch, y_batch)[1] / len(X_batch)
    assert_close(got[0], w, name="w after the epoch")


@sgd
@pytest.mark.title(en="Mean loss of the epoch, 10 rows by 4", ko="10행을 4행씩: 에폭의 평균 손실")
def test_sgd_loss(submission, rng):
    """Every row counts the same, also those of the smaller batch."""
    given = alike(rng, 10)

    got, calls = run_epoch(submission, given, 4, a_seed(rng))

    assert_close(got[1], sum(sums(*call)[0] for call in calls) / 10, name="loss")


@sgd
@pytest.mark.title(
    en="An epoch uses every row once, with its y", ko="한 에폭에 모든 행을 자기 y와 함께 한 번씩 사용"
)
def test_sgd_rows(submission, rng):
    """What grad_fn is given over 23 rows by 5."""
    given = regression(rng, 23)

    _, calls = run_epoch(submission, given, 5, a_seed(rng))

    epoch = read([(X_batch, y_batch) for _, X_batch, y_batch in calls], given["X"], given["y"])
    assert_once(epoch.rows, 23)
    assert_pairs(epoch.rows, epoch.labels, given["y"])


@sgd
@pytest.mark.title(en="An epoch has another order than X", ko="에폭의 순서는 X의 순서와 다름")
def test_sgd_shuffles(submission, rng):
    """sgd_epoch always shuffles."""
    given = regression(rng, 40)

    _, calls = run_epoch(submission, given, 4, a_seed(rng))

    epoch = read([(X_batch, y_batch) for _, X_batch, y_batch in calls], given["X"], given["y"])
    assert_some(epoch, 32)
    if np.array_equal(epoch.rows, np.arange(40)):
        fail(
            en="grad_fn gets the rows in the order of X: shuffle them in each epoch.",
            ko="grad_fn에 행이 X의 순서 그대로 들어갑니다. 에폭마다 섞으세요.",
            evidence=orders(epoch.rows),
        )


@sgd
@pytest.mark.title(en="The order of an epoch is drawn from rng", ko="에폭의 순서는 rng로 정함")
def test_sgd_rng(submission, rng):
    """The same for equal generators, another for others."""
    given = regression(rng, 40)
    seed = a_seed(rng)

    first, again, other = (
        read([call[1:] for call in run_epoch(submission, given, 4, one)[1]], given["X"], given["y"]).rows
        for one in (seed, seed, seed + 1)
    )

    if not np.array_equal(first, again):
        fail(
            en="Two generators made from the same seed gave two orders: hand rng on to minibatches.",
            ko="같은 시드로 만든 두 생성기에서 서로 다른 순서가 나왔습니다. rng를 minibatches에 넘기세요.",
        )
    if np.array_equal(first, other):
        fail(
            en="Generators made from two seeds gave the same order: draw the order from rng.",
            ko="서로 다른 시드로 만든 두 생성기에서 같은 순서가 나왔습니다. rng로 순서를 정하세요.",
            evidence=orders(first, other),
        )


# ---------------------------------------------------------------------------------------------- contract


@contract
@pytest.mark.title(en="minibatches leaves X and y alone", ko="minibatches는 X와 y를 바꾸지 않음")
def test_keeps_inputs(submission, rng):
    """After a whole epoch both are as they were.

    A generator does its work after the call, item by item; so the arrays stay on the far side, and are looked at
    when it has ended.
    """
    given = draw(rng, 23)
    program = Program()
    arrays = {name: program.operator("pos", array) for name, array in given.items()}
    batches = program.call("minibatches", **arrays, batch_size=5, rng=Seed(a_seed(rng)))
    results = [program.operator("list", batches), arrays["X"], arrays["y"]]

    got, *after = submission.run(program, results)

    assert_some(read(got, **given), 20)
    for name, array in zip(("X", "y"), after, strict=True):
        if not np.array_equal(array, given[name]):
            fail(
                en=f"minibatches changed its input {name!r} in place. Shuffle row numbers, not the array.",
                ko=f"minibatches가 입력 배열({name})을 직접 수정했습니다. 배열이 아니라 행 번호를 섞으세요.",
                evidence=[
                    called(1, "X, y, batch_size=5, rng=rng"),
                    array_evidence("expected", given[name], name=f"{name} after the epoch"),
                    array_evidence("got", array, name=f"{name} after the epoch"),
                ],
            )


@contract
@pytest.mark.title(en="sgd_epoch leaves X, y and w alone", ko="sgd_epoch는 X, y, w를 바꾸지 않음")
def test_sgd_keeps_inputs(submission, rng):
    """A step makes a new array."""
    given = regression(rng, 23)

    got, calls = run_epoch(submission, given, 5, a_seed(rng))

    assert_unchanged(submission)
    assert_close(calls[0][0], given["w"], name="w before the first batch")
    if np.array_equal(got[0], given["w"]):
        fail(en="w is the same after the epoch as before it.", ko="에폭이 끝난 뒤에도 w가 그대로입니다.")


@contract
@pytest.mark.parametrize(
    ("of_x", "of_y"),
    [
        case("float32", "int64", id="float32", en="float32 stays float32", ko="float32는 float32 그대로"),
        case("uint8", "float32", id="uint8", en="uint8 stays uint8", ko="uint8은 uint8 그대로"),
    ],
)
def test_dtypes(submission, rng, of_x, of_y):
    """The batches have the dtypes of X and y."""
    X = (1 + rng.permutation(200)[:46].reshape(23, 2)).astype(of_x)
    y = (1 + rng.permutation(200)[:23]).astype(of_y)

    got = list(submission.minibatches(X=X, y=y, batch_size=5, rng=Seed(a_seed(rng))))

    assert_same_rows(got, X, y)


@contract
@pytest.mark.parametrize(
    ("of_x", "of_y"),
    [
        case(
            (23, 2), (23,), id="labels", en="y of shape (n,) stays flat", ko="모양이 (n,)인 y는 그대로 1차원"
        ),
        case(
            (23, 2, 3),
            (23, 4),
            id="images",
            en="Further axes of X and y stay",
            ko="X와 y의 나머지 축은 그대로",
        ),
    ],
)
def test_shapes(submission, rng, of_x, of_y):
    """Only the number of rows changes."""
    X = (1 + rng.permutation(999)[: np.prod(of_x)]).reshape(of_x) / 8
    y = (1 + rng.permutation(999)[: np.prod(of_y)]).reshape(of_y) / 8

    got = list(submission.minibatches(X=X, y=y, batch_size=5, rng=Seed(a_seed(rng))))

    assert_same_rows(got, X, y)


def assert_same_rows(got, X, y):
    """The batches are rows of X and y, in type, shape and dtype as well; of which rows is not asked."""
    epoch = read(got, X, y)
    assert_some(epoch, 20)
    starts = np.cumsum([0, *epoch.sizes])
    for number, (X_batch, y_batch) in enumerate(got):
        rows = epoch.rows[starts[number] : starts[number + 1]]
        assert_close(X_batch, X[rows], name=f"X_batch of batch {number}")
        places = {tuple(row): i for i, row in enumerate(y.reshape(len(y), -1).tolist())}
        labels = y_batch.reshape(len(y_batch), -1).tolist()
        mine = np.array([places.get(tuple(label), rows[j]) for j, label in enumerate(labels)])
        assert_close(y_batch, y[mine], name=f"y_batch of batch {number}")


# ---------------------------------------------------------------------------------------------- speed


@contract
@pytest.mark.title(en="An epoch of 20,000 rows by 1,000", ko="20,000행을 1,000행씩, 한 에폭")
def test_speed(submission, reference, rng):
    """Whole batches are taken by indexing.

    The data are made on the side where they are used, X and y from one seed: what crosses the wall is small. Calls
    are short, so that the best of them is not interrupted on a busy machine. Measured, the wall included: right
    solutions 1 to 2 times the reference, a shuffled Python list 2.6, batches built row by row 9.
    """

    def epoch_of(module):
        return lambda seed: epoch(module, seed)

    def epoch(module, seed):
        program = Program()
        X = program.method(Seed(seed), "random", (20_000, 1))
        y = program.method(Seed(seed), "random", 20_000)
        batches = program.call("minibatches", X=X, y=y, batch_size=1000, rng=Seed(seed + 1))
        every = program.operator("list", batches)
        got = module.run(program, [program.operator("getitem", every, i) for i in (0, 19)])
        for batch in got:
            right = isinstance(batch, (tuple, list)) and len(batch) == 2
            right = right and all(isinstance(part, np.ndarray) and part.ndim for part in batch)
            right = right and batch[0].ndim == 2 and len(np.unique(batch[0])) > 1
            if not right or not np.array_equal(batch[0].reshape(-1), batch[1].reshape(-1)):
                fail(
                    en="The batches are not right: speed counts once each is a pair of arrays whose rows belong "
                    "together.",
                    ko="배치가 맞지 않습니다. 짝이 맞는 두 배열의 쌍이 나와야 속도를 봅니다.",
                )
        return np.array([len(X_batch) for X_batch, _ in got])

    assert_speed(
        submission,
        reference,
        make=epoch_of,
        inputs=lambda: {"seed": a_seed(rng)},
        ratio=5,
        rounds=40,  # for a busy machine: it ends as soon as it holds; each is replayed by the diagnosis
    )
