"""One worker as the judge holds it: frames under one absolute deadline, its output, its death.

Every wait watches the socket, the output pipe and the process at once, so that a worker which
floods its output, dies or drips its answer byte by byte is caught by the same loop.
"""

import contextlib
import os
import resource
import select
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from grader.errors import Lost, MachineError
from grader.sandbox import stops
from grader.sandbox.protocol import (
    KEPT_OUTPUT,
    DeadlinePassed,
    Death,
    MemoryPassed,
    OutputFlood,
    Violation,
    WorkerFault,
    WorkerGone,
)
from grader.worker import wire

DIES_S: Final = 2.0  # from the end of its socket to the end of a process that has ended by itself
CHUNK: Final = 64 * 2**10
_CPUCLOCK_SCHED: Final = 2
WATCH_S: Final = 0.05  # between looks at the memory of a worker that is awaited


class Link:
    """A `Worker` (see protocol.py) over a socket, a pipe and a pidfd."""

    def __init__(
        self,
        *,
        pid: int,
        channel: socket.socket,
        pipe: int,
        pidfd: int,
        reply: wire.Limits,
        output_limit: int,
        layers: Sequence[str],
        memory_mib: int | None,
        alone: bool,
        reap: Callable[[bool], Death | None],
    ) -> None:
        """`reap(wait)` has the parent kill and reap it; with `wait` it says how the worker ended.

        `layers` are those that it must say to hold. `memory_mib`, if given, is watched here, for want of a
        control group. `alone`: it is the first process of its own namespace, which no signal of its own kills
        or stops.
        """
        self.pid = pid
        self._channel = channel
        self._pipe = pipe
        self._pidfd = pidfd
        self._reply = reply
        self._output_limit = output_limit
        self._layers = list(layers)
        self._memory_mib = memory_mib
        self._alone = alone
        self._gone = False
        self._base_mib: float | None = None
        self._look = 0.0
        self._reap = reap
        self._ended = False
        self._death: Death | None = None
        self._printed = 0
        self.output_bytes = bytearray()
        self.alive = True
        channel.setblocking(False)
        os.set_blocking(pipe, False)
        self._poll = select.poll()
        self._poll.register(channel, select.POLLIN)
        self._poll.register(pipe, select.POLLIN)
        self._poll.register(pidfd, select.POLLIN)

    @property
    def cpu_s(self) -> float:
        """CPU seconds that it has used so far, as the kernel counts them; 0 if it has ended."""
        try:
            # The clock of another process: clock_getcpuclockid(3) in the C library.
            return time.clock_gettime((~self.pid << 3) | _CPUCLOCK_SCHED)
        except OSError:
            return 0.0

    @property
    def output(self) -> bytes:
        """What was printed so far, as far as it is kept."""
        if not self._ended:
            self._read_the_rest()
        return bytes(self.output_bytes)

    @property
    def output_truncated(self) -> bool:
        """Whether more was printed than is kept."""
        return self._printed > len(self.output_bytes)

    def exchange(self, frame: bytes, deadline: float) -> tuple[int, int, memoryview, memoryview]:
        """Send `frame`, receive one (see protocol.py)."""
        try:
            self._nothing_waits()
            self._send(frame, deadline)
            return self.receive(deadline)
        except WorkerFault as e:
            self.alive = False
            self._gone |= isinstance(e, WorkerGone)
            raise

    def greet(self, deadline: float) -> None:
        """Wait for its hello, which comes before any of the student's code; raises MachineError."""
        try:
            kind, call, meta, buffers = self.receive(deadline)
            version, layers = wire.Decoder(meta, buffers, self._reply).value()
        except WorkerFault as e:
            why = f"{type(e).__name__} {self.death()} {self.output.decode(errors='replace')}"
            raise Lost(f"a worker did not start: {why}") from None
        if (kind, call, version) != (wire.HELLO, 0, wire.VERSION):
            raise MachineError(f"a worker speaks version {version}, this is {wire.VERSION}: install again")
        self._watch_memory()  # what it has before it sees any code is not the submission's
        if layers != self._layers:
            raise MachineError(f"a worker says that {layers} hold, not {self._layers}")

    def receive(self, deadline: float) -> tuple[int, int, memoryview, memoryview]:
        """One frame; raises WorkerFault."""
        try:
            return self._frame(deadline)
        except wire.WireError as e:
            self.alive = False
            raise Violation(str(e)) from None
        except WorkerFault as e:
            self.alive = False
            self._gone |= isinstance(e, WorkerGone)
            raise

    @property
    def stopped(self) -> bool:
        """Whether something outside has stopped it."""
        return self._alone and stops.stopped(self.pid)

    def death(self) -> Death:
        """Kill it if it still runs, wait, and say how it ended."""
        self.alive = False
        if self._death is None:
            try:
                by_itself = self._gone and self._ends()  # and not by the parent, which kills before it reaps
                death = self._reap(True) or Death(None, signal.SIGKILL)
                self._read_the_rest()
            finally:
                self._close()
            killed = death.signal_number == signal.SIGKILL and death.limit is None
            self._death = replace(death, from_outside=killed and by_itself and self._alone)
        return self._death

    def _ends(self) -> bool:
        """Whether the process ends now that its socket is closed; its own threads may have closed that."""
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        return bool(poll.poll(DIES_S * 1000))

    def discard(self) -> None:
        """Kill it; the parent reaps it."""
        self.alive = False
        if self._death is None and not self._ended:
            try:
                self._read_the_rest()
                self._reap(False)
            finally:
                self._close()

    def _read_the_rest(self) -> None:
        with contextlib.suppress(OutputFlood):  # it is over: what it printed is only kept
            self._read_output()

    def _close(self) -> None:
        if not self._ended:
            self._ended = True
            self._channel.close()
            os.close(self._pipe)
            os.close(self._pidfd)

    def _nothing_waits(self) -> None:
        """An answer to a question that was not asked yet is a forgery."""
        try:
            data = self._channel.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        raise Violation("an answer before the question") if data else WorkerGone

    def _send(self, frame: bytes, deadline: float) -> None:
        view = memoryview(frame)
        while view:
            try:
                view = view[self._channel.send(view) :]
            except BlockingIOError:
                self._poll.modify(self._channel, select.POLLOUT)
                try:
                    self._wait(deadline, sending=True)
                finally:
                    self._poll.modify(self._channel, select.POLLIN)
            except OSError:
                raise WorkerGone from None

    def _frame(self, deadline: float) -> tuple[int, int, memoryview, memoryview]:
        head = wire.HEADER.size
        data = self._some(CHUNK, deadline)
        while len(data) < head:
            data += self._some(CHUNK, deadline)
        kind, call, meta, buffers = wire.header(data[:head], self._reply)
        size = head + meta + buffers
        if len(data) > size:
            raise Violation("more than one answer")
        if len(data) < size:  # large: the rest goes where it is to stay
            whole = bytearray(size)
            whole[: len(data)] = data
            done = len(data)
            with memoryview(whole) as view:
                while done < size:
                    done += self._into(view[done:], deadline)
            data = bytes(whole)
        view = memoryview(data)
        return kind, call, view[head : head + meta], view[head + meta :]

    def _some(self, size: int, deadline: float) -> bytes:
        """What there is, at least a byte; raises WorkerFault."""
        ended = False
        while True:
            try:
                data = self._channel.recv(size)
            except BlockingIOError:
                if ended:
                    raise WorkerGone from None
                ended = self._wait(deadline)
                continue
            except OSError:
                raise WorkerGone from None
            if not data:
                raise WorkerGone
            return data

    def _into(self, view: memoryview, deadline: float) -> int:
        data = self._some(len(view), deadline)
        view[: len(data)] = data
        return len(data)

    def _wait(self, deadline: float, *, sending: bool = False) -> bool:
        """Until something is to be done on the socket; True if the process has ended."""
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise DeadlinePassed
            if self._memory_mib is not None:
                left = min(left, WATCH_S)
            ready = False
            events = self._poll.poll(left * 1000)
            if self._memory_mib is not None and self._base_mib is not None and time.monotonic() >= self._look:
                self._watch_memory()  # also where something happens all the time
            for fd, event in events:
                if fd == self._pipe:
                    self._read_output()
                    if event & select.POLLHUP and not event & select.POLLIN:
                        self._poll.unregister(self._pipe)
                elif fd == self._pidfd:
                    if sending:
                        raise WorkerGone
                    return True
                else:
                    ready = True
            if ready:
                return False

    def _watch_memory(self) -> None:
        """Where no control group counts: what is resident and in no file, looked at while we wait."""
        if self._memory_mib is None:
            return
        self._look = time.monotonic() + WATCH_S
        with (
            contextlib.suppress(OSError, ValueError, IndexError),
            open(f"/proc/{self.pid}/statm", "rb") as file,
        ):
            _, resident, shared, *_ = map(int, file.read().split())
            own_mib = (resident - shared) * resource.getpagesize() / 2**20
            self._base_mib = own_mib if self._base_mib is None else self._base_mib
            if own_mib > self._base_mib + self._memory_mib:
                raise MemoryPassed

    def _read_output(self) -> None:
        while True:
            try:
                data = os.read(self._pipe, CHUNK)
            except OSError:  # nothing there now, or closed
                return
            if not data:
                return
            self._printed += len(data)
            self.output_bytes += data[: max(0, KEPT_OUTPUT - len(self.output_bytes))]
            if self._printed > self._output_limit:
                raise OutputFlood
