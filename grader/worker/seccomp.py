"""The system calls that a worker may make: a list of those allowed, as a classic BPF program.

What numpy, torch on the CPU, threads and files in the work folder need was traced; everything else is
refused with EPERM. A refusal is no catastrophe for honest code: Python raises PermissionError. The `cuda`
profile adds what NVIDIA's library needs (cuda.py says whence).

Numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
"""

import struct
from typing import Final

from grader.worker import kernel

_ARCHITECTURES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# name: (x86_64, aarch64); None where the architecture has no such call.
_ALLOWED: Final[dict[str, tuple[int | None, int | None]]] = {
    # files
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67),
    "pwrite64": (18, 68), "preadv": (295, 69), "pwritev": (296, 70), "lseek": (8, 62), "open": (2, None),
    "openat": (257, 56), "openat2": (437, 437), "creat": (85, None), "close": (3, 57),
    "close_range": (436, 436), "stat": (4, None), "fstat": (5, 80), "lstat": (6, None),
    "newfstatat": (262, 79), "statx": (332, 291), "statfs": (137, 43), "fstatfs": (138, 44),
    "access": (21, None), "faccessat": (269, 48), "faccessat2": (439, 439), "readlink": (89, None),
    "readlinkat": (267, 78), "getdents": (78, None), "getdents64": (217, 61), "getcwd": (79, 17),
    "chdir": (80, 49), "fchdir": (81, 50), "mkdir": (83, None), "mkdirat": (258, 34), "unlink": (87, None),
    "unlinkat": (263, 35), "rmdir": (84, None), "rename": (82, None), "renameat": (264, 38),
    "renameat2": (316, 276), "truncate": (76, 45), "ftruncate": (77, 46), "fsync": (74, 82),
    "fdatasync": (75, 83), "fallocate": (285, 47), "umask": (95, 166), "fadvise64": (221, 223),
    "sendfile": (40, 71), "copy_file_range": (326, 285),
    # descriptors and waiting
    "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24), "pipe": (22, None), "pipe2": (293, 59),
    "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72),
    "epoll_create": (213, None), "epoll_create1": (291, 20), "epoll_ctl": (233, 21),
    "epoll_wait": (232, None), "epoll_pwait": (281, 22), "eventfd": (284, None), "eventfd2": (290, 19),
    # the judge's socket, and no other; no getsockopt: it would give out a descriptor of the judge's process
    "shutdown": (48, 210),
    # memory
    "munmap": (11, 215), "mprotect": (10, 226), "mremap": (25, 216), "madvise": (28, 233),
    "msync": (26, 227), "mincore": (27, 232), "brk": (12, 214), "mbind": (237, 235),
    "get_mempolicy": (239, 236), "set_mempolicy": (238, 237), "membarrier": (324, 283),
    # threads
    "futex": (202, 98), "futex_waitv": (449, 449), "set_robust_list": (273, 99),
    "get_robust_list": (274, 100), "rseq": (334, 293), "set_tid_address": (218, 96),
    "arch_prctl": (158, None), "exit": (60, 93), "exit_group": (231, 94),
    "sched_yield": (24, 124), "sched_getaffinity": (204, 123),
    "sched_getparam": (143, 121), "sched_getscheduler": (145, 120), "sched_get_priority_max": (146, 125),
    "sched_get_priority_min": (147, 126), "getcpu": (309, 168), "getpriority": (140, 141),
    # signals to itself
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "rt_sigpending": (127, 136), "rt_sigtimedwait": (128, 137), "rt_sigsuspend": (130, 133),
    "sigaltstack": (131, 132), "restart_syscall": (219, 128), "pause": (34, None), "alarm": (37, None),
    "setitimer": (38, 103), "getitimer": (36, 102),
    # time, chance, and who it is
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101), "gettimeofday": (96, 169), "time": (201, None), "times": (100, 153),
    "getrusage": (98, 165), "getrandom": (318, 278), "getpid": (39, 172), "gettid": (186, 178),
    "getppid": (110, 173), "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176),
    "getegid": (108, 177), "getgroups": (115, 158), "getresuid": (118, 148), "getresgid": (120, 150),
    "getpgrp": (111, None), "getpgid": (121, 155), "getsid": (124, 156), "uname": (63, 160),
    "sysinfo": (99, 179), "capget": (125, 90), "getrlimit": (97, 163),
}  # fmt: skip

