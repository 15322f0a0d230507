"""Everything the grader raises on purpose.

GraderError
├── InputError            a file or argument we were given is wrong       exit 2
│   ├── CourseError       ... and the instructor can fix it
│   │   └── EngineError   ... by installing an extra
│   └── SubmissionError   ... and the student can fix it
└── MachineError          the grader or its host is at fault              exit 3
"""

from typing import ClassVar


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
