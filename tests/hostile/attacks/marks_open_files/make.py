"""Flags of an open file belong to all who have inherited it."""

from tests.hostile.sources import right

HEAD = """
import fcntl
import os

mark = os.O_APPEND | os.O_NONBLOCK
if any(fcntl.fcntl(fd, fcntl.F_GETFL) & mark for fd in range(3)):
    print("BREACHED: was here before")
fcntl.fcntl(0, fcntl.F_SETFL, mark)
"""
VARIANTS = {
    "submission": right("Flags of open files", head=HEAD),
    "for_its_next_worker": right("Flags of open files", head=HEAD, double="os._exit(0)"),
}
