"""What an engine and its judge servers say to each other, as JSON behind its length."""

from typing import Literal, NamedTuple

import msgspec

from grader.core.course import Device, Language, Limits


class Order(msgspec.Struct, kw_only=True):
    """What to judge, for as long as the server lives."""

    course: str
    exercise: str
    secret: bytes
    cache: str
    """A folder for what is slow to compute and may be deleted."""
    archive: str = ""
    """A folder in which the suite is kept as it is, to judge by it again; empty: it is not kept."""
    accept: Literal["full", "reduced", "none"] = "full"
    """The weakest sandbox that may be used."""
    limits: Limits
    """Those of the exercise, or others for a purpose."""
    hidden: bool = True
    """False: the public checks alone."""
    device: Device = "cpu"
    """Where the submissions run."""
    gpu: str = "0"
    """Which GPU, as CUDA_VISIBLE_DEVICES names one."""
    marks_only: bool = False
    """Only whether it gets full marks is asked: judging ends with the first check that loses points."""
    busy: bool = False
    """Submissions follow each other at once: what is done while nobody waits for it would only take time."""
    several: bool = False
    """The server judges nothing itself: judges are forked from it at each request (engines/parent.py)."""


class Task(msgspec.Struct, kw_only=True):
    """One submission."""

    id: int
    """Comes back with the record."""
    student: str
    submitted_utc: str
    language: Language
    files: list[tuple[str, bytes]]
    checks: list[str] | None = None
    """Ids of those to be run; None: all. Points of the others are shared by these of their groups."""
    diagnosed: bool = True
    """False: name no mistakes."""
    unknown: bool = False
    """Give a second record, diagnosed as if the catalogue did not hold these very files."""
    students: list[str] = []
    """Give a record more for each of these: of the same files handed in by them, in the same worker."""


class Ask(NamedTuple):
    """What an audit asks of a submission; see `Task`."""

    checks: tuple[str, ...] | None = None
    diagnosed: bool = True
    unknown: bool = False
    students: tuple[str, ...] = ()


class Ready(msgspec.Struct, kw_only=True, tag="ready"):
    """The suite is collected and the sandbox stands."""

    max_score: float
    checks: list[str]
    timed: list[str]
    """Those of them that are about speed."""
    suite: str


class Trouble(msgspec.Struct, kw_only=True, tag="trouble"):
    """Nothing was judged."""

    fault: Literal["course", "machine", "lost"]
    """Whose it is, as a kind of GraderError; where something was lost, another try may help."""
    message: str


class Judged(msgspec.Struct, kw_only=True, tag="judged"):
    """The record of the task."""

    id: int
    record: msgspec.Raw
    second: list[msgspec.Raw] = []
    """The record as unknown, and those of other students, where they were asked for."""


Answer = Ready | Trouble | Judged
