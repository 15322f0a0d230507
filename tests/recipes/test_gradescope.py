"""The Gradescope autograder, run in a clean folder with Gradescope's layout."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.tiny import RIGHT
from tests.recipes.gradescope import COURSE, RECIPE, ROOT, made, run, unpacked

VENV = Path(sys.prefix)
# As in a container with Docker's default profile: root, to whom namespaces are refused.
ELSEWHERE = (sys.executable, "-P", "-m", "tests.sandbox.elsewhere")
TEXT = {"type": "string"}
FORMATS = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
SHOWN = {"enum": ["visible", "hidden", "after_due_date", "after_published"]}
RESULTS = {  # interface.md, "Formats others read"
    "type": "object",
    "additionalProperties": False,
    "anyOf": [{"required": ["score"]}, {"required": ["tests"]}],
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number"},
        "output": TEXT,
        "output_format": FORMATS,
        "test_output_format": FORMATS,
        "visibility": SHOWN,
        "stdout_visibility": SHOWN,
        "extra_data": {"type": "object"},
        "leaderboard": {"type": "array"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "name": TEXT,
                    "name_format": FORMATS,
                    "number": TEXT,
                    "score": {"type": "number"},
                    "max_score": {"type": "number"},
                    "status": {"enum": ["passed", "failed"]},
                    "output": TEXT,
                    "output_format": FORMATS,
                    "tags": {"type": "array", "items": TEXT},
                    "visibility": SHOWN,
                    "extra_data": {"type": "object"},
                },
            },
        },
    },
}
PEEKS = """
import glob

ROOT = "{root}"
HIDDEN = [
    f"{ROOT}/source/course/solutions/ex90_double/hidden/test_double.py",
    f"{ROOT}/source/course/solutions/ex90_double/double.py",
    f"{ROOT}/source/state/secret",
    f"{ROOT}/source/settings.json",
    f"{ROOT}/submission_metadata.json",
    f"{ROOT}/submission/double.py",
]
FOUND = []
for path in [*HIDDEN, *glob.glob("/proc/*/environ"), *glob.glob(f"{ROOT}/**", recursive=True)]:
    try:
        text = open(path, "rb").read()
        if not path.startswith("/proc") or b"AUTOGRADER_ROOT" in text:
            FOUND.append(path)
    except OSError:
        pass
try:
    open(f"{ROOT}/results/results.json", "w").write("{}")
    WRITTEN = True
except OSError:
    WRITTEN = False


def double(x):
    raise RuntimeError(f"found {len(FOUND)} of {len(HIDDEN)}, {WRITTEN=}")


def total(x):
    return float(x.sum())
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    """The zip file of the tiny course's exercise."""
    return made(tmp_path_factory.mktemp("made"))


@pytest.fixture
def root(archive, tmp_path) -> Path:
    """A container's /autograder, elsewhere."""
    return unpacked(archive, tmp_path / "autograder")


def valid(results: dict[str, Any]) -> dict[str, Any]:
    """Results that Gradescope takes."""
    jsonschema.validate(results, RESULTS)
    return results


def test_a_submission(root):
    """A score, a test a check with points, who and when; the same file again meets the same inputs."""
    wrong = {"double.py": RIGHT.replace("2 * x", "x * x"), "notes.txt": "hello"}

    code, results, _ = run(root, wrong, VENV)

    valid(results)
    assert (code, results["score"]) == (0, 10.0)
    assert sum(test.get("score", 0.0) for test in results["tests"]) == 10.0
    assert sum(test.get("max_score", 0.0) for test in results["tests"]) == 20.0
    assert results["extra_data"]["student"] == "other@example.com"  # of a group always the same one
    assert results["extra_data"]["attempt"] == 2
    assert results["extra_data"]["submitted_utc"] == "2026-03-31T21:22:32Z"


@pytest.mark.slow
def test_fresh_containers_judge_alike(archive, tmp_path):
    """Each submission comes into a container of its own: the same file gets the same results there."""
    wrong = {"double.py": RIGHT.replace("2 * x", "x * x")}

    one, other = (run(unpacked(archive, tmp_path / name), wrong, VENV)[1] for name in ("one", "other"))

    for results in (one, other):
        results.pop("execution_time")
    assert one == other


@pytest.mark.parametrize("users", [[], [{"sid": "20261234", "email": "a@b.kr"}], "none", [{"id": 7}, 3]])
def test_odd_metadata(root, users):
    """Whatever stands in the metadata, the submission is graded."""
    code, results, _ = run(root, {"double.py": RIGHT}, VENV, users=users, previous_submissions=None)

    assert (code, valid(results)["score"]) == (0, 20.0)
    assert results["extra_data"]["attempt"] == 1


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "is empty"),
        ({"essay.txt": "I tried"}, "holds no Python file"),
        ({"double.py": ""}, "empty"),
        ({"double.py": (COURSE / "exercises/ex90_double/double.py").read_text()}, "stub"),
    ],
    ids=["nothing", "no Python", "empty", "stub"],
)
def test_what_cannot_be_taken(root, files, says):
    """No points, and what to do, for the student to read."""
    code, results, _ = run(root, files, VENV)

    assert (code, valid(results)["score"], results["tests"]) == (0, 0.0, [])
    assert results["output"].startswith("Not graded: ")
    assert says in results["output"]
    assert results["output"].endswith("This assignment takes double.py: mend it, and submit again.")


