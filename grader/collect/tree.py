"""Files of a download, in a folder or in an archive, as one flat list.

Names in it are students' and hostile: they are shown and compared, never opened by a path that was
put together from them.
"""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final

from grader.core.submission import MAX_BYTES, read_bytes
from grader.errors import InputError, SubmissionError

MAX_DEPTH: Final = 12  # folders in folders
MAX_FILES: Final = 500_000
EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)  # zips know no time before 1980, and write that for none

EMPTY: Final = ".empty"
"""Stands in an empty folder, so that the folder is seen; junk by its name."""

_JUNK_FOLDERS: Final = frozenset({"__macosx", "__pycache__", "node_modules", "venv", "site-packages"})
_JUNK_FILES: Final = frozenset({"thumbs.db", "desktop.ini", "icon\r"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One file."""

    path: PurePosixPath
    """Where it lies below the root."""
    size: int
    """Bytes, as the folder or the archive says."""
    modified: datetime | None
    """When it was last written; None where that is not known."""
    reader: Callable[[int], bytes]
    place: Path | None = None
    """The file itself, where it lies on the disk."""
    fault: str | None = None
    """Why it is not touched, in a sentence that names it."""

    def read(self, limit: int = MAX_BYTES) -> bytes:
        """All of it; SubmissionError if it has a fault, is over `limit` bytes or cannot be read."""
        if self.fault is not None:
            raise SubmissionError(self.fault)
        return self.reader(limit)


def is_junk(path: PurePosixPath) -> bool:
    """Whether it is there by some program's doing, such as `.DS_Store`: nobody hands that in."""
    *folders, name = (part.lower() for part in path.parts)
    return (
        any(folder in _JUNK_FOLDERS or (folder.startswith(".") and folder != "..") for folder in folders)
        or name in _JUNK_FILES
        or name.startswith(".")
    )


def empty(folder: PurePosixPath) -> Leaf:
    """What stands for an empty folder."""
    return Leaf(path=folder / EMPTY, size=0, modified=None, reader=lambda _: b"")


def files_in(root: Path) -> list[Leaf]:
    """The files in a folder and its folders, by name; links lead nowhere outside of it."""
    inside = root.resolve()
    leaves: list[Leaf] = []
    try:
        for path, status in _walk(root, 0):
            if status is None:
                leaves.append(empty(PurePosixPath(path.relative_to(root).as_posix())))
            else:
                leaves.append(_leaf(path, status, root, inside))
            if len(leaves) > MAX_FILES:
                raise InputError(
                    f"{str(root)!r} holds over {MAX_FILES} files: name the folder of submissions"
                )
    except OSError as e:
        raise InputError(
            f"{str(e.filename or root)!r} cannot be read: {(e.strerror or str(e)).lower()}"
        ) from e
    return leaves


def _walk(folder: Path, depth: int) -> Iterator[tuple[Path, os.stat_result | None]]:
    """Files and links, by name, and empty folders with None; folders in folders are not followed for ever."""
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    if not found:
        yield folder, None
    for entry in found:
        if not entry.is_dir(follow_symlinks=False):
            yield Path(entry.path), entry.stat(follow_symlinks=False)
        elif depth < MAX_DEPTH:
            yield from _walk(Path(entry.path), depth + 1)


def _leaf(path: Path, status: os.stat_result, root: Path, inside: Path) -> Leaf:
    target, wrong = path, None
    if stat.S_ISLNK(status.st_mode):
        try:
            target = path.resolve(strict=True)
            status = target.stat()
        except (OSError, RuntimeError):
            wrong = "is a link that leads nowhere"
        else:
            if not target.is_relative_to(inside):
                wrong = "is a link that leads out of the folder: put the file itself there"
    if wrong is None and stat.S_ISDIR(status.st_mode):
        wrong = "is a link to a folder: put the folder itself there"
    elif wrong is None and not stat.S_ISREG(status.st_mode):
        wrong = "is no regular file: hand in a .py file"
    below = PurePosixPath(path.relative_to(root).as_posix())
    return Leaf(
        path=below,
        size=status.st_size,
        modified=plausible(status.st_mtime),
        reader=lambda limit: read_bytes(target, limit=limit, links=False),
        place=target,
        fault=None if wrong is None else f"{str(below)!r} {wrong}",
    )


def plausible(seconds: float) -> datetime | None:
    """The moment, if a submission can be of then."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return moment if moment >= EARLIEST else None
