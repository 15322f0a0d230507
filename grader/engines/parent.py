"""The process that the judge servers of several slots are forked from.

It has imported an exercise's packages and collected its suite, once for all of them, and judges nothing. A
slot whose judge has died gets another one in the time of a fork.
"""

import contextlib
import os
import socket
import struct
import time
from typing import IO, Final, NamedTuple

import msgspec

from grader.core.messages import Answer, Order, Trouble
from grader.engines import spawn
from grader.sandbox import ending
from grader.sandbox.channel import Channel

SEND_S: Final = 10.0
CLOSE_S: Final = 15.0  # its judges end before it does
PID: Final = struct.Struct("<i")  # the first word of a judge, with a descriptor of its process
FORK: Final = b"F"  # a request, with the judge's end of a socket, and where it writes errors

_ANSWER: Final[msgspec.json.Decoder[Answer]] = msgspec.json.Decoder(Answer)


class Forked(NamedTuple):
    """A judge server, as `spawn.Server` is one; it says who it is by its first word."""

    process: ending.Grandchild
    end: socket.socket
    errors: IO[bytes]


class Parent:
    """The engine's end of it."""

    def __init__(self, order: Order) -> None:
        """It starts now. Raises OSError."""
        self._server = spawn.take()
        self._channel = Channel(self._server.end)
        with contextlib.suppress(OSError):  # it has ended: noticed when it is asked
            several = msgspec.structs.replace(order, several=True)
            self._channel.send(msgspec.json.encode(several), time.monotonic() + SEND_S)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._server.process.pid

    @property
    def ended(self) -> bool:
        """Whether it has gone, and its judges with it."""
        return self._server.process.poll() is not None

    def fork(self) -> Forked:
        """A judge server, forked as soon as the suite is collected. Raises OSError."""
        errors = os.fdopen(os.memfd_create("dlgrade-judge"), "w+b")
        try:
            ours, theirs = socket.socketpair()
        except OSError:
            errors.close()
            raise
        with theirs, contextlib.suppress(BrokenPipeError, ConnectionError):  # it has ended: so the judge has
            self._channel.hand(FORK, [theirs.fileno(), errors.fileno()])
        return Forked(ending.Grandchild(self.pid), ours, errors)

    def trouble(self) -> Trouble | None:
        """What it said, if it ended before it could fork."""
        with contextlib.suppress(EOFError, OSError):
            if self._channel.poll(0):
                answer = _ANSWER.decode(self._channel.receive(time.monotonic() + SEND_S))
                return answer if isinstance(answer, Trouble) else None
        return None

    def last_words(self) -> str:
        """The last line that it wrote to stderr, or how it ended."""
        return spawn.last_words(self._server.process, self._server.errors)

    def hang_up(self) -> None:
        """Tell it to end with its judges, at once even where it is still importing."""
        self._channel.close()
        self._server.process.terminate()

    def close(self) -> None:
        """End it and its judges. May be called again."""
        self.hang_up()
        if not ending.wait(self._server.process, CLOSE_S):
            self._server.process.kill()
            self._server.process.wait()
        self._server.errors.close()
