"""The sandbox of Linux: workers from a clean fork server, walled in by the kernel, ended by a wall clock.

What the wall is made of is decided in the fork server (worker/seal.py), where it is tried first; whether that
is enough is decided here (policy.py). Control groups are ours to make: a worker cannot reach them.
"""

import contextlib
import functools
import json
import os
import select
import signal
import socket
import struct
import time
from collections import deque
from dataclasses import replace
from typing import Any, Final

from grader.core.record import SandboxReport
from grader.errors import Lost, MachineError, host_at_fault
from grader.sandbox import policy, stops
from grader.sandbox.cgroup import Group, Groups
from grader.sandbox.launch import Launched, launch
from grader.sandbox.link import Link
from grader.sandbox.protocol import Config, Death
from grader.worker import forkserver, seal, wire

START_S: Final = 60.0  # until the fork server has imported its packages; a cold disk can take long
ANSWER_S: Final = 30.0
SOCKET_BUFFER: Final = 4 * 2**20  # bytes; a small one costs a switch of processes every 200 KB
CPU_SLACK_S: Final = 0.5  # the kernel looks at the limit of CPU time once a tick or more


class LinuxSandbox:
    """A fork server and the workers that come from it."""

    def __init__(self, config: Config, launched: Launched | None = None) -> None:
        """Workers come from `launched`, or from a fork server launched now."""
        self._config = config
        self._limits = config.limits
        self._reply = wire.Limits(buffers=config.limits.reply_mib * 2**20)
        self._launched = launched or launch(config)
        self._control = self._launched.control
        self._said: dict[str, Any] | None = None
        self._hello: dict[str, Any] | None = None
        self._report: SandboxReport | None = None
        self._groups: Groups | None = None
        self._asked: deque[tuple[socket.socket, int, Group | None]] = deque()
        self._forked: deque[Link] = deque()
        self._lost: Lost | None = None

    @property
    def report(self) -> SandboxReport:
        """The layers that hold; raises MachineError where they are not enough."""
        self._started()
        assert self._report is not None
        return self._report

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the packages that a worker sees."""
        versions: dict[str, str] = self._started()["versions"]
        return versions

    def prepare(self) -> None:
        """Have a worker forked for the next `spawn`, without waiting for it."""
        self._started()
        self._there()
        group = self._group()
        try:
            channel, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
            pipe, far_pipe = os.pipe()
        except OSError as e:
            raise host_at_fault(e) or MachineError(f"no worker: {e}") from e
        for end in (channel, far):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)
        self._asked.append((channel, pipe, group))
        doors = [] if group is None else group.doors
        try:
            socket.send_fds(self._control, [b"S"], [far.fileno(), far_pipe, *doors])
        except OSError as e:
            raise self._lose("no worker") from e
        finally:
            far.close()
            os.close(far_pipe)

    def _group(self) -> Group | None:
        """The control group of the next worker, which enters it by itself before it sees any code."""
        if self._groups is None:
            return None
        try:
            return self._groups.take_one()
        except OSError as e:
            raise MachineError(f"no control group for a worker: {e}") from e

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
            self._there()
            try:
                data, fds, _, _ = socket.recv_fds(self._control, 64, 1)
            except OSError as e:
                raise self._lose("no worker") from e
            if not data:
                raise self._lose("no worker")
            if not fds:
                raise self._lose("no worker: too many files are open here (ulimit -n)")
            channel, pipe, group = self._asked.popleft()
            (number,) = forkserver.PID.unpack(data)
            self._forked.append(
                Link(
                    pid=_pid_here(fds[0]),
                    channel=channel,
                    pipe=pipe,
                    pidfd=fds[0],
                    reply=self._reply,
                    output_limit=self._limits.output_kib * 2**10,
                    layers=self._started()["layers"],
                    memory_mib=None if self._groups else self._limits.memory_mib,
                    alone=self._started()["plan"] == seal.Namespaces.name,
                    reap=functools.partial(self._reap, number, group),
                )
            )

    def close(self) -> None:
        """End all workers, the fork server and its folder."""
        while self._asked:
            channel, pipe, _ = self._asked.popleft()
            channel.close()
            os.close(pipe)
        while self._forked:
            with contextlib.suppress(MachineError):  # the fork server is gone, and they with it
                self._forked.popleft().discard()
        self._launched.close()
        if self._groups is not None:
            self._groups.close()

    def _started(self) -> dict[str, Any]:
        """What the fork server said when it was ready."""
        if self._hello is None:
            said = self._listen()
            self._report = policy.report(said["plan"], said["layers"], said["missing"], self._config.accept)
            self._limit_memory()
            self._hello = said
        return self._hello

    def _listen(self) -> dict[str, Any]:
        if self._said is None:
            self._there()
            self._control.settimeout(ANSWER_S)
            self._until_it_speaks()
            try:
                data = self._control.recv(2**16)
            except OSError as e:
                raise self._lose("the fork server did not start") from e
            if not data:
                if (self._launched.server.poll() or 0) > 0:  # it says why itself, and would say it again
                    raise MachineError(f"the fork server did not start: {self._launched.last_words()}")
                raise self._lose("the fork server did not start")
            self._said = json.loads(data)
            if self._said["plan"] == seal.Namespaces.name:
                self._launched.folder.remove()  # its workers live in a view of their own
        assert self._said is not None
        return self._said

    def _until_it_speaks(self) -> None:
        """Wait for the hello, or the end, of a fork server that starts."""
        deadline, watch = time.monotonic() + START_S, stops.Watch(self._launched.server.pid)
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        while not poll.poll(stops.LOOK_S * 1000):
            if watch.stands_still():
                raise self._lose("something outside of the grader has stopped the fork server")
            if time.monotonic() >= deadline:
                raise self._lose(f"the fork server was not ready in {START_S:.0f} s")

    def found(self) -> tuple[str, list[str], dict[str, str]]:
        """(plan, layers that hold, why others do not), whether or not that is enough. Raises MachineError."""
        said = self._listen()
        layers, missing = list(said["layers"]), dict(said["missing"])
        groups = self._groups_here()
        if isinstance(groups, Groups):
            groups.close()
            layers.append("cgroup")
        else:
            missing["cgroup"] = groups
        return said["plan"], layers, missing

    def _limit_memory(self) -> None:
        """Make control groups, where that is possible; without them, other limits and a watch must do."""
        assert self._report is not None
        found = self._groups_here()
        if isinstance(found, Groups):
            self._groups = found
            self._report = replace(self._report, layers=[*self._report.layers, "cgroup"])
        else:
            warnings = [*self._report.warnings, f"cgroup: {found}"]
            self._report = replace(self._report, warnings=warnings)

    def _groups_here(self) -> Groups | str:
        granted = self._config.granted
        return Groups.here(memory_mib=granted.memory_mib, processes=granted.processes)

    def _reap(self, number: int, group: Group | None, wait: bool) -> Death | None:
        try:
            self._there()
            self._control.send((b"W" if wait else b"R") + forkserver.PID.pack(number))
            if not wait:
                return None
            self._receive_workers(len(self._asked))  # their answers come first
            code, status, cpu_s = forkserver.STATUS.unpack(self._control.recv(64))
        except (OSError, struct.error) as e:  # the latter: it has hung up
            raise self._lose("the fork server did not answer") from e
        finally:
            if group is not None and self._groups is not None:
                self._groups.give(group)
        if code == os.CLD_EXITED:
            return Death(status, None)
        if status == signal.SIGKILL and group is not None and group.out_of_memory:
            return Death(None, status, "memory")
        if status in (signal.SIGKILL, signal.SIGXCPU) and cpu_s > self._limits.cpu_s - CPU_SLACK_S:
            return Death(None, status, "cpu")
        return Death(None, status)

    def _there(self) -> None:
        """Raises Lost if the fork server was lost before: nobody waits for it twice."""
        if self._lost is not None:
            raise Lost(*self._lost.args)

    def _lose(self, what: str) -> Lost:
        """What to raise now; from here on the fork server counts as lost."""
        self._lost = Lost(f"{what}: {self._launched.last_words()}")
        return self._lost


def _pid_here(pidfd: int) -> int:
    """The process's id in this process's namespace; -1 if it is gone."""
    with open(f"/proc/self/fdinfo/{pidfd}", encoding="ascii") as file:
        for line in file:
            if line.startswith("Pid:"):
                return int(line.split()[1])
    return -1
