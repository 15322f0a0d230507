"""What a worker on a GPU needs of the system beside what every worker has: the `cuda` profile of the wall.

A CUDA program talks to the kernel's driver through device nodes, and reads what that driver says of itself
and of the machine. Nothing of it is in the view of a worker on the CPU. This list was put together from what
others found out, and has not met a GPU yet:

- nodes, and that they must not be on a mount with `nodev`: NVIDIA's container toolkit, bubblewrap;
- `nvidia-uvm-tools`, `/proc/driver/nvidia*`, and that a thread's name is written to `/proc/self/task/N/comm`:
  nono (nolabs-ai), driver 570;
- `/proc/devices`, `mmap_min_addr`, `block_size_bytes`, and the abstract socket: snapd, interface opengl;
- `/sys/devices/system/node`, and the numbers of ioctl (seccomp.py): gVisor, nvproxy;
- `memfd_create`: OpenShell (NVIDIA).

Runs in the fork server, before the view is built. Nothing here opens a GPU: a process that has done so must
not be forked.
"""

import contextlib
import ctypes
import glob
import os
from typing import Final, NamedTuple

_NODES: Final = (
    "nvidiactl",
    "nvidia-uvm",
    "nvidia-uvm-tools",
    "nvidia[0-9]*",
    "nvidia-caps/nvidia-cap[0-9]*",  # parts of a GPU (MIG)
)
"""Not `nvidia-modeset`, which is for screens."""
_PROC: Final = (
    "driver/nvidia",
    "driver/nvidia-uvm",
    "devices",
    "cpuinfo",
    "meminfo",
    "sys/vm/mmap_min_addr",
    "sys/vm/overcommit_memory",
)
_SYS: Final = (
    "devices/system/cpu",
    "devices/system/memory",
    "devices/system/node",
    "bus/pci/devices",
    "module/nvidia",
    "module/nvidia_uvm",
)
_VENDOR: Final = "0x10de"
_LIBRARIES: Final = (
    "libcuda.so.1",
    "libnvidia-ml.so.1",
    "libnvidia-ptxjitcompiler.so.1",
    "libnvidia-nvvm.so.4",
)
"""Of the driver's, by the names under which CUDA and each other ask for them."""
_FOLDERS: Final = ("/usr/local/nvidia/lib64", "/usr/local/nvidia/lib", "/run/opengl-driver/lib")
"""Where they are on hosts that name the place in LD_LIBRARY_PATH, which no fork server inherits."""
_BESIDE: Final = (
    "libcuda.so*",
    "libnvidia-ml.so*",
    "libnvidia-ptxjitcompiler.so*",
    "libnvidia-nvvm*.so*",
    "libnvidia-gpucomp.so*",
)


class Profile(NamedTuple):
    """Paths that are there. What is not is left out: drivers differ."""

    nodes: tuple[str, ...]
    """Read, written and controlled."""
    proc: tuple[str, ...]
    files: tuple[str, ...]
    """Of /sys, and the driver's libraries: read."""


def profile(libraries: tuple[str, ...] = (), *, root: str = "") -> Profile:
    """What there is of it in the file system at `root`; `libraries` as `preload` found them."""
    nodes = [path for pattern in _NODES for path in sorted(glob.glob(f"{root}/dev/{pattern}"))]
    proc = [path for name in _PROC if os.path.exists(path := f"{root}/proc/{name}")]
    files = [path for name in _SYS if os.path.exists(path := f"{root}/sys/{name}")]
    return Profile(tuple(nodes), tuple(proc), (*files, *_cards(root), *libraries))


def _cards(root: str) -> list[str]:
    """The folders of NVIDIA's devices in /sys, which the links in /sys/bus/pci/devices lead to."""
    found = []
    for link in sorted(glob.glob(f"{root}/sys/bus/pci/devices/*")):
        with contextlib.suppress(OSError), open(f"{link}/vendor", encoding="ascii") as file:
            if file.read().strip() == _VENDOR:
                found.append(os.path.realpath(link))
    return found


def preload() -> tuple[str, ...]:
    """Load the driver's libraries, as `view.preload` does others; their files, and those beside them.

    One that is loaded is found by its name wherever it lies. Those beside are for what is opened by path.
    """
    for name in _LIBRARIES:
        for path in (name, *(f"{folder}/{name}" for folder in _FOLDERS)):
            with contextlib.suppress(OSError):  # not there, or this driver has none
                ctypes.CDLL(path)
                break
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as file:
        loaded = {line.split(maxsplit=5)[5].strip() for line in file if "/libcuda.so" in line}
    folders = {os.path.dirname(path) for path in loaded}
    patterns = [f"{glob.escape(folder)}/{name}" for folder in folders for name in _BESIDE]
    return tuple(sorted({path for pattern in patterns for path in glob.glob(pattern)}))


def opened(prefix: str = "/dev/nvidia") -> bool:
    """Whether this process has a GPU open."""
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/self/fd/{name}").startswith(prefix):
                return True
    return False
