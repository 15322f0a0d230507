"""What a worker sees of the file system: the standard library, allowed packages, a folder of its own.

    /                       an empty file system, read-only
    …/lib/python3.x         the standard library, without the packages that were installed beside it
    …/site-packages/numpy   each allowed package, where the interpreter looks for it
    /dev/null, …            the devices that hold nothing
    /proc                   its own process alone
    /home/student           its working folder: empty, small, gone with the worker
    /tmp                    the same folder

Where the interpreter or a package lies in one of the last two, it stays in view: the working folder is
another one then, and there is no /tmp.

On a GPU, and there alone (cuda.py): the driver's nodes in /dev, its libraries, and in /proc and /sys what it
reads of the machine.

No library of the system's is there: what the standard library and the packages need of them is loaded
before (`preload`). Made once in the fork server, which goes to live in it.
"""

import importlib
import os
import re
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from grader.worker import kernel, landlock
from grader.worker.cuda import Profile

HOME: Final = "/home/student"
_OTHER_HOME: Final = "/srv/student"
_TMP: Final = "/tmp"  # noqa: S108 - inside of the view
_DEVICES: Final = ("null", "full", "random", "urandom")
"""Not `zero`: mapped, it is memory that no limit counts (seccomp.py, mmap)."""
_HIDDEN: Final = ("site-packages", "dist-packages", "ensurepip", "test", "idlelib")
"""Folders of the standard library's that hold other packages, or are no library."""
# Modules in C that load libraries of the system's: those are not in the view.
_PRELOADED: Final = (
    "zlib",
    "bz2",
    "lzma",
    "hashlib",
    "ctypes",
    "decimal",
    "sqlite3",
    "uuid",
    "_crypt",
    "ssl",
)
_EMPTY: Final = "/.empty"
_OWN_PROC: Final = "/.proc"
"""Where a worker's own process is in view if /proc holds other things, too."""


def stdlib() -> str:
    """The folder of the standard library."""
    return sysconfig.get_path("stdlib")


def packages(names: Sequence[str]) -> list[str]:
    """Files and folders of these distributions and of all that they need, as far as it is installed.

    `importlib.metadata` would say the same, but its import takes half as long as NumPy's.
    """
    installed = _installed()
    found: set[str] = set()
    waiting, seen = [_canonical(name) for name in names], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in installed:  # of another platform, or part of the interpreter
            continue
        seen.add(name)
        info = installed[name]
        found.update(_places(info, name))
        waiting += [_canonical(r) for r in _requirements(info) if "extra ==" not in r]
    return sorted(found)


def _canonical(requirement: str) -> str:
    """The name of the distribution in a requirement (packaging.python.org, name normalization)."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", name[0]).lower() if name else requirement


def _installed() -> dict[str, str]:
    """Metadata of what is installed, by canonical name: of two, the first on the path."""
    found: dict[str, str] = {}
    for folder in sys.path:
        with suppress(OSError):
            for entry in os.listdir(folder or "."):
                if entry.endswith((".dist-info", ".egg-info")):
                    found.setdefault(_canonical(entry.split("-")[0]), os.path.join(folder, entry))
    return found


def _places(info: str, name: str) -> Iterator[str]:
    """Top-level files and folders of the distribution whose metadata lie at `info`."""
    base = os.path.dirname(info)
    tops = {line.partition(",")[0].strip('"').partition("/")[0] for line in _lines(f"{info}/RECORD")}
    if not tops:  # installed by the system's own packages: named as it is imported
        tops = {name.replace("-", "_")}
    for top in tops:
        path = os.path.join(base, top)
        if top not in ("", "..", "__pycache__") and os.path.exists(path):
            yield path


def _requirements(info: str) -> Iterator[str]:
    """What the distribution says that it needs (core metadata, Requires-Dist)."""
    for line in _lines(f"{info}/METADATA"):
        if line == "\n":  # the description follows
            return
        if line.startswith("Requires-Dist:"):
            yield line.partition(":")[2].strip()


def _lines(path: str) -> Iterator[str]:
    with suppress(OSError), open(path, encoding="utf-8", errors="replace") as file:
        yield from file


def preload() -> None:
    """Have the libraries of the system's in memory that modules of the standard library load."""
    for name in _PRELOADED:
        with suppress(ImportError):  # an interpreter built without it
            importlib.import_module(name)


