"""How far a batch is: a bar on a terminal, a line now and then in a log."""

import sys
import time
from typing import TYPE_CHECKING, Final, Self

from grader.cli import output

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

EVERY_S: Final = 10.0  # between lines in a log


class Progress:
    """On stderr; a context manager. Text of students must have been made visible."""

    def __init__(self, total: int, *, quiet: bool = False, colour: output.Colour = "auto") -> None:
        self.total = total
        self.done = 0
        self.judged = 0
        """Of these, the ones that took time."""
        self.failed = 0
        self._said = 0
        """How many were done when the last line was written."""
        self._quiet = quiet
        self._colour = colour
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._start = self._last = time.monotonic()

    def __enter__(self) -> Self:
        if not self._quiet and sys.stderr.isatty():
            self._bar, self._task = _bar(self.total, plain=self._colour == "never")
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
        elif self.done and self._said < self.done:
            self._say()

    def begin(self) -> None:
        """The judges are ready: from now on time counts."""
        self._start = self._last = time.monotonic()

    def advance(self, *, judged: bool, failed: bool) -> None:
        """One more is done with: judged now or before, and graded or not."""
        self.done += 1
        self.judged += judged
        self.failed += failed
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, advance=1, rate=f"{self.rate:.1f}/s", failed=self._failures())
        elif time.monotonic() - self._last >= EVERY_S:
            self._last = time.monotonic()
            self._say()

    @property
    def rate(self) -> float:
        """Submissions judged in a second."""
        return self.judged / max(time.monotonic() - self._start, 1e-3)

    def note(self, text: str) -> None:
        """A line above the bar, or in the log."""
        if self._quiet:
            return
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            output.note(text)

    def _failures(self) -> str:
        return f"{self.failed} not graded" if self.failed else ""

    def _say(self) -> None:
        if self._quiet:
            return
        self._said = self.done
        words = [f"{self.done} of {self.total}"]
        if self.judged:
            words.append(f"{self.rate:.1f} a second")
        if self.judged and self.done < self.total:
            words.append(f"{(self.total - self.done) / self.rate:.0f} s remaining")
        output.note(", ".join([*words, *filter(None, [self._failures()])]))


def _bar(total: int, *, plain: bool) -> "tuple[Bar, TaskID]":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failed]}", style="yellow"),
        console=Console(stderr=True, no_color=True if plain else None),  # None: as NO_COLOR says
        refresh_per_second=4,  # each costs a millisecond that a submission could have had
    )
    return bar, bar.add_task("grading", total=total, rate="", failed="")
