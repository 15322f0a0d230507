"""Judges submissions over a suite that pytest has collected once.

One `Judge` lives as long as its pytest session; each submission runs over the same items, with a worker
and seeds of its own. That one submission leaves nothing here for the next is what
tests/engines/test_local.py proves.
"""

import contextlib
import hashlib
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import pytest
from _pytest.runner import runtestprotocol

from grader.core import seeds
from grader.core.course import Device, Exercise, Language
from grader.core.record import (
    CheckResult,
    Diagnosis,
    Digests,
    Outcome,
    Record,
    SandboxReport,
    Stdout,
)
from grader.core.submission import SourceFile, utc
from grader.core.submission import Submission as Handed
from grader.errors import CourseError
from grader.judge import diagnosis, faults, marking, modules, plugin
from grader.judge import suite as suites
from grader.judge.catalog import Catalog
from grader.judge.layout import Layout
from grader.judge.pacemaker import Pacemaker
from grader.judge.plugin import check_id
from grader.judge.proxy import Exchange, Probe, Reference, Submission
from grader.judge.replayer import NoDiagnosis, Replayer
from grader.judge.run import BROKEN, Connection, Run, Verdict
from grader.judge.suite import Check, Suite


class Wall(Protocol):
    """Where connections to submissions come from."""

    @property
    def report(self) -> SandboxReport:
        """How strong the wall is."""

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the packages behind it."""

    def connect(self, files: Sequence[tuple[str, bytes]], seed: int) -> Connection:
        """A connection to a submission that is loaded at the first call."""

    def fill(self) -> None:
        """Prepare for the next connection, while nobody waits."""


VERIFY_AGAIN: Final = 2


def _stamp(digest: str, exercise: Exercise, wall: Wall, device: Device) -> str:
    """Names all that the reference's full marks hang on: suite, limits, device, and what the worker sees."""
    rules = repr((exercise.limits, exercise.forbidden, exercise.forbidden_means))
    words = (digest, rules, device, repr(wall.versions), platform.python_version())
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:32]


def _why(check: CheckResult) -> str:
    """What went wrong, in a line: for the suite's own error where it stands in the suite."""
    if check.staff_note is None:
        return check.message.en if check.message else "no message"
    lines = check.staff_note.strip().splitlines()
    places = [line.strip() for line in lines if line.lstrip().startswith("File ") and "hidden" in line]
    return f"{lines[-1]} ({places[-1]})" if places else lines[-1]


