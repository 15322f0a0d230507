"""Folders and downloads: whose is what, of when; and nothing that lies there is dropped."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.collect import Collector, Times, moments
from grader.core import handin, notebook
from grader.core.course import Course, Exercise
from grader.core.notebook import Cell
from grader.core.submission import SourceFile, Submission
from grader.errors import InputError, SubmissionError
from tests.collect.conftest import SOURCE, packed, seconds

OTHER = SOURCE + b"# other\n"
NOTEBOOK = notebook.pack([Cell(number=1, source=SOURCE.decode())])
MARCH = seconds("2026-03-01T09:00:00+00:00")
METADATA = """\
submission_217:
  :submitters:
  - :name: Jane Doe
    :sid: 's1'
    :email: jane@uni.edu
  :created_at: 2026-03-02 10:11:12.123456000 Z
  :score: 3.0
  :results:
    :tests: []
submission_218:
  :submitters:
  - :name: Pair One
    :sid:
    :email: one@uni.edu
  - :name: Pair Two
    :sid: 7
    :email: two@uni.edu
  :created_at: 2026-03-02 19:11:12 +09:00
submission_219:
  :submitters:
  - :name: No File
    :sid: s9
"""

Tree = Callable[..., Path]
Found = Callable[..., dict[str, Any]]


def taken(seen: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Time and its source of each student's last submission."""
    return {
        student: (many[-1].submitted_utc, many[-1].time_source) for student, many in seen["taken"].items()
    }


def test_plain(tree: Tree, found: Found) -> None:
    """Files, folders and zips that are called as their students."""
    root = tree(
        {
            "s1.py": SOURCE,
            "s2/convolution.py": SOURCE,
            "s3/deep/er/convolution.py": SOURCE,
            "s4.zip": packed({"hw/convolution.py": SOURCE, "__MACOSX/hw/._convolution.py": b"\0"}),
            "s5/hw.zip": packed({"convolution.py": SOURCE}),
            "s6_convolution.py": SOURCE,
            "s7/my_own_name.py": SOURCE,
            "홍길동/convolution.py": SOURCE,
            ".DS_Store": b"\0",
            "s2/__pycache__/convolution.cpython-311.pyc": b"\0",
        },
        when=MARCH,
    )

    seen = found(root)

    assert seen["layout"] == "plain"
    assert seen["refused"] == {}
    due = {"s1", "s2", "s3", "s4", "s5", "s6", "s7", "홍길동"}
    assert taken(seen) == dict.fromkeys(due, ("2026-03-01T09:00:00Z", "file"))
    assert all(one.files[0].data == SOURCE for (one,) in seen["taken"].values())


def test_canvas(tree: Tree, found: Found) -> None:
    """Canvas: LATE marks, numbers of versions, anonymous ones; versions are attempts in their order."""
    root = tree(
        {
            "doejane_40213_9001_convolution.py": SOURCE,
            "doejane_40213_9007_convolution-1.py": OTHER,
            "leemin_LATE_40214_9002_convolution-3.py": SOURCE,
            "kim_minjun_40215_9003_my file.py": SOURCE,
            "parkjun_40216_9004_hw.zip": packed({"convolution.py": SOURCE}),
            "anon_Xy12z_9005_convolution.py": SOURCE,
            "choisu_40217_text.html": b"<p>my answer</p>",
            "notes.docx": b"PK",
        },
        when=MARCH,
    )

    seen = found(root)

    assert seen["layout"] == "canvas"
    assert set(seen["taken"]) == {"40213", "40214", "40215", "40216", "anon_Xy12z"}
    assert [one.files[0].data for one in seen["taken"]["40213"]] == [SOURCE, OTHER]
    assert [one.student for one in seen["pending"] if one.late] == ["40214"]
    assert set(seen["refused"]) == {"choisu_40217_text.html", "notes.docx"}
    assert "text typed on the page" in seen["refused"]["choisu_40217_text.html"][2]


