"""Logs of submissions: staff can look up why, and nobody's name or code stands there."""

import json
from pathlib import Path

import pytest

from grader.core.record import Outcome
from grader.core.submission import SourceFile, Submission
from grader.engines.journal import MAX_BYTES, Journal
from grader.errors import MachineError
from tests import factories as make


def submission(student: str = "김철수") -> Submission:
    """A submission of that student."""
    files = (SourceFile(name="double.py", data=b"SECRET_SOURCE = 1\n"),)
    return Submission(
        student=student, exercise="ex90_double", files=files, submitted_utc="2026-03-01T09:00:00Z"
    )


def test_a_failure_and_what_came_of_it_are_lines(tmp_path: Path) -> None:
    """Each is one line of JSON, whatever a judge's last words hold."""
    journal = Journal(tmp_path)
    journal.failed(submission(), tries=1, why="the judge died", said='"}\n{"event": "judged"')
    journal.judged(submission(), make.record())

    lines = journal.path(submission()).read_text().splitlines()

    entries = [json.loads(line) for line in lines]
    assert [entry["event"] for entry in entries] == ["failed", "judged"]
    assert entries[0]["why"] == "the judge died"
    assert entries[1]["sandbox"]["level"] == make.record().sandbox.level


def test_no_name_and_no_code_is_written(tmp_path: Path) -> None:
    """Neither the student's id nor the file's text, in names or lines."""
    journal = Journal(tmp_path)
    crashed = make.check("a", Outcome.CRASHED, message=make.text("SECRET_MESSAGE"), staff_note="SECRET_NOTE")

    journal.judged(submission(), make.record(checks=[crashed]))

    path = journal.path(submission())
    whole = str(path) + path.read_text()
    for secret in ("김철수", "\\uae40", "SECRET_SOURCE", "SECRET_MESSAGE", "SECRET_NOTE"):
        assert secret not in whole


def test_a_log_does_not_grow_without_end(tmp_path: Path) -> None:
    """It starts anew, and only its owner reads it."""
    journal = Journal(tmp_path)
    path = journal.path(submission())
    journal.judged(submission(), make.record())
    assert path.stat().st_mode & 0o077 == 0
    path.write_text("x" * (MAX_BYTES + 1))

    journal.judged(submission(), make.record())

    assert path.stat().st_size < MAX_BYTES


def test_a_log_that_cannot_be_written_is_the_machines_fault(tmp_path: Path) -> None:
    """It says which and what to do."""
    (tmp_path / "logs").write_text("a file where a folder should be")

    with pytest.raises(MachineError, match="GRADE_STATE"):
        Journal.of(tmp_path).judged(submission(), make.record())
