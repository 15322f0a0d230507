"""The Ray engine on a cluster of several nodes: what is lost costs time, the wall holds, nothing stays."""

import contextlib
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from grader.core import course as courses
from grader.core.course import Course, Exercise
from grader.core.submission import SourceFile, Submission
from grader.engines import pack
from grader.engines.cluster import RayEngine
from grader.errors import CourseError, MachineError
from tests.engines.nodes import Nodes, nodes

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent / "course"
RIGHT = (ROOT / "solutions" / "ex90_double" / "double.py").read_text(encoding="utf-8")
HANGS = RIGHT.replace("return 2 * x", "\n    while True: pass")
GROUPS = Path("/sys/fs/cgroup")
SERVER, FORK_SERVER, ACTOR = "grader.engines.server", "grader.worker.forkserver", "ray::NodeSlot"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Nodes]:
    """Two nodes with a CPU each."""
    with nodes(2) as cluster:
        yield cluster


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """The tests' course, with state of its own."""
    monkeypatch.setenv("GRADE_STATE", str(tmp_path / "state"))
    return courses.load(ROOT / courses.COURSE_FILE)


@pytest.fixture
def exercise(course: Course) -> Exercise:
    """Its exercise `double`."""
    return course.exercise("ex90")


@pytest.fixture(autouse=True)
def clean(cluster: Nodes) -> Iterator[None]:
    """Whatever a test did: afterwards no server, worker, folder or control group is left on any node."""
    yield
    until(lambda: not cluster.running(SERVER) and not cluster.running(FORK_SERVER))
    assert folders(cluster) == []
    assert [g for g in GROUPS.rglob("dlgrade-*") if int(g.name.split("-")[1]) in _judges] == []


_judges: set[int] = set()  # judge servers that tests have seen: control groups have their names


def judges(cluster: Nodes) -> list[psutil.Process]:
    """The judge servers that run."""
    found = cluster.running(SERVER)
    _judges.update(process.pid for process in found)
    return found


def folders(cluster: Nodes) -> list[str]:
    """Ours, in the temporary folder of the nodes."""
    return [name for name in os.listdir(cluster.temporary) if name.startswith("dlgrade")]


def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until it holds; fail if it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def submission(source: str = RIGHT, student: str = "s1") -> Submission:
    """A submission of ex90 with this source."""
    files = (SourceFile(name="double.py", data=source.encode()),)
    return Submission(
        student=student, exercise="ex90_double", files=files, submitted_utc="2026-03-01T09:00:00Z"
    )


def many(count: int) -> list[Submission]:
    """Right submissions of so many students."""
    return [submission(student=f"s{i}") for i in range(count)]


def test_the_course_is_on_a_node_once_and_private(cluster: Nodes, course: Course, exercise: Exercise) -> None:
    """Two slots, one folder that nobody else can enter; it goes with the engine."""
    with RayEngine(course, exercise, address=cluster.address, jobs=2) as engine:
        assert {record.score for _, record in engine.map(many(20))} == {20.0}
        assert len(judges(cluster)) == 2

        (folder,) = cluster.temporary.glob("dlgrade-course-*")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert (folder / "course" / "solutions" / "ex90_double" / "hidden").is_dir()

    assert list(cluster.temporary.glob("dlgrade-course-*")) == []


READS = """
import glob, os

def seen():
    found = glob.glob("/tmp/**/dlgrade-course-*", recursive=True)
    found += glob.glob("{temporary}/**", recursive=True)
    for path in ("{temporary}", "{hidden}", "/proc/1/environ", "/dev/shm", "/tmp"):
        try:
            found += [path + "/" + name for name in os.listdir(path)] if os.path.isdir(path) else []
            with open(path, "rb") as file:
                found.append(file.read().decode(errors="replace"))
        except OSError:
            pass
    return [text for text in found if any(word in text for word in ("dlgrade", "RAY", "plasma", "hidden"))]

def double(x):
    print("SEEN", seen(), os.getuid())
    return 2 * x

def total(x):
    return float(x.sum())
"""


