"""Judges what an exercise ships, and what is made of it, and says what is not as it should be.

The stub gets 0, the reference and every accepted solution full marks under every seed. Each wrong solution
fails exactly the checks that its header names and is diagnosed as itself; left out of the catalogue, it is
not taken for another for certain. No check passes with a degenerate answer. All are judged through the same
engine as submissions are.

A wrong solution is judged whole under the first seed. Under the others only the checks that are to catch it
are run, which takes a fraction of the time: whether it would fail more of them there, or be named otherwise,
is what a `thorough` audit sees.
"""

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, Protocol

from grader.core import submission
from grader.core.course import Exercise
from grader.core.messages import Ask, Ready
from grader.core.record import Outcome, Record
from grader.core.submission import SourceFile, Submission
from grader.errors import CourseError
from grader.judge import suite
from grader.judge.audit import degenerate, findings
from grader.judge.audit.findings import expected
from grader.judge.audit.places import misplaced
from grader.judge.audit.result import PARTS, ExerciseAudit, Kind, Part, Row, row
from grader.judge.catalog import Catalog, Mistake
from grader.judge.layout import Layout, known


class Engine(Protocol):
    """Judges submissions of one exercise; see `grader.engines`, which lies above us."""

    def start(self) -> Ready:
        """Wait until it can judge; raises CourseError or MachineError."""

    def map(
        self, submissions: Iterable[Submission], *, ask: Callable[[Submission], Ask] | None = None
    ) -> Iterator[tuple[Submission, Record]]:
        """Each submission with its record, as they finish; then as unknown, where `ask` says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Solution:
    kind: Kind
    name: str
    sources: Mapping[str, bytes]
    summary: str = ""


@dataclass(slots=True)
class _Told:
    """What is said of one solution."""

    whole: list[Record] = field(default_factory=list)
    """By all checks, one a seed; without those of speed where its time is of no interest."""
    unknown: list[Record] = field(default_factory=list)
    """As if the catalogue did not hold it."""
    again: list[Record] = field(default_factory=list)
    """Under further seeds, by those checks alone that are to catch it."""


def audit(
    exercise: Exercise,
    engine: Engine,
    *,
    seeds: int = 5,
    parts: Collection[Part] = PARTS,
    thorough: bool = False,
    cache: Path | None = None,
) -> ExerciseAudit:
    """The audit of one exercise by an engine for it; raises CourseError where it cannot be audited.

    `cache`: a folder in which the engine keeps what it reads of the known mistakes.

    On a GPU code for one device fails wherever it makes a tensor, so a wrong solution may fail more than its
    header says, and is then not named: what replays it runs on the CPU.
    """
    folder = exercise.solution_dir
    if folder is None:
        raise CourseError(f"{exercise.id} has no solutions folder beside this course: nothing to audit")
    _require_files(exercise, folder)
    layout = Layout.of(exercise)
    excuses = degenerate.excuses(folder)
    solutions = list(_solutions(exercise, layout, parts))
    ready = engine.start()
    if suite.digest(exercise) != ready.suite:  # the engine may have been started long ago
        raise CourseError(f"{exercise.id} was changed while it was to be audited: run the audit again")
    mistakes = {mistake.id: mistake for mistake in Catalog.of(exercise, ready.suite, cache).all()}
    slowest_s = 0.0
    ran: list[str] = []
    rows, found = [], list(misplaced(exercise, folder))
    taken_for: dict[str, Row] = {}
    plan = _Plan(ready, mistakes, seeds, parts, thorough)
    for solution, told in zip(solutions, _judged(exercise, engine, solutions, plan), strict=True):
        records = told.whole
        if told.unknown:
            taken_for[solution.name] = row(solution.kind, solution.name, told.unknown)
        if solution.kind == "wrong" and "wrong" not in parts:
            continue
        made = row(solution.kind, solution.name, records, told.again, solution.summary)
        ran = [check.id for check in records[0].ran]  # the same for all
        if solution.kind == "degenerate":
            passed = [check for check in ran if check not in made.failed]
            made = replace(made, excused=degenerate.excused(made.name, passed, excuses))
        if solution.kind == "reference":
            found += [
                *findings.untranslated(records[0]),
                *findings.of_speed(records[0], ready.timed),
                *findings.of_hints(exercise, records[0]),
            ]
            slowest_s = max(check.seconds for record in records for check in record.checks)
        mistake = mistakes.get(solution.name) if solution.kind == "wrong" else None
        found += findings.of(made, records, told.again, mistake, ready)
        rows.append(made)
    if "left-out" in parts:
        found += findings.of_left_out(taken_for.values(), mistakes)
        rows = _with_left_out(rows, taken_for)
    if "degenerate" in parts:
        found += findings.of_degenerate(rows, ran, excuses)
    never_failed: list[str] = []
    never_caught: list[str] = []
    if "wrong" in parts:
        caught = {check for one in rows if one.kind == "wrong" for check in one.failed}
        never_failed = [check for check in ran if check not in caught]
        never_caught = [one.name for one in rows if one.kind == "wrong" and not one.failed]
        found += [f"check {check}: no wrong solution fails it" for check in never_failed]
    return ExerciseAudit(
        exercise=exercise.id,
        seeds=seeds,
        max_score=ready.max_score,
        checks=ready.checks,
        rows=rows,
        findings=found,
        parts=[part for part in PARTS if part in parts],
        thorough=thorough,
        never_failed=never_failed,
        never_caught=never_caught,
        slowest_s=slowest_s,
    )


def _require_files(exercise: Exercise, folder: Path) -> None:
    """Raise CourseError where the reference or the stub is missing."""
    for name in exercise.files:
        if not (folder / name).is_file():
            raise CourseError(f"{exercise.id} has no reference: expected {str(folder / name)!r}")
        if not (exercise.public_dir / name).is_file():
            raise CourseError(
                f"{exercise.id} has no stub {str(exercise.public_dir / name)!r}: run 'make stubs' "
                "('python -m grader.core.stub COURSE'), which cuts it out of the reference"
            )


def _solutions(exercise: Exercise, layout: Layout, parts: Collection[Part]) -> Iterator[_Solution]:
    """What is to be judged of these parts, in the order of the table."""
    paths: list[tuple[Kind, Path]] = []
    if "accepted" in parts:
        paths += [("stub", exercise.stub_path), ("reference", layout.reference)]
        paths += [("accepted", path) for path in known(layout.folder / "accepted")]
    if "wrong" in parts or "left-out" in parts:
        paths += [("wrong", path) for path in known(layout.folder / "wrong")]
    for kind, path in paths:
        if kind == "stub":
            own = [path]
            files = {name: exercise.public_dir / name for name in exercise.files}
        else:
            own = layout.own(path)
            files = layout.files(path)
        sources = {name: submission.read_source(file) for name, file in files.items()}
        summary = _summary(own[0].read_bytes())
        yield _Solution(kind=kind, name=path.stem, sources=sources, summary=summary)
    if "degenerate" in parts:
        right = {name: submission.read_source(file) for name, file in layout.files(layout.reference).items()}
        for how, what in degenerate.HOW.items():
            spoiled = {layout.names[0]: degenerate.source(layout.reference, how)}
            yield _Solution(kind="degenerate", name=how, sources={**right, **spoiled}, summary=what)


def _summary(source: bytes) -> str:
    """The first line of the module's docstring; empty without one, or where the source is no Python."""
    try:
        docstring = ast.get_docstring(ast.parse(source))
    except (SyntaxError, ValueError):
        return ""
    return (docstring or "").partition("\n")[0]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How often each solution is judged, and by what."""

    ready: Ready
    mistakes: Mapping[str, Mistake]
    seeds: int
    parts: Collection[Part]
    thorough: bool

    def whole(self, solution: _Solution) -> Iterator[tuple[int, Ask]]:
        """(number of the seed, what is asked) of each time that all checks are run.

        One seed is enough for a degenerate answer and for the diagnosis of what is unknown. So it is for the
        time that a wrong solution takes: those whose time must do under every seed are the accepted ones.
        """
        match solution.kind:
            case "degenerate":
                yield 0, Ask(diagnosed=False)  # nobody makes that mistake
            case "wrong":
                yield 0, Ask(unknown="left-out" in self.parts)
                if self.thorough and "wrong" in self.parts and self._untimed:
                    yield from ((seed, Ask(checks=self._untimed)) for seed in range(1, self.seeds))
            case _:
                yield from ((seed, Ask()) for seed in range(self.seeds))

    def again(self, solution: _Solution, first: Record | None) -> Iterator[tuple[int, Ask]]:
        """The same for the further seeds, in one go: only the checks are run that are to catch it.

        Not those that were not answered in time under the `first` seed, where that is known: they would not
        be under another.
        """
        if solution.kind != "wrong" or self.thorough or "wrong" not in self.parts:
            return
        late = {c.id for c in first.ran if c.outcome is Outcome.TIMED_OUT} if first is not None else set()
        named = expected(self.mistakes[solution.name], self.ready)
        checks = tuple(check for check in self._untimed if check in named - late)
        if checks and self.seeds > 1:
            students = tuple(map(_student, range(2, self.seeds)))
            yield 1, Ask(checks=checks, diagnosed=False, students=students)

    @property
    def _untimed(self) -> tuple[str, ...]:
        return tuple(check for check in self.ready.checks if check not in self.ready.timed)


def _student(seed: int) -> str:
    """Who hands in under this seed."""
    return f"audit-{seed}"


class _Asked(NamedTuple):
    """A submission on its way."""

    handed: Submission
    place: int
    """Which solution it is."""
    seed: int
    ask: Ask
    whole: bool
    """Whether all checks are run."""


def _judged(exercise: Exercise, engine: Engine, solutions: Sequence[_Solution], plan: _Plan) -> list[_Told]:
    """What is said of each solution, in their order."""
    told = [_Told() for _ in solutions]
    records: list[dict[int, Record]] = [{} for _ in solutions]
    asked: dict[int, _Asked] = {}  # by the identity of the submission

    def queue() -> Iterator[Submission]:
        for whole in (True, False):
            for index, solution in enumerate(solutions):
                files = tuple(SourceFile(name=name, data=data) for name, data in solution.sources.items())
                first = records[index].get(0)
                for seed, ask in plan.whole(solution) if whole else plan.again(solution, first):
                    handed = Submission(
                        student=_student(seed),
                        exercise=exercise.id,
                        files=files,
                        submitted_utc=submission.utc(),
                    )
                    asked[id(handed)] = _Asked(handed, index, seed, ask, whole)
                    yield handed

    for handed, record in engine.map(queue(), ask=lambda one: asked[id(one)].ask):
        _, index, seed, _, whole = asked[id(handed)]
        if not whole:
            told[index].again.append(record)
        elif seed in records[index]:
            told[index].unknown.append(record)
        else:
            records[index][seed] = record
    for one, by_seed in zip(told, records, strict=True):
        one.whole = [by_seed[seed] for seed in sorted(by_seed)]
    return told


def _with_left_out(rows: Sequence[Row], taken_for: dict[str, Row]) -> list[Row]:
    """The rows, told what each wrong solution is taken for; rows of their own where there are none."""
    if not any(one.kind == "wrong" for one in rows):
        return [*rows, *(replace(one, taken_for=one.named, named=[]) for one in taken_for.values())]
    return [replace(one, taken_for=taken_for[one.name].named) if one.kind == "wrong" else one for one in rows]
