"""How cost grows with slots, and with records in the gradebook. Called by run.py (slots, engines, book).

The exercise is a null one: one check that asks for `1`. What remains is what the grader adds to any
submission, in the real engine with its real wall. Figures of a block are from one run; read the ratios.
"""

import contextlib
import dataclasses
import functools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
EXERCISE = "ex99_null"
RIGHT = b"def one():\n    return 1\n"
SLOTS = (1, 4, 16, 64)
RECORDS = (100, 1_000, 10_000, 100_000)
EACH = 200  # submissions, and no fewer than SHARE a slot
SHARE = 5
BULK = 10_000  # records filled in at a time
TIMED = 60  # records added at each size

SUITE = """
import pytest

@pytest.mark.group("all", points=1, en="All", ko="전체")
@pytest.mark.check(en="One", ko="하나")
def test_one(submission):
    assert submission.one() == 1
"""


def make_course(folder: Path) -> Path:
    public, hidden = folder / "exercises" / EXERCISE, folder / "solutions" / EXERCISE / "hidden"
    public.mkdir(parents=True)
    hidden.mkdir(parents=True)
    (folder / "exercises" / "course.toml").write_text(
        'title = { en = "Benchmark", ko = "벤치마크" }\n'
        f'[exercises.{EXERCISE}]\ntitle = {{ en = "Null", ko = "영" }}\nfiles = ["null.py"]\npoints = 1\n',
        encoding="utf-8",
    )
    (public / "null.py").write_text("def one():\n    raise NotImplementedError\n", encoding="utf-8")
    (hidden.parent / "null.py").write_bytes(RIGHT)
    (hidden / "test_null.py").write_text(SUITE, encoding="utf-8")
    return folder


def submission(number: int) -> Any:
    from grader.core.submission import SourceFile, Submission

    files = (SourceFile(name="null.py", data=RIGHT + b"# %d\n" % number),)
    return Submission(
        student=f"s{number:06d}", exercise=EXERCISE, files=files, submitted_utc="2026-03-01T09:00:00Z"
    )


# Slots. Each number of them in a process of its own: so its CPU time, with all that it started, is known.


def judge(engine: str, jobs: int, count: int) -> None:
    """In a process of its own: judge `count`, and print what it took."""
    from grader.core import course as courses

    course = courses.locate(Path.cwd())
    exercise = course.exercise(EXERCISE)
    with _engine(engine, course, exercise, jobs) as judges:
        warmed = 0
        while warmed < 2 * jobs:  # so that every slot is up
            warmed += sum(1 for _ in judges.map(submission(-n) for n in range(1, 2 * jobs + 1)))
        started, wall, own = _used(psutil.Process()), time.perf_counter(), time.process_time()
        graded = sum(record.passed for _, record in judges.map(submission(n) for n in range(count)))
        wall, own = time.perf_counter() - wall, time.process_time() - own
        assert graded == count
        used = _used(psutil.Process()) - started
        held = _held(psutil.Process()) if engine == "local" else 0
    print(json.dumps({"wall_s": wall, "own_s": own, "cpu_s": used, "start_s": started, "held": held}))


def _engine(name: str, course: Any, exercise: Any, jobs: int) -> Any:
    from grader.engines.choosing import Choice, open_engine

    choice = Choice(name="ray", address="local") if name == "ray" else Choice()
    return open_engine(
        choice, course, exercise, jobs=jobs, most=jobs, language="en", device="cpu", note=print_error
    )


def print_error(text: str) -> None:
    print(text, file=sys.stderr)