def test_a_broken_autograder(root):
    """A broken suite is nobody's zero: no score, which Gradescope shows as an autograder that failed."""
    suite = root / "source/course/solutions/ex90_double/hidden/test_double.py"
    suite.write_text(suite.read_text() + "\nimport nothing_of_the_kind\n")

    code, results, printed = run(root, {"double.py": RIGHT}, VENV)

    assert code == 1
    assert "score" not in valid(results)
    assert "please tell your instructor" in results["output"].lower()
    assert "nothing_of_the_kind" in printed


@pytest.mark.parametrize("where", ["here", "container"])
def test_a_submission_that_peeks(root, where, monkeypatch):
    """It sees nothing of suite, secret, metadata or results, and writes none of it."""
    if where == "container" and os.geteuid() != 0:
        pytest.skip("only root can refuse namespaces to others")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    harness = [*ELSEWHERE, "--refused"] if where == "container" else []

    code, results, _ = run(root, {"double.py": PEEKS.replace("{root}", str(root))}, VENV, harness)

    assert (code, valid(results)["score"]) == (0, 10.0)  # `total` is right
    said = {test["output"] for test in results["tests"] if test["extra_data"]["outcome"] == "crashed"}
    assert said
    assert all("found 0 of 6, WRITTEN=False" in text for text in said), said
    assert results["extra_data"]["student"] == "other@example.com"  # the metadata is not the student's


def test_the_peeking_submission_finds_what_no_wall_keeps_from_it(root):
    """Outside of the wall the same file finds all of it: what the test above sees is the wall's doing."""
    (root / "submission").mkdir()
    (root / "submission" / "double.py").write_text(PEEKS.replace("{root}", str(root)))
    (root / "submission_metadata.json").write_text("{}")

    done = subprocess.run(
        [sys.executable, "-c", "import double; print(len(double.FOUND), double.WRITTEN)"],
        cwd=root / "submission", capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip

    found, written = done.stdout.split()
    assert int(found) > 6
    assert written == "True"


def test_the_zip(archive, tmp_path):
    """All that is needed and nothing else: no other exercise's solutions, no gradebook, no caches."""
    with zipfile.ZipFile(archive) as packed:
        names = set(packed.namelist())
        modes = {entry.filename: entry.external_attr >> 16 for entry in packed.infolist()}
    again = made(tmp_path)

    assert {"setup.sh", "run_autograder", "autograder.py", "settings.json", "state/secret"} <= names
    assert {"dlgrade/pyproject.toml", "dlgrade/grader/report/templates/report.html.j2"} <= names
    assert "course/solutions/ex90_double/hidden/test_double.py" in names
    assert {name.split("/")[0] for name in names if "/" in name} == {"course", "dlgrade", "state"}
    assert not [name for name in names if "__pycache__" in name or "/." in name or name.endswith(".sqlite3")]
    assert (modes["setup.sh"], modes["run_autograder"], modes["state/secret"]) == (0o755, 0o755, 0o600)
    with zipfile.ZipFile(again) as packed:  # but for the secret, which is the course's
        assert set(packed.namelist()) == names


def test_of_a_course(tmp_path):
    """The solutions of one exercise are packed, and what it needs is named: torch only where it is used."""
    for exercise, extras in (("ex10", ""), ("ex16", "[torch]")):
        with zipfile.ZipFile(made(tmp_path, "--lang", "ko", exercise=exercise, course=ROOT)) as packed:
            settings = json.loads(packed.read("settings.json"))
            solutions = {name.split("/")[2] for name in packed.namelist() if name.startswith("course/sol")}

        assert (settings["extras"], settings["language"]) == (extras, "ko")
        assert solutions == {settings["exercise"]}


def test_bad_arguments(tmp_path):
    """An exercise that is not there: exit 2, in a line, and no zip."""
    out = tmp_path / "x.zip"
    done = subprocess.run(
        [sys.executable, RECIPE / "make.py", "ex91", "--course", COURSE, "--out", out],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert (done.returncode, out.exists()) == (2, False)
    assert "no exercise 'ex91'" in done.stderr


@pytest.mark.slow
def test_from_setup_to_results(root, tmp_path, opt):
    """setup.sh installs all that run_autograder then needs, and leaves the suite to root alone."""
    venv = opt / "dlgrade"
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name == "TMPDIR"}
    done = subprocess.run(
        ["/bin/bash", root / "source" / "setup.sh"],
        env={**kept, "PATH": f"{sys.base_prefix}/bin:/usr/bin:/bin", "HOME": str(tmp_path),
             "AUTOGRADER_ROOT": str(root), "DLGRADE_VENV": str(venv)},
        cwd="/", capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "landlock" in done.stdout  # what the doctor found

    code, results, printed = run(root, {"double.py": PEEKS.replace("{root}", str(root))}, venv)

    assert (code, valid(results)["score"]) == (0, 10.0), printed
    assert "found 0 of 6, WRITTEN=False" in json.dumps(results)
    source = root / "source"
    packed = [source, *(path for path in source.rglob("*") if source / "state" not in path.parents)]
    assert [path for path in packed if path.stat().st_mode & 0o077] == []
