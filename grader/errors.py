"""Everything the grader raises on purpose.

GraderError
├── InputError            a file or argument we were given is wrong       exit 2
│   ├── CourseError       ... and the instructor can fix it
│   │   └── EngineError   ... by installing an extra
│   └── SubmissionError   ... and the student can fix it
└── MachineError          the grader or its host is at fault              exit 3
    └── Lost                  ... a process of ours died or hangs: another try may help
"""

import errno
from typing import ClassVar, Final


class GraderError(Exception):
    """Base of all errors for whoever runs the grader; the message says what, where and what to do."""

    exit_code: ClassVar[int] = 3


class InputError(GraderError):
    """A file or an argument that we were given is wrong."""

    exit_code = 2


class CourseError(InputError):
    """The course is broken: the instructor can fix it."""


class EngineError(CourseError):
    """An optional engine or package is not installed."""


class SubmissionError(InputError):
    """The submission cannot be taken: the student can fix it."""


class MachineError(GraderError):
    """The grader or its host is at fault: nothing was judged."""

    exit_code = 3


class Lost(MachineError):
    """A process of ours ended or does not answer: another try, with new ones, may go well."""


_ADVICE: Final = {
    errno.EMFILE: "too many files are open: allow more (ulimit -n 1024)",
    errno.ENFILE: "the system has too many files open: end other programs",
    errno.ENOSPC: "the disk is full: make room",
    errno.EDQUOT: "this user's share of the disk is full: make room",
    errno.EFBIG: "a file would be larger than this process may make one: allow more (ulimit -f unlimited)",
    errno.EROFS: "the file system cannot be written: set TMPDIR and GRADE_STATE to folders that can",
    errno.EAGAIN: "no process can be started: end other programs, or allow more processes (ulimit -u)",
    errno.ENOMEM: "the memory is full: end other programs",
}


def host_at_fault(error: BaseException) -> MachineError | None:
    """What the host lacks, with what to do, if that is what `error` says; else None."""
    code = error.errno if isinstance(error, OSError) else None
    if isinstance(error, ImportError) and "Too many open files" in str(error):  # from the dynamic linker
        code = errno.EMFILE
    advice = _ADVICE.get(code) if code is not None else None
    if advice is None:
        return None
    name = getattr(error, "filename", None)
    return MachineError(f"{advice}, and try again" + (f" (at {name!r})" if isinstance(name, str) else ""))
