"""`grade submit` while something else on the machine gets in its way, and what is left of it afterwards."""

import contextlib
import json
import os
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
GROUPS = Path("/sys/fs/cgroup")
OPTIONS = ("--json", "--student", "s1")
ENDS_S = 240.0
GONE_S = 20.0

ROLES: dict[str, Callable[[psutil.Process], Iterator[psutil.Process]]] = {}
"""Which processes of a running `grade` play a part."""


def _role(name: str) -> Callable[..., Any]:
    def add(function: Callable[[psutil.Process], Iterator[psutil.Process]]) -> Any:
        ROLES[name] = function
        return function

    return add


@_role("grade")
def _grade(grade: psutil.Process) -> Iterator[psutil.Process]:
    yield grade


@_role("judge server")
def judges(grade: psutil.Process) -> Iterator[psutil.Process]:
    """Children of `grade`."""
    yield from (p for p in grade.children() if "grader.engines.server" in p.cmdline())


@_role("fork server, outer")
def _outer(grade: psutil.Process) -> Iterator[psutil.Process]:
    for judge in judges(grade):
        yield from (p for p in judge.children() if "grader.worker.forkserver" in p.cmdline())


@_role("fork server, inner")
def _inner(grade: psutil.Process) -> Iterator[psutil.Process]:
    # The first process of the namespace that the outer one made: others are only trials of it.
    yield from (p for outer in _outer(grade) for p in outer.children() if _place_in_namespace(p) == 1)


@_role("worker")
def _worker(grade: psutil.Process) -> Iterator[psutil.Process]:
    for inner in _inner(grade):
        yield from inner.children()


@_role("replayer")
def _replayer(grade: psutil.Process) -> Iterator[psutil.Process]:
    for judge in judges(grade):
        yield from (p for p in judge.children() if "grader.worker.forkserver" not in p.cmdline())


def _place_in_namespace(process: psutil.Process) -> int:
    """Its id as it sees it itself."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("NSpid:"):
                return int(line.split()[-1])
    return -1


@dataclass
class Run:
    """One command: how it ended, and what there was of it."""

    code: int
    out: str
    err: str
    hit: bool = True
    """Whether there was a process to be disturbed."""
    sessions: set[int] = field(default_factory=set)
    judges: set[int] = field(default_factory=set)

    @property
    def record(self) -> dict[str, Any]:
        """What it printed."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def timeless(self) -> dict[str, Any]:
        """The record without what a clock says."""
        record = {**self.record, "seconds": 0, "submitted_utc": ""}
        record["checks"] = [{**check, "seconds": 0} for check in record["checks"]]
        return record


@dataclass(frozen=True)
class Place:
    """State and temporary folder of the commands of one test."""

    state: Path
    temporary: Path

    @property
    def book(self) -> Path:
        """The gradebook's file."""
        return self.state / "gradebook.sqlite3"

    def submit(
        self,
        file: Path,
        *,
        during: Callable[[subprocess.Popen[str]], bool] | None = None,
        prefix: tuple[str, ...] = (),
        **environment: str,
    ) -> Run:
        """`grade submit ex90 FILE --json`, while `during` does something to it; tells whether it did."""
        process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "grader.cli", "submit", "ex90", str(file), *OPTIONS],
            env={
                **os.environ, "GRADE_STATE": str(self.state), "TMPDIR": str(self.temporary),
                "PYTHONPATH": str(ROOT), **environment,
            },
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        run = Run(-1, "", "", sessions={process.pid})
        try:
            run.hit = during is None or during(process)
            deadline = time.monotonic() + ENDS_S
            while process.poll() is None and time.monotonic() < deadline:
                with contextlib.suppress(psutil.Error):
                    run.judges |= {p.pid for p in judges(psutil.Process(process.pid))}
                pause(0.02)
            run.out, run.err = process.communicate(timeout=1)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        run.code = process.returncode
        return run

    def nothing_is_left(self, *runs: Run) -> None:
        """No process, no folder and no control group of these commands; waits for those that are ending."""
        deadline = time.monotonic() + GONE_S
        while (left := self._left(runs)) and time.monotonic() < deadline:
            pause(0.05)
        assert not left, left

    def no_process_is_left(self, *runs: Run) -> None:
        """For a command that could not clean up after itself."""
        deadline = time.monotonic() + GONE_S
        while (left := list(self._processes(runs))) and time.monotonic() < deadline:
            pause(0.05)
        assert not left, left

    def _left(self, runs: tuple[Run, ...]) -> list[Any]:
        pids = {pid for run in runs for pid in run.judges}
        groups = [g for g in GROUPS.rglob("dlgrade-*") if int(g.name.split("-")[1]) in pids]
        return [*self._processes(runs), *self.temporary.iterdir(), *groups]

    def _processes(self, runs: tuple[Run, ...]) -> Iterator[str]:
        sessions = {session for run in runs for session in run.sessions}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                command = " ".join(process.cmdline())
                # A worker is in a session of its own; its command line names the temporary folder.
                if os.getsid(process.pid) in sessions or f'"{self.temporary}/' in command:
                    yield f"{process.pid} {process.status()} {command[:100]}"

    def book_is_whole(self) -> list[tuple[str, float | None]]:
        """(outcome, score) of all records in a gradebook that SQLite finds nothing wrong with."""
        if not self.book.exists() or not self.book.stat().st_size:
            return []
        with contextlib.closing(sqlite3.connect(self.book)) as book:
            assert book.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert book.execute("PRAGMA foreign_key_check").fetchall() == []
            if not book.execute("SELECT 1 FROM sqlite_master WHERE name = 'records'").fetchone():
                return []
            return book.execute("SELECT outcome, score FROM records ORDER BY id").fetchall()


def disturb(
    role: str, number: signal.Signals, delay: float, *, back_after: float | None = None
) -> Callable[[subprocess.Popen[str]], bool]:
    """Sends a signal to the first process in that part, `delay` seconds after it was seen.

    With `back_after`, SIGCONT follows. Gives back whether there was such a process.
    """

    def during(command: subprocess.Popen[str]) -> bool:
        target = None
        while target is None:
            if command.poll() is not None:
                return False
            with contextlib.suppress(psutil.Error):
                target = next(ROLES[role](psutil.Process(command.pid)), None)
            pause(0.003)
        pause(delay)
        try:
            target.send_signal(number)
        except psutil.NoSuchProcess:
            return False
        if back_after is not None:
            pause(back_after)
            with contextlib.suppress(psutil.NoSuchProcess):
                target.send_signal(signal.SIGCONT)
        return True

    return during


def pause(seconds: float) -> None:
    """Let time pass: for moments of disturbance and between looks, never to wait for a result."""
    select.select([], [], [], seconds)


def one_line(err: str) -> bool:
    """Whether an error is told as one: a line of ours, and no traceback."""
    lines = err.splitlines()
    return "Traceback" not in err and len(lines) == 1 and lines[0].startswith("grade: ")