def test_canvas_with_a_roster(tree: Tree, found: Found) -> None:
    """With a roster the ids are the roster's, and who is not in it is listed."""
    root = tree(
        {
            "doejane_40213_9001_convolution.py": SOURCE,
            "strangerdanger_40299_9002_convolution.py": SOURCE,
            "roster.csv": b"id,name\ns1,Jane Doe\ns2,Lee Min\n",
        }
    )

    seen = found(root)

    assert set(seen["taken"]) == {"s1"}
    assert seen["absent"] == ["s2"]
    ((student, kind, why),) = seen["refused"].values()
    assert (student, kind) == ("strangerdanger (40299)", "unmatched")
    assert "nobody in the roster" in why


def test_names_with_numbers_are_not_canvas(tree: Tree, found: Found) -> None:
    """`kim_2026_1_convolution.py` and `lee_2026_1_convolution.py` are two people, not user 2026."""
    root = tree({"kim_2026_1_convolution.py": SOURCE, "lee_2026_1_convolution.py": SOURCE})

    seen = found(root)

    assert seen["layout"] == "plain"
    assert set(seen["taken"]) == {"kim_2026_1", "lee_2026_1"}


def test_moodle(tree: Tree, found: Found) -> None:
    """Moodle: folders or flat names, text and comments beside files, two of one name."""
    root = tree(
        {
            "Jane Doe_657737_assignsubmission_file_/convolution.py": SOURCE,
            "Jane Doe_657737_assignsubmission_onlinetext_/onlinetext.html": b"<p>hi</p>",
            "Kim_Min Jun_657738_assignsubmission_file_/hw.zip": packed({"convolution.py": SOURCE}),
            "Lee Su_657739_assignsubmission_file_convolution.py": SOURCE,
            "Park Jin_657740_assignsubmission_file/convolution.py": SOURCE,
            "Choi An_657741_assignsubmission_onlinetext_/onlinetext.html": b"<p>hi</p>",
            "Han Ji_657742_assignsubmission_file_/convolution.py": SOURCE,
            "Han Ji_657743_assignsubmission_file_/convolution.py": OTHER,
            "Jane Doe_657737_assignsubmission_file_/timestamp.txt": b"1999-01-01 00:00:00 UTC",
        },
        when=MARCH,
    )

    seen = found(root)

    assert seen["layout"] == "moodle"
    assert set(seen["taken"]) == {"Jane Doe", "Kim_Min Jun", "Lee Su", "Park Jin"}
    assert taken(seen)["Jane Doe"] == ("2026-03-01T09:00:00Z", "file")  # anybody can upload a timestamp.txt
    kinds = {label: kind for label, (_, kind, _) in seen["refused"].items()}
    assert kinds == {"Choi An_657741": "empty", "Han Ji_657742": "unmatched", "Han Ji_657743": "unmatched"}


@pytest.mark.parametrize("folder", ["", "assignment_12_export/"], ids=["unpacked", "in its folder"])
def test_gradescope(tree: Tree, found: Found, folder: str) -> None:
    """Gradescope: people and times of the metadata; a group's work is that of each; strangers are listed."""
    files = {
        "submission_metadata.yml": METADATA.encode(),
        "submission_217/convolution.py": SOURCE,
        "submission_217/timestamp.txt": b"1999-01-01 00:00:00 UTC",
        "submission_218/convolution.py": SOURCE,
        "submission_300/convolution.py": SOURCE,
    }
    seen = found(tree({folder + name: data for name, data in files.items()}, when=MARCH))

    assert seen["layout"] == "gradescope"
    assert taken(seen) == {
        "s1": ("2026-03-02T10:11:12Z", "lms"),
        "one@uni.edu": ("2026-03-02T10:11:12Z", "lms"),
        "7": ("2026-03-02T10:11:12Z", "lms"),
    }
    kinds = {label: kind for label, (_, kind, _) in seen["refused"].items()}
    assert kinds == {"submission_219": "empty", "submission_300": "unmatched"}


@pytest.mark.parametrize(
    "metadata",
    [b"- a\n- b\n", b"{{{", b"a: &a [*a]\nb: !!python/object/apply:os.system [x]\n", b"\xff", b"[" * 100_000],
    ids=["list", "broken", "objects", "bytes", "deep"],
)
def test_gradescope_metadata_is_data(tree: Tree, found: Found, metadata: bytes) -> None:
    """Metadata that is none is an error in words, and builds nothing."""
    root = tree({"submission_metadata.yml": metadata, "submission_1/convolution.py": SOURCE})

    with pytest.raises(InputError, match="submission_metadata"):
        found(root)


