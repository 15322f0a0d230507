"""Efficiency checks: the submission's CPU time beside the reference's, in generous steps.

Both run in workers of the same kind, each in its own, and are asked over the same wire (`pacemaker`): the
reading and writing of a call takes as much from the one as from the other. All points up to a ratio, half of
them up to a wider one, none beyond. What is measured is printed on a noisy machine, so the steps are wide,
and no group may consist of such checks alone (`grade audit` says so).
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
from grader.judge.proxy import Far, Function, Reference, Submission

HALF: Final = 3.0  # times `ratio`: up to there half of the points, unless a check says otherwise
HOPELESS: Final = 3.0  # times `half`, twice: no noise makes that of what would hold, and it takes the longest
PACES: Final = 3  # calls of the reference a round: after a long one of the student's the caches are cold

Made = Callable[[Any], Callable[..., Any]]
"""A function of the suite's that makes what is timed of a module."""


def assert_speed(
    student: Function | Submission,
    reference: Callable[..., Any] | Reference | Submission,
    *,
    inputs: Callable[[], Mapping[str, Any]],
    ratio: float,
    half: float | None = None,
    rounds: int = 5,
    make: Made | None = None,
) -> None:
    """Hold if the student's call takes at most `ratio` times the reference's, and is right each time.

    Up to `half` times (`HALF` times `ratio` if it is not given) the check earns half of its points, without
    being passed; beyond, nothing.

    Both are timed in turns, on the fresh arguments that `inputs` gives for each round, so that nothing is
    gained by remembering answers. What counts is CPU time, of all threads together: another program on the
    machine takes nothing from anybody. The best of each counts; it is over as soon as it holds, or after two
    rounds that are far beyond (`HOPELESS`). What is right is said by the reference here; its time is taken in
    a worker of its own, where it is asked as the student's code is in its.

    Where more is timed than one call of a function, `make` takes a module and gives the function to time;
    `student` and `reference` are then the two modules. What is not the exercise's reference is timed here.
    """
    half = HALF * ratio if half is None else half
    if not 0 < ratio < half < math.inf:
        raise ValueError(f"assert_speed: expected 0 < ratio < half, got ratio={ratio!r}, half={half!r}")
    far, timed, want = _of_student(student, reference, make)
    clock, pace = _of_reference(far, reference, make)
    best_student = best_reference = math.inf
    for number in range(rounds):
        given = inputs()
        got, seconds = _timed(timed, given, lambda: far.transport.cpu_s)
        best_student = min(best_student, seconds)
        assert_close(got, want(**given))
        best_reference = min(best_reference, *(_timed(pace, given, clock)[1] for _ in range(PACES)))
        if best_student <= ratio * best_reference:
            return
        if number and best_student > HOPELESS * half * best_reference:
            break
    raise _slow(best_student / best_reference, ratio, half)


def _of_student(
    student: Any, reference: Any, make: Made | None
) -> tuple[Far, Callable[..., Any], Callable[..., Any]]:
    """The submission's far side; what is timed there; and what says here what is right."""
    if make is None and isinstance(student, Function):
        return student._far, student, reference  # noqa: SLF001 - public names of a Remote are the student's
    if make is not None and isinstance(student, Submission):
        return student._far, make(student), make(reference)  # noqa: SLF001
    raise TypeError(
        "assert_speed: expected submission.f, reference.f; or submission, reference, make=…, a function that "
        f"takes a module and gives what is timed; got {type(student).__name__}"
    )


def _of_reference(
    far: Far, reference: Any, make: Made | None
) -> tuple[Callable[[], float], Callable[..., Any]]:
    """The clock of where the reference is timed, and what is timed there."""
    pacemaker = far.pacemaker
    if pacemaker is None:
        return time.process_time, reference if make is None else make(reference)
    if make is not None:
        module = pacemaker.module(far.seed)
        return lambda: module._far.transport.cpu_s, make(module)  # noqa: SLF001
    function = pacemaker.function(reference, far.seed)
    if function is None:
        return time.process_time, reference
    return lambda: function._far.transport.cpu_s, function  # noqa: SLF001


def _timed(
    function: Callable[..., Any], given: Mapping[str, Any], clock: Callable[[], float]
) -> tuple[Any, float]:
    """What a call returns, and the CPU seconds that it took on `clock`."""
    start = clock()
    value = function(**given)
    return value, clock() - start


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
