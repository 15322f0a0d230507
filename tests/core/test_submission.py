"""What can be handed in, and what is refused: each bad input its own words, none a hang or traceback."""

import hashlib
import os
import unicodedata
from pathlib import Path

import pytest

from grader.core.course import Exercise, Limits
from grader.core.record import Text
from grader.core.submission import (
    MAX_BYTES,
    SourceFile,
    Submission,
    check_student,
    digest,
    read,
    student_key,
    utc,
)
from grader.errors import SubmissionError

NOW = "2026-03-01T09:00:00Z"
STUB = 'def conv2d(x):\n    """Convolution."""\n    raise NotImplementedError("conv2d is not written yet")\n'


@pytest.fixture
def exercise(tmp_path):
    """An exercise of one file, with its stub."""
    return make_exercise(tmp_path, "convolution.py")


def make_exercise(tmp_path: Path, *files: str) -> Exercise:
    """An exercise of these files, each with a stub."""
    public = tmp_path / "exercises" / "ex10_convolution"
    public.mkdir(parents=True)
    for name in files:
        (public / name).write_text(STUB)
    return Exercise(
        id="ex10_convolution",
        title=Text(en="Convolution", ko="합성곱"),
        files=files,
        packages=("numpy",),
        points=100,
        due_utc=None,
        limits=Limits(),
        reveal="all",
        devices=("cpu",),
        public_dir=public,
        solution_dir=None,
    )


@pytest.fixture
def take(exercise, tmp_path):
    """Reads a submission of one file with the given bytes."""

    def take(data: bytes, name: str = "mine.py", *, stub_refused: bool = True) -> Submission:
        path = tmp_path / name
        path.write_bytes(data)
        return read(exercise, [path], "s001", NOW, stub_refused=stub_refused)

    return take


def refusal(function, *args, **options) -> str:
    """What a SubmissionError says."""
    with pytest.raises(SubmissionError) as caught:
        function(*args, **options)
    return str(caught.value)


def test_bytes_are_kept_as_they_came(take):
    """Nothing is normalised: line endings, trailing space and Korean stay."""
    data = "x = 1\r\n# 합성곱  \n".encode()

    submission = take(data)

    assert submission.files == (SourceFile(name="convolution.py", data=data),)
    assert (submission.student, submission.exercise) == ("s001", "ex10_convolution")
    assert submission.submitted_utc == NOW


def test_digest_of_one_file_is_sha256sum(take):
    """The digest of one file is what sha256sum prints."""
    assert take(b"x = 1\n").digest == "sha256:" + hashlib.sha256(b"x = 1\n").hexdigest()


def test_digest_of_several_files():
    """The digest of several is that of sha256sum's lines, in order of names."""
    one, two = SourceFile(name="a.py", data=b"1"), SourceFile(name="b.py", data=b"2")
    lines = "".join(f"{hashlib.sha256(f.data).hexdigest()}  {f.name}\n" for f in (one, two))

    assert digest([two, one]) == "sha256:" + hashlib.sha256(lines.encode()).hexdigest()


def test_digest_says_which_file_is_which():
    """Exchanged contents are another submission."""
    one = [SourceFile(name="a.py", data=b"1"), SourceFile(name="b.py", data=b"2")]
    other = [SourceFile(name="a.py", data=b"2"), SourceFile(name="b.py", data=b"1")]

    assert digest(one) != digest(other)


@pytest.mark.parametrize(
    "data",
    [b"def f(:\n", b"import nothing_like_this\n", b"while True: pass\n", b"\x1b[31m = 1\n"],
    ids=["syntax error", "import error", "endless import", "escape sequence"],
)
def test_broken_python_is_taken(take, data):
    """A file that does not parse or import is a submission: its checks crash."""
    assert take(data).files[0].data == data


def test_missing_file(exercise, tmp_path):
    """No such file: said, with what to do."""
    message = refusal(read, exercise, [tmp_path / "no.py"], "s001", NOW, stub_refused=True)

    assert message == f"no file {str(tmp_path / 'no.py')!r}: check the path, or name the file to hand in"


def test_folder(exercise, tmp_path):
    """A folder is refused even with a file's name."""
    (tmp_path / "mine.py").mkdir()

    assert "is a folder" in refusal(read, exercise, [tmp_path / "mine.py"], "s001", NOW, stub_refused=True)


def test_unreadable_path(exercise):
    """A path that no system call takes is refused, not a traceback."""
    for name in ("a\0b.py", "x" * 5000 + ".py"):
        assert "cannot be read" in refusal(read, exercise, [Path(name)], "s001", NOW, stub_refused=True)


def test_odd_characters_of_a_path_are_shown_not_obeyed(exercise):
    """Escape sequences in a path do not reach the terminal."""
    message = refusal(read, exercise, [Path("\x1b[31m\u202e.py")], "s001", NOW, stub_refused=True)

    assert message.isprintable()