def test_a_worker_cannot_see_the_course_of_its_node(
    cluster: Nodes, course: Course, exercise: Exercise
) -> None:
    """Neither by its path, which is no secret, nor by searching; and nothing of Ray's."""
    packed = pack.pack(course, exercise)
    folder = cluster.temporary / f"{pack.PREFIX}{os.geteuid()}-{pack.digest(packed)}"
    hidden = folder / "course" / "solutions" / "ex90_double" / "hidden"
    source = READS.replace("{temporary}", str(cluster.temporary)).replace("{hidden}", str(hidden))

    with RayEngine(course, exercise, address=cluster.address, jobs=1) as engine:
        engine.start()
        assert hidden.is_dir()
        record = engine.judge(submission(source))

    assert record.score == 20.0
    assert record.sandbox.level == "full"
    assert "SEEN []" in record.stdout.text


def test_the_fork_server_is_as_clean_as_on_one_machine(
    cluster: Nodes, course: Course, exercise: Exercise
) -> None:
    """One thread, an environment of its own, and no descriptor or memory of Ray's, which has dozens."""
    with RayEngine(course, exercise, address=cluster.address, jobs=1) as engine:
        engine.judge(submission())
        (judge,) = judges(cluster)
        (actor,) = cluster.running(ACTOR)
        (server,) = [child for child in judge.children() if FORK_SERVER in " ".join(child.cmdline())]

        assert actor.num_threads() > 1
        assert judge.ppid() == actor.pid
        assert server.num_threads() == 1
        own = Path(f"/proc/{server.pid}")
        for name in ("environ", "maps", "cmdline"):
            assert b"RAY" not in (own / name).read_bytes(), name
        assert "plasma" not in (own / "maps").read_text(encoding="utf-8")
        links = [os.readlink(link) for link in (own / "fd").iterdir()]
        assert [link for link in links if "ray" in link or "plasma" in link] == []


def test_an_actor_that_is_killed_costs_nothing(cluster: Nodes, course: Course, exercise: Exercise) -> None:
    """What it was judging is judged again by another one; staff are told in a line."""
    notes: list[str] = []
    found: Counter[str] = Counter()

    with RayEngine(course, exercise, address=cluster.address, jobs=2, note=notes.append) as engine:
        for one, record in engine.map(many(60)):
            found[one.student] += 1
            assert record.score == 20.0
            if sum(found.values()) == 10:
                judges(cluster)
                cluster.running(ACTOR)[0].kill()

    assert found == Counter({f"s{i}": 1 for i in range(60)})
    (note,) = notes
    assert "was lost, and another one takes its place" in note


def test_more_slots_than_there_is_room_for(cluster: Nodes, course: Course, exercise: Exercise) -> None:
    """Those that are up judge; nobody waits for the others."""
    with RayEngine(course, exercise, address=cluster.address, jobs=5) as engine:
        assert len([record for _, record in engine.map(many(20)) if record.passed]) == 20
        assert len(judges(cluster)) == 2


def test_slots_where_nobody_said_how_many(cluster: Nodes, course: Course, exercise: Exercise) -> None:
    """One a CPU of the cluster, but no more than there are submissions."""
    with RayEngine(course, exercise, address=cluster.address) as engine:
        assert len(engine._remotes) == 2
    with RayEngine(course, exercise, address=cluster.address, most=1) as engine:
        assert len(engine._remotes) == 1


def test_a_cluster_without_a_gpu(cluster: Nodes, course: Course, exercise: Exercise) -> None:
    """Says what its nodes have and what to do, at once."""
    with pytest.raises(MachineError, match=r"no node of the cluster has a CPU and a GPU .*0 of 0 GPUs"):
        RayEngine(course, exercise, address=cluster.address, device="cuda")


