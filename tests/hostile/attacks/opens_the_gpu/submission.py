"""A GPU, its driver, and what the wall opens for a CUDA program alone."""

import numpy as np

import ctypes
import glob
import os

LIBC = ctypes.CDLL(None, use_errno=True)


def double(x):
    for path in [
        "/dev/nvidiactl",
        "/dev/nvidia0",
        "/dev/nvidia-uvm",
        "/dev/nvidia-uvm-tools",
        "/dev/dri/card0",
        "/dev/kfd",
        "/dev/dxg",
        "/proc/driver/nvidia/params",
        "/proc/devices",
        "/proc/cpuinfo",
        "/sys/bus/pci/devices",
        "/sys/module/nvidia",
        "/sys/devices/system/node",
        *glob.glob("/dev/nvidia*"),
        *glob.glob("/.proc/*"),
    ]:
        for flags in (os.O_RDONLY, os.O_RDWR):
            try:
                os.close(os.open(path, flags))
            except OSError:
                continue
            print("BREACHED: opened", path)
    for name, call in {
        "a file of memory": lambda: LIBC.memfd_create(b"x", 0),
        "a socket": lambda: LIBC.socket(1, 5, 0),
        "bind": lambda: LIBC.bind(3, b"\1\0\0cuda", 7),
        "a request to the driver": lambda: LIBC.ioctl(0, ctypes.c_ulong(0xC90046C8), None),
    }.items():
        if call() >= 0 or ctypes.get_errno() != 1:
            print("BREACHED: may ask for", name, ctypes.get_errno())
    for library in ("libcuda.so.1", "libnvidia-ml.so.1"):
        try:
            ctypes.CDLL(library)
        except OSError:
            continue
        print("BREACHED: loaded", library)
    return 2 * x


def total(x):
    return float(x.sum())


def gram(x):
    return x @ x.T


class Counter:
    def __init__(self, n):
        self.n = n

    def add(self, k):
        self.n += k
        return self.n

    def __add__(self, other):
        return Counter(self.n + other.n)


def apply(f, x):
    return np.array([f(v) for v in x.tolist()])
