"""Efficiency checks: a ratio of CPU times, in steps."""

import types
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from grader.core.course import Limits
from grader.judge import Mismatch, assert_close, assert_speed, speed
from grader.judge.proxy import Far, Submission
from grader.judge.transport import Loopback, Pool
from grader.sandbox.linux import LinuxSandbox
from grader.sandbox.protocol import Config


def numbers() -> dict[str, Any]:
    """Inputs of a timed call."""
    return {"x": np.random.default_rng().standard_normal(20_000)}


def total(x: np.ndarray) -> float:
    """What is timed: it takes far longer than to cross the wall."""
    return float(np.sort(x).sum())


def slow_total(x: np.ndarray) -> float:
    """The same, with much work for nothing."""
    for _ in range(20):
        np.sort(x)
    return total(x)


def handed(**functions: Any) -> Submission:
    """A submission with these functions, in this process."""
    module = types.ModuleType("handed")
    vars(module).update(functions)
    return Submission(Far(Loopback(module, Limits())))


def test_assert_speed_is_a_ratio() -> None:
    """Many times the work is not three times the reference."""
    submission = handed(total=total, slow=slow_total)

    assert_speed(submission.total, total, inputs=numbers, ratio=5)
    with pytest.raises(Mismatch, match="slow"):
        assert_speed(submission.slow, total, inputs=numbers, ratio=5)


def test_speed_is_not_bought_with_memory_or_wrong_answers() -> None:
    """Each round has inputs of its own, and its answer is compared."""
    seen: list[float] = []

    def remembers(x: np.ndarray) -> float:
        if not seen:
            seen.append(slow_total(x))
        return seen[0]

    with pytest.raises(Mismatch, match="expected"):
        assert_speed(handed(f=remembers).f, total, inputs=numbers, ratio=3)


def test_speed_of_several_calls_says_whose_it_is() -> None:
    """A function of the suite's runs here: its own time would be taken for the student's."""
    submission = handed(slow=slow_total)

    def twice(x: np.ndarray) -> float:
        return float(submission.slow(x=x) + submission.slow(x=x)) / 2

    with pytest.raises(TypeError, match="of=submission"):
        assert_speed(twice, total, inputs=numbers, ratio=3)
    with pytest.raises(Mismatch, match="slow"):
        assert_speed(twice, total, inputs=numbers, ratio=3, of=submission)


def test_speed_is_cpu_time_of_the_far_side() -> None:
    """A call that is kept waiting has used no CPU time; one that computes has."""
    source = (
        b"import time\ndef waits():\n    time.sleep(0.05)\n    return 1\n"
        b"def works():\n    return sum(range(10**6)) * 0 + 1\n"
    )
    limits = Limits()
    pool = Pool(LinuxSandbox(Config(packages=("numpy",), limits=limits)), limits)
    try:
        live = pool.connect([("sub.py", source)], 1)
        live.begin()
        submission = Submission(Far(live))

        assert_speed(submission.waits, lambda: sum(range(2000)) * 0 + 1, inputs=dict, ratio=20)
        with pytest.raises(Mismatch, match="times as long"):
            assert_speed(submission.works, lambda: 1, inputs=dict, ratio=20)
        live.close()
    finally:
        pool.close()


class Stopwatch:
    """A far side whose CPU time is what the test says: one call takes `call_s`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, call_s: float) -> None:
        self.cpu_s = 0.0
        self.submission = handed(f=lambda: 1)
        transport = self.submission._far.transport

        def exchange(*args: Any) -> Any:
            self.cpu_s += call_s
            return type(transport).exchange(transport, *args)

        monkeypatch.setattr(transport, "exchange", exchange)
        monkeypatch.setattr(speed, "_clock_of", lambda _: lambda: self.cpu_s)
        monkeypatch.setattr(speed, "_seconds", lambda _: 1.0)


@pytest.mark.parametrize(
    ("times", "share", "shown"),
    [(20.4, "1/2", "20.4"), (59.9, "1/2", "60"), (60.2, "0", "60.2"), (1000.0, "0", "1000")],
)
def test_the_steps_are_full_half_and_none(
    monkeypatch: pytest.MonkeyPatch, times: float, share: str, shown: str
) -> None:
    """The message says the ratio and both bounds, in both languages, and never a ratio on the other side."""
    submission = Stopwatch(monkeypatch, times).submission

    with pytest.raises(Mismatch) as caught:
        assert_speed(submission.f, lambda: 1, inputs=dict, ratio=20)

    assert caught.value.share == Fraction(share)
    for text in (caught.value.message.en, caught.value.message.ko):
        assert all(number in text for number in (shown, "20", "60"))
    assert caught.value.brief is not None
    assert shown not in caught.value.brief.en.replace("20 times", "").replace("60 times", "")


def test_up_to_the_first_step_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is raised, so the check passes."""
    assert_speed(Stopwatch(monkeypatch, 20.0).submission.f, lambda: 1, inputs=dict, ratio=20)


@pytest.mark.parametrize(("ratio", "half"), [(20, 20), (20, 10), (0, 10)])
def test_steps_that_are_no_steps_are_refused(ratio: float, half: float) -> None:
    """The suite's error, not the student's."""
    with pytest.raises(ValueError, match="0 < ratio < half"):
        assert_speed(handed(f=lambda: 1).f, lambda: 1, inputs=dict, ratio=ratio, half=half)


def _compares(submission: Any) -> None:
    assert_close(submission.f(), 1.0)


def _through_another(submission: Any) -> None:
    _times(submission)


def _times(submission: Any) -> None:
    def inner() -> None:
        assert_speed(submission.f, lambda: 1, inputs=dict, ratio=2)

    inner()


@pytest.mark.parametrize(("check", "timed"), [(_compares, False), (_times, True), (_through_another, True)])
def test_a_check_of_speed_is_known_by_its_code(check: Any, timed: bool) -> None:
    """Also where a function of the suite's calls the oracle."""
    assert speed.is_timed(check) is timed