# Allowed where an argument has one of these values: name: (numbers, offset in seccomp_data, values).
_ALLOWED_WITH: Final[dict[str, tuple[tuple[int, int], int, tuple[int, ...]]]] = {
    # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC, F_GETPIPE_SZ. No locks: on a file that all
    # workers can read they are a channel from one to another. No F_SETPIPE_SZ, no signals, no leases.
    "fcntl": ((72, 25), 24, (0, 1, 2, 3, 4, 1030, 1032)),
    # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
    "ioctl": ((16, 29), 24, (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),
    # PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_CAPBSET_READ, PR_GET_NO_NEW_PRIVS, PR_SET_THP_DISABLE,
    # PR_GET_THP_DISABLE, PR_SET_VMA
    "prctl": ((157, 167), 16, (3, 15, 16, 23, 39, 41, 42, 0x53564D41)),
    # No flags, MSG_DONTWAIT, MSG_NOSIGNAL; to receive also MSG_PEEK, MSG_WAITALL. No urgent data, say.
    "sendto": ((44, 206), 40, (0, 0x40, 0x4000)),
    "recvfrom": ((45, 207), 40, (0, 2, 0x40, 0x100)),
}
# The `cuda` profile. The driver's library keeps memory in files of memory, and binds a socket at which other
# processes could ask it for a descriptor: where it may not, it gives up. Nobody can connect to it.
_CUDA: Final[dict[str, tuple[int | None, int | None]]] = {
    "memfd_create": (319, 279), "bind": (49, 200), "listen": (50, 201),
}  # fmt: skip
_CUDA_WITH: Final[dict[str, tuple[tuple[int, int], int, tuple[int, ...]]]] = {
    "socket": ((41, 198), 16, (1,)),  # AF_UNIX
    # F_ADD_SEALS, F_GET_SEALS beside those above
    "fcntl": (_ALLOWED_WITH["fcntl"][0], 24, (*_ALLOWED_WITH["fcntl"][2], 1033, 1034)),
}
_IOCTL: Final = (16, 29)
_NVIDIA: Final = ord("F") << 8
"""The type of the driver's requests; size and direction, in the upper half, differ from driver to driver."""
_NVIDIA_REQUESTS: Final = (
    # kernel-open/common/inc/nv-ioctl-numbers.h: card info, register fd, alloc and free of events, version,
    # attach GPUs, system parameters, NUMA info, wait for open
    200, 201, 206, 207, 210, 212, 214, 215, 218,
    # src/nvidia/arch/nvalloc/unix/include/nv_escape.h: alloc memory, free, control, alloc, dup, share,
    # idle channels, heap control, map and unmap memory, update mapping
    0x27, 0x29, 0x2A, 0x2B, 0x34, 0x35, 0x41, 0x4A, 0x4E, 0x4F, 0x5E,
)  # fmt: skip
_UVM_REQUESTS: Final = (
    # kernel-open/nvidia-uvm/uvm_ioctl.h and uvm_linux_ioctl.h, but for those of tools, which read and write
    # the memory of processes
    0x30000001, 0x30000002, 75, 23, 24, 25, 26, 27, 28, 29, 30, 31, 33, 34, 37, 38, 39, 42, 43, 44, 45, 46,
    47, 51, 53, 65, 66, 68, 70, 72, 73,
)  # fmt: skip
_CLONE: Final = (56, 220)
_TGKILL: Final = (234, 131)
_PRLIMIT: Final = (302, 261)
_MMAP: Final = (9, 222)
_MAP_SHARED, _MAP_ANONYMOUS = 0x01, 0x20  # include/uapi/linux/mman.h; the bit of MAP_SHARED_VALIDATE, too
# There is no such call, as far as a worker is told: glibc and libraries then take the older way.
_UNKNOWN: Final = (435, 425, 426, 427)  # clone3, io_uring_setup, _enter, _register
_NEWEST: Final = 449  # what came later is unknown to us
_NAMESPACES: Final = (
    kernel.CLONE_NEWNS
    | kernel.CLONE_NEWCGROUP
    | kernel.CLONE_NEWUTS
    | kernel.CLONE_NEWIPC
    | kernel.CLONE_NEWUSER
    | kernel.CLONE_NEWPID
    | kernel.CLONE_NEWNET
)

_EPERM, _ENOSYS = 1, 38
_MASK: Final = 0x54  # BPF_ALU | BPF_AND
_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_LOAD, _EQUAL, _AT_LEAST, _ABOVE, _ANY_BIT, _GIVE = 0x20, 0x15, 0x35, 0x25, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND, _THIRD, _FOURTH = 0, 4, 16, 24, 32, 40  # offsets in seccomp_data
_X32: Final = 0x40000000  # the calls of the x32 ABI have numbers from here
OWN_PID: Final = 0x5EA1ED00  # stands in the program until the worker knows its own


def program(machine: str, *, cuda: bool = False) -> bytes:
    """The program, in which OWN_PID stands for the worker's process id (see `for_pid`)."""
    column = tuple(_ARCHITECTURES).index(machine)
    allow, deny = _line(_GIVE, _ALLOW), _line(_GIVE, _ERRNO | _EPERM)
    lines = [
        _line(_LOAD, _ARCHITECTURE),
        _line(_EQUAL, _ARCHITECTURES[machine], 1, 0),
        _line(_GIVE, _KILL),
        _line(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        lines += [_line(_AT_LEAST, _X32, 0, 1), _line(_GIVE, _KILL)]
    allowed, allowed_with = _ALLOWED, _ALLOWED_WITH
    if cuda:
        allowed, allowed_with = {**_ALLOWED, **_CUDA}, {**_ALLOWED_WITH, **_CUDA_WITH}
        lines += _driver(column)
    for numbers in allowed.values():
        if (number := numbers[column]) is not None:
            lines += [_line(_EQUAL, number, 0, 1), allow]
    # Each of these loads an argument over the number, so each ends here, allowed or denied.
    for pair, offset, values in allowed_with.values():
        lines += [_line(_EQUAL, pair[column], 0, 2 + 2 * len(values)), _line(_LOAD, offset)]
        for value in values:
            lines += [_line(_EQUAL, value, 0, 1), allow]
        lines.append(deny)
    # A thread, and nothing else that clone can make.
    lines += [_line(_EQUAL, _CLONE[column], 0, 5), _line(_LOAD, _FIRST)]
    lines += [_line(_ANY_BIT, _NAMESPACES, 1, 0), _line(_ANY_BIT, kernel.CLONE_THREAD, 1, 0), deny, allow]
    # A signal to a thread of its own.
    lines += [_line(_EQUAL, _TGKILL[column], 0, 4), _line(_LOAD, _FIRST)]
    lines += [_line(_EQUAL, OWN_PID, 1, 0), deny, allow]
    # Its own limits are read (there is no new one), and never set: a worker that ends for a limit of its own
    # making would look as if something outside had killed it.
    lines += [_line(_EQUAL, _PRLIMIT[column], 0, 10)]
    for offset in (_FIRST, _THIRD, _THIRD + 4):
        lines += [_line(_LOAD, offset), _line(_EQUAL, 0, 1, 0), deny]
    lines.append(allow)
    # No memory that is shared and in no file: what is unmapped of it stays as long as any of it is mapped,
    # and no limit but that of a control group counts it. CUDA shares such memory with the GPU.
    if cuda:
        lines += [_line(_EQUAL, _MMAP[column], 0, 1), allow]
    lines += [_line(_EQUAL, _MMAP[column], 0, 5), _line(_LOAD, _FOURTH)]
    lines += [_line(_ANY_BIT, _MAP_ANONYMOUS, 0, 2), _line(_ANY_BIT, _MAP_SHARED, 0, 1), deny, allow]
    for number in _UNKNOWN:
        lines += [_line(_EQUAL, number, 0, 1), _line(_GIVE, _ERRNO | _ENOSYS)]
    lines += [_line(_ABOVE, _NEWEST, 0, 1), _line(_GIVE, _ERRNO | _ENOSYS)]
    lines.append(deny)
    return b"".join(lines)


def _driver(column: int) -> list[bytes]:
    """Allow the requests of a CUDA program to its driver; for others the call's number is loaded again."""
    allow = _line(_GIVE, _ALLOW)
    lines = [_line(_LOAD, _SECOND)]
    for request in _UVM_REQUESTS:
        lines += [_line(_EQUAL, request, 0, 1), allow]
    lines.append(_line(_MASK, 0xFFFF))
    for number in _NVIDIA_REQUESTS:
        lines += [_line(_EQUAL, _NVIDIA | number, 0, 1), allow]
    lines.append(_line(_LOAD, _NUMBER))
    return [_line(_EQUAL, _IOCTL[column], 0, len(lines)), *lines]


def for_pid(code: bytes, pid: int) -> bytes:
    """The program for a worker with this process id."""
    return code.replace(struct.pack("<I", OWN_PID), struct.pack("<I", pid))


def _line(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("<HBBI", code, yes, no, value)
