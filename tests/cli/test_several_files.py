"""Exercises that take several files: handed in, checked and audited as one submission."""

import json
import shutil
from pathlib import Path

import pytest

COURSE = Path(__file__).parent.parent / "course_files"
SOLUTION = COURSE / "solutions" / "ex96_two"


@pytest.fixture(autouse=True)
def course(monkeypatch) -> None:
    """The course of ex96, which takes model.py, layers.py and, if it is used, helper.py."""
    monkeypatch.setenv("GRADE_COURSE", str(COURSE))


def put(*paths: str) -> None:
    """Copies of files of the solutions folder, in the working folder."""
    for path in paths:
        shutil.copy(SOLUTION / path, Path.cwd())


def test_an_exercise_of_several_files_is_audited(grade):
    """A solution is a file in place of the first, or a folder of those that differ."""
    ended = grade("audit", "ex96", "--seeds", "2")

    assert (ended.code, ended.err) == (0, "")
    assert "3 accepted, 3 wrong solutions, 8 degenerate answers" in ended.out


def test_all_files_start_and_none_is_overwritten(grade):
    """Both stubs, not the optional part; with one of them there, nothing is written."""
    assert grade("start", "ex96").code == 0
    assert {path.name for path in Path.cwd().iterdir()} == {"model.py", "layers.py"}

    Path("model.py").unlink()

    assert grade("start", "ex96").code == 2
    assert not Path("model.py").exists()


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["model.py"], "'layers.py' is missing"),
        (["model.py", "layers.py", "mine.py"], "'mine.py' is none of them"),
        (["model.py", "layers.py", "./model.py"], "'model.py' is given twice"),
        (["layers.py", "helper.py"], "'model.py' is missing"),
    ],
    ids=["missing", "extra", "double", "part_without_the_file"],
)
def test_files_are_told_apart_by_name(grade, files, expected):
    """Each wrong one is named, beside what the exercise takes; nothing is recorded."""
    put("model.py", "layers.py", "accepted/with_part/helper.py")
    Path("mine.py").write_text("x = 1\n")

    ended = grade("submit", "ex96", *files)

    assert (ended.code, ended.out) == (2, "")
    assert expected in ended.err
    assert "ex96_two takes 'model.py' and 'layers.py' and, if you use them, 'helper.py'" in ended.err


def test_files_may_be_named_in_any_order(grade):
    """And the traceback, the mistake and the attempt are those of the whole."""
    put("model.py", "wrong/squares/layers.py")

    first = json.loads(grade("submit", "ex96", "layers.py", "model.py", "--json").out)
    again = json.loads(grade("submit", "ex96", "--json").out)

    assert (first["score"], first["attempt"], again["attempt"]) == (10.0, 1, 1)
    named = {check["diagnosis"]["mistake"] for check in first["checks"] if check["diagnosis"]}
    assert named == {"squares"}


def test_parts_that_are_imported_are_handed_in(grade):
    """From the working folder, without being named; others that lie there are not."""
    put("model.py", "accepted/with_part/layers.py", "accepted/with_part/helper.py")
    with_part = json.loads(grade("submit", "ex96", "--json").out)
    put("layers.py")
    without = json.loads(grade("submit", "ex96", "--json").out)
    Path("helper.py").write_text("nobody = 'imports this'\n")
    again = json.loads(grade("submit", "ex96", "--json").out)

    assert (with_part["score"], with_part["attempt"]) == (20.0, 1)
    assert (without["score"], without["attempt"]) == (20.0, 2)
    assert again["attempt"] == 2


@pytest.mark.parametrize("practice", [(), ("--practice",)], ids=["sandbox", "practice"])
def test_public_checks_of_several_files(grade, practice):
    """One file may import another on both ways."""
    put("model.py", "accepted/with_part/layers.py", "accepted/with_part/helper.py")

    ended = grade("check", "ex96", *practice)

    assert ended.code == 0
    assert "'model.py', 'layers.py', 'helper.py'" in ended.err


def test_an_error_in_another_file_is_shown_there(grade):
    """A traceback names the file that its line is in."""
    put("model.py")
    Path("layers.py").write_text(
        "def double(x):\n    return x.nothing\n\n\ndef divide(x, n):\n    return x / n\n"
    )

    record = json.loads(grade("submit", "ex96", "--json").out)

    (check,) = (check for check in record["checks"] if check["id"] == "test_number")
    assert [(frame["file"], frame["line"]) for frame in check["traceback"]][-1] == ("layers.py", 2)


def test_one_stub_untouched_is_a_submission(grade):
    """It is refused only while every file is the stub."""
    assert grade("start", "ex96").code == 0
    untouched = grade("submit", "ex96")
    put("model.py")

    assert untouched.code == 2
    assert "untouched stub" in untouched.err
    assert grade("submit", "ex96").code == 1
