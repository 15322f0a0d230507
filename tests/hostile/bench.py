"""Judges a batch in a process of its own, as whichever user that runs as.

    python -m tests.hostile.bench COURSE JOBS < tasks > records

Tasks are lines of JSON: `student`, `source` (base64). The answers are lines of JSON too: first who judges,
then each record as it is ready, with the judges that are at work, last what the judges hold.
"""

import base64
import contextlib
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

import psutil

from grader.core import course as courses
from grader.core import record as records
from grader.core.submission import SourceFile, Submission
from grader.engines.local import LocalEngine
from grader.errors import GraderError

UTC = "2026-03-01T09:00:00Z"


def capabilities() -> int:
    """Those in effect, as a bit set."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if "CapEff" in line)
    return int(line.split()[1], 16)


def tell(line: dict[str, Any]) -> None:
    """One line of the answer."""
    print(json.dumps(line), flush=True)


def judges(engine: LocalEngine) -> list[int]:
    """Process ids of the judges that are at work."""
    return [slot.process.pid for slot in engine._slots]


def descriptors(pids: list[int]) -> list[int] | None:
    """How many each judge holds, and the most of a process below it; None where this user may not look."""
    found = []
    try:
        for pid in pids:
            judge = psutil.Process(pid)
            below = [0]
            for process in judge.children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):  # a worker that is ending
                    below.append(process.num_fds())
            found += [judge.num_fds(), max(below)]
    except psutil.AccessDenied:
        return None
    return found


def main(root: str, jobs: str) -> None:
    """Judge what stands on stdin."""
    course = courses.load(Path(root) / courses.COURSE_FILE)
    exercise = course.exercise("ex91")
    tasks = [json.loads(line) for line in sys.stdin]
    with LocalEngine(course, exercise, jobs=int(jobs)) as engine:
        try:
            engine.start()
        except GraderError:
            for slot in engine._slots:  # what a judge said as it ended, for whoever reads the failure
                sys.stderr.write(f"{slot.last_words()}\n")
            raise
        begin = judges(engine)
        tell({"uid": os.geteuid(), "capabilities": capabilities(), "python": platform.python_version()})
        held = descriptors(begin)
        for submission, record in engine.map(_submission(exercise.id, task) for task in tasks):
            text = records.encode(record).decode()
            tell({"student": submission.student, "record": text, "judges": judges(engine)})
        same = judges(engine) == begin
        tell({"begin": begin, "held": held, "holds": descriptors(begin) if same else None})


def _submission(exercise: str, task: dict[str, str]) -> Submission:
    file = SourceFile(name="target.py", data=base64.b64decode(task["source"]))
    return Submission(student=task["student"], exercise=exercise, files=(file,), submitted_utc=UTC)


if __name__ == "__main__":
    main(*sys.argv[1:])
