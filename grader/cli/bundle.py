"""What a bug report needs, in one file: `grade doctor --bundle FILE`.

In it: what `doctor` found, versions, the course file, the latest logs of submissions that were not graded,
and of some that were. Not in it: students' names and files, suites, references, the gradebook, secrets,
environment variables. The user's name and home are written as `~` and `USER`.
"""

import getpass
import io
import json
import platform
import zipfile
from collections.abc import Iterator, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

from grader.cli import examination
from grader.cli.options import find_course
from grader.core.course import COURSE_FILE
from grader.errors import GraderError, InputError

MAX_LOGS: Final = 40
_BROKEN: Final = ('"outcome": "not_graded"', '"event": "failed"', '"cut": ')
"""As the journal writes it; a line is cut only where notes on what was not graded are long."""


def write(path: Path, findings: Sequence[examination.Finding], course_dir: Path | None) -> None:
    """The bundle at `path`; raises InputError if it cannot be written."""
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in _contents(findings, course_dir):
            bundle.writestr(name, _anonymous(text))
    try:
        path.write_bytes(page.getvalue())
    except OSError as e:
        raise InputError(
            f"no bundle can be written to {str(path)!r}: {(e.strerror or str(e)).lower()}; name another file"
        ) from e


def _contents(findings: Sequence[examination.Finding], course_dir: Path | None) -> Iterator[tuple[str, str]]:
    yield "doctor.json", examination.as_json(list(findings))
    yield "versions.json", json.dumps(_versions(), indent=1, sort_keys=True)
    try:
        course = find_course(course_dir)
    except GraderError as e:
        yield "course.txt", str(e)
        return
    yield "course.toml", (course.root / COURSE_FILE).read_text(encoding="utf-8")
    for number, text in enumerate(_logs(course.state_dir / "logs"), start=1):
        yield f"logs/{number:02}.jsonl", text


def _versions() -> dict[str, str]:
    versions = {str(one.metadata["Name"]): one.version for one in distributions()}
    return {**versions, "python": platform.python_version(), "system": platform.platform()}


def _logs(folder: Path) -> list[str]:
    """The latest logs, those that tell of something broken first. Their names, digests, stay here."""
    newest = sorted(folder.glob("*/*.jsonl"), key=lambda path: path.stat().st_mtime, reverse=True)
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in newest[: 10 * MAX_LOGS]]
    texts.sort(key=lambda text: not any(word in text for word in _BROKEN))  # stable: newest first in each
    return texts[:MAX_LOGS]


def _anonymous(text: str) -> str:
    """Without the user's home and name."""
    text = text.replace(str(Path.home()), "~")
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        return text
    return text.replace(name, "USER") if len(name) > 2 and name != "root" else text
