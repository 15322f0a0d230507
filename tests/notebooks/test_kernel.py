"""`%grade` in real kernels: the cells as they were run, judged behind the kernel and shown in it."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from jupyter_client.manager import start_new_kernel

from grader.core import handin
from tests.cli.tiny import COURSE
from tests.notebooks.conftest import shown

DOUBLE = "def double(x):\n    return {}"
TOTAL = "def total(x):\n    return float(np.sum(x))"


def test_a_students_session(run_cells, tmp_path):
    """Check, mend, check, submit, on cells that no file holds; the kernel keeps its state and its process."""
    cells = run_cells(
        "%load_ext grader\nimport os\nkept = os.getpid()",
        "import numpy as np",
        DOUBLE.format("x * x"),
        "%grade check ex90",
        TOTAL,
        "%grade submit ex90",
        DOUBLE.format("x + x  # mended"),
        "from grader import notebooks\nnotebooks.check('ex90', lang='ko')",
        "notebooks.submit('double')",
        "%grade submit ex90 --student=s001 --lang ko",
        "assert kept == os.getpid()\nprint(double(4), [n for n in dir() if 'grade' in n])",
    )

    first, submitted, mended, again, same = (shown(cells[k]) for k in (3, 5, 7, 8, 9))
    assert "not right yet" in first
    assert "No cell that was run defines total" in first
    assert "Taken from In [2], In [3]." in first
    assert "10 of 20" in submitted
    assert "squares" in submitted
    assert "공개 검사를 모두 통과했습니다" in mended
    assert "Attempt 2" in again
    assert "20 of 20" in again
    assert "2번째 제출에서 이미 채점했습니다" in same
    assert "<img" in shown(cells[5], "text/html")
    assert cells[10].outputs[0].text == "8 []\n"
    assert list(Path.cwd().iterdir()) == []
    assert len(list((tmp_path / "state" / "reports").rglob("*.html"))) == 2


def test_what_is_wrong_is_said_in_a_sentence(run_cells):
    """No traceback of ours for anything that a student can type, and no attempt for untouched cells."""
    stub = (COURSE / "exercises" / "ex90_double" / "double.py").read_text()
    cells = run_cells(
        "%load_ext grader",
        "%grade check ex99",
        "%grade",
        "%grade check 'ex90",
        "%grade check ex90 --practice",
        "%grade check ex90 --lang fr",
        "%grade check ex90 --course nowhere",
        "%grade check ex90 --device cuda",
        stub,
        "%grade submit ex90 --lang ko",
    )

    said = [shown(cell) for cell in cells]
    assert "did you mean" in said[1]
    assert all("%grade check ex10" in one for one in said[2:6])
    assert "no course at 'nowhere'" in said[6]
    assert "does not run on 'cuda'" in said[7]
    assert "처음 받은 그대로입니다" in said[9]
    assert not any("Traceback" in one for one in said)


def test_an_error_is_shown_with_its_cell_and_line(run_cells):
    """The line of the cell, not of a file that the student never saw."""
    cells = run_cells(
        "%load_ext grader\nimport numpy as np",
        "# a comment\nunused = 1\ndef double(x):\n    return x + missing",
        "%grade check ex90",
    )

    assert "In [2], line 4" in shown(cells[2])


@pytest.fixture
def kernel() -> Iterator[tuple[object, object]]:
    """A kernel with nothing run in it."""
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(Path.cwd()))
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.context.destroy(linger=0)


def test_an_interruption_ends_what_runs_behind(kernel):
    """The cell says so, the kernel goes on, and no process of ours is left."""
    manager, client = kernel
    client.execute_interactive(
        "%load_ext grader\nimport numpy as np\ndef double(x):\n    while True: pass", timeout=60
    )
    process = psutil.Process(manager.provisioner.pid)
    displayed: list[str] = []

    client.execute("%grade check ex90")
    until = time.monotonic() + 60
    while len(process.children(recursive=True)) < 3:  # the command, its judge, the fork server
        assert time.monotonic() < until
    behind = process.children(recursive=True)
    manager.interrupt_kernel()
    client.execute_interactive(
        "print('alive')",
        timeout=60,
        output_hook=lambda m: displayed.append(m["content"].get("text", "")),
    )
    gone, left = psutil.wait_procs(behind, timeout=30)

    assert "alive\n" in displayed
    assert gone
    assert left == []


def test_functions_outside_of_a_notebook_say_what_to_do(capsys):
    """In a plain Python process there is no history to read."""
    from grader import notebooks

    notebooks.check("ex90")

    assert "in a terminal: grade check ex90" in capsys.readouterr().out


def test_a_hand_in_file_where_no_suite_is(run_cells, tmp_path, monkeypatch):
    """On a student's machine: the public checks below the cell, and the file in the notebook's folder."""
    shutil.copytree(COURSE / "exercises", tmp_path / "student" / "exercises")
    monkeypatch.setenv("GRADE_COURSE", str(tmp_path / "student"))

    cells = run_cells(
        "%load_ext grader", DOUBLE.format("2 * x"), "%grade submit ex90", "%grade submit ex90 --lang ko"
    )

    written = handin.read(Path("ex90_double.handin.json").read_bytes(), "it")
    first, second = (shown(cell) for cell in cells[2:])
    assert "checks passed" in first
    assert "wrote 'ex90_double.handin.json' for 's001'" in first
    assert "제출 파일 'ex90_double.handin.json'" in second
    assert b"2 * x" in written.sources[0].data
    assert os.listdir() == ["ex90_double.handin.json"]


@pytest.mark.slow
def test_parts_of_earlier_exercises_lie_beside_the_notebook(run_cells, monkeypatch):
    """An optional file that a cell imports goes along, as with `grade submit`."""
    course = COURSE.parent / "course_files"
    monkeypatch.setenv("GRADE_COURSE", str(course))
    Path("helper.py").write_text("def two():\n    return 2\n")

    cells = run_cells(
        "%load_ext grader\nfrom helper import two\nimport __main__ as layers",
        "def double(x):\n    return two() * x",
        "def divide(x, n):\n    return x / n",
        "def forward(x):\n    return layers.double(x) + 1",
        "def share(x, n):\n    return divide(x, n)",
        "assert forward(3.0) == 7.0",
        "%grade check ex96",
        "%grade submit ex96",
    )

    assert "All public checks passed" in shown(cells[6])
    assert "20 of 20" in shown(cells[7])
    assert os.listdir() == ["helper.py"]
