"""What reaches the terminal: results on stdout, notes and errors on stderr.

A reader that hangs up (`grade list | head -1`) is no error: what follows is printed to nowhere, and
the command ends with the exit code that it would have had.
"""

import contextlib
import io
import os
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Self

import click

from grader.core.text import visible

if TYPE_CHECKING:
    from rich.console import Console

NARROW, WIDE = 40, 110

Colour = Literal["auto", "always", "never"]
_TRACEBACK = "Traceback (most recent call last)"


def prepare(*, deaf: bool = False) -> None:
    """Streams that take any text; with `deaf`, stdout goes nowhere."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if deaf:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.close(null)


def finish() -> None:
    """Flush both streams, so that a reader that went is noticed here and not at exit."""
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        prepare(deaf=True)


def result(text: str) -> None:
    """Text on stdout."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        prepare(deaf=True)


def line(text: str = "") -> None:
    """A line on stdout."""
    result(text + "\n")


def note(text: str) -> None:
    """A line on stderr; text of students must have been made visible."""
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except BrokenPipeError:
        pass


def complain(text: str) -> None:
    """An error on stderr: a line, and what a suite said of itself below. GRADE_DEBUG=1 adds the traceback."""
    debug = os.environ.get("GRADE_DEBUG") == "1"
    if debug and sys.exc_info()[1] is not None:
        import traceback

        note(visible(traceback.format_exc()))
    if not debug and _TRACEBACK in text:  # from another process of ours: its last line says what it was
        text = f"internal error: {text.strip().splitlines()[-1]} (GRADE_DEBUG=1 shows where)"
    first, *others = visible(text.strip(), 4000).split("\n") or [""]
    note("\n".join([f"grade: {first}", *(f"  {other}" for other in others)]))


def usage(error: click.ClickException) -> None:
    """What click says of arguments that it cannot take."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        note(error.message)
        return
    complain(error.format_message())
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        if isinstance(error, click.MissingParameter) and error.param and error.param.name == "exercise":
            note(f"  for example: {context.command_path} ex10")
        note(f"{context.get_usage()}\nTry '{context.command_path} --help'.")


class Status:
    """A passing word on stderr about what is going on, if that is a terminal."""

    def __init__(self, text: str, *, quiet: bool = False) -> None:
        self._text = "" if quiet or not sys.stderr.isatty() else text

    def __enter__(self) -> Self:
        if self._text:
            sys.stderr.write(f"{self._text}\r")
            sys.stderr.flush()
        return self

    def __exit__(self, *_: object) -> None:
        if self._text:
            sys.stderr.write(" " * columns_of(self._text) + "\r")
            sys.stderr.flush()


class _Page(io.StringIO):
    """Text that is kept, in the encoding that it will be printed in."""

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a constant of StringIO
        return sys.stdout.encoding or "utf-8"


def console(colour: Colour) -> tuple["Console", io.StringIO]:
    """A console for stdout, and the page that it prints on, for `result`."""
    from rich.console import Console

    page = _Page()
    on = coloured(colour)
    system: Literal["standard", "truecolor"] = (
        "truecolor" if "24bit" in os.environ.get("COLORTERM", "") else "standard"
    )
    made = Console(
        file=page,
        force_terminal=on,
        color_system=system if on else None,
        no_color=not on,
        width=width(),
        legacy_windows=False,
    )
    return made, page


def coloured(colour: Colour) -> bool:
    """Whether stdout gets colours."""
    if colour != "auto":
        return colour == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Columns to print in: those of the terminal, within reason."""
    return max(NARROW, min(WIDE, shutil.get_terminal_size((80, 24)).columns))


def columns_of(text: str) -> int:
    """Columns that a text takes: Hangul and the like take two."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) != 0 for c in text)


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, flexible: int, right: Sequence[int] = ()
) -> str:
    """Lines of a table; column `flexible` is cut where the terminal is narrow, `right` ones are numbers."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(columns_of(row[i]) for row in lines) for i in range(len(head))]
    room = width() - sum(w + 2 for i, w in enumerate(widths) if i != flexible)
    widths[flexible] = min(widths[flexible], max(12, room))
    text = ""
    for row in lines:
        cells = []
        for i, text_of_cell in enumerate(row):
            cell = _cut(text_of_cell, widths[i])
            gap = " " * (widths[i] - columns_of(cell))
            cells.append(gap + cell if i in right else cell + gap)
        text += "  ".join(cells).rstrip() + "\n"
    return text


def hanging(text: str, indent: str) -> str:
    """`text` in lines that fit the terminal, the following ones behind `indent`."""
    room = max(20, width() - len(indent))
    return f"\n{indent}".join(textwrap.wrap(text, room, break_on_hyphens=False) or [""])


def _cut(text: str, columns: int) -> str:
    if columns_of(text) <= columns:
        return text
    while text and columns_of(text) > columns - 1:
        text = text[:-1]
    return text.rstrip() + "…"
