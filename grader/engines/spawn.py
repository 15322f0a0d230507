"""The process of a judge server.

A command that is going to judge may start one before it has read its own command line: the server imports
pytest and numpy meanwhile. Little is imported here, since that is the point.
"""

import os
import socket
import subprocess
import sys
from typing import IO, Final, NamedTuple

from grader.sandbox import ending

# As for workers: one thread a process, and the same order of sets in each run.
_ENVIRONMENT: Final = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "CUDA_VISIBLE_DEVICES": "",  # a judge computes on the CPU, and opens no GPU by accident either
}
_KEPT: Final = ("PATH", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "GRADE_STATE", "HOME")


SERVER: "tuple[str, ...]" = ("-m", "grader.engines.server")
"""What Python runs; benchmarks run it with a part taken out."""


class Server(NamedTuple):
    """A judge server that waits for its order."""

    process: "subprocess.Popen[bytes]"
    end: socket.socket
    """Our end of its socket."""
    errors: IO[bytes]
    """What it writes to stderr; in memory, since there may be no folder for it."""


_ahead: list[Server] = []


def ahead() -> None:
    """Start one for the next `take`; where that fails, `take` fails again and its caller is told."""
    try:
        _ahead.append(_start())
    except OSError:
        return


def take() -> Server:
    """The one that was started ahead, or a new one. Raises OSError."""
    return _ahead.pop() if _ahead else _start()


def last_words(process: ending.Process, errors: IO[bytes]) -> str:
    """The last line that a judge server wrote to stderr, or how it ended."""
    ending.wait(process, 1)
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"exit code {process.poll()}"


def forget() -> None:
    """End one that was started ahead and never taken."""
    while _ahead:
        server = _ahead.pop()
        server.end.close()
        server.process.kill()
        server.process.wait()
        server.errors.close()


def _start() -> Server:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    errors = os.fdopen(os.memfd_create("dlgrade-judge"), "w+b")
    try:
        ours, theirs = socket.socketpair()
    except OSError:
        errors.close()
        raise
    with theirs:
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", *SERVER, str(theirs.fileno())],
                env={**kept, **_ENVIRONMENT},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
        except OSError:
            errors.close()
            ours.close()
            raise
    return Server(process, ours, errors)
