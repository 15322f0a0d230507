"""What Canvas and Moodle give as "all submissions", read for one thing: where a student's feedback has to go.

Both find the student by numbers in the name of a file: Canvas by those of the user and of the attachment
(`name_USER_ATTACHMENT_file.py`), Moodle by that of the participant
(`Name_PARTICIPANT_assignsubmission_file_/file.py`).
Names and contents are other people's: they are compared, and never become a path.
"""

import contextlib
import hashlib
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from grader.core import notebook
from grader.core.submission import MAX_BYTES, kept
from grader.errors import InputError, SubmissionError
from grader.gradebook.ledger import Student

MAX_MEMBERS = 50_000
Form = Literal["canvas", "moodle"]

_MOODLE = re.compile(r"(?P<name>[^_/]*)_(?P<id>[0-9]{1,18})_assignsubmission_[a-z]+(_|/|$)")
_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the feedback of one student goes, and what tells whose it is."""

    target: str
    """The name in the zip file to upload: our own words and the LMS's numbers."""
    number: str
    """Of the user or participant."""
    name: str
    """As the LMS wrote it."""
    digests: frozenset[str]
    """Of the files that this student handed in."""


def read(download: Path, form: Form) -> list[Place]:
    """The places in a download, a zip file or the folder of one; InputError if there are none."""
    names: dict[str, tuple[str, str]] = {}
    digests: defaultdict[str, set[str]] = defaultdict(set)
    for path, data in _members(download):
        found = _canvas(path) if form == "canvas" else _moodle(path)
        if found is None:
            continue
        number, name, target = found
        names.setdefault(number, (name, target))
        digests[number].add(digest(_as_kept(path, data)))
    if not names:
        raise InputError(
            f"{str(download)!r} holds no submission under a name as {form.capitalize()} gives it: "
            "take the file of all submissions as it was downloaded there"
        )
    return [
        Place(number=number, name=name, target=target, digests=frozenset(digests[number]))
        for number, (name, target) in names.items()
    ]


def digest(data: bytes) -> str:
    """Of one file, as the book has it of a submission of one."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _most(name: str) -> int:
    """The most bytes that a file of this name can have had to be taken."""
    return notebook.MAX_BYTES if name.endswith(notebook.SUFFIX) else MAX_BYTES


def _as_kept(path: str, data: bytes) -> bytes:
    """What the book has of the file: of a notebook its code."""
    with contextlib.suppress(SubmissionError):  # then it was not taken, and is nobody's attempt
        return kept(PurePosixPath(path), data)
    return data


def matched(
    places: Sequence[Place], students: Mapping[Student, Sequence[frozenset[str]]]
) -> dict[Student, Place]:
    """Whose each place is; where there is any doubt, it is nobody's.

    A student is known by the files of one of the attempts, and by id or name. Where both tell something, they
    have to agree: whoever handed in a neighbour's file is not given the neighbour's report.

    Args:
        places: of the download.
        students: each with the digests of every attempt's files.
    """
    claims: defaultdict[Student, list[tuple[Place, bool]]] = defaultdict(list)
    for place in places:
        same = {s for s, attempts in students.items() if any(files <= place.digests for files in attempts)}
        named = {s for s in students if place.number == s.id or _bare(place.name) in _names(s)}
        candidates = same & named if same and named else same | named
        if len(candidates) == 1:
            claims[candidates.pop()].append((place, bool(named)))
    found = {}
    for student, several in claims.items():
        sure = [place for place, is_named in several if is_named] or [place for place, _ in several]
        if len(sure) == 1:
            found[student] = sure[0]
    return found


def _canvas(path: str) -> tuple[str, str, str] | None:
    """Number, name and target: the first two numbers between underscores, as Canvas reads them."""
    parts = path.rpartition("/")[2].split("_")
    numbers = [part for part in parts[1:] if _NUMBER.fullmatch(part)]
    if len(numbers) < 2:
        return None
    return numbers[0], parts[0], f"feedback_{numbers[0]}_{numbers[1]}_report.html"


def _moodle(path: str) -> tuple[str, str, str] | None:
    for part in path.split("/"):
        if match := _MOODLE.match(part):
            number = match["id"]
            return number, match["name"], f"participant_{number}_assignfeedback_file_/report.html"
    return None


def _members(download: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents; what is too large to be a submission is passed over."""
    what = repr(str(download))
    try:
        if download.is_dir():
            for path in sorted(download.rglob("*")):
                if path.is_file() and not path.is_symlink() and path.stat().st_size <= _most(path.name):
                    yield path.relative_to(download).as_posix(), path.read_bytes()
            return
        with zipfile.ZipFile(download) as archive:
            if len(archive.infolist()) > MAX_MEMBERS:
                raise InputError(f"{what} holds over {MAX_MEMBERS} files: this is no download of submissions")
            for member in archive.infolist():
                if (
                    member.is_dir()
                    or member.flag_bits & 1
                    or member.file_size > (most := _most(member.filename))
                ):
                    continue
                with archive.open(member) as file:
                    data = file.read(most + 1)
                if len(data) <= most:
                    yield member.filename, data
    except (zipfile.BadZipFile, NotImplementedError) as e:
        raise InputError(f"{what} is no zip file, or damaged: download it again") from e
    except OSError as e:
        raise InputError(f"{what} cannot be read: {(e.strerror or str(e)).lower()}") from e


def _names(student: Student) -> set[str]:
    """A student's id and name as an LMS may write them: family name first, or last."""
    words = (student.full_name or "").replace(",", " ").split()
    forms = {student.id, "".join(words), "".join(reversed(words)), "".join(words[-1:] + words[:-1])}
    return {_bare(form) for form in forms if form}


def _bare(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())
