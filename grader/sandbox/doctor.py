"""What this host offers to a sandbox: each layer is tried in a worker, not looked up.

Called by `grade doctor`. Nothing here changes the process that asks.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grader.core.course import Limits
from grader.sandbox.linux import LinuxSandbox
from grader.sandbox.policy import Level, level
from grader.sandbox.protocol import Config

GREET_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer of the wall on this host."""

    name: str
    does: str
    holds: bool
    required: bool
    """Whether nothing is graded where it does not hold."""
    why: str | None = None
    mend: str | None = None


_NAMESPACES: Final = {
    "userns": "users of its own, none of which is anybody",
    "mountns": "a file system of its own: the interpreter, the allowed packages, an empty folder",
    "pidns": "it sees no process but itself, and dies with its namespace",
    "netns": "no network",
    "ipcns": "no shared memory, semaphores or queues with others",
    "utsns": "the host's name is not seen",
}
_OTHERS: Final = {
    "landlock": "files outside of its view cannot be opened, whatever else fails",
    "landlock_scopes": "no signals and no sockets to processes outside",
    "seccomp": "only the system calls that honest work needs",
    "no_new_privs": "no program gives it rights",
    "rlimits": "limits on CPU time, memory, files, threads",
    "cgroup": "memory is counted and limited by the kernel, to the last byte",
}


def look(packages: tuple[str, ...] = ("numpy",)) -> tuple[Level | None, list[Layer]]:
    """The level that stands here (None for no wall at all), and each layer. Raises MachineError."""
    sandbox = LinuxSandbox(Config(packages=packages, limits=Limits(), accept="reduced"))
    try:
        plan, holding, missing = sandbox.found()
    finally:
        sandbox.close()
    found = level(plan, holding) if plan else None
    return found, list(_layers(plan, holding, missing))


def open_gpu(gpu: str) -> float:
    """Seconds in which a worker behind the wall, forked with torch, opens the GPU; raises MachineError."""
    config = Config(packages=("numpy", "torch"), limits=Limits(), accept="reduced", device="cuda", gpu=gpu)
    sandbox = LinuxSandbox(config)
    try:
        sandbox.found()
        start = time.monotonic()
        worker = sandbox.spawn()
        worker.greet(start + GREET_S)
        worker.discard()
        return time.monotonic() - start
    finally:
        sandbox.close()


def _layers(plan: str, holding: list[str], missing: dict[str, str]) -> Iterator[Layer]:
    root = os.geteuid() == 0
    alone = "uid" not in holding  # then namespaces are what keeps it apart
    for name, does in _NAMESPACES.items():
        why = None if name in holding else missing.get("namespaces", "no wall stands")
        mend = None if name in holding else _mend_namespaces(root)
        yield Layer(name=name, does=does, holds=name in holding, required=alone, why=why, mend=mend)
    if root:
        uid = "uid" in holding
        why = None if uid else missing.get("landlock", "no wall stands")
        mend = None if uid else "install Python and dlgrade where every user can read them"
        yield Layer(name="uid", does="it runs as another user", holds=uid, required=plan != "namespaces",
                    why=why, mend=mend)  # fmt: skip
    for name, does in _OTHERS.items():
        holds = name in holding or (
            name == "landlock_scopes" and "landlock" in holding and name not in missing
        )
        why = None if holds else missing.get(name, missing.get("landlock", "no wall stands"))
        required = name in ("seccomp", "no_new_privs", "rlimits") or (
            name == "landlock" and plan == "landlock"
        )
        yield Layer(name=name, does=does, holds=holds, required=required, why=why,
                    mend=None if holds else _MEND.get(name))  # fmt: skip


_MEND: Final = {
    "landlock": "a kernel from 5.13 on, with 'landlock' among the modules of its boot parameter 'lsm='",
    "landlock_scopes": "a kernel from 6.12 on",
    "seccomp": "a kernel with CONFIG_SECCOMP_FILTER",
    "cgroup": "systemd-run --user --scope grade …",
}


def _mend_namespaces(root: bool) -> str:
    """The command that lets this user make namespaces, as far as the reason can be seen."""
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        return (
            "start the container with --cap-add SYS_ADMIN --security-opt seccomp=unconfined "
            "--security-opt apparmor=unconfined --security-opt systempaths=unconfined, or run as root in it"
        )
    if _setting("kernel/apparmor_restrict_unprivileged_userns") == "1" and not root:
        return "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    if _setting("kernel/unprivileged_userns_clone") == "0":
        return "sudo sysctl -w kernel.unprivileged_userns_clone=1"
    if _setting("user/max_user_namespaces") == "0":
        return "sudo sysctl -w user.max_user_namespaces=10000"
    return "see docs/security.md: something around this process denies unshare(2)"


def _setting(name: str) -> str | None:
    try:
        return Path("/proc/sys", name).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
