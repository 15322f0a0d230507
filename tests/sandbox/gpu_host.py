"""Runs a command on a host whose /dev has the nodes of a GPU: they lead nowhere. As root only.

    python -m tests.sandbox.gpu_host COMMAND…

The nodes are those of NVIDIA's driver by name, and /dev/null by number: what a worker may open is shown, not
what a GPU does. In a mount namespace of the command's own.
"""

import os
import stat
import sys
from pathlib import Path

from tests.cli.broken_host import NEWNS, PRIVATE, mount, unshare

NODES = ("nvidiactl", "nvidia0", "nvidia1", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset")
CAPABILITY = "nvidia-caps/nvidia-cap2"
_BIND = 4096
_USUAL = ("null", "zero", "full", "random", "urandom", "tty")


def main() -> None:
    """See the module's docstring."""
    unshare(NEWNS)
    mount("", "/", "", PRIVATE)
    usual = [(name, os.open(f"/dev/{name}", os.O_PATH)) for name in _USUAL]
    mount("tmpfs", "/dev", "tmpfs", 0, "mode=0755")
    for name, fd in usual:
        Path("/dev", name).touch()
        mount(f"/proc/self/fd/{fd}", f"/dev/{name}", "", _BIND)
        os.close(fd)
    os.mkdir("/dev/nvidia-caps")
    for name in (*NODES, CAPABILITY):
        os.mknod(f"/dev/{name}", stat.S_IFCHR | 0o666, os.makedev(1, 3))
        os.chmod(f"/dev/{name}", 0o666)
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
