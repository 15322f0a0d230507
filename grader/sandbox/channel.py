"""Whole messages between two processes of ours, each under one absolute deadline.

A process that is stopped, or dies in the middle of a message, keeps nobody waiting longer than that. Neither
end is a worker's: lengths are not doubted.
"""

import select
import socket
import struct
import time
from collections.abc import Sequence
from typing import Final

_LENGTH: Final = struct.Struct("<Q")
_CHUNK: Final = 2**20


class Channel:
    """One end. Times are of `time.monotonic`; without a deadline it waits as long as the other end lives."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        end.setblocking(False)

    def fileno(self) -> int:
        """For selectors: readable when a message begins, or the other end has gone."""
        return self._end.fileno()

    def poll(self, seconds: float) -> bool:
        """Whether within `seconds`, if that is positive, a message begins, or the other end goes."""
        return self._ready(select.POLLIN, time.monotonic() + seconds)

    def send(self, data: bytes, deadline: float | None = None) -> None:
        """A whole message. Raises TimeoutError, after which the channel is of no use, or OSError."""
        for part in (_LENGTH.pack(len(data)), data):
            view = memoryview(part)
            while view:
                try:
                    view = view[self._end.send(view) :]
                except BlockingIOError:
                    if not self._ready(select.POLLOUT, deadline):
                        raise TimeoutError("the other end takes nothing") from None

    def receive(self, deadline: float | None = None) -> bytes:
        """A whole message. Raises TimeoutError, EOFError if the other end has gone, or OSError."""
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size, deadline))
        return self._exactly(length, deadline)

    def hand(self, word: bytes, fds: Sequence[int]) -> None:
        """A word of known size, with descriptors: between messages. Raises OSError."""
        socket.send_fds(self._end, [word], fds)

    def take(self, size: int, count: int) -> tuple[bytes, list[int]]:
        """What was handed over, once it is there. Raises EOFError if the other end has gone, or OSError."""
        word, fds, _, _ = socket.recv_fds(self._end, size, count)
        if not word:
            raise EOFError
        return word, fds

    def close(self) -> None:
        """Hang up. May be called again."""
        self._end.close()

    def _exactly(self, size: int, deadline: float | None) -> bytes:
        data = bytearray()
        while len(data) < size:
            try:
                some = self._end.recv(min(size - len(data), _CHUNK))
            except BlockingIOError:
                if not self._ready(select.POLLIN, deadline):
                    raise TimeoutError("the other end says nothing") from None
                continue
            if not some:
                raise EOFError
            data += some
        return bytes(data)

    def _ready(self, event: int, deadline: float | None) -> bool:
        poll = select.poll()
        poll.register(self._end, event)
        left = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
        return bool(poll.poll(left))