def test_fifo_does_not_hang(exercise, tmp_path):
    """A FIFO without writer is refused at once."""
    os.mkfifo(tmp_path / "mine.py")

    message = refusal(read, exercise, [tmp_path / "mine.py"], "s001", NOW, stub_refused=True)

    assert "is no regular file" in message


def test_device_does_not_hang(exercise, tmp_path):
    """A link to an endless device is refused at once."""
    (tmp_path / "mine.py").symlink_to("/dev/zero")

    message = refusal(read, exercise, [tmp_path / "mine.py"], "s001", NOW, stub_refused=True)

    assert "is no regular file" in message


def test_link_to_a_file(exercise, tmp_path):
    """A link to a file is as good as the file."""
    (tmp_path / "real.py").write_text("x = 1\n")
    (tmp_path / "mine.py").symlink_to("real.py")

    assert read(exercise, [tmp_path / "mine.py"], "s001", NOW, stub_refused=True).files[0].data == b"x = 1\n"


def test_link_to_itself(exercise, tmp_path):
    """A link in a circle is refused."""
    (tmp_path / "mine.py").symlink_to("mine.py")

    message = refusal(read, exercise, [tmp_path / "mine.py"], "s001", NOW, stub_refused=True)

    assert "cannot be read: too many levels" in message


def test_five_megabytes(take):
    """5 MB of source are refused."""
    assert "is over 1 MiB" in refusal(take, b"x = 1\n" * 900_000)


def test_one_mebibyte_exactly(take):
    """The limit itself is fine."""
    assert len(take(b"#" * MAX_BYTES).files[0].data) == MAX_BYTES


@pytest.mark.parametrize("data", [b"", b"\n", b" \t\r\n\f"], ids=["nothing", "a line end", "white space"])
def test_empty(take, data):
    """An empty file is refused."""
    assert "is empty: write your solution first" in refusal(take, data)


@pytest.mark.parametrize(
    "data",
    [b"# ok\nx = '\xff'\n", "# ok\n# 합성곱\n".encode("euc-kr"), b"# ok\n\xed\xa0\x80\n"],
    ids=["byte ff", "euc-kr", "surrogate"],
)
def test_not_utf8(take, data):
    """Another encoding is refused, with the line."""
    assert "is not UTF-8 in line 2: save it as UTF-8" in refusal(take, data)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings(take, encoding):
    """UTF-16 and UTF-32 are refused, with or without byte order mark."""
    message = refusal(take, "x = 1\n".encode(encoding))

    assert "is UTF-16" in message or "NUL byte" in message


def test_byte_order_mark(take):
    """A byte order mark is refused: the same file would have two digests."""
    assert "without BOM" in refusal(take, b"\xef\xbb\xbfx = 1\n")


def test_nul(take):
    """A NUL byte is refused, with the line."""
    assert "NUL byte in line 2" in refusal(take, b"x = 1\ny = '\0'\n")


@pytest.mark.parametrize(
    "character", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
)
def test_bidi_controls(take, character):
    """Text that reads otherwise than it runs is refused, with character and line."""
    message = refusal(take, f"x = 1\ny = 2  # {character}\n".encode())

    assert f"U+{ord(character):04X}" in message
    assert "in line 2" in message
    assert character not in message


@pytest.mark.parametrize(
    "head",
    [
        "# -*- coding: utf-7 -*-\n",
        "#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\n",
        "\n#coding=euc-kr\n",
        "\f # coding: utf-16\n",
        "# coding: no-such-thing\n",
        "# x\r# coding: utf-7\n",
    ],
)
def test_other_coding_cookie(take, head):
    """A declared encoding other than UTF-8 can hide code: refused."""
    assert "declares the encoding" in refusal(take, f"{head}x = 1\n".encode())


@pytest.mark.parametrize(
    "head",
    ["# -*- coding: utf-8 -*-\n", "# coding: UTF8\n", "x = 1\n# coding: utf-7\n", "\n\n# coding: utf-7\n"],
)
def test_harmless_coding_cookie(take, head):
    """UTF-8 may be declared, and a comment that Python does not obey is a comment."""
    assert take(f"{head}x = 1\n".encode())


@pytest.mark.parametrize(
    "data",
    [
        STUB.encode(),
        STUB.replace("\n", "\r\n").encode(),
        STUB.replace("    ", "\t").encode(),
        f"\n\n{STUB}\n  \n".encode(),
    ],
    ids=["as given", "CRLF", "tabs", "blank lines"],
)
def test_untouched_stub(take, data):
    """The stub is refused, also with other white space."""
    assert "the untouched stub of ex10_convolution" in refusal(take, data)


def test_stub_may_be_checked(take):
    """`check` takes the stub: its checks say what to write."""
    assert take(STUB.encode(), stub_refused=False)


