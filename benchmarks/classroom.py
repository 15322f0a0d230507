"""A whole class through `grade batch`, beside a loop of fresh `python -m pytest` over the same files.

Called by run.py (block `batch`). The course is cut to one exercise with 15 checks; a submission has 1 s and
128 MiB.
Where others use the machine, the rate tells of them as much as of us: the CPU time of all processes, a
submission, is printed beside it.
"""

import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
BLOCKS = 3
FRESH = 6  # fresh pytest runs a block: they are what takes long
SAMPLE_S = 1.0
MEMORY_MIB = 128  # a submission: four times what a right one needs; one that fills it on purpose holds it all

NUMPY_KEPT = (
    "test_orientation_pixel", "test_values", "test_padding", "test_backward_unchanged",
    "test_max_pool_backward_ties", "test_float32_conv2d",
)  # fmt: skip
TORCH_KEPT = ("test_orientation", "test_values", "test_gradients")


@dataclass(frozen=True)
class Kind:
    """One exercise, cut to 15 checks."""

    name: str
    exercise: str
    file: str
    packages: str
    points: int
    kept: tuple[str, ...]
    function: str
    at_least: float  # submissions a second
    ratio: float  # to a fresh pytest, at least


NUMPY = Kind("numpy", "ex10_convolution", "convolution.py", '["numpy"]', 60, NUMPY_KEPT, "conv2d", 45.0, 15.0)
TORCH = Kind(
    "torch", "ex15_torch_conv", "torch_conv.py", '["numpy", "torch"]', 40, TORCH_KEPT, "conv2d", 25.0, 50.0
)


def make_course(kind: Kind, folder: Path) -> Path:
    for part in ("exercises", "solutions"):
        shutil.copytree(ROOT / part / kind.exercise, folder / part / kind.exercise)
    forbidden = 'forbidden = ["convolution"]\nforbidden_means = "zero"\n' if kind is TORCH else ""
    (folder / "exercises" / "course.toml").write_text(
        'title = { en = "Benchmark", ko = "벤치마크" }\n'
        f"[limits]\ncall_s = 1.0\ncheck_s = 1.0\ntotal_s = 1.0\nmemory_mib = {MEMORY_MIB}\n"
        f"[exercises.{kind.exercise}]\n"
        'title = { en = "Convolution", ko = "합성곱" }\n'
        f'files = ["{kind.file}"]\npackages = {kind.packages}\npoints = {kind.points}\n{forbidden}',
        encoding="utf-8",
    )
    (suite,) = (folder / "solutions" / kind.exercise / "hidden").glob("test_*.py")
    cut = f"\nfor _name in [n for n in globals() if n.startswith('test_') and n not in {kind.kept!r}]:\n"
    suite.write_text(suite.read_text(encoding="utf-8") + cut + "    del globals()[_name]\n", encoding="utf-8")
    return folder


def hostile(kind: Kind, right: str) -> dict[str, str]:
    """The 5 %: each is right work in which the main function does something else first."""
    bodies = {
        "crash": "import os; os._exit(1)",
        "hang": "while True: pass",
        "bomb": "x = []\n    while True: x.append(bytearray(2**24))",
        "raise": "raise ValueError('no')",
    }
    head = f"def {kind.function}("
    return {
        name: right.replace(head, f"def {kind.function}(*args, **kwargs):\n    {body}\n\n\ndef _unused(", 1)
        for name, body in bodies.items()
    }


def make_class(kind: Kind, course: Path, folder: Path, count: int, *, hangs: bool = True) -> None:
    """`count` files: 75 % right, 20 % wrong in known ways, 5 % hostile; no two are equal."""
    solutions = course / "solutions" / kind.exercise
    right = [path.read_text(encoding="utf-8") for path in sorted(solutions.glob("accepted/*.py"))]
    right.append((solutions / kind.file).read_text(encoding="utf-8"))
    wrong = [path.read_text(encoding="utf-8") for path in sorted(solutions.glob("wrong/*.py"))]
    bad = [source for name, source in hostile(kind, right[-1]).items() if hangs or name != "hang"]
    rng = random.Random(5)
    folder.mkdir(parents=True)
    for number in range(count):
        place = number % 20
        pool = right if place < 15 else wrong if place < 19 else bad
        source = pool[rng.randrange(len(pool))] if pool is not bad else pool[number // 20 % len(bad)]
        (folder / f"s{number:05d}.py").write_text(f"{source}\n# {number}\n", encoding="utf-8")


class Memory(threading.Thread):
    """The most that a process and its children hold together, as their proportional set size."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.seen: list[int] = []
        self._pid, self._stop_it = pid, threading.Event()

    def run(self) -> None:
        while not self._stop_it.wait(SAMPLE_S):
            total = 0
            try:
                parent = psutil.Process(self._pid)
                for process in [parent, *parent.children(recursive=True)]:
                    try:
                        total += process.memory_full_info().pss
                    except (psutil.NoSuchProcess, psutil.AccessDenied):
                        continue
            except psutil.NoSuchProcess:
                return
            self.seen.append(total)

    def stop(self) -> list[int]:
        self._stop_it.set()
        self.join()
        return self.seen


@dataclass(frozen=True)
class Graded:
    """One `grade batch`, from nothing to its last line."""

    seconds: float
    cpu_s: float  # of all its processes
    pss: list[int]  # bytes, as it went


def cpu_s() -> float:
    """CPU seconds of all processes that this one has waited for, and of those that they have."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def grade(course: Path, kind: Kind, state: Path, folder: Path, *, watch: bool = False) -> Graded:
    start, before = time.perf_counter(), cpu_s()
    process = subprocess.Popen(
        [sys.executable, "-m", "grader.cli", "batch", kind.exercise, str(folder), "--quiet"],
        env={**os.environ, "GRADE_COURSE": str(course), "GRADE_STATE": str(state)},
    )
    memory = Memory(process.pid)
    if watch:
        memory.start()
    code = process.wait()
    taken = time.perf_counter() - start
    if code != 0:
        raise SystemExit(f"grade batch ended with {code}")
    return Graded(taken, cpu_s() - before, memory.stop() if watch else [])


def fresh(course: Path, kind: Kind, files: list[Path]) -> float:
    """Seconds a file in fresh pytest processes, one at a time, the file imported beside the suite."""
    start = time.perf_counter()
    for file in files:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
             str(course / "solutions" / kind.exercise), str(course / "exercises" / kind.exercise),
             "--submission", str(file)],
            capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode not in (0, 1):
            raise SystemExit(f"pytest ended with {done.returncode}: {done.stdout.decode()[-500:]}")
    return (time.perf_counter() - start) / len(files)


