"""Imports an exercise's packages once for the fork servers of several judges.

Each of those is a fork of one program that was started as clean as any fork server (launch.py): explicit
arguments and environment, no descriptor of ours, not a byte of a suite or of a submission. It walls itself in
by itself, under a user, in a view and in namespaces of its own. What they share is what was imported, which
none of them can write for another: half the memory, and half the time to start, where that is torch.
"""

import contextlib
import json
import os
import socket
from pathlib import Path
from typing import Final

from grader.errors import Lost, MachineError, host_at_fault
from grader.sandbox import ending, launch
from grader.sandbox.launch import Folder, Launched
from grader.sandbox.protocol import Config

START_S: Final = 60.0  # until it has imported the packages; a cold disk can take long


class Importer:
    """The program that has imported; made by one process, and asked by those that are forked from that."""

    def __init__(self, config: Config) -> None:
        """It starts now. Raises MachineError."""
        launch.allowed(config.granted)
        launch.remove_abandoned()
        try:
            self._server, self._control = launch.program(config, None, Path("/"))
        except OSError as e:
            raise host_at_fault(e) or MachineError(f"the fork server cannot be started: {e}") from e
        assert self._server.stderr is not None
        self._errors = self._server.stderr

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._server.pid

    def launch(self, config: Config) -> Launched:
        """A fork server, as `launch.launch` starts one; `config` is the importer's own.

        Raises:
            Lost: the importer has ended.
            MachineError: there is no place for the fork server.
        """
        from grader.worker.forkserver import PID  # with it comes numpy: the importer starts before that

        folder = Folder()
        try:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        except OSError as e:
            folder.remove()
            raise host_at_fault(e) or MachineError(f"no fork server: {e}") from e
        try:
            wall = json.dumps(launch.wall(config, folder)).encode()
            with theirs:
                socket.send_fds(self._control, [wall], [theirs.fileno()])
            ours.settimeout(START_S)
            data, fds, _, _ = socket.recv_fds(ours, PID.size, 1)
            if not fds:  # the other end is closed
                raise MachineError(f"the fork server did not start: {self._last_words()}")
        except BaseException as e:
            ours.close()
            folder.remove()
            if isinstance(e, OSError):
                raise Lost(f"the fork server did not start: {self._last_words()}") from e
            raise
        server = ending.Grandchild(self._server.pid)
        (pid,) = PID.unpack(data)
        server.is_known(pid, fds[0])
        return Launched(server, ours, folder, None)

    def close(self) -> None:
        """End it, by the process that made it. May be called again."""
        self._control.close()
        if not ending.wait(self._server, launch.END_S):
            self._server.kill()
            self._server.wait()
        self._errors.close()

    def _last_words(self) -> str:
        """The last line that it wrote."""
        os.set_blocking(self._errors.fileno(), False)
        lines: list[str] = []
        with contextlib.suppress(OSError):
            lines = (self._errors.read() or b"").decode(errors="replace").splitlines()
        return lines[-1] if lines else "its parent has ended"
