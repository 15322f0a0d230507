"""The judges that are forked from one process, as that process holds them (the engine's end is parent.py).

A judge is forked from a suite that has been collected and never run. It tells the engine itself who it is,
and has a fork server of its own.
"""

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from typing import Final, NoReturn

from grader.engines.parent import FORK, PID
from grader.errors import Lost
from grader.sandbox.channel import Channel
from grader.worker import kernel

END_S: Final = 8.0  # for judges that were asked to end; the engine gives this process twice as long


class Family:
    """Forks judges, and reaps them."""

    def __init__(self, engine: Channel, importer: int) -> None:
        """`importer` is the id of the process that fork servers come from: without it no judge is of use."""
        self._engine = engine
        self._importer = os.pidfd_open(importer)
        self._judges: dict[int, int] = {}
        """Process ids, by a descriptor of each process."""

    def serve(self, judge: Callable[[Channel], None]) -> None:
        """Fork one at each request, in which `judge` then runs.

        Returns when the engine hangs up; raises Lost if the importer ends.
        """
        while True:
            poll = select.poll()
            for fd in (self._engine.fileno(), self._importer, *self._judges):
                poll.register(fd, select.POLLIN)
            for fd, _ in poll.poll():
                if fd == self._importer:
                    raise Lost("the process that fork servers are forked from has ended")
                if fd in self._judges:
                    self._reap(fd)
                    continue
                try:
                    _, fds = self._engine.take(len(FORK), 2)
                except (EOFError, ConnectionError):
                    return
                self._fork(judge, *fds)

    def end(self) -> None:
        """Have all judges end, and wait for them."""
        for fd in self._judges:
            signal.pidfd_send_signal(fd, signal.SIGTERM)
        deadline = time.monotonic() + END_S
        for fd in list(self._judges):
            poll = select.poll()
            poll.register(fd, select.POLLIN)
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                signal.pidfd_send_signal(fd, signal.SIGKILL)
            self._reap(fd)

    def _reap(self, fd: int) -> None:
        os.waitpid(self._judges.pop(fd), 0)
        os.close(fd)

    def _fork(self, judge: Callable[[Channel], None], end: int, errors: int) -> None:
        # What asks this process to end would otherwise unwind its frames in the child as well.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        try:
            pid = os.fork()
            if pid == 0:
                self._become(judge, end, errors)
            self._judges[os.pidfd_open(pid)] = pid
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
            for fd in (end, errors):
                os.close(fd)

    def _become(self, judge: Callable[[Channel], None], end: int, errors: int) -> NoReturn:
        try:
            kernel.die_with_parent()
            os.dup2(errors, 2)
            for fd in (errors, *self._judges):
                os.close(fd)
            self._engine.close()
            own = Channel(socket.socket(fileno=end))
            pidfd = os.pidfd_open(os.getpid())
            own.hand(PID.pack(os.getpid()), [pidfd])
            os.close(pidfd)
            with contextlib.suppress(KeyboardInterrupt):  # the signal that was held back
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
                judge(own)
        finally:
            os._exit(0)
