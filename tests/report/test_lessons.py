"""What is told first, and what is told once."""

from grader.core.record import Certainty, ExceptionEvidence, Frame, Outcome
from grader.report.lessons import changes, lessons
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
    """Named by certainty, then wrong answers, errors, limits, unwritten stubs, waiting checks."""
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

    assert order == ["exact", "likely", "hint", "plain", "crashed", "slow", "unwritten", "skipped"]


def test_one_mistake_is_one_lesson():
    """Checks of one named mistake stand together, the surest first."""
    record = make.record([failed("a", "m", Certainty.HINT), failed("x"), failed("b", "m")])

    first, *_ = lessons(record)

    assert [check.id for check in first.checks] == ["b", "a"]


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
