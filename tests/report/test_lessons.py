"""What is told first, and what is told once."""

import pytest

from grader.core.record import Certainty, ExceptionEvidence, Frame, Outcome
from grader.report.lessons import changes, lessons, praise
from tests import factories as make


def crashed(id, type="IndexError", **fields):
    """A check whose call raised."""
    error = ExceptionEvidence(type=type, message="m")
    return make.check(id, Outcome.CRASHED, evidence=[error], **fields)


def failed(id, mistake=None, certainty=Certainty.EXACT, **fields):
    """A failed check, named or not."""
    named = None if mistake is None else make.diagnosis(mistake, certainty=certainty)
    return make.check(id, Outcome.FAILED, diagnosis=named, **fields)


def test_the_most_instructive_comes_first():
    """Named by certainty, then limits and wrong answers, errors, unwritten stubs, waiting checks."""
    record = make.record(
        [
            make.check("skipped", Outcome.SKIPPED),
            crashed("unwritten", "NotImplementedError"),
            make.check("slow", Outcome.TIMED_OUT),
            crashed("crashed"),
            failed("plain"),
            failed("hint", "c", Certainty.HINT),
            failed("likely", "b", Certainty.LIKELY),
            failed("exact", "a"),
            make.check("fine"),
        ]
    )

    order = [lesson.first.id for lesson in lessons(record)]

    assert order == ["exact", "likely", "hint", "slow", "plain", "crashed", "unwritten", "skipped"]


def test_one_mistake_is_one_lesson():
    """Checks of one named mistake stand together, the surest first."""
    record = make.record([failed("a", "m", Certainty.HINT), failed("x"), failed("b", "m")])

    first, *_ = lessons(record)

    assert [check.id for check in first.checks] == ["b", "a"]


@pytest.mark.parametrize("limit", [Outcome.TIMED_OUT, Outcome.OUT_OF_MEMORY, Outcome.OUTPUT_LIMIT])
def test_a_limit_hides_behind_nothing_later(limit):
    """A first function that never ends comes before wrong answers and errors of later groups."""
    checks = [
        crashed("error", group="a"),
        make.check("endless", limit, group="b"),
        *[failed(f"wrong_{k}", group=f"c{k}") for k in range(4)],
        crashed("later", "ValueError", group="d"),
    ]

    order = [lesson.first.id for lesson in lessons(make.record(checks))]

    assert order == ["endless", "wrong_0", "wrong_1", "wrong_2", "wrong_3", "error", "later"]


def test_a_wrong_answer_of_an_earlier_group_stays_before_a_limit():
    """Between wrong answers and limits the suite's order decides."""
    record = make.record([failed("wrong", group="a"), make.check("slow", Outcome.TIMED_OUT, group="b")])

    assert [lesson.first.id for lesson in lessons(record)] == ["wrong", "slow"]


MESSAGES = {
    "value": "dWh: 16 of 16 entries are wrong; the worst is at [0, 1]: expected 2, got 3.",
    "mutation": "rnn_backward changed its input 'dh' in place. Work on a copy.",
    "shape": "dx: expected shape (3, 4), got (4, 3). The number of entries is right.",
    "dtype": "dx: expected dtype float64, got float32.",
    "finite": "dx: some entries are not finite.",
    "slow": "Right, but slow: 40 times as long as the vectorised reference, 8 times is allowed.",
}


@pytest.mark.parametrize("one", MESSAGES)
def test_another_kind_of_failure_is_another_lesson(one):
    """Values, shapes, dtypes and changed inputs are told apart within one group."""
    record = make.record([failed(k, message=make.text(text)) for k, text in MESSAGES.items()])

    (lesson,) = [lesson for lesson in lessons(record) if lesson.first.id == one]

    assert [check.id for check in lesson.checks] == [one]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (MESSAGES["value"], "dx: 2 of 8 entries are wrong; the worst is at [1]: expected nan, got 1e-05."),
        (MESSAGES["shape"], "db: expected shape (4,), got (1, 4)."),
        (MESSAGES["dtype"], "db: expected dtype int64, got float64."),
        (MESSAGES["mutation"], "rnn_backward changed its input 'x' in place. Work on a copy."),
    ],
    ids=["value", "shape", "dtype", "mutation"],
)
def test_one_kind_of_failure_is_one_lesson(one, other):
    """Names of arrays and numbers do not tell failures of one group apart."""
    record = make.record([failed("a", message=make.text(one)), failed("b", message=make.text(other))])

    assert [len(lesson.checks) for lesson in lessons(record)] == [2]


def test_limits_of_one_group_are_one_lesson():
    """Whatever call ran out of time."""
    slow = [make.text("f(1) did not finish within 2 s."), make.text("Not run: the time is used up.")]
    record = make.record(
        [make.check(f"t{k}", Outcome.TIMED_OUT, message=text) for k, text in enumerate(slow)]
    )

    assert [len(lesson.checks) for lesson in lessons(record)] == [2]


def test_praise_of_public_checks_names_the_next_step():
    """Public checks are worth nothing: to hand in comes next. A full score is the end."""
    public = make.record([make.check(max_points=0.0)], exercise="ex12_rnn")

    assert praise(public).en == "All public checks passed. Next: grade submit ex12"
    assert praise(public).ko == "공개 검사를 모두 통과했습니다. 다음 단계: grade submit ex12"
    assert praise(make.record()).en == "Every check passed. Well done!"


def test_one_error_on_one_line_is_one_lesson():
    """The same exception from the same line; another line is another lesson."""
    here, there = (Frame(file="a.py", line=n, cell=None, text="t") for n in (1, 2))
    record = make.record([crashed(f"c{k}", traceback=[frame]) for k, frame in enumerate([here, here, there])])

    assert [len(lesson.checks) for lesson in lessons(record)] == [2, 1]


def test_ties_keep_the_order_of_the_suite():
    """What depends on little comes first in suites, so first here."""
    record = make.record([failed("one", group="a"), failed("two", group="b")])

    assert [lesson.first.id for lesson in lessons(record)] == ["one", "two"]


def test_a_perfect_record_has_no_lesson():
    """Nothing failed, nothing to tell."""
    assert lessons(make.record()) == []


def test_changes_are_by_check():
    """Checks that are new or gone are no change; points are."""
    before = make.record([failed("a"), make.check("b"), make.check("gone")])
    now = make.record([make.check("a"), failed("b"), failed("new")])

    changed = changes(now, before)

    assert changed is not None
    assert [c.id for c in changed.passing] == ["a"]
    assert [c.id for c in changed.failing] == ["b"]
    assert changed.delta == -10


def test_no_changes_without_two_graded_records():
    """A record that was not graded is compared with nothing."""
    assert changes(make.record(), None) is None
    assert changes(make.record(), make.not_graded()) is None
    assert changes(make.not_graded(), make.record()) is None
