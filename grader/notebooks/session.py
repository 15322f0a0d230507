"""`%grade check` and `%grade submit`: the cells of a running kernel, judged as files are.

In the student's kernel this reads the history and shows a result, no more: the command `grade` runs in a
process of its own, and gives back what the cell is to show. The kernel's state is neither used nor changed.
"""

import contextlib
import html
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Literal

from grader.core import submission
from grader.core.course import Course, Exercise, Language, locate
from grader.core.text import visible
from grader.errors import CourseError, GraderError, InputError
from grader.notebooks.history import STUB, Collected, collect
from grader.notebooks.phrases import say
from grader.notebooks.statements import Cell

Command = Literal["check", "submit"]
NOTES: Final = 8
LONGEST_PART: Final = 2**20
GRACE_S: Final = 10  # for `grade` to clean up after an interruption


def check(
    exercise: str,
    *,
    lang: Language | None = None,
    student: str | None = None,
    course: str | Path | None = None,
    device: str | None = None,
) -> None:
    """Run the public checks on the cells that were run, and show the result below the cell.

    Args:
        exercise: `ex10`, `convolution` or `ex10_convolution`.
        lang: "en" or "ko"; default: that of the locale.
        student: whose work it is; default: `GRADE_STUDENT`, else the login name.
        course: its folder; default: `GRADE_COURSE`, else the nearest one upward.
        device: "cpu" or "cuda".
    """
    run("check", exercise, lang=lang, student=student, course=course, device=device)


def submit(
    exercise: str,
    *,
    lang: Language | None = None,
    student: str | None = None,
    course: str | Path | None = None,
    device: str | None = None,
) -> None:
    """Hand in the cells that were run: score, and the attempt recorded, as by `grade submit`.

    Where no hidden suite is, that is a hand-in file in the working folder. Arguments are those of `check`.
    """
    run("submit", exercise, lang=lang, student=student, course=course, device=device)


def run(command: Command, exercise: str, **options: Any) -> None:
    """Judge the cells and show what came out; whatever is wrong is shown as well, never raised."""
    language = language_of(options.get("lang"))
    try:
        found = locate(Path.cwd(), Path(options["course"]) if options.get("course") else None)
        if not options.get("lang") and language not in found.languages:
            language = found.languages[0]
        show(*_judged(command, found, found.exercise(exercise), language, options))
    except GraderError as e:
        show(*complaint(str(e)))
    except KeyboardInterrupt:
        show(*complaint(say("interrupted", language)))
    except OSError as e:
        show(*complaint(f"{type(e).__name__}: {e}"))


def complaint(text: str) -> tuple[str, str]:
    """An error as a cell shows it: plain text, and HTML that needs neither style sheet nor script."""
    shown = visible(text, 4000)
    return shown, (
        '<div style="border-left: 4px solid #d33b40; padding: 0.4em 0.9em; margin: 0.3em 0">'
        f'<div style="white-space: pre-wrap"><b>grade:</b> {html.escape(shown)}</div></div>'
    )


def language_of(given: str | None) -> Language:
    """The language asked for, else that of the locale."""
    named = (given, *(os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG")))
    return "ko" if next(filter(None, named), "").startswith("ko") else "en"


def _judged(
    command: Command, course: Course, exercise: Exercise, language: Language, options: dict[str, Any]
) -> tuple[str, str]:
    """What the cell is to show: plain text and HTML."""
    shell = _shell()
    if shell is None:
        raise InputError(say("no_kernel", language, command=command, exercise=exercise.number))
    found = collect(_stubs(exercise), _cells(shell), shell.transform_cell)
    if command == "submit" and found.is_stub:
        raise InputError(say("untouched", language, exercise=exercise.id))
    with tempfile.TemporaryDirectory(prefix="grade-cells-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        paths = _write(folder, exercise, found)
        places = folder / "cells.json"
        notes = _notes(found, language)
        places.write_text(
            json.dumps({"places": [asdict(place) for place in found.places], "notes": notes}), "utf-8"
        )
        arguments = [command, exercise.id, *map(str, paths), "--cells", str(places), "--lang", language]
        arguments += ["--course", str(course.root)]
        for option in ("student", "device"):
            if options.get(option):
                arguments += [f"--{option}", str(options[option])]
        code, out, err = _grade(arguments)
        err = err.replace(f"{folder}{os.sep}", "").strip()
    with contextlib.suppress(ValueError, TypeError, KeyError):
        shown = json.loads(out)
        return shown["text/plain"], shown["text/html"]
    if code == 130:
        return complaint(say("interrupted", language))
    return complaint(err.removeprefix("grade: ") or say("broken", language, code=code))


def _shell() -> Any | None:
    """The IPython shell that this runs in; None outside of one."""
    module = sys.modules.get("IPython")  # where there is a shell, it has been imported
    return module.get_ipython() if module is not None else None


def _cells(shell: Any) -> list[Cell]:
    """The cells that were run since the kernel started, the running one included."""
    raw: Sequence[str] = shell.history_manager.input_hist_raw
    return [Cell(n=n, source=source) for n, source in enumerate(raw) if n and source.strip()]


def _stubs(exercise: Exercise) -> dict[str, str]:
    stubs = {}
    for name in exercise.files:
        try:
            stubs[name] = (exercise.public_dir / name).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as e:
            raise CourseError(f"the stub {str(exercise.public_dir / name)!r} cannot be read: {e}") from e
    return stubs


def _write(folder: Path, exercise: Exercise, found: Collected) -> list[Path]:
    """The files to judge: those made of cells, and parts of earlier exercises that they import from here."""
    for name, text in found.files.items():
        (folder / name).write_text(text, "utf-8", newline="\n")
    for name in exercise.optional:
        part = Path.cwd() / name
        if part.is_file() and part.stat().st_size <= LONGEST_PART:
            shutil.copyfile(part, folder / name)
    return submission.found(exercise, folder)


def _notes(found: Collected, language: Language) -> list[str]:
    """What to know of how the files came about."""
    notes = []
    if cells := sorted({place.cell for place in found.places} - {STUB}):
        notes.append(say("from_cells", language, cells=", ".join(f"In [{n}]" for n in cells)))
    if missing := [name for name, cell in sorted(found.cells.items()) if cell == STUB]:
        notes.append(say("from_stub", language, names=", ".join(missing)))
    told = found.left[:NOTES]
    return notes + [say(f"left.{one.reason}", language, cell=one.cell, name=one.name) for one in told]


def _grade(arguments: list[str]) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the command `grade`."""
    # -P: what lies in the notebook's folder is no module of the grader's.
    command = [sys.executable, "-P", "-X", "utf8", "-m", "grader.cli", *arguments]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            out, err = process.communicate()
        except KeyboardInterrupt:  # a kernel's interruption goes to its process group, or to it alone
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(KeyboardInterrupt, subprocess.TimeoutExpired):
                process.communicate(timeout=GRACE_S)
            process.kill()
            raise
    return process.returncode, out, err


def show(text: str, page: str) -> None:
    """Show a result below the cell: HTML where the front end has it, else text."""
    display = sys.modules.get("IPython.display")
    if display is None or _shell() is None:
        sys.stdout.write(f"{text}\n")
        return
    display.display({"text/plain": text, "text/html": page}, raw=True)
