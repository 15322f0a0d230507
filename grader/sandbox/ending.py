"""Waiting for a process of ours to end, without the pauses of `Popen.wait`, which looks at growing intervals.

Each look that comes too late costs up to 50 ms, and a command waits for two processes, one after the other.
"""

import os
import select
import subprocess


def wait(process: "subprocess.Popen[bytes]", seconds: float) -> bool:
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
