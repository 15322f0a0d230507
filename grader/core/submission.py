"""What a student hands in: who, which exercise, which bytes, when.

Files are read here and nowhere else, on our side of the wall. They are never parsed or imported
here: a file that is not Python is still a submission, and its checks crash. Of a notebook its code cells
are taken (notebook.py). What cannot be taken at all is a `SubmissionError` and costs no attempt.
"""

import codecs
import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath

from grader.core import notebook
from grader.core.course import Course, Exercise
from grader.core.record import TimeSource
from grader.errors import SubmissionError

MAX_BYTES = 2**20
MAX_STUDENT = 128  # characters

BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Unicode's Bidi_Control: text that reads otherwise than it runs (Boucher, Anderson 2021)."""

_COOKIE = re.compile(r"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)  # PEP 263
_COMMENT = re.compile(r"[ \t\f]*(#.*)?")
_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file: the name that the exercise gives it, and the bytes as they came.

    A notebook is called `convolution.ipynb` for `convolution.py`, and its bytes are those of `notebook.pack`.
    """

    name: str
    data: bytes

    @property
    def cells(self) -> tuple[notebook.Cell, ...] | None:
        """The cells of a notebook; None for a .py file."""
        return notebook.unpacked(self.data) if self.name.endswith(notebook.SUFFIX) else None

    @property
    def text(self) -> str:
        """The source; that of a notebook is all of its cells."""
        cells = self.cells
        return self.data.decode("utf-8", "replace") if cells is None else notebook.text(cells)

    @property
    def code(self) -> str:
        """The source to search; of a notebook what is for grading."""
        cells = self.cells
        return self.data.decode("utf-8", "replace") if cells is None else notebook.code(cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Files of one student for one exercise, in the order of the exercise's `files`."""

    student: str
    exercise: str
    files: tuple[SourceFile, ...]
    submitted_utc: str
    """Such as `2026-03-01T09:00:00Z`."""
    time_source: TimeSource = "clock"
    """Who says that it was then."""

    def __post_init__(self) -> None:
        if not self.files or len({file.name for file in self.files}) != len(self.files):
            raise ValueError(f"submission with files {[file.name for file in self.files]}")
        if not _UTC.fullmatch(self.submitted_utc):
            raise ValueError(f"submitted_utc={self.submitted_utc!r} is not like 2026-03-01T09:00:00Z")

    @property
    def digest(self) -> str:
        """`sha256:` and hex: of one file's bytes, or of names and digests of several."""
        return digest(self.files)


def digest(files: Sequence[SourceFile]) -> str:
    """Digest of files: `sha256sum` of a single one; of several, of the lines that it prints."""
    sums = sorted((file.name, hashlib.sha256(file.data).hexdigest()) for file in files)
    if len(sums) == 1:
        return f"sha256:{sums[0][1]}"
    listing = "".join(f"{hexdigest}  {name}\n" for name, hexdigest in sums)
    return f"sha256:{hashlib.sha256(listing.encode()).hexdigest()}"


def sources(files: Iterable[SourceFile]) -> dict[str, str]:
    """The texts that tracebacks point into: of a file by its name, of a cell by `convolution.ipynb:3`."""
    texts: dict[str, str] = {}
    for file in files:
        if (cells := file.cells) is None:
            texts[file.name] = file.text
        else:
            texts |= {f"{file.name}:{cell.number}": cell.source for cell in cells}
    return texts


def utc(moment: datetime | None = None) -> str:
    """`moment`, or now, as records write it."""
    moment = moment or datetime.now(UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def check_student(id: str) -> str:
    r"""The id in NFC; SubmissionError unless it is 1-128 printable characters without `/` and `\`."""
    id = unicodedata.normalize("NFC", id)
    what = f"student id {id[:MAX_STUDENT]!r}"
    if not 1 <= len(id) <= MAX_STUDENT:
        raise SubmissionError(f"{what} has {len(id)} characters: give 1 to {MAX_STUDENT}")
    if "/" in id or "\\" in id:
        raise SubmissionError(f"{what} contains a slash: give an id without '/' and '\\'")
    if not id.isprintable():
        odd = next(c for c in id if not c.isprintable())
        raise SubmissionError(f"{what} contains U+{ord(odd):04X}, which is not printable: leave it out")
    return id


def student_key(id: str) -> str:
    """What stands for the student in paths: 32 hex digits."""
    return hashlib.sha256(id.encode()).hexdigest()[:32]


def read(
    exercise: Exercise,
    paths: Sequence[Path],
    student: str,
    submitted_utc: str,
    *,
    stub_refused: bool,
) -> Submission:
    """The submission in the files at `paths`; SubmissionError says which file cannot be taken, and why.

    Where the exercise takes one file it may have any name; several are told apart by theirs.
    """
    named = _assign(exercise, paths)
    files = tuple(SourceFile(name=kept_name(n, path), data=read_source(path)) for n, path in named.items())
    submission = Submission(
        student=check_student(student), exercise=exercise.id, files=files, submitted_utc=submitted_utc
    )
    if stub_refused and is_stub(exercise, submission):
        raise SubmissionError(
            f"{', '.join(repr(str(path)) for path in named.values())}: the untouched stub of {exercise.id}; "
            "write your solution first, and save the file"
        )
    return submission


def refuse_names_of_others(course: Course, exercise: Exercise, paths: Sequence[Path]) -> None:
    """SubmissionError for a file that is called as one of another exercise; a name of one's own is fine."""
    for path in paths:
        if own_name(path) in exercise.names:
            continue
        for other in course.exercises.values():
            if own_name(path) in other.files:
                raise _of_another(exercise, path, f"is the file of {other.id}")


def refuse_stubs_of_others(
    course: Course, exercise: Exercise, paths: Sequence[Path], submission: Submission
) -> None:
    """SubmissionError for files that hold the untouched stub of another exercise; a part may be one."""
    if is_stub(exercise, submission):
        return
    named = _assign(exercise, paths)
    for file in submission.files:
        name = own_name(PurePath(file.name))
        if name in exercise.optional:
            continue
        path = named[name]
        for other in course.exercises.values():
            if other.id != exercise.id and any(_equals_stub(other, name, file) for name in other.files):
                raise _of_another(exercise, path, f"holds the untouched stub of {other.id}")


def _of_another(exercise: Exercise, path: Path, what: str) -> SubmissionError:
    return SubmissionError(f"{str(path)!r} {what}; {_takes(exercise)}")


def read_source(path: Path) -> bytes:
    """Bytes of a source file that can be taken, as they are kept; does not hang on what is no file."""
    return kept(path, read_bytes(path, limit=limit_of(path)))


def own_name(path: PurePath) -> str:
    """What an exercise calls a file of this name: a notebook stands for the .py file of its stem."""
    return f"{path.stem}.py" if path.suffix == notebook.SUFFIX else path.name


def kept_name(name: str, path: PurePath) -> str:
    """The name of the file at `path` in a submission, for the exercise's `name`: says what it is."""
    return notebook_for(name) if path.suffix == notebook.SUFFIX else name


def notebook_for(name: str) -> str:
    """What a notebook is called that stands for the exercise's file `name`."""
    return name.removesuffix(".py") + notebook.SUFFIX


def limit_of(path: PurePath) -> int:
    """The most bytes that the file may have; SubmissionError if it is not called as source."""
    if path.suffix not in (".py", notebook.SUFFIX):
        raise SubmissionError(f"{str(path)!r} is no .py file and no notebook: hand in Python source")
    return notebook.MAX_BYTES if path.suffix == notebook.SUFFIX else MAX_BYTES


def kept(path: PurePath, data: bytes) -> bytes:
    """What is kept of a file's bytes: all, of a notebook its code; SubmissionError if it cannot be taken."""
    if path.suffix != notebook.SUFFIX:
        check_text(path, data)
        return data
    what = repr(str(path))
    _refuse_marks(what, data)
    cells = notebook.cells(data, what)
    for cell in cells:
        _refuse_characters(what, cell.source, f"cell {cell.number}, ")
    if not notebook.code(cells).strip():
        raise SubmissionError(f"{what} has no code: write your solution first, and save the notebook")
    packed = notebook.pack(cells)
    if len(packed) > MAX_BYTES:
        raise SubmissionError(f"{what} has over {MAX_BYTES // 2**20} MiB of code: hand in the source only")
    return packed


def _assign(exercise: Exercise, paths: Sequence[Path]) -> dict[str, Path]:
    """Which file of the exercise each path is."""
    if len(paths) == len(exercise.files) == 1 and paths[0].name not in exercise.optional:
        return {exercise.files[0]: paths[0]}
    given = [own_name(path) for path in paths]
    by_name = dict(zip(given, paths, strict=True))
    wrong = [f"{name!r} is missing" for name in exercise.files if name not in by_name]
    wrong += [f"{name!r} is none of them" for name in by_name if name not in exercise.names]
    wrong += [f"{name!r} is given twice" for name in by_name if given.count(name) > 1]
    if wrong:
        raise SubmissionError(f"{_takes(exercise)}: {', '.join(wrong)}")
    return {name: by_name[name] for name in exercise.names if name in by_name}


def _takes(exercise: Exercise) -> str:
    """Which files it takes, in words."""
    words = f"{exercise.id} takes {' and '.join(map(repr, exercise.files))}"
    if exercise.optional:
        words += f" and, if you use them, {', '.join(map(repr, exercise.optional))}"
    return words


def found(exercise: Exercise, folder: Path) -> list[Path]:
    """The files of the exercise in `folder`, and the optional ones that they import, as their lines tell.

    Nothing, if there is none; SubmissionError where one is there both as .py file and as notebook.
    """
    if not any(_candidates(folder, name) for name in exercise.files):
        return []
    taken = {name: _one_of(folder, name) for name in exercise.files}
    for path in (waiting := list(taken.values())):  # grows while it is read
        try:
            text = SourceFile(name=path.name, data=read_source(path)).code
        except SubmissionError:  # said when it is read for good
            continue
        for part in exercise.optional:
            stem = re.escape(part.removesuffix(".py"))
            imported = re.search(rf"^[ \t]*(?:from|import)\b.*\b{stem}\b", text, re.MULTILINE)
            if part not in taken and imported and any(one.is_file() for one in _candidates(folder, part)):
                taken[part] = _one_of(folder, part)
                waiting.append(taken[part])
    return [taken[name] for name in exercise.names if name in taken]


def _candidates(folder: Path, name: str) -> list[Path]:
    """What is there of the exercise's file `name`: it, a notebook for it, both or neither."""
    paths = (folder / name, folder / notebook_for(name))
    return [path for path in paths if os.path.lexists(path)]


def _one_of(folder: Path, name: str) -> Path:
    """The file that is there, or would be."""
    match _candidates(folder, name):
        case [path, other]:
            raise SubmissionError(f"{path.name!r} and {other.name!r} are both here: name the one that counts")
        case [path]:
            return path
    return folder / name


def read_bytes(path: Path, *, limit: int = MAX_BYTES, links: bool = True) -> bytes:
    """All of a regular file of at most `limit` bytes; a link to one is fine where `links` are."""
    what = repr(str(path))
    try:
        _require_regular(path, path.stat())
        # Between stat and open the file may become a FIFO: O_NONBLOCK, and look again.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        if not links:
            flags |= getattr(os, "O_NOFOLLOW", 0)
        with open(os.open(path, flags), "rb") as file:
            _require_regular(path, os.fstat(file.fileno()))
            data = file.read(limit + 1)
    except FileNotFoundError as e:
        raise SubmissionError(f"no file {what}: check the path, or name the file to hand in") from e
    except (OSError, ValueError) as e:  # ValueError: NUL in the path
        reason = getattr(e, "strerror", None) or e
        raise SubmissionError(f"{what} cannot be read: {str(reason).lower()}") from e
    if len(data) > limit:
        raise too_large(what, limit)
    return data


def too_large(what: str, limit: int = MAX_BYTES) -> SubmissionError:
    """What is said of a file of over `limit` bytes."""
    advice = "clear its outputs and save it" if notebook.SUFFIX in what[-8:] else "hand in the source only"
    return SubmissionError(f"{what} is over {limit // 2**20} MiB: {advice}")


def _require_regular(path: Path, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise SubmissionError(f"{str(path)!r} is a folder: name the file in it")
    if not stat.S_ISREG(status.st_mode):
        raise SubmissionError(f"{str(path)!r} is no regular file: hand in a .py file")


def check_text(path: PurePath, data: bytes) -> None:
    """SubmissionError for what an editor shows otherwise than Python reads it."""
    what = repr(str(path))
    _refuse_marks(what, data)
    if (nul := data.find(0)) >= 0:
        raise SubmissionError(f"{what} has a NUL byte in line {_line(data, nul)}: save it as plain text")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as e:
        raise SubmissionError(f"{what} is not UTF-8 in line {_line(data, e.start)}: save it as UTF-8") from e
    if not text.strip():
        raise SubmissionError(f"{what} is empty: write your solution first, and save the file")
    _refuse_characters(what, text)
    if (cookie := _cookie(text)) and not _is_utf8(cookie):
        raise SubmissionError(
            f"{what} declares the encoding {cookie!r}: delete that line; UTF-8 is understood"
        )


def _refuse_marks(what: str, data: bytes) -> None:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise SubmissionError(f"{what} is UTF-16: save it as UTF-8")
    if data.startswith(codecs.BOM_UTF8):
        raise SubmissionError(f"{what} begins with a byte order mark: save it as UTF-8 without BOM")


def _refuse_characters(what: str, text: str, cell: str = "") -> None:
    """SubmissionError for a NUL, or for what changes the direction of text."""
    if text.isascii() and "\0" not in text:
        return
    for position, character in enumerate(text):
        if character == "\0" or character in BIDI_CONTROLS:
            line = text.count("\n", 0, position) + 1
            is_nul = character == "\0"
            why = "a NUL character" if is_nul else f"the invisible character U+{ord(character):04X}, which "
            why += "" if is_nul else "changes the direction of text,"
            raise SubmissionError(f"{what} has {why} in {cell}line {line}: delete it")


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1


def _cookie(text: str) -> str | None:
    """The encoding that one of the first two lines declares, as Python reads them."""
    for line in re.split(r"\r\n|\r|\n", text, maxsplit=2)[:2]:
        if match := _COOKIE.match(line):
            return match[1]
        if not _COMMENT.fullmatch(line):
            return None
    return None


def _is_utf8(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        return False


def is_stub(exercise: Exercise, submission: Submission) -> bool:
    """Whether it is the stub, but for white space; False where the course has no stub."""
    named = [(own_name(PurePath(file.name)), file) for file in submission.files]
    return all(_equals_stub(exercise, name, file) for name, file in named if name in exercise.files)


def _equals_stub(exercise: Exercise, name: str, file: SourceFile) -> bool:
    try:
        stub = (exercise.public_dir / name).read_bytes()
    except OSError:
        return False
    if file.name.endswith(notebook.SUFFIX):
        # Its cells may leave things out, stand in another order, and have remarks: nothing is written in it.
        given = {line.strip() for line in stub.decode("utf-8", "replace").splitlines()}
        lines = {line.strip() for line in file.code.splitlines()}
        return all(line in given or line.startswith("#") for line in lines if line)
    return file.data.split() == stub.split()
