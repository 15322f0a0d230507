"""The first sandbox: a separate process from a clean fork server, with limits and a wall clock.

It keeps suite and reference out of the student's process, and lets no process outlive it. It is *not* a
wall against hostile code: the file system, the network and other processes' files are in view. So its
level is `none`, and every record says so.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from grader.core.record import SandboxReport
from grader.errors import MachineError
from grader.sandbox.link import Link
from grader.sandbox.protocol import Config, Death
from grader.worker import forkserver, wire

START_S: Final = 60.0  # until the fork server has imported its packages; a cold disk can take long
ANSWER_S: Final = 30.0
SOCKET_BUFFER: Final = 4 * 2**20  # bytes; a small one costs a switch of processes every 200 KB

# Nothing of ours is inherited. One thread: a forked child of a process that started OpenMP hangs.
# A fixed hash seed: the same file gets the same record.
ENVIRONMENT: Final = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/nonexistent",
    "TMPDIR": "/nonexistent",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


class ProcessSandbox:
    """A fork server and the workers that come from it."""

    def __init__(self, config: Config) -> None:
        self._limits = config.limits
        self._reply = wire.Limits(buffers=config.limits.reply_mib * 2**20)
        self._folder = Path(tempfile.mkdtemp(prefix="dlgrade-"))
        self._folder.chmod(0o555)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        settings = {
            "packages": list(config.packages),
            "reply": self._reply.buffers,
            "limits": {
                "memory_mib": config.limits.memory_mib,
                "cpu_s": int(config.limits.total_s + config.limits.import_s) + 5,
                "open_files": config.limits.open_files,
            },
        }
        self._server = subprocess.Popen(
            # -P and -s: neither the working folder nor the user's packages are importable.
            [
                sys.executable,
                "-P",
                "-s",
                "-m",
                forkserver.__name__,
                str(theirs.fileno()),
                json.dumps(settings),
            ],
            env=ENVIRONMENT,
            cwd=self._folder,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        theirs.close()
        self._control = ours
        self._hello: dict[str, dict[str, str]] | None = None
        self._layers: list[str] = []

    @property
    def report(self) -> SandboxReport:
        """Level `none`: see the module's docstring."""
        self._started()
        return SandboxReport(
            level="none",
            layers=["process", "clean_environment", "closed_descriptors", *self._layers],
            warnings=[
                "no wall: the student's code can read and delete this user's files and use the network"
            ],
        )

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the packages that a worker sees."""
        return self._started()["versions"]

    def spawn(self) -> Link:
        """Fork a worker; it says hello by itself, later."""
        self._started()
        channel, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        for end in (channel, far):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)
        pipe, far_pipe = os.pipe()
        try:
            socket.send_fds(self._control, [b"S"], [far.fileno(), far_pipe])
            data, fds, _, _ = socket.recv_fds(self._control, 64, 1)
            if not fds:
                raise MachineError(f"no worker: {self._why()}")
        except OSError as e:
            channel.close()
            os.close(pipe)
            raise MachineError(f"no worker: {self._why() or e}") from e
        finally:
            far.close()
            os.close(far_pipe)
        (pid,) = forkserver.PID.unpack(data)
        return Link(
            channel=channel,
            pipe=pipe,
            pidfd=fds[0],
            reply=self._reply,
            output_limit=self._limits.output_kib * 2**10,
            reap=lambda wait: self._reap(pid, wait),
        )

    def close(self) -> None:
        """End all workers, the fork server and its folder."""
        self._control.close()
        try:
            self._server.wait(timeout=ANSWER_S)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        if self._server.stderr is not None:
            self._server.stderr.close()
        self._folder.rmdir()

    def _started(self) -> dict[str, dict[str, str]]:
        """What the fork server said when it was ready."""
        if self._hello is None:
            self._control.settimeout(START_S)
            try:
                data = self._control.recv(2**16)
            except TimeoutError as e:
                raise MachineError(f"the fork server was not ready in {START_S:.0f} s") from e
            if not data:
                raise MachineError(f"the fork server did not start: {self._why()}")
            hello = json.loads(data)
            self._layers = hello.pop("layers")
            self._hello = hello
            self._control.settimeout(ANSWER_S)
        return self._hello

    def _reap(self, pid: int, wait: bool) -> Death | None:
        try:
            self._control.send((b"W" if wait else b"R") + forkserver.PID.pack(pid))
            if not wait:
                return None
            code, status = forkserver.STATUS.unpack(self._control.recv(64))
        except (OSError, ValueError) as e:
            raise MachineError(f"the fork server did not answer: {self._why() or e}") from e
        return Death(status, None) if code == os.CLD_EXITED else Death(None, status)

    def _why(self) -> str:
        """The last line that the fork server wrote before it ended."""
        try:
            self._server.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "it still runs, but does not answer"
        lines = (
            self._server.stderr.read().decode(errors="replace").splitlines() if self._server.stderr else []
        )
        return lines[-1] if lines else f"exit code {self._server.returncode}"
