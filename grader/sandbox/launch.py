"""Starts the fork server: a clean program, with arguments and environment of its own.

Imports nothing heavy, so that a judge can launch it first and import numpy and pytest while it starts.
"""

import contextlib
import fcntl
import json
import math
import os
import resource
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from grader.core.course import PACKAGES, Limits
from grader.errors import MachineError, host_at_fault
from grader.sandbox import ending
from grader.sandbox.protocol import Config

FORK_SERVER: Final = "grader.worker.forkserver"
END_S: Final = 5.0  # it has only to kill and to reap; an engine gives its judge twice as long
PREFIX: Final = "dlgrade-view-"
YOUNG_S: Final = 60.0
HOME: Final = "/home/student"  # as in worker/view.py, which is heavier to import

# Nothing of ours is inherited. One thread: a forked child of a process that started OpenMP hangs.
# A fixed hash seed: the same file gets the same record.
ENVIRONMENT: Final = {
    "PATH": "/usr/bin:/bin",
    # Large blocks in large pages: filling 256 MiB takes half the time or less.
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "LANG": "C.UTF-8",
    "HOME": HOME,
    "TMPDIR": HOME,
    "USER": "student",
    "LOGNAME": "student",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # Threads that wait sleep: two that spin on one CPU made right work look 50 times as slow.
    "OMP_WAIT_POLICY": "PASSIVE",
}


# Read by CUDA's libraries as they are loaded, before any code of a student's.
_CUDA: Final = {
    # Kernels end before the call that started them returns: an error is raised in its own line, and the time
    # of a call is its own.
    "CUDA_LAUNCH_BLOCKING": "1",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # what deterministic algorithms of cuBLAS ask for
    "NVIDIA_TF32_OVERRIDE": "0",  # no TF32, whatever a program sets
    "CUDA_CACHE_DISABLE": "1",  # the working folder is too small for compiled kernels, and empty each time
    "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # `is_available` before a fork opens nothing
}


def _environment(config: Config) -> dict[str, str]:
    if config.device == "cpu":
        return ENVIRONMENT
    return {**ENVIRONMENT, **_CUDA, "CUDA_VISIBLE_DEVICES": config.gpu}


class Folder:
    """An empty folder that cannot be written: the mount point of a view, or where workers stand.

    It is locked as long as this process lives and needs it, so that others can tell it from one that a
    process that was killed has left (`remove_abandoned`).
    """

    def __init__(self) -> None:
        """Raises MachineError where there is no place for it."""
        try:
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        except OSError as e:
            raise host_at_fault(e) or MachineError(
                f"no temporary folder can be made: {(e.strerror or str(e)).lower()}; "
                "set TMPDIR to a folder that you can write"
            ) from e
        try:
            self._fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            with contextlib.suppress(OSError):  # a file system without locks: then nobody gets one
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.fchmod(self._fd, _MODE)
        except OSError as e:
            self.path.rmdir()
            raise host_at_fault(e) or MachineError(f"no temporary folder can be made: {e}") from e

    def remove(self) -> None:
        """Nobody needs it any more. May be called again."""
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                self.path.rmdir()
            os.close(self._fd)
            self._fd = -1


_MODE: Final = 0o555
_HOME_MODE: Final = 0o1700  # as in worker/forkserver.py, which is heavier to import


def remove_abandoned() -> None:
    """Remove the folders of this user's graders and fork servers that were killed."""
    with contextlib.suppress(OSError):
        for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
            with contextlib.suppress(OSError):  # in use; or gone, or no folder, or not empty
                _remove_if_abandoned(path)


