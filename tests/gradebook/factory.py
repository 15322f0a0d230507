"""Records and submissions with defaults, so that a test names only what it is about."""

from grader.core.record import (
    CheckResult,
    Digests,
    GroupResult,
    Outcome,
    Record,
    SandboxReport,
    Stdout,
    Text,
)
from grader.core.submission import SourceFile, Submission

TITLE = Text(en="Padding", ko="패딩")
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


def record(of: Submission, *, score: float | None = 100.0, suite: str = SUITE) -> Record:
    """The record of a submission; not graded for score None."""
    outcome = Outcome.NOT_GRADED if score is None else Outcome.PASSED if score else Outcome.FAILED
    return Record(
        exercise=of.exercise,
        student=of.student,
        attempt=0,
        submitted_utc=of.submitted_utc,
        outcome="not_graded" if score is None else "graded",
        score=score,
        max_score=100.0,
        device="cpu",
        language="en",
        groups=[GroupResult(name="padding", title=TITLE, points=score, max_points=100.0, rule="shared")],
        checks=[
            CheckResult(
                id="test_padding",
                group="padding",
                title=TITLE,
                outcome=outcome,
                points=score,
                max_points=100.0,
                seconds=0.01,
            )
        ],
        stdout=Stdout(text="", truncated=False),
        digests=Digests(submission=of.digest, suite=suite),
        seed="0" * 32,
        sandbox=SandboxReport(level="none", layers=[], warnings=[]),
        environment={"python": "3.11"},
        seconds=0.2,
    )
