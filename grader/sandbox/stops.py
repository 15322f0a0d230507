"""Whether a process runs: for one that somebody has stopped (Ctrl-Z, SIGSTOP) no time passes."""

import signal
import time
from typing import Final

LOOK_S: Final = 1.0
LOOKS: Final = 5  # in a row: after Ctrl-Z and `fg` one process goes on before the other

_resumed = 0


def watch() -> None:
    """Count from now on how often this process goes on after a stop. Called in the main thread."""
    signal.signal(signal.SIGCONT, _count)


def resumed() -> int:
    """How often this process was stopped and went on, since `watch`."""
    return _resumed


def stopped(pid: int) -> bool:
    """Whether the process stands still because of a signal."""
    return _state(pid) in (b"T", b"t")


def ended(pid: int) -> bool:
    """Whether there is no such process, or nothing of it but a status that nobody has asked for yet."""
    return _state(pid) in (b"", b"Z", b"X")


def _state(pid: int) -> bytes:
    """The letter of proc(5); empty if there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0]
    except (OSError, IndexError):
        return b""


class Watch:
    """Looks at a process now and then, while something is awaited of it."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._looked = time.monotonic()
        self._looks = 0

    def stands_still(self) -> bool:
        """Whether it was stopped at each of the last looks; asked at least every LOOK_S."""
        now = time.monotonic()
        if now - self._looked >= LOOK_S:
            self._looked = now
            self._looks = self._looks + 1 if stopped(self._pid) else 0
        return self._looks >= LOOKS


def _count(*_: object) -> None:
    global _resumed
    _resumed += 1
