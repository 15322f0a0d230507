"""`grade release`: the same bytes whenever it is made, all that students need, and nothing hidden."""

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from grader.cli import releasing
from grader.core.course import COURSE_FILE, Course, load
from grader.errors import CourseError, InputError
from grader.release import bundle, leaks

ROOT = Path(__file__).parent.parent.parent
TINY = ROOT / "tests" / "course"
EXERCISE = "exercises/ex90_double"
README = f"{EXERCISE}/README.md"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the tiny course."""
    shutil.copytree(TINY, tmp_path / "course", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "course"


@pytest.fixture
def course(root: Path) -> Course:
    """It, loaded."""
    return load(root / COURSE_FILE)


def tree(folder: Path) -> dict[str, tuple[bytes, int, float]]:
    """Bytes, mode and time of every file, but for what git keeps."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mode, path.stat().st_mtime)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.parts
    }


def test_a_folder(course: Course, tmp_path: Path) -> None:
    """All of exercises/, as it is there, and a .gitignore; no junk and nothing else."""
    folder = course.root / EXERCISE
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "double.pyc").write_bytes(b"x")
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "figure.png").write_bytes(b"\x89PNG")

    releasing.release(course, tmp_path / "out", git=False)

    names = {p.relative_to(TINY).as_posix() for p in (TINY / "exercises").rglob("*") if p.is_file()}
    names = {name for name in names if "__pycache__" not in name}
    books = set(map(str, releasing.notebooks(course)))
    own = {".gitignore", "README.md", "README.ko.md", f"{EXERCISE}/figure.png"}
    assert set(tree(tmp_path / "out")) == {*names, *books, *own}
    assert list(load(tmp_path / "out" / COURSE_FILE).exercises) == ["ex90_double"]
    assert load(tmp_path / "out" / COURSE_FILE).exercise("ex90").solution_dir is None


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_the_same_bytes(root: Path, tmp_path: Path, name: str) -> None:
    """From another copy, with other times and modes and under another umask, it is the same to the bit."""
    first, second = tmp_path / "1" / name, tmp_path / "2" / name
    releasing.release(load(root / COURSE_FILE), first, git=False)
    for path in root.rglob("*"):
        os.utime(path, (1_900_000_000, 1_900_000_000))
        if path.is_file():
            path.chmod(0o600)
    before = os.umask(0o077)
    try:
        releasing.release(load(root / COURSE_FILE), second, git=False)
    finally:
        os.umask(before)

    if name.endswith(".zip"):
        assert first.read_bytes() == second.read_bytes()
        with zipfile.ZipFile(first) as archive:
            assert archive.testzip() is None
            assert README in archive.namelist()
    else:
        assert tree(first) == tree(second)


def test_a_repository(course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One commit of all files, the same wherever it is made, whatever the user's git is set to."""
    settings = tmp_path / "gitconfig"
    settings.write_text("[user]\n name = me\n[commit]\n gpgsign = true\n[core]\n autocrlf = true\n")
    releasing.release(course, tmp_path / "1", git=True)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "somebody")
    releasing.release(course, tmp_path / "2", git=True)

    def git(folder: str, *words: str) -> str:
        command = ["git", "-C", str(tmp_path / folder), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert git("1", "rev-parse", "main") == git("2", "rev-parse", "main")
    assert git("1", "status", "--porcelain") == ""
    assert set(git("1", "ls-files").splitlines()) == set(tree(tmp_path / "1"))
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "remote")], check=True)
    assert git("1", "push", "-q", str(tmp_path / "remote"), "main") == ""


def add(course: Course, path: str, text: str) -> None:
    """Put a line to the end of a public file."""
    with (course.root / path).open("a", encoding="utf-8") as file:
        file.write(f"\n{text}\n")


LONG = "return np.einsum('ij,jk->ik', left, right) + offset"


