"""Is every file of an exercise in its place, and no other."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from grader.core import hints, stub
from grader.core.course import PROBE_FILE, Exercise
from grader.judge import equivalent
from grader.judge.audit.degenerate import FILE as EXCUSES
from grader.judge.layout import known

MIN_ACCEPTED: Final = 3


def misplaced(exercise: Exercise, folder: Path) -> Iterator[str]:
    """A finding for each file that is missing, out of date, or does not belong where it lies."""
    for name in (*exercise.files, "README.md", "README.ko.md", "test_public.py"):
        if not (exercise.public_dir / name).is_file():
            yield f"{name} is missing in {exercise.public_dir.name}"
    for name in exercise.files:
        expected = stub.stub((folder / name).read_text(encoding="utf-8"), str(folder / name))
        if (exercise.public_dir / name).read_text(encoding="utf-8") != expected:
            yield f"the stub {name} is not what `make stubs` writes"
    if (count := len(known(folder / "accepted"))) < MIN_ACCEPTED:
        yield f"{count} accepted solutions, {MIN_ACCEPTED} are asked for"
    if not list(folder.glob("hidden/test_*.py")):
        yield "no hidden suite: expected hidden/test_*.py"
    if (folder / PROBE_FILE).is_file() and (exercise.public_dir / PROBE_FILE).is_file():
        yield f"{PROBE_FILE} is with the solutions and public: keep one, so that it is clear which one runs"
    files = {PROBE_FILE, hints.HINTS_FILE, EXCUSES, equivalent.FILE}
    belong = {*exercise.names, *files, "hidden", "wrong", "accepted", "__pycache__"}
    for path in sorted(folder.iterdir()):
        if path.name not in belong:
            yield f"{path.name} does not belong in {folder}"
