"""`grade submit` where no suite can judge: the public checks, and a hand-in file for whoever grades.

The file is written also where the checks cannot run: the machine may lack a package, the work is there.
"""

import platform
from pathlib import Path
from typing import Final

from grader.cli import checking, output
from grader.cli.files import write_whole
from grader.cli.phrases import say
from grader.cli.request import Request, exit_code, short
from grader.core import handin
from grader.core.course import Exercise
from grader.core.record import Record
from grader.core.submission import MAX_BYTES, Submission, read_bytes
from grader.core.text import visible
from grader.errors import CourseError, GraderError, InputError, MachineError, SubmissionError

UNCHECKED: Final = 3


def is_for(exercise: Exercise) -> bool:
    """Whether no hidden suite of the exercise can judge on this machine."""
    return exercise.solution_dir is None or platform.system() != "Linux"


def refuse_feedback(*, asked: bool) -> None:
    """InputError for what only a hidden suite can give."""
    if asked:
        raise InputError(
            "feedback in a notebook comes from the hidden suite, which is not here: leave it out"
        )


def hand_in(request: Request, *, out: Path | None) -> int:
    """Exit code of the public checks; 3 where they could not run. The file is written in any case."""
    submission = request.submission(request.paths(Path.cwd()), stub_refused=True)
    path = (out or Path.cwd()).absolute() / f"{request.exercise.id}{handin.SUFFIX}"
    _require_ours(path)
    checked, fault = _checked(request, submission)
    write_whole(path, handin.encode(handin.of(submission, checked)))
    words = say(
        "handed_in",
        request.language,
        file=visible(repr(str(short(path))), one_line=True),
        student=visible(repr(submission.student), one_line=True),
    )
    in_cell = request.cells is not None  # then stdout is the cell's output, and holds nothing else
    if in_cell:
        request.note(words)
    if checked is not None:
        request.show(checked)
    else:
        unchecked = say("handin_unchecked", request.language, why=fault)
        output.complain(f"{unchecked}\n{words}" if in_cell else unchecked)
    if request.as_json and not in_cell:
        request.note(words)
    elif not in_cell:
        request.tell(words)
    return UNCHECKED if checked is None else exit_code(checked)


def _checked(request: Request, submission: Submission) -> tuple[Record | None, GraderError | None]:
    """The student's view of the public checks, or why they did not run."""
    from grader.report.view import student_view

    try:
        with (
            checking.judge(request, practice=False) as judge,
            output.Status(f"checking {request.exercise.id} …", quiet=request.quiet),
        ):
            return student_view(judge.judge(submission), "all"), None
    except (CourseError, MachineError) as e:
        return None, e


def _require_ours(path: Path) -> None:
    """InputError for what is there and is no hand-in file of before: nothing else is written over."""
    if not path.exists() and not path.is_symlink():
        return
    try:
        handin.read(read_bytes(path, limit=handin.MAX_BYTES + MAX_BYTES), repr(str(path)))
    except SubmissionError as e:
        raise InputError(f"{e}; it is not written over: move it away, or name a folder with --out DIR") from e