def test_stub_with_one_change_is_taken(take):
    """What differs by more than white space is a submission."""
    assert take(STUB.replace("raise", "return").encode())


def test_course_without_stub(take, exercise):
    """Without a stub to compare with, nothing is refused as one."""
    exercise.stub_path.unlink()

    assert take(STUB.encode())


@pytest.mark.parametrize("name", ["mine.txt", "mine", "mine.pyc", "mine.zip"])
def test_other_kinds_of_file(take, name):
    """Only Python source is taken."""
    assert "is no .py file" in refusal(take, b"x = 1\n", name)


def test_two_files_for_one(exercise, tmp_path):
    """More files than the exercise has are refused."""
    paths = [tmp_path / "a.py", tmp_path / "b.py"]

    message = refusal(read, exercise, paths, "s001", NOW, stub_refused=True)

    wrong = "'convolution.py' is missing, 'a.py' is none of them, 'b.py' is none of them"
    assert message == f"ex10_convolution takes 'convolution.py': {wrong}"


def test_no_file(exercise):
    """No file at all is refused."""
    assert "'convolution.py' is missing" in refusal(read, exercise, [], "s001", NOW, stub_refused=True)


def test_several_files_by_name(tmp_path):
    """Files of an exercise with several are told apart by name, in any order."""
    exercise = make_exercise(tmp_path, "layer.py", "train.py")
    (tmp_path / "train.py").write_text("t = 1\n")
    (tmp_path / "layer.py").write_text("l = 1\n")

    submission = read(
        exercise, [tmp_path / "train.py", tmp_path / "layer.py"], "s001", NOW, stub_refused=True
    )

    assert [(file.name, file.data) for file in submission.files] == [
        ("layer.py", b"l = 1\n"),
        ("train.py", b"t = 1\n"),
    ]


def test_several_files_one_missing(tmp_path):
    """A missing one of several is named by what is wanted."""
    exercise = make_exercise(tmp_path, "layer.py", "train.py")

    message = refusal(read, exercise, [tmp_path / "layer.py"], "s001", NOW, stub_refused=True)

    assert message == "ex10_convolution takes 'layer.py' and 'train.py': 'train.py' is missing"


@pytest.mark.parametrize(
    "id", ["s001", "Ada Lovelace", "김철수", "한글 이름", "o'Neill; DROP", "..", "<b>", "x" * 128]
)
def test_student_ids_that_are_taken(id):
    """Spaces, Korean, quotes and markup are fine: an id is text, never a path."""
    assert check_student(id) == id


def test_student_id_is_nfc():
    """Two ways to type a name are one student."""
    assert check_student(unicodedata.normalize("NFD", "김철수")) == "김철수"


@pytest.mark.parametrize(
    ("id", "words"),
    [
        ("", "has 0 characters"),
        ("x" * 300, "has 300 characters: give 1 to 128"),
        ("../other", "contains a slash"),
        ("a\\b", "contains a slash"),
        ("a\0b", "U+0000"),
        ("a\nb", "U+000A"),
        ("\x1b[31m", "U+001B"),
        ("a\u202eb", "U+202E"),
        ("a\u200bb", "U+200B"),
        ("a\ud800b", "U+D800"),
    ],
    ids=["empty", "300", "climbs", "backslash", "nul", "line", "escape", "bidi", "zero width", "surrogate"],
)
def test_student_ids_that_are_refused(id, words):
    """A refused id says why, without letting its characters out."""
    message = refusal(check_student, id)

    assert words in message
    assert message.isprintable()


def test_student_is_checked_on_reading(exercise, tmp_path):
    """No submission has a student with a bad id."""
    (tmp_path / "mine.py").write_text("x = 1\n")

    assert "slash" in refusal(read, exercise, [tmp_path / "mine.py"], "../s", NOW, stub_refused=True)


@pytest.mark.parametrize("id", ["s001", "../../etc", "김철수", "x" * 128])
def test_student_key_is_a_plain_name(id):
    """What stands for a student in paths is hexadecimal, whatever the id."""
    key = student_key(id)

    assert len(key) == 32
    assert set(key) <= set("0123456789abcdef")


def test_submission_contradicting_itself():
    """No files, two of one name, or a time that is none cannot be built."""
    file = SourceFile(name="a.py", data=b"")
    for files, time in [((), NOW), ((file, file), NOW), ((file,), "yesterday")]:
        with pytest.raises(ValueError, match=r"files|submitted_utc"):
            Submission(student="s", exercise="ex10_c", files=files, submitted_utc=time)


def test_now_is_a_time_of_submission():
    """`utc()` gives what a submission takes."""
    assert Submission(student="s", exercise="e", files=(SourceFile(name="a", data=b""),), submitted_utc=utc())
