"""`grade submit` where no suite is: a hand-in file, and `grade batch` on the other side takes it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from grader.core import handin
from tests.cli.tiny import COURSE, RIGHT, Ended

WRONG = RIGHT.replace("2 * x", "3 * x")
NAME = "ex90_double.handin.json"

Grade = Callable[..., Ended]


def test_from_submit_to_batch(grade: Grade, student_course: Path, state: Path) -> None:
    """The public checks are shown, the file is written, nothing is recorded; batch grades the same bytes."""
    Path("double.py").write_text(RIGHT)

    ended = grade("submit", "ex90", "--student", "s001")

    assert ended.code == 0
    assert "2 of 2 checks passed" in ended.out
    assert f"wrote '{NAME}' for 's001'" in ended.out
    assert not (state / "gradebook.sqlite3").exists()
    found = handin.read(Path(NAME).read_bytes(), NAME)
    assert (found.student, found.sources[0].data) == ("s001", RIGHT.encode())
    assert [check.outcome for check in found.public or ()] == ["passed", "passed"]

    Path("class").mkdir()
    Path(NAME).rename(f"class/{NAME}")
    graded = grade("batch", "ex90", "class", "--json", "--course", COURSE)

    record = json.loads(graded.out)
    assert (graded.code, record["student"], record["score"]) == (0, "s001", 20.0)
    assert record["digests"]["submission"] == found.digest


def test_a_notebook(grade: Grade, student_course: Path) -> None:
    """It goes in as its code cells, and what batch grades has the digest that submit has shown."""
    cells = [nbformat.v4.new_code_cell(RIGHT), nbformat.v4.new_markdown_cell("text")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), "double.ipynb")

    assert grade("submit", "ex90", "--student", "s001", "--out", "class").code == 0
    found = handin.read(Path(f"class/{NAME}").read_bytes(), NAME)
    record = json.loads(grade("batch", "ex90", "class", "--json", "--course", COURSE).out)

    assert [file.name for file in found.files] == ["double.ipynb"]
    assert (record["score"], record["digests"]["submission"]) == (20.0, found.digest)


def test_feedback_needs_the_suite(grade: Grade, student_course: Path) -> None:
    """It is refused in so many words, and nothing is written."""
    Path("double.py").write_text(RIGHT)

    ended = grade("submit", "ex90", "--feedback-notebook")

    assert (ended.code, "comes from the hidden suite" in ended.err) == (2, True)
    assert not Path(NAME).exists()


def test_what_it_claims_earns_nothing(grade: Grade, student_course: Path) -> None:
    """Public results that were written in by hand change no mark."""
    Path("double.py").write_text(WRONG)
    assert grade("submit", "ex90", "--student", "s001").code == 1
    data = json.loads(Path(NAME).read_bytes())
    for check in data["public"]:
        check["outcome"] = "passed"
    Path("class").mkdir()
    Path(f"class/{NAME}").write_text(json.dumps(data))

    record = json.loads(grade("batch", "ex90", "class", "--json", "--course", COURSE).out)

    assert record["score"] < 20
    assert {c["outcome"] for c in record["checks"] if c["id"] == "public/test_double"} == {"failed"}


def test_json(grade: Grade, student_course: Path) -> None:
    """Stdout holds the record of the public checks alone; the file is named on stderr."""
    Path("double.py").write_text(WRONG)

    ended = grade("submit", "ex90", "--json", "--lang", "ko", "--out", "there")

    assert ended.code == 1
    assert json.loads(ended.out)["max_score"] == 0
    assert f"there/{NAME}" in ended.err
    assert "제출 파일" in ended.err


def test_again_replaces_it(grade: Grade, student_course: Path) -> None:
    """The hand-in of before makes way; any other file of that name stays, and nothing was handed in."""
    Path("double.py").write_text(WRONG)
    grade("submit", "ex90")
    Path("double.py").write_text(RIGHT)

    assert grade("submit", "ex90").code == 0
    assert handin.read(Path(NAME).read_bytes(), NAME).sources[0].data == RIGHT.encode()

    Path(NAME).write_text("my notes")
    ended = grade("submit", "ex90")

    assert (ended.code, ended.out) == (2, "")
    assert "not written over" in ended.err
    assert Path(NAME).read_text() == "my notes"


def test_where_the_checks_cannot_run(grade: Grade, student_course: Path) -> None:
    """The work is kept in the file all the same; exit 3 says that nothing was checked."""
    Path("double.py").write_text(RIGHT)
    (student_course / "exercises" / "ex90_double" / "test_public.py").write_text("import no_such_module\n")

    ended = grade("submit", "ex90")

    assert ended.code == 3
    assert "no_such_module" in ended.err
    assert handin.read(Path(NAME).read_bytes(), NAME).public is None


def test_stub_and_bad_files_are_refused(grade: Grade, student_course: Path) -> None:
    """As by any other submit: exit 2, and no file."""
    assert grade("start", "ex90").code == 0

    assert grade("submit", "ex90").code == 2
    assert not Path(NAME).exists()


def test_elsewhere_than_linux(grade: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `solutions/` beside, and no wall to judge behind, it is a hand-in file, too."""
    monkeypatch.setattr("platform.system", lambda: "Windows")
    Path("double.py").write_text(RIGHT)

    ended = grade("submit", "ex90")

    assert ended.code == 0
    assert "practice mode: not secure" in ended.err
    assert Path(NAME).exists()


