"""Starts the fork server: a clean program, with arguments and environment of its own.

Imports nothing heavy, so that a judge can launch it first and import numpy and pytest while it starts.
"""

import json
import math
import os
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grader.core.course import PACKAGES
from grader.sandbox.protocol import Config

FORK_SERVER: Final = "grader.worker.forkserver"
END_S: Final = 30.0
HOME: Final = "/home/student"  # as in worker/view.py, which is heavier to import

# Nothing of ours is inherited. One thread: a forked child of a process that started OpenMP hangs.
# A fixed hash seed: the same file gets the same record.
ENVIRONMENT: Final = {
    "PATH": "/usr/bin:/bin",
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
}


@dataclass(frozen=True, slots=True)
class Launched:
    """A fork server that is starting, or runs."""

    server: "subprocess.Popen[bytes]"
    control: socket.socket
    folder: Path
    """The working folder of its workers: empty, and not to be written."""

    def close(self) -> None:
        """End it with its workers, and remove its folder. May be called again."""
        self.control.close()
        try:
            self.server.wait(timeout=END_S)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()
        if self.server.stderr is not None:
            self.server.stderr.close()
        if self.folder.exists():
            self.folder.rmdir()


def launch(config: Config) -> Launched:
    """A fork server for `config`; it says hello on `control` when it is ready."""
    folder = Path(tempfile.mkdtemp(prefix="dlgrade-"))
    folder.chmod(0o555)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    limits = config.limits
    settings = {
        "packages": [PACKAGES.get(name, name) for name in config.packages],
        "reply": limits.reply_mib * 2**20,
        "limits": {
            "memory_mib": limits.memory_mib,
            "cpu_s": math.ceil(limits.cpu_s),
            "open_files": limits.open_files,
            "processes": limits.processes,
        },
        "wall": {
            "plan": "none" if config.accept == "none" else "strongest",
            "place": str(folder),
            "uid": _other_user() if os.geteuid() == 0 else None,
            "work_mib": limits.disk_mib,
            "inodes": limits.inodes,
        },
    }
    server = subprocess.Popen(
        # -P and -s: neither the working folder nor the user's packages are importable.
        [sys.executable, "-P", "-s", "-m", FORK_SERVER, str(theirs.fileno()), json.dumps(settings)],
        env=ENVIRONMENT,
        cwd=folder,
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    theirs.close()
    return Launched(server, ours, folder)


def _other_user() -> int:
    """A user that is nobody's: of the ids that systemd's table of users leaves unused."""
    return 60_578 + os.getpid() % 600
