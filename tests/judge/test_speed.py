"""Efficiency checks: a ratio of CPU times, in steps."""

import contextlib
import os
import types
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from grader.core.course import Limits
from grader.errors import MachineError
from grader.judge import Mismatch, assert_close, assert_speed, speed
from grader.judge.pacemaker import Pacemaker
from grader.judge.proxy import Far, Reference, Submission
from grader.judge.transport import Live, Loopback, Pool
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


def module(**functions: Any) -> types.ModuleType:
    """A module with these functions."""
    made = types.ModuleType("made")
    vars(made).update(functions)
    return made


def handed(**functions: Any) -> Submission:
    """A submission with these functions, in this process."""
    return Submission(Far(Loopback(module(**functions), Limits())))


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


def test_speed_of_several_calls_is_made_of_a_module() -> None:
    """A function of the suite's runs here: its own time would be taken for the student's."""
    submission = handed(slow=slow_total)
    reference = Reference(module(slow=total))

    def twice_of(source: Any) -> Any:
        return lambda x: float(source.slow(x=x) + source.slow(x=x)) / 2

    with pytest.raises(TypeError, match="make="):
        assert_speed(twice_of(submission), twice_of(reference), inputs=numbers, ratio=3)
    with pytest.raises(Mismatch, match="slow"):
        assert_speed(submission, reference, make=twice_of, inputs=numbers, ratio=3)


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


class Stopwatch(Loopback):
    """A far side whose CPU time is what the test says: one call takes `call_s`."""

    def __init__(self, source: types.ModuleType, call_s: float) -> None:
        super().__init__(source, Limits())
        self.call_s = call_s
        self.used_s = 0.0

    @property
    def cpu_s(self) -> float:
        """What the calls have taken."""
        return self.used_s

    def exchange(self, *args: Any) -> Any:
        """The module's reply."""
        self.used_s += self.call_s
        return super().exchange(*args)


def stopped(times: float) -> tuple[Submission, Any]:
    """A submission and its reference, whose calls take `times` as long and one second."""
    ours = module(f=lambda: 1)
    far = Far(Stopwatch(module(f=lambda: 1), times))
    far.pacemaker = Pacemaker(lambda: ours, lambda: Stopwatch(ours, 1.0))
    return Submission(far), ours


@pytest.mark.parametrize(
    ("times", "share", "shown"),
    [(20.4, "1/2", "20.4"), (59.9, "1/2", "60"), (60.2, "0", "60.2"), (1000.0, "0", "1000")],
)
def test_the_steps_are_full_half_and_none(times: float, share: str, shown: str) -> None:
    """The message says the ratio and both bounds, in both languages, and never a ratio on the other side."""
    submission, reference = stopped(times)

    with pytest.raises(Mismatch) as caught:
        assert_speed(submission.f, reference.f, inputs=dict, ratio=20)

    assert caught.value.share == Fraction(share)
    for text in (caught.value.message.en, caught.value.message.ko):
        assert all(number in text for number in (shown, "20", "60"))
    assert caught.value.brief is not None
    assert shown not in caught.value.brief.en.replace("20 times", "").replace("60 times", "")


def test_up_to_the_first_step_it_holds() -> None:
    """Nothing is raised, so the check passes."""
    submission, reference = stopped(20.0)

    assert_speed(submission.f, reference.f, inputs=dict, ratio=20)


@pytest.mark.parametrize(("times", "rounds"), [(170.0, 15), (190.0, 2)], ids=["slow", "hopeless"])
def test_what_is_hopeless_is_not_measured_again(times: float, rounds: int) -> None:
    """Three times beyond the last step, twice: more rounds would take long and change nothing."""
    asked = []
    submission, reference = stopped(times)

    with pytest.raises(Mismatch, match="slow"):
        assert_speed(submission.f, reference.f, inputs=lambda: asked.append(1) or {}, ratio=20, rounds=15)

    assert len(asked) == rounds


BESIDE = """
import gc, os
{own} = 1
def f(x):
    dicts = [one for one in gc.get_objects() if type(one) is dict]
    return sum("{own}" in one for one in dicts) > 0, sum("{other}" in one for one in dicts)
def first(x):
    return float(x[0])
def dies(x):
    os._exit(3)
"""


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """Workers behind the wall."""
    limits = Limits()
    with contextlib.closing(Pool(LinuxSandbox(Config(packages=("numpy",), limits=limits)), limits)) as pool:
        yield pool


@pytest.fixture
def pair(pool: Pool) -> Iterator[tuple[Submission, Pacemaker, Any]]:
    """A submission in a worker, the reference in another, and the reference here."""
    student = BESIDE.format(own="of_the_" + "student", other="of_the_" + "reference")
    reference = BESIDE.format(own="of_the_" + "reference", other="of_the_" + "student")
    here = module(f=lambda x: (True, 0), first=lambda x: float(x[0]), dies=lambda x: 1)
    live = pool.connect([("sub.py", student.encode())], 1)
    live.begin()
    far = Far(live)
    far.pacemaker = Pacemaker(lambda: here, lambda: pool.connect([("sub.py", reference.encode())], 2))
    yield Submission(far), far.pacemaker, here
    far.pacemaker.close()
    live.close()