ELSEWHERE = """
import os, platform, sys

import ctypes

def no_such_library(name, *args, **kwargs):
    raise TypeError("LoadLibrary() argument 1 must be str, not None")

ctypes.CDLL = no_such_library

class Nowhere:  # what neither Windows nor macOS has
    names = {"fcntl", "grp", "pwd", "resource", "termios", "grader.sandbox.linux", "grader.sandbox.cgroup",
             "grader.worker.landlock", "grader.worker.seccomp", "grader.worker.seal", "grader.worker.kernel"}
    def find_spec(self, name, path=None, target=None):
        if name in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Nowhere())
for name in Nowhere.names:
    sys.modules.pop(name, None)
for name in ("fork", "memfd_create", "pidfd_open", "sched_getaffinity", "unshare", "setns"):
    if hasattr(os, name):
        delattr(os, name)
platform.system = lambda: "Windows"
sys.platform = "darwin"
"""


def test_without_what_only_linux_has(tmp_path: Path, student_course: Path) -> None:
    """Check and submit work from the bundle where fork, control groups, Landlock and seccomp do not exist."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "sitecustomize.py").write_text(ELSEWHERE)
    Path("double.py").write_text(RIGHT)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "elsewhere"), "GRADE_STUDENT": "s001"}

    for command in ("check", "submit"):
        done = subprocess.run(
            [sys.executable, "-m", "grader.cli", command, "ex90"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

        assert done.returncode == 0, done.stdout + done.stderr
        assert "practice mode: not secure" in done.stderr
        assert "2 of 2 checks passed" in done.stdout
    assert handin.read(Path(NAME).read_bytes(), NAME).student == "s001"


@pytest.mark.parametrize(
    ("folder", "student"),
    [
        pytest.param("class", "s001", id="as it says itself"),
        pytest.param("class/s007", "s007", id="in a student's folder"),
        pytest.param("class/Jane Doe_657737_assignsubmission_file_", "Jane Doe", id="from Moodle"),
    ],
)
def test_who_it_is_of(grade: Grade, student_course: Path, folder: str, student: str) -> None:
    """Whoever took the file in knows better than the file."""
    Path("double.py").write_text(RIGHT)
    grade("submit", "ex90", "--student", "s001", "--out", folder)

    record = json.loads(grade("batch", "ex90", "class", "--json", "--course", COURSE).out)

    assert (record["student"], record["score"]) == (student, 20.0)


def test_damaged_and_foreign_ones_are_listed(grade: Grade, student_course: Path) -> None:
    """A changed file and one of another exercise are not graded, and say why; the others are."""
    Path("double.py").write_text(RIGHT)
    grade("submit", "ex90", "--student", "s001", "--out", "class")
    good = Path(f"class/{NAME}").read_text()
    Path("class/s002.handin.json").write_text(good.replace("2 * x", "4 * x"))
    foreign = good.replace("ex90_double", "ex91_other").replace("s001", "s003")
    Path("class/s003.handin.json").write_text(foreign)
    Path("class/s004.handin.json").write_text("{" * 100_000)

    ended = grade("batch", "ex90", "class", "--course", COURSE)

    assert ended.code == 3
    assert "1 of 4 graded" in ended.out
    for words in ("was changed after it was written", "hand-in file of 'ex91_other'", "no hand-in file as"):
        assert words in ended.out.replace("\n", " ") + ended.err
