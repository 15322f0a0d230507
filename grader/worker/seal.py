"""What a worker gives up before it sees the student's code, by one of three plans.

    Namespaces   a file system, processes, a network and users of its own; then Landlock, limits, seccomp
    Landlocked   where namespaces are refused: Landlock and, as root, another user; limits, seccomp
    Bare         limits and seccomp alone: no wall, for machines where nothing else stands

A plan has two parts: `enter`, what the fork server does once for itself and all workers, and `apply`, what
each worker does, just after it was forked. Each step either holds or raises. What a plan does is on trial
(`trial`) in a process of its own before the fork server commits itself to it.
"""

import contextlib
import errno
import os
import resource
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from grader.worker import kernel, landlock, seccomp
from grader.worker.cuda import Profile
from grader.worker.view import View

HOSTNAME: Final = "worker"
STACK_MIB: Final = 8
OTHERS: Final = 1024
"""Where workers are not counted apart: what their user may start elsewhere before they miss a thread."""
_SHARED: Final = (
    kernel.CLONE_NEWNS
    | kernel.CLONE_NEWNET
    | kernel.CLONE_NEWIPC
    | kernel.CLONE_NEWUTS
    | kernel.CLONE_NEWCGROUP
    | kernel.CLONE_NEWPID
)
"""Namespaces that all workers of a fork server share; each has processes, mounts and users of its own."""


class Plan(Protocol):
    """How workers are walled in."""

    name: str
    layers: list[str]
    missing: dict[str, str]
    """Layers that this plan would have, and why they do not hold here."""

    def enter(self) -> None:
        """Once, in the fork server; returns in the process that is to be it. Raises OSError."""

    def fork(self) -> int:
        """`os.fork` for a worker."""

    def apply(self) -> None:
        """In the worker: give up all that it does not need. Raises OSError."""


class _Limits:
    """The last steps of every plan: limits, no way up, the system calls that are left."""

    def __init__(self, limits: Mapping[str, int], *, cuda: bool) -> None:
        self._limits = limits
        self._cuda = cuda
        self._program = seccomp.program(kernel.machine(), cuda=cuda)
        self._mapped = 0
        self._threads: int | None = limits["processes"]

    def measure(self) -> None:
        """Note how much memory the fork server has mapped: that much a worker has before its first line."""
        with open("/proc/self/statm", "rb") as f:
            self._mapped = int(f.read().split()[0]) * resource.getpagesize()

    def count_others(self) -> None:
        """Note how many processes this user has: they are counted together with the threads of a worker."""
        # Once, and not by each worker: it would count those of the last one, which is still there.
        others = kernel.tasks_of_this_user()
        self._threads = None if others is None else others + OTHERS + self._limits["processes"]

    def set(self, *, file_mib: int) -> None:
        """The limits of one worker."""
        wanted = {
            resource.RLIMIT_AS: self._mapped + self._limits["memory_mib"] * 2**20,
            resource.RLIMIT_CPU: self._limits["cpu_s"],
            resource.RLIMIT_FSIZE: file_mib * 2**20,
            resource.RLIMIT_NOFILE: self._limits["open_files"],
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_MEMLOCK: 0,
            resource.RLIMIT_MSGQUEUE: 0,
            resource.RLIMIT_STACK: STACK_MIB * 2**20,
        }
        if self._cuda:
            # CUDA reserves more addresses than there is memory, so no limit on them can be one on memory: a
            # control group and the judge's watch are left. What it shares with the driver are files.
            del wanted[resource.RLIMIT_AS]
            wanted[resource.RLIMIT_FSIZE] = max(file_mib, self._limits["memory_mib"]) * 2**20
        if self._threads is not None:
            hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
            most = self._threads if hard == resource.RLIM_INFINITY else min(self._threads, hard)
            wanted[resource.RLIMIT_NPROC] = most
        for which, value in wanted.items():
            try:
                resource.setrlimit(which, (value, value))
            except ValueError as e:  # above the limit of this process itself
                hard = resource.getrlimit(which)[1]
                raise OSError(
                    errno.EPERM, f"limit {which} is to be {value}, and cannot be above {hard}"
                ) from e

    def close(self) -> None:
        """Nothing but stdio and the judge's socket stays open; then what the kernel still does for it."""
        os.closerange(4, 2**16)
        # An open file of its own: the flags of one that all workers inherit would outlast this worker.
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        kernel.die_with_parent()
        kernel.filter_calls(seccomp.for_pid(self._program, os.getpid()))