class Judge:
    """A collected suite, a reference and a catalogue; also the `plugin.Host` of the pytest session."""

    def __init__(
        self,
        *,
        exercise: Exercise,
        device: Device,
        suite: Suite,
        suite_digest: str,
        reference: Any,
        sources: Sequence[tuple[str, bytes]],
        mistakes: Catalog,
        wall: Wall,
        secret: bytes,
        verified: Path | None,
        marks_only: bool,
    ) -> None:
        self.device: Device = device
        self.suite = suite
        self.digest = suite_digest
        self._exercise = exercise
        self._verified = verified
        self._module = reference
        self._sources = sources
        self._mistakes = mistakes
        self._wall = wall
        self._secret = secret
        self._marks_only = marks_only
        self._run: Run | None = None
        self._replayer: Replayer | None = None
        self._pacemaker: Pacemaker | None = None
        if reference is not None:
            self._pacemaker = Pacemaker(lambda: reference, lambda: wall.connect(sources, 0))

    @classmethod
    def of(
        cls,
        session: pytest.Session,
        exercise: Exercise,
        wall: Wall,
        secret: bytes,
        *,
        hidden: bool,
        cache: Path,
        reports: "Reports",
        device: Device = "cpu",
        marks_only: bool = False,
    ) -> "Judge":
        """The judge of a session that has collected the exercise; raises CourseError.

        `marks_only`: it goes no further than the first check that loses points, and names no mistakes.
        """
        folder = exercise.solution_dir if hidden else None
        reference = None
        sources: list[tuple[str, bytes]] = []
        if folder is not None:
            layout = Layout.of(exercise)
            files = layout.files(layout.reference)
            reference = modules.load_files(files, f"reference_{exercise.module}")
            sources = [(name, path.read_bytes()) for name, path in files.items()]
        digest = suites.digest(exercise)
        judge = cls(
            exercise=exercise,
            device=device,
            suite=suites.build(session.items, exercise, hidden=hidden, device=device),
            suite_digest=digest,
            reference=reference,
            sources=sources,
            mistakes=Catalog.of(exercise, digest, cache, hidden=hidden),
            wall=wall,
            secret=secret,
            verified=None if folder is None else cache / f"verified-{_stamp(digest, exercise, wall, device)}",
            marks_only=marks_only,
        )
        session.config.stash[plugin.HOST] = judge
        reports.judge = judge
        return judge

    def verify(self) -> None:
        """See once for each suite that the reference gets full marks here; raises CourseError if not.

        A missing package or a limit that is too low would otherwise look like every student's error.
        """
        path = self._verified
        if path is None or path.exists():
            return
        files = tuple(SourceFile(name=name, data=data) for name, data in self._sources)
        handed = Handed(student="reference", exercise=self._exercise.id, files=files, submitted_utc=utc())
        record = self.judge(handed, "en")
        # A busy machine may spoil a check of speed once; a broken suite fails always.
        for _ in range(VERIFY_AGAIN):
            if not record.passed:
                record = self.judge(handed, "en")
        for check in record.ran:
            if check.outcome is not Outcome.PASSED:
                raise CourseError(
                    f"the reference of {self._exercise.id} does not pass its own suite: "
                    f"{check.id} {check.outcome}: {_why(check)}"
                )
        with contextlib.suppress(OSError):  # then it is seen again at the next start
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

    def submission(self, item: pytest.Item) -> Submission:
        """The submission being judged (fixture)."""
        return Submission(self._running().far)

    def probe(self, item: pytest.Item) -> Probe:
        """The author's code beside the submission being judged (fixture)."""
        return Probe(self._running().far)

    def reference(self, item: pytest.Item) -> "Reference | Submission":
        """The reference's module (fixture)."""
        return self._reference(check_id(item), self._running())

    def _reference(self, check: str, run: Run) -> "Reference | Submission":
        if "torch" not in self._exercise.packages:
            return Reference(self._module)
        from grader.judge.reference import TorchReference

        return TorchReference(self._module, self._exercise.limits, self._seed(run.handed, check))

    def seed(self, item: pytest.Item) -> int:
        """Seed of this check for the submission being judged (fixture)."""
        return self._seed(self._running().handed, check_id(item))

    def _seed(self, handed: Handed, check: str) -> int:
        return seeds.seed(self._secret, handed.student, handed.exercise, self._handed_digest(handed), check)

    def _handed_digest(self, handed: Handed) -> str:
        """The submission's digest, computed once a submission."""
        run = self._run
        return run.digest if run is not None and run.handed is handed else handed.digest

    def judge(self, handed: Handed, language: Language) -> Record:
        """The record of one submission, whatever that submission does; the gradebook counts its attempt."""
        return self.examine(handed, language)[0]

    def examine(
        self,
        handed: Handed,
        language: Language,
        *,
        checks: Sequence[str] | None = None,
        diagnosed: bool = True,
        unknown: bool = False,
        students: Sequence[str] = (),
    ) -> list[Record]:
        """The record; with `unknown` another one, as if the catalogue did not hold these very files.

        `checks`: only these are run. Not `diagnosed`: no mistake is named. `students`: a record more for
        each, of the same files handed in by them, so under other seeds: in the same worker.
        """
        start = time.perf_counter()
        suite = self.suite if checks is None else self.suite.part(checks)
        files = [(file.name, file.data) for file in handed.files]
        runs: list[Run] = []
        with contextlib.closing(self._wall.connect(files, self._seed(handed, "worker") % 2**63)) as live:
            for one in (handed, *(replace(handed, student=student) for student in students)):
                if runs:
                    live.rest()
                runs.append(self._ran(suite, one, live))
        found = [
            self._record(suite, run, language, self._diagnose(run) if diagnosed else {}, start)
            for run in runs
        ]
        if unknown:
            named = self._diagnose(runs[0], self._same_file(handed))
            found.insert(1, self._record(suite, runs[0], language, named, start))
        return found

    def _ran(self, suite: Suite, handed: Handed, live: Connection) -> Run:
        """The submission after all checks."""
        self._run = run = Run(handed, live)
        run.far.pacemaker = self._pacemaker
        try:
            checks = suite.checks
            for check, following in zip(checks, [*checks[1:], None], strict=True):
                if self._marks_only and any(v.check.points and not v.passed for v in run.verdicts):
                    run.leave_out(check)
                else:
                    self._check(check, None if self._marks_only else following, run)
        finally:
            self._run = None
            if self._pacemaker is not None:
                self._pacemaker.rest()
        if self._exercise.forbidden_means == "zero":
            run.forbid(by_source="torch" not in self._exercise.packages)
        return run

    def _record(
        self, suite: Suite, run: Run, language: Language, named: Mapping[str, Diagnosis], start: float
    ) -> Record:
        """What is told of it; `named`: mistakes by check, `start`: when it began."""
        handed, live = run.handed, run.live
        earned = marking.points(suite, run)
        results = [marking.result(v, run, earned[v.check.id], named.get(v.check.id)) for v in run.verdicts]
        graded = all(result.outcome is not Outcome.NOT_GRADED for result in results)
        groups = marking.groups(suite, results, earned)
        score = sum((group for group, _ in groups), Fraction(0)) if graded else None
        return Record(
            exercise=self._exercise.id,
            student=handed.student,
            attempt=0,
            submitted_utc=handed.submitted_utc,
            outcome="graded" if graded else "not_graded",
            score=None if score is None else float(score),
            max_score=float(suite.points),
            device=self.device,
            language=language,
            groups=[result for _, result in groups],
            checks=results,
            stdout=Stdout(text=live.output.decode("utf-8", "replace"), truncated=live.output_truncated),
            digests=Digests(submission=handed.digest, suite=self.digest),
            seed=seeds.fingerprint(self._secret, handed.student, handed.exercise, handed.digest),
            sandbox=self._wall.report,
            environment={
                "python": platform.python_version(),
                **self._wall.versions,
                "platform": f"{sys.platform}-{platform.machine()}",
            },
            seconds=time.perf_counter() - start,
            flags=run.flags,
            notebook=run.notes,
            reason=None if graded else next((v.reason for v in run.verdicts if v.reason), BROKEN),
        )

    def one_by_one(
        self, handed: Handed, done: frozenset[str]
    ) -> Iterator[tuple[CheckResult, Callable[[], CheckResult]]]:
        """For each check that is not `done`: its result had it timed out, and what runs it. No diagnosis."""
        files = [(file.name, file.data) for file in handed.files]
        live = self._wall.connect(files, 0)
        self._run = run = Run(handed, live)
        for check in self.suite.checks:
            if check.id in done:
                continue
            if not check.runs:
                away = marking.result(Verdict(check), run)
                yield away, lambda away=away: away  # type: ignore[misc]
                continue
            verdict = Verdict(check)
            late = faults.timed_out(check.title.en, self._exercise.limits.check_s)
            verdict.outcome, verdict.message = late.outcome, late.message

            def ends(check: Check = check) -> CheckResult:
                self._check(check, None, run)
                return marking.result(run.verdicts[-1], run)

            yield marking.result(verdict, run), ends
        self._run = None

    def _check(self, check: Check, following: Check | None, run: Run) -> None:
        run.begin(check)
        if not check.runs:
            run.end()
            return
        if "torch" in self._exercise.packages:
            run.far.seed = self._seed(run.handed, check.id) % 2**62
        if check.direct is None:
            runtestprotocol(check.item, log=False, nextitem=following.item if following else None)
        else:
            self._call(check, run)
        run.end()

    def _call(self, check: Check, run: Run) -> None:
        """Run a check that needs no fixture but ours; pytest's own way costs ten times the check."""
        assert check.direct is not None
        start = time.perf_counter()
        error: BaseException | None = None
        try:
            values = {name: self._fixture(name, check, run) for name in check.fixtures}
            check.function(**check.direct, **values)
        except (Exception, pytest.fail.Exception, pytest.skip.Exception) as e:  # noqa: BLE001 - told to `run`
            error = e
        run.report("call", time.perf_counter() - start, error)
        del error  # its traceback holds this frame

    def _fixture(self, name: str, check: Check, run: Run) -> Any:
        """What one of `suite.FIXTURES` gives to a check that pytest does not run."""
        match name:
            case "submission":
                return Submission(run.far)
            case "probe":
                return Probe(run.far)
            case "reference":
                return self._reference(check.id, run)
            case "rng":
                return np.random.default_rng(self._seed(run.handed, check.id))
        assert name == "device", name
        return check.device or self.device

    def hear(self, phase: str, seconds: float, error: BaseException | None) -> None:
        """Pytest says that a phase of the check being run has ended."""
        if self._run is not None:
            self._run.report(phase, seconds, error)

    def _running(self) -> Run:
        if self._run is None:
            raise RuntimeError("no submission is being judged")
        return self._run

    def _same_file(self, handed: Handed) -> list[str]:
        """Known mistakes whose own files were handed in."""
        layout, handed_in = Layout.of(self._exercise), [file.data for file in handed.files]
        return [
            mistake.id
            for mistake in self._mistakes.all()
            if all(path.read_bytes() in handed_in for path in layout.own(mistake.path))
        ]

    def _diagnose(self, run: Run, without: Sequence[str] = ()) -> dict[str, Diagnosis]:
        """Named mistakes by check, but none of `without`."""
        worthwhile = any(not v.passed and _to_explain(v) and not _unwritten(v) for v in run.verdicts)
        if self._marks_only or not run.loaded or not worthwhile:
            return {}
        try:
            named = self._replays().diagnose(
                [(v.check.id, _to_explain(v), not v.passed) for v in run.verdicts if v.check.runs],
                without=without,
            )
        except NoDiagnosis as e:  # the marks stand without a name; staff are told
            next(v for v in run.verdicts if v.check.runs and not v.passed).staff_note = f"no diagnosis: {e}"
            return {}
        return {
            check: Diagnosis(
                mistake=found.mistake,
                certainty=found.certainty,
                message=self._mistakes[found.mistake].message,
            )
            for check, found in named.items()
        }

    def warm(self) -> None:
        """Do now, while nobody waits, what the first failure would otherwise wait for."""
        if not self._marks_only:
            self._replays().start()
        self._wall.fill()

    def close(self) -> None:
        """End what was started beside the judge."""
        if self._replayer is not None:
            self._replayer.close()
        if self._pacemaker is not None:
            self._pacemaker.close()

    def _replays(self) -> Replayer:
        """The process that knows the mistakes; it starts at the first failure."""
        if self._replayer is None:
            mistakes = self._mistakes.all()
            expected = diagnosis.expected_failures(mistakes, [check.id for check in self.suite.checks])
            folder = self._exercise.solution_dir
            self._replayer = Replayer(
                mistakes,
                expected,
                (folder or self._exercise.public_dir) / self._exercise.files[0],
                self._exercise.limits,
                self._exercise.probe_path,
                self._exercise.names,
            )
        return self._replayer


def _unwritten(verdict: Verdict) -> bool:
    """Whether the check ended at a part that is still the stub's."""
    fault = verdict.trace[-1].fault
    return isinstance(fault, faults.StudentError) and faults.unwritten(fault.type_name, fault.text)


def _to_explain(verdict: Verdict) -> Sequence[Exchange]:
    """What was asked and answered; what is forbidden was right in its values."""
    return () if verdict.outcome is Outcome.FORBIDDEN else verdict.trace


class Reports:
    """The pytest plugin that hears how each phase ended, and keeps pytest from formatting failures."""

    def __init__(self) -> None:
        self.judge: Judge | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """Pytest's own report of a failure costs 4 ms; nobody reads it here."""
        if self.judge is not None:
            self.judge.hear(call.when, call.duration, call.excinfo.value if call.excinfo else None)
        phase: Any = call.when
        return pytest.TestReport(
            item.nodeid, item.location, {}, "failed" if call.excinfo else "passed", None, phase
        )
