"""One actor as the engine holds it: what it is doing, and what it answers."""

from typing import Any, Final, NamedTuple

import ray
from ray.exceptions import RayError

from grader.core.messages import Ready, Task
from grader.core.submission import Submission

TAKE_S: Final = 1.0  # an answer that is there


class Judging(NamedTuple):
    """One submission, on its way."""

    task: Task
    submission: Submission
    tries: int = 1


class Remote:
    """A slot somewhere in the cluster, as this side sees it."""

    def __init__(self, actor: Any, starts: int) -> None:
        self.actor = actor
        self.starts = starts
        """How many actors in a row have not become ready, this one included."""
        self.here = actor.here.remote()
        self.starting: Any = actor.start.remote()
        """Its answer to `start`; None when it has come."""
        self.host = "?"
        self.ready: Ready | None = None
        self.judging: Judging | None = None
        self.end = 0.0
        """When it must have answered, on the monotonic clock."""

    @property
    def free(self) -> bool:
        """Whether it could judge."""
        return self.ready is not None and self.judging is None


def answered(remote: Remote, answer: bytes | str) -> tuple[Remote, Judging, bytes | str]:
    """The slot is free; what it was judging, and what became of that."""
    judging, remote.judging = remote.judging, None
    assert judging is not None
    return remote, judging, answer


def answer_of(ref: Any) -> bytes | str:
    """What a slot has answered; a text that says why it has not."""
    try:
        answer: bytes = ray.get(ref, timeout=TAKE_S)
        return answer
    except RayError as e:
        lines = [line.strip() for line in str(e).splitlines() if line.strip()]
        return " ".join(lines)[:300] or type(e).__name__


def has_ended(ref: Any) -> bool:
    """Whether the slot says that it has ended."""
    try:
        ray.get(ref, timeout=TAKE_S)
    except RayError:
        return False
    return True
