"""The modules of ours that write files of a course: `python -m MODULE [COURSE]`."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from grader.core.course import Course, locate
from grader.errors import GraderError


def run(write: Callable[[Course], Iterable[Path]]) -> int:
    """Exit code of such a command: `write` gives what it wrote in the course here, or in the one named."""
    try:
        course = locate(Path.cwd(), Path(sys.argv[1]) if len(sys.argv) > 1 else None)
        for path in write(course):
            print(path.relative_to(course.root))
    except GraderError as e:
        print(f"error: {e}", file=sys.stderr)
        return e.exit_code
    return 0
