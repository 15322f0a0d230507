"""Is every file of an exercise in its place, and no other."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from grader.core import stub
from grader.core.course import PROBE_FILE, Exercise
from grader.judge import equivalent
from grader.judge.audit.degenerate import FILE as EXCUSES

MIN_ACCEPTED: Final = 3


def misplaced(exercise: Exercise, folder: Path, reference: Path) -> Iterator[str]:
    """A finding for each file that is missing, out of date, or does not belong where it lies."""
    for name in (*exercise.files, "README.md", "README.ko.md", "test_public.py"):
        if not (exercise.public_dir / name).is_file():
            yield f"{name} is missing in {exercise.public_dir.name}"
    expected = stub.stub(reference.read_text(encoding="utf-8"), str(reference))
    if exercise.stub_path.is_file() and exercise.stub_path.read_text(encoding="utf-8") != expected:
        yield f"the stub {exercise.files[0]} is not what `make stubs` writes"
    if (count := len(list(folder.glob("accepted/*.py")))) < MIN_ACCEPTED:
        yield f"{count} accepted solutions, {MIN_ACCEPTED} are asked for"
    if not list(folder.glob("hidden/test_*.py")):
        yield "no hidden suite: expected hidden/test_*.py"
    if (folder / PROBE_FILE).is_file() and (exercise.public_dir / PROBE_FILE).is_file():
        yield f"{PROBE_FILE} is with the solutions and public: keep one, so that it is clear which one runs"
    known = {
        *exercise.files,
        "hidden",
        "wrong",
        "accepted",
        PROBE_FILE,
        EXCUSES,
        equivalent.FILE,
        "__pycache__",
    }
    for path in sorted(folder.iterdir()):
        if path.name not in known:
            yield f"{path.name} does not belong in {folder}"
