"""One exercise of a course as bytes, and where a node keeps it while servers judge with it.

A node is sent the bytes once, whatever the number of its slots: the first slot unpacks them into a folder
that its user alone can enter, the others find it by the digest, and the last one to leave removes it. Each
holds a shared lock on it, which ends with its process: what nobody holds is abandoned, and removed by
whoever comes next.
"""

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import stat
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from grader.core.course import COURSE_FILE, Course, Exercise
from grader.errors import CourseError, MachineError, host_at_fault

MAX_MIB: Final = 256
PREFIX: Final = "dlgrade-course-"
YOUNG_S: Final = 60.0  # a folder without a lock that is younger may just be coming into being
_LEFT_OUT: Final = frozenset({"__pycache__", ".ipynb_checkpoints", ".git"})
_LOCK: Final = "lock"
_COURSE: Final = "course"
_CACHE: Final = "cache"


def pack(course: Course, exercise: Exercise) -> bytes:
    """The course's settings and the two folders of the exercise; the same files give the same bytes.

    Raises CourseError where a file cannot be read, or all of them are over MAX_MIB.
    """
    files: list[tuple[str, bytes]] = []
    total = 0
    for path in _files(course, exercise):
        try:
            data = path.read_bytes()
        except OSError as e:
            raise CourseError(f"{str(path)!r} cannot be read: {e.strerror or e}") from e
        total += len(data)
        if total > MAX_MIB * 2**20:
            raise CourseError(
                f"{exercise.id} cannot be sent to other machines: its files have over {MAX_MIB} MiB "
                f"({str(path)!r} is one): keep data that no check needs elsewhere"
            )
        files.append((path.relative_to(course.root).as_posix(), data))
    return zlib.compress(msgspec.msgpack.encode(files), level=1)


def _files(course: Course, exercise: Exercise) -> Iterator[Path]:
    yield course.root / COURSE_FILE
    for folder in (exercise.public_dir, exercise.solution_dir):
        if folder is not None:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and not _LEFT_OUT.intersection(path.relative_to(folder).parts):
                    yield path


def digest(packed: bytes) -> str:
    """What the pack is found by."""
    return hashlib.sha256(packed).hexdigest()[:32]


class Unpacked:
    """A pack on this machine, there until nobody holds it any more."""

    def __init__(self, packed: bytes) -> None:
        """Unpacks it unless another process has; raises MachineError where there is no safe place for it."""
        remove_abandoned()
        self.folder = Path(tempfile.gettempdir()) / f"{PREFIX}{os.geteuid()}-{digest(packed)}"
        try:
            self._fd = _hold(self.folder)
            try:
                self._unpack(packed)
            except BaseException:
                self.close()
                raise
        except OSError as e:
            raise host_at_fault(e) or MachineError(
                f"the course cannot be unpacked into {str(self.folder)!r}: {(e.strerror or str(e)).lower()}; "
                "set TMPDIR to a folder that the grader can write, and start Ray again"
            ) from e

    @property
    def course(self) -> Path:
        """The course's folder."""
        return self.folder / _COURSE

    @property
    def cache(self) -> Path:
        """For what is slow to compute."""
        return self.folder / _CACHE

    def close(self) -> None:
        """Let go of it, and remove it if nobody else holds it. May be called again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
            _remove_unless_held(self.folder)

    def _unpack(self, packed: bytes) -> None:
        if self.course.exists():
            return
        draft = self.folder / f".draft-{secrets.token_hex(8)}"
        for name, data in msgspec.msgpack.decode(zlib.decompress(packed), type=list[tuple[str, bytes]]):
            parts = PurePosixPath(name)
            if parts.is_absolute() or ".." in parts.parts:
                raise MachineError(f"the course was sent with a path that leads out of it: {name!r}")
            path = draft / parts
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        self.cache.mkdir(exist_ok=True)
        try:
            draft.rename(self.course)
        except OSError:
            if not self.course.exists():
                raise
            shutil.rmtree(draft)  # another slot was first


def _hold(folder: Path) -> int:
    """A descriptor with a shared lock on the folder, made if need be. Raises OSError, MachineError."""
    while True:
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        try:
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
                raise MachineError(
                    f"{str(folder)!r} is not the grader's own: remove it, or set TMPDIR to another folder"
                )
            fd = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:  # whoever held it has just removed it
            continue
        fcntl.flock(fd, fcntl.LOCK_SH)
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(fd), (folder / _LOCK).stat()):
                return fd
        os.close(fd)  # removed while we waited for the lock


def remove_abandoned() -> bool:
    """Remove what this user's graders that were killed have left; whether nothing of the kind is left."""
    removed = True
    with contextlib.suppress(OSError):
        for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}{os.geteuid()}-*"):
            removed = _remove_unless_held(folder) and removed
    return removed


def _remove_unless_held(folder: Path) -> bool:
    """False if nobody holds the folder, and it is there all the same."""
    try:
        fd = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        with contextlib.suppress(OSError):
            if folder.lstat().st_mtime < time.time() - YOUNG_S:
                shutil.rmtree(folder)
        return not folder.exists()
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(fd)
    return True
