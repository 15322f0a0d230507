"""The gradebook's rules: attempts, scores, and what stands."""

import dataclasses

import pytest

from grader.core.record import Record, decode, encode
from grader.core.submission import SourceFile
from grader.gradebook import Gradebook
from tests.gradebook.factory import OTHER_SUITE, SUITE, hand_in, record, submission


def test_first_attempt(book):
    """The first record is attempt 1 and has nothing before it."""
    recorded = hand_in(book)

    assert recorded.attempt == recorded.record.attempt == 1
    assert recorded.previous is None
    assert recorded.replaced is None
    assert recorded.is_new


def test_attempts_count_up(book):
    """Another file is the next attempt; what was before is told."""
    first = hand_in(book, b"1", 40.0)
    second = hand_in(book, b"2", 60.0)

    assert [attempt.number for attempt in book.attempts("s001", "ex10_convolution")] == [1, 2]
    assert second.previous == first.record


def test_attempts_are_per_student_and_exercise(book):
    """Each student counts alone in each exercise."""
    numbers = [
        hand_in(book).attempt,
        hand_in(book, student="s002").attempt,
        hand_in(book, exercise="ex12_rnn").attempt,
    ]

    assert numbers == [1, 1, 1]


def test_same_file_is_the_same_attempt(book):
    """The same file again is the same attempt with its first record: trying again buys nothing."""
    first = hand_in(book, b"1", 40.0, submitted_utc="2026-03-01T09:00:00Z")
    hand_in(book, b"2", 50.0)

    again = hand_in(book, b"1", 100.0, submitted_utc="2026-03-02T09:00:00Z")

    assert not again.is_new
    assert again.record == first.record
    assert again.attempt == 1
    assert len(book.attempts("s001", "ex10_convolution")) == 2


def test_another_suite_replaces(book):
    """After the suite was mended the new record stands, under the same number and first time."""
    first = hand_in(book, b"1", 40.0, submitted_utc="2026-03-01T09:00:00Z")

    again = hand_in(book, b"1", 100.0, OTHER_SUITE, submitted_utc="2026-03-02T09:00:00Z")

    (attempt,) = book.attempts("s001", "ex10_convolution")
    assert again.is_new
    assert again.replaced == first.record
    assert (again.attempt, again.record.submitted_utc) == (1, "2026-03-01T09:00:00Z")
    assert (attempt.score, attempt.suite) == (100.0, OTHER_SUITE)


def test_a_worse_record_of_another_suite_stands_too(book):
    """What stands is the newest suite's word, not the best."""
    hand_in(book, b"1", 100.0)
    hand_in(book, b"1", 40.0, OTHER_SUITE)

    assert book.best("s001")["ex10_convolution"].score == 40.0


def test_not_graded_costs_no_attempt(book):
    """What the grader broke is no attempt and no score."""
    recorded = hand_in(book, b"1", None)

    assert recorded.attempt == recorded.record.attempt == 0
    assert book.attempts("s001", "ex10_convolution") == []
    assert book.best("s001") == {}


def test_not_graded_takes_its_number_when_graded(book):
    """Numbers are given in the order of grading, without gaps."""
    hand_in(book, b"1", None)

    assert hand_in(book, b"2", 50.0).attempt == 1
    assert hand_in(book, b"1", 60.0).attempt == 2


def test_not_graded_keeps_its_time(book):
    """Who was delayed by the grader was not late."""
    hand_in(book, b"1", None, submitted_utc="2026-03-01T09:00:00Z")

    later = hand_in(book, b"1", 60.0, submitted_utc="2026-03-09T09:00:00Z")

    assert later.record.submitted_utc == "2026-03-01T09:00:00Z"


def test_not_graded_leaves_what_stands(book):
    """A try that broke takes no score away."""
    first = hand_in(book, b"1", 80.0)

    broken = hand_in(book, b"1", None, OTHER_SUITE)

    assert broken.record.outcome == "not_graded"
    assert broken.attempt == 1
    assert book.previous("s001", "ex10_convolution") == first.record


def test_best(book):
    """The best score, the first attempt that reached it, how many, and the last."""
    for data, score in [(b"1", 40.0), (b"2", 90.0), (b"3", 90.0), (b"4", 10.0)]:
        hand_in(book, data, score)
    hand_in(book, exercise="ex12_rnn", score=5.0)

    best = book.best("s001")

    assert list(best) == ["ex10_convolution", "ex12_rnn"]
    conv = best["ex10_convolution"]
    assert (conv.score, conv.max_score, conv.attempt, conv.attempts) == (90.0, 100.0, 2, 4)
    assert (conv.last.number, conv.last.score) == (4, 10.0)


def test_unknown_student(book):
    """Whoever handed in nothing has nothing."""
    assert book.best("nobody") == {}
    assert book.attempts("nobody", "ex10_convolution") == []
    assert book.previous("nobody", "ex10_convolution") is None


def test_previous(book):
    """The record of the latest attempt."""
    hand_in(book, b"1", 40.0)
    second = hand_in(book, b"2", 30.0)

    assert book.previous("s001", "ex10_convolution") == second.record


