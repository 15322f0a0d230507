"""The tiny course in tests/course, and the command as a process of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from grader.core.record import CheckResult, Record

COURSE = Path(__file__).parent.parent / "course"
RIGHT = """\
def double(x):
    return 2 * x


def total(x):
    return float(x.sum())
"""
DOUBLE = {"test_double_vector", "test_double_matrix", "public/test_double"}
TOTAL = {"test_total_vector", "test_total_matrix", "public/test_total"}


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def command(*arguments: str | Path, **environment: str) -> Ended:
    """Runs a command as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "grader.cli", *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert "Traceback (most" not in done.stdout + done.stderr
    return Ended(done.returncode, done.stdout, done.stderr)


def outcomes(record: Record, ids: set[str]) -> set[str]:
    """Outcomes of some checks."""
    assert ids <= {check.id for check in record.checks}
    return {check.outcome.value for check in record.checks if check.id in ids}


def by_id(record: Record, id: str) -> CheckResult:
    """One check."""
    return next(check for check in record.checks if check.id == id)
