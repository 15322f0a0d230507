"""Waiting for a process of ours to end, without the pauses of `Popen.wait`, which looks at growing intervals.

Each look that comes too late costs up to 50 ms, and a command waits for two processes, one after the other.
"""

import contextlib
import os
import select
import signal
import subprocess
from typing import Final, Protocol


class Process(Protocol):
    """What is asked of a process of ours: a `subprocess.Popen`, or one that another process has forked."""

    @property
    def pid(self) -> int:
        """Its id."""

    def poll(self) -> int | None:
        """How it ended; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended. Raises subprocess.TimeoutExpired."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it."""


class Grandchild:
    """A process that one of ours forks, and reaps: how it ended is not known here.

    Until it has said who it is, there is nothing to wait for here, and nothing to end: its parent does that.
    """

    UNKNOWN: Final = -1

    def __init__(self, parent: int) -> None:
        """`parent` is the id of the process that forks it."""
        self.pid = parent
        """Its parent's until it is known."""
        self._pidfd = -1

    def is_known(self, pid: int, pidfd: int) -> None:
        """It has said who it is; the descriptor is this object's from now on."""
        self.pid, self._pidfd = pid, pidfd

    def poll(self) -> int | None:
        """UNKNOWN if it has ended; None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended. Raises subprocess.TimeoutExpired."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._signal(signal.SIGKILL)

    def _ended(self, seconds: float | None) -> int | None:
        if self._pidfd >= 0:
            poll = select.poll()
            poll.register(self._pidfd, select.POLLIN)
            if not poll.poll(None if seconds is None else seconds * 1000):
                return None
            os.close(self._pidfd)
            self._pidfd = -1
        return self.UNKNOWN

    def _signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, number)


def wait(process: Process, seconds: float) -> bool:
    """Whether it has ended within `seconds`; then it is reaped."""
    if process.poll() is not None:
        return True
    try:
        pidfd = os.pidfd_open(process.pid)
    except OSError:  # it has been reaped, or there are no descriptors left
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True
    try:
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        poll.poll(seconds * 1000)
    finally:
        os.close(pidfd)
    return process.poll() is not None
