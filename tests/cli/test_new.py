"""`grade new`: a whole exercise whose audit passes as written; all of it, or nothing."""

import itertools
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from grader.cli import creating
from grader.core.course import load
from tests.cli.tiny import COURSE
from tests.states import seeded

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """An empty working folder, with no course around it."""
    monkeypatch.delenv("GRADE_COURSE")
    monkeypatch.delenv("GRADE_STATE")
    return tmp_path / "work"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A copy of the tiny course."""
    shutil.copytree(COURSE, tmp_path / "course", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setenv("GRADE_COURSE", str(tmp_path / "course"))
    return tmp_path / "course"


def tree(folder: Path) -> dict[str, bytes | None]:
    """Every file below a folder with its bytes, and every folder."""
    return {
        str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
    }


@pytest.mark.parametrize(
    "kind",
    [pytest.param([], id="numpy"), pytest.param(["--torch"], id="torch", marks=pytest.mark.slow)],
)
def test_a_course_from_nothing_is_green(grade, empty, kind):
    """In an empty folder: a course, an exercise, and an audit without findings under five seeds."""
    made = grade("new", "ex17_attention", "--title", "Attention", "--title-ko", "어텐션", *kind)
    seeded(empty / ".grade")
    audited = grade("audit", "ex17")

    assert (made.code, made.err) == (0, "")
    assert (audited.code, audited.err) == (0, "")
    assert audited.out.startswith("✓ ex17_attention: green: ")
    assert "3 accepted" in audited.out
    exercise = load(empty / "exercises" / "course.toml").exercise("ex17")
    assert (exercise.title.en, exercise.title.ko) == ("Attention", "어텐션")
    assert exercise.packages == (("numpy", "torch") if kind else ("numpy",))
    assert ".grade/" in (empty / ".gitignore").read_text().splitlines()


def test_every_file_written_is_told(grade, empty):
    """Stdout names them all, and nothing else was written."""
    made = grade("new", "ex01_layers", "--title-ko", "층")

    told = {line.removeprefix("wrote ") for line in made.out.splitlines() if line.startswith("wrote ")}
    assert told == {name for name, data in tree(empty).items() if data is not None}
    assert f"a new course in '{empty}'" in made.out


def test_into_a_course_with_its_comments_kept(grade, course):
    """The table goes to the end; not a byte that stood there is changed."""
    file = course / "exercises" / "course.toml"
    before = file.read_bytes()

    made = grade("new", "ex91_layers", "--title", 'A "layer" \\ more', "--title-ko", "층")

    assert made.code == 0
    assert "new course" not in made.out
    assert file.read_bytes().startswith(before + b"\n[exercises.ex91_layers]\n")
    assert list(load(file).exercises) == ["ex90_double", "ex91_layers"]
    assert load(file).exercise("ex91").title.en == 'A "layer" \\ more'
    assert not (course / ".gitignore").exists()


@pytest.mark.parametrize(
    "ending", [pytest.param(b"", id="no newline"), pytest.param(b"\r\n# end\r\n", id="CRLF")]
)
def test_files_that_end_otherwise(grade, course, ending):
    """A file without a last newline, or of Windows' line ends, stays what it was."""
    file = course / "exercises" / "course.toml"
    before = file.read_bytes().rstrip() + ending
    if ending:
        before = before.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    file.write_bytes(before)

    assert grade("new", "ex91_layers").code == 0

    assert file.read_bytes().startswith(before)
    assert ("ex91_layers" in tomllib.loads(file.read_bytes().decode())["exercises"]) is True
    assert (b"\r\n" in ending) == (b"\r\n[exercises.ex91_layers]\r\n" in file.read_bytes())


def test_without_a_korean_title_it_says_so(grade, empty):
    """One title for both languages is allowed, and noticed."""
    made = grade("new", "ex01_dense_layers")

    assert made.code == 0
    assert "no --title-ko" in made.err
    assert load(empty / "exercises" / "course.toml").exercise("ex01").title.ko == "Dense layers"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param("attention", "choose a name like 'ex91_attention'", id="no number"),
        pytest.param("ex17-Attention", "choose a name like 'ex17_attention'", id="odd letters"),
        pytest.param("../../etc", "choose a name like 'ex91_etc'", id="path"),
        pytest.param("", "choose a name like 'ex91_attention'", id="empty"),
        pytest.param("ex90_other", "'ex90' is ex90_double already", id="number taken"),
        pytest.param("ex91_double", "'double' is ex90_double already", id="name taken"),
        pytest.param("ex91_random", "would be 'random.py'", id="module of Python"),
        pytest.param("ex91_torch", "would be 'torch.py'", id="package"),
        pytest.param("ex91_probe", "would be 'probe.py'", id="the probe's file"),
        pytest.param("ex91_test_all", "would be 'test_all.py'", id="pytest's name"),
    ],
)
def test_names_that_cannot_be(grade, course, name, says):
    """Exit 2, with what to do; nothing is written."""
    before = tree(course)

    ended = grade("new", name)

    assert ended.code == 2
    assert says in ended.err
    assert tree(course) == before


