"""`grade try`: an author's own file against the suite, in this process, with pytest's output."""

import re
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from grader.cli import output
from grader.cli.phrases import say
from grader.cli.request import Request
from grader.core.text import visible
from grader.errors import InputError

if TYPE_CHECKING:
    from grader.judge.byhand import Draw

_FINGERPRINT = re.compile(r"[0-9a-f]{32}")
_NUMBER = re.compile(r"[0-9]{1,31}")


def try_(request: Request, *, checks: Sequence[str], seed: str, pdb: bool, options: Sequence[str]) -> int:
    """0 if every check passed, 1 if one did not."""
    paths = request.paths(Path.cwd())
    submission = request.submission(paths, stub_refused=False)  # says what cannot be taken
    if any(file.cells is not None for file in submission.files):
        raise InputError(
            "'grade try' runs .py files, so that debuggers show their lines: export the notebook"
        )
    draw = _draw(request, seed)
    names = ", ".join(visible(repr(str(path)), one_line=True) for path in paths)
    request.note(say("no_sandbox", request.language, names=names))
    from grader.judge.trial import trial

    sys.dont_write_bytecode = (
        True  # what is tried changes from one second to the next; nothing is left behind
    )
    with _interruptible():
        try:
            passed = trial(
                request.exercise,
                paths,
                draw,
                checks=checks,
                device=request.device,
                language=request.language,
                options=[*(["--pdb"] if pdb else []), *options],
            )
        except BrokenPipeError:  # `| head`: pytest stops where nobody reads on
            output.prepare(deaf=True)
            raise KeyboardInterrupt from None
    return 0 if passed else 1


def _draw(request: Request, seed: str) -> "Draw":
    """Seeds of a number, or those that a record in the gradebook was made with."""
    if _FINGERPRINT.fullmatch(seed):
        return _of_record(request, seed)
    if not _NUMBER.fullmatch(seed):
        raise InputError(
            f"--seed: expected a whole number, or the seed of a record (32 hex digits), got {seed[:100]!r}"
        )
    from grader.judge.byhand import numbered

    return numbered(int(seed))


def _of_record(request: Request, fingerprint: str) -> "Draw":
    from grader.core import seeds

    course, exercise = request.course, request.exercise.id
    place = course.gradebook
    where = repr(str(place))
    if not isinstance(place, Path) or place.exists():
        from grader.gradebook import Gradebook

        secret = course.secret()
        with Gradebook.open(place) as book:
            where = repr(book.database.name)
            for student, digest in book.handed_in(exercise):
                if seeds.fingerprint(secret, student, exercise, digest) == fingerprint:
                    return lambda check: seeds.seed(secret, student, exercise, digest, check)
    raise InputError(
        f"--seed: no record of {exercise} in {where} has the seed {fingerprint!r}: "
        "look it up in the record or at the end of the report, or give a whole number"
    )


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C interrupts every time it is pressed: a debugger takes it, and goes on."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
