"""`grade try`: an author's file and the suite in one process, with pytest's output and its debugger."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.tiny import COURSE, RIGHT, Ended

TORCH = Path(__file__).parent.parent / "course_torch"
WRONG = RIGHT.replace("2 * x", "x * x")


@pytest.fixture
def mine(tmp_path):
    """Writes the author's file."""

    def write(source: str) -> Path:
        path = tmp_path / "mine.py"
        path.write_text(source)
        return path

    return write


def tried(*arguments: str | Path, typed: str = "", **environment: str) -> Ended:
    """`grade try` as a process of its own; `typed` is what its debugger reads."""
    done = subprocess.run(
        [sys.executable, "-m", "grader.cli", "try", *map(str, arguments)],
        env={**os.environ, **environment},
        input=typed,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert "INTERNALERROR" not in done.stdout
    return Ended(done.returncode, done.stdout, done.stderr)


def test_all_checks_of_a_right_file(mine):
    """Exit 0, pytest's summary on stdout, and on stderr that nothing is walled."""
    ended = tried("ex90", mine(RIGHT))

    assert ended.code == 0
    assert "6 passed" in ended.out
    assert ended.err.startswith("no sandbox: ")
    assert "mine.py" in ended.err


def test_a_wrong_file(mine):
    """Exit 1, with the suite's line and what the oracle says."""
    ended = tried("ex90", mine(WRONG))

    assert ended.code == 1
    assert "3 failed, 3 passed" in ended.out
    assert ">       assert_close(submission.double" in ended.out


@pytest.mark.parametrize(
    ("wanted", "run"),
    [
        pytest.param(["test_total_matrix"], 1, id="id"),
        pytest.param(["public/test_total"], 1, id="public"),
        pytest.param(["test_total*"], 2, id="glob"),
        pytest.param(["test_total_matrix", "public/*"], 3, id="several"),
    ],
)
def test_some_checks(mine, wanted, run):
    """--check takes ids and globs, and more than one."""
    ended = tried("ex90", mine(RIGHT), *(word for one in wanted for word in ("--check", one)))

    assert ended.code == 0
    assert f"{run} passed, {6 - run} deselected" in ended.out


def test_a_function_names_all_its_cases():
    """--check test_values runs test_values[plain] and test_values[strided], in a torch exercise, too."""
    file = TORCH / "solutions" / "ex95_torch_conv" / "accepted" / "loops.py"

    ended = tried("ex95", file, "--check", "test_values", "--course", TORCH)

    assert ended.code == 0
    assert "2 passed" in ended.out


@pytest.mark.parametrize(
    ("wanted", "says"),
    [("test_totl_matrix", "did you mean 'test_total_matrix'?"), ("zzz", "-- --collect-only -q' lists them")],
)
def test_no_such_check(mine, wanted, says):
    """Exit 2, and nothing is run."""
    ended = tried("ex90", mine(RIGHT), "--check", wanted)

    assert ended.code == 2
    assert f"grade: no check '{wanted}' in ex90_double: " in ended.err
    assert says in ended.err
    assert "passed" not in ended.out


def test_what_the_file_raises_is_shown_with_its_lines(mine):
    """The traceback goes from the suite's line into the author's, with nothing of the grader's between."""
    ended = tried(
        "ex90", mine(RIGHT.replace("return 2 * x", 'return {}["a"]')), "--check", "test_double_vector"
    )

    assert ended.code == 1
    assert '>       return {}["a"]' in ended.out
    assert "mine.py:2: StudentError" in ended.out
    assert "KeyError: 'a'" in ended.out
    assert "grader/judge/proxy.py" not in ended.out


def test_pdb_stops_in_the_authors_frame(mine):
    """--pdb stands where the exception was raised, with the variables of that place."""
    file = mine(RIGHT.replace("return 2 * x", "size = len(x) + 100\n    return size / 0"))

    ended = tried("ex90", file, "--check", "test_double_vector", "--pdb", typed="p size\nc\n")

    assert ended.code == 1
    assert "(Pdb) 105\n" in ended.out
    assert f"> {file}(3)double()" in ended.out


def test_pdb_stops_in_the_suite_where_values_differ(mine):
    """A wrong value has no line of its own: the debugger stands at the check's."""
    ended = tried("ex90", mine(WRONG), "--check", "test_double_vector", "--pdb", typed="p x.shape\nc\n")

    assert ended.code == 1
    assert "(Pdb) (5,)\n" in ended.out


def test_breakpoint_in_the_file(mine):
    """breakpoint() in the author's code stops there; the check goes on afterwards."""
    file = mine(RIGHT.replace("return 2 * x", "factor = 2\n    breakpoint()\n    return factor * x"))

    ended = tried("ex90", file, "--check", "test_double_vector", typed="p factor + 40\nc\n")

    assert ended.code == 0
    assert "(Pdb) 42\n" in ended.out


@pytest.mark.parametrize(
    ("part", "before"),
    [
        pytest.param("solutions/ex90_double/double.py", "    # BEGIN SOLUTION\n    return 2", id="reference"),
        pytest.param(
            "solutions/ex90_double/hidden/test_double.py", "    assert_close(submission.double", id="suite"
        ),
    ],
)
def test_breakpoint_in_reference_and_suite(mine, tmp_path, part, before):
    """breakpoint() works in what the author wrote beside the file, too."""
    course = tmp_path / "course"
    shutil.copytree(COURSE, course)
    text = (course / part).read_text()
    assert before in text
    (course / part).write_text(text.replace(before, f"    breakpoint()\n{before}", 1))

    ended = tried(
        "ex90", mine(RIGHT), "--check", "test_double_vector", "--course", course, typed="p x.size\nc\n"
    )

    assert ended.code == 0
    assert "(Pdb) 5\n" in ended.out


def test_quitting_the_debugger_ends_the_run(mine):
    """`q` is no answer of the file's, and no check that follows is run: exit 130."""
    file = mine(RIGHT.replace("return 2 * x", "breakpoint()\n    return 2 * x"))

    ended = tried("ex90", file, "--check", "test_double*", typed="q\n")

    assert ended.code == 130
    assert ended.out.count("(Pdb)") == 1
    assert "failed" not in ended.out


@pytest.mark.parametrize(
    ("source", "says"),
    [
        pytest.param("def double(x:\n", "SyntaxError", id="syntax"),
        pytest.param("import sys\n1 / 0\n", ">   1 / 0", id="import"),
    ],
)
def test_a_file_that_does_not_load(mine, source, says):
    """Its line is shown, once: exit 1, as for any check that crashes."""
    ended = tried("ex90", mine(source))

    assert ended.code == 1
    assert says in ended.out
    assert "1 error in" in ended.out


def test_several_files(tmp_path):
    """Each file is a module that the others import by its name."""
    course = tmp_path / "course"
    shutil.copytree(COURSE, course)
    file = course / "exercises" / "course.toml"
    file.write_text(file.read_text().replace('["double.py"]', '["double.py", "factors.py"]'))
    (tmp_path / "double.py").write_text("import factors\n" + RIGHT.replace("2 * x", "factors.TWO * x"))
    (tmp_path / "factors.py").write_text("TWO = 2\n")

    ended = tried("ex90", tmp_path / "factors.py", tmp_path / "double.py", "--course", course)

    assert ended.code == 0
    assert "6 passed" in ended.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["ex90", "nowhere.py"], "no file 'nowhere.py'", id="no file"),
        pytest.param(["ex90"], "no 'double.py' in this folder", id="none named"),
        pytest.param(["ex9"], "no exercise 'ex9'", id="no exercise"),
        pytest.param(["ex90", "--device", "cuda"], "does not run on 'cuda'", id="device"),
    ],
)
def test_bad_input(arguments, says):
    """Exit 2 before pytest starts."""
    ended = tried(*arguments)

    assert ended.code == 2
    assert says in ended.err
    assert ended.out == ""


