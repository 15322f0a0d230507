"""Judges submissions over a suite that pytest has collected once.

One `Judge` lives as long as its pytest session; each submission runs over the same items, with a worker and
seeds of its own. What one submission leaves here is proven to be nothing by tests/judge/test_reuse.py.
"""

import platform
import sys
import time
import traceback
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from _pytest.runner import runtestprotocol

from grader.core import seeds
from grader.core.course import Exercise, Language
from grader.core.record import (
    CallEvidence,
    CheckResult,
    Diagnosis,
    Digests,
    Evidence,
    Frame,
    GroupResult,
    Outcome,
    Record,
    Stdout,
    Text,
)
from grader.core.submission import Submission as Handed
from grader.errors import MachineError
from grader.judge import diagnosis, oracles
from grader.judge.catalog import Catalog
from grader.judge.faults import CheckFault, Mismatch
from grader.judge.plugin import check_id
from grader.judge.proxy import Exchange, Far, Reference, Submission
from grader.judge.suite import Check, Suite
from grader.judge.transport import Live, Pool

MAX_INPUTS = 6  # arrays of a call that a record shows
MAX_SOURCE_LINE = 400  # characters


class Judge:
    """A collected suite, a reference and a catalogue; also the `plugin.Host` of the pytest session."""

    device = "cpu"

    def __init__(
        self,
        *,
        exercise: Exercise,
        suite: Suite,
        suite_digest: str,
        reference: Any,
        mistakes: Catalog,
        pool: Pool,
        secret: bytes,
    ) -> None:
        self.suite = suite
        self._exercise = exercise
        self._digest = suite_digest
        self._module = reference
        self._mistakes = mistakes
        self._pool = pool
        self._secret = secret
        self._run: _Run | None = None

    def submission(self, item: pytest.Item) -> Submission:
        """The submission being judged (fixture)."""
        return Submission(self._running().far)

    def reference(self, item: pytest.Item) -> Reference:
        """The reference's module (fixture)."""
        return Reference(self._module)

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
        """The record of one submission, whatever that submission does. Its attempt is counted by the gradebook."""
        start = time.perf_counter()
        files = [(file.name, file.data) for file in handed.files]
        live = Live(self._pool, self._exercise.limits, files, self._seed(handed, "worker") % 2**63)
        self._run = run = _Run(handed, live)
        try:
            checks = self.suite.checks
            for check, following in zip(checks, [*checks[1:], None], strict=True):
                run.begin(check)
                if check.direct is None:
                    runtestprotocol(check.item, log=False, nextitem=following.item if following else None)
                else:
                    self._call(check, run)
                run.end()
        finally:
            self._run = None
            live.close()
        named = self._diagnose(run)
        results = [self._result(verdict, run, named) for verdict in run.verdicts]
        graded = all(result.outcome is not Outcome.NOT_GRADED for result in results)
        groups = [self._group(group.name, results) for group in self.suite.groups]
        score = sum((group for group, _ in groups), Fraction(0)) if graded else None
        return Record(
            exercise=self._exercise.id,
            student=handed.student,
            attempt=0,
            submitted_utc=handed.submitted_utc,
            outcome="graded" if graded else "not_graded",
            score=None if score is None else float(score),
            max_score=float(self.suite.points),
            device="cpu",
            language=language,
            groups=[result for _, result in groups],
            checks=results,
            stdout=Stdout(text=live.output.decode("utf-8", "replace"), truncated=live.output_truncated),
            digests=Digests(submission=handed.digest, suite=self._digest),
            seed=seeds.fingerprint(self._secret, handed.student, handed.exercise, handed.digest),
            sandbox=self._pool.sandbox.report,
            environment={
                "python": platform.python_version(),
                **self._pool.sandbox.versions,
                "platform": f"{sys.platform}-{platform.machine()}",
            },
            seconds=time.perf_counter() - start,
            reason=None if graded else next((v.reason for v in run.verdicts if v.reason), _BROKEN),
        )

    def _call(self, check: Check, run: "_Run") -> None:
        """Run a check that needs no fixture but ours; pytest's own way costs ten times the check."""
        assert check.direct is not None
        start = time.perf_counter()
        error: BaseException | None = None
        try:
            values = {name: getattr(self, f"_{name}")(check, run) for name in check.fixtures}
            check.function(**check.direct, **values)
        except (Exception, pytest.fail.Exception, pytest.skip.Exception) as e:
            error = e
        run.report("call", time.perf_counter() - start, error)

    def _submission(self, check: Check, run: "_Run") -> Submission:
        return Submission(run.far)

    def _reference(self, check: Check, run: "_Run") -> Reference:
        return Reference(self._module)

    def _rng(self, check: Check, run: "_Run") -> np.random.Generator:
        return np.random.default_rng(self._seed(run.handed, check.id))

    def _device(self, check: Check, run: "_Run") -> str:
        return self.device

    def _running(self) -> "_Run":
        if self._run is None:
            raise RuntimeError("no submission is being judged")
        return self._run

    def _diagnose(self, run: "_Run") -> dict[str, diagnosis.Named]:
        traces = [diagnosis.Trace(v.check.id, v.trace, not v.passed) for v in run.verdicts]
        if not run.loaded or not diagnosis.worthwhile(traces):
            return {}
        mistakes = self._mistakes.all()
        if not mistakes:
            return {}
        return diagnosis.in_fork(
            lambda: diagnosis.diagnose(mistakes, self._module, traces, self._exercise.limits)
        )

    def warm(self) -> None:
        """Do now, while nobody waits, what the first failure would otherwise wait for."""
        self._mistakes.all()
        self._pool.fill()

    def _result(self, verdict: "_Verdict", run: "_Run", named: dict[str, diagnosis.Named]) -> CheckResult:
        check = verdict.check
        outcome = verdict.outcome
        message = verdict.message
        missed = [other for other in run.verdicts if other.check.id in check.depends and not other.passed]
        if missed and outcome is not Outcome.NOT_GRADED:
            outcome = Outcome.SKIPPED
            first = missed[0].check.title
            message = Text(
                en=f"Counts once this passes: {first.en}", ko=f"다음 검사를 통과해야 인정됩니다. {first.ko}"
            )
        found = named.get(check.id)
        return CheckResult(
            id=check.id,
            group=check.group,
            title=check.title,
            outcome=outcome,
            points=self._points(check, outcome, run),
            max_points=float(check.points),
            seconds=verdict.seconds,
            message=message,
            diagnosis=None
            if found is None
            else Diagnosis(
                mistake=found.mistake,
                certainty=found.certainty,
                message=self._mistakes[found.mistake].message,
            ),
            evidence=verdict.evidence,
            traceback=run.frames(verdict.lines),
            reveal=check.reveal,
            staff_note=verdict.staff_note,
        )

    def _points(self, check: Check, outcome: Outcome, run: "_Run") -> float | None:
        if outcome is Outcome.NOT_GRADED:
            return None
        if outcome is not Outcome.PASSED:
            return 0.0
        group = next(g for g in self.suite.groups if g.name == check.group)
        together = [v for v in run.verdicts if v.check.group == check.group]
        if group.rule == "all_or_nothing" and not all(v.passed for v in together):
            return 0.0
        return float(check.points)

    def _group(self, name: str, results: Sequence[CheckResult]) -> tuple[Fraction, GroupResult]:
        """(exact points, result) of one group."""
        group = next(g for g in self.suite.groups if g.name == name)
        members = [(c, r) for c, r in zip(self.suite.checks, results, strict=True) if r.group == name]
        points = sum((c.points for c, r in members if r.points), Fraction(0))
        gap = any(r.outcome is Outcome.NOT_GRADED for _, r in members)
        return points, GroupResult(
            name=name,
            title=group.title,
            points=None if gap else float(points),
            max_points=float(group.points),
            rule=group.rule,
        )


