"""Files and arguments that cannot be taken: exit 2, one line that says what to do, no attempt."""

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.cli.tiny import COURSE, RIGHT, command

STUB = (COURSE / "exercises" / "ex90_double" / "double.py").read_bytes()

CONTENTS = {
    "empty": (b"", "is empty"),
    "white space": (b" \n\t\n", "is empty"),
    "the untouched stub": (STUB, "untouched stub"),
    "the stub with Windows lines": (STUB.replace(b"\n", b"\r\n"), "untouched stub"),
    "not UTF-8": (b"# caf\xe9\n" + RIGHT.encode(), "not UTF-8 in line 1"),
    "UTF-16": (RIGHT.encode("utf-16"), "UTF-16"),
    "NUL": (RIGHT.encode() + b"\x00", "NUL byte in line 7"),
    "bidi control": (RIGHT.encode() + "# \u202e\n".encode(), "U+202E"),
    "5 MB of source": (b"x = 1\n" * 900_000, "over 1 MiB"),
    "another encoding": (b"# -*- coding: latin-1 -*-\n" + RIGHT.encode(), "latin-1"),
}


@pytest.mark.parametrize(("data", "says"), CONTENTS.values(), ids=CONTENTS.keys())
def test_file_is_refused(grade, tmp_path, state, data, says):
    """A file that cannot be taken is refused before anything is judged or recorded."""
    path = tmp_path / "double.py"
    path.write_bytes(data)

    ended = grade("submit", "ex90", path)

    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("grade: ")
    assert ended.err.count("\n") == 1
    assert says in ended.err
    assert not state.exists()


PATHS = {
    "no such file": ("nothing.py", "no file 'nothing.py'"),
    "a directory": ("folder.py", "is a folder"),
    "a FIFO": ("fifo.py", "no regular file"),
    "a dangling link": ("link.py", "no file"),
    "a device": ("/dev/zero", "no .py file"),
    "no notebook": ("a.ipynb", "'a.ipynb' is damaged"),
    "another kind of file": ("notes.txt", "no .py file"),
    "a name of 300 characters": ("e" * 300 + ".py", "cannot be read"),
}


@pytest.mark.parametrize("verb", ["submit", "check"])
@pytest.mark.parametrize(("name", "says"), PATHS.values(), ids=PATHS.keys())
def test_path_is_refused(grade, name, says, verb):
    """What is no readable source file is refused with what it is."""
    os.mkdir("folder.py")
    os.mkfifo("fifo.py")
    Path("a.ipynb").write_text("def double(x): return 2 * x")
    os.symlink("nowhere.py", "link.py")

    ended = grade(verb, "ex90", name)

    assert ended.code == 2
    assert ended.err.startswith("grade: ")
    assert says in ended.err


def test_name_that_is_not_utf8(tmp_path):
    """A path of odd bytes is shown escaped."""
    ended = command("submit", "ex90", os.fsdecode(b"\xff\x1b[31m.py"))

    assert ended.code == 2
    assert "\x1b" not in ended.err
    assert "no file" in ended.err


def test_no_file_in_the_working_folder(grade):
    """Without FILE, `submit` looks in the working folder alone, and says how to get a file."""
    ended = grade("submit", "ex90")

    assert ended.code == 2
    assert "no 'double.py' in this folder" in ended.err
    assert "grade start ex90" in ended.err


@pytest.fixture
def two(tmp_path, monkeypatch):
    """A course of two exercises."""
    root = tmp_path / "two"
    shutil.copytree(COURSE, root)
    shutil.copytree(root / "exercises" / "ex90_double", root / "exercises" / "ex91_half")
    (root / "exercises" / "ex91_half" / "double.py").rename(root / "exercises" / "ex91_half" / "half.py")
    (root / "exercises" / "ex91_half" / "half.py").write_text("def half(x):\n    raise NotImplementedError\n")
    file = root / "exercises" / "course.toml"
    text = '\n[exercises.ex91_half]\ntitle = { en = "Half", ko = "반" }\nfiles = ["half.py"]\n'
    file.write_text(file.read_text() + text)
    monkeypatch.setenv("GRADE_COURSE", str(root))
    return root


@pytest.mark.parametrize("verb", ["submit", "check", "watch"])
def test_file_of_another_exercise(grade, state, two, verb):
    """A file that is called as another exercise's is refused, and costs no attempt."""
    Path("half.py").write_text(RIGHT)

    ended = grade(verb, "ex90", "half.py")

    assert ended.code == 2
    assert ended.err == "grade: 'half.py' is the file of ex91_half; ex90_double takes 'double.py'\n"
    assert not state.exists()


def test_stub_of_another_exercise(grade, state, two):
    """Another exercise's stub is refused under any name."""
    Path("mine.py").write_bytes((two / "exercises" / "ex91_half" / "half.py").read_bytes())

    ended = grade("submit", "ex90", "mine.py")

    assert ended.code == 2
    assert "'mine.py' holds the untouched stub of ex91_half; ex90_double takes 'double.py'" in ended.err
    assert not state.exists()


def test_free_name(grade, two):
    """A name that is no other exercise's is fine."""
    Path("my_double.py").write_text(RIGHT)

    assert grade("check", "ex90", "my_double.py").code == 0


def test_state_that_cannot_be_written(grade, monkeypatch):
    """A state folder that cannot be made: the message names GRADE_STATE, not --out."""
    Path("double.py").write_text(RIGHT)
    monkeypatch.setenv("GRADE_STATE", "/proc/x")

    ended = grade("submit", "ex90")

    assert ended.code == 3
    assert "set GRADE_STATE to a folder you can write" in ended.err
    assert "--out" not in ended.err


