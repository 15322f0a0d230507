"""Mutants that a suite takes for right: each is judged as a submission is, and none should get full marks.

A survivor shows what no check asks. Where it is as right as the reference, `equivalent.toml` says why; any
other is a finding, and so is an entry there that no survivor needs. Called by `grade audit --mutants`.
"""

import difflib
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grader.core import submission
from grader.core.course import Exercise
from grader.core.record import Outcome
from grader.core.submission import SourceFile, Submission
from grader.errors import CourseError
from grader.judge import equivalent, mutants
from grader.judge.equivalent import Equivalent, Key
from grader.judge.mutants import Mutant

if TYPE_CHECKING:
    from grader.judge.audit import Engine

SEEDS: Final = 3  # a mutant that one of them kills is killed
SLOWER: Final = 10  # times the reference's slowest check, then a mutant is taken to run for ever
LEAST_S: Final = 1.0  # a busy machine may hold up any call for so long


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be judged of one exercise, before anything is."""

    sources: dict[str, str]
    """The reference's files by name."""
    listed: dict[Key, Equivalent]
    made: list[Mutant]
    judged: list[Mutant]
    """Fewer than made where a shard was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivor:
    """A mutant that gets full marks under every seed."""

    file: str
    line: int
    function: str
    operator: str
    occurrence: int
    before: str
    after: str
    diff: str
    """Unified, with the line numbers of the reference."""
    reason: str | None
    """Why it is as right as the reference, as the exercise says; None where it says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MutantAudit:
    """What came out for the mutants of one exercise."""

    made: int
    judged: int
    """Fewer than made where a shard was asked for."""
    killed: int
    timed_out: int
    """Of those killed: by a limit of time."""
    survivors: list[Survivor]
    seconds: float
    findings: list[str]


def hurried(exercise: Exercise, slowest_s: float) -> Exercise:
    """The exercise with limits under which an endless loop costs little, whole seconds.

    `slowest_s`: what the reference's slowest check takes.
    """
    limits = exercise.limits
    seconds = float(math.ceil(max(LEAST_S, SLOWER * slowest_s)))
    shorter = replace(
        limits,
        call_s=min(limits.call_s, seconds),
        check_s=min(limits.check_s, 2 * seconds),
        import_s=min(limits.import_s, 2 * seconds),
    )
    return replace(exercise, limits=shorter)


def plan(exercise: Exercise, shard: tuple[int, int] = (1, 1)) -> Plan:
    """The mutants of one exercise; `shard` (i, n) is the i-th of n parts.

    Raises:
        CourseError: the reference's markers or `equivalent.toml` are amiss, or the extra is not installed.
    """
    folder = exercise.solution_dir
    if folder is None:
        raise CourseError(f"{exercise.id} has no solutions folder beside this course: nothing to audit")
    sources = {name: _source(folder / name) for name in exercise.files}
    listed = equivalent.load(folder)
    made = [mutant for name, source in sources.items() for mutant in mutants.mutants(source, name)]
    number, of = shard
    return Plan(sources=sources, listed=listed, made=made, judged=made[number - 1 :: of])


def audit(exercise: Exercise, engine: "Engine", plan: Plan) -> MutantAudit:
    """What became of the planned mutants, judged by an engine for the exercise."""
    start = time.monotonic()
    engine.start()
    judged, sources = plan.judged, plan.sources
    left, ungraded, timed_out = judged, [], 0
    for seed in range(SEEDS):
        queue = [_handed(exercise, sources, mutant, f"mutant-{seed}") for mutant in left]
        mutant_of = {id(handed): mutant for handed, mutant in zip(queue, left, strict=True)}
        alive = []
        for handed, record in engine.map(queue):
            if record.outcome == "not_graded":
                ungraded.append(mutant_of[id(handed)])
            elif record.score == record.max_score:
                alive.append(mutant_of[id(handed)])
            else:
                timed_out += any(check.outcome is Outcome.TIMED_OUT for check in record.checks)
        left = sorted(alive, key=judged.index)  # they come as they finish
    survivors = [_survivor(sources[mutant.file], mutant, plan.listed) for mutant in left]
    return MutantAudit(
        made=len(plan.made),
        judged=len(judged),
        killed=len(judged) - len(left) - len(ungraded),
        timed_out=timed_out,
        survivors=survivors,
        seconds=time.monotonic() - start,
        findings=[
            *(f"a mutant of {one.file}, line {one.line}, is not graded" for one in ungraded),
            *(_finding(survivor) for survivor in survivors if survivor.reason is None),
            *_unused(plan, left),
        ],
    )


def _source(path: Path) -> str:
    return submission.read_source(path).decode("utf-8")


def _handed(exercise: Exercise, sources: Mapping[str, str], mutant: Mutant, student: str) -> Submission:
    mutated = {**sources, mutant.file: mutant.source}
    files = tuple(SourceFile(name=name, data=text.encode()) for name, text in mutated.items())
    return Submission(student=student, exercise=exercise.id, files=files, submitted_utc=submission.utc())


def _survivor(source: str, mutant: Mutant, listed: Mapping[Key, Equivalent]) -> Survivor:
    entry = equivalent.of(mutant, listed)
    old, new = source.replace("\r\n", "\n").split("\n"), mutant.source.split("\n")
    diff = difflib.unified_diff(old, new, mutant.file, "mutant", lineterm="", n=1)
    return Survivor(
        file=mutant.file,
        line=mutant.line,
        function=mutant.function,
        operator=mutant.operator,
        occurrence=mutant.occurrence,
        before=mutant.before,
        after=mutant.after,
        diff="\n".join(diff),
        reason=None if entry is None else entry.reason,
    )


def _finding(survivor: Survivor) -> str:
    where = f"{survivor.file}, line {survivor.line}"
    return f"a mutant of {where}, gets full marks: {survivor.function}, {survivor.operator}"


def _unused(plan: Plan, left: Sequence[Mutant]) -> Iterator[str]:
    """Entries that no survivor needs; those of other shards are not known."""
    alive, seen, there = (
        {equivalent.key(mutant) for mutant in some} for some in (left, plan.judged, plan.made)
    )
    for key, entry in plan.listed.items():
        if entry.whole:
            if len(plan.judged) == len(plan.made) and entry.function not in {
                mutant.function for mutant in left
            }:
                yield f"{equivalent.FILE}: {entry.function}: no mutant of it survives: take the entry out"
            continue
        what = f"{equivalent.FILE}: {entry.function}: {entry.after.strip()!r} for {entry.before.strip()!r}"
        if key not in there:
            yield f"{what}: no mutant changes this: take the entry out, or write it as the line is now"
        elif key in seen and key not in alive:
            yield f"{what}: the suite kills this mutant, so it is not equivalent: take the entry out"