@pytest.mark.parametrize(
    "top", ["submitted/", "", "course/submitted/"], ids=["course", "submitted itself", "inside"]
)
def test_nbgrader(tree: Tree, found: Found, top: str) -> None:
    """nbgrader: the assignment that is called as the exercise, with its timestamps."""
    root = tree(
        {
            f"{top}jdoe/ex10/convolution.py": SOURCE,
            f"{top}jdoe/ex10/timestamp.txt": b"2026-02-28 17:00:00.123456 America/Los_Angeles",
            f"{top}jdoe/ex11/batchnorm.py": SOURCE,
            f"{top}lee/ex10/convolution.py": SOURCE,
            f"{top}lee/ex10/timestamp.txt": b"2026-03-01 02:00:00 UTC\n",
            f"{top}kim/ex11/batchnorm.py": SOURCE,
            f"{top}park/ex10/": b"",
        },
        name="submitted" if not top else "download",
        when=MARCH,
    )

    seen = found(root / "course" if top.startswith("course") else root)

    assert seen["layout"] == "nbgrader"
    assert taken(seen) == {
        "jdoe": ("2026-03-01T01:00:00Z", "timestamp"),
        "lee": ("2026-03-01T02:00:00Z", "timestamp"),
    }
    assert {label: kind for label, (_, kind, _) in seen["refused"].items()} == {
        "kim": "empty",
        "park": "empty",
    }


def test_nbgrader_with_another_assignment(tree: Tree, found: Found) -> None:
    """Two assignments, none of which is the exercise: which one is not guessed."""
    root = tree({"a/ps1/convolution.py": SOURCE, "a/ps2/convolution.py": SOURCE}, name="submitted")

    with pytest.raises(InputError, match="no assignment is called as ex10_convolution"):
        found(root)


def test_download_as_it_came(tmp_path: Path, found: Found) -> None:
    """The zip of a platform, with students' zips in it, without unpacking it."""
    path = tmp_path / "submissions.zip"
    path.write_bytes(
        packed(
            {
                "Jane Doe_1_assignsubmission_file_/convolution.py": SOURCE,
                "Kim Jun_2_assignsubmission_file_/hw.zip": packed({"convolution.py": OTHER}),
                "../evil_3_assignsubmission_file_/convolution.py": SOURCE,
            }
        )
    )

    seen = found(path)

    assert set(seen["taken"]) == {"Jane Doe", "Kim Jun"}
    assert len(seen["refused"]) == 1
    assert "named as Moodle" in next(iter(seen["refused"].values()))[2]


def test_times(tree: Tree, found: Found) -> None:
    """A timestamp, the file, what was given, now: the first that there is, and the record can say which."""
    root = tree({"s1/convolution.py": SOURCE, "s2.py": SOURCE}, when=MARCH)
    (root / "s1" / "timestamp.txt").write_text("2026-02-01T00:00:00+09:00")
    os.utime(root / "s2.py", (0, 0))  # of 1970: no time at all
    given = Times(given=moments.given("2026-03-31T23:59:00+09:00"))

    assert taken(found(root)) == {
        "s1": ("2026-01-31T15:00:00Z", "timestamp"),
        "s2": (found(root)["taken"]["s2"][0].submitted_utc, "clock"),
    }
    assert taken(found(root, times=given))["s2"] == ("2026-03-31T14:59:00Z", "option")
    os.utime(root / "s2.py", (MARCH, MARCH))
    assert taken(found(root, times=given))["s2"] == ("2026-03-01T09:00:00Z", "file")
    unpacked = Times(given=given.given, files=False)
    assert taken(found(root, times=unpacked))["s2"] == ("2026-03-31T14:59:00Z", "option")


def test_late(tree: Tree, found: Found, exercise: Exercise) -> None:
    """After the due date is late, and graded all the same."""
    assert exercise.due_utc is not None
    after = exercise.due_utc.timestamp() + 60
    root = tree({"s1.py": SOURCE}, when=after)

    seen = found(root)

    assert [one.late for one in seen["pending"]] == [True]
    assert set(seen["taken"]) == {"s1"}


