"""Runs a command as it would run on another machine: as an ordinary user, or where namespaces are refused.

    python -m tests.sandbox.elsewhere [--ordinary] [--refused] COMMAND…

As root only. The interpreter may lie in a folder that only root enters: then a view of the file system
is made, for this command alone, in which every user reaches it.
"""

import ctypes
import os
import platform
import struct
import sys
from pathlib import Path

ORDINARY = 65534
_UNSHARE, _CLONE = {"x86_64": (272, 56), "aarch64": (97, 220)}.get(platform.machine(), (0, 0))
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NAMESPACES = 0x7E020000
_libc = ctypes.CDLL(None, use_errno=True)


def refuse_namespaces() -> None:
    """As a container's default profile does: `unshare`, and `clone` with a namespace, are not permitted."""

    def line(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("<HBBI", code, yes, no, value)

    allow, deny = line(6, 0x7FFF0000), line(6, 0x00050001)
    code = b"".join((
        line(0x20, 4), line(0x15, _ARCHITECTURE[platform.machine()], 1, 0), allow,
        line(0x20, 0), line(0x15, _UNSHARE, 0, 1), deny,
        line(0x15, _CLONE, 0, 3), line(0x20, 16), line(0x45, _NAMESPACES, 0, 1), deny, allow,
    ))  # fmt: skip
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HxxxxxxQ", len(code) // 8, ctypes.addressof(buffer))
    if _libc.prctl(38, 1, 0, 0, 0) or _libc.prctl(22, 2, program, 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")


def open_to_all(path: Path) -> None:
    """Let every user reach `path`, in a mount namespace of this process's own."""
    closed = [folder for folder in path.parents if folder.stat().st_mode & 0o005 != 0o005]
    if not closed:
        return
    if _libc.unshare(0x00020000):
        raise OSError(ctypes.get_errno(), "unshare")
    outermost = closed[-1]
    kept = os.open(path, os.O_PATH)
    for source, target, kind, flags, data in (
        (None, "/", None, 16384 | 1 << 18, None),
        ("tmpfs", str(outermost), "tmpfs", 0, "mode=755"),
    ):
        words = [word.encode() if word else None for word in (source, target, kind)]
        if _libc.mount(*words, ctypes.c_ulong(flags), data.encode() if data else None):
            raise OSError(ctypes.get_errno(), f"mount {target}")
    path.mkdir(parents=True)
    if _libc.mount(f"/proc/self/fd/{kept}".encode(), str(path).encode(), None, ctypes.c_ulong(4096), None):
        raise OSError(ctypes.get_errno(), f"bind {path}")
    os.close(kept)


def main() -> None:
    """See the module's docstring."""
    arguments = sys.argv[1:]
    flags = set()
    while arguments[0].startswith("--"):
        flags.add(arguments.pop(0))
    if flags - {"--ordinary", "--refused"}:
        sys.exit(f"unknown: {flags}")
    open_to_all(Path(sys.base_prefix))
    if "--ordinary" in flags:
        os.setgroups([])
        os.setresgid(ORDINARY, ORDINARY, ORDINARY)
        os.setresuid(ORDINARY, ORDINARY, ORDINARY)
    if "--refused" in flags:
        refuse_namespaces()
    os.execv(arguments[0], arguments)


if __name__ == "__main__":
    main()
