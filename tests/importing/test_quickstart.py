"""The real nbgrader: the course of its `quickstart` is imported, and its own files are graded here."""

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

NBGRADER = "nbgrader==0.9.6"
DOCS = Path(__file__).parent.parent.parent / "docs"


def run(*command: object, cwd: Path, path: Path) -> subprocess.CompletedProcess[str]:
    """A command of either environment that has to end well, or with what some checks did not pass."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GRADE_", "JUPYTER"))}
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**clean, "LANG": "C.UTF-8", "HOME": str(cwd), "PATH": f"{path}{os.pathsep}{clean['PATH']}"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done


@pytest.mark.slow
def test_the_course_of_nbgraders_quickstart(tmp_path: Path) -> None:
    """Its own solution has full marks, the notebook as students get it has 0, one in part what is due."""
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    path = python.parent  # nbgrader starts alembic by its name
    pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    assert run(*pip, NBGRADER, cwd=tmp_path, path=path).returncode == 0
    nbgrader = path / "nbgrader"
    assert run(nbgrader, "quickstart", "course101", cwd=tmp_path, path=path).returncode == 0
    old = tmp_path / "course101"
    assert run(nbgrader, "generate_assignment", "ps1", "--create", cwd=old, path=path).returncode == 0
    for student, where in (("solved", "source"), ("empty", "release")):
        shutil.copytree(old / where / "ps1", old / "submitted" / student / "ps1")
    shutil.copytree(old / "source" / "ps1", old / "submitted" / "part" / "ps1")
    half = old / "submitted" / "part" / "ps1" / "problem1.ipynb"
    half.write_text(half.read_text().replace("return sum(squares(n))", "return sum(squares(n)) + 1"))
    new = tmp_path / "new"
    new.mkdir()
    grade = [sys.executable, "-m", "grader.cli"]

    told = run(*grade, "import", "nbgrader", old, cwd=new, path=path)
    graded = run(*grade, "batch", "ex01", old / "submitted", "--json", cwd=new, path=path)

    assert told.returncode == 0
    assert "ex01_ps1_problem1: 3 checks, 5 points" in told.stdout
    for cell in (5, 11, 13, 15, 17, 18):
        assert f"source/ps1/problem1.ipynb, cell {cell}: " in told.stdout
    for cell in (3, 5):
        assert f"source/ps1/problem2.ipynb, cell {cell}: graded by people" in told.stdout
    suite = (new / "solutions" / "ex01_ps1_problem1" / "hidden" / "test_problem1.py").read_text()
    manual = (DOCS / "nbgrader.md").read_text(encoding="utf-8")
    assert manual.partition("```python\n")[2].partition("```")[0] in suite
    records = [json.loads(line) for line in graded.stdout.splitlines()]
    assert {r["student"]: (r["score"], r["max_score"]) for r in records} == {
        "solved": (5, 5),
        "empty": (0, 5),
        "part": (4, 5),
    }
    assert {c["outcome"] for r in records if r["student"] == "solved" for c in r["checks"]} == {"passed"}