def test_find(book):
    """A file that this suite has judged need not be judged again."""
    recorded = hand_in(book, b"1")

    assert book.find(submission(b"1"), SUITE) == recorded.record
    assert book.find(submission(b"1"), OTHER_SUITE) is None
    assert book.find(submission(b"2"), SUITE) is None
    assert book.find(submission(b"1", student="s002"), SUITE) is None


def test_find_ignores_what_was_replaced(book):
    """Only what stands is found: back under an old suite, the file is judged again."""
    hand_in(book, b"1")
    hand_in(book, b"1", suite=OTHER_SUITE)

    assert book.find(submission(b"1"), SUITE) is None


def test_bytes_are_kept(book):
    """The bytes of each submission are there by digest, whoever handed them in."""
    data = "# 합성곱\r\n".encode()
    one = submission(data)
    for student in ("s001", "s002"):
        hand_in(book, data, student=student)

    assert book.submission_bytes(one.digest) == (SourceFile(name="convolution.py", data=data),)
    assert book.submission_bytes("sha256:" + "0" * 64) == ()


def test_bytes_of_several_files(book):
    """Files come back in the exercise's order."""
    files = (SourceFile(name="train.py", data=b"t"), SourceFile(name="layer.py", data=b"l"))
    one = dataclasses.replace(submission(), files=files)

    book.record(one, record(one))

    assert book.submission_bytes(one.digest) == files


def test_same_bytes_in_two_exercises(book):
    """The same bytes may be handed in for two exercises."""
    hand_in(book, b"1")
    hand_in(book, b"1", exercise="ex12_rnn")

    assert len(book.submission_bytes(submission(b"1").digest)) == 1


def test_all_that_was_handed_in(book):
    """Every file of an exercise once, with its student, also where it was not graded."""
    hand_in(book, b"1")
    hand_in(book, b"1", suite=OTHER_SUITE)
    hand_in(book, b"2", None, student="s002")
    hand_in(book, b"3", exercise="ex12_rnn")

    wanted = [("s001", submission(b"1").digest), ("s002", submission(b"2").digest)]
    assert sorted(book.handed_in("ex10_convolution")) == wanted


@pytest.mark.parametrize("student", ["김철수", "o'Neill; DROP TABLE students", "..", "a b", "x" * 128])
def test_odd_students(book, student):
    """An id is data and nothing else."""
    hand_in(book, student=student)

    assert book.best(student)["ex10_convolution"].attempts == 1


def test_record_survives(place):
    """What was recorded is there after the book was closed, byte for byte."""
    with Gradebook.open(place) as book:
        written = hand_in(book).record

    with Gradebook.open(place) as book:
        read = book.previous("s001", "ex10_convolution")

    assert isinstance(read, Record)
    assert encode(read) == encode(written)
    assert decode(encode(read)) == written


def test_record_of_another_submission_is_refused(book):
    """A record cannot be filed under what it is not about."""
    with pytest.raises(ValueError, match="for another submission"):
        book.record(submission(b"1"), record(submission(b"2")))

    assert book.best("s001") == {}


def test_graded(book):
    """Whom this suite has graded, with which files; not another suite, not what was not graded."""
    hand_in(book, b"1", 40.0)
    hand_in(book, b"2", None)
    hand_in(book, b"1", 40.0, student="s002", suite=OTHER_SUITE)
    hand_in(book, b"1", 40.0, student="s003", exercise="ex12_rnn")
    one = submission(b"1")

    assert book.graded("ex10_convolution", SUITE) == {("s001", one.digest)}
    assert book.find(one, SUITE) == book.find(one, None)
    assert book.find(submission(b"1", student="s002"), SUITE) is None
    assert book.find(submission(b"1", student="s002"), None) is not None


def test_again_replaces(book):
    """Where another try is asked for, its record stands though the suite is the same; the old one is kept."""
    hand_in(book, b"1", 40.0)
    one = submission(b"1")

    again = book.record(one, record(one, score=70.0), again=True)

    assert (again.is_new, again.attempt, again.record.score) == (True, 1, 70.0)
    assert again.replaced is not None
    assert again.replaced.score == 40.0
    assert [attempt.score for attempt in book.attempts("s001", "ex10_convolution")] == [70.0]


def test_time_source(book):
    """Who said when goes with the time that stands, which is the first one."""
    one = dataclasses.replace(submission(b"1"), time_source="lms")
    later = dataclasses.replace(one, time_source="file", submitted_utc="2026-04-01T00:00:00Z")

    first = book.record(one, record(one, score=None))
    second = book.record(later, record(later, score=50.0))

    assert first.record.time_source == second.record.time_source == "lms"
    assert second.record.submitted_utc == one.submitted_utc


def test_each_device_has_its_record(book):
    """The same file on another device is the same attempt, judged there; the newer record stands."""
    one = submission()
    book.record(one, record(one, score=100.0))
    assert book.find(one, SUITE, "cuda") is None

    on_gpu = book.record(one, record(one, score=80.0, device="cuda"))

    assert (on_gpu.attempt, on_gpu.is_new) == (1, True)
    assert book.find(one, SUITE, "cuda") == on_gpu.record
    assert book.find(one, SUITE) is None
    assert book.best("s001")["ex10_convolution"].attempts == 1
