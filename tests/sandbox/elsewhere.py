"""Runs a command as it would run on another machine: as an ordinary user, or where namespaces are refused.

    python -m tests.sandbox.elsewhere [--ordinary] [--refused] COMMAND…

As root only. The interpreter and this folder may lie where only root enters: then a view of the file system
is made, for this command alone, in which every user reaches it.
"""

import ctypes
import os
import platform
import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
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


def open_to_all(*paths: Path) -> None:
    """Let every user reach `paths`, in a mount namespace of this process's own."""
    closed: dict[Path, Path] = {}
    for path in paths:
        folders = [folder for folder in path.parents if folder.stat().st_mode & 0o005 != 0o005]
        if folders:
            closed[path] = folders[-1]
    if not closed:
        return
    if _libc.unshare(0x00020000):
        raise OSError(ctypes.get_errno(), "unshare")
    kept = {path: os.open(path, os.O_PATH) for path in closed}
    _mount(None, Path("/"), None, 16384 | 1 << 18)
    for outermost in set(closed.values()):
        _mount("tmpfs", outermost, "tmpfs", 0, "mode=755")
    for path, fd in kept.items():
        path.mkdir(parents=True)
        _mount(f"/proc/self/fd/{fd}", path, None, 4096)
        os.close(fd)


def _mount(source: str | None, target: Path, kind: str | None, flags: int, data: str = "") -> None:
    words = [word.encode() if word else None for word in (source, str(target), kind)]
    if _libc.mount(*words, ctypes.c_ulong(flags), data.encode() if data else None):
        raise OSError(ctypes.get_errno(), f"mount {target}")


def main() -> None:
    """See the module's docstring."""
    arguments = sys.argv[1:]
    flags = set()
    while arguments[0].startswith("--"):
        flags.add(arguments.pop(0))
    if flags - {"--ordinary", "--refused"}:
        sys.exit(f"unknown: {flags}")
    open_to_all(Path(sys.base_prefix), ROOT)
    if "--ordinary" in flags:
        os.setgroups([])
        os.setresgid(ORDINARY, ORDINARY, ORDINARY)
        os.setresuid(ORDINARY, ORDINARY, ORDINARY)
    if "--refused" in flags:
        refuse_namespaces()
    os.execv(arguments[0], arguments)


if __name__ == "__main__":
    main()
