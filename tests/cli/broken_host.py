"""Runs a command on a host that lacks something, in a mount namespace of its own. As root only.

    python -m tests.cli.broken_host [--small DIR] [--read-only DIR]… [--keep DIR]… [--no-shm] COMMAND…

--small: a file system of SMALL_KIB at DIR. --read-only: DIR and what is below cannot be written, but for what
--keep names. --no-shm: a /dev with the usual devices and nothing else.
"""

import ctypes
import os
import sys
from pathlib import Path

SMALL_KIB = 4096
NEWNS, PRIVATE = 0x20000, 16384 | 1 << 18
_RDONLY, _REMOUNT, _BIND = 1, 32, 4096
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Leave the namespaces of `flags` for new ones; raises OSError."""
    if _libc.unshare(flags):
        raise OSError(ctypes.get_errno(), "unshare")


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """Mount, as the system call does; raises OSError."""
    words = [word.encode() if word else None for word in (source, target, kind)]
    if _libc.mount(*words, ctypes.c_ulong(flags), data.encode() or None):
        raise OSError(ctypes.get_errno(), f"mount {target}")


def main() -> None:
    """See the module's docstring."""
    arguments = sys.argv[1:]
    wanted: dict[str, list[str]] = {"--small": [], "--read-only": [], "--keep": [], "--no-shm": []}
    while arguments[0].startswith("--"):
        flag = arguments.pop(0)
        wanted[flag].append("" if flag == "--no-shm" else arguments.pop(0))
    unshare(NEWNS)
    mount("", "/", "", PRIVATE)
    for folder in wanted["--small"]:
        mount("tmpfs", folder, "tmpfs", 0, f"size={SMALL_KIB}k,mode=0700")
    kept = [(folder, os.open(folder, os.O_PATH)) for folder in wanted["--keep"]]
    for folder in wanted["--read-only"]:
        mount(folder, folder, "", _BIND)
        mount("", folder, "", _REMOUNT | _BIND | _RDONLY)
    for folder, fd in kept:
        mount(f"/proc/self/fd/{fd}", folder, "", _BIND)
        os.close(fd)
    if wanted["--no-shm"]:
        devices = [(name, os.open(f"/dev/{name}", os.O_PATH)) for name in _DEVICES]
        mount("tmpfs", "/dev", "tmpfs", 0, "mode=0755")
        for name, fd in devices:
            Path("/dev", name).touch()
            mount(f"/proc/self/fd/{fd}", f"/dev/{name}", "", _BIND)
            os.close(fd)
    os.chdir(os.getcwd())  # into what is mounted there now
    os.execvp(arguments[0], arguments)


if __name__ == "__main__":
    main()
