"""A course with several exercises, and folders as platforms write them."""

import io
import os
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from grader.collect import Collector
from grader.core import course as courses
from grader.core.course import Course, Exercise

ROOT = Path(__file__).parent.parent.parent
SOURCE = b"import numpy as np\n\n\ndef conv2d(x, w, b, stride=1, pad=0):\n    return x\n"


@pytest.fixture(scope="session")
def course() -> Course:
    """The sixteen exercises."""
    return courses.load(ROOT / courses.COURSE_FILE)


@pytest.fixture(scope="session")
def exercise(course: Course) -> Exercise:
    """ex10, whose one file is convolution.py."""
    return course.exercise("ex10")


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder of files; a name with `/` at its end is an empty folder."""

    def make(files: Mapping[str, bytes], *, name: str = "download", when: float | None = None) -> Path:
        root = tmp_path / name
        for path, data in files.items():
            target = root / path
            if path.endswith("/"):
                target.mkdir(parents=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            if when is not None:
                os.utime(target, (when, when))
        return root

    return make


@pytest.fixture
def found(course: Course, exercise: Exercise) -> Callable[..., Any]:
    """What was handed in, by student and label: (time source, late), or what kept it from being taken."""

    def collect(where: Path, **options: Any) -> dict[str, Any]:
        with Collector(course, exercise, where, **options) as collector:
            collection = collector.collection
            seen: dict[str, Any] = {"layout": collection.layout, "absent": [s.id for s in collection.absent]}
            seen["refused"] = {one.label: (one.student, one.kind, one.why) for one in collection.refused}
            seen["taken"], seen["pending"] = {}, collection.pending
            for one in collection.pending:
                try:
                    submission = collector.take(one)
                except courses.InputError as e:
                    refused = collector.refusal(one, e)  # type: ignore[arg-type]
                    seen["refused"][one.label] = (refused.student, refused.kind, refused.why)
                else:
                    seen["taken"].setdefault(one.student, []).append(submission)
            return seen

    return collect


def packed(files: Mapping[str, bytes], **options: Any) -> bytes:
    """A zip of files, in memory."""
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return page.getvalue()


def seconds(text: str) -> float:
    """A moment as the file system counts."""
    return datetime.fromisoformat(text).timestamp()
