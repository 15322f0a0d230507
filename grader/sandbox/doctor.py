"""What this host offers to a sandbox: each layer is tried, not looked up, where trying is harmless.

Called by `grade doctor`. Standard library only; nothing here changes the process that asks.
"""

import ctypes
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

# The same number on every 64-bit architecture: include/uapi/asm-generic/unistd.h
_LANDLOCK_CREATE_RULESET: Final = 444
_LANDLOCK_VERSION_FLAG: Final = 1
_CLONE_NEWUSER: Final = 0x10000000
_TRY_S: Final = 10.0


def layers() -> dict[str, str | None]:
    """Layers of the full sandbox by name: None where one can be had, else why it cannot."""
    if platform.system() != "Linux":
        return {}
    probes: dict[str, Callable[[], str | None]] = {
        "user namespaces": _user_namespaces,
        "seccomp": _seccomp,
        "landlock": _landlock,
        "memory cgroup": _memory_cgroup,
    }
    return {name: probe() for name, probe in probes.items()}


def _user_namespaces() -> str | None:
    """Tried in a process of its own, which ends in the new namespace."""
    code = (
        "import ctypes, sys; libc = ctypes.CDLL(None, use_errno=True); "
        f"sys.exit(ctypes.get_errno() if libc.unshare({_CLONE_NEWUSER}) else 0)"
    )
    try:
        ended = subprocess.run(
            [sys.executable, "-I", "-S", "-c", code], timeout=_TRY_S, capture_output=True, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as e:
        return str(e)
    if ended.returncode == 0:
        return None
    if _first_line("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1":
        return "AppArmor keeps ordinary users from them"
    return f"the kernel says: {os.strerror(ended.returncode).lower()}"


def _seccomp() -> str | None:
    if (actions := _first_line("/proc/sys/kernel/seccomp/actions_avail")) is None:
        return "the kernel has no seccomp filters"
    return None if "errno" in actions.split() else "the kernel's filters cannot return errors"


def _landlock() -> str | None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    arguments = map(ctypes.c_long, (_LANDLOCK_CREATE_RULESET, 0, 0, _LANDLOCK_VERSION_FLAG))
    if libc.syscall(*arguments) >= 1:
        return None
    return f"the kernel says: {os.strerror(ctypes.get_errno()).lower()}"


def _memory_cgroup() -> str | None:
    """Whether this user may make a group with a memory limit."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return "the kernel has no cgroups"
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            mounted = Path("/sys/fs/cgroup/memory")
        elif not controllers:
            mounted = Path("/sys/fs/cgroup")
            if "memory" not in (_first_line(f"{mounted}{path}/cgroup.controllers") or "").split():
                continue
        else:
            continue
        own = Path(f"{mounted}{path}")
        folder = own if own.is_dir() else mounted
        if folder.is_dir() and os.access(folder, os.W_OK):
            return None
    return "no group with a memory limit can be made by this user"


def _first_line(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").partition("\n")[0].strip()
    except OSError:
        return None