@pytest.fixture
def longer(root: Path) -> Course:
    """The course with a reference whose line says where it comes from."""
    reference = root / "solutions" / "ex90_double" / "double.py"
    source = reference.read_text()
    reference.write_text(source.replace("    # BEGIN SOLUTION\n", f"    # BEGIN SOLUTION\n    {LONG}\n", 1))
    return load(root / COURSE_FILE)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"    {LONG}", id="line"),
        pytest.param(f"- Write `{LONG}`.", id="in backticks"),
        pytest.param(f"# > {LONG.replace(' + ', '+')}", id="other spaces"),
    ],
)
def test_a_line_of_the_solution(longer: Course, text: str) -> None:
    """It is found wherever it stands, with both places."""
    add(longer, README, text)

    (leak,) = leaks.leaks(longer, bundle.gather(longer).files)

    assert str(leak.path) == README
    assert "a line of the solution in solutions/ex90_double/double.py, line " in leak.what
    assert leak.line > 1


def test_a_line_in_a_notebook(longer: Course) -> None:
    """Cells are searched, texts of both shapes and outputs alike."""
    cells = [
        {"cell_type": "markdown", "source": "text"},
        {"cell_type": "code", "source": ["def f():\n", f"    {LONG}\n"], "outputs": []},
    ]
    (longer.root / EXERCISE / "double.ipynb").write_text(json.dumps({"cells": cells}))

    (leak,) = leaks.leaks(longer, bundle.gather(longer).files)

    assert (leak.path.name, leak.line) == ("double.ipynb", 2)


def test_a_whole_part_of_short_lines(root: Path) -> None:
    """Lines that say nothing alone do so together."""
    reference = root / "solutions" / "ex90_double" / "double.py"
    body = "    y = x + x\n    y = y + 0\n    return y\n"
    source = reference.read_text().replace("    # BEGIN SOLUTION\n", f"    # BEGIN SOLUTION\n{body}", 1)
    reference.write_text(source)
    course = load(root / COURSE_FILE)
    part = source.partition("# BEGIN SOLUTION\n")[2].partition("    # END")[0]
    add(course, README, f"```python\n{part}```")

    found = leaks.leaks(course, bundle.gather(course).files)

    where = f"solutions/ex90_double/double.py, from line {leak_line(source)}"
    assert [leak.what for leak in found] == [f"it holds a whole part of the solution in {where}"]


def leak_line(source: str) -> int:
    """The line behind the first marker."""
    return source[: source.index("# BEGIN SOLUTION")].count("\n") + 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("See test_total_matrix.", "'test_total_matrix' is the name of a check", id="check"),
        pytest.param("Not total_is_mean!", "'total_is_mean' is the name of a known mistake", id="mistake"),
        pytest.param("postgresql://me:pw@host/grades", "an address with a password", id="password"),
    ],
)
def test_hidden_names(course: Course, text: str, says: str) -> None:
    """Names of hidden checks and of known mistakes, and what is no student's business at all."""
    add(course, README, text)

    with pytest.raises(CourseError, match="students must not receive this") as caught:
        releasing.release(course, course.root / "out", git=False)

    assert says in str(caught.value)
    assert f"{README}, line " in str(caught.value)
    assert not (course.root / "out").exists()


def test_a_title_of_a_hidden_check(course: Course) -> None:
    """In either language."""
    suite = course.root / "solutions" / "ex90_double" / "hidden" / "test_more.py"
    suite.write_text(
        "import pytest\n\n\n@pytest.mark.title(en='A vector of zeros', ko='영벡터를 넣었을 때의 값')\n"
        "def test_zeros(submission):\n    pass\n"
    )
    add(course, f"{EXERCISE}/README.ko.md", '검사: "영벡터를 넣었을 때의 값"')

    (leak,) = leaks.leaks(course, bundle.gather(course).files)

    assert "is the title of a check in solutions/ex90_double/hidden/test_more.py" in leak.what