@pytest.mark.parametrize(
    ("files", "kind", "says"),
    [
        pytest.param({"s1/": b""}, "empty", "is empty", id="empty folder"),
        pytest.param({"s1/.DS_Store": b"\0"}, "empty", "is empty", id="junk only"),
        pytest.param({"s1.zip": packed({})}, "empty", "is empty", id="empty zip"),
        pytest.param({"s1/essay.docx": b"x"}, "empty", "no Python file", id="another kind"),
        pytest.param({"s1.py": b" \n"}, "unreadable", "is empty", id="empty file"),
        pytest.param({"s1.py": b"\xff\xfea\0"}, "unreadable", "UTF-16", id="UTF-16"),
        pytest.param({"s1.py": b"x = '\xe9'"}, "unreadable", "not UTF-8 in line 1", id="latin-1"),
        pytest.param({"s1.py": b"x\0"}, "unreadable", "NUL", id="NUL"),
        pytest.param({"s1.py": b"#" * (2**20 + 1)}, "unreadable", "over 1 MiB", id="large"),
        pytest.param({"s1/nb.ipynb": b"{}"}, "unreadable", "no notebook", id="no notebook"),
        pytest.param({"s1/a.ipynb": NOTEBOOK, "s1/b.ipynb": NOTEBOOK}, "unreadable", "give", id="notebooks"),
        pytest.param({"s1.tar.gz": b"\x1f\x8b"}, "unreadable", "one zip", id="tar"),
        pytest.param(
            {"s1.zip": packed({"in.zip": packed({"convolution.py": SOURCE})})},
            "unreadable", "no archive inside", id="zip in a zip",
        ),
        pytest.param({"s1/a.py": SOURCE, "s1/b.py": SOURCE}, "unreadable", "no 'convolution.py'", id="which"),
        pytest.param(
            {"s1/a/convolution.py": SOURCE, "s1/b/convolution.py": SOURCE}, "unreadable", "twice", id="two"
        ),
        pytest.param({"convolution.py": SOURCE}, "unmatched", "nobody's name", id="nobody"),
        pytest.param({"s1.zip": b"no zip"}, "unreadable", "no zip", id="no zip"),
    ],
)  # fmt: skip
def test_refused(tree: Tree, found: Found, files: dict[str, bytes], kind: str, says: str) -> None:
    """What cannot be graded is listed with a reason, beside one that can."""
    seen = found(tree({**files, "good.py": SOURCE}))

    assert set(seen["taken"]) == {"good"}
    ((_, got, why),) = seen["refused"].values()
    assert got == kind
    assert says in why


def test_notebooks(tree: Tree, found: Found) -> None:
    """Taken for the file of their name, or under any name if there is one; a .py file comes first."""
    seen = found(
        tree({
            "s1.ipynb": NOTEBOOK,
            "s2/convolution.ipynb": NOTEBOOK,
            "s2/notes.ipynb": b"no notebook",
            "s3/convolution.py": SOURCE,
            "s3/convolution.ipynb": NOTEBOOK,
            "s4.zip": packed({"hw/mine.ipynb": NOTEBOOK}),
            "s5_convolution.ipynb": NOTEBOOK,
        })
    )  # fmt: skip

    taken = {student: one.files[0] for student, (one,) in seen["taken"].items()}
    assert {student: file.name for student, file in taken.items()} == {
        "s1": "convolution.ipynb",
        "s2": "convolution.ipynb",
        "s3": "convolution.py",
        "s4": "convolution.ipynb",
        "s5": "convolution.ipynb",
    }
    assert {file.data for student, file in taken.items() if student != "s3"} == {NOTEBOOK}


def test_untouched_stub(tree: Tree, found: Found, exercise: Exercise) -> None:
    """The stub as it was given out is no attempt."""
    seen = found(tree({"s1.py": exercise.stub_path.read_bytes()}))

    assert seen["refused"]["s1.py"][1] == "stub"


