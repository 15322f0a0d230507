"""The workflows in recipes/github: what GitHub reads, and their commands, run as its runners run them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.tiny import COURSE, RIGHT

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "recipes" / "github"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
INSTALL = "Install the grader"
WRONG = RIGHT.replace("2 * x", "x * x")


def read(path: Path) -> dict[str, Any]:
    """A workflow; YAML takes the key `on` for a truth value."""
    workflow: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    workflow["on"] = workflow.pop(True)
    return workflow


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    """The steps of its one job."""
    (job,) = workflow["jobs"].values()
    found: list[dict[str, Any]] = job["steps"]
    return found


def run(
    workflow: dict[str, Any], folder: Path, *, leave_out: str = "", **environment: str
) -> list[tuple[str, int, str]]:
    """Name, exit code and output of each `run` step, up to the first that fails."""
    variables = {name: str(value) for name, value in workflow.get("env", {}).items()}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    kept |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    done = []
    for step in steps(workflow):
        if "run" not in step or step["name"] == leave_out:
            continue
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-c", step["run"]],
            env={**kept, "LANG": "C.UTF-8", "CI": "true", **variables, **environment},
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=170, check=False,
        )  # fmt: skip
        done.append((step["name"], ended.returncode, ended.stdout))
        if ended.returncode:
            break
    return done


@pytest.fixture
def repository(tmp_path) -> Path:
    """A checked-out repository of a student, which has the exercises and nothing of the solutions."""
    folder = tmp_path / "repository"
    shutil.copytree(COURSE / "exercises", folder / "exercises")
    shutil.copy(ROOT / "exercises" / "constraints.txt", folder / "exercises")
    return folder


@pytest.fixture
def path() -> str:
    """PATH with `grade` as installed for these tests."""
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_is_a_workflow(file):
    """What GitHub asks of a workflow; it may read the repository and no more; actions have a version."""
    workflow = read(file)

    assert set(workflow) <= {"name", "on", "permissions", "env", "jobs"}
    assert {"push", "workflow_dispatch"} == set(workflow["on"])
    assert workflow["permissions"] == {"contents": "read"}
    (job,) = workflow["jobs"].values()
    assert set(job) == {"runs-on", "timeout-minutes", "steps"}
    for step in job["steps"]:
        assert set(step) <= {"name", "run", "uses", "with", "if"}
        assert ("run" in step) != ("uses" in step)
        assert "name" in step or "uses" in step
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])
    assert "secrets." not in file.read_text()


@pytest.mark.parametrize(("source", "code"), [(RIGHT, 0), (WRONG, 1)], ids=["right", "wrong"])
def test_practice(repository, path, source, code):
    """A push is green exactly if the public checks of every exercise named pass."""
    (repository / "double.py").write_text(source)

    done = run(read(FOLDER / "practice.yml"), repository, leave_out=INSTALL, EXERCISES="ex90", PATH=path)

    name, ended, printed = done[-1]
    assert (name, ended) == ("Run the public checks", code), printed
    assert ("\x1b[" in printed, "double" in printed) == (True, True)


def test_audit(repository, path):
    """A course whose suites are fair is green, and its report is there to be kept."""
    shutil.copytree(COURSE / "solutions", repository / "solutions")

    done = run(read(FOLDER / "audit.yml"), repository, leave_out=INSTALL, PATH=path)

    assert [(name, code) for name, code, _ in done][-1] == ("Audit all suites", 0), done[-1]
    assert (repository / "audit" / "audit.html").exists()


def test_audit_of_an_unfair_suite(repository, path):
    """A suite that lets a known mistake pass is red."""
    shutil.copytree(COURSE / "solutions", repository / "solutions")
    suite = repository / "solutions/ex90_double/hidden/test_double.py"
    suite.write_text(suite.read_text().replace("reference.double(x=x)", "submission.double(x=x)"))

    done = run(read(FOLDER / "audit.yml"), repository, leave_out=INSTALL, PATH=path)

    assert (done[-1][0], done[-1][1]) == ("Audit all suites", 1)


@pytest.mark.slow
def test_from_nothing(repository, tmp_path, opt):
    """All steps of a push, the installation included, in an environment that has Python and nothing else."""
    venv = opt / "python"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True, timeout=100)
    source = tmp_path / "dlgrade"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "grader", source / "grader", ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    (repository / "double.py").write_text(RIGHT)

    done = run(
        read(FOLDER / "practice.yml"),
        repository,
        EXERCISES="ex90",
        DLGRADE=str(source),
        PATH=f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}",
    )

    assert [code for _, code, _ in done] == [0, 0, 0], done[-1]