@pytest.mark.parametrize("seed", ["-1", "1.5", "", "a" * 31, "9" * 40])
def test_what_is_no_seed(mine, seed):
    """A number or a record's seed: exit 2 for anything else."""
    ended = tried("ex90", mine(RIGHT), f"--seed={seed}")

    assert ended.code == 2
    assert "--seed: expected a whole number" in ended.err


def test_options_for_pytest(mine):
    """What follows `--` is pytest's; what pytest does not know is bad input."""
    listed = tried("ex90", mine(RIGHT), "--", "--collect-only", "-q")
    unknown = tried("ex90", mine(RIGHT), "--", "--no-such-option")
    none = tried("ex90", mine(RIGHT), "--", "-k", "nothing")

    assert listed.code == 0
    assert "test_total_matrix" in listed.out
    assert unknown.code == 2
    assert "--no-such-option" in unknown.err
    assert none.code == 2
    assert "left none" in none.err


def test_a_suite_that_cannot_be_collected(mine, tmp_path):
    """The course is broken: exit 2, with pytest's word on where."""
    shutil.copytree(COURSE, tmp_path / "course")
    (tmp_path / "course" / "solutions" / "ex90_double" / "hidden" / "test_double.py").write_text("1 / 0\n")

    ended = tried("ex90", mine(RIGHT), "--course", tmp_path / "course")

    assert ended.code == 2
    assert "ZeroDivisionError" in ended.out
    assert "the suite of ex90_double cannot be collected" in ended.err


