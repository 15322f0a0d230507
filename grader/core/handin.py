"""The hand-in file: what `grade submit` writes where no suite is, and `grade batch` takes.

One JSON file with the student's id, the files as text, and how the public checks ended. Whoever has it can
write another one: the digest finds what was damaged on the way, not what was forged, and who a student is
says the platform that a file was uploaded to. What it says of the public checks is for people: nothing of it
is ever counted. Read on our side of the wall, as a claim: sizes, names and types before anything else.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Annotated, Final, Literal

import msgspec

import grader
from grader.core.record import Outcome, Record
from grader.core.submission import SourceFile, Submission, check_student, digest
from grader.errors import SubmissionError

SUFFIX: Final = ".handin.json"
MAX_BYTES: Final = 16 * 2**20  # several files of 1 MiB, each character escaped
MAX_FILES: Final = 32
MAX_CHECKS: Final = 2000
SCHEMA: Final = 1

_FORMAT: Final = "dlgrade-handin"
_NAME: Final = re.compile(r".+\.handin(-[0-9]{1,4}| ?\([0-9]{1,4}\))?\.json", re.IGNORECASE | re.DOTALL)
_FILE: Final = r"^[a-z][a-z0-9_]{0,63}\.(py|ipynb)\Z"


class _Head(msgspec.Struct):
    format: str = ""
    schema: int = 0


class File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of the student's; its bytes are its text in UTF-8."""

    name: Annotated[str, msgspec.Meta(pattern=_FILE)]
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    text: str


class PublicCheck(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a public check ended where the student works."""

    id: Annotated[str, msgspec.Meta(max_length=300)]
    outcome: Outcome


class HandIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that the file holds; `read` gives only what agrees with itself."""

    format: Literal["dlgrade-handin"] = _FORMAT
    schema: Literal[1] = SCHEMA
    exercise: Annotated[str, msgspec.Meta(max_length=80)]
    student: str
    """As the student says; where a platform knows better, that counts."""
    made_utc: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")]
    """By the student's clock, so never the time of submission."""
    grader: Annotated[str, msgspec.Meta(max_length=40)]
    digest: Annotated[str, msgspec.Meta(pattern=r"^sha256:[0-9a-f]{64}\Z")]
    """Of the files, as records have it."""
    files: Annotated[list[File], msgspec.Meta(min_length=1, max_length=MAX_FILES)]
    public: Annotated[list[PublicCheck], msgspec.Meta(max_length=MAX_CHECKS)] | None
    """None where the checks could not run."""

    @property
    def sources(self) -> tuple[SourceFile, ...]:
        """The files as a submission has them."""
        return tuple(SourceFile(name=file.name, data=file.text.encode()) for file in self.files)


def is_name(name: str) -> bool:
    """Whether a file is called as hand-in files are, also where a platform or a browser has numbered it."""
    return _NAME.fullmatch(name) is not None


def of(submission: Submission, checked: Record | None) -> HandIn:
    """The hand-in of a submission; `checked` is the record of its public checks, if they ran."""
    public = None
    if checked is not None and checked.outcome == "graded":
        public = [PublicCheck(id=check.id, outcome=check.outcome) for check in checked.checks]
    return HandIn(
        exercise=submission.exercise,
        student=submission.student,
        made_utc=submission.submitted_utc,
        grader=grader.__version__,
        digest=submission.digest,
        files=[
            File(name=file.name, sha256=_sha256(file.data), text=file.data.decode())
            for file in submission.files
        ],
        public=public,
    )


def encode(hand_in: HandIn) -> bytes:
    """The file's bytes, for people to read as well."""
    return msgspec.json.format(msgspec.json.encode(hand_in), indent=2) + b"\n"


def read(data: bytes, what: str) -> HandIn:
    """What is in a hand-in file; SubmissionError, about `what`, where it is none or disagrees with itself."""
    if len(data) > MAX_BYTES:
        raise SubmissionError(f"{what} is over {MAX_BYTES // 2**20} MiB: that is no hand-in file")
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.format == _FORMAT and head.schema > SCHEMA:
            raise SubmissionError(
                f"{what} is of format {head.schema}, and this grade reads {SCHEMA}: install a newer dlgrade"
            )
        hand_in = msgspec.json.decode(data, type=HandIn)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as e:
        why = "it is nested too deep" if isinstance(e, RecursionError) else str(e)[:200]
        raise SubmissionError(
            f"{what} is no hand-in file as `grade submit` writes it ({why}): ask for the file as it was"
        ) from None
    check_student(hand_in.student)
    _require_whole(hand_in, what)
    return hand_in


def _require_whole(hand_in: HandIn, what: str) -> None:
    names = [file.name for file in hand_in.files]
    if len(set(names)) != len(names):
        raise SubmissionError(f"{what} holds a file twice: ask for the file as `grade submit` wrote it")
    try:
        sources: Sequence[SourceFile] = hand_in.sources
    except UnicodeEncodeError:  # half of a surrogate pair
        raise SubmissionError(f"{what} holds text that is not UTF-8: ask for the file again") from None
    changed = [f.name for f, s in zip(hand_in.files, sources, strict=True) if _sha256(s.data) != f.sha256]
    if changed or digest(sources) != hand_in.digest:
        raise SubmissionError(
            f"{what} was changed after it was written ({changed[0] if changed else 'digest'} is another): "
            "ask for the file as `grade submit` wrote it"
        )


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
