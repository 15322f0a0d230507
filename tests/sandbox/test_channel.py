"""Messages between processes of ours: whole, or an end within the deadline."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest

from grader.sandbox.channel import Channel


@pytest.fixture
def ends() -> Iterator[tuple[Channel, socket.socket]]:
    """A channel, and the bare socket at its other end."""
    ours, theirs = socket.socketpair()
    with contextlib.closing(Channel(ours)) as channel, theirs:
        yield channel, theirs


def soon() -> float:
    """A deadline that is over in a moment."""
    return time.monotonic() + 0.05


@pytest.mark.parametrize("size", [0, 1, 2**23], ids=["empty", "small", "larger than a socket's buffer"])
def test_a_message_arrives_whole(ends: tuple[Channel, socket.socket], size: int) -> None:
    """Whatever its size, and followed by another."""
    channel, theirs = ends
    other = Channel(theirs)
    sender = threading.Thread(target=lambda: [other.send(bytes(size)), other.send(b"next")])
    sender.start()

    received = channel.receive(), channel.receive()
    sender.join()

    assert received == (bytes(size), b"next")


@pytest.mark.parametrize("sent", [b"", struct.pack("<Q", 100) + b"half"], ids=["nothing", "half a message"])
def test_silence_has_a_deadline(ends: tuple[Channel, socket.socket], sent: bytes) -> None:
    """Also in the middle of a message."""
    channel, theirs = ends
    theirs.sendall(sent)

    with pytest.raises(TimeoutError):
        channel.receive(soon())


def test_an_end_that_takes_nothing_has_a_deadline(ends: tuple[Channel, socket.socket]) -> None:
    """A process that stands still reads nothing."""
    channel, _ = ends

    with pytest.raises(TimeoutError):
        channel.send(bytes(2**24), soon())


def test_an_end_that_goes_is_noticed(ends: tuple[Channel, socket.socket]) -> None:
    """Without a deadline too."""
    channel, theirs = ends
    theirs.sendall(struct.pack("<Q", 100) + b"half")
    theirs.close()

    assert channel.poll(60.0)
    with pytest.raises(EOFError):
        channel.receive()
