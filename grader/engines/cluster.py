"""The Ray engine: one actor a slot, anywhere in a cluster, each with a judge server of its own.

The course goes to each node once, submissions as bytes to the slot that judges them. A slot that is lost,
with its node or alone, costs time and nothing else: another one comes up where there is room, and its
submission is judged again, `TRIES` times in all. A node on which nothing can be judged takes no part, and
staff are told.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Self

import msgspec
import ray

import grader
from grader.core import record as records
from grader.core.course import Course, Device, Exercise, Language
from grader.core.messages import Ready
from grader.core.record import Record
from grader.core.submission import Submission
from grader.engines import connection
from grader.engines.assignment import TRIES, Assignment, allowed_s
from grader.engines.node import BEGUN, REPLY, Failed, Here, NodeSlot, sweep
from grader.engines.pack import pack
from grader.engines.remote import Judging, Remote, answer_of, answered, has_ended
from grader.engines.slot import CLOSE_S, START_S, SWEEP_S
from grader.errors import CourseError, MachineError

LOOK_S: Final = 1.0
ROOM_S: Final = 180.0  # until some slot is up: others may use the cluster, and servers import for seconds
AGAIN_S: Final = 5.0  # Ray knows in 10 to 15 s that a node is gone
END_S: Final = 2 * CLOSE_S + 5.0  # a slot ends its server in this time
HUNG_S: Final = START_S + 30.0  # beyond what a slot itself allows: then the slot is no more
END: Final = "end"  # the thread in which a slot is ended, whatever it is doing


class RayEngine:
    """Judges submissions of one exercise on a cluster."""

    def __init__(
        self,
        course: Course,
        exercise: Exercise,
        *,
        address: str | None = None,
        jobs: int | None = None,
        most: int | None = None,
        gpu_share: float = 1.0,
        language: Language = "en",
        logged: bool = False,
        device: Device = "cpu",
        marks_only: bool = False,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Slots come up while the caller goes on.

        Args:
            address: as `connection.join` takes it.
            jobs: how many slots; None: as many as the cluster has room for.
            most: no more than these, whatever `jobs` says.
            gpu_share: of a GPU, for each slot on `cuda`.
            logged, marks_only: as for Assignment.
            note: is told, in a line, what staff should know of nodes.
        """
        self._assignment = Assignment(
            course,
            exercise,
            language=language,
            logged=logged,
            device=device,
            marks_only=marks_only,
            busy=True,
        )
        self._kept = (course, exercise)
        self._allowed_s = allowed_s(self._assignment.order) + HUNG_S
        self._note = note
        self._suite = ""
        self._ready: Ready | None = None
        self._lost = False
        """Whether a slot may have left something on its node."""
        self._later: list[tuple[float, int]] = []
        """Slots that are to be made: when, on the monotonic clock, and how many tries there were before."""
        self._ends: list[Any] = []
        self._remotes: list[Remote] = []
        packed = pack(course, exercise)  # first: what is wrong with the course needs no cluster
        self._joined = connection.join(address)
        try:
            share = gpu_share if device == "cuda" else 0.0
            room = connection.room(share)
            self._packed = ray.put(packed)
            self._order = msgspec.json.encode(self._assignment.order)
            self._class = ray.remote(
                num_cpus=connection.CPUS,
                num_gpus=share,
                max_restarts=0,
                max_task_retries=0,
                concurrency_groups={END: 1},
            )(NodeSlot)
            for _ in range(max(1, min(jobs or room, most or jobs or room))):
                self._remotes.append(self._new())
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> Ready:
        """Wait for the first slot; the others join in as they come up. Raises CourseError or MachineError."""
        end = time.monotonic() + ROOM_S
        while (first := self._first_ready()) is None:
            self._look({}, end)
        return first

    def judge(self, submission: Submission) -> Record:
        """The record of one submission."""
        return next(iter(self.map([submission])))[1]

    def map(self, submissions: Iterable[Submission]) -> Iterator[tuple[Submission, Record]]:
        """Each submission with its record, as they finish. Raises CourseError if the suite is broken.

        Submissions are drawn as slots become free; a slot has its next one before the caller is given the
        record of the last. Raises MachineError when no slot is left, and none has come up for ROOM_S.
        """
        self.start()
        coming = (Judging(self._assignment.task(submission), submission) for submission in submissions)
        again: deque[Judging] = deque()
        busy: dict[Any, Remote] = {}
        try:
            while True:
                drained = self._feed(coming, again, busy)
                if not busy and drained:
                    return
                finished = []
                for remote, judging, answer in self._look(busy, time.monotonic() + ROOM_S):
                    record = self._outcome(remote, judging, answer)
                    if record is None:
                        again.append(judging._replace(tries=judging.tries + 1))
                    else:
                        finished.append((judging.submission, record))
                self._feed(coming, again, busy)
                for submission, record in finished:
                    if self._assignment.journal is not None:
                        self._assignment.journal.judged(submission, record)
                    yield submission, record
        finally:
            for remote in busy.values():  # left in the middle: what these slots answer, nobody asks any more
                remote.judging = None

    def hang_up(self) -> None:
        """Nothing more is to be judged: slots end while the caller goes on; `close` waits for them."""
        if not self._ends and self._remotes:
            up, _ = ray.wait([r.here for r in self._remotes], num_returns=len(self._remotes), timeout=0)
            alive = [remote for remote in self._remotes if remote.here in up]
            # One that is not up yet leaves nothing but what `sweep` finds.
            self._lost = self._lost or len(alive) < len(self._remotes)
            self._ends = [remote.actor.end.options(concurrency_group=END).remote() for remote in alive]

    def close(self) -> None:
        """End all slots, see that nothing of them is left on any node, and leave the cluster."""
        if not ray.is_initialized():
            return
        try:
            self.hang_up()
            ended = 0
            if self._ends:
                done, _ = ray.wait(self._ends, num_returns=len(self._ends), timeout=END_S)
                ended = sum(has_ended(ref) for ref in done)
            self._lost = self._lost or ended < len(self._ends)
            for remote in self._remotes:
                ray.kill(remote.actor)
            if self._lost:
                self._sweep()
        finally:
            self._remotes, self._later, self._ends, self._lost = [], [], [], False
            if self._joined:
                self._joined = False
                connection.leave()

    def _sweep(self) -> None:
        task = ray.remote(sweep)
        refs = [
            task.options(num_cpus=0, scheduling_strategy=connection.on(n)).remote()
            for n in connection.nodes()
        ]
        ray.wait(refs, num_returns=len(refs), timeout=SWEEP_S + 2 * LOOK_S)

    def _new(self, starts: int = 1) -> Remote:
        return Remote(self._class.remote(self._order, self._packed), starts)

    def _first_ready(self) -> Ready | None:
        return next((remote.ready for remote in self._remotes if remote.ready is not None), None)

    def _feed(self, coming: Iterator[Judging], again: deque[Judging], busy: dict[Any, Remote]) -> bool:
        """Give each free slot a submission; whether there are no more."""
        for remote in self._remotes:
            if not remote.free:
                continue
            judging = next(coming, None) or (again.popleft() if again else None)
            if judging is None:
                return True
            remote.judging = judging
            remote.end = time.monotonic() + self._allowed_s
            busy[remote.actor.judge.remote(msgspec.json.encode(judging.task))] = remote
        return False

    def _look(self, busy: dict[Any, Remote], end: float) -> list[tuple[Remote, Judging, bytes | str]]:
        """Wait until something has happened; the submissions that have an answer, or a reason why not.

        Slots that have come up meanwhile are ready afterwards. Raises CourseError if the suite is broken;
        MachineError if no slot is up, or comes up before `end`.
        """
        while True:
            self._make_due()
            starting = {remote.starting: remote for remote in self._remotes if remote.starting is not None}
            refs = [*busy, *starting]
            if refs:
                done, _ = ray.wait(refs, num_returns=1, timeout=LOOK_S)
            else:  # all were lost a moment ago
                done = []
                time.sleep(LOOK_S)
            if done and len(refs) > 1:  # all that is there, not one a turn
                done, _ = ray.wait(refs, num_returns=len(refs), timeout=0)
            answers = {ref: answer_of(ref) for ref in done if ref in busy}
            now = time.monotonic()
            late = [ref for ref, remote in busy.items() if ref not in answers and remote.end <= now]
            answers |= dict.fromkeys(late, "the slot did not answer in time")
            found = [answered(busy.pop(ref), answer) for ref, answer in answers.items()]
            for ref in [ref for ref in done if ref in starting]:
                self._begun(starting[ref], answer_of(ref))
            if found or any(ref in starting for ref in done):
                return found
            if not busy and self._first_ready() is None and now >= end:
                raise MachineError(
                    f"no slot came up in the cluster within {ROOM_S:g} s: {connection.stock()}; "
                    "wait until others have finished, or start more nodes"
                )

    def _begun(self, remote: Remote, answer: bytes | str) -> None:
        """A slot has said whether it is ready."""
        remote.starting = None
        if isinstance(answer, str):
            self._replace(remote, answer)
            return
        here = answer_of(remote.here)
        if isinstance(here, bytes):
            where = msgspec.json.decode(here, type=Here)
            remote.host = where.host
            if where.grader != grader.__version__:
                self._retire(remote, f"it has dlgrade {where.grader}, this machine {grader.__version__}")
                return
        begun = BEGUN.decode(answer)
        if not isinstance(begun, Ready):
            if begun.fault == "course":
                raise CourseError(f"{begun.message} (on {remote.host!r})")
            if begun.fault == "lost":
                self._replace(remote, begun.message)
            else:
                self._retire(remote, begun.message)
        elif begun.suite != (self._suite or begun.suite):
            self._retire(remote, "it reads the suite otherwise than others: install the same version")
        else:
            if self._ready is None:
                self._keep(begun.suite)
            remote.ready, remote.starts, self._suite, self._ready = begun, 0, begun.suite, begun

    def _keep(self, suite: str) -> None:
        """The suite is kept beside the gradebook, which the nodes do not have, to judge by it again."""
        from grader.judge import archive  # imports pytest: only where a suite is kept

        if folder := self._assignment.order.archive:
            archive.keep(*self._kept, Path(folder), suite)

    def _outcome(self, remote: Remote, judging: Judging, answer: bytes | str) -> Record | None:
        """The record of a submission; None where it is to be judged again."""
        reply = Failed(why=answer) if isinstance(answer, str) else REPLY.decode(answer)
        if isinstance(answer, str):
            self._replace(remote, answer)
        if not isinstance(reply, Failed):
            record = records.decode(bytes(reply.record))
            if record.outcome == "graded" or judging.tries == TRIES:
                return record
            reply = Failed(why="the judge could not grade the submission")
        if self._assignment.journal is not None:
            self._assignment.journal.failed(
                judging.submission, tries=judging.tries, why=f"{remote.host}: {reply.why}", said=reply.said
            )
        if judging.tries < TRIES:
            return None
        return self._assignment.not_graded(judging.submission, reply.why, self._ready)

    def _replace(self, remote: Remote, why: str) -> None:
        """The slot is lost; another one takes its place, wherever there is room.

        For some seconds Ray may still have room in mind that went with a node: slots that do not come up
        are made again later and later.
        """
        if remote.starts >= TRIES:
            self._retire(remote, why)
            return
        self._lost = True
        if remote.starts == 0:
            self._note(f"a slot on {remote.host!r} was lost, and another one takes its place: {why}")
        ray.kill(remote.actor)
        self._remotes.remove(remote)
        self._later.append((time.monotonic() + remote.starts * AGAIN_S, remote.starts + 1))

    def _make_due(self) -> None:
        """Make the slots whose time has come."""
        now = time.monotonic()
        due = [later for later in self._later if later[0] <= now]
        for later in due:
            self._later.remove(later)
            self._remotes.append(self._new(starts=later[1]))

    def _retire(self, remote: Remote, why: str) -> None:
        """Nothing can be judged there."""
        self._lost = True
        ray.kill(remote.actor)
        self._remotes.remove(remote)
        if not self._remotes and not self._later:
            raise MachineError(f"no node of the cluster can judge: {remote.host!r}: {why}")
        self._note(f"a slot on {remote.host!r} takes no part: {why}")
