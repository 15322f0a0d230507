"""Attempts judged again: what is kept until it is applied, and what applying it does, on both databases."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from grader.core.record import Outcome
from grader.errors import InputError
from grader.gradebook import Gradebook, ledger, regrading, upkeep
from grader.gradebook.regrading import Applied, Candidate
from grader.gradebook.schema import drafts, records, regrades
from tests.gradebook.factory import OTHER_SUITE, SUITE, hand_in, record, submission

EX = "ex10_convolution"
WHY = {"author": "kim", "reason": "test_padding was wrong"}


def judged_again(book: Gradebook, one: Candidate, score: float) -> Candidate:
    """The attempt with a draft that got `score` from the other suite."""
    handed = regrading.submission(book, EX, one)
    regrading.keep(book, one, record(handed, score=score, suite=OTHER_SUITE), rules="r")
    (found,) = [c for c in regrading.candidates(book, EX) if c.id == one.id]
    return found


def apply(book: Gradebook, *chosen: Candidate) -> Applied:
    """Applies drafts."""
    return regrading.apply(book, EX, chosen, hints=[], **WHY)


def count(book: Gradebook, table) -> int:
    """Rows of a table."""
    with book.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_candidates(book):
    """All attempts at the exercise with the record that stands, also what the grader broke on."""
    hand_in(book, b"1", 40.0, submitted_utc="2026-03-02T09:00:00Z")
    hand_in(book, b"1", 50.0, OTHER_SUITE)
    hand_in(book, b"2", None, submitted_utc="2026-03-03T09:00:00Z")
    hand_in(book, b"1", 60.0, student="s000")
    hand_in(book, b"1", 70.0, exercise="ex11_normalization")

    found = regrading.candidates(book, EX)

    assert [(c.student, c.number, c.before and c.before.score) for c in found] == [
        ("s000", 1, 60.0),
        ("s001", 1, 50.0),
        ("s001", None, None),
    ]
    assert found[1].before.checks == {"test_padding": (Outcome.PASSED, 100.0)}
    assert found[2].standing is None
    assert [c.student for c in regrading.candidates(book, EX, student="s000")] == ["s000"]


def test_a_draft_counts_for_nothing(book):
    """What was judged and not applied changes no score, no history and no export."""
    hand_in(book, b"1", 40.0)
    before = (ledger.read(book), book.attempts("s001", EX))

    judged_again(book, regrading.candidates(book, EX)[0], 90.0)

    assert (ledger.read(book), book.attempts("s001", EX)) == before
    assert regrading.history(book) == []
    assert count(book, records) == 1


def test_applied(book):
    """The draft stands, at the time of submission; the record before stays, with who and why."""
    hand_in(book, b"1", 40.0, submitted_utc="2026-03-02T09:00:00Z")
    one = judged_again(book, regrading.candidates(book, EX)[0], 90.0)

    applied = apply(book, one)

    (attempt,) = book.attempts("s001", EX)
    assert (attempt.number, attempt.score, attempt.suite) == (1, 90.0, OTHER_SUITE)
    assert attempt.submitted_utc == "2026-03-02T09:00:00Z"
    assert applied.recorded[0].replaced.score == 40.0
    assert applied.void == ()
    (told,) = regrading.history(book)
    assert (told.student, told.attempt, told.before, told.after) == ("s001", 1, 40.0, 90.0)
    assert (told.author, told.reason) == ("kim", "test_padding was wrong")
    assert abs((datetime.now(UTC) - ledger.moment(told.made_utc)).total_seconds()) < 100
    assert (count(book, records), count(book, drafts)) == (2, 0)


def test_what_was_never_graded(book):
    """It gets its number and its score, and the time at which it came."""
    hand_in(book, b"1", 40.0)
    hand_in(book, b"2", None, submitted_utc="2026-02-01T09:00:00Z")
    waits = next(c for c in regrading.candidates(book, EX) if c.number is None)

    apply(book, judged_again(book, waits, 80.0))

    assert [(a.number, a.score, a.submitted_utc) for a in book.attempts("s001", EX)] == [
        (1, 40.0, "2026-03-01T09:00:00Z"),
        (2, 80.0, "2026-02-01T09:00:00Z"),
    ]
    assert ledger.read(book).not_graded == frozenset()


def test_what_would_follow(book):
    """The ledger as it would be is the ledger as it becomes."""
    hand_in(book, b"1", 40.0)
    hand_in(book, b"2", 60.0, submitted_utc="2026-03-03T09:00:00Z")
    hand_in(book, b"3", None, submitted_utc="2026-03-04T09:00:00Z")
    found = [judged_again(book, c, 70.0 + c.id) for c in regrading.candidates(book, EX)]
    expected = regrading.expected(ledger.read(book), EX, found)

    apply(book, *found)

    after = ledger.read(book).handed["s001", EX]
    assert sorted(expected.handed["s001", EX], key=lambda a: a.number) == list(after)


@pytest.mark.parametrize("meanwhile", ["another record", "another draft", "applied"])
def test_void(book, meanwhile):
    """What somebody else changed in between is not written over with what was shown before."""
    hand_in(book, b"1", 40.0)
    one = judged_again(book, regrading.candidates(book, EX)[0], 90.0)
    handed = regrading.submission(book, EX, one)
    if meanwhile == "another record":
        book.record(handed, record(handed, score=55.0, suite=OTHER_SUITE))
    elif meanwhile == "another draft":
        regrading.keep(book, one, record(handed, score=20.0, suite=SUITE), rules="others")
    else:
        apply(book, one)
    stood = book.attempts("s001", EX)

    applied = apply(book, one)

    assert (applied.recorded, applied.void) == ((), (one.id,))
    assert book.attempts("s001", EX) == stood


def test_all_or_nothing(book, monkeypatch):
    """Whoever is killed in the middle has changed no score."""
    for data in (b"1", b"2"):
        hand_in(book, data, 40.0)
    found = [judged_again(book, c, 90.0) for c in regrading.candidates(book, EX)]
    real, calls = regrading.enter, []

    def breaks(*arguments: object, **named: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise OSError("killed")
        return real(*arguments, **named)

    monkeypatch.setattr(regrading, "enter", breaks)
    with pytest.raises(OSError, match="killed"):
        apply(book, *found)

    assert [a.score for a in book.attempts("s001", EX)] == [40.0, 40.0]
    assert count(book, drafts) == 2


@pytest.mark.parametrize(
    "why", [{"author": "kim", "reason": ""}, {"author": "", "reason": "x"}, {"author": "a\nb", "reason": "x"}]
)
def test_unsigned(book, why):
    """Nothing is regraded without a name and a reason that can be read later."""
    hand_in(book, b"1", 40.0)
    one = judged_again(book, regrading.candidates(book, EX)[0], 90.0)

    with pytest.raises(InputError):
        regrading.apply(book, EX, [one], hints=[], **why)

    assert book.attempts("s001", EX)[0].score == 40.0


def test_backup_holds_drafts_and_regrades(book, tmp_path):
    """A restored book knows what was regraded, and what waits to be applied."""
    hand_in(book, b"1", 40.0)
    hand_in(book, b"2", 40.0, student="s002")
    first, second = (judged_again(book, c, 90.0) for c in regrading.candidates(book, EX))
    apply(book, first)
    told, found = regrading.history(book), regrading.candidates(book, EX)
    file = tmp_path / "backup.sqlite3"

    upkeep.backup(book, file, secret=bytes(32))
    upkeep.restore(book, file, force=True)

    assert (regrading.history(book), regrading.candidates(book, EX)) == (told, found)
    assert len(apply(book, second).recorded) == 1


def test_forgotten(book, tmp_path):
    """Nothing of a student's stays, and all of the others' does."""
    hand_in(book, b"1", 40.0)
    hand_in(book, b"2", 40.0)
    hand_in(book, b"3", 40.0, student="s002")
    found = [judged_again(book, c, 90.0) for c in regrading.candidates(book, EX)]
    apply(book, found[0], found[2])

    upkeep.forget(book, "s001", state_dir=tmp_path)

    assert [told.student for told in regrading.history(book)] == ["s002"]
    assert (count(book, drafts), count(book, regrades), count(book, records)) == (0, 1, 2)
    handed = submission(b"3", student="s002")
    assert book.submission_bytes(handed.digest) == handed.files