def _remove_if_abandoned(path: Path) -> None:
    """Raises OSError unless the folder is nobody's and is removed."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        found = os.fstat(fd)
        # One that is just being made has another mode, and is not locked yet.
        mode = stat.S_IMODE(found.st_mode)
        made = mode in (_MODE, _HOME_MODE) or found.st_mtime < time.time() - YOUNG_S
        if made and found.st_uid == os.geteuid():
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if mode == _HOME_MODE:
                shutil.rmtree(path)
            else:
                path.rmdir()
    finally:
        os.close(fd)


@dataclass(frozen=True, slots=True)
class Launched:
    """A fork server that is starting, or runs."""

    server: ending.Process
    control: socket.socket
    folder: Folder
    """The working folder of its workers, unless they get one of their own."""
    stderr: IO[bytes] | None

    def close(self) -> None:
        """End it with its workers, and remove its folder. May be called again."""
        self.control.close()
        if not ending.wait(self.server, END_S):
            self.server.kill()
            self.server.wait()
        if self.stderr is not None:
            self.stderr.close()
        self.folder.remove()

    def last_words(self) -> str:
        """The last line that it wrote before it ended."""
        if not ending.wait(self.server, 1):
            return "it still runs, but does not answer"
        said = b""
        if self.stderr is not None:
            os.set_blocking(self.stderr.fileno(), False)  # a process of its may still hold it
            said = self.stderr.read() or b""
        lines = said.decode(errors="replace").splitlines()
        return lines[-1] if lines else f"exit code {self.server.poll()}"


def launch(config: Config) -> Launched:
    """A fork server for `config`; it says hello on `control` when it is ready. Raises MachineError."""
    allowed(config.granted)
    remove_abandoned()
    folder = Folder()
    try:
        return _launch(config, folder)
    except BaseException as e:
        folder.remove()
        if isinstance(e, OSError):
            raise host_at_fault(e) or MachineError(f"the fork server cannot be started: {e}") from e
        raise


def allowed(limits: Limits) -> None:
    """Raises MachineError where this process may not give a worker what the exercise's limits promise."""
    for which, name, needed in (
        (resource.RLIMIT_NOFILE, "open files (ulimit -Hn", limits.open_files),
        (resource.RLIMIT_FSIZE, "bytes in a file (ulimit -Hf", limits.disk_mib * 2**20),
        (resource.RLIMIT_CPU, "seconds of CPU time (ulimit -Ht", math.ceil(limits.cpu_s)),
    ):
        hard = resource.getrlimit(which)[1]
        if hard != resource.RLIM_INFINITY and hard < needed:
            raise MachineError(
                f"submissions are promised {needed} {name} says {hard}): allow more, and try again"
            )


def _launch(config: Config, folder: Folder) -> Launched:
    server, control = program(config, wall(config, folder), folder.path)
    return Launched(server, control, folder, server.stderr)


def program(
    config: Config, wall: dict[str, Any] | None, place: Path
) -> "tuple[subprocess.Popen[bytes], socket.socket]":
    """The fork server's program, started in `place`, and the socket to it. Raises OSError.

    Without a `wall` it only imports, and is an `Importer`'s.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    limits = config.granted
    settings = {
        "temporary": tempfile.gettempdir(),
        "packages": [PACKAGES.get(name, name) for name in config.packages],
        "reply": limits.reply_mib * 2**20,
        # Of the GPU's memory; None where there is none to be opened.
        "gpu_mib": config.limits.memory_mib if config.device == "cuda" else None,
        "limits": {
            "memory_mib": limits.memory_mib,
            "cpu_s": math.ceil(limits.cpu_s),
            "open_files": limits.open_files,
            "processes": limits.processes,
        },
        "rehearse": config.rehearse,
        "forbidden": None if not config.forbidden else config.forbidden.globs,
        "wall": wall,
    }
    try:
        server = subprocess.Popen(
            # -P and -s: neither the working folder nor the user's packages are importable.
            [sys.executable, "-P", "-s", "-m", FORK_SERVER, str(theirs.fileno()), json.dumps(settings)],
            env=_environment(config),
            cwd=place,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return server, ours


def wall(config: Config, folder: Folder) -> dict[str, Any]:
    """What a fork server is told of its wall."""
    limits = config.granted
    return {
        "plan": "none" if config.accept == "none" else "strongest",
        "place": str(folder.path),
        "uid": _other_user() if os.geteuid() == 0 else None,
        "work_mib": limits.disk_mib,
        "inodes": limits.inodes,
    }


def _other_user() -> int:
    """A user that is nobody's: of the ids that systemd's table of users leaves unused."""
    return 60_578 + os.getpid() % 600
