"""The Dockerfile, without Docker: its instructions carried out in a clean folder in place of an image."""

import fnmatch
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.tiny import COURSE, RIGHT

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "recipes" / "docker"


def instructions() -> list[tuple[str, str]]:
    """Instruction and arguments of each, continued lines joined."""
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in joined.splitlines()]


def ignored(name: str) -> bool:
    """Whether `.dockerignore` keeps a path out of the build: the last line that fits decides."""
    out = False
    for line in (FOLDER / "Dockerfile.dockerignore").read_text().splitlines():
        pattern = line.strip()
        if pattern and not pattern.startswith("#"):
            wanted = pattern.removeprefix("!")
            parts = [name, *map(str, Path(name).parents)]
            if any(fnmatch.fnmatch(part, wanted) or fnmatch.fnmatch(f"/{part}", wanted) for part in parts):
                out = not pattern.startswith("!")
    return out


def copied() -> list[tuple[list[str], str]]:
    """Sources and target of each COPY."""
    words = [arguments.split() for instruction, arguments in instructions() if instruction == "COPY"]
    return [(some[:-1], some[-1]) for some in words]


def test_instructions():
    """Only what Docker knows, in an order that it takes, from an image that the grader's Python allows."""
    kinds = [instruction for instruction, _ in instructions()]

    assert set(kinds) <= {"FROM", "ARG", "ENV", "COPY", "RUN", "WORKDIR", "ENTRYPOINT", "CMD"}
    assert (kinds[0], kinds[-2:]) == ("FROM", ["ENTRYPOINT", "CMD"])
    (image,) = [arguments for instruction, arguments in instructions() if instruction == "FROM"]
    found = re.fullmatch(r"python:3\.(\d+)-slim", image)
    assert found
    assert int(found[1]) >= 11


def test_what_reaches_the_build():
    """All that is copied is there and not ignored; solutions, gradebook and history are ignored."""
    sources = [source for some, _ in copied() for source in some]

    assert all((ROOT / source).exists() and not ignored(source) for source in sources)
    assert not ignored("grader/report/templates/report.html.j2")
    for hidden in (
        "solutions/ex10_convolution/convolution.py",
        ".grade/secret",
        ".git/HEAD",
        ".venv/bin/python",
    ):
        assert ignored(hidden), hidden
    assert ignored("grader/core/__pycache__/course.cpython-312.pyc")


@pytest.mark.slow
def test_carried_out(tmp_path, opt):
    """What is copied and run makes a `grade` that grades a mounted course."""
    image, venv = opt / "image", opt / "python"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True, timeout=100)
    for sources, target in copied():
        for source in sources:
            to = image / target.lstrip("/")
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, to, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                to.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, to)
    (command,) = [arguments for instruction, arguments in instructions() if instruction == "RUN"]
    command = command.replace(
        "PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu ", ""
    )  # no torch here
    command = command.replace("/opt/dlgrade", f"{image}/opt/dlgrade")
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name == "TMPDIR"}
    environment = {**kept, "PATH": f"{venv / 'bin'}:/usr/bin:/bin", "EXTRAS": "", "HOME": str(tmp_path)}
    done = subprocess.run(
        ["/bin/sh", "-c", command], env=environment, capture_output=True, text=True, timeout=170, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    course = tmp_path / "course"
    shutil.copytree(COURSE, course)
    (course / "submissions").mkdir()
    (course / "submissions" / "s001.py").write_text(RIGHT)
    (entry,) = [arguments for instruction, arguments in instructions() if instruction == "ENTRYPOINT"]
    assert shlex.split(entry.strip("[]")) == ["grade"]

    graded = subprocess.run(
        ["grade", "batch", "ex90", "submissions/"],
        env={**environment, "LANG": "C.UTF-8"},
        cwd=course,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )

    assert graded.returncode == 0, graded.stderr
    assert "1 of 1 graded, 1 passed every check" in graded.stdout
