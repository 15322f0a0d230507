"""Whether somebody has stopped a process (Ctrl-Z, SIGSTOP): then a clock says nothing about its work."""

import signal

_resumed = 0


def watch() -> None:
    """Count from now on how often this process goes on after a stop. Called in the main thread."""
    signal.signal(signal.SIGCONT, _count)


def resumed() -> int:
    """How often this process was stopped and went on, since `watch`."""
    return _resumed


def stopped(pid: int) -> bool:
    """Whether the process stands still because of a signal."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] in (b"T", b"t")
    except (OSError, IndexError):
        return False


def _count(*_: object) -> None:
    global _resumed
    _resumed += 1