def test_too_many_files(grade):
    """An exercise of one file takes one."""
    ended = grade("submit", "ex90", "a.py", "b.py")

    assert ended.code == 2
    assert "takes 'double.py': 'double.py' is missing, 'a.py' is none of them" in ended.err


STUDENTS = {
    "../": ("../../etc/passwd", "slash"),
    "backslash": ("DOMAIN\\me", "slash"),
    "300 characters": ("e" * 300, "300 characters: give 1 to 128"),
    "empty": ("", "0 characters"),
    "newline": ("a\nb", "U+000A"),
    "escape": ("\x1b[2J", "U+001B"),
    "bidi": ("a\u202eb", "U+202E"),
}


@pytest.mark.parametrize(("id", "says"), STUDENTS.values(), ids=STUDENTS.keys())
def test_student_is_refused(grade, tmp_path, state, id, says):
    """An id that cannot stand in a list or a line is refused, and shown escaped."""
    (tmp_path / "double.py").write_text(RIGHT)

    ended = grade("submit", "ex90", tmp_path / "double.py", "--student", id)

    assert ended.code == 2
    assert says in ended.err
    assert "\x1b" not in ended.err
    assert not state.exists()


@pytest.mark.parametrize("verb", ["submit", "check", "watch", "start", "audit"])
def test_unknown_exercise(grade, verb):
    """An unknown exercise gets a proposal."""
    ended = grade(verb, "ex91")

    assert ended.code == 2
    assert "no exercise 'ex91': did you mean 'ex90'?" in ended.err


@pytest.mark.parametrize(
    "arguments",
    [["sumbit", "ex90"], ["submit"], ["list", "--nonsense"], ["submit", "ex90", "--engine", "moon"], []],
    ids=["no such command", "no exercise", "no such option", "no such engine", "nothing at all"],
)
def test_usage(grade, arguments):
    """Arguments that click refuses exit with 2."""
    ended = grade(*arguments)

    assert ended.code == 2
    assert ended.out == ""
    assert "grade" in ended.err


def test_no_exercise_named(grade):
    """A command without its exercise shows how one looks."""
    assert "for example: grade check ex10" in grade("check").err


@pytest.mark.parametrize("arguments", ["release", "book override ex90 s001"])
def test_something_else_not_named(grade, arguments):
    """An exercise would be no example of a folder, or of a reason."""
    ended = grade(*arguments.split())

    assert ended.code == 2
    assert "Missing" in ended.err
    assert "for example" not in ended.err


def test_cuda(grade):
    """A device that the exercise does not run on is refused, not replaced by another."""
    ended = grade("submit", "ex90", "--device", "cuda")

    assert ended.code == 2
    assert "ex90_double does not run on 'cuda'" in ended.err


@pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="there is a GPU")
@pytest.mark.parametrize("command", ["submit", "check", "audit"])
def test_cuda_without_a_gpu(grade, monkeypatch, state, command):
    """Refused before anything starts: what is missing, and both ways out; nothing is recorded."""
    monkeypatch.setenv("GRADE_COURSE", str(COURSE.parent / "course_torch"))
    solution = COURSE.parent / "course_torch/solutions/ex95_torch_conv/torch_conv.py"

    ended = grade(command, "ex95", *([] if command == "audit" else [solution]), "--device", "cuda")

    assert ended.code == 3
    assert ended.out == ""
    assert re.fullmatch(r"grade: --device cuda cannot be used here: .*, or use --device cpu .*\n", ended.err)
    assert not state.exists()


def test_no_course(grade, monkeypatch, tmp_path):
    """Outside of a course the message says how to name one."""
    monkeypatch.delenv("GRADE_COURSE")

    ended = grade("list")

    assert ended.code == 2
    assert "--course DIR or GRADE_COURSE" in ended.err


def test_broken_course(grade, monkeypatch, tmp_path):
    """A course file that is no TOML: file and line."""
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "course.toml").write_text("title = \n")

    ended = grade("list", "--course", tmp_path)

    assert ended.code == 2
    assert "course.toml" in ended.err
    assert "line 1" in ended.err


def test_broken_suite(grade, tmp_path):
    """A hidden suite that does not run is the instructor's to mend: exit 2, and no attempt."""
    shutil.copytree(COURSE, tmp_path / "course")
    suite = tmp_path / "course" / "solutions" / "ex90_double" / "hidden" / "test_double.py"
    suite.write_text("import no_such_module_anywhere\n")
    (tmp_path / "double.py").write_text(RIGHT)

    ended = grade("submit", "ex90", tmp_path / "double.py", "--course", tmp_path / "course")

    assert ended.code == 2
    assert "no_such_module_anywhere" in ended.err
    assert "0 of 20" in grade("status").out


def test_internal_error(grade, monkeypatch):
    """A bug of ours is one line and exit 3; the traceback is there on request."""
    monkeypatch.setattr("grader.cli.options.find_course", lambda _: 1 / 0)

    ended = grade("list")

    assert ended.code == 3
    assert ended.err.startswith("grade: internal error: ZeroDivisionError: division by zero")
    assert ended.err.count("\n") == 1


def test_traceback_on_request(monkeypatch, capsys):
    """GRADE_DEBUG=1 shows where."""
    from grader.cli.entry import run

    monkeypatch.setenv("GRADE_DEBUG", "1")
    monkeypatch.setattr("grader.cli.options.find_course", lambda _: 1 / 0)

    assert run(["list"]) == 3
    assert "Traceback" in capsys.readouterr().err