class Namespaces:
    """The full wall."""

    name = "namespaces"

    def __init__(self, config: Mapping[str, Any]) -> None:
        wall = config["wall"]
        self._uid = wall["uid"]
        self._work_mib = wall["work_mib"]
        self._cuda: Profile | None = wall.get("cuda")
        self._limits = _Limits(config["limits"], cuda=self._cuda is not None)
        self._view = View(wall["place"], config["packages"], wall["work_mib"], wall["inodes"], self._cuda)
        self._rules: landlock.Ruleset | None = None
        self._pids = -1
        self.layers = ["userns", "mountns", "pidns", "netns", "ipcns", "utsns"]
        self.missing: dict[str, str] = {}
        if self._uid is not None:
            self.layers.insert(0, "uid")

    def enter(self) -> None:
        """Build the view, leave the system's namespaces, and go on in the first process of a new one."""
        kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # else its own files in /proc are root's
        if self._uid is not None:
            # As root: what only root can reach is mounted before root is given up.
            kernel.unshare(kernel.CLONE_NEWNS)
            self._view.enter()
            kernel.become(self._uid)
        uid, gid = os.getuid(), os.getgid()
        kernel.unshare(kernel.CLONE_NEWUSER | _SHARED)
        kernel.map_self(uid, gid)
        if self._uid is None:
            self._view.enter()
        kernel.die_with_parent()  # a change of users has undone it
        child = os.fork()
        if child != 0:
            _wait_for(child)
        kernel.die_with_parent()
        self._view.search_here()
        self._view.mount_proc()
        kernel.set_host_name(HOSTNAME)
        self._pids = kernel.out_of_the_way(os.open("/proc/self/ns/pid", os.O_RDONLY))
        self._limits.measure()
        try:
            self._rules = landlock.Ruleset(self._view.rules(inside=True))
        except OSError as e:
            self.missing["landlock"] = str(e)
        else:
            self.layers.append("landlock")
            if landlock.version() < landlock.SCOPES_ABI:
                self.missing["landlock_scopes"] = "they came with Linux 6.12"
        self.layers += ["seccomp", "no_new_privs", "rlimits"]

    def fork(self) -> int:
        """The child is the first process of a new pid namespace, which dies with it."""
        kernel.unshare(kernel.CLONE_NEWPID)
        try:
            pid = os.fork()
        except OSError:
            kernel.setns(self._pids, kernel.CLONE_NEWPID)
            raise
        if pid != 0:
            kernel.setns(self._pids, kernel.CLONE_NEWPID)
        return pid

    def apply(self) -> None:
        """Mounts of its own, limits, users of its own, Landlock, seccomp."""
        os.setsid()
        kernel.unshare(kernel.CLONE_NEWNS)
        self._view.mount_proc()
        self._view.mount_home()
        # Users of its own, none of which is anybody: limits count this worker alone.
        kernel.unshare(kernel.CLONE_NEWUSER)
        self._limits.set(file_mib=self._work_mib)
        kernel.drop_capabilities()
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        if self._rules is not None:
            if self._cuda is not None:
                self._rules.allow("/proc/self/task", landlock.NAME_THREADS)
            self._rules.restrict()
        self._limits.close()


