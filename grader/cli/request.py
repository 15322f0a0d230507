"""What a student asked for, and how a record of it is shown."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grader.cli import output
from grader.cli.output import Colour
from grader.core.course import Course, Device, Exercise, Language
from grader.core.record import Record, encode
from grader.core.submission import (
    Submission,
    found,
    read,
    refuse_names_of_others,
    refuse_stubs_of_others,
    utc,
)
from grader.core.text import visible
from grader.errors import SubmissionError

if TYPE_CHECKING:
    from grader.cli.cells import Cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Arguments of `check`, `watch` and `submit`, resolved."""

    course: Course
    exercise: Exercise
    files: tuple[Path, ...]
    student: str
    device: Device
    language: Language
    as_json: bool
    quiet: bool
    colour: Colour
    cells: "Cells | None" = None
    """For a notebook: where the files come from; its output cell then is what stdout holds."""

    def paths(self, *folders: Path) -> list[Path]:
        """The files named; else those of the exercise in the first of `folders` that has one.

        Optional ones are among these where the others import them.
        """
        if self.files:
            refuse_names_of_others(self.course, self.exercise, self.files)
            return list(self.files)
        for folder in folders:
            if paths := found(self.exercise, folder):
                return [short(path) for path in paths]
        wanted = " and ".join(map(repr, self.exercise.files))
        raise SubmissionError(
            f"no {wanted} in this folder: name your file, or run 'grade start {self.exercise.number}' first"
        )

    def submission(self, paths: list[Path], *, stub_refused: bool) -> Submission:
        """The files as they are now; SubmissionError if they cannot be taken."""
        submission = read(self.exercise, paths, self.student, utc(), stub_refused=stub_refused)
        refuse_stubs_of_others(self.course, self.exercise, paths, submission)
        return submission

    def show(self, record: Record, *, previous: Record | None = None, report: Path | None = None) -> None:
        """Print a record, which must be the student's view of it."""
        if self.cells is not None:
            from grader.cli.cells import bundle

            where = None if report is None else str(short(report))
            output.result(bundle(record, self.cells, self.language, previous=previous, report=where))
        elif self.as_json:
            output.result(encode(record).decode() + "\n")
        elif not self.quiet:
            from grader.report.terminal import render_summary
            from grader.report.texts import say

            console, page = output.console(self.colour)
            render_summary(record, console, language=self.language, previous=previous)
            output.result("".join(f"{line.rstrip()}\n" for line in page.getvalue().splitlines()))
            if report is not None:
                # In one piece, however narrow the terminal: it is there to be clicked or copied.
                words = say("full_report").in_(self.language)
                output.line(f"{words}: {visible(str(short(report)), one_line=True)}")

    def tell(self, text: str) -> None:
        """A line on stdout, unless --quiet."""
        if not self.quiet:
            output.line(text)

    def note(self, text: str) -> None:
        """A line on stderr, unless --quiet; in a notebook a line below the result."""
        if self.cells is not None:
            self.cells.notes.append(text.removeprefix("grade: "))
        elif not self.quiet:
            output.note(text)


def short(path: Path) -> Path:
    """The path as seen from the working folder, where that is shorter."""
    path = path.absolute()
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def exit_code(record: Record) -> int:
    """0 if every check passed, 1 if one did not, 3 if it was not graded."""
    if record.outcome != "graded":
        return 3
    return 0 if record.passed else 1
