"""System calls of Linux that Python has no function for. Runs in the fork server and in workers.

Standard library only: no binding on the package index for these calls is kept well enough. Each function
holds or raises an OSError that names the call.
"""

import ctypes
import fcntl
import os
import platform
import resource
import struct
from collections.abc import Sequence
from typing import Any, Final

# include/uapi/linux/sched.h
CLONE_NEWNS: Final = 0x00020000
CLONE_NEWCGROUP: Final = 0x02000000
CLONE_NEWUTS: Final = 0x04000000
CLONE_NEWIPC: Final = 0x08000000
CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWPID: Final = 0x20000000
CLONE_NEWNET: Final = 0x40000000
CLONE_THREAD: Final = 0x00010000

# include/uapi/linux/mount.h
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 16384, 1 << 18
MNT_DETACH: Final = 2
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC = 1, 2, 4, 8
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000

# include/uapi/linux/prctl.h
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER: Final = 2
_CAPABILITY_VERSION_3: Final = 0x20080522

# arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h
_NUMBERS: Final[dict[str, dict[str, int]]] = {
    "x86_64": {"capset": 126, "pivot_root": 155, "umount2": 166, "setns": 308},
    "aarch64": {"capset": 91, "pivot_root": 41, "umount2": 39, "setns": 268},
}
# The same on every architecture.
_MOUNT_SETATTR: Final = 442
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446

# include/uapi/asm-generic/mman-common.h
_MADV_COLLAPSE: Final = 25

FIRST_FREE: Final = 10

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def machine() -> str:
    """`x86_64` or `aarch64`; raises OSError for another one."""
    name = platform.machine()
    if name not in _NUMBERS:
        raise OSError(f"no system call table for {name!r}: x86_64 and aarch64 are known")
    return name


def syscall(name: str, number: int, *args: Any) -> int:
    """A call by its number; integers are passed as long."""
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    result = int(_libc.syscall(ctypes.c_long(number), *words))
    if result < 0:
        raise _error(name)
    return result


def unshare(flags: int) -> None:
    """Leave the namespaces of `flags` for new ones."""
    if _libc.unshare(ctypes.c_int(flags)) != 0:
        raise _error("unshare")


def setns(fd: int, kind: int) -> None:
    """Enter the namespace that `fd` stands for; for processes, its children will."""
    syscall("setns", _NUMBERS[machine()]["setns"], fd, kind)


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """Mount a file system of that kind, or bind one that is there."""
    words = [os.fsencode(word) if word else None for word in (source, target, kind)]
    if _libc.mount(*words, ctypes.c_ulong(flags), os.fsencode(data) if data else None) != 0:
        raise _error(f"mount {kind or 'bind'} on {target}")


def protect(path: str, attributes: int) -> None:
    """Give the mount at `path`, and all below it, these attributes as well."""
    wanted = struct.pack("@QQQQ", attributes, 0, 0, 0)
    try:
        syscall(
            "mount_setattr", _MOUNT_SETATTR, _AT_FDCWD, os.fsencode(path), _AT_RECURSIVE, wanted, len(wanted)
        )
    except OSError as e:
        if e.errno != 38:  # ENOSYS: before Linux 5.12 each mount is remounted by itself
            raise
        flags = os.statvfs(path).f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC)  # locked ones must stay
        mount("", path, "", MS_REMOUNT | MS_BIND | flags | attributes)


def protect_one(path: str, flags: int) -> None:
    """Give the mount at `path` alone these flags."""
    mount("", path, "", MS_REMOUNT | MS_BIND | flags)


def pivot(root: str) -> None:
    """Make `root` the root of this mount namespace; the old one is gone."""
    os.chdir(root)
    dot = os.fsencode(".")
    syscall("pivot_root", _NUMBERS[machine()]["pivot_root"], dot, dot)
    # Both roots are stacked at `.`: the old one is on top.
    if _libc.umount2(dot, ctypes.c_int(MNT_DETACH)) != 0:
        raise _error("umount2")
    os.chdir("/")


def set_host_name(name: str) -> None:
    """The host's name, in this namespace."""
    encoded = os.fsencode(name)
    if _libc.sethostname(encoded, ctypes.c_size_t(len(encoded))) != 0:
        raise _error("sethostname")


def prctl(option: int, *args: Any) -> None:
    """Change what the kernel does for this process."""
    words = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in [*args, *[0] * (4 - len(args))]]
    if _libc.prctl(ctypes.c_int(option), *words) != 0:
        raise _error(f"prctl {option}")


def drop_capabilities() -> None:
    """Give up every capability, for good: `no_new_privs` and no exec leave no way to new ones."""
    header = struct.pack("<Ii", _CAPABILITY_VERSION_3, 0)
    syscall("capset", _NUMBERS[machine()]["capset"], header, bytes(24))


def filter_calls(program: bytes) -> None:
    """Have the kernel ask this BPF program about each system call from now on."""
    buffer = ctypes.create_string_buffer(program, len(program))
    pointer = struct.pack("@HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    prctl(PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, pointer)


def map_self(uid: int, gid: int) -> None:
    """In a new user namespace: this process's own ids are as outside, and there are no others."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def out_of_the_way(fd: int) -> int:
    """The same descriptor under a number that no worker's stdio and socket take."""
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, FIRST_FREE)
    os.close(fd)
    return moved


def become(uid: int) -> None:
    """Give up root for `uid`; the capabilities go with it. Its own files in /proc stay its own."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    prctl(PR_SET_DUMPABLE, 1)


def collapse(address: int, size: int) -> None:
    """Have the memory at `address` in large pages, with what it holds; from Linux 6.1 on."""
    if _libc.madvise(ctypes.c_void_p(address), ctypes.c_size_t(size), _MADV_COLLAPSE) != 0:
        raise _error("madvise")


def tasks_of_this_user() -> int | None:
    """Processes and threads of this user, as RLIMIT_NPROC counts them; None if it limits nobody here.

    /proc may not show all of them: a container has a part of it. So it is tried with which limit a process
    can be started; none is, since there is no such program.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    low, high = -1, 2**22 if hard == resource.RLIM_INFINITY else hard
    if not _can_start(high, hard) or _can_start(0, hard):
        low = high
    while high - low > 1:  # `low` is too few, `high` is enough
        middle = (low + high) // 2
        low, high = (low, middle) if _can_start(middle, hard) else (middle, high)
    resource.setrlimit(resource.RLIMIT_NPROC, (soft, hard))
    return None if low == high else high - 1


def _can_start(limit: int, hard: int) -> bool:
    resource.setrlimit(resource.RLIMIT_NPROC, (limit, hard))
    try:
        os.posix_spawn("/dev/null/none", ["none"], {})
    except BlockingIOError:
        return False
    except OSError:  # it was started, and found no program
        return True
    return True


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends, and let no other read its memory."""
    prctl(PR_SET_DUMPABLE, 0)
    prctl(PR_SET_PDEATHSIG, 9)


def _error(name: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{name}: {os.strerror(number).lower()}")


def words(values: Sequence[int]) -> bytes:
    """Numbers of 64 bits as the kernel takes them."""
    return struct.pack(f"@{len(values)}Q", *values)