def _used(process: psutil.Process) -> float:
    """CPU seconds of a process and all below it, also of those that have ended."""
    total = 0.0
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            times = one.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def _held(process: psutil.Process) -> int:
    """Bytes that a process and all below it hold together (PSS)."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            total += one.memory_full_info().pss
    return total


def run_slots(course: Path, state: Path, engine: str, jobs: int, count: int) -> dict[str, float]:
    """What `judge` says."""
    done = subprocess.run(
        [sys.executable, __file__, engine, str(jobs), str(count)],
        env={**os.environ, "GRADE_COURSE": str(course), "GRADE_STATE": str(state), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def slots(folder: Path, sizes: tuple[int, ...] = SLOTS) -> None:
    """Overhead of a submission with 1 to 64 slots on this machine's cores, and on Ray beside none."""
    course, state = make_course(folder / "null"), folder / "null-state"
    run_slots(course, state, "local", 1, 1)  # compiles
    print(
        f"{'slots':>6}{'a second':>10}{'CPU each':>12}{'engine alone':>14}{'start, CPU':>12}{'held each':>11}"
    )
    first: dict[str, float] = {}
    for jobs in sizes:
        count = max(EACH, SHARE * jobs)
        full = run_slots(course, state, "local", jobs, count)
        each = {
            "cpu": full["cpu_s"] / count * 1e3,
            "own": full["own_s"] / count * 1e3,
            "start": full["start_s"] / jobs,
            "held": full["held"] / jobs / 2**20,
        }
        first = first or each
        print(
            f"{jobs:>6}{count / full['wall_s']:>10.1f}{each['cpu']:>9.1f} ms{each['own']:>11.2f} ms"
            f"{each['start']:>10.2f} s{each['held']:>7.0f} MiB"
            f"   CPU ×{each['cpu'] / first['cpu']:.2f}, engine ×{each['own'] / first['own']:.2f}",
            flush=True,
        )


def engines(folder: Path, blocks: int = 3) -> None:
    """A submission on Ray beside one on the local engine, the same slots, in turns."""
    course, state = make_course(folder / "null-ray"), folder / "null-ray-state"
    run_slots(course, state, "local", 1, 1)
    jobs, count = min(2, os.cpu_count() or 1), 4 * EACH
    found: dict[str, list[dict[str, float]]] = {"local": [], "ray": []}
    for _ in range(blocks):
        for engine, runs in found.items():
            runs.append(run_slots(course, state, engine, jobs, count))
    middle = {
        engine: {
            key: statistics.median(run[key] for run in runs) / count * 1e3 for key in ("wall_s", "own_s")
        }
        for engine, runs in found.items()
    }
    for engine, each in middle.items():
        ratio = each["wall_s"] / middle["local"]["wall_s"]
        print(
            f"{engine:>6}, {jobs} slots: {each['wall_s']:.1f} ms a submission (×{ratio:.2f}), "
            f"{each['own_s']:.2f} ms of CPU in the process that hands them out",
            flush=True,
        )


# The gradebook.


