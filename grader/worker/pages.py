"""The memory of a process that is about to be forked often, put into large pages.

A fork copies a table with one entry for each page that was written to, and the child's end takes it down
again: for a process that has imported torch, 50,000 pages of 4 KiB and three quarters of what a fork costs.
In pages of 2 MiB it is a hundred entries. What a child writes to is split for that child alone. Runs in the
fork server, before it forks; where the kernel has no such call (before Linux 6.1), or no large page is free,
all stays as it is.
"""

import contextlib
import re
from collections.abc import Iterator
from typing import Final

from grader.worker import kernel

LARGE: Final = 2 * 2**20  # bytes, on x86-64 and on aarch64 with pages of 4 KiB
_PRIVATE: Final = re.compile(rb"([0-9a-f]+)-([0-9a-f]+) rw.p \S+ \S+ 0 *(?:\[heap\])?\n")
"""Of /proc/self/maps: memory of this process's own, of no file."""


def gather() -> None:
    """Put this process's own memory into large pages, as far as that goes."""
    for start, size in _places():
        # Some of it may not go (no part of it is in use, say); the kernel says so when it has done the rest.
        with contextlib.suppress(OSError):
            kernel.collapse(start, size)


def _places() -> Iterator[tuple[int, int]]:
    """(address, bytes) of this process's own memory, as far as large pages fit in."""
    with open("/proc/self/maps", "rb") as file:
        lines = file.readlines()
    for line in lines:
        if (found := _PRIVATE.fullmatch(line)) is not None:
            start, end = (int(address, 16) // LARGE * LARGE for address in found.groups())
            start = start if start == int(found[1], 16) else start + LARGE
            if start < end:
                yield start, end - start
