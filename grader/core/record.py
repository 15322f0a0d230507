"""The record of one judged submission: the only thing that leaves the judge.

Terminal, HTML, gradebook and exporters are pure functions of records. A record is a claim of
the judge about a submission, so a record that contradicts itself refuses to be built.

Evidence is a tagged union, which msgspec offers for its own structs only; everything else here
is a frozen dataclass.
"""

import enum
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

SCHEMA = 1

Number = int | float | Literal["nan", "inf", "-inf"]
"""A number as JSON can hold it: non-finite ones are words."""

Role = Literal["input", "expected", "got"]

TimeSource = Literal["clock", "lms", "timestamp", "file", "option"]
"""Who says when a submission was handed in: our clock as it came, the learning platform, a `timestamp.txt`,
the file's own time, or whoever graded it (`--submitted`)."""


def number(value: complex) -> Number:
    """`value` as JSON can hold it; a complex number counts by its real part."""
    if isinstance(value, (bool, int)):
        return int(value)
    value = value.real
    if math.isfinite(value):
        return float(value)
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


@enum.unique
class Outcome(enum.StrEnum):
    """How one check ended. All but the last are about the submission."""

    PASSED = "passed"
    FAILED = "failed"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    OUTPUT_LIMIT = "output_limit"
    FORBIDDEN = "forbidden"
    SKIPPED = "skipped"
    NOT_GRADED = "not_graded"
    """The grader broke. Shown as a gap, judged again, never scored as zero."""


@enum.unique
class Certainty(enum.StrEnum):
    """How sure the naming of a mistake is."""

    EXACT = "exact"
    """Equal to the known mistake on every call of each function that it changes."""
    LIKELY = "likely"
    """Equal wherever the known mistake differs from the reference."""
    HINT = "hint"
    """On some failing check the only known mistake that is equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text in the languages of the course."""

    en: str
    ko: str

    def in_(self, language: str) -> str:
        """The text in `language`, `en` or `ko`."""
        return self.ko if language == "ko" else self.en


class CallEvidence(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="call"):
    """The call that went wrong, as one could type it; long arrays as `…`."""

    text: str


class ArrayEvidence(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="array"):
    """An array: `data` is flat in C order and, when `truncated`, only its beginning."""

    role: Role
    name: str
    dtype: str
    shape: list[int]
    data: list[Number]
    truncated: bool
    axes: list[str] | None = None
    """What the axes are called, such as `["sample", "time", "unit"]`; as many as `shape`."""
    worst: list[int] | None = None
    """Index of the entry that is furthest off (in `got` and `expected`)."""


class SequenceEvidence(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="sequence"):
    """A curve y(x): as many `x` as `y`."""

    role: Role
    name: str
    x: list[Number]
    y: list[Number]


class GraphNode(msgspec.Struct, frozen=True, kw_only=True):
    """A node of a computation graph; `data`, `grad`: got, beside what was expected."""

    id: int
    label: str
    data: Number | None
    grad: Number | None
    expected_data: Number | None
    expected_grad: Number | None
    wrong: bool


class GraphEvidence(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="graph"):
    """A computation graph; an edge (a, b) says that b was computed from a."""

    nodes: list[GraphNode]
    edges: list[tuple[int, int]]
    truncated: bool = False


class ScalarEvidence(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="scalar"):
    """A single value, or what stands for it (`None`, `an object of type Foo`)."""

    role: Role
    name: str
    value: Number | str


class ExceptionEvidence(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="exception"):
    """What the student's code raised; `expected`: the type that was asked for, if any."""

    type: str
    message: str
    expected: str | None = None


class TimelineEvidence(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="timeline"):
    """Events in order, such as the hooks that a trainer called."""

    role: Role
    name: str
    events: list[str]