@pytest.mark.parametrize("path", ["double.py", "hidden/test_double.py", "wrong/total_is_mean.py"])
def test_a_copy_of_a_file(course: Course, path: str) -> None:
    """Whatever it is called."""
    source = course.root / "solutions" / "ex90_double" / path
    shutil.copy(source, course.root / EXERCISE / "notes.txt")

    found = leaks.leaks(course, bundle.gather(course).files)

    assert f"it is solutions/ex90_double/{path}, byte for byte" in [leak.what for leak in found]


def test_the_secret(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """The course's secret, in hex, is found in any file."""
    add(course, README, course.secret().hex())

    assert [leak.what for leak in leaks.leaks(course, bundle.gather(course).files)] == [
        "it holds the course's secret"
    ]


def test_a_stub_that_was_edited(course: Course) -> None:
    """A stub is its reference's, or nothing is released."""
    add(course, f"{EXERCISE}/double.py", "x = 1")

    with pytest.raises(CourseError, match=r"not the stub of its reference: run 'python -m grader.core.stub'"):
        bundle.gather(course)


def test_a_draft_is_left_out_and_told(course: Course, tmp_path: Path) -> None:
    """A folder that course.toml does not list is no exercise yet."""
    (course.root / "exercises" / "ex91_draft").mkdir()
    (course.root / "exercises" / "ex91_draft" / "README.md").write_text("soon")

    told = releasing.release(course, tmp_path / "out", git=False)

    assert told[0] == "left out 'exercises/ex91_draft/README.md': course.toml does not list its exercise"
    assert not (tmp_path / "out" / "exercises" / "ex91_draft").exists()


def test_a_link_is_refused(course: Course, tmp_path: Path) -> None:
    """It could lead anywhere."""
    (course.root / EXERCISE / "data.txt").symlink_to(course.root / "solutions" / "ex90_double" / "double.py")

    with pytest.raises(CourseError, match="no regular file"):
        bundle.gather(course)


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_nothing_is_overwritten(course: Course, tmp_path: Path, name: str) -> None:
    """Also an empty folder stays."""
    dest = tmp_path / name
    dest.mkdir()

    with pytest.raises(InputError, match="nothing is overwritten"):
        releasing.release(course, dest, git=False)

    assert list(dest.iterdir()) == []


@pytest.mark.parametrize("name", ["out.tar", "out.tar.gz", "OUT.TGZ"])
def test_other_archives_are_refused(course: Course, tmp_path: Path, name: str) -> None:
    """A folder of that name would look like one."""
    with pytest.raises(InputError, match="only a zip is written"):
        releasing.release(course, tmp_path / name, git=False)

    assert list(tmp_path.glob(name)) == []


@pytest.mark.parametrize("part", ["exercises", "solutions"])
def test_not_into_the_course_itself(course: Course, part: str) -> None:
    """A bundle in exercises/ would be in the next one."""
    with pytest.raises(InputError, match="lies in the course's own"):
        releasing.release(course, course.root / part / "out", git=False)


@pytest.mark.slow
def test_this_course() -> None:
    """The sixteen exercises can be released as they are, and their references would be found."""
    course = load(ROOT / COURSE_FILE)
    files = bundle.gather(course, releasing.notebooks(course)).files

    assert leaks.leaks(course, files) == []
    for exercise in course.exercises.values():
        assert exercise.solution_dir is not None
        leaked = {PurePosixPath("notes.md"): (exercise.solution_dir / exercise.files[0]).read_bytes() + b"\n"}
        assert any("a line of the solution" in leak.what for leak in leaks.leaks(course, leaked)), exercise.id


def test_without_solutions(course: Course, tmp_path: Path) -> None:
    """What cannot be compared is said, and not claimed."""
    releasing.release(course, tmp_path / "bundle", git=False)

    told = releasing.release(load(tmp_path / "bundle" / COURSE_FILE), tmp_path / "again", git=False)

    assert told[0].startswith("there is no solutions/ex90_double here")
