"""Landlock: which files a worker may touch, whatever its user could; no network, no signals to others.

The rules are made once in the fork server; each worker puts them on itself. include/uapi/linux/landlock.h.
"""

import os
import struct
from collections.abc import Iterable
from typing import Final

from grader.worker import kernel

_VERSION: Final = 1
_PATH_BENEATH: Final = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_REFER, _TRUNCATE = 1 << 13, 1 << 14
READ: Final = _READ_FILE | _READ_DIR
LIST: Final = _READ_DIR
DEVICE: Final = _READ_FILE | _WRITE_FILE
CONTROLLED: Final = DEVICE | 1 << 15
"""A device that ioctl may control: from Landlock 5 on that is a right of its own."""
WORK: Final = READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER | _TRUNCATE
NAME_THREADS: Final = READ | _WRITE_FILE | _TRUNCATE
"""On /proc/self/task: a thread writes its name there. The kernel lets only the process itself write."""
_OF_FILES: Final = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | 1 << 15
"""Rights that a rule on a file, not a folder, may hold."""
TRUNCATE_ABI: Final = 3  # before it, a file could be emptied that could not be written
_NETWORK_ABI, _DEVICE_ABI, SCOPES_ABI = 4, 5, 6
_SCOPES: Final = 3  # abstract sockets, signals


def version() -> int:
    """The ABI of this kernel, from 1; raises OSError if it has no Landlock."""
    return kernel.syscall("landlock", kernel.LANDLOCK_CREATE_RULESET, 0, 0, _VERSION)


class Ruleset:
    """Allows what its rules name, and no other file. Holds a descriptor that its workers inherit."""

    def __init__(self, rules: Iterable[tuple[str, int]]) -> None:
        """`rules`: paths, each with the rights that hold at it and below."""
        abi = version()
        bits = 13 + (abi >= 2) + (abi >= TRUNCATE_ABI) + (abi >= _DEVICE_ABI)
        self._handled = (1 << bits) - 1
        attributes = [self._handled]
        if abi >= _NETWORK_ABI:
            attributes.append(3)  # TCP: bind, connect
        if abi >= SCOPES_ABI:
            attributes.append(_SCOPES)
        packed = kernel.words(attributes)
        fd = kernel.syscall("landlock", kernel.LANDLOCK_CREATE_RULESET, packed, len(packed), 0)
        self._fd = kernel.out_of_the_way(fd)
        for path, rights in rules:
            self.allow(path, rights)

    def allow(self, path: str, rights: int) -> None:
        """One more rule, for whoever is restricted from now on. Raises OSError."""
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            rights &= self._handled
            if not os.path.isdir(path):
                rights &= _OF_FILES
            rule = struct.pack("=Qi", rights, fd)
            kernel.syscall("landlock", kernel.LANDLOCK_ADD_RULE, self._fd, _PATH_BENEATH, rule, 0)
        finally:
            os.close(fd)

    def restrict(self) -> None:
        """Put the rules on this process, for good. Needs `no_new_privs`."""
        kernel.syscall("landlock", kernel.LANDLOCK_RESTRICT_SELF, self._fd, 0)