def recorded(state: Path) -> tuple[int, int]:
    """Attempts and records in the book."""
    import sqlite3

    with sqlite3.connect(state / "gradebook.sqlite3") as book:
        (attempts,) = book.execute("SELECT count(*) FROM attempts WHERE number IS NOT NULL").fetchone()
        (records,) = book.execute("SELECT count(*) FROM records").fetchone()
    return attempts, records


def say(name: str, value: str, holds: bool | None = None) -> None:
    verdict = "" if holds is None else "  holds" if holds else "  MISSED"
    print(f"{name:<58} {value}{verdict}", flush=True)


def measure(kind: Kind, folder: Path, count: int, many: int) -> None:
    """All figures of one kind of exercise, for classes of `count`, and of `many` beside 100."""
    course = make_course(kind, folder / kind.name)
    make_class(kind, course, folder / kind.name / "first", 20, hangs=False)
    grade(course, kind, folder / kind.name / "state-first", folder / kind.name / "first")  # compiles

    ours: list[float] = []
    theirs: list[float] = []
    cpu: list[float] = []
    for block in range(BLOCKS):
        here = folder / kind.name / f"class-{block}"
        make_class(kind, course, here, count, hangs=False)
        state = folder / kind.name / f"state-{block}"
        done = grade(course, kind, state, here)  # who looks at memory takes a part in fifty of the machine
        if recorded(state) != (count, count):
            raise SystemExit(f"{recorded(state)} attempts and records of {count} submissions")
        ours.append(done.seconds / count)
        cpu.append(done.cpu_s / count)
        sane = [path for n, path in enumerate(sorted(here.iterdir())) if n % 20 != 19]  # a crash ends pytest
        theirs.append(fresh(course, kind, sane[:: max(1, len(sane) // FRESH)][:FRESH]))
        say(f"{kind.name}: block {block}", f"{1 / ours[-1]:.1f} a second; pytest {1 / theirs[-1]:.2f}")
    rate = 1 / statistics.median(ours)
    say(f"{kind.name}: {count} mixed, without hanging ones", f"{rate:.1f} a second", rate >= kind.at_least)
    each = statistics.median(cpu)
    cores = os.cpu_count() or 1
    say("  CPU time of all processes", f"{each * 1e3:.1f} ms each, {cores / each:.0f} a second on idle cores")
    ratio = statistics.median(theirs) / statistics.median(ours)
    say("  beside fresh python -m pytest", f"{ratio:.1f} times", ratio >= kind.ratio)

    here, state = folder / kind.name / "with-hangs", folder / kind.name / "state-hangs"
    make_class(kind, course, here, count)
    done = grade(course, kind, state, here, watch=True)
    say(f"{kind.name}: {count} mixed, with hanging ones", f"{count / done.seconds:.1f} a second")
    peak = max(done.pss)
    say("  most memory, all processes (PSS)", f"{peak / 2**30:.2f} GiB", peak <= 0.9 * 2**30)
    again = grade(course, kind, state, here)
    say("  the same command again, nothing to judge", f"{again.seconds / count * 1e3:.2f} ms each")
    if recorded(state) != (count, count):
        raise SystemExit(f"{recorded(state)} attempts and records of {count} submissions")

    if many:
        large, state = folder / kind.name / "many", folder / kind.name / "state-many"
        make_class(kind, course, large, many, hangs=False)
        begun = start_cost(course, kind, folder / kind.name, large)
        done = grade(course, kind, state, large, watch=True)
        # Without what a run costs before its first submission, which 100 would have to bear alone; in CPU
        # time, since the runs are minutes apart.
        few = statistics.median(
            (grade(course, kind, folder / f"{kind.name}-few-{n}", part(large, n)).cpu_s - begun) / 100
            for n in range(3)
        )
        growth = (done.cpu_s - begun) / many / few
        say(f"{kind.name}: cost of one among {many}, beside among 100", f"{growth:.2f} times", growth <= 1.1)
        half = len(done.pss) // 2
        first, last = statistics.median(done.pss[: half or 1]), statistics.median(done.pss[half:])
        say("  memory, second half beside first", f"{last / first:.3f} times")


def start_cost(course: Path, kind: Kind, folder: Path, large: Path) -> float:
    """CPU seconds of a batch of one."""
    one = folder / "one"
    one.mkdir()
    shutil.copy(large / "s00000.py", one)
    return min(grade(course, kind, folder / f"state-one-{n}", one).cpu_s for n in range(2))


def part(large: Path, number: int) -> Path:
    """The first 100 of a class, in a folder of their own."""
    folder = large.with_name(f"{large.name}-part-{number}")
    folder.mkdir()
    for path in sorted(large.iterdir())[:100]:
        shutil.copy(path, folder)
    return folder
