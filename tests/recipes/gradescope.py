"""Gradescope's layout, as its containers have it, around the recipe in recipes/gradescope."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / "recipes" / "gradescope"
COURSE = ROOT / "tests" / "course"
METADATA = {
    "id": 123456,
    "created_at": "2026-03-31T14:22:32.365935-07:00",
    "assignment": {"id": 25828, "title": "Double", "total_points": "20.0"},
    "submission_method": "upload",
    "users": [
        {"email": "student@example.com", "id": 1234, "name": "Student User"},
        {"email": "other@example.com", "id": 1235, "name": "Other User"},
    ],
    "previous_submissions": [
        {"submission_time": "2026-03-30T14:22:32.365935-07:00", "score": 5.0, "results": {}}
    ],
}  # fmt: skip


def made(folder: Path, *options: str, exercise: str = "ex90", course: Path = COURSE) -> Path:
    """The zip file, as an instructor makes it."""
    out = folder / "autograder.zip"
    done = subprocess.run(
        [sys.executable, RECIPE / "make.py", exercise, "--course", course, "--out", out, *options],
        env={**os.environ, "GRADE_STATE": str(folder / "instructor")},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out


def unpacked(archive: Path, root: Path) -> Path:
    """`root` as Gradescope's image has /autograder: the zip in source/, run_autograder beside it."""
    with zipfile.ZipFile(archive) as packed:
        for entry in packed.infolist():
            path = Path(packed.extract(entry, root / "source"))
            path.chmod(entry.external_attr >> 16)
    (root / "run_autograder").write_bytes((root / "source" / "run_autograder").read_bytes())
    (root / "run_autograder").chmod(0o755)
    (root / "results").mkdir()
    return root


def run(
    root: Path, files: dict[str, str], venv: Path, harness: Sequence[str] = (), **metadata: object
) -> tuple[int, dict[str, Any], str]:
    """Hands in `files`: exit code, results.json, and all that was printed."""
    (root / "submission").mkdir()
    for name, text in files.items():
        (root / "submission" / name).write_text(text)
    (root / "submission_metadata.json").write_text(json.dumps({**METADATA, **metadata}))
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "PYTHONPATH") if name in os.environ}
    done = subprocess.run(
        [*harness, "/bin/bash", root / "run_autograder"],
        env={**kept, "AUTOGRADER_ROOT": str(root), "DLGRADE_VENV": str(venv), "LANG": "C.UTF-8"},
        cwd="/", capture_output=True, text=True, timeout=170, check=False,
    )  # fmt: skip
    results = root / "results" / "results.json"
    said: dict[str, Any] = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    return done.returncode, said, done.stdout + done.stderr