Evidence = (
    CallEvidence
    | ArrayEvidence
    | SequenceEvidence
    | GraphEvidence
    | ScalarEvidence
    | ExceptionEvidence
    | TimelineEvidence
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """A mistake from the exercise's catalogue that explains a failure."""

    mistake: str
    certainty: Certainty
    message: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A line of the student's that the traceback passes through."""

    file: str
    line: int
    cell: int | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """How one check ended, and what there is to learn from it."""

    id: str
    group: str
    title: Text
    outcome: Outcome
    points: float | None
    max_points: float
    seconds: float
    message: Text | None = None
    brief: Text | None = None
    """The message without inputs and expected values, where it holds some."""
    diagnosis: Diagnosis | None = None
    evidence: list[Evidence] = field(default_factory=list)
    traceback: list[Frame] = field(default_factory=list)
    reveal: Literal["all", "message", "name"] = "all"
    """The most that the student's view holds of this check, whatever the exercise allows."""
    staff_note: str | None = None
    """For staff only: the assertion's text, the traceback of the suite."""
    not_run: bool = False
    """About a device that the submission was not judged on: its points are with the others of its group."""

    def __post_init__(self) -> None:
        if self.not_run and (self.outcome is not Outcome.SKIPPED or self.max_points):
            raise ValueError(f"{self.id}: not run, yet {self.outcome} with {self.max_points} points to earn")
        if (self.points is None) != (self.outcome is Outcome.NOT_GRADED):
            raise ValueError(f"{self.id}: {self.outcome} with points={self.points}")
        if self.points is not None and not 0 <= self.points <= self.max_points:
            raise ValueError(f"{self.id}: {self.points} of {self.max_points} points")
        if self.points and self.outcome is not Outcome.PASSED and not self.is_partial:
            raise ValueError(f"{self.id}: {self.outcome} with points={self.points}")
        if self.diagnosis is not None and self.outcome is Outcome.PASSED:
            raise ValueError(f"{self.id}: passed, yet diagnosed as {self.diagnosis.mistake!r}")

    @property
    def is_partial(self) -> bool:
        """Whether it did not pass and earned a part of its points all the same: right, but slow."""
        return self.outcome is Outcome.FAILED and 0 < (self.points or 0) < self.max_points


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResult:
    """Checks that earn points together. Groups of public checks are worth 0 points."""

    name: str
    title: Text
    points: float | None
    max_points: float
    rule: Literal["shared", "all_or_nothing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stdout:
    """What the submission printed, to stdout and stderr alike."""

    text: str
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """sha256 of what was judged and of what judged it."""

    submission: str
    suite: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxReport:
    """How strong the wall was."""

    level: Literal["full", "reduced", "none"]
    layers: list[str]
    warnings: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something for staff to look at: the submission seems to use what its exercise forbids. No proof."""

    what: str
    seen: Literal["source", "run"]
    """In the text of the file, or as it ran."""
    file: str | None
    line: int | None
    checks: list[str]
    """Checks that came to it."""
    cell: int | None = None
    """Of a notebook; then `line` is the cell's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellNote:
    """A cell of a notebook that did not run, or not to its end."""

    file: str
    cell: int
    """Among the code cells, from 1."""
    line: int
    """Of the cell, from 1."""
    kind: Literal["failed", "command", "plot"]
    """It raised something; a line for the notebook's kernel, or lines that draw, were left out."""
    message: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedHint:
    """A step of help that failed attempts have opened."""

    group: str
    check: str | None
    """The first failed check that it is about; None for the whole group."""
    step: int
    """From 1."""
    steps: int
    """How many there are about the same, those that are not open yet included."""
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One judged submission. `score` is None exactly if it was not graded."""

    exercise: str
    student: str
    attempt: int
    submitted_utc: str
    outcome: Literal["graded", "not_graded"]
    score: float | None
    max_score: float
    device: Literal["cpu", "cuda"]
    language: Literal["en", "ko"]
    groups: list[GroupResult]
    checks: list[CheckResult]
    stdout: Stdout
    digests: Digests
    seed: str
    sandbox: SandboxReport
    environment: dict[str, str]
    seconds: float
    reason: Text | None = None
    """Why it was not graded; None if it was."""
    flags: list[Flag] = field(default_factory=list)
    """For staff only. Records written before there were any have none."""
    time_source: TimeSource = "clock"
    """Who says that it was handed in at `submitted_utc`."""
    hints: list[OpenedHint] = field(default_factory=list)
    """Open at this attempt; the gradebook, which counts attempts, puts them in."""
    notebook: list[CellNote] = field(default_factory=list)
    """Of a submission that is one: which of its cells did not run to their end."""
    schema: Literal[1] = 1

    def __post_init__(self) -> None:
        gaps = [check.id for check in self.checks if check.outcome is Outcome.NOT_GRADED]
        if self.outcome == "graded":
            if self.score is None or not 0 <= self.score <= self.max_score:
                raise ValueError(f"graded with score={self.score} of {self.max_score}")
            if gaps or not self.checks:
                raise ValueError(f"graded, but these checks were not: {gaps or 'all'}")
        elif self.score is not None:
            raise ValueError(f"not graded with score={self.score}")
        if len({check.id for check in self.checks}) != len(self.checks):
            raise ValueError("two checks with one id")
        names = {group.name for group in self.groups}
        if len(names) != len(self.groups) or any(check.group not in names for check in self.checks):
            raise ValueError("groups of checks and groups of the record differ")
        failed = [check for check in self.checks if check.outcome is not Outcome.PASSED]
        for hint in self.hints:
            if not any(c.group == hint.group and hint.check in (None, c.id) for c in failed):
                raise ValueError(f"a hint about {hint.check or hint.group}, which did not fail")

    @property
    def passed(self) -> bool:
        """Whether it was graded and every check passed."""
        return self.outcome == "graded" and all(c.outcome is Outcome.PASSED for c in self.ran)

    @property
    def ran(self) -> list[CheckResult]:
        """The checks without those about a device that it was not judged on."""
        return [check for check in self.checks if not check.not_run]


def not_graded(
    *,
    exercise: str,
    student: str,
    submitted_utc: str,
    max_score: float,
    device: Literal["cpu", "cuda"],
    language: Literal["en", "ko"],
    reason: Text,
    digests: Digests | None = None,
    warnings: Sequence[str] = (),
) -> Record:
    """The record of what no judge has judged to the end: no score, no checks, and why."""
    return Record(
        exercise=exercise,
        student=student,
        attempt=0,
        submitted_utc=submitted_utc,
        outcome="not_graded",
        score=None,
        max_score=max_score,
        device=device,
        language=language,
        groups=[],
        checks=[],
        stdout=Stdout(text="", truncated=False),
        digests=digests or Digests(submission="", suite=""),
        seed="",
        sandbox=SandboxReport(level="none", layers=[], warnings=list(warnings)),
        environment={"python": sys.version.partition(" ")[0]},
        seconds=0.0,
        reason=reason,
    )


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Record)


def encode(record: Record) -> bytes:
    """The record as one line of JSON."""
    return _encoder.encode(record)


def decode(data: bytes) -> Record:
    """The record in `data`; raises `msgspec.ValidationError` if it is none."""
    return _decoder.decode(data)


def schema() -> dict[str, Any]:
    """JSON Schema of the record."""
    return msgspec.json.schema(Record)
