"""Is a suite fair? Its own stub, reference, accepted and wrong solutions are judged under several seeds.

The stub gets 0, the reference and every accepted solution full marks, and each wrong solution fails
exactly the checks that its header names and is diagnosed as itself. Judged through the same engine as
submissions are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from grader.core import hints, stub, submission
from grader.core.course import PROBE_FILE, Exercise
from grader.core.globs import matches
from grader.core.messages import Ready
from grader.core.record import Certainty, Outcome, Record
from grader.core.submission import SourceFile, Submission
from grader.errors import CourseError
from grader.judge import catalog, equivalent
from grader.judge.catalog import Mistake
from grader.judge.layout import Layout, known
from grader.judge.survivors import MutantAudit

MIN_ACCEPTED = 3

Kind = Literal["stub", "reference", "accepted", "wrong"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One solution under all seeds."""

    kind: Kind
    name: str
    scores: list[float | None]
    failed: list[str]
    """Checks that did not pass under some seed."""
    named: list[str]
    """Mistakes that the diagnosis named, with their certainty, such as `flips_kernel: exact`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseAudit:
    """What came out for one exercise. Green if there are no findings."""

    exercise: str
    seeds: int
    max_score: float
    checks: list[str]
    rows: list[Row]
    findings: list[str]
    slowest_s: float
    """Of the reference's checks."""
    mutants: MutantAudit | None = None
    """Where they were asked for; their findings are among the findings."""

    @property
    def green(self) -> bool:
        """Whether the suite has earned trust."""
        return not self.findings


class Engine(Protocol):
    """Judges submissions of one exercise; see `grader.engines`, which lies above us."""

    def start(self) -> Ready:
        """Wait until it can judge; raises CourseError or MachineError."""

    def map(self, submissions: Iterable[Submission]) -> Iterator[tuple[Submission, Record]]:
        """Each submission with its record."""


def audit(exercise: Exercise, engine: Engine, *, seeds: int = 5) -> ExerciseAudit:
    """The audit of one exercise by an engine for it; raises CourseError where it cannot be audited."""
    folder = exercise.solution_dir
    if folder is None:
        raise CourseError(f"{exercise.id} has no solutions folder beside this course: nothing to audit")
    layout = Layout.of(exercise)
    for name in exercise.files:
        if not (folder / name).is_file():
            raise CourseError(f"{exercise.id} has no reference: expected {str(folder / name)!r}")
        if not (exercise.public_dir / name).is_file():
            raise CourseError(
                f"{exercise.id} has no stub {str(exercise.public_dir / name)!r}: run 'make stubs' "
                "('python -m grader.core.stub COURSE'), which cuts it out of the reference"
            )
    solutions: list[tuple[Kind, Path]] = [("stub", exercise.stub_path), ("reference", layout.reference)]
    solutions += [("accepted", path) for path in known(folder / "accepted")]
    solutions += [("wrong", path) for path in known(folder / "wrong")]
    cataloged = catalog.load(folder / "wrong", layout.reference, exercise.names)
    mistakes = {mistake.path: mistake for mistake in cataloged}
    queue = [
        (kind, path, _submission(exercise, _files(exercise, layout, kind, path), f"audit-{seed}"))
        for seed in range(seeds)
        for kind, path in solutions
    ]
    records: dict[tuple[Kind, Path], list[Record]] = {solution: [] for solution in solutions}
    ready = engine.start()
    owner = {id(handed): (kind, path) for kind, path, handed in queue}
    for handed, record in engine.map([handed for _, _, handed in queue]):
        records[owner[id(handed)]].append(record)

    findings = list(_places(exercise, folder))
    rows = []
    for (kind, path), found in records.items():
        row = _row(kind, path, found)
        rows.append(row)
        findings += [
            f"{kind} {path.stem}: {finding}"
            for finding in _folded(_judge(row, found, mistakes.get(path), ready.checks), seeds)
        ]
        if kind == "reference":
            findings += [
                *_untranslated(found[0]),
                *_by_speed(found[0], ready.timed),
                *_hints(exercise, found[0]),
            ]
    caught = {check for row in rows if row.kind == "wrong" for check in row.failed}
    findings += [
        f"check {check}: no wrong solution fails it" for check in ready.checks if check not in caught
    ]
    return ExerciseAudit(
        exercise=exercise.id,
        seeds=seeds,
        max_score=ready.max_score,
        checks=ready.checks,
        rows=rows,
        findings=findings,
        slowest_s=max(c.seconds for record in records["reference", layout.reference] for c in record.checks),
    )