def test_looks_like_another_exercise(tree: Tree, found: Found, course: Course) -> None:
    """By the names that it defines, or by the file's; what is merely unusual is graded."""
    other = course.exercise("ex11")
    stub = other.stub_path.read_bytes() + b"\nx = 1\n"
    seen = found(
        tree(
            {
                "s1.py": stub,
                f"s2/{other.files[0]}": SOURCE,
                "s3.py": stub + SOURCE,  # defines something of this exercise as well
                "s4.py": b"def helper():\n    pass\n",
            }
        )
    )

    assert {label: kind for label, (_, kind, _) in seen["refused"].items()} == {
        "s1.py": "other_exercise",
        "s2": "other_exercise",
    }
    assert all("looks like ex11" in why for _, _, why in seen["refused"].values())
    assert set(seen["taken"]) == {"s3", "s4"}


def test_parts_beside_the_file(tree: Tree, course: Course) -> None:
    """An exercise that takes parts from earlier ones gets those that are there, and only by their names."""
    exercise = course.exercise("ex14")
    part = exercise.optional[0]
    root = tree(
        {
            f"s1/{exercise.files[0]}": b"x = 1\n",
            f"s1/{part}": OTHER,
            "s1/more.py": OTHER,
            f"s2/{part}": OTHER,
        }
    )

    with Collector(course, exercise, root) as collector:
        first, second = collector.collection.pending

        files = collector.take(first).files
        with pytest.raises(SubmissionError, match=exercise.files[0]):
            collector.take(second)

    assert [file.name for file in files] == [exercise.files[0], part]


def test_links(tree: Tree, found: Found, tmp_path: Path) -> None:
    """A link inside the folder is read; one that leads out of it, nowhere, or to a folder is not followed."""
    secret = tmp_path / "secret.py"
    secret.write_bytes(SOURCE + b"SECRET = 1\n")
    root = tree({"s1/convolution.py": SOURCE})
    (root / "s2.py").symlink_to(root / "s1" / "convolution.py")
    (root / "s3.py").symlink_to(secret)
    (root / "s4.py").symlink_to(tmp_path / "nothing")
    (root / "s5").symlink_to(tmp_path)
    (root / "s6").symlink_to(root / "s1")
    (root / "s7").mkdir()
    (root / "s7" / "convolution.py").symlink_to("../../secret.py")
    (root / "s8.py").symlink_to("s8.py")
    os.mkfifo(root / "s9.py")

    seen = found(root)

    assert set(seen["taken"]) == {"s1", "s2"}
    assert set(seen["refused"]) == {"s3.py", "s4.py", "s5", "s6", "s7", "s8.py", "s9.py"}
    assert not any("SECRET" in str(one) for one in seen.values())


def test_hostile_names(tree: Tree, found: Found) -> None:
    """Names that no id may have are listed, and shown as they are harmless."""
    root = tree(
        {"a\x1b[31mb.py": SOURCE, "\u202egpj.py": SOURCE, "x" * 200 + ".py": SOURCE, "=cmd.py": SOURCE}
    )

    seen = found(root)

    assert set(seen["taken"]) == {"=cmd"}
    assert len(seen["refused"]) == 3
    assert all(why.isprintable() for _, _, why in seen["refused"].values())


def test_double(tree: Tree, found: Found) -> None:
    """Several of one student are attempts in the order of time; copies by a browser are of one student."""
    root = tree({"s1.py": SOURCE, "s1 (1).py": OTHER, "s1.zip": packed({"convolution.py": SOURCE + b"#3\n"})})
    for name, when in (("s1.py", 0), ("s1 (1).py", 60), ("s1.zip", 30)):
        os.utime(root / name, (MARCH + when, MARCH + when))

    seen = found(root)

    assert [one.files[0].data for one in seen["taken"]["s1"]] == [SOURCE, SOURCE + b"#3\n", OTHER]
    assert [one.round for one in seen["pending"]] == [0, 1, 2]