@pytest.mark.parametrize("title", ["two\nlines", "\x1b[31mred", "x" * 101, "  "])
def test_titles_that_cannot_be(grade, course, title):
    """One line of what can be seen."""
    before = tree(course)

    ended = grade("new", "ex91_layers", "--title", title)

    assert ended.code == 2
    assert "a title is one line" in ended.err
    assert "\x1b" not in ended.err
    assert tree(course) == before


@pytest.mark.parametrize("part", ["exercises", "solutions"])
def test_nothing_is_overwritten(grade, course, part):
    """A folder of that name stays, also where course.toml does not list it: exit 2."""
    (course / part / "ex91_layers").mkdir()
    (course / part / "ex91_layers" / "mine.py").write_text("mine")
    before = tree(course)

    ended = grade("new", "ex91_layers")

    assert ended.code == 2
    assert "never overwritten" in ended.err
    assert tree(course) == before


def test_a_second_time(grade, empty):
    """The same name again is refused."""
    grade("new", "ex01_layers")
    before = tree(empty)

    ended = grade("new", "ex01_layers")

    assert ended.code == 2
    assert tree(empty) == before


def test_a_broken_course_is_not_touched(grade, course):
    """It is to be mended first: exit 2."""
    file = course / "exercises" / "course.toml"
    file.write_text(file.read_text() + "\n[exercises.ex91_x]\n")
    before = tree(course)

    ended = grade("new", "ex92_layers")

    assert ended.code == 2
    assert "ex91_x" in ended.err
    assert tree(course) == before


def test_exercises_in_an_inline_table(grade, course):
    """A file to whose end no table can be added says what to do."""
    file = course / "exercises" / "course.toml"
    file.write_text('title = "T"\nexercises = { ex90_double = { title = "D", files = ["double.py"] } }\n')
    before = tree(course)

    ended = grade("new", "ex91_layers")

    assert ended.code == 2
    assert "a table [exercises.ex91_layers] cannot be added at its end" in ended.err
    assert tree(course) == before


def test_exercises_whose_course_file_is_lost(grade, empty):
    """A new course.toml would hide the exercises that are there."""
    (empty / "exercises" / "ex01_layers").mkdir(parents=True)

    ended = grade("new", "ex02_more")

    assert ended.code == 2
    assert "put it back first" in ended.err
    assert tree(empty) == {"exercises": None, "exercises/ex01_layers": None}


@pytest.mark.parametrize("where", ["course", "empty"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=repr)
def test_a_failure_half_way_leaves_nothing(request, grade, monkeypatch, where, error):
    """Whichever folder or file cannot be written, and whenever somebody interrupts: all is as it was."""
    folder = request.getfixturevalue(where)
    before = tree(folder)
    done = 0

    def breaking(name):
        real = getattr(Path, name)

        def breaks(self, *args, **kwargs):
            nonlocal done
            mode = kwargs.get("mode", next(iter(args), "r"))
            if self.is_relative_to(folder) and (name != "open" or mode[0] in "wxa"):
                done += 1
                if done == at:
                    raise error
            return real(self, *args, **kwargs)

        return breaks

    for name in ("mkdir", "open", "rename"):
        monkeypatch.setattr(Path, name, breaking(name))
    for at in itertools.count(1):
        done = 0
        ended = grade("new", "ex91_layers")
        if done < at:
            break
        assert ended.code == (130 if isinstance(error, KeyboardInterrupt) else 3)
        assert tree(folder) == before

    assert ended.code == 0
    assert at > 15


def test_a_gitignore_that_is_there(grade, empty):
    """Of an older repository: it keeps its lines, and gets ours once."""
    (empty / ".gitignore").write_text("*.log")

    assert grade("new", "ex01_layers").code == 0

    lines = (empty / ".gitignore").read_text().splitlines()
    assert lines[0] == "*.log"
    assert ".grade/" in lines


def test_a_named_folder(grade, empty, tmp_path):
    """--course names where the course is to be, though the folder is not there yet."""
    ended = grade("new", "ex01_layers", "--course", tmp_path / "far" / "away")

    assert ended.code == 0
    assert (tmp_path / "far" / "away" / "exercises" / "course.toml").is_file()
    assert tree(empty) == {}


def test_what_is_written_is_lint_clean(grade, empty):
    """By this project's own rules, and formatted; so are the templates themselves."""
    assert grade("new", "ex17_attention").code == 0
    assert grade("new", "ex18_tensors", "--torch").code == 0
    ruff = Path(sys.executable).with_name("ruff")
    shutil.copy(ROOT / "pyproject.toml", empty)

    for command in (["check"], ["format", "--check"]):  # `grader` is ours, as in this repository
        done = subprocess.run(
            [ruff, *command, "--no-cache", "--config", 'lint.isort.known-first-party = ["grader"]', empty],
            capture_output=True, text=True, check=False, timeout=60, cwd=empty, env=os.environ,
        )  # fmt: skip

        assert done.returncode == 0, done.stdout + done.stderr


def test_both_kinds_have_the_same_parts():
    """What an author learns from one holds for the other."""
    templates = Path(creating.__file__).parent / "templates"

    def parts(kind: str) -> set[str]:
        return {
            path.parent.name if path.parent.name in ("accepted", "wrong") else path.name
            for path in (templates / kind).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }

    assert parts("numpy") == parts("torch")
