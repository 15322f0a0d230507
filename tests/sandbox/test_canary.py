"""Markers in everything that is secret; a submission that searches all it can reach finds none of them."""

import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from grader.core import course as courses
from grader.core.submission import SourceFile, Submission
from grader.engines.local import LocalEngine
from grader.gradebook import Gradebook

COURSE = Path(__file__).parents[1] / "course"
RIGHT = (COURSE / "solutions" / "ex90_double" / "double.py").read_text(encoding="utf-8")

SEARCH = """
import ctypes, os, re

# The pattern is no match of itself.
PATTERN = re.compile(b"CANA" b"RY-[0-9a-f]{16}")
OWN = ("CANA" + "RY-" + "0" * 16).encode()
found, read = {}, {}

def look(where, data):
    read[where] = read.get(where, 0) + len(data)
    for match in PATTERN.findall(data):
        found.setdefault(match.decode(), set()).add(where)

def search_files(top):
    for folder, folders, files in os.walk(top):
        folders[:] = [f for f in folders if os.path.join(folder, f) != "/proc"]
        look("names", " ".join(folders + files).encode("utf-8", "replace"))
        for name in files:
            path = os.path.join(folder, name)
            if path.startswith("/dev/") or not os.path.isfile(path):
                continue
            try:
                with open(path, "rb") as f:
                    while data := f.read(2**22):
                        look("files", data)
            except OSError:
                pass

def search_proc():
    parent = f"/proc/{os.getppid()}"
    for folder in ("/proc", "/proc/self", "/proc/1", parent, "/proc/self/fd", "/proc/self/task"):
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            try:
                look("links", os.readlink(f"{folder}/{name}").encode())
            except OSError:
                pass
            if name in ("mem", "pagemap", "clear_refs", "kmsg"):
                continue
            try:
                with open(f"{folder}/{name}", "rb") as f:
                    look("proc", f.read(2**20))
            except OSError:
                pass

def search_memory():
    with open("/proc/self/maps") as f:
        lines = f.read().splitlines()
    for line in lines:
        span, rights, *_ = line.split()
        if not rights.startswith("r") or "[v" in line:
            continue
        start, end = (int(word, 16) for word in span.split("-"))
        for at in range(start, end, 2**24):
            look("memory", ctypes.string_at(at, min(2**24, end - at)))

def search_descriptors():
    for fd in range(200):
        for flags in (os.SEEK_SET,):
            try:
                os.lseek(fd, 0, flags)
                look("descriptors", os.read(fd, 2**20))
            except OSError:
                pass

def double(x):
    look("environment", repr(dict(os.environ)).encode())
    search_proc()
    search_descriptors()
    search_files("/")
    keep = bytes(bytearray(OWN))
    search_memory()
    print("FOUND", sorted((m[-16:], sorted(w)) for m, w in found.items()))
    print("READ", sorted(k for k, v in read.items() if v > 0))
    print("MUCH", read["memory"] > 2**24, read["files"] > 2**20)
    return 2 * x
"""


@dataclass
class Planted:
    """Markers by where they stand."""

    markers: dict[str, str] = field(default_factory=dict)

    def new(self, where: str) -> str:
        """A marker for one place."""
        self.markers[where] = f"CANARY-{secrets.token_hex(8)}"
        return self.markers[where]


@pytest.fixture
def planted() -> Planted:
    """The markers of one test."""
    return Planted()


@pytest.fixture(params=[1, 2], ids=["one slot", "slots that share an importer"])
def engine(
    tmp_path: Path, planted: Planted, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[LocalEngine]:
    """A course in which everything that is secret holds a marker, and its engine."""
    root = tmp_path / "course"
    shutil.copytree(COURSE, root)
    solutions = root / "solutions" / "ex90_double"
    suite = solutions / "hidden" / "test_double.py"
    suite.write_text(f"{suite.read_text()}\nSECRET = {planted.new('hidden suite')!r}\n", encoding="utf-8")
    reference = solutions / "double.py"
    reference.write_text(f"{RIGHT}\nSECRET = {planted.new('reference')!r}\n", encoding="utf-8")
    for path in sorted((solutions / "wrong").glob("*.py"))[:1]:
        path.write_text(f"{path.read_text()}\nSECRET = {planted.new('catalogue')!r}\n", encoding="utf-8")
    toml = root / "exercises" / "course.toml"
    text = toml.read_text(encoding="utf-8")
    for short, long in (("call_s = 0.5", "call_s = 30"), ("check_s = 1.0", "check_s = 40"), ("8.0", "100")):
        text = text.replace(short, long)
    toml.write_text(text, encoding="utf-8")
    state = tmp_path / "state"
    state.mkdir()
    monkeypatch.setenv("GRADE_STATE", str(state))
    monkeypatch.setenv("VIRTUAL_ENV", f"/{planted.new('environment of the judge')}")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / planted.new("temporary folder")).write_text(planted.new("temporary file"))
    secret = planted.new("course secret").encode().ljust(courses.SECRET_BYTES, b"x")
    (state / "secret").write_bytes(secret)
    course = courses.load(toml)
    with LocalEngine(course, course.exercise("ex90"), logged=True, jobs=request.param) as engine:
        other = submission(f"{RIGHT}\nSECRET = {planted.new('another submission')!r}\n", "other")
        record = engine.judge(other)
        with Gradebook.open(state / "gradebook.sqlite3") as book:
            book.record(other, record)
        yield engine


def submission(source: str, student: str) -> Submission:
    """A submission of ex90."""
    files = (SourceFile(name="double.py", data=source.encode()),)
    return Submission(
        student=student, exercise="ex90_double", files=files, submitted_utc="2026-03-01T09:00:00Z"
    )


def test_a_submission_that_searches_everything_finds_no_marker(engine: LocalEngine, planted: Planted) -> None:
    """Its memory, /proc, descriptors, environment, names and files; what it put there itself it does find."""
    source = SEARCH + "\ndef total(x):\n    return float(x.sum())\n"

    record = engine.judge(submission(source, "searcher"))

    text = record.stdout.text
    assert "FOUND [('0000000000000000', ['memory'])]" in text  # the search works, and there is nothing else
    assert "'environment', 'files', 'links', 'memory', 'names', 'proc']" in text
    assert "MUCH True True" in text
    whole = text + repr(record)
    for where, marker in planted.markers.items():
        assert marker not in whole, where
    assert record.score == record.max_score
