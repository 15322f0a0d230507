"""Naming a mistake: what is the same, what is only like it, and what nobody knows."""

import contextlib
import dataclasses
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from grader.core.course import Limits
from grader.core.record import Certainty
from grader.errors import CourseError
from grader.judge import catalog, diagnosis, modules, replay
from grader.judge.faults import CheckFault, timed_out
from grader.judge.proxy import Exchange, Far, Submission
from grader.judge.replayer import NoDiagnosis, Replayer
from grader.judge.transport import Loopback

REFERENCE = """
def double(x):
    return 2 * x

def power(x, n):
    return x ** n

class Box:
    def __init__(self, value):
        self.value = value
    def grow(self):
        self.value += 1
"""
HEADER = '"""Wrong.\n\nen: wrong\nko: 틀림\nfails: test_double*\n"""\n'
FAILS = {"power_plus": "test_power", "grows_by_two": "test_box", "wrong_when_negative": "test_double"}
WRONG = {
    "squares": REFERENCE.replace("2 * x", "x * x"),
    "halves": REFERENCE.replace("2 * x", "x / 2"),
    "power_plus": REFERENCE.replace("x ** n", "x ** (n + 1)"),
    "never_ends": REFERENCE.replace("    return 2 * x", "    while True: pass"),
    "raises": REFERENCE.replace("    return 2 * x", "    raise ValueError('no')"),
    "in_place": REFERENCE.replace("    return 2 * x", "    x *= 2\n    return x"),
    "grows_by_two": REFERENCE.replace("+= 1", "+= 2"),
    "wrong_when_negative": REFERENCE.replace("return 2 * x", "return 2 * abs(x)"),
}
X = np.array([3.0, -1.5, 4.0])


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A reference and its catalogue."""
    (tmp_path / "wrong").mkdir()
    (tmp_path / "reference.py").write_text(REFERENCE)
    for name, source in WRONG.items():
        (tmp_path / "wrong" / f"{name}.py").write_text(
            HEADER.replace("test_double*", FAILS.get(name, "test_double*")) + source
        )
    return tmp_path


def checks(submission: Submission) -> dict[str, Any]:
    """The suite: name and what it does."""

    def box() -> None:
        box = submission.Box(1.0)
        box.grow()
        assert box.value == 2.0

    return {
        "test_double": lambda: submission.double(x=X),
        "test_double_positive": lambda: submission.double(x=abs(X)),
        "test_power": lambda: submission.power(x=X, n=2),
        "test_box": box,
    }


def diagnose(
    course: Path, student: str, right: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """(mistake, certainty) by check, of a student's source; a check failed if its value is not `right`."""
    monkeypatch.setattr(replay, "REPLAY_S", 0.2)
    (course / "student.py").write_text(student)
    limits = Limits()
    far = Far(Loopback(modules.load(course / "student.py", "student"), limits))
    traces = []
    for name, check in checks(Submission(far)).items():
        far.begin()
        failed = False
        try:
            value = check()
            failed = name in right and not replay.same(value, right[name])
            mutated = far.trace[-1].mutated
            failed = failed or bool(mutated)
        except (CheckFault, AssertionError):
            failed = True
        traces.append((name, far.trace, failed))
    mistakes = catalog.load(course / "wrong", course / "reference.py")
    expected = diagnosis.expected_failures(mistakes, [check for check, *_ in traces])
    with contextlib.closing(Replayer(mistakes, expected, course / "reference.py", limits)) as replayer:
        found = replayer.diagnose(traces)
    return {check: (named.mistake, named.certainty) for check, named in found.items()}


RIGHT = {"test_double": 2 * X, "test_double_positive": 2 * abs(X), "test_power": X**2}


