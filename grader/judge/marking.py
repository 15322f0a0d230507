"""What the verdicts on one submission come to: points, and what is told of each check and each group.

Points are exact fractions until they are told.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from grader.core.record import CheckResult, Diagnosis, GroupResult, Outcome, Text
from grader.judge.run import Run, Verdict
from grader.judge.suite import Suite
from grader.worker.wire import CUDA

NOTHING: Final = Fraction(0)
NO_GPU: Final = Text(
    en="This check is about a GPU and was not run. Its points are shared by the other checks of its group.",
    ko="GPU에 관한 검사이므로 실행하지 않았습니다. 배점은 같은 영역의 다른 검사에 나누어 더했습니다.",
)

LEFT_OUT: Final = Text(
    en="This check was left out. Its points are shared by the other checks of its group.",
    ko="이 검사는 제외하고 채점했습니다. 배점은 같은 영역의 다른 검사에 나누어 더했습니다.",
)


def points(suite: Suite, run: Run) -> dict[str, Fraction]:
    """What each check earns: all, nothing, or the part that is due to what is right but slow."""
    shares = {
        v.check.id: NOTHING if _missed(v, run) else Fraction(1) if v.passed else v.share for v in run.verdicts
    }
    lost = {check.group for check in suite.checks if check.runs and shares[check.id] < 1}
    worthless = lost & {group.name for group in suite.groups if group.rule == "all_or_nothing"}
    return {
        check.id: NOTHING if check.group in worthless else shares[check.id] * check.points
        for check in suite.checks
    }


def result(
    verdict: Verdict, run: Run, earned: Fraction = NOTHING, diagnosis: Diagnosis | None = None
) -> CheckResult:
    """What is told of one check that has `earned` so much."""
    check = verdict.check
    outcome = verdict.outcome
    message = verdict.message
    if not check.runs:
        outcome, message = Outcome.SKIPPED, NO_GPU if check.device == CUDA else LEFT_OUT
    missed = _missed(verdict, run)
    if missed and outcome is not Outcome.NOT_GRADED:
        outcome = Outcome.SKIPPED
        first = missed[0].check.title
        message = Text(
            en=f"Counts once this passes: {first.en}", ko=f"다음 검사를 통과해야 인정됩니다. {first.ko}"
        )
    return CheckResult(
        id=check.id,
        group=check.group,
        title=check.title,
        outcome=outcome,
        points=None if outcome is Outcome.NOT_GRADED else float(earned),
        max_points=float(check.points),
        seconds=verdict.seconds,
        message=message,
        brief=verdict.brief if message is verdict.message else None,
        diagnosis=diagnosis,
        evidence=verdict.evidence,
        traceback=run.frames(verdict.lines),
        reveal=check.reveal,
        staff_note=verdict.staff_note,
        not_run=not check.runs,
    )


def groups(
    suite: Suite, results: Sequence[CheckResult], earned: Mapping[str, Fraction]
) -> list[tuple[Fraction, GroupResult]]:
    """(exact points, result) of each group."""
    sums = {group.name: NOTHING for group in suite.groups}
    gaps: set[str] = set()
    for check, told in zip(suite.checks, results, strict=True):
        sums[check.group] += earned[check.id]
        if told.outcome is Outcome.NOT_GRADED:
            gaps.add(check.group)
    return [
        (
            sums[group.name],
            GroupResult(
                name=group.name,
                title=group.title,
                points=None if group.name in gaps else float(sums[group.name]),
                max_points=float(group.points),
                rule=group.rule,
            ),
        )
        for group in suite.groups
    ]


def _missed(verdict: Verdict, run: Run) -> list[Verdict]:
    """What the check depends on and did not pass."""
    depends = verdict.check.depends
    if not depends:
        return []
    return [v for v in run.verdicts if v.check.id in depends and v.check.runs and not v.passed]
