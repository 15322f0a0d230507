"""What an engine was asked to judge, whichever engine it is: its servers' order, and what records need."""

import os
import platform
from typing import Final

from grader.core import record as records
from grader.core.course import Course, Device, Exercise, Language
from grader.core.messages import Ask, Order, Ready, Task
from grader.core.record import Digests, Record, Text
from grader.core.submission import Submission
from grader.engines.journal import Journal
from grader.errors import CourseError, MachineError
from grader.sandbox import gpu, policy
from grader.worker import kernel

TRIES: Final = 3
GRACE_S: Final = 30.0  # beyond a submission's own limits: the judge's work and the diagnosis


class Assignment:
    """One exercise of a course, and how its submissions are to be judged."""

    def __init__(
        self,
        course: Course,
        exercise: Exercise,
        *,
        language: Language = "en",
        hidden: bool = True,
        logged: bool = False,
        device: Device = "cpu",
        marks_only: bool = False,
        busy: bool = False,
    ) -> None:
        """Raises CourseError without a solutions folder, MachineError on a system that has no sandbox.

        `logged`: staff can look up why, and the suite is kept to judge by it again. `marks_only`: records
        say whether there are full marks, and no more. `busy`: one submission follows another.
        """
        if platform.system() != "Linux":
            raise MachineError(f"no sandbox on {platform.system()}: hand in to a course server, or use Linux")
        if hidden and exercise.solution_dir is None:
            raise CourseError(f"{exercise.id} has no solutions folder beside this course")
        accept = policy.accepted(os.environ.get(policy.SETTING))
        hold_secret(accept)
        self.exercise = exercise
        self.language = language
        self.journal = Journal.of(course.state_dir) if logged else None
        self.order = Order(
            course=str(course.root),
            exercise=exercise.id,
            secret=course.secret(),
            cache=str(course.state_dir / "cache"),
            archive=str(course.state_dir / "suites") if hidden and logged else "",
            accept=accept,
            limits=exercise.limits,
            hidden=hidden,
            device=device,
            gpu=gpu.chosen(os.environ),
            marks_only=marks_only,
            busy=busy,
        )
        self._tasks = 0

    def task(self, submission: Submission, ask: Ask = Ask()) -> Task:  # noqa: B008 - it is immutable
        """The next task for a server."""
        self._tasks += 1
        return Task(
            id=self._tasks,
            student=submission.student,
            submitted_utc=submission.submitted_utc,
            language=self.language,
            files=[(file.name, file.data) for file in submission.files],
            checks=None if ask.checks is None else list(ask.checks),
            diagnosed=ask.diagnosed,
            unknown=ask.unknown,
            students=list(ask.students),
        )

    def not_graded(self, submission: Submission, why: str, ready: Ready | None) -> Record:
        """The record of a submission on which the grader failed; `ready`: what a server said of itself."""
        return records.not_graded(
            exercise=self.exercise.id,
            student=submission.student,
            submitted_utc=submission.submitted_utc,
            max_score=ready.max_score if ready else float(self.exercise.points),
            device=self.order.device,
            language=self.language,
            digests=Digests(submission=submission.digest, suite=ready.suite if ready else ""),
            warnings=[why[:500]],
            reason=Text(
                en="The grader failed on this submission. It is the grader's fault; nothing was scored.",
                ko="채점기가 이 제출물을 처리하지 못했습니다. 채점기의 문제이며 점수로 기록하지 않았습니다.",
            ),
        )


def allowed_s(order: Order) -> float:
    """How long a server may take for one submission."""
    return order.limits.total_s + order.limits.import_s + GRACE_S


def hold_secret(accept: policy.Level) -> None:
    """Behind a weaker wall code of the same user may look into this process, which holds the secret."""
    if accept != "full":
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