def test_a_course_that_is_broken_leaves_nothing(cluster: Nodes, course: Course, tmp_path: Path) -> None:
    """The error comes from a node, and names it."""
    broken = tmp_path / "course"
    for path in ROOT.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            (broken / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            (broken / path.relative_to(ROOT)).write_bytes(path.read_bytes())
    (broken / "solutions" / "ex90_double" / "double.py").write_text("x = 1\n", encoding="utf-8")
    course = courses.load(broken / courses.COURSE_FILE)

    with (
        RayEngine(course, course.exercise("ex90"), address=cluster.address) as engine,
        pytest.raises(CourseError, match=r"\(on '"),
    ):
        engine.start()


# As users run it.


@contextlib.contextmanager
def batch(cluster: Nodes, course: Course, folder: Path, *more: str) -> Iterator["subprocess.Popen[str]"]:
    """`grade batch` in a process group of its own, in a folder with a trap in it."""
    # Ray has the nodes import from the working folder of whoever connects, where students' files may lie.
    (folder / "msgspec.py").write_text(f"open({str(folder / 'trapped')!r}, 'w').close()\n", encoding="utf-8")
    with open(folder / "stdout", "w") as stdout, subprocess.Popen(
        [Path(sys.executable).with_name("grade"), "batch", "ex90", "class", "--engine", "ray",
         "--address", cluster.address, *more],
        cwd=folder,
        env={**os.environ, "GRADE_COURSE": str(ROOT), "GRADE_STATE": str(course.state_dir)},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert not (folder / "trapped").exists()


def fill(folder: Path, count: int) -> None:
    """A class of right work, each file another."""
    (folder / "class").mkdir()
    for i in range(count):
        (folder / "class" / f"s{i:03d}.py").write_text(f"{RIGHT}\n# {i}\n", encoding="utf-8")


def book(course: Course) -> Counter[str]:
    """How many graded records each student has."""
    path = course.state_dir / "gradebook.sqlite3"
    if not path.exists():
        return Counter()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        try:
            rows = connection.execute(
                "SELECT students.name FROM records JOIN attempts ON attempts.id = attempt_id "
                "JOIN students ON students.id = student_id WHERE outcome = 'graded'"
            ).fetchall()
        except sqlite3.OperationalError:  # just being made
            return Counter()
    return Counter(name for (name,) in rows)


def test_a_node_is_killed_in_the_middle_of_500(cluster: Nodes, course: Course, tmp_path: Path) -> None:
    """500 records, no double; stdout holds them and nothing of Ray's, stderr one line on the node."""
    fill(tmp_path, 500)

    with batch(cluster, course, tmp_path, "--json", "--out", "reports") as process:
        until(lambda: sum(book(course).values()) >= 100)
        judges(cluster)
        cluster.kill()
        _, err = process.communicate(timeout=120)
    cluster.add()

    assert process.returncode == 0, err
    assert book(course) == Counter({f"s{i:03d}": 1 for i in range(500)})
    records = [json.loads(line) for line in (tmp_path / "stdout").read_text().splitlines()]
    assert sorted(record["student"] for record in records) == [f"s{i:03d}" for i in range(500)]
    assert {record["score"] for record in records} == {20.0}
    assert len(list((tmp_path / "reports").glob("*-attempt_1.html"))) == 500
    assert err.count("was lost, and another one takes its place") == 1
    assert "raylet" not in err


def test_ctrl_c_leaves_nothing_and_the_same_command_goes_on(
    cluster: Nodes, course: Course, tmp_path: Path
) -> None:
    """What was graded is kept; on the nodes nothing is."""
    fill(tmp_path, 120)

    with batch(cluster, course, tmp_path) as process:
        until(lambda: sum(book(course).values()) >= 20)
        judges(cluster)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "the same command goes on from here" in err
    assert not judges(cluster)
    assert folders(cluster) == []
    kept = sum(book(course).values())
    with batch(cluster, course, tmp_path) as process:
        _, err = process.communicate(timeout=120)

    assert process.returncode == 0, err
    assert 20 <= kept < 120
    assert book(course) == Counter({f"s{i:03d}": 1 for i in range(120)})


def test_a_command_that_is_killed(cluster: Nodes, course: Course, tmp_path: Path) -> None:
    """Ray ends its slots, and the next command removes what they stood on and goes on."""
    fill(tmp_path, 60)

    with batch(cluster, course, tmp_path) as process:
        until(lambda: sum(book(course).values()) >= 10)
        judges(cluster)
        process.kill()
        process.communicate()
    until(lambda: not cluster.running(SERVER) and not cluster.running(FORK_SERVER))
    with batch(cluster, course, tmp_path) as process:
        _, err = process.communicate(timeout=120)

    assert process.returncode == 0, err
    assert book(course) == Counter({f"s{i:03d}": 1 for i in range(60)})


def test_a_gpu_is_shared_by_slots(course: Course, exercise: Exercise) -> None:
    """As many slots as shares, on one GPU; a node that has none after all takes no part, and says why."""
    with nodes(1, cpus=4, gpus=1) as cluster:
        with RayEngine(
            course, exercise, address=cluster.address, device="cuda", gpu_share=0.5, jobs=None
        ) as engine:
            assert len(engine._remotes) == 2
            if not Path("/dev/nvidiactl").exists():
                with pytest.raises(MachineError, match=r"no node of the cluster can judge: .*--device cuda"):
                    engine.start()
        until(lambda: not cluster.running(SERVER))
