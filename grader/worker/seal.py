"""What a worker gives up before it sees the student's code. Runs in the worker, just after the fork.

Standard library only: no binding on the package index for these calls is kept well enough.
A `Seal` is made once in the fork server and applied in each worker. Each step either holds or raises.
"""

import ctypes
import os
import platform
import resource
import signal
import struct
from collections.abc import Mapping
from typing import Any, Final

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_CLONE_THREAD: Final = 0x10000

# Numbers from the kernel's tables: arch/x86/entry/syscalls/syscall_64.tbl and
# include/uapi/asm-generic/unistd.h.
_SYSCALLS: Final[dict[str, tuple[int, dict[str, int]]]] = {
    "x86_64": (
        0xC000003E,
        {
            "clone": 56, "fork": 57, "vfork": 58, "execve": 59, "kill": 62, "ptrace": 101, "capset": 126,
            "rt_sigqueueinfo": 129, "tkill": 200, "tgkill": 234, "unshare": 272, "rt_tgsigqueueinfo": 297,
            "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "execveat": 322,
            "pidfd_send_signal": 424, "pidfd_open": 434, "clone3": 435, "pidfd_getfd": 438,
            "prlimit64": 302, "fcntl": 72, "ioctl": 16, "prctl": 157,
            "sched_setaffinity": 203, "sched_setscheduler": 144, "sched_setparam": 142, "sched_setattr": 314,
            "setpriority": 141, "ioprio_set": 251, "migrate_pages": 256, "move_pages": 279,
            "shmget": 29, "msgget": 68, "semget": 64, "add_key": 248, "request_key": 249, "keyctl": 250,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "capset": 91, "unshare": 97, "ptrace": 117, "kill": 129, "tkill": 130, "tgkill": 131,
            "rt_sigqueueinfo": 138, "clone": 220, "execve": 221, "rt_tgsigqueueinfo": 240, "setns": 268,
            "process_vm_readv": 270, "process_vm_writev": 271, "execveat": 281, "pidfd_send_signal": 424,
            "pidfd_open": 434, "clone3": 435, "pidfd_getfd": 438,
            "prlimit64": 261, "fcntl": 25, "ioctl": 29, "prctl": 167,
            "sched_setaffinity": 122, "sched_setscheduler": 119, "sched_setparam": 118, "sched_setattr": 274,
            "setpriority": 140, "ioprio_set": 30, "migrate_pages": 238, "move_pages": 239,
            "shmget": 194, "msgget": 186, "semget": 190, "add_key": 217, "request_key": 218, "keyctl": 219,
        },
    ),
}  # fmt: skip

_DENIED: Final = (
    "fork", "vfork", "execve", "execveat",
    "kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
    "ptrace", "process_vm_readv", "process_vm_writev",
    "unshare", "setns",
    "pidfd_open", "pidfd_send_signal", "pidfd_getfd",
    "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr", "setpriority", "ioprio_set",
    "migrate_pages", "move_pages", "shmget", "msgget", "semget", "add_key", "request_key", "keyctl",
)  # fmt: skip
_DENIED_ARGUMENTS: Final = (
    ("fcntl", 24, (8, 10, 15)),  # F_SETOWN, F_SETSIG, F_SETOWN_EX: signals to others
    ("ioctl", 24, (0x8901, 0x8902)),  # FIOSETOWN, SIOCSPGRP: the same
    ("prctl", 16, (_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE)),
)
"""(call, offset of the argument in seccomp_data, values that are denied)."""
_EPERM, _ENOSYS = 1, 38
_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_OWN_PID: Final = 0x5EA1ED00  # stands in the program until the worker knows its own


def _jump(code: int, value: int, yes: int, no: int) -> bytes:
    return struct.pack("<HBBI", code, yes, no, value)


def _statement(code: int, value: int) -> bytes:
    return struct.pack("<HBBI", code, 0, 0, value)