def test_korean(mine):
    """--lang ko: the oracles' messages and the warning in Korean."""
    ended = tried("ex90", mine(WRONG), "--check", "test_double_vector", "--lang", "ko")

    assert ended.err.startswith("샌드박스 없이")
    assert "원소 5개 중" in ended.out


TELLS = RIGHT.replace("return 2 * x", "raise ValueError(x.tolist())")


def test_another_seed_draws_other_inputs(mine):
    """The same number gives the same inputs, another one others."""
    told = [
        [line for line in tried(
            "ex90", mine(TELLS), "--check", "test_double_vector", "--seed", seed
        ).out.splitlines() if line.startswith("E ")]
        for seed in ("7", "7", "8")
    ]  # fmt: skip

    assert told[0]
    assert told[0] == told[1]
    assert told[0] != told[2]


def test_the_seed_of_a_record_repeats_its_inputs(grade, mine):
    """Also after the file was changed: what a student's attempt met, on the author's own copy."""
    record = json.loads(grade("submit", "ex90", mine(TELLS), "--student", "s001", "--json").out)
    met = next(c["evidence"] for c in record["checks"] if c["id"] == "test_double_vector")
    text = next(e["message"] for e in met if e["kind"] == "exception")

    ended = tried(
        "ex90", mine(f"# changed\n{TELLS}"), "--check", "test_double_vector", "--seed", record["seed"]
    )
    other = tried("ex90", mine(TELLS), "--seed", "0" * 32)

    assert text in ended.out
    assert other.code == 2
    assert "has the seed" in other.err


def test_a_reader_that_hangs_up(mine):
    """`| head`: no traceback, and no exit code that says that all passed."""
    command = [sys.executable, "-m", "grader.cli", "try", "ex90", mine(RIGHT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        told = process.stderr.read()

    assert process.wait(timeout=60) == 130
    assert "Traceback" not in told


def test_nothing_is_left_behind(mine, tmp_path, state):
    """No byte code, no cache and no state in course and folder."""
    shutil.copytree(COURSE, tmp_path / "course", ignore=shutil.ignore_patterns("__pycache__"))
    file = mine(RIGHT)
    before = sorted(tmp_path.rglob("*"))

    ended = tried("ex90", file, "--course", tmp_path / "course")

    assert ended.code == 0
    assert sorted(tmp_path.rglob("*")) == before
    assert not state.exists()


@pytest.mark.slow
def test_a_probe_runs_beside_the_file():
    """An exercise with probe.py and the real Lightning, in the author's process."""
    root = Path(__file__).parent.parent.parent
    file = root / "solutions" / "ex13_lightning" / "classifier.py"

    ended = tried("ex13", file, "--check", "public/*", "--course", root)

    assert ended.code == 0
    assert "passed" in ended.out
