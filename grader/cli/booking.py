"""What `grade book` reads from its arguments, and where the gradebook is."""

import difflib
import getpass
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from grader.cli import output
from grader.cli.files import write_whole
from grader.cli.standings import local
from grader.core.course import Course, Exercise
from grader.core.policy import Extension, Override
from grader.core.text import visible
from grader.errors import InputError
from grader.gradebook import Gradebook
from grader.report.numbers import points


@contextmanager
def opened(course: Course, *, make: bool = False) -> Iterator[Gradebook]:
    """The course's gradebook; InputError where there is none, unless `make`."""
    place = course.gradebook
    if not make and isinstance(place, Path) and not place.exists():
        raise InputError(
            f"no gradebook at {str(place)!r} yet: the first submission makes it, or 'grade book roster FILE'"
        )
    with Gradebook.open(place) as book:
        yield book


def chosen(course: Course, names: Sequence[str], commands: Sequence[str]) -> list[Exercise]:
    """The exercises named, in the course's order; all for none. A misspelt command is asked after."""
    wanted = set()
    for name in names:
        try:
            wanted.add(course.exercise(name).id)
        except InputError as e:
            if close := difflib.get_close_matches(name, commands, n=1, cutoff=0.7):
                raise InputError(f"{e} (or 'grade book {close[0]}'?)") from e
            raise
    return [e for e in course.exercises.values() if not wanted or e.id in wanted]


def override(exercise: Exercise, score: str | None, *, withdraw: bool) -> Override | None:
    """What was asked for: points, EX, or None to withdraw; InputError for anything else."""
    whole = points(exercise.points)
    if withdraw:
        if score is not None:
            raise InputError("--withdraw takes no score: leave one of them out")
        return None
    if score is None:
        raise InputError(f"no score: give points from 0 to {whole}, EX (excused), or --withdraw")
    if score.upper() == "EX":
        return Override(points=None)
    try:
        value = float(score)
    except ValueError:
        value = -1.0
    if not 0 <= value <= exercise.points:
        raise InputError(f"score {score!r}: {exercise.id} takes points from 0 to {whole}, or EX (excused)")
    return Override(points=value)


def extension(
    exercise: Exercise, *, until: str | None, days: int | None, attempts: int, withdraw: bool
) -> Extension:
    """What was asked for, an empty extension to withdraw; InputError where it changes nothing."""
    if withdraw:
        if until or days or attempts:
            raise InputError("--withdraw takes no --until, --days or --attempts: leave one of them out")
        return Extension()
    if until and days:
        raise InputError("--until and --days say the same: leave one of them out")
    if not (until or days or attempts):
        raise InputError("nothing is extended: give --until TIME, --days N, --attempts N, or --withdraw")
    if attempts and exercise.policy.attempts is None:
        raise InputError(f"{exercise.id} has no limit of attempts: leave out --attempts")
    if not (until or days):
        return Extension(attempts=attempts)
    if exercise.due_utc is None:
        raise InputError(f"{exercise.id} has no due date: nothing can be late, leave out --until and --days")
    due = exercise.due_utc + timedelta(days=days) if days else _moment(until or "")
    if due <= exercise.due_utc:
        raise InputError(
            f"--until {until!r} is not after the due date of {exercise.id}, {local(exercise.due_utc)}"
        )
    return Extension(due_utc=due, attempts=attempts)


def _moment(given: str) -> datetime:
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InputError(f"--until {given!r}: give a time with its offset, such as 2026-04-05T23:59+09:00")
    return moment


def author(given: str | None) -> str:
    """Who decides: the name given, else the login name."""
    if given is not None:
        return given
    try:
        return getpass.getuser()
    except (KeyError, OSError) as e:
        raise InputError("no login name to sign with: give --author NAME") from e


def ask(question: str, *, yes: bool) -> None:
    """Goes on if the answer is yes; InputError if not, or if nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise InputError("this cannot be undone, and nobody is here to be asked: add --yes")
    output.note(f"{visible(question, 300, one_line=True)} [y/N]")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise InputError("nothing was changed")


def present_secret(course: Course) -> bytes | None:
    """The course's secret, if it has one yet."""
    return course.secret() if (course.state_dir / "secret").exists() else None


def keep_secret(course: Course, secret: bytes) -> None:
    """Makes it the course's secret."""
    write_whole(course.state_dir / "secret", secret, mode=0o600)
