"""Without a control group memory is watched from outside: also of a worker that keeps the judge busy."""

import os
import socket
import subprocess
import sys
import time

import pytest

from grader.sandbox.link import Link
from grader.sandbox.protocol import MemoryPassed
from grader.worker import wire

WORKER = """
import os, socket, sys, time
from grader.worker import wire

sock = socket.socket(fileno=int(sys.argv[1]))
encoder = wire.Encoder(wire.Limits())
encoder.put((wire.VERSION, []))
sock.sendall(wire.pack(wire.HELLO, 0, encoder))
sock.recv(1)
held = []
for _ in range(60):  # 240 MiB, and never silent for as long as the judge waits between looks
    held.append(bytearray(b"x") * 2**22)
    os.write(int(sys.argv[2]), b".")
    time.sleep(0.01)
time.sleep(60)
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="Linux")
def test_a_worker_that_is_never_silent_is_watched_too() -> None:
    """It takes more than it may, printing all the while: it is seen before it has all that it wants."""
    channel, far = socket.socketpair()
    pipe, far_pipe = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, str(far.fileno()), str(far_pipe)],
        pass_fds=[far.fileno(), far_pipe],
    ) as worker:
        far.close()
        os.close(far_pipe)
        try:
            link = Link(
                pid=worker.pid,
                channel=channel,
                pipe=pipe,
                pidfd=os.pidfd_open(worker.pid),
                reply=wire.Limits(),
                output_limit=2**20,
                layers=[],
                alone=False,
                memory_mib=64,
                reap=lambda _: None,
            )
            link.greet(time.monotonic() + 30)
            channel.send(b"?")
            with pytest.raises(MemoryPassed):
                link.receive(time.monotonic() + 10)
            link.discard()
        finally:
            worker.kill()

    assert 1 <= len(link.output) < 50