_BROKEN = Text(
    en="The grader could not judge this submission.", ko="채점기가 이 제출물을 채점하지 못했습니다."
)


class _Verdict:
    """One check of one submission, as it went."""

    def __init__(self, check: Check) -> None:
        self.check = check
        # Only a call phase that ends well makes it PASSED; a check that never ran has not passed.
        self.outcome = Outcome.NOT_GRADED
        self.message: Text | None = None
        self.evidence: list[Evidence] = []
        self.lines: list[tuple[str, int]] = []
        self.staff_note: str | None = None
        self.reason: Text | None = None
        self.seconds = 0.0
        self.trace: Sequence[Exchange] = ()

    @property
    def passed(self) -> bool:
        """Whether it was recorded as passed."""
        return self.outcome is Outcome.PASSED


class _Run:
    """One submission on its way through the checks."""

    def __init__(self, handed: Handed, live: Live) -> None:
        self.handed = handed
        self.digest = handed.digest
        self.far = Far(live)
        self.verdicts: list[_Verdict] = []
        self._live = live
        self._sources = {f.name: f.data.decode("utf-8", "replace").splitlines() for f in handed.files}

    def begin(self, check: Check) -> None:
        """A check starts."""
        self.far.begin()
        self._live.begin()
        self.verdicts.append(_Verdict(check))

    def report(self, phase: str, seconds: float, error: BaseException | None) -> None:
        """One phase of the check (`setup`, `call`, `teardown`) has ended."""
        verdict = self.verdicts[-1]
        if phase == "call":
            verdict.seconds = seconds
            if error is None and verdict.message is None:
                verdict.outcome = Outcome.PASSED
        if error is not None:
            self._failed(verdict, error)

    @property
    def loaded(self) -> bool:
        """Whether the submission could be imported."""
        return not self._live.unloadable

    def end(self) -> None:
        """The check has ended."""
        self.verdicts[-1].trace = self.far.trace

    def _failed(self, verdict: _Verdict, error: BaseException) -> None:
        if isinstance(error, CheckFault):
            verdict.outcome = error.outcome
            verdict.message = error.message
            verdict.lines = error.frames
            verdict.evidence = [*_of_call(self._origin(error)), *error.evidence]
        elif isinstance(error, MachineError) or self.far.broken or not self.far.answered:
            verdict.outcome = Outcome.NOT_GRADED
            verdict.message = verdict.reason = _BROKEN
            verdict.staff_note = _staff_note(error)
        else:
            # The suite tripped over what the submission returned: the reference gets through.
            verdict.outcome = Outcome.FAILED
            verdict.message = Text(
                en="The result is not what this check expects.",
                ko="결과가 이 검사에서 기대한 것과 다릅니다.",
            )
            verdict.evidence = _of_call(self._origin(error))
            verdict.staff_note = _staff_note(error)

    def _origin(self, error: BaseException) -> Exchange | None:
        """The exchange that the failure is about: where the value came from, else the last."""
        trace = self.far.trace
        if isinstance(error, Mismatch) and error.got is not None:
            for exchange in reversed(trace):
                if exchange.value is error.got or (
                    isinstance(exchange.value, (tuple, list)) and any(v is error.got for v in exchange.value)
                ):
                    return exchange
        return trace[-1] if trace else None

    def frames(self, lines: Sequence[tuple[str, int]]) -> list[Frame]:
        """The student's lines; their text is ours, only the numbers are the far side's."""
        found = []
        for name, line in lines:
            source = self._sources.get(name, [])
            if 1 <= line <= len(source):
                text = source[line - 1][:MAX_SOURCE_LINE]
                found.append(Frame(file=name, line=line, cell=None, text=text))
        return found


def _of_call(exchange: Exchange | None) -> list[Evidence]:
    if exchange is None:
        return []
    evidence: list[Evidence] = [CallEvidence(text=str(exchange.label))]
    for name, value in list(exchange.inputs.items())[:MAX_INPUTS]:
        if isinstance(value, np.ndarray):
            evidence.append(oracles.array_evidence("input", value, name=name))
    return evidence


def _staff_note(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))[-4000:]


class Reports:
    """The pytest plugin that hears how each phase ended, and keeps pytest from formatting failures."""

    def __init__(self) -> None:
        self.judge: Judge | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """pytest's own report of a failure costs 4 ms; nobody reads it here."""
        if self.judge is not None and self.judge._run is not None:
            self.judge._run.report(call.when, call.duration, call.excinfo.value if call.excinfo else None)
        phase: Any = call.when
        return pytest.TestReport(
            item.nodeid, item.location, {}, "failed" if call.excinfo else "passed", None, phase
        )
