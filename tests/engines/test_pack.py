"""A course as bytes, and where a node keeps it: private, once, and no longer than somebody holds it."""

import os
import shutil
import stat
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from grader.core import course as courses
from grader.core.course import Course
from grader.engines import pack
from grader.errors import CourseError, MachineError

ROOT = Path(__file__).parent.parent / "course"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's temporary folder."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A copy of the tests' course."""
    shutil.copytree(ROOT, tmp_path / "course", ignore=shutil.ignore_patterns("__pycache__"))
    return courses.load(tmp_path / "course" / courses.COURSE_FILE)


@pytest.fixture
def packed(course: Course) -> bytes:
    """Its one exercise."""
    return pack.pack(course, course.exercise("ex90"))


def files(folder: Path) -> dict[str, bytes]:
    """What lies in a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_what_was_packed_is_unpacked(course: Course, packed: bytes, temporary: Path) -> None:
    """File by file, and nothing else; it is the same course there."""
    (course.root / "exercises" / "ex90_double" / "__pycache__").mkdir()
    (course.root / "exercises" / "ex90_double" / "__pycache__" / "double.pyc").write_bytes(b"x")
    kept = {name: data for name, data in files(course.root).items() if "__pycache__" not in name}

    there = pack.Unpacked(pack.pack(course, course.exercise("ex90")))

    assert files(there.course) == kept
    assert courses.load(there.course / courses.COURSE_FILE).exercise("ex90").solution_dir is not None
    there.close()


def test_state_is_not_packed(course: Course, packed: bytes) -> None:
    """Neither the course's secret nor the gradebook leaves the machine with it, nor another exercise."""
    (course.root / ".grade").mkdir()
    (course.root / ".grade" / "secret").write_bytes(b"s" * 32)
    (course.root / "solutions" / "ex91_other").mkdir()
    (course.root / "solutions" / "ex91_other" / "other.py").write_text("x = 1\n")

    assert pack.pack(course, course.exercise("ex90")) == packed


def test_a_changed_suite_is_another_pack(course: Course, packed: bytes) -> None:
    """Nobody is judged by what a node has kept of an older one."""
    suite = course.root / "solutions" / "ex90_double" / "hidden" / "test_double.py"
    suite.write_bytes(suite.read_bytes() + b"\n")

    assert pack.digest(pack.pack(course, course.exercise("ex90"))) != pack.digest(packed)


def test_only_its_user_can_enter(packed: bytes, temporary: Path) -> None:
    """Suite and references are behind a folder of mode 0700."""
    there = pack.Unpacked(packed)

    (folder,) = temporary.iterdir()
    assert there.course.parent == folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    there.close()


def test_the_last_one_to_leave_removes_it(packed: bytes, temporary: Path) -> None:
    """Slots of a node share one folder; a second close changes nothing."""
    one, two = pack.Unpacked(packed), pack.Unpacked(packed)

    assert one.course == two.course
    one.close()
    one.close()
    assert two.course.is_dir()
    two.close()
    assert list(temporary.iterdir()) == []


HOLD = """
import sys
from grader.engines.pack import Unpacked
there = Unpacked(sys.stdin.buffer.read(int(sys.argv[1])))
print(there.course, flush=True)
sys.stdin.read()
there.close()
"""


@pytest.fixture
def hold(temporary: Path, packed: bytes) -> Callable[[], "subprocess.Popen[bytes]"]:
    """Starts another process that holds the pack until its stdin ends."""

    def hold() -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(len(packed))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "TMPDIR": str(temporary)},
        )
        assert process.stdin is not None
        process.stdin.write(packed)
        process.stdin.flush()
        return process

    return hold


def test_many_at_once(packed: bytes, temporary: Path, hold: Callable[[], "subprocess.Popen[bytes]"]) -> None:
    """Slots that start together agree on one folder, and those that leave together leave nothing."""
    processes = [hold() for _ in range(4)]
    places = set()
    for process in processes:
        assert process.stdout is not None
        places.add(process.stdout.readline())

    assert len(places) == 1
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0] * 4
    assert list(temporary.iterdir()) == []


def test_what_a_killed_process_has_left_is_removed(
    packed: bytes, temporary: Path, hold: Callable[[], "subprocess.Popen[bytes]"]
) -> None:
    """By the next one on that machine; what is held stays."""
    process = hold()
    assert process.stdout is not None
    process.stdout.readline()

    assert pack.remove_abandoned()
    assert len(list(temporary.iterdir())) == 1
    process.kill()
    process.communicate()
    assert pack.remove_abandoned()
    assert list(temporary.iterdir()) == []


def test_a_folder_without_a_lock_is_removed_when_it_is_old(packed: bytes, temporary: Path) -> None:
    """Whoever made it was killed in the same moment; a new one is just being made."""
    folder = temporary / f"{pack.PREFIX}{os.geteuid()}-0123"
    folder.mkdir(mode=0o700)

    pack.remove_abandoned()
    assert folder.exists()
    old = time.time() - 2 * pack.YOUNG_S
    os.utime(folder, (old, old))
    pack.remove_abandoned()
    assert not folder.exists()


@pytest.mark.parametrize("kind", ["link", "open to others"])
def test_a_folder_that_another_has_laid_there_is_not_used(packed: bytes, temporary: Path, kind: str) -> None:
    """Nothing is written where another account may read it."""
    folder = temporary / f"{pack.PREFIX}{os.geteuid()}-{pack.digest(packed)}"
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir(mode=0o777)
    if kind == "link":
        folder.symlink_to(elsewhere)
    else:
        folder.mkdir()
        folder.chmod(0o755)

    with pytest.raises(MachineError, match="not the grader's own"):
        pack.Unpacked(packed)

    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "a/../../outside"])
def test_a_path_that_leads_out_is_refused(temporary: Path, name: str) -> None:
    """And nothing of the pack stays."""
    bad = zlib.compress(msgspec.msgpack.encode([(name, b"x")]))

    with pytest.raises(MachineError, match="leads out"):
        pack.Unpacked(bad)

    assert list(temporary.iterdir()) == []


def test_a_course_that_is_too_large_to_send(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """Says so, and names the file."""
    monkeypatch.setattr(pack, "MAX_MIB", 0)

    with pytest.raises(CourseError, match=r"ex90_double cannot be sent .*course\.toml"):
        pack.pack(course, course.exercise("ex90"))
