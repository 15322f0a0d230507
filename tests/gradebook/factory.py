"""Submissions, and records of them, with defaults, so that a test names only what it is about."""

from grader.core.course import Device
from grader.core.record import Digests, Record
from grader.core.submission import SourceFile, Submission
from grader.gradebook import Gradebook, Recorded
from tests import factories

SUITE = "sha256:" + "a" * 64
OTHER_SUITE = "sha256:" + "b" * 64


def submission(
    data: bytes = b"x = 1\n",
    *,
    student: str = "s001",
    exercise: str = "ex10_convolution",
    submitted_utc: str = "2026-03-01T09:00:00Z",
) -> Submission:
    """A submission of one file."""
    return Submission(
        student=student,
        exercise=exercise,
        files=(SourceFile(name="convolution.py", data=data),),
        submitted_utc=submitted_utc,
    )


def record(
    of: Submission, *, score: float | None = 100.0, suite: str = SUITE, device: Device = "cpu"
) -> Record:
    """The record of a submission; not graded for score None."""
    about = {
        "exercise": of.exercise,
        "student": of.student,
        "attempt": 0,
        "submitted_utc": of.submitted_utc,
        "device": device,
        "digests": Digests(submission=of.digest, suite=suite),
    }
    if score is None:
        return factories.not_graded(**about)
    return factories.record([factories.check("test_padding", max_points=100.0)], score=score, **about)


def hand_in(
    book: Gradebook, data: bytes = b"x = 1\n", score: float | None = 100.0, suite: str = SUITE, **of: str
) -> Recorded:
    """Records a submission of `data` that got `score`."""
    one = submission(data, **of)
    return book.record(one, record(one, score=score, suite=suite))
