"""The hand-in file: what was handed in comes out of it, and nothing else is taken for one."""

import json
from typing import Any

import pytest

from grader.core import handin
from grader.core.submission import SourceFile, Submission
from grader.errors import SubmissionError

SOURCE = "def double(x):\n    return 2 * x  # 두 배 \U0001f600\n"


def submission(*files: tuple[str, str]) -> Submission:
    """A submission of these files; one file without any."""
    return Submission(
        student="s001",
        exercise="ex90_double",
        files=tuple(SourceFile(name=n, data=t.encode()) for n, t in files or [("double.py", SOURCE)]),
        submitted_utc="2026-03-01T09:00:00Z",
    )


def written(**changes: Any) -> bytes:
    """A hand-in file with some keys otherwise."""
    return json.dumps({**json.loads(handin.encode(handin.of(submission(), None))), **changes}).encode()


def test_what_goes_in_comes_out() -> None:
    """Files, student and digest are the submission's, byte for byte."""
    handed = submission(("layers.py", "x = 1\r\n"), ("model.py", SOURCE))

    found = handin.read(handin.encode(handin.of(handed, None)), "it")

    assert found.sources == handed.files
    assert (found.student, found.exercise, found.digest) == ("s001", "ex90_double", handed.digest)
    assert found.public is None


FILE = json.loads(written())["files"][0]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"", "no hand-in file", id="empty"),
        pytest.param(b"\x00\xff\xfe", "no hand-in file", id="binary"),
        pytest.param(b"[" * 100_000, "no hand-in file", id="deep"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "no hand-in file", id="deep objects"),
        pytest.param(b'{"format": "dlgrade-handin"}', "no hand-in file", id="bare"),
        pytest.param(b" " * (handin.MAX_BYTES + 1), "over 16 MiB", id="huge"),
        pytest.param(written(schema=2), "install a newer dlgrade", id="newer"),
        pytest.param(written(schema=0), "no hand-in file", id="schema 0"),
        pytest.param(written(format="x"), "no hand-in file", id="other format"),
        pytest.param(written(score=100), "no hand-in file", id="a score"),
        pytest.param(written(student="../s001"), "contains a slash", id="path as student"),
        pytest.param(written(student="s\u202e1"), "not printable", id="bidi student"),
        pytest.param(written(student="s" * 129), "129 characters", id="long student"),
        pytest.param(written(files=[]), "no hand-in file", id="no files"),
        pytest.param(written(files=[FILE] * 33), "no hand-in file", id="many files"),
        pytest.param(written(files=[FILE, FILE]), "holds a file twice", id="twice"),
        pytest.param(written(files=[{**FILE, "name": "../double.py"}]), "no hand-in file", id="path"),
        pytest.param(written(files=[{**FILE, "name": "double.py\n"}]), "no hand-in file", id="newline"),
        pytest.param(written(files=[{**FILE, "name": "C:\\double.py"}]), "no hand-in file", id="windows"),
        pytest.param(written(files=[{**FILE, "text": "x"}]), "was changed after", id="other text"),
        pytest.param(written(files=[{**FILE, "text": "\ud800"}]), "", id="surrogate"),
        pytest.param(written(digest="sha256:" + "0" * 64), "was changed after", id="other digest"),
        pytest.param(written(public=[{"id": "x", "outcome": "won"}]), "no hand-in file", id="outcome"),
        pytest.param(
            written(public=[{"id": "x", "outcome": "passed"}] * 2001), "no hand-in file", id="many checks"
        ),
        pytest.param(written(made_utc="today"), "no hand-in file", id="time"),
    ],
)
def test_what_is_none(data: bytes, says: str) -> None:
    """Whatever is wrong is said in a line about the file, and nothing else is raised."""
    with pytest.raises(SubmissionError) as caught:
        handin.read(data, "'it'")

    assert says in str(caught.value)
    assert len(str(caught.value)) < 500
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("ex10_convolution.handin.json", True),
        ("ex10_convolution.handin-1.json", True),
        ("ex10_convolution.handin (2).json", True),
        ("handin.json", False),
        ("convolution.py", False),
        ("x.handin.json.exe", False),
    ],
)
def test_names(name: str, is_one: bool) -> None:
    """They are known by their names, as browsers and platforms change them."""
    assert handin.is_name(name) is is_one
