"""A guarded reader of zip files: nothing is ever unpacked to the disk, and no more than is asked for.

An archive comes from a student. What its directory says of sizes, names and offsets is a claim: the size
of the directory is bounded before it is read, a file's bytes are counted as they come, and names are
labels that no path is made of. An archive with anything odd in it is refused as a whole.
"""

import contextlib
import io
import struct
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from grader.collect.tree import EARLIEST, Leaf, empty
from grader.core.submission import too_large
from grader.errors import SubmissionError

_END: Final = struct.Struct("<4s4H2LH")  # the record at the end: signature, disks, entries, size, offset
_SIGNATURE: Final = b"PK\x05\x06"
_COMMENT: Final = 2**16  # the most that may follow it
_TAKEN: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others need gigabytes for a few bytes
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000
_UTF8: Final = 0x800
_DEVICES: Final = frozenset(
    ["con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(10))]
)
_MAX_NAME: Final = 255  # bytes of one part


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The most that an archive may be."""

    size: int
    """Bytes of the archive; where it lies in memory, that of the memory."""
    directory: int
    """Bytes of its list of files."""
    files: int
    declared: int
    """Bytes of all its files, as it says."""


STUDENT: Final = Bounds(size=32 * 2**20, directory=2**20, files=2000, declared=256 * 2**20)
DOWNLOAD: Final = Bounds(size=64 * 2**30, directory=256 * 2**20, files=500_000, declared=256 * 2**30)
"""What a learning platform packs: the submissions of everybody."""


@contextlib.contextmanager
def opened(source: Path | bytes, name: str, bounds: Bounds = STUDENT) -> Iterator[list[Leaf]]:
    """The files of an archive, by name, to be read while it is open; SubmissionError says what is wrong.

    In a `DOWNLOAD` what is wrong with one file is that file's fault alone.
    """
    what = repr(name)
    with contextlib.ExitStack() as stack:
        with _in_words(what):
            file: IO[bytes] = stack.enter_context(
                io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
            )
            _measure(file, what, bounds)
            archive = stack.enter_context(zipfile.ZipFile(file))
            leaves = _leaves(archive, name, bounds)
        yield leaves


@contextlib.contextmanager
def _in_words(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        raise SubmissionError(f"{what} cannot be read: {(e.strerror or str(e)).lower()}") from e
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as e:
        raise SubmissionError(f"{what} is damaged, or no zip: {str(e).lower()}; ask for it again") from e


def _measure(file: IO[bytes], what: str, bounds: Bounds) -> None:
    """Bound what reading the list of files will take, before anything reads it."""
    size = file.seek(0, io.SEEK_END)
    if size > bounds.size:
        raise SubmissionError(f"{what} is over {bounds.size // 2**20} MiB: hand in the source only")
    file.seek(0)
    if file.read(2) != b"PK":
        raise SubmissionError(f"{what} is no zip, whatever its name says: hand in the file, or a zip of it")
    file.seek(max(0, size - _COMMENT - _END.size))
    tail = file.read()
    at = tail.rfind(_SIGNATURE)
    if at < 0 or at + _END.size > len(tail):
        raise SubmissionError(f"{what} is damaged: its end is missing; ask for it again")
    _, disk, first, here, entries, directory, _, comment = _END.unpack_from(tail, at)
    if at + _END.size + comment != len(tail):
        raise SubmissionError(f"{what} has something behind its end: it is a zip and another file in one")
    large = 0xFFFF in (disk, here, entries) or directory == 0xFFFFFFFF
    if large and bounds is STUDENT:
        raise SubmissionError(f"{what} claims to be a huge archive (zip64): hand in the source only")
    if not large and (disk or first or here != entries):
        raise SubmissionError(f"{what} is a part of an archive in several files: hand in one zip")
    if not large and (directory > bounds.directory or entries > bounds.files):
        raise SubmissionError(f"{what} holds {entries} files, over {bounds.files}: hand in the source only")
    file.seek(0)


def _leaves(archive: zipfile.ZipFile, name: str, bounds: Bounds) -> list[Leaf]:
    """Its files, unless no honest program is to blame for them."""
    entries, what = archive.infolist(), repr(name)
    if len(entries) > bounds.files:
        raise SubmissionError(f"{what} holds over {bounds.files} files: hand in the source only")
    if entries and min(info.header_offset for info in entries) != 0:
        raise SubmissionError(f"{what} begins with something else: it is a zip and another file in one")
    declared = sum(info.file_size for info in entries)
    if declared > bounds.declared:
        raise SubmissionError(
            f"{what} would be {declared // 2**20} MiB unpacked, over {bounds.declared // 2**20}: "
            "hand in the source only"
        )
    names = _Names()
    leaves: list[Leaf] = []
    for info in entries:
        inner = _name(info)
        fault: str | None = None
        try:
            _check_entry(info, what)
            names.add(inner, what)
        except SubmissionError as e:
            if bounds is STUDENT:
                raise
            fault = str(e)
        is_folder = inner.endswith("/")
        leaves.append(empty(PurePosixPath(inner)) if is_folder else _leaf(archive, name, info, fault))
    return sorted(leaves, key=lambda leaf: leaf.path)


def _check_entry(info: zipfile.ZipInfo, what: str) -> None:
    name = _name(info)
    inner = f"{name[:100]!r} in {what}"
    if info.flag_bits & _ENCRYPTED:
        raise SubmissionError(f"{what} is encrypted: hand in a zip without a password")
    mode = info.external_attr >> 16
    if (kind := mode & 0o170000) and kind not in (0o100000, 0o040000):
        word = "a link" if kind == 0o120000 else "no regular file"
        raise SubmissionError(f"{inner} is {word}: hand in the files themselves")
    if info.volume:
        raise SubmissionError(f"{what} is a part of an archive in several files: hand in one zip")
    if why := _odd(name, info):
        raise SubmissionError(f"{inner} {why}: pack the files anew, with plain names")


def _odd(name: str, info: zipfile.ZipInfo) -> str | None:
    """What is wrong with a name."""
    parts = name.rstrip("/").split("/")
    if "\0" in info.orig_filename:
        return "has a NUL in its name"
    if "\\" in name:
        return "has a backslash in its name"
    if name.startswith("/") or name[1:2] == ":":
        return "has an absolute path"
    if ".." in parts:
        return "leads out of the archive"
    if any(part in {"", "."} for part in parts):
        return "has an empty part in its path"
    if any(len(part.encode("utf-8", "replace")) > _MAX_NAME for part in parts):
        return f"has a name of over {_MAX_NAME} bytes"
    if any(not part.isprintable() for part in parts):
        return "has invisible characters in its name"
    if any(part.endswith((".", " ")) for part in parts):
        return "has a name that ends in a dot or a space"
    if any(part.split(".")[0].lower() in _DEVICES for part in parts):
        return "is called as a device of Windows is"
    return None


class _Names:
    """The names so far: no two may be one on some file system, and no file a folder as well."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def add(self, name: str, what: str) -> None:
        """Raises SubmissionError for a name that is there already."""
        parts = unicodedata.normalize("NFC", name).casefold().rstrip("/").split("/")
        key, is_folder = "/".join(parts), name.endswith("/")
        above = {"/".join(parts[:n]) for n in range(1, len(parts))}
        if key in self._files or (key in self._folders and not is_folder) or above & self._files:
            raise SubmissionError(
                f"{what} holds {name[:100]!r} twice (capital letters make no difference): "
                "pack the files anew, under names of their own"
            )
        self._folders |= above
        (self._folders if is_folder else self._files).add(key)


def _name(info: zipfile.ZipInfo) -> str:
    """The name in its likeliest encoding: few programs say which, and Windows in Korea writes CP949."""
    if info.flag_bits & _UTF8:
        return info.orig_filename
    raw = info.orig_filename.encode("cp437", "replace")
    for encoding in ("utf-8", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.orig_filename


def _leaf(archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo, fault: str | None) -> Leaf:
    inner = _name(info)
    return Leaf(
        path=PurePosixPath(inner),
        size=info.file_size,
        modified=_modified(info),
        reader=lambda limit: _read(archive, f"{inner[:100]!r} in {name!r}", info, limit),
        fault=fault,
    )


def _read(archive: zipfile.ZipFile, what: str, info: zipfile.ZipInfo, limit: int) -> bytes:
    """The bytes of one file, at most `limit` of them, whatever its size is said to be."""
    if info.file_size > limit:
        raise too_large(what, limit)
    if info.compress_type not in _TAKEN:
        raise SubmissionError(f"{what} is packed in an unusual way: pack it as a plain zip")
    with _in_words(what), archive.open(info) as member:
        data = member.read(limit + 1)
    if len(data) != info.file_size:
        raise SubmissionError(f"{what} is damaged: it is not as long as the archive says; ask for it again")
    return data


def _modified(info: zipfile.ZipInfo) -> datetime | None:
    """When the file was written by the archive, which knows no time zone: that of this machine is taken."""
    fields: Any = (*info.date_time, 0, 0, -1)
    try:
        moment = datetime.fromtimestamp(time.mktime(fields)).astimezone()
    except (OverflowError, ValueError, OSError):
        return None
    return moment if moment >= EARLIEST else None