@pytest.mark.parametrize("missing", ["nowhere", "file.txt", "s001.py"])
def test_no_folder(tmp_path: Path, found: Found, missing: str) -> None:
    """A folder that is not there, or is a file."""
    (tmp_path / "file.txt").write_text("x")
    (tmp_path / "s001.py").write_text("x")

    with pytest.raises(InputError, match="folder") as caught:
        found(tmp_path / missing)

    assert ("is one file" in str(caught.value)) == (missing == "s001.py")


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("2015-02-02 15:58:23.948203 America/Los_Angeles", "2015-02-02T23:58:23+00:00"),
        ("2015-02-02 15:58:23 UTC", "2015-02-02T15:58:23+00:00"),
        ("2015-02-02 15:58:23", "2015-02-02T15:58:23+00:00"),
        ("2015-02-02T15:58:23+09:00\nmore", "2015-02-02T06:58:23+00:00"),
        ("2015-02-02 15:58 -0330", "2015-02-02T19:28:00+00:00"),
        ("2015-02-30 15:58:23 UTC", None),
        ("0001-01-01 00:00:00 UTC", None),
        ("0001-01-01 00:00:00 +09:00", None),
        ("9999-12-31 23:59:59 -12:00", None),
        ("2015-02-02 15:58:23 ../../etc/passwd", None),
        ("2015-02-02 15:58:23 /etc/localtime", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_timestamps(text: str, due: str | None) -> None:
    """As nbgrader writes them; anything else is no time."""
    moment = moments.parse(text)

    assert (None if moment is None else moment.isoformat()) == due


def test_nbgraders_notebooks_by_assignment(tree: Callable[..., Path], course: Course) -> None:
    """An exercise that was imported from one of an assignment's notebooks takes that one."""
    exercise = replace(course.exercise("ex10"), id="ex10_ps1_problem_1", files=("problem_1.py",))
    cell = {"cell_type": "code", "source": "def mine():\n    pass", "metadata": {}, "outputs": []}
    notebook = json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [cell]}).encode()
    root = tree(
        {
            "jdoe/ps1/Problem 1.ipynb": notebook,
            "jdoe/ps1/Problem 2.ipynb": notebook.replace(b"mine", b"other"),
            "jdoe/ps2/Problem 1.ipynb": notebook.replace(b"mine", b"third"),
            "jdoe/ps1/timestamp.txt": b"2026-03-01 09:00:00 UTC",
        },
        name="submitted",
    )

    with Collector(course, exercise, root) as collector:
        (pending,) = collector.collection.pending
        taken = collector.take(pending)

    assert (pending.student, taken.files[0].name) == ("jdoe", "problem_1.ipynb")
    assert "mine" in taken.files[0].text


def test_hand_in_files_from_canvas(tree: Callable[..., Path], course: Course, exercise: Exercise) -> None:
    """Canvas numbers a second one; each is an attempt, of whom Canvas says, whatever the files say."""

    def written(source: bytes) -> bytes:
        file = SourceFile(name="convolution.py", data=source)
        return handin.encode(
            handin.of(
                Submission(
                    student="x", exercise=exercise.id, files=(file,), submitted_utc="2026-03-01T09:00:00Z"
                ),
                None,
            )
        )

    root = tree(
        {
            "doejane_40213_9001_ex10_convolution.handin.json": written(SOURCE),
            "doejane_40213_9002_ex10_convolution.handin-1.json": written(OTHER),
            "kim_40214_9003_ex10_convolution.handin.json": written(SOURCE) + b"}",
        }
    )

    with Collector(course, exercise, root) as collector:
        taken = [collector.take(one) for one in collector.collection.pending if one.student == "40213"]
        (broken,) = [one for one in collector.collection.pending if one.student == "40214"]
        with pytest.raises(SubmissionError, match="no hand-in file as"):
            collector.take(broken)

    assert [one.files[0].data for one in taken] == [SOURCE, OTHER]
    assert {one.student for one in taken} == {"40213"}


def test_sources_beside_a_hand_in_file(tree: Callable[..., Path], course: Course, exercise: Exercise) -> None:
    """What lies there as source is what counts; a hand-in file that nobody needs is not even read."""
    root = tree({"s1/convolution.py": SOURCE, "s1/ex10_convolution.handin.json": b"rubbish"})

    with Collector(course, exercise, root) as collector:
        (pending,) = collector.collection.pending

        assert collector.take(pending).files[0].data == SOURCE
