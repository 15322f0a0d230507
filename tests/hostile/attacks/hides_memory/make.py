"""Where the memory is of: of no file, or of a device that stands for none."""

from tests.hostile.sources import right

BODY = """
import ctypes, os

libc = ctypes.CDLL(None)
libc.mmap.restype = libc.mremap.restype = ctypes.c_void_p
size, none = 1 << 26, ctypes.c_void_p(-1).value
try:
    fd, flags = {opened}
    for _ in range(8):  # twice what there is
        start = libc.mmap(None, ctypes.c_size_t(size), 3, flags, fd, ctypes.c_long(0))
        if start == none:
            break
        ctypes.memset(ctypes.c_void_p(start), 1, size)
        libc.mremap(ctypes.c_void_p(start), ctypes.c_size_t(size), ctypes.c_size_t(4096), 0)
    else:
        print("BREACHED: 512 MiB of 256")
except OSError:
    pass
return 2 * x
"""

WAYS = {
    "anonymous": "-1, 0x21",
    "validated": "-1, 0x23",
    "wide_flags": "-1, 0x100000021",
    "zero": 'os.open("/dev/zero", os.O_RDWR), 0x01',
}
VARIANTS = {
    name: right(f"Hides memory: {name.replace('_', ' ')}", double=BODY.replace("{opened}", opened).strip())
    for name, opened in WAYS.items()
}
