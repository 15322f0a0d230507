"""Memory and process limits of the kernel's, where this user may make control groups: version 2, else 1.

A group a worker, taken from a few that are made once: making one costs more than a worker. Memory that is
mapped by nobody (files in memory, buffers of pipes) counts here and nowhere else.

A worker enters its group itself, before its first step, through files that were opened here: the kernel asks
what the opener may do. It lets a process that moves wait for 5 to 15 ms, during which the judge works on.
"""

import contextlib
import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from grader.sandbox import stops

_MOUNTED: Final = Path("/sys/fs/cgroup")
_PREFIX: Final = "dlgrade-"
CLOSE_S: Final = 1.0
_numbers = itertools.count()


class Group:
    """One control group, for one worker at a time."""

    def __init__(self, folders: list[Path], *, unified: bool) -> None:
        self._folders = folders
        self._events = folders[0] / ("memory.events" if unified else "memory.oom_control")
        self._kills = self._count()
        self.doors: list[int] = []
        """A process that writes `ENTER` to each of these descriptors is in the group."""
        try:
            for folder in folders:
                self.doors.append(os.open(folder / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC))
        except OSError:
            self._shut()
            raise

    def begin(self) -> None:
        """From now on it is another process's."""
        self._kills = self._count()

    @property
    def out_of_memory(self) -> bool:
        """Whether the kernel has killed a process of the group for its memory since `begin`."""
        return self._count() > self._kills

    @property
    def empty(self) -> bool:
        """Whether the last process is gone, with all that counted."""
        with contextlib.suppress(OSError):
            return not (self._folders[0] / "cgroup.procs").read_text(encoding="ascii").strip()
        return False

    def close(self) -> bool:
        """Remove it; False if a process that is still ending keeps it."""
        self._shut()
        removed = [_removed(folder) for folder in self._folders]
        return all(removed)

    def _shut(self) -> None:
        while self.doors:
            os.close(self.doors.pop())

    def _count(self) -> int:
        try:
            lines = self._events.read_text(encoding="ascii").splitlines()
        except OSError:
            return 0
        return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))


class Groups:
    """The groups of one sandbox."""

    def __init__(self, parents: list[Path], *, unified: bool, memory_mib: int, processes: int) -> None:
        self._parents = parents
        self._unified = unified
        self._memory = memory_mib * 2**20
        self._processes = processes
        self._groups: list[Group] = []
        self._busy: set[int] = set()
        for parent in parents:
            _remove_abandoned(parent)

    @classmethod
    def here(cls, *, memory_mib: int, processes: int) -> "Groups | str":
        """Groups below this process's own, or why there can be none."""
        reason = "this user may make no control group with a memory limit"
        for parents, unified in _candidates():
            groups = cls(parents, unified=unified, memory_mib=memory_mib, processes=processes)
            try:
                groups.give(groups.take_one())
            except OSError as e:
                groups.close()
                reason = f"{parents[0]}: {(e.strerror or str(e)).lower()}"
            else:
                return groups
        return reason

    def take_one(self) -> Group:
        """A group that is empty. Raises OSError."""
        for group in self._groups:
            if id(group) not in self._busy and group.empty:
                break
        else:
            group = self._make()
            self._groups.append(group)
        self._busy.add(id(group))
        group.begin()
        return group

    def give(self, group: Group) -> None:
        """The group may be taken again once it is empty."""
        self._busy.discard(id(group))

    def close(self) -> None:
        """Remove all groups; one that a process keeps for longer is removed by the next `Groups`."""
        deadline = time.monotonic() + CLOSE_S
        self._groups = [group for group in self._groups if not group.close()]
        while self._groups and time.monotonic() < deadline:
            time.sleep(0.005)  # a process that was killed ends
            self._groups = [group for group in self._groups if not group.close()]
        self._groups = []

    def _free(self) -> list[Path]:
        """Names that nobody has: a grader that was killed may have left some under this process's id."""
        while True:
            name = f"{_PREFIX}{os.getpid()}-{next(_numbers)}"
            folders = [parent / name for parent in self._parents]
            if all(_removed(folder) for folder in folders):
                return folders

    def _make(self) -> Group:
        folders = self._free()
        made: list[Path] = []
        try:
            for folder in folders:
                folder.mkdir()
                made.append(folder)
            memory = folders[0]
            if self._unified:
                _write(memory / "memory.max", str(self._memory))
                _write(memory / "memory.oom.group", "1")
                with contextlib.suppress(OSError):  # no swap here
                    _write(memory / "memory.swap.max", "0")
                _write(memory / "pids.max", str(self._processes))
            else:
                _write(memory / "memory.limit_in_bytes", str(self._memory))
                with contextlib.suppress(OSError):  # no accounting of swap here
                    _write(memory / "memory.memsw.limit_in_bytes", str(self._memory))
                for folder in folders[1:]:
                    _write(folder / "pids.max", str(self._processes))
            return Group(folders, unified=self._unified)
        except OSError:
            for folder in made:
                folder.rmdir()
            raise


def _candidates() -> Iterator[tuple[list[Path], bool]]:
    """Folders in which groups may be made (memory first, then processes), and whether they are version 2."""
    own: dict[str, str] = {}
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines():
            _, controllers, path = line.split(":", 2)
            own.update(dict.fromkeys(controllers.split(","), path))
    if "" in own:
        for mounted in (_MOUNTED, _MOUNTED / "unified"):
            yield from (([folder], True) for folder in _delegating(mounted, own[""]))
    if "memory" in own:
        folders = [_folder(name, own.get(name, "/")) for name in ("memory", "pids")]
        if os.access(folders[0], os.W_OK):
            yield [folder for folder in folders if os.access(folder, os.W_OK)], False


def _delegating(mounted: Path, own: str) -> Iterator[Path]:
    """Groups of version 2 that pass both controllers on: one with processes cannot, but its parents may."""
    group = Path(f"{mounted}{own}")
    for folder in (group, *group.parents):
        if not folder.is_relative_to(mounted) or not os.access(folder, os.W_OK):
            return
        with contextlib.suppress(OSError):
            passed = (folder / "cgroup.subtree_control").read_text(encoding="ascii").split()
            if {"memory", "pids"} <= set(passed):
                yield folder


def _folder(controller: str, own: str) -> Path:
    """This process's group of version 1; in a container the path that the host gives is not there."""
    mounted = _MOUNTED / controller
    folder = Path(f"{mounted}{own}")
    return folder if folder.is_dir() else mounted


def remove_abandoned(pid: int | None = None) -> bool:
    """Remove the groups of graders that were killed; whether all are gone, or those of process `pid`."""
    gone = True
    for parents, _ in _candidates():
        for parent in parents:
            all_gone = _remove_abandoned(parent)
            gone = gone and (all_gone if pid is None else not any(parent.glob(f"{_PREFIX}{pid}-*")))
    return gone


def _remove_abandoned(parent: Path) -> bool:
    gone = True
    for folder in parent.glob(f"{_PREFIX}*-*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdecimal() and stops.ended(int(pid)):
            gone = _removed(folder) and gone
    return gone


def _removed(folder: Path) -> bool:
    """Whether the group is gone, now or before."""
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _write(path: Path, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