def _files(exercise: Exercise, layout: Layout, kind: Kind, path: Path) -> dict[str, Path]:
    if kind == "stub":
        return {name: exercise.public_dir / name for name in exercise.files}
    return layout.files(path)


def _submission(exercise: Exercise, paths: Mapping[str, Path], student: str) -> Submission:
    files = tuple(SourceFile(name=name, data=submission.read_source(path)) for name, path in paths.items())
    return Submission(student=student, exercise=exercise.id, files=files, submitted_utc=submission.utc())


def _row(kind: Kind, path: Path, records: Sequence[Record]) -> Row:
    failed = {c.id for r in records for c in r.checks if c.outcome is not Outcome.PASSED}
    order = [check.id for check in records[0].checks]
    named = {f"{d.mistake}: {d.certainty}" for r in records for c in r.checks if (d := c.diagnosis)}
    return Row(
        kind=kind,
        name=path.stem,
        scores=[record.score for record in records],
        failed=[id for id in order if id in failed],
        named=sorted(named),
    )


def _judge(
    row: Row, records: Sequence[Record], mistake: Mistake | None, checks: Sequence[str]
) -> Iterator[tuple[int, str, str]]:
    """What is wrong with how one solution was judged: number of the seed, finding, what this seed adds."""
    for seed, record in enumerate(records):
        if record.outcome == "not_graded":
            yield seed, "not graded", record.reason.en if record.reason else "no reason given"
            return
        if row.kind == "stub" and record.score != 0:
            passed = [c.id for c in record.checks if c.points]
            yield seed, f"gets {record.score:g} points for nothing, from {', '.join(passed)}", ""
        if row.kind in ("reference", "accepted") and not record.passed:
            first = next(c for c in record.checks if c.outcome is not Outcome.PASSED)
            why = first.message.en if first.message else first.outcome
            yield seed, f"gets {record.score:g} of {record.max_score:g}: {first.id} {first.outcome}", why
        if row.kind in ("reference", "accepted") and record.flags:
            one = record.flags[0]
            yield seed, f"is flagged: it uses {one.what}, which course.toml forbids", f"line {one.line}"
        if mistake is not None:
            yield from ((seed, finding, "") for finding in _wrong(record, mistake, checks))


def _folded(found: Iterable[tuple[int, str, str]], seeds: int) -> Iterator[str]:
    """Each finding once, with the seeds that show it unless all do, and with what the first of them adds."""
    shown: dict[str, list[int]] = {}
    added: dict[str, str] = {}
    for seed, finding, more in found:
        shown.setdefault(finding, []).append(seed)
        added.setdefault(finding, more)
    for finding, by in shown.items():
        numbers = sorted(set(by))
        where = "" if len(numbers) == seeds else f" (under {len(numbers)} of {seeds} seeds)"
        yield f"{finding}{f': {added[finding]}' if added[finding] else ''}{where}"


def _untranslated(record: Record) -> Iterator[str]:
    """Groups that a Korean reader would see in English, or by their name."""
    for group in record.groups:
        if group.title.en == group.title.ko:
            yield f"group {group.name!r} has one title, {group.title.en!r}, for both: give en= and ko="


