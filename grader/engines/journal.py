"""Why a submission was graded as it was, or not at all: a file of JSON lines a submission, for staff.

Nobody's name stands in it: files are named by digests, and the student's id is not written. What the
student's code said is not written either, but for notes on checks that the grader itself could not judge.
"""

import json
import os
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from grader.core.record import Outcome, Record
from grader.core.submission import Submission, student_key, utc
from grader.errors import MachineError

MAX_LINE: Final = 16_000  # characters
MAX_BYTES: Final = 256 * 2**10  # of one file: then it starts anew


class Journal:
    """The logs of one course, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def of(cls, state_dir: Path) -> Self:
        """The journal of the course whose state lies there."""
        return cls(state_dir / "logs")

    def path(self, submission: Submission) -> Path:
        """The file of one submission."""
        digest = submission.digest.removeprefix("sha256:")[:16]
        return self._folder / submission.exercise / f"{student_key(submission.student)}-{digest}.jsonl"

    def failed(self, submission: Submission, *, tries: int, why: str, said: str) -> None:
        """A judge failed on it; `said` is what its process wrote last."""
        self._write(submission, {"event": "failed", "try": tries, "why": why, "said": said})

    def judged(self, submission: Submission, record: Record) -> None:
        """It has a record now."""
        gaps = {c.id: c.staff_note for c in record.checks if c.outcome is Outcome.NOT_GRADED}
        self._write(
            submission,
            {
                "event": "judged",
                "outcome": record.outcome,
                "score": record.score,
                "seconds": round(record.seconds, 4),
                "reason": record.reason.en if record.reason else None,
                "not_graded": gaps,
                "flags": msgspec.to_builtins(record.flags),
                "suite": record.digests.suite,
                "submission": record.digests.submission,
                "sandbox": {
                    "level": record.sandbox.level,
                    "layers": record.sandbox.layers,
                    "warnings": record.sandbox.warnings,
                },
                "environment": record.environment,
            },
        )

    def _write(self, submission: Submission, entry: dict[str, Any]) -> None:
        path = self.path(submission)
        # One line whatever is in it: JSON writes a newline as \n, and what lies outside of ASCII as \u….
        line = json.dumps({"utc": utc(), "exercise": submission.exercise, "pid": os.getpid(), **entry})
        if len(line) > MAX_LINE:
            line = json.dumps({"utc": utc(), "event": entry["event"], "cut": line[:MAX_LINE]})
        try:
            try:
                self._append(path, line)
            except FileNotFoundError:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._append(path, line)
        except OSError as e:
            raise MachineError(
                f"the log {str(path)!r} cannot be written: {(e.strerror or str(e)).lower()}; "
                "make room, or set GRADE_STATE to a folder you can write"
            ) from e

    def _append(self, path: Path, line: str) -> None:
        mode = "w" if path.exists() and path.stat().st_size > MAX_BYTES else "a"
        with open(os.open(path, _FLAGS[mode], 0o600), mode, encoding="ascii") as file:
            file.write(line + "\n")


_FLAGS: Final = {
    "a": os.O_WRONLY | os.O_CREAT | os.O_APPEND,
    "w": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
}
