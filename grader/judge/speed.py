"""Efficiency checks: the student's CPU time beside the reference's, in generous steps.

All points up to a ratio, half of them up to a wider one, none beyond. What is measured is printed on a
noisy machine, so the steps are wide, and no group may consist of such checks alone (`grade audit` says so).
"""

import math
import time
import types
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final

from grader.core.record import ScalarEvidence, Text
from grader.judge.faults import Mismatch
from grader.judge.oracles import assert_close
from grader.judge.proxy import Function, Remote, Submission

HALF: Final = 3.0  # times `ratio`: up to there half of the points, unless a check says otherwise


def assert_speed(
    student: Callable[..., Any],
    reference: Callable[..., Any],
    *,
    inputs: Callable[[], Mapping[str, Any]],
    ratio: float,
    half: float | None = None,
    rounds: int = 5,
    of: Submission | None = None,
) -> None:
    """Hold if the student's call takes at most `ratio` times the reference's, and is right each time.

    Up to `half` times (`HALF` times `ratio` if it is not given) the check earns half of its points, without
    being passed; beyond, nothing.

    Both are timed here, in turns, on the fresh arguments that `inputs` gives for each round, so that nothing
    is gained by remembering answers. What counts is CPU time, of all threads together: another program on the
    machine takes nothing from anybody. The best of each counts; it is over as soon as it holds. The student's
    time holds the reading and writing of a call across the wall as well, about 0.05 ms. Where `student` is a
    function of the suite's that makes several calls, `of` is the submission whose time is meant.
    """
    half = HALF * ratio if half is None else half
    if not 0 < ratio < half < math.inf:
        raise ValueError(f"assert_speed: expected 0 < ratio < half, got ratio={ratio!r}, half={half!r}")
    clock = _clock_of(student if of is None else of)
    best_student = best_reference = math.inf
    for _ in range(rounds):
        given = inputs()
        want = reference(**given)
        # Right after a long call of the student's the caches are cold: the best of three.
        best_reference = min(best_reference, *(_seconds(lambda: reference(**given)) for _ in range(3)))  # noqa: B023
        start = clock()
        got = student(**given)
        best_student = min(best_student, clock() - start)
        assert_close(got, want)
        if best_student <= ratio * best_reference:
            return
    raise _slow(best_student / best_reference, ratio, half)


def _slow(times: float, ratio: float, half: float) -> Mismatch:
    """What is said of right answers that took `times` as long, and what they earn."""
    steps = Text(
        en=f"Up to {ratio:g} times earns all points, up to {half:g} times half of them. "
        "Replace Python loops by array operations.",
        ko=f"{ratio:g}배까지는 만점, {half:g}배까지는 절반을 받습니다. "
        "파이썬 반복문을 배열 연산으로 바꾸세요.",
    )
    measured = _words(times, ratio, half)
    return Mismatch(
        Text(
            en=f"Right, but slow: {measured} times as long as the reference. {steps.en}",
            ko=f"결과는 맞지만 느립니다. 기준 풀이의 {measured}배 걸렸습니다. {steps.ko}",
        ),
        [
            ScalarEvidence(role="expected", name="times the reference", value=float(ratio)),
            ScalarEvidence(role="got", name="times the reference", value=float(measured)),
        ],
        brief=Text(en=f"Right, but slow. {steps.en}", ko=f"결과는 맞지만 느립니다. {steps.ko}"),
        share=Fraction(1, 2) if times <= half else Fraction(0),
    )


def _words(times: float, *steps: float) -> str:
    """`times` as short as it can be without seeming to lie on the other side of a step."""
    for digits in range(4):
        shown = f"{times:.{digits}f}"
        if all((float(shown) <= step) == (times <= step) for step in steps):
            return shown
    return repr(times)


def _clock_of(asked: Any) -> Callable[[], float]:
    """CPU time of the process in which what is asked of the submission is done."""
    if not isinstance(asked, (Function, Remote, Submission)):
        raise TypeError("assert_speed: give of=submission with a function of the suite's: whose time is it?")
    transport = asked._far.transport  # noqa: SLF001 - public names of a Remote are the student's
    return lambda: transport.cpu_s


def _seconds(function: Callable[[], Any]) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


def is_timed(check: Callable[..., Any]) -> bool:
    """Whether a check of a suite comes to `assert_speed`, itself or through functions of its module."""
    seen: set[str] = set()
    module = getattr(check, "__globals__", {})
    codes = [code for code in (getattr(check, "__code__", None),) if code is not None]
    while codes:
        code = codes.pop()
        codes += [one for one in code.co_consts if isinstance(one, types.CodeType)]
        for name in {*code.co_names} - seen:
            seen.add(name)
            found = module.get(name)
            if found is assert_speed or name == assert_speed.__name__:
                return True
            if isinstance(found, types.FunctionType) and found.__globals__ is module:
                codes.append(found.__code__)
    return False