Pair = tuple[Submission, Pacemaker, Any]


def test_neither_worker_holds_what_is_in_the_other(pair: Pair) -> None:
    """What is hidden stays where it is: each sees its own module in memory, and not the other's."""
    submission, pacemaker, here = pair

    assert_speed(submission.f, here.f, inputs=numbers, ratio=1000)
    theirs = pacemaker.function(here.f, None)

    assert theirs is not None
    assert theirs(**numbers()) == submission.f(**numbers()) == (True, 0)


def test_the_way_across_the_wall_costs_both(pair: Pair) -> None:
    """A call that does nothing with a large array: all of its time is the way, some 1000 times the work."""
    submission, _, here = pair

    def large() -> dict[str, Any]:
        return {"x": np.random.default_rng().standard_normal(400_000)}

    assert_speed(submission.first, here.first, inputs=large, ratio=20, rounds=20)
    with pytest.raises(Mismatch, match="slow"):
        assert_speed(submission.first, lambda x: float(x[0]), inputs=large, ratio=20)


def test_a_reference_that_dies_is_no_fault_of_the_submission(pair: Pair) -> None:
    """Nothing is judged then, and the next submission has a reference again."""
    _, pacemaker, here = pair
    dies, first = pacemaker.function(here.dies, None), pacemaker.function(here.first, None)
    assert dies is not None
    assert first is not None

    with pytest.raises(MachineError, match="the reference, in the worker where it is timed: "):
        dies(**numbers())

    assert first(x=np.ones(2)) == 1.0


def test_the_reference_has_no_worker_until_it_is_timed() -> None:
    """An answer that is wrong needs none; what was opened is closed once."""
    opened: list[Stopwatch] = []
    ours = module(f=lambda: 1)

    def connect() -> Stopwatch:
        opened.append(Stopwatch(ours, 1.0))
        return opened[-1]

    far = Far(Stopwatch(module(f=lambda: 1, wrong=lambda: 2), 1.0))
    far.pacemaker = Pacemaker(lambda: ours, connect)

    with pytest.raises(Mismatch):
        assert_speed(Submission(far).wrong, ours.f, inputs=dict, ratio=2)
    assert all(one.used_s == 0.0 for one in opened)

    assert_speed(Submission(far).f, ours.f, inputs=dict, ratio=2)
    assert_speed(Submission(far).f, ours.f, inputs=dict, ratio=2)
    assert len(opened) == 1


def test_judge_and_workers_share_a_cpu_until_the_last_is_done(pool: Pool) -> None:
    """Whichever of the two is closed first, the judge may run anywhere afterwards."""
    before = os.sched_getaffinity(0)
    for order in (1, -1):
        lives = [pool.connect([("sub.py", b"def f():\n    return 1\n")], seed) for seed in (1, 2)]
        for live in lives:
            live.begin()
            assert Submission(Far(live)).f() == 1
        pinned = os.sched_getaffinity(0)
        first, second = lives[::order]
        first.close()
        assert os.sched_getaffinity(0) == pinned
        second.close()
        assert len(pinned) == 1
        assert os.sched_getaffinity(0) == before


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


def test_the_reference_rests_between_submissions(pool: Pool) -> None:
    """Its worker is kept, and pins nobody meanwhile; one that has used much of its CPU time is replaced."""
    before = os.sched_getaffinity(0)
    here = module(pid=lambda: 0, works=lambda: 0)
    source = (
        b"import os, time\ndef pid():\n    return os.getpid()\n"
        b"def works():\n    while time.process_time() < 0.3:\n        pass\n"
    )
    limits = replace(Limits(), cpu_s=1, total_s=1.0)
    small = Pool(pool.sandbox, limits)
    lines: list[Live] = []

    def connect() -> Live:
        lines.append(small.connect([("sub.py", source)], 1))
        return lines[-1]

    pacemaker = Pacemaker(lambda: here, connect)

    def asked(function: Any) -> Any:
        there = pacemaker.function(function, None)
        assert there is not None
        answer = there()
        generation = lines[0].generation
        pacemaker.rest()
        assert os.sched_getaffinity(0) == before
        return answer, generation

    assert asked(here.pid) == asked(here.pid)
    asked(here.works)
    lines[0]._end = 0.0  # as if it had rested for longer than a submission may take
    assert asked(here.pid)[1] == 1
    asked(here.works)
    lines[0].limits = replace(limits, cpu_s=0.4)
    asked(here.pid)
    assert asked(here.pid)[1] == 2
    pacemaker.close()
    assert len(lines) == 1
    small.fill(0)
