"""The first sandbox: a separate process from a clean fork server, with limits and a wall clock.

It keeps suite and reference out of the student's process, and lets no process outlive it. It is *not* a
wall against hostile code: the file system, the network and other processes' files are in view. So its
level is `none`, and every record says so.
"""

import functools
import json
import os
import socket
import subprocess
from collections import deque
from typing import Final

from grader.core.record import SandboxReport
from grader.errors import MachineError
from grader.sandbox.launch import Launched, launch
from grader.sandbox.link import Link
from grader.sandbox.protocol import Config, Death
from grader.worker import forkserver, wire

START_S: Final = 60.0  # until the fork server has imported its packages; a cold disk can take long
ANSWER_S: Final = 30.0
SOCKET_BUFFER: Final = 4 * 2**20  # bytes; a small one costs a switch of processes every 200 KB


class ProcessSandbox:
    """A fork server and the workers that come from it."""

    def __init__(self, config: Config, launched: Launched | None = None) -> None:
        """Workers come from `launched`, or from a fork server launched now."""
        self._limits = config.limits
        self._reply = wire.Limits(buffers=config.limits.reply_mib * 2**20)
        self._launched = launched or launch(config)
        self._control = self._launched.control
        self._hello: dict[str, dict[str, str]] | None = None
        self._layers: list[str] = []
        self._asked: deque[tuple[socket.socket, int]] = deque()
        self._forked: deque[Link] = deque()

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

    def prepare(self) -> None:
        """Have a worker forked for the next `spawn`, without waiting for it."""
        self._started()
        channel, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        for end in (channel, far):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)
        pipe, far_pipe = os.pipe()
        self._asked.append((channel, pipe))
        try:
            socket.send_fds(self._control, [b"S"], [far.fileno(), far_pipe])
        except OSError as e:
            raise MachineError(f"no worker: {self._why() or e}") from e
        finally:
            far.close()
            os.close(far_pipe)

    def spawn(self) -> Link:
        """A worker that was prepared, or one forked now; it says hello by itself, later."""
        if not self._forked:
            if not self._asked:
                self.prepare()
            self._receive_workers(1)
        return self._forked.popleft()

    def _receive_workers(self, count: int) -> None:
        """Take over `count` of the workers that were asked for; answers come in the order of questions."""
        for _ in range(count):
            try:
                data, fds, _, _ = socket.recv_fds(self._control, 64, 1)
                if not fds:
                    raise MachineError(f"no worker: {self._why()}")
            except OSError as e:
                raise MachineError(f"no worker: {self._why() or e}") from e
            channel, pipe = self._asked.popleft()
            (pid,) = forkserver.PID.unpack(data)
            self._forked.append(
                Link(
                    pid=pid,
                    channel=channel,
                    pipe=pipe,
                    pidfd=fds[0],
                    reply=self._reply,
                    output_limit=self._limits.output_kib * 2**10,
                    reap=functools.partial(self._reap, pid),
                )
            )

    def close(self) -> None:
        """End all workers, the fork server and its folder."""
        while self._asked:
            channel, pipe = self._asked.popleft()
            channel.close()
            os.close(pipe)
        while self._forked:
            self._forked.popleft().discard()
        self._launched.close()

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
            self._receive_workers(len(self._asked))  # their answers come first
            code, status = forkserver.STATUS.unpack(self._control.recv(64))
        except (OSError, ValueError) as e:
            raise MachineError(f"the fork server did not answer: {self._why() or e}") from e
        return Death(status, None) if code == os.CLD_EXITED else Death(None, status)

    def _why(self) -> str:
        """The last line that the fork server wrote before it ended."""
        try:
            self._launched.server.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "it still runs, but does not answer"
        stderr = self._launched.server.stderr
        lines = stderr.read().decode(errors="replace").splitlines() if stderr else []
        return lines[-1] if lines else f"exit code {self._launched.server.returncode}"
