"""Packs the autograder of one exercise as the zip file that Gradescope takes.

    python recipes/gradescope/make.py ex10 [--course DIR] [--out FILE] [--lang en|ko] [--sandbox reduced|none]

It holds the grader, the exercise with its solutions, and the course's secret: keep it from students. Upload
it as "Autograder" of a programming assignment, with Ubuntu 22.04 or 24.04 as base image.
"""

import argparse
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from grader.core.course import Exercise, locate
from grader.errors import GraderError, InputError

RECIPE = Path(__file__).resolve().parent
REPOSITORY = RECIPE.parents[1]
SCRIPTS = ("setup.sh", "run_autograder", "autograder.py")
PROJECT = ("pyproject.toml", "constraints.txt", "README.md", "LICENSE")
WHEN = (1980, 1, 1, 0, 0, 0)  # the same files give the same zip


def main() -> int:
    """0 if the zip was written, 2 for bad input."""
    parser = argparse.ArgumentParser(description="Pack an exercise's autograder for Gradescope.")
    parser.add_argument("exercise")
    parser.add_argument("--course", type=Path, help="folder of the course; default: the nearest one upward")
    parser.add_argument("--out", type=Path, help="the zip file; default: autograder-EXERCISE.zip")
    parser.add_argument("--lang", choices=["en", "ko"], default="en", help="language of what students read")
    parser.add_argument("--sandbox", choices=["reduced", "none"], default="", help="accept a weaker wall")
    given = parser.parse_args()
    try:
        course = locate(Path.cwd(), given.course)
        exercise = course.exercise(given.exercise)
        if exercise.solution_dir is None:
            raise InputError(f"{exercise.id} has no solutions folder beside this course")
        out = given.out or Path(f"autograder-{exercise.id}.zip")
        settings = {
            "exercise": exercise.id,
            "language": given.lang,
            "sandbox": given.sandbox,
            "extras": _extras(exercise),
        }
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            _add(archive, "settings.json", json.dumps(settings, indent=1).encode())
            # The same secret in every container: the same file meets the same inputs each time.
            _add(archive, "state/secret", course.secret(), mode=0o600)
            for name, path in _files(course.root, exercise):
                runs = name in ("setup.sh", "run_autograder")
                _add(archive, name, path.read_bytes(), mode=0o755 if runs else 0o644)
    except GraderError as e:
        print(f"make.py: {e}", file=sys.stderr)
        return e.exit_code
    except OSError as e:
        print(f"make.py: {e.filename!r}: {(e.strerror or str(e)).lower()}", file=sys.stderr)
        return 2
    print(f"{out}: upload it as autograder; it holds the hidden suite: keep it from students")
    return 0


def _extras(exercise: Exercise) -> str:
    """What to install with the grader, as pip writes it."""
    wanted = [package for package in exercise.packages if package != "numpy"]
    return f"[{','.join(wanted)}]" if wanted else ""


def _files(root: Path, exercise: Exercise) -> Iterator[tuple[str, Path]]:
    """Name in the zip, and path. Of solutions, those of the exercise alone."""
    for name in SCRIPTS:
        yield name, RECIPE / name
    for name in PROJECT:
        yield f"dlgrade/{name}", REPOSITORY / name
    for folder, inside in (
        (REPOSITORY / "grader", "dlgrade/grader"),
        (root / "exercises", "course/exercises"),
        (root / "solutions" / exercise.id, f"course/solutions/{exercise.id}"),
    ):
        for path in sorted(folder.rglob("*")):
            parts = path.relative_to(folder).parts
            if path.is_file() and not any(part == "__pycache__" or part.startswith(".") for part in parts):
                yield f"{inside}/{'/'.join(parts)}", path


def _add(archive: zipfile.ZipFile, name: str, data: bytes, *, mode: int = 0o644) -> None:
    entry = zipfile.ZipInfo(name, WHEN)
    entry.external_attr = mode << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)


if __name__ == "__main__":
    sys.exit(main())