@pytest.mark.parametrize("name", [n for n in WRONG if n != "never_ends"])
def test_a_known_mistake_is_named_exactly(name: str, course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each wrong solution is itself, and nothing else."""
    found = diagnose(course, WRONG[name], RIGHT, monkeypatch)

    assert set(found.values()) == {(name, Certainty.EXACT)}


def test_written_otherwise_it_is_still_that_mistake(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts is what comes back."""
    source = REFERENCE.replace(
        "return 2 * x", "return __import__('numpy').array([v * v for v in x.tolist()])"
    )

    found = diagnose(course, source, RIGHT, monkeypatch)

    assert found["test_double"] == ("squares", Certainty.EXACT)


def test_two_mistakes_in_two_functions_are_both_named(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions are compared one by one."""
    source = WRONG["squares"].replace("x ** n", "x ** (n + 1)")

    found = diagnose(course, source, RIGHT, monkeypatch)

    assert found["test_double"] == ("squares", Certainty.EXACT)
    assert found["test_power"] == ("power_plus", Certainty.EXACT)


def test_one_mistake_beside_an_unwritten_function_is_named(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unwritten part hides nothing."""
    source = WRONG["squares"].replace("return x ** n", "raise NotImplementedError")

    found = diagnose(course, source, RIGHT, monkeypatch)

    assert found["test_double"] == ("squares", Certainty.EXACT)
    assert "test_power" not in found


LONG = "x must have two axes: it is a vector of so many numbers, namely"  # 62 characters


@pytest.mark.parametrize(
    ("raised", "named"),
    [
        ("ValueError('no')", ("raises", Certainty.EXACT)),
        ("TypeError('no')", None),
        ("ValueError('no, otherwise')", None),
        (f"ValueError('{LONG} 3')", ("raises_long", Certainty.EXACT)),
        (f"ValueError('{LONG[:50]}')", None),
    ],
    ids=["same", "another_type", "another_text", "the_end_of_a_long_text_differs", "the_beginning_differs"],
)
def test_an_exception_is_evidence_by_its_type_and_text(
    course: Path, monkeypatch: pytest.MonkeyPatch, raised: str, named: tuple[str, Certainty] | None
) -> None:
    """The first 60 characters of the text count: what follows may hold numbers."""
    long = REFERENCE.replace("    return 2 * x", f"    raise ValueError('{LONG} 1234')")
    (course / "wrong" / "raises_long.py").write_text(HEADER + long)
    source = REFERENCE.replace("    return 2 * x", f"    raise {raised}")

    found = diagnose(course, source, RIGHT, monkeypatch)

    assert found.get("test_double") == named


def test_a_mistake_that_raises_and_one_that_returns_are_both_named(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two independent mistakes in two functions, one of which is an exception."""
    source = WRONG["raises"].replace("x ** n", "x ** (n + 1)")

    found = diagnose(course, source, RIGHT, monkeypatch)

    assert found["test_double"] == ("raises", Certainty.EXACT)
    assert found["test_power"] == ("power_plus", Certainty.EXACT)


def test_equal_wherever_the_mistake_shows_is_likely(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second fault of one's own makes `exact` into `likely`."""
    # As wrong_when_negative there; beside it wrong where that mistake is right.
    source = REFERENCE.replace("return 2 * x", "return 2 * abs(x) if (x < 0).any() else x + 7")

    found = diagnose(course, source, RIGHT, monkeypatch)

    assert found["test_double"] == ("wrong_when_negative", Certainty.LIKELY)


def test_equal_on_one_check_alone_is_a_hint(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On one input it is the mistake, on another where that shows it is not."""
    source = REFERENCE.replace("return 2 * x", "return x * x if (x < 0).any() else x + 7")

    found = diagnose(course, source, RIGHT, monkeypatch)

    assert found["test_double"] == ("squares", Certainty.HINT)
    assert "test_double_positive" not in found


def test_an_unknown_mistake_has_no_name(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of these."""
    found = diagnose(course, REFERENCE.replace("2 * x", "x + 40"), RIGHT, monkeypatch)

    assert found == {}


def test_right_but_slow_is_no_likeness(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong solution that answers as the reference does says nothing of one that fails for its time."""
    slow = REFERENCE.replace("return 2 * x", "return x + x")
    (course / "wrong" / "slow.py").write_text(HEADER + slow)
    other = REFERENCE.replace("return 2 * x", "return x * 2")

    found = diagnose(course, other, {**RIGHT, "test_double": None}, monkeypatch)

    assert found == {}


def test_what_may_lie_in_a_function_that_is_called_is_not_certain(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`twice` is as wrong as in the catalogue, but so is `double`, which it uses."""
    both = REFERENCE + "\ndef twice(x):\n    return double(x)\n"
    (course / "reference.py").write_text(both)
    for path in (course / "wrong").glob("*.py"):
        path.unlink()
    wrong = REFERENCE + "\ndef twice(x):\n    return 3 * x\n"
    (course / "wrong" / "thrice.py").write_text(HEADER.replace("test_double*", "test_twice") + wrong)
    monkeypatch.setattr(
        f"{__name__}.checks",
        lambda submission: {
            "test_double": lambda: submission.double(x=X),
            "test_twice": lambda: submission.twice(x=X),
        },
    )
    right = {"test_double": 2 * X, "test_twice": 2 * X}

    alone = diagnose(course, wrong, right, monkeypatch)
    called = diagnose(course, both.replace("2 * x", "3 * x"), right, monkeypatch)

    assert alone == {"test_twice": ("thrice", Certainty.EXACT)}
    assert called == {"test_twice": ("thrice", Certainty.LIKELY)}


def test_a_replay_that_never_ends_is_stopped(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalogue may hold endless loops."""
    found = diagnose(course, WRONG["squares"], RIGHT, monkeypatch)

    assert found["test_double"] == ("squares", Certainty.EXACT)


@pytest.fixture
def replayer(course: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Replayer]:
    """The process, with the catalogue of `course`, one of which never ends."""
    monkeypatch.setattr(replay, "REPLAY_S", 0.2)
    mistakes = catalog.load(course / "wrong", course / "reference.py")
    expected = diagnosis.expected_failures(mistakes, ["test_double"])
    with contextlib.closing(Replayer(mistakes, expected, course / "reference.py", Limits())) as replayer:
        yield replayer


def squared(course: Path) -> list[tuple[str, list[Exchange], bool]]:
    """What one check asked of `squares`."""
    far = Far(Loopback(modules.load(course / "wrong" / "squares.py", "student"), Limits()))
    Submission(far).double(x=X)
    return [("test_double", far.trace, True)]


def test_one_process_serves_many_submissions(course: Path, replayer: Replayer) -> None:
    """It is not started for each."""
    pids = set()
    for _ in range(3):
        assert replayer.diagnose(squared(course))["test_double"].mistake == "squares"
        pids.add(replayer._pid)

    assert len(pids) == 1


def test_a_mistake_that_is_left_out_is_not_named(course: Path, replayer: Replayer) -> None:
    """As if the catalogue did not hold it."""
    found = replayer.diagnose(squared(course), without=["squares"])

    assert found == {}
    assert replayer.diagnose(squared(course))["test_double"].mistake == "squares"


def test_what_was_replayed_for_a_submission_is_not_replayed_again(
    course: Path, replayer: Replayer, tmp_path: Path
) -> None:
    """An audit asks twice: with the mistake in the catalogue, and without it."""
    counted = tmp_path / "replayed"
    wrong = course / "wrong" / "squares.py"
    note = f"with open({str(counted)!r}, 'a') as file:\n    file.write('x')\n"
    wrong.write_text(f"{wrong.read_text()}\n{note}")
    traces = squared(course)
    counted.unlink()

    named = replayer.diagnose(traces)
    without = replayer.diagnose(traces, without=["squares"])
    once = counted.read_text()
    replayer.diagnose(squared(course))

    assert (named["test_double"].mistake, without) == ("squares", {})
    assert once == "x"
    assert counted.read_text() == "xxx"  # the student's own module, and another replay


def test_a_replay_that_never_ends_is_waited_for_once(
    course: Path, replayer: Replayer, tmp_path: Path
) -> None:
    """And again where the student's code was late itself: then it may be that mistake."""
    counted = tmp_path / "replayed"
    wrong = course / "wrong" / "never_ends.py"
    note = f"with open({str(counted)!r}, 'a') as file:\n        file.write('x')\n    while True"
    wrong.write_text(wrong.read_text().replace("while True", note))

    for factor in (1, 2):  # two submissions
        far = Far(Loopback(modules.load(course / "wrong" / "squares.py", "student"), Limits()))
        Submission(far).double(x=factor * X)
        assert replayer.diagnose([("test_double", far.trace, True)])["test_double"].mistake == "squares"
    once = counted.read_text()
    far.trace[0].fault, far.trace[0].seconds = timed_out("double(x)", 0.2), 0.2
    late = replayer.diagnose([("test_double", far.trace, True)])

    assert once == "x"
    assert counted.read_text() == "xx"
    assert late["test_double"].mistake == "never_ends"


def test_checks_that_were_not_run_tell_nothing(course: Path) -> None:
    """A mistake that is known by the checks it fails is known by those of them that were run."""
    (squares,) = [m for m in catalog.load(course / "wrong", course / "reference.py") if m.id == "squares"]
    random = dataclasses.replace(squares, by_checks=True)
    (told,) = [replay.Trace.of(*one) for one in squared(course)]
    right = msgspec.structs.replace(told, failed=False)
    shows = {"squares": frozenset(("test_double", "test_speed"))}

    found, nothing = (diagnosis.diagnose([random], [one], shows, None) for one in (told, right))  # type: ignore[arg-type]

    assert found == {"test_double": diagnosis.Named("squares", Certainty.LIKELY)}
    assert nothing == {}


def test_what_takes_long_is_replayed_last(course: Path) -> None:
    """A mistake that a quick check rules out is not asked what takes the student's code long."""
    asked: list[str] = []

    class Counting:
        def equal(self, _: object, trace: replay.Trace) -> bool:
            asked.append(trace.check)
            return False

        wrong = equal
        equal_but_for_dtype = equal

    mistakes = [m for m in catalog.load(course / "wrong", course / "reference.py") if m.id == "squares"]
    (told,) = [replay.Trace.of(*one) for one in squared(course)]
    traces = []
    for name, seconds in (("slow", 9.0), ("quick", 0.1)):
        asked_of = [msgspec.structs.replace(one, seconds=seconds) for one in told.exchanges]
        traces.append(msgspec.structs.replace(told, check=name, exchanges=asked_of))
    shows = {"squares": frozenset(("slow", "quick"))}

    diagnosis.diagnose(mistakes, traces, shows, Counting())  # type: ignore[arg-type]

    assert asked[0] == "quick"


def test_a_diagnosis_that_is_late_says_so_and_the_next_one_works(course: Path, replayer: Replayer) -> None:
    """The process is ended, so that nothing of the old diagnosis is taken for the new one's."""
    with pytest.raises(NoDiagnosis, match="not finished"):
        replayer.diagnose(squared(course), seconds=0.0)

    assert replayer.diagnose(squared(course))["test_double"].mistake == "squares"


def test_a_process_that_dies_is_replaced(course: Path, replayer: Replayer) -> None:
    """Whoever has killed it: another one finds the name."""
    replayer.start()
    os.kill(replayer._pid, signal.SIGKILL)

    assert replayer.diagnose(squared(course))["test_double"].mistake == "squares"


def test_a_process_that_stands_still_is_replaced(
    course: Path, replayer: Replayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in the middle of traces that are larger than what a socket takes."""
    replayer.start()
    os.kill(replayer._pid, signal.SIGSTOP)
    real, allowed = replayer._diagnose, iter([0.1, 60.0])
    monkeypatch.setattr(
        replayer, "_diagnose", lambda traces, _, without: real(traces, next(allowed), without)
    )
    far = Far(Loopback(modules.load(course / "wrong" / "squares.py", "student"), Limits()))
    Submission(far).double(x=np.arange(2.0**20))

    assert replayer.diagnose([("test_double", far.trace, True)])["test_double"].mistake == "squares"


def test_a_process_that_always_dies_gives_no_diagnosis(
    course: Path, replayer: Replayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong solution may take all memory that there is, each time."""
    traces = squared(course)
    (course / "wrong" / "squares.py").write_text("import os\nos._exit(1)\n")

    with pytest.raises(NoDiagnosis, match="died"):
        replayer.diagnose(traces)


def test_a_diagnosis_that_breaks_says_how(course: Path, replayer: Replayer) -> None:
    """An error in it is not taken for "no known mistake"."""
    traces = squared(course)
    (course / "wrong" / "squares.py").write_text("1 / 0")

    with pytest.raises(NoDiagnosis, match="ZeroDivisionError"):
        replayer.diagnose(traces)


def test_what_a_wrong_solution_keeps_is_gone_with_the_submission(course: Path) -> None:
    """State of a module does not reach the next diagnosis."""
    counts = "CALLS = []\n" + REFERENCE.replace(
        "return 2 * x", "CALLS.append(1)\n    return len(CALLS) * 5 * x"
    )
    (course / "wrong" / "counts.py").write_text(HEADER + counts)

    for _ in range(2):
        mistakes = catalog.load(course / "wrong", course / "reference.py")
        expected = diagnosis.expected_failures(mistakes, ["test_double"])
        with contextlib.closing(Replayer(mistakes, expected, course / "reference.py", Limits())) as replayer:
            for _ in range(3):
                far = Far(Loopback(modules.load(course / "wrong" / "counts.py", "student"), Limits()))
                Submission(far).double(x=X)

                found = replayer.diagnose([("test_double", far.trace, True)])

                assert found["test_double"].mistake == "counts"


def test_what_a_function_of_the_suite_refuses_is_the_same_in_a_replay(tmp_path: Path) -> None:
    """The student's code and the known mistake are told the same words."""
    source = "def twice(f, x):\n    return f(f(x))\n"
    (tmp_path / "wrong").mkdir()
    (tmp_path / "reference.py").write_text(source)
    (tmp_path / "wrong" / "of_text.py").write_text(
        HEADER.replace("test_double*", "test_twice") + source.replace("f(f(x))", "f('text')")
    )
    far = Far(Loopback(modules.load(tmp_path / "wrong" / "of_text.py", "student"), Limits()))
    with pytest.raises(CheckFault):
        Submission(far).twice(f=lambda x: x.sum(), x=X)
    mistakes = catalog.load(tmp_path / "wrong", tmp_path / "reference.py")
    expected = diagnosis.expected_failures(mistakes, ["test_twice"])

    with contextlib.closing(Replayer(mistakes, expected, tmp_path / "reference.py", Limits())) as replayer:
        found = replayer.diagnose([("test_twice", far.trace, True)])

    assert found["test_twice"].certainty is Certainty.EXACT


def test_functions_of_the_suite_are_called_where_they_are(tmp_path: Path) -> None:
    """A replay calls back to the judge, whatever the suite's function closes over."""
    source = "def twice(f, x):\n    return f(f(x))\n"
    (tmp_path / "wrong").mkdir()
    (tmp_path / "reference.py").write_text(source)
    (tmp_path / "wrong" / "once.py").write_text(
        HEADER.replace("test_double*", "test_twice") + source.replace("f(f(x))", "f(x)")
    )
    far = Far(Loopback(modules.load(tmp_path / "wrong" / "once.py", "student"), Limits()))
    Submission(far).twice(f=lambda x: x + X, x=X)
    mistakes = catalog.load(tmp_path / "wrong", tmp_path / "reference.py")
    expected = diagnosis.expected_failures(mistakes, ["test_twice"])

    with contextlib.closing(Replayer(mistakes, expected, tmp_path / "reference.py", Limits())) as replayer:
        found = replayer.diagnose([("test_twice", far.trace, True)])

    assert (found["test_twice"].mistake, found["test_twice"].certainty) == ("once", Certainty.EXACT)


@pytest.mark.parametrize("missing", ["en", "ko", "fails"])
def test_an_incomplete_header_is_the_courses_error(course: Path, missing: str) -> None:
    """The message names the file and the field."""
    header = "\n".join(line for line in HEADER.splitlines() if not line.startswith(f"{missing}:"))
    (course / "wrong" / "odd.py").write_text(header + "\n" + WRONG["squares"])

    with pytest.raises(CourseError, match=rf"odd.py.*{missing}"):
        catalog.load(course / "wrong", course / "reference.py")


def test_a_wrong_solution_that_is_the_reference_is_the_courses_error(course: Path) -> None:
    """Comments and docstrings make no difference."""
    (course / "wrong" / "odd.py").write_text(HEADER + "# a comment\n" + REFERENCE)

    with pytest.raises(CourseError, match="same as the reference"):
        catalog.load(course / "wrong", course / "reference.py")


def test_changed_functions_follow_their_helpers(tmp_path: Path) -> None:
    """A public function that uses a changed helper behaves otherwise as well."""
    (tmp_path / "wrong").mkdir()
    source = "def _pad(x):\n    return x + 1\ndef f(x):\n    return _pad(x)\ndef g(x):\n    return x\n"
    (tmp_path / "reference.py").write_text(source)
    (tmp_path / "wrong" / "pads.py").write_text(HEADER + source.replace("+ 1", "+ 2"))

    (mistake,) = catalog.load(tmp_path / "wrong", tmp_path / "reference.py")

    assert mistake.functions == {"f"}


def test_a_hint_holds_for_every_check_that_it_explains(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One mistake is one thing to mend: beyond the first checks searched it is still the same hint."""
    monkeypatch.setattr(diagnosis, "MAX_HINTS", 1)
    # `squares` on both checks, but of another dtype on the second: neither exact nor likely.
    source = REFERENCE.replace("return 2 * x", "return x * x if (x < 0).any() else (x * x).astype('float32')")

    found = diagnose(course, source, RIGHT, monkeypatch)

    assert found["test_double"] == ("squares", Certainty.HINT)
    assert found["test_double_positive"] == ("squares", Certainty.HINT)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (2.5, np.asarray(2.5), True),
        (3, np.asarray(3), True),
        ({"j": 0.5}, {"j": np.asarray(0.5)}, True),
        (float("nan"), np.asarray(np.nan), True),
        (2.5, np.asarray(2.4), False),
        (2.5, np.asarray(2.5, dtype=np.float32), False),
        (3.0, np.asarray(3), False),
        (2.5, np.asarray([2.5]), False),
    ],
    ids=["float", "int", "member", "nan", "other_value", "other_dtype", "other_kind", "other_shape"],
)
def test_a_numpy_number_is_the_python_number(one: Any, other: Any, expected: bool) -> None:
    """As for the oracles: a mean() that is not wrapped in float() is no other mistake."""
    assert replay.same(one, other) is expected
    assert replay.same(other, one) is expected
