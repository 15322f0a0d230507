"""What every engine can do; tests/contract/test_engine.py says what that promises."""

from collections.abc import Iterable, Iterator
from typing import Protocol, Self

from grader.core.messages import Ready
from grader.core.record import Record
from grader.core.submission import Submission


class Engine(Protocol):
    """Judges submissions of one exercise; a context manager."""

    def start(self) -> Ready:
        """Wait until it can judge; raises CourseError or MachineError."""

    def judge(self, submission: Submission) -> Record:
        """The record of one submission."""

    def map(self, submissions: Iterable[Submission]) -> Iterator[tuple[Submission, Record]]:
        """Each submission with its record, once, as they finish; drawn as there is room to judge them."""

    def hang_up(self) -> None:
        """Nothing more is to be judged: servers end while the caller goes on; `close` waits for them."""

    def close(self) -> None:
        """End, and leave nothing behind. May be called again."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