@contextlib.contextmanager
def postgres() -> Iterator[str | None]:
    """URL of a server of this run's own; None where there is no PostgreSQL."""
    server = ROOT / ".ci" / "postgres"
    if subprocess.run([server, "where"], capture_output=True, check=False).returncode:
        yield None
        return
    with subprocess.Popen(
        [server, "run"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


def a_record() -> Any:
    """A record of 15 checks."""
    sys.path.insert(0, str(ROOT))
    from tests import factories as make

    return make.record(
        [make.check(f"test_{n}", max_points=1.0) for n in range(15)], exercise=EXERCISE, max_score=15.0
    )


def of(record: Any, handed: Any) -> Any:
    digests = dataclasses.replace(record.digests, submission=handed.digest)
    return dataclasses.replace(record, student=handed.student, digests=digests)


def fill(book: Any, record: Any, begin: int, end: int) -> None:
    """Students, files, attempts and records `begin` to `end`, in bulk: only what is in the tables matters."""
    from sqlalchemy import insert, select

    from grader.gradebook import schema
    from grader.gradebook.book import _row

    handed = [submission(n) for n in range(begin, end)]
    by_name = {one.student: one for one in handed}
    keys = [{"exercise": EXERCISE, "digest": one.digest} for one in handed]
    with book.database.writing() as connection:
        connection.execute(insert(schema.students), [{"name": one.student} for one in handed])
        connection.execute(insert(schema.submissions), keys)
        rows = [
            {**key, "position": 0, "name": "null.py", "data": one.files[0].data}
            for key, one in zip(keys, handed, strict=True)
        ]
        connection.execute(insert(schema.files), rows)
        ids = connection.execute(select(schema.students.c.id, schema.students.c.name)).all()
        connection.execute(
            insert(schema.attempts),
            [
                {"student_id": id, "exercise": EXERCISE, "number": 1, "digest": by_name[name].digest,
                 "submitted_utc": by_name[name].submitted_utc}
                for id, name in ids if name in by_name
            ],
        )  # fmt: skip
        by_digest = {one.digest: one for one in handed}
        found = connection.execute(select(schema.attempts.c.id, schema.attempts.c.digest)).all()
        connection.execute(
            insert(schema.records),
            [_row(id, of(record, by_digest[digest])) for id, digest in found if digest in by_digest],
        )


def book(folder: Path, sizes: tuple[int, ...] = RECORDS) -> None:
    """What one more record costs in books of 100 to 100,000, which take turns."""
    record = a_record()
    print(f"a record has {len(_json(record))} bytes of JSON; medians of {TIMED}")
    report = timed([folder / "report.html"] * TIMED, lambda path: _report(record, path))
    print(f"its report, to a file: {report:.2f} ms")
    growth("SQLite", {size: folder / f"scaling-{size}.sqlite3" for size in sizes}, record)
    with postgres() as server:
        if server is None:
            print("no PostgreSQL here: .ci/postgres install")
        else:
            growth("PostgreSQL", {size: _database(server, f"scaling_{size}") for size in sizes}, record)


def _database(server: str, name: str) -> str:
    import psycopg

    with psycopg.connect(server, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.replace("@/?", f"@/{name}?")


def _json(record: Any) -> bytes:
    from grader.core.record import encode

    return encode(record)


def _report(record: Any, path: Path) -> None:
    from grader.core.record import Text
    from grader.report.html import render

    path.write_text(render(record, title=Text(en="Null", ko="영"), previous=None), encoding="utf-8")


def growth(name: str, places: dict[int, Any], record: Any) -> None:
    from grader.gradebook import Gradebook

    with contextlib.ExitStack() as stack:
        books = {size: stack.enter_context(Gradebook.open(place)) for size, place in places.items()}
        found: dict[int, dict[str, list[float]]] = {size: {} for size in books}
        for size, one in books.items():
            for begin in range(0, size, BULK):
                fill(one, record, begin, min(size, begin + BULK))
        for turn in range(TIMED):
            for size, one in books.items():
                times = found[size]
                new, old = submission(size + turn), submission(turn * size // TIMED)
                keep = functools.partial(one.record, new, of(record, new))
                times.setdefault("record", []).append(seconds(keep))
                find = functools.partial(one.find, old, record.digests.suite)
                times.setdefault("find", []).append(seconds(find))
                if turn % 20 == 0:
                    all_graded = functools.partial(one.graded, EXERCISE, record.digests.suite)
                    times.setdefault("all graded, a record", []).append(seconds(all_graded) / (size + turn))
    first: dict[str, float] = {}
    for size, times in found.items():
        each = {what: statistics.median(many) * 1e3 for what, many in times.items()}
        first = first or each
        words = [f"{what} {ms:7.3f} ms (×{ms / first[what]:.2f})" for what, ms in each.items()]
        print(f"{name:<11}{size:>8} records: {'   '.join(words)}", flush=True)


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def timed(over: list[Any], function: Callable[[Any], object]) -> float:
    """Milliseconds, median."""
    found = []
    for one in over:
        start = time.perf_counter()
        function(one)
        found.append(time.perf_counter() - start)
    return statistics.median(found) * 1e3


if __name__ == "__main__":
    judge(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