class View:
    """The files of one fork server's workers."""

    def __init__(
        self,
        place: str,
        names: Sequence[str],
        work_mib: int,
        inodes: int,
        cuda: Profile | None = None,
    ) -> None:
        """`place` is an empty folder; nothing is ever written there, as others see it."""
        self._cuda = cuda
        self._proc = "/proc" if cuda is None else _OWN_PROC
        self._place = place
        self._stdlib = stdlib()
        self._packages = packages(names)
        needed = [self._stdlib, *self._packages]
        self.home = _OTHER_HOME if any(path.startswith(f"{HOME}/") for path in needed) else HOME
        self._with_tmp = not any(path.startswith(f"{_TMP}/") for path in needed)
        self._work = f"size={work_mib}m,nr_inodes={inodes},mode=0700"

    def enter(self) -> None:
        """Build it and make it the root of this mount namespace. Needs CAP_SYS_ADMIN there."""
        kernel.mount("", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
        root = self._place
        kernel.mount("tmpfs", root, "tmpfs", kernel.MS_NOSUID, "size=1m,nr_inodes=4096,mode=0755")
        for folder in (_EMPTY, self.home, self._proc):
            os.makedirs(f"{root}{folder}", mode=0o755)
        if self._with_tmp:
            os.symlink(self.home, f"{root}{_TMP}")
        os.environ.update(HOME=self.home, TMPDIR=self.home)
        self._bind(self._proc, "/proc", protected=False)  # a worker's own comes over it
        self._bind(self._stdlib)
        for name in _HIDDEN:
            if os.path.isdir(f"{root}{self._stdlib}/{name}"):
                self._bind(f"{self._stdlib}/{name}", f"{root}{_EMPTY}")
        for path in self._packages:
            self._bind(path)
        for name in _DEVICES:
            self._bind(f"/dev/{name}", protected=False)
        if self._cuda is not None:
            self._add_driver(self._cuda)
        kernel.protect_one(root, kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV)
        kernel.pivot(root)

    def _add_driver(self, cuda: Profile) -> None:
        """What a CUDA program needs: of /proc no more than that, beside the worker's own process."""
        os.makedirs(f"{self._place}/proc", mode=0o755)
        for name in ("self", "thread-self"):
            os.symlink(f"{_OWN_PROC}/{name}", f"{self._place}/proc/{name}")
        for path in cuda.nodes:
            self._bind(path, protected=False)  # a device on a mount with nodev opens nothing
        for path in (*cuda.proc, *cuda.files):
            self._bind(path)

    def _bind(self, path: str, source: str = "", *, protected: bool = True) -> None:
        target = f"{self._place}{path}"
        if os.path.isdir(source or path):
            os.makedirs(target, mode=0o755, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(target), mode=0o755, exist_ok=True)
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT, 0o644))
        kernel.mount(source or path, target, "", kernel.MS_BIND | kernel.MS_REC)
        if protected:
            kernel.protect(
                target, kernel.MOUNT_ATTR_RDONLY | kernel.MOUNT_ATTR_NOSUID | kernel.MOUNT_ATTR_NODEV
            )

    def search_here(self) -> None:
        """Look for modules where workers may, and nowhere else."""
        places = {os.path.dirname(path) for path in self._packages}
        places |= {self._stdlib, f"{self._stdlib}/lib-dynload"}
        sys.path[:] = [path for path in sys.path if path in places]
        sys.path_importer_cache.clear()
        importlib.invalidate_caches()

    def mount_proc(self) -> None:
        """Over the system's /proc: the processes of this pid namespace, and nothing else of the system."""
        flags = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
        try:
            kernel.mount("proc", self._proc, "proc", flags, "subset=pid")
        except OSError:
            # Where the host hides parts of its own (a container does), the kernel gives out no new one: then
            # there is none. Before Linux 5.8 the option is not known either.
            kernel.mount("tmpfs", self._proc, "tmpfs", flags | kernel.MS_RDONLY, "size=0,nr_inodes=1")

    def mount_home(self) -> None:
        """A fresh working folder for one worker."""
        flags = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
        kernel.mount("tmpfs", self.home, "tmpfs", flags, self._work)
        os.chdir(self.home)

    def rules(self, *, inside: bool) -> list[tuple[str, int]]:
        """The same view for Landlock; not `inside`, in the file system as it is, where it is all there is."""
        devices = [(f"/dev/{name}", landlock.DEVICE) for name in _DEVICES]
        allowed = [(path, landlock.READ) for path in self._packages]
        if self._cuda is not None:
            devices += [(path, landlock.CONTROLLED) for path in self._cuda.nodes]
            allowed += [(path, landlock.READ) for path in (*self._cuda.proc, *self._cuda.files)]
        if inside:
            # What is here may be read, and a rule holds for what is mounted below its folder. Files of the
            # system that a worker might get hold of are below another root, so no rule allows them.
            return [("/", landlock.READ), (os.path.dirname(self.home), landlock.WORK), *devices]
        entries: list[Any] = [
            (entry.path, landlock.READ) for entry in os.scandir(self._stdlib) if entry.name not in _HIDDEN
        ]
        return [*entries, (self._stdlib, landlock.LIST), *allowed, *devices, *self._listed()]

    def _listed(self) -> list[tuple[str, int]]:
        """Folders that the import system lists; without that it says "No module named"."""
        folders = {os.path.dirname(path) for path in self._packages}
        return [(folder, landlock.LIST) for folder in sorted(folders)]
