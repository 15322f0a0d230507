"""What `grade batch` prints at its end: scores, what was not graded and why, and what to look at."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grader.cli import output
from grader.cli.classreport import CLASS_REPORT
from grader.cli.request import short
from grader.collect import Collection
from grader.core.course import Exercise
from grader.core.text import visible
from grader.report.numbers import points

if TYPE_CHECKING:
    from grader.cli.batching import Line

ROWS: Final = 40  # submissions that are shown one by one
LISTED: Final = 50  # of what was not graded
NAMES: Final = 8
BAR: Final = 30


def summary(exercise: Exercise, found: Collection, lines: Sequence["Line"], folder: Path) -> str:
    """The table of a small class, or how the scores of a large one lie; then what was not graded."""
    graded = [line for line in lines if line.score is not None]
    text = ""
    if graded:
        text += (_one_by_one if len(graded) <= ROWS else _distribution)(graded) + "\n"
    text += _counts(exercise, lines, graded)
    text += _not_graded([line for line in lines if line.score is None])
    text += _remarks(found)
    text += f"Reports: {visible(str(short(folder)), one_line=True)}, listed in index.csv\n"
    return text + f"Class report: {visible(str(short(folder / CLASS_REPORT)), one_line=True)}\n"


def _one_by_one(graded: Sequence["Line"]) -> str:
    rows = [
        [
            visible(line.student, 60, one_line=True),
            str(line.attempt),
            f"{points(line.score or 0.0)}/{points(line.max_score)}",
            f"{line.passed}/{line.checks}",
            ", ".join(word for word, holds in (("late", line.late), ("before", not line.judged)) if holds),
        ]
        for line in sorted(graded, key=lambda line: (line.student, line.attempt))
    ]
    return output.table(
        ["Student", "Attempt", "Score", "Checks", "Remarks"], rows, flexible=0, right=[1, 2, 3]
    )


def _distribution(graded: Sequence["Line"]) -> str:
    """How many got how much, in tenths of what there is to get."""
    counts = [0] * 11
    for line in graded:
        share = (line.score or 0.0) / line.max_score if line.max_score else 0.0
        counts[min(10, int(10 * share))] += 1
    most = max(counts)
    names = [*(f"{10 * n}-{10 * n + 9} %" for n in range(10)), "100 %"]
    rows = [[names[n], str(counts[n]), "█" * round(BAR * counts[n] / most)] for n in reversed(range(11))]
    return output.table(["Score", "Submissions", ""], rows, flexible=2, right=[1])


def _counts(exercise: Exercise, lines: Sequence["Line"], graded: Sequence["Line"]) -> str:
    before = sum(not line.judged for line in graded)
    full = sum(line.passed == line.checks for line in graded)
    words = [f"{len(graded)} of {len(lines)} graded" + (f" ({before} before)" if before else "")]
    if graded:
        mean = sum(line.score or 0.0 for line in graded) / len(graded)
        words.append(f"{full} passed every check")
        words.append(f"mean {points(mean)} of {points(graded[0].max_score)}")
    return f"{exercise.id}: {', '.join(words)}\n"


def _not_graded(lines: Sequence["Line"]) -> str:
    if not lines:
        return ""
    text = f"\nNot graded: {len(lines)}\n"
    for line in lines[:LISTED]:
        who = f"{visible(line.student, 60, one_line=True)}: " if line.student else ""
        text += f"  - {output.hanging(who + visible(line.why, 400, one_line=True), '    ')}\n"
    if len(lines) > LISTED:
        text += f"  … {len(lines) - LISTED} more in index.csv\n"
    return text


def _remarks(found: Collection) -> str:
    """What an instructor should know, though it kept nothing from being graded."""
    late = [one.student for one in found.late]
    absent = [student.id for student in found.absent]
    text = ""
    for names, words in (
        (late, "Late"),
        (found.double, "Several submissions of one student, each an attempt"),
        (absent, "In the roster, and nothing here"),
    ):
        if names:
            shown = ", ".join(visible(name, 40, one_line=True) for name in names[:NAMES])
            more = f", … {len(names) - NAMES} more" if len(names) > NAMES else ""
            text += f"{words}: {len(names)} ({shown}{more})\n"
    return f"\n{text}" if text else ""