def _hints(exercise: Exercise, record: Record) -> Iterator[str]:
    """Hints that no attempt can open, or that one of the languages lacks."""
    try:
        steps = hints.read(exercise)
    except CourseError as e:
        yield str(e)
        return
    names = {"group": [g.name for g in record.groups], "check": [c.id for c in record.checks]}
    for kind, about in dict.fromkeys((step.kind, step.about) for step in steps):
        if not any(matches(name, about) if kind == "check" else name == about for name in names[kind]):
            yield f"{hints.HINTS_FILE}: {kind} {about!r} names no {kind}"


def _by_speed(record: Record, timed: Sequence[str]) -> Iterator[str]:
    """Groups whose points a busy machine could take, or that have no room for steps."""
    for group in record.groups:
        own = [check.id for check in record.checks if check.group == group.name]
        if own and set(own) <= set(timed):
            yield f"group {group.name!r} has only speed checks: add one of values, or move them to another"
        elif group.rule == "all_or_nothing" and set(own) & set(timed):
            yield f"group {group.name!r} is all_or_nothing: its speed check cannot earn half; move it"


def _wrong(record: Record, mistake: Mistake, checks: Sequence[str]) -> Iterator[str]:
    expected = {check for check in checks for glob in mistake.fails if matches(check, glob)}
    for glob in mistake.fails:
        if not any(matches(check, glob) for check in checks):
            yield f"fails: {glob!r} names no check"
    failed = {c.id for c in record.checks if c.outcome is not Outcome.PASSED}
    if missed := sorted(expected - failed):
        yield f"passes {', '.join(missed)}, which its header says it fails"
    if more := sorted(failed - expected):
        yield f"fails {', '.join(more)}, which its header does not say"
    outcomes = {c.outcome for c in record.checks if c.outcome is not Outcome.PASSED}
    if not failed:
        yield "is caught by no check"
    elif outcomes != {Outcome.FORBIDDEN}:  # that says all by itself
        names = {(c.diagnosis.mistake, c.diagnosis.certainty) for c in record.checks if c.diagnosis}
        certainty = Certainty.LIKELY if mistake.by_checks else Certainty.EXACT
        if (mistake.id, certainty) not in names:
            yield f"is not named as itself, but as {_names(names) or 'nothing'}"
        elif len(names) > 1:
            yield f"is named as itself and as more: {_names(names)}"


def _names(names: set[tuple[str, Certainty]]) -> str:
    return ", ".join(sorted(f"{mistake} ({certainty})" for mistake, certainty in names))


def _places(exercise: Exercise, folder: Path) -> Iterator[str]:
    """Is every file in its place, and no other."""
    for name in (*exercise.files, "README.md", "README.ko.md", "test_public.py"):
        if not (exercise.public_dir / name).is_file():
            yield f"{name} is missing in {exercise.public_dir.name}"
    for name in exercise.files:
        expected = stub.stub((folder / name).read_text(encoding="utf-8"), str(folder / name))
        if (exercise.public_dir / name).read_text(encoding="utf-8") != expected:
            yield f"the stub {name} is not what `make stubs` writes"
    if (count := len(known(folder / "accepted"))) < MIN_ACCEPTED:
        yield f"{count} accepted solutions, {MIN_ACCEPTED} are asked for"
    if not list(folder.glob("hidden/test_*.py")):
        yield "no hidden suite: expected hidden/test_*.py"
    if (folder / PROBE_FILE).is_file() and (exercise.public_dir / PROBE_FILE).is_file():
        yield f"{PROBE_FILE} is with the solutions and public: keep one, so that it is clear which one runs"
    files = {PROBE_FILE, hints.HINTS_FILE, equivalent.FILE}
    belong = {*exercise.names, *files, "hidden", "wrong", "accepted", "__pycache__"}
    for path in sorted(folder.iterdir()):
        if path.name not in belong:
            yield f"{path.name} does not belong in {folder}"
