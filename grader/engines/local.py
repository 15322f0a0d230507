"""The default engine: judge servers on this machine, one a slot.

A judge server that dies is replaced, and its submission judged again, `TRIES` times in all: then its
record says `not_graded`. The engine itself imports neither pytest nor numpy.
"""

import contextlib
import selectors
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Self

from grader.core import record as records
from grader.core.course import Course, Device, Exercise, Language
from grader.core.messages import Ask, Judged, Ready, Task, Trouble
from grader.core.record import Record
from grader.core.submission import Submission
from grader.engines.assignment import TRIES, Assignment, allowed_s
from grader.engines.parent import Parent
from grader.engines.slot import MESSAGE_S, STANDS_STILL, Slot
from grader.errors import GraderError, Lost, MachineError, host_at_fault
from grader.sandbox import stops


class _Judging(NamedTuple):
    """What a slot is doing."""

    task: Task
    submission: Submission
    tries: int
    end: float
    """When it must have answered, on the monotonic clock."""


class LocalEngine:
    """Judges submissions of one exercise on this machine."""

    def __init__(
        self,
        course: Course,
        exercise: Exercise,
        *,
        jobs: int = 1,
        language: Language = "en",
        hidden: bool = True,
        logged: bool = False,
        device: Device = "cpu",
        marks_only: bool = False,
    ) -> None:
        """Servers start at once and get ready while the caller goes on.

        `logged`: staff can look up why, and the suite is kept to judge by it again. `marks_only`: records
        say whether there are full marks, and no more. On `cuda`, that there is a GPU is the caller's to see
        (`sandbox.gpu.require`).
        """
        self._assignment = Assignment(
            course,
            exercise,
            language=language,
            hidden=hidden,
            logged=logged,
            device=device,
            marks_only=marks_only,
            busy=jobs > 1,  # a class, or an audit
        )
        self._order = self._assignment.order
        self._journal = self._assignment.journal
        self._allowed_s = allowed_s(self._order)
        # A GPU's fork server stands by itself.
        self._shared = jobs > 1 and device == "cpu"
        self._parent: Parent | None = None
        self._slots: list[Slot] = []
        try:
            for _ in range(jobs):
                self._slots.append(self._slot())
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> Ready:
        """Wait for all servers; one that is lost is replaced. Raises CourseError or MachineError."""
        first, *_ = [self._started(index) for index in range(len(self._slots))]
        return first

    def _started(self, index: int) -> Ready:
        for _ in range(TRIES - 1):
            try:
                return self._slots[index].start()
            except Lost:
                self._renew(index)
        return self._slots[index].start()

    def judge(self, submission: Submission) -> Record:
        """The record of one submission."""
        return next(iter(self.map([submission])))[1]

    def map(
        self, submissions: Iterable[Submission], *, ask: Callable[[Submission], Ask] | None = None
    ) -> Iterator[tuple[Submission, Record]]:
        """Each submission with its record, as they finish. Raises CourseError if the suite is broken.

        Submissions are drawn as slots become free, so that a whole class need not be in memory; a slot has
        its next one before the caller is given the record of the last. `ask`: what is asked of each, for an
        audit; one of which more than one record is asked comes again, right behind, with each of the others.
        """
        self.start()
        coming = ((one, self._task(one, Ask() if ask is None else ask(one))) for one in submissions)
        again: deque[_Judging] = deque()
        busy: dict[int, _Judging] = {}
        with selectors.DefaultSelector() as selector:
            while True:
                self._feed(coming, again, busy, selector)
                if not busy:
                    return
                done, late = self._wait(busy, selector)
                finished: list[tuple[Submission, list[Record]]] = []
                for index in [*done, *late]:
                    judging = busy.pop(index)
                    selector.unregister(self._slots[index].channel)
                    found = self._outcome(index, judging, late.get(index))
                    if found is None:
                        again.append(judging._replace(tries=judging.tries + 1))
                    else:
                        finished.append((judging.submission, found))
                self._feed(coming, again, busy, selector)
                for submission, found in finished:
                    if self._journal is not None:
                        self._journal.judged(submission, found[0])
                    for record in found:
                        yield submission, record

    def _feed(
        self,
        coming: Iterator[tuple[Submission, Task]],
        again: deque[_Judging],
        busy: dict[int, _Judging],
        selector: selectors.BaseSelector,
    ) -> None:
        """Give each free slot a submission, as long as there are any."""
        for index, slot in enumerate(self._slots):
            if index in busy:
                continue
            following = next(coming, None)
            if following is not None:
                submission, task = following
                judging = _Judging(task, submission, tries=1, end=0.0)
            elif again:
                judging = again.popleft()
            else:
                return
            end = time.monotonic() + self._allowed_s * (1 + len(judging.task.students))
            try:
                slot.send(judging.task)
            except Lost:  # it is dead, or stands still
                end = 0.0
            busy[index] = judging._replace(end=end)
            selector.register(slot.channel, selectors.EVENT_READ, index)

    def _wait(
        self, busy: "dict[int, _Judging]", selector: selectors.BaseSelector
    ) -> tuple[list[int], dict[int, str]]:
        """Slots that have something to say, and those that will not, with the reason."""
        left = min(judging.end for judging in busy.values()) - time.monotonic()
        done = [key.data for key, _ in selector.select(max(0.0, min(stops.LOOK_S, left)))]
        late = {
            index: f"the judge server did not finish within {self._allowed_s:g} s"
            for index, judging in busy.items()
            if index not in done and judging.end <= time.monotonic()
        }
        late |= {i: STANDS_STILL for i in busy if i not in done and self._slots[i].watch.stands_still()}
        return done, late

    def _outcome(self, index: int, judging: "_Judging", late: str | None) -> list[Record] | None:
        """The records of a slot's submission; None where it is to be judged again."""
        try:
            if late is not None:
                raise Lost(late)
            found = self._answer(self._slots[index], judging.task)
            if found[0].outcome == "not_graded" and judging.tries < TRIES:
                # Its sandbox broke, say: what follows in that slot would fare no better.
                raise MachineError("the judge could not grade the submission")
        except MachineError as e:
            if self._journal is not None:
                said = self._slots[index].last_words()
                self._journal.failed(judging.submission, tries=judging.tries, why=str(e), said=said)
            self._replace(index)
            if judging.tries < TRIES:
                return None
            more = judging.task.unknown + len(judging.task.students)
            return [self._not_graded(judging.submission, str(e))] * (1 + more)
        return found

    def hang_up(self) -> None:
        """Nothing more is to be judged: the servers end while the caller goes on; `close` waits for them."""
        for slot in self._slots:
            slot.hang_up()
        if self._parent is not None:
            self._parent.hang_up()

    def close(self) -> None:
        """End all servers."""
        self.hang_up()  # so that they end side by side
        for slot in self._slots:
            slot.close()
        self._slots = []
        if self._parent is not None:
            self._parent.close()

    def _answer(self, slot: Slot, task: Task) -> list[Record]:
        answer = slot.receive(MESSAGE_S)
        while isinstance(answer, Judged):
            if answer.id == task.id:
                return [records.decode(bytes(one)) for one in (answer.record, *answer.second)]
            # The answer to a task of a `map` that was left in the middle.
            answer = slot.receive(self._allowed_s)
        raise MachineError(answer.message if isinstance(answer, Trouble) else "an answer out of turn")

    def _renew(self, index: int) -> None:
        """Another server in place of this one."""
        self._slots[index].close()
        self._slots[index] = self._slot()

    def _slot(self) -> Slot:
        """A judge server that starts. Raises MachineError."""
        if self._shared and (self._parent is None or self._parent.ended):
            if self._parent is not None:
                self._parent.close()
            try:
                self._parent = Parent(self._order)
            except OSError as e:
                raise host_at_fault(e) or MachineError(f"no judge server can be started: {e}") from e
        return Slot(self._order, self._parent)

    def _replace(self, index: int) -> None:
        self._renew(index)
        with contextlib.suppress(GraderError):  # then its next submission fails as this one did
            self._started(index)

    def _task(self, submission: Submission, ask: Ask) -> Task:
        return self._assignment.task(submission, ask)

    def _not_graded(self, submission: Submission, why: str) -> Record:
        return self._assignment.not_graded(submission, why, self._slots[0].ready)
