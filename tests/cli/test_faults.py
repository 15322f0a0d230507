"""A machine that gets in the way: whatever dies or stands still, no score is invented and nothing is left."""

import random
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.disturbed import ROLES, Place, Run, disturb, one_line
from tests.cli.tiny import RIGHT

SLOW = "import time\n\n\ndef wait():\n    time.sleep(0.06)\n\n\n"
RIGHT_SLOWLY = SLOW + RIGHT.replace("    return", "    wait()\n    return")
SOURCES = {
    "right": RIGHT_SLOWLY,
    # Known mistakes, so that the replayer has something to do.
    "wrong": RIGHT_SLOWLY.replace("2 * x", "x * x").replace("x.sum()", "x.mean()"),
}
SEED = 20260301
MANY = 40
LONGEST_S = 1.5  # from the first sight of a process to the signal; most are gone before


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The submissions."""
    folder = tmp_path_factory.mktemp("sources")
    for name, source in SOURCES.items():
        (folder / name).mkdir()
        (folder / name / "double.py").write_text(source)
    return {name: folder / name / "double.py" for name in SOURCES}


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, Path]
) -> tuple[Path, dict[str, Run]]:
    """(state with the course's secret and no gradebook, how each submission ends when nothing happens)."""
    made = tmp_path_factory.mktemp("undisturbed")
    place = Place(made / "state", made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADE_COURSE", str(Path(__file__).parents[1] / "course"))
        runs = {name: place.submit(file) for name, file in files.items()}
    assert {name: run.code for name, run in runs.items()} == {"wrong": 1, "right": 0}
    assert any(check["diagnosis"] for check in runs["wrong"].record["checks"])
    for path in place.state.glob("gradebook*"):
        path.unlink()
    return place.state, runs


@pytest.fixture
def place(tmp_path: Path, undisturbed: tuple[Path, dict[str, Run]]) -> Place:
    """State with the same secret, so that the same file must get the same record; an empty TMPDIR."""
    shutil.copytree(undisturbed[0], tmp_path / "own")
    (tmp_path / "tmp").mkdir()
    return Place(tmp_path / "own", tmp_path / "tmp")


def as_ever(found: Run, due: Run, *, attempt: int = 1) -> None:
    """The record is the undisturbed one, but for times and the attempt's number."""
    assert found.code == due.code, found.err
    assert found.timeless == {**due.timeless, "attempt": attempt}


def mounts() -> str:
    """What is mounted, as this process sees it."""
    return Path("/proc/self/mountinfo").read_text()


def truly_graded_or_not_at_all(run: Run, due: Run) -> None:
    """The undisturbed record, or none with a reason in a line; nothing in between."""
    if run.code == 3:
        assert not run.out or (run.record["outcome"], run.record["score"]) == ("not_graded", None)
        assert run.out or one_line(run.err), run.err
    elif run.code >= 0:
        as_ever(run, due)
    assert "Traceback" not in run.err


def survives(
    place: Place, file: Path, due: Run, during: Callable[[Any], bool], *, grade_lives: bool = True
) -> Run:
    """A disturbed submission and the next one, with all that must hold in between and afterwards."""
    before = mounts()

    run = place.submit(file, during=during)

    truly_graded_or_not_at_all(run, due)
    if grade_lives:
        place.nothing_is_left(run)
    else:
        place.no_process_is_left(run)
    rows = place.book_is_whole()
    assert {score for outcome, score in rows if outcome == "graded"} <= {due.record["score"]}
    assert all(score is None for outcome, score in rows if outcome != "graded")

    again = place.submit(file)

    as_ever(again, due)
    place.nothing_is_left(run, again)
    assert [score for outcome, score in place.book_is_whole() if outcome == "graded"] == [due.record["score"]]
    assert mounts() == before
    return run


KILLED = [
    pytest.param("judge server", 0.3, id="judge server, while it starts"),
    pytest.param("fork server, outer", 0.1, id="fork server, while it starts", marks=pytest.mark.slow),
    pytest.param("worker", 0.1, id="worker"),
    pytest.param("fork server, inner", 0.1, id="fork server, inner", marks=pytest.mark.slow),
    pytest.param("fork server, outer", 0.6, id="fork server, outer", marks=pytest.mark.slow),
    pytest.param("judge server", 0.8, id="judge server", marks=pytest.mark.slow),
    pytest.param("replayer", 0.0, id="replayer", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("role", "delay"), KILLED)
def test_a_process_that_is_killed_costs_nothing(place, files, undisturbed, role, delay):
    """SIGKILL to any one process but `grade`: it is replaced, and the record is what it would have been."""
    due = undisturbed[1]["wrong"]

    run = survives(place, files["wrong"], due, disturb(role, signal.SIGKILL, delay))

    assert run.code == 1


@pytest.mark.parametrize("delay", [0.4, pytest.param(1.2, marks=pytest.mark.slow)])
def test_grade_itself_is_killed(place, files, undisturbed, delay):
    """Its processes end with it; the next submission removes what it could not, and is judged as ever."""
    due = undisturbed[1]["right"]
    hit = disturb("grade", signal.SIGKILL, delay)

    run = survives(place, files["right"], due, hit, grade_lives=False)

    assert run.code in (-signal.SIGKILL, 0)


@pytest.mark.slow
@pytest.mark.parametrize("role", [role for role in ROLES if role != "grade"])
def test_a_process_that_stands_still_costs_time_and_nothing_else(place, files, undisturbed, role):
    """SIGSTOP to any one process but `grade`: it is replaced at its limit, and the record is the true one."""
    due = undisturbed[1]["wrong"]

    run = survives(place, files["wrong"], due, disturb(role, signal.SIGSTOP, 0.0))

    assert (run.hit, run.code) == (True, 1)


@pytest.mark.parametrize(
    ("role", "delay"),
    [("grade", 0.5), ("worker", 0.0), pytest.param("judge server", 1.0, marks=pytest.mark.slow)],
)
def test_a_process_that_stood_still_for_a_while_goes_on(place, files, undisturbed, role, delay):
    """SIGSTOP, and SIGCONT after longer than a check may take: nobody has timed out."""
    due = undisturbed[1]["right"]

    run = survives(place, files["right"], due, disturb(role, signal.SIGSTOP, delay, back_after=1.5))

    assert run.code == 0


def _moments() -> list[Any]:
    chance = random.Random(SEED)
    cases = []
    for i in range(MANY):
        role = chance.choice(list(ROLES))
        number = chance.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGSTOP))
        if role == "grade" and number == signal.SIGSTOP:
            number = signal.SIGKILL
        delay = round(chance.random() ** 2 * LONGEST_S, 3)
        name = chance.choice(list(SOURCES))
        cases.append(
            pytest.param(role, number, delay, name, id=f"{i:02}-{role}-{number.name}-{delay}-{name}")
        )
    return cases


@pytest.mark.slow
@pytest.mark.parametrize(("role", "number", "delay", "name"), _moments())
def test_at_any_moment(place, files, undisturbed, role, number, delay, name):
    """SIGKILL or SIGSTOP to any process at a moment that chance chose, with a fixed seed."""
    due = undisturbed[1][name]

    survives(place, files[name], due, disturb(role, number, delay), grade_lives=role != "grade")
