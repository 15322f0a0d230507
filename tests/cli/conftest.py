"""The command as users run it, a tiny course, and one warm engine for what is judged."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest

from grader.cli.entry import run
from grader.core.course import Course, load
from grader.core.record import Record
from grader.core.submission import SourceFile, Submission, utc
from grader.engines.local import LocalEngine
from tests.cli.tiny import COURSE, Ended
from tests.states import seeded


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    """An empty working folder, state of its own, and nothing from whoever runs the tests."""
    for name in (
        "LC_ALL",
        "LC_MESSAGES",
        "NO_COLOR",
        "GRADE_DEBUG",
        "GRADE_STUDENT",
        "GRADE_BOOK",
        "COLORTERM",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("GRADE_COURSE", str(COURSE))
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)


@pytest.fixture
def state(tmp_path) -> Path:
    """The folder of gradebook and reports; no command has written it yet."""
    return tmp_path / "state"


@pytest.fixture
def grade(capsys) -> Callable[..., Ended]:
    """Runs a command in this process."""

    def grade(*arguments: str | Path) -> Ended:
        code = run([str(a) for a in arguments])
        out, err = capsys.readouterr()
        assert "Traceback (most" not in out + err
        return Ended(code, out, err)

    return grade


@pytest.fixture
def student_course(tmp_path, monkeypatch) -> Path:
    """The course as students have it: no solutions."""
    root = tmp_path / "student"
    shutil.copytree(COURSE / "exercises", root / "exercises")
    monkeypatch.setenv("GRADE_COURSE", str(root))
    return root


@pytest.fixture(scope="session")
def course(tmp_path_factory) -> Iterator[Course]:
    """The tiny course with state of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADE_STATE", str(seeded(tmp_path_factory.mktemp("state"))))
        yield load(COURSE / "exercises" / "course.toml")


@pytest.fixture(scope="session")
def engine(course) -> Iterator[LocalEngine]:
    """One warm engine: what one submission does must not harm the next."""
    with contextlib.closing(LocalEngine(course, course.exercise("ex90"))) as engine:
        yield engine


@pytest.fixture(scope="session")
def judged(engine) -> Callable[[str], Record]:
    """The record of a source."""

    def judged(source: str, student: str = "s001") -> Record:
        file = SourceFile(name="double.py", data=source.encode())
        return engine.judge(
            Submission(student=student, exercise="ex90_double", files=(file,), submitted_utc=utc())
        )

    return judged


@pytest.fixture
def warm(engine, monkeypatch) -> None:
    """`grade submit` with the warm engine: for what happens around the judging."""

    class Warm:
        def __init__(self, *_: object, **__: object) -> None:
            self.start, self.judge = engine.start, engine.judge

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def hang_up(self) -> None:
            pass

    monkeypatch.setattr("grader.cli.submitting.LocalEngine", Warm)