def _program(arch: int, numbers: Mapping[str, int]) -> bytes:
    """Classic BPF: no new process, no other program, no signal to another process.

    `tgkill` compares with this process's own id, which `Seal.apply` writes in place of _OWN_PID.
    """
    load, equal, at_least, any_bit, give = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, deny = _statement(give, _ALLOW), _statement(give, _ERRNO | _EPERM)
    lines = [
        _statement(load, 4),  # seccomp_data.arch
        _jump(equal, arch, 1, 0),
        _statement(give, _KILL),
        _statement(load, 0),  # seccomp_data.nr
    ]
    if arch == _SYSCALLS["x86_64"][0]:  # the x32 calls have their own numbers from 2**30
        lines += [_jump(at_least, 0x40000000, 0, 1), _statement(give, _KILL)]
    for name in _DENIED:
        if name in numbers:
            lines += [_jump(equal, numbers[name], 0, 1), deny]
    # Each of these loads an argument over the number, so each ends here, allowed or denied.
    for name, offset, denied in _DENIED_ARGUMENTS:
        lines += [_jump(equal, numbers[name], 0, 2 + 2 * len(denied)), _statement(load, offset)]
        for value in denied:
            lines += [_jump(equal, value, 0, 1), deny]
        lines.append(allow)
    # Limits of one's own, which getrlimit and setrlimit are, but of no other process.
    lines += [_jump(equal, numbers["prlimit64"], 0, 4), _statement(load, 16)]
    lines += [_jump(equal, 0, 1, 0), deny, allow]
    # EPERM breaks glibc's threads; ENOSYS makes it use clone.
    lines += [_jump(equal, numbers["clone3"], 0, 1), _statement(give, _ERRNO | _ENOSYS)]
    lines += [
        _jump(equal, numbers["clone"], 0, 3),
        _statement(load, 16),  # first argument, low half
        _jump(any_bit, _CLONE_THREAD, 1, 0),
        deny,
        # A clone that is allowed has lost the number in the accumulator: load it again.
        _statement(load, 0),
        _jump(equal, numbers["tgkill"], 0, 3),
        _statement(load, 16),
        _jump(equal, _OWN_PID, 1, 0),
        deny,
        allow,
    ]
    return b"".join(lines)


class Seal:
    """The steps of one worker, prepared so that each costs one call."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._limits = dict(limits)
        machine = platform.machine()
        if machine not in _SYSCALLS:
            raise OSError(f"no system call table for {machine!r}: x86_64 and aarch64 are known")
        arch, self._numbers = _SYSCALLS[machine]
        self._filter = _program(arch, self._numbers)
        self.layers = ["rlimits", "no_new_privs", "no_processes"]

    def apply(self) -> list[str]:
        """Give up what the worker does not need; returns the layers that hold."""
        # The fork server dies with the judge, and each worker with the fork server.
        self._prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setsid()
        self._set_limits()
        self._drop_capabilities()
        self._prctl(_PR_SET_DUMPABLE, 0)
        self._prctl(_PR_SET_NO_NEW_PRIVS, 1)
        code = self._filter.replace(struct.pack("<I", _OWN_PID), struct.pack("<I", os.getpid()))
        buffer = ctypes.create_string_buffer(code, len(code))
        program = struct.pack("@HxxxxxxQ", len(code) // 8, ctypes.addressof(buffer))
        self._prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.create_string_buffer(program))
        return self.layers

    def _set_limits(self) -> None:
        limits = self._limits
        with open("/proc/self/statm", "rb") as f:
            mapped = int(f.read().split()[0]) * resource.getpagesize()
        for which, value in (
            (resource.RLIMIT_AS, mapped + limits["memory_mib"] * 2**20),
            (resource.RLIMIT_CPU, limits["cpu_s"]),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_NOFILE, limits["open_files"]),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_MEMLOCK, 0),
        ):
            resource.setrlimit(which, (value, value))

    def _drop_capabilities(self) -> None:
        if os.geteuid() != 0:
            return
        header = ctypes.create_string_buffer(struct.pack("<Ii", 0x20080522, 0))
        if self._libc.syscall(self._numbers["capset"], header, ctypes.create_string_buffer(24)) != 0:
            raise OSError(ctypes.get_errno(), "capset")

    def _prctl(self, option: int, *args: Any) -> None:
        padded = [*args, *[0] * (4 - len(args))]
        words = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in padded]
        if self._libc.prctl(option, *words) != 0:
            raise OSError(ctypes.get_errno(), f"prctl({option})")


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends, and let no other read its memory."""
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((_PR_SET_DUMPABLE, 0), (_PR_SET_PDEATHSIG, signal.SIGKILL)):
        if libc.prctl(option, value, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), f"prctl({option})")