class Landlocked:
    """Without namespaces: what Landlock lets through of the file system, and as root another user."""

    name = "landlock"

    def __init__(self, config: Mapping[str, Any]) -> None:
        wall = config["wall"]
        self._uid = wall["uid"]
        self._cuda: Profile | None = wall.get("cuda")
        self._limits = _Limits(config["limits"], cuda=self._cuda is not None)
        self._view = View(wall["place"], config["packages"], wall["work_mib"], wall["inodes"], self._cuda)
        self._rules: landlock.Ruleset | None = None
        self._paths: list[str] = []
        self.layers: list[str] = []
        self.missing: dict[str, str] = {}

    def enter(self) -> None:
        """Make the rules; they hold in each worker."""
        if (abi := landlock.version()) < landlock.TRUNCATE_ABI:
            raise OSError(f"Landlock {abi} lets files be emptied: version 3 came with Linux 6.2")
        rules = self._view.rules(inside=False)
        self._view.search_here()
        self._rules = landlock.Ruleset(rules)
        self._paths = [path for path, _ in rules]
        self._limits.measure()
        if self._uid is not None:
            self.layers.append("uid")
        else:
            self._limits.count_others()
        self.layers += ["landlock", "seccomp", "no_new_privs", "rlimits"]
        if abi < landlock.SCOPES_ABI:
            self.missing["landlock_scopes"] = "they came with Linux 6.12"

    def fork(self) -> int:
        """A plain fork."""
        return os.fork()

    def apply(self) -> None:
        """Another user, limits, Landlock, seccomp."""
        os.setsid()
        self._limits.set(file_mib=0)
        if self._uid is not None:
            kernel.become(self._uid)
            self._must_read()
        kernel.drop_capabilities()
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        assert self._rules is not None
        if self._cuda is not None:
            self._rules.allow("/proc/self", landlock.READ)
            self._rules.allow("/proc/self/task", landlock.NAME_THREADS)
        self._rules.restrict()
        self._limits.close()

    def _must_read(self) -> None:
        """Another user than root may not reach the interpreter: imports would fail one by one."""
        for path in self._paths:
            if not os.access(path, os.R_OK):
                raise OSError(
                    errno.EACCES,
                    f"user {self._uid} cannot read {path!r}: install Python where every user can read it",
                )


class Bare:
    """No wall: a process with limits, and few system calls."""

    name = "none"

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._limits = _Limits(config["limits"], cuda="cuda" in config["wall"])
        self.layers = ["seccomp", "no_new_privs", "rlimits"]
        self.missing: dict[str, str] = {}

    def enter(self) -> None:
        """Nothing is shared."""
        self._limits.measure()
        self._limits.count_others()

    def fork(self) -> int:
        """A plain fork."""
        return os.fork()

    def apply(self) -> None:
        """Limits and seccomp."""
        os.setsid()
        self._limits.set(file_mib=0)
        if os.geteuid() == 0:
            kernel.drop_capabilities()
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        self._limits.close()


def choose(config: Mapping[str, Any]) -> tuple[Plan | None, dict[str, str]]:
    """The strongest plan that stands here, entered; and why the stronger ones do not, by name.

    None if no plan does. Returns in the process that is to be the fork server.
    """
    failed: dict[str, str] = {}
    plans: tuple[Callable[[Mapping[str, Any]], Plan], ...] = (Namespaces, Landlocked)
    for kind in (Bare,) if config["wall"]["plan"] == "none" else plans:
        if (reason := trial(kind, config)) is None:
            plan = kind(config)
            plan.enter()
            return plan, failed
        failed[kind.name] = reason  # type: ignore[attr-defined]
    return None, failed


def trial(kind: Callable[[Mapping[str, Any]], Plan], config: Mapping[str, Any]) -> str | None:
    """Why the plan does not stand here, tried to the last step in another process; None if it does."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        os.dup2(write, 2)
        _try(kind, config)
    os.close(write)
    with open(read, "rb") as pipe:
        said = pipe.read().decode(errors="replace").strip()
    _, status = os.waitpid(child, 0)
    if status == 0:
        return None
    return said.splitlines()[-1] if said else f"a trial ended with status {status}"


def _try(kind: Callable[[Mapping[str, Any]], Plan], config: Mapping[str, Any]) -> None:
    """In the trial's process: enter, fork a worker, apply; ends it with 0 if all holds."""
    code = 1
    try:
        kernel.die_with_parent()
        plan = kind(config)
        plan.enter()
        worker = plan.fork()
        if worker == 0:
            plan.apply()
            os._exit(0)
        _, status = os.waitpid(worker, 0)
        code = 1 if status else 0
    except OSError as e:
        os.write(2, f"{e.args[-1] if e.filename is None else e}\n".encode())
    finally:
        os._exit(code)


def _wait_for(child: int) -> None:
    """The process that stays outside: it ends as `child` ends."""
    with contextlib.suppress(OSError):
        os.closerange(3, 2**16)
    _, status = os.waitpid(child, 0)
    sys.stderr.flush()
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
