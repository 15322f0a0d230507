"""What the grader costs, each figure beside a baseline measured in the same run. `make bench`.

Machines differ and are shared: read the ratios. Blocks alternate with their baselines, and the load
is printed.
"""

import argparse
import ast
import functools
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import classroom
import scaling

ROOT = Path(__file__).resolve().parent.parent
GRADE = [sys.executable, "-m", "grader.cli"]
EX10 = "ex10_convolution"

RIGHT = ROOT / "solutions" / EX10 / "accepted" / "im2col.py"
WRONG = ROOT / "solutions" / EX10 / "wrong" / "flips_kernel.py"


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def alternate(rounds: int, *functions: Callable[[], object]) -> list[list[float]]:
    """Seconds of each function, taken in turns."""
    found: list[list[float]] = [[] for _ in functions]
    for _ in range(rounds):
        for times, function in zip(found, functions, strict=True):
            times.append(seconds(function))
    return found


def show(
    name: str, times: list[float], base_name: str, base: list[float], *, at_most: float | None = None
) -> None:
    ratio = statistics.median(times) / statistics.median(base)
    verdict = (
        "" if at_most is None else f"  (at most {at_most:g}: {'holds' if ratio <= at_most else 'MISSED'})"
    )
    print(f"{name:<44} {figure(times)}")
    print(f"{'  baseline: ' + base_name:<44} {figure(base)}   ratio {ratio:.3g}{verdict}")


def figure(times: list[float]) -> str:
    ordered = sorted(times)
    p90 = ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))]
    return f"median {statistics.median(times) * 1e3:9.3f} ms   p90 {p90 * 1e3:9.3f} ms   n {len(times)}"


def run(arguments: list[str], **kwargs: object) -> None:
    code = subprocess.run(arguments, capture_output=True, check=False, **kwargs).returncode  # type: ignore[call-overload]
    if code not in (0, 1):
        raise SystemExit(f"{arguments} ended with {code}")


def python(code: str) -> Callable[[], object]:
    return lambda: run([sys.executable, "-c", code])


def cold(folder: Path, rounds: int) -> None:
    """Commands from nothing."""
    helped, base = alternate(rounds, lambda: run([*GRADE, "--help"]), python("import click, rich"))
    show("grade --help", helped, "python -c 'import click, rich'", base, at_most=3)

    environment = {**os.environ, "GRADE_STATE": str(folder / "state"), "GRADE_COURSE": str(ROOT)}

    def submit() -> None:
        for path in (folder / "state").glob("gradebook*"):
            path.unlink()
        run([*GRADE, "submit", "ex10", str(RIGHT), "--student", "bench"], env=environment)

    submit()  # compiles suites and templates, once a course
    times, base = alternate(rounds, submit, python("import numpy, pytest, jinja2"))
    show("grade submit ex10, cold", times, "python -c 'import numpy, pytest, jinja2'", base, at_most=2.5)


def sources() -> dict[str, str]:
    right = RIGHT.read_text(encoding="utf-8")
    dying = right
    for function in ("output_size", "max_pool2d", "max_pool2d_backward", "conv2d_backward"):
        dying = dying.replace(f"def {function}(", f"def _{function}(")
    # Five checks call it: five workers die.
    dies = "\n\ndef output_size(n, k, stride=1, pad=0):\n    import os\n    os._exit(1)\n"
    keeps = "".join(
        f"{name} = _{name}\n" for name in ("max_pool2d", "max_pool2d_backward", "conv2d_backward")
    )
    dying = dying.replace("output_size(", "_output_size(").replace("def __output_size(", "def _output_size(")
    raising = right.replace(
        "def conv2d(", "def conv2d(*args, **kwargs):\n    raise ValueError('no')\n\n\ndef _unused("
    )
    return {
        "correct": right,
        "wrong (flipped kernel)": WRONG.read_text(encoding="utf-8"),
        "raising (conv2d)": raising,
        "five dead workers (output_size)": dying + "\n" + keeps + dies,
    }


def course_without_speed(folder: Path) -> Path:
    """The course with ex10's performance group taken out: what that group takes is chosen by its suite."""
    course = folder / "course"
    for part in ("exercises", "solutions"):
        for exercise in (ROOT / part).iterdir():
            if exercise.name == EX10:
                shutil.copytree(exercise, course / part / EX10)
    (course / "exercises" / "course.toml").write_text(
        'title = { en = "Benchmark", ko = "벤치마크" }\n'
        f"[exercises.{EX10}]\n"
        'title = { en = "2-D convolution", ko = "2차원 합성곱" }\n'
        'files = ["convolution.py"]\npackages = ["numpy"]\npoints = 100\n',
        encoding="utf-8",
    )
    suite = course / "solutions" / EX10 / "hidden" / "test_convolution.py"
    suite.write_text(suite.read_text(encoding="utf-8") + "\ndel test_speed\n", encoding="utf-8")
    return course


def warm(folder: Path, rounds: int) -> None:
    """A submission through engine, gradebook and report, one slot, beside plain pytest a submission."""
    os.environ["GRADE_STATE"] = str(folder / "warm-state")
    from grader.core import course as courses
    from grader.core.submission import SourceFile, Submission, utc
    from grader.engines.local import LocalEngine
    from grader.gradebook import Gradebook
    from grader.report.html import render

    course = courses.load(course_without_speed(folder) / courses.COURSE_FILE)
    exercise = course.exercise("ex10")
    report = folder / "report.html"
    pytest = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(course.root / "solutions" / EX10),
        str(course.root / "exercises" / EX10), "--submission",
    ]  # fmt: skip

    with LocalEngine(course, exercise) as engine, Gradebook.open(course.state_dir / "book.sqlite3") as book:
        engine.start()

        def judge(student: str, source: str) -> None:
            files = (SourceFile(name="convolution.py", data=source.encode()),)
            handed = Submission(student=student, exercise=exercise.id, files=files, submitted_utc=utc())
            recorded = book.record(handed, engine.judge(handed))
            report.write_text(render(recorded.record, title=exercise.title, previous=recorded.previous))

        limits = {"correct": 40, "wrong (flipped kernel)": 60, "raising (conv2d)": 60}
        for name, source in sources().items():
            file = folder / "convolution.py"
            file.write_text(source, encoding="utf-8")
            judge("warm-up", source)
            fresh = functools.partial(run, [*pytest, str(file)])
            times, base = [], []
            for i in range(rounds):
                times.append(seconds(functools.partial(judge, f"s{i}", source)))
                if i % 10 == 0 and name.startswith(("correct", "wrong")):
                    base.append(seconds(fresh))
            bound = limits.get(name, 90)
            median = statistics.median(times) * 1e3
            ordered = sorted(times)
            spread = ordered[int(0.9 * len(ordered))] * 1e3 / median
            if base:
                show(f"warm, one slot: {name}", times, "a fresh python -m pytest", base)
            else:
                print(f"warm, one slot: {name:<28} {figure(times)}")
            print(
                f"  at most {bound} ms: {'holds' if median <= bound else 'MISSED'}; "
                f"p90 is {spread:.2f} of the median (at most 1.5: {'holds' if spread <= 1.5 else 'MISSED'})"
            )

    slots = os.cpu_count() or 1
    with LocalEngine(course, exercise, jobs=slots) as engine:
        engine.start()
        files = (SourceFile(name="convolution.py", data=RIGHT.read_bytes()),)
        many = [
            Submission(student=f"t{i}", exercise=exercise.id, files=files, submitted_utc=utc())
            for i in range(rounds * 2)
        ]
        total = seconds(lambda: list(engine.map(many)))
    print(f"{f'throughput, {slots} slots':<44} {len(many) / total:.1f} submissions a second")


def as_notebook(source: str) -> bytes:
    """The notebook that Jupyter would save of the source, a cell for each statement."""
    import nbformat

    lines, last, cells = source.split("\n"), 0, []
    for statement in ast.parse(source).body:
        cells.append(nbformat.v4.new_code_cell("\n".join(lines[last : statement.end_lineno])))
        last = statement.end_lineno or last
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells)).encode()


def notebooks(folder: Path, rounds: int) -> None:
    """The same solution as a file and as a notebook, from the bytes on disk to the record."""
    os.environ["GRADE_STATE"] = str(folder / "notebook-state")
    from grader.core import course as courses
    from grader.core.submission import read, utc
    from grader.engines.local import LocalEngine

    course = courses.load(course_without_speed(folder / "notebooks") / courses.COURSE_FILE)
    exercise = course.exercise("ex10")
    for name, source in list(sources().items())[:2]:
        file = folder / "convolution.py"
        file.write_text(source, encoding="utf-8")
        cells = folder / "convolution.ipynb"
        cells.write_bytes(as_notebook(source))
        with LocalEngine(course, exercise) as engine:
            engine.start()

            def judge(path: Path) -> None:
                engine.judge(read(exercise, [path], "bench", utc(), stub_refused=True))

            judge(file)
            judge(cells)
            as_cells, as_file = alternate(rounds, lambda: judge(cells), lambda: judge(file))  # noqa: B023
        show(f".ipynb, warm: {name}", as_cells, "the same as .py", as_file)
        extra = (statistics.median(as_cells) - statistics.median(as_file)) * 1e3
        print(f"  extra {extra:.1f} ms (at most 25 ms: {'holds' if extra <= 25 else 'MISSED'})")


BARE_FORK = """
import sys, time, os, importlib
from grader.worker import forkserver, view
for package in sys.argv[1].split(","):
    for module in (package, *forkserver.WARM.get(package, ())):
        importlib.import_module(module)
view.preload()
for _ in sys.stdin:
    start = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    print(time.perf_counter() - start, flush=True)
"""


def calls(rounds: int) -> None:
    """One call across the wall, beside what the system itself takes."""
    import socket

    import numpy as np

    from grader.core.course import Limits
    from grader.judge.proxy import Far, Submission
    from grader.judge.transport import Pool
    from grader.sandbox.linux import LinuxSandbox
    from grader.sandbox.protocol import Config

    limits = Limits(total_s=600.0)
    pool = Pool(LinuxSandbox(Config(packages=("numpy",), limits=limits)), limits)
    live = pool.connect([("sub.py", b"def f(x, w):\n    return x\n")], 1)
    far = Far(live)
    submission = Submission(far)
    live.begin()
    x, w = np.ones((2, 3)), np.ones(3)
    submission.f(x=x, w=w)

    def call() -> None:
        far.begin()
        live.begin()
        submission.f(x=x, w=w)

    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        ours.close()
        while data := theirs.recv(65536):
            theirs.send(data)
        os._exit(0)
    theirs.close()

    def round_trip() -> None:
        ours.send(b"x" * 200)
        ours.recv(65536)

    times, base = alternate(rounds * 50, call, round_trip)
    show("one call across the wall, small arrays", times, "a bare socketpair round trip", base)
    print(f"  at most 0.12 ms: {'holds' if statistics.median(times) <= 0.12e-3 else 'MISSED'}")
    ours.close()
    os.waitpid(child, 0)
    live.close()
    pool.close()


def spawns(packages: tuple[str, ...], rounds: int) -> None:
    """A worker, from the request to its hello, beside a bare fork of a process with the same packages."""
    from grader.core.course import Limits
    from grader.sandbox.linux import LinuxSandbox
    from grader.sandbox.protocol import Config

    sandbox = LinuxSandbox(Config(packages=packages, limits=Limits()))
    print(f"sandbox: {sandbox.report.level}, layers: {', '.join(sandbox.report.layers)}")
    with subprocess.Popen(
        [sys.executable, "-c", BARE_FORK, ",".join(packages)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    ) as forker:  # fmt: skip
        assert forker.stdin is not None
        assert forker.stdout is not None
        times, base = [], []

        def spawn() -> None:
            worker = sandbox.spawn()
            worker.greet(time.monotonic() + 10)
            times.append(time.perf_counter() - start)
            worker.death()

        for _ in range(rounds):
            start = time.perf_counter()
            spawn()
            forker.stdin.write("\n")
            forker.stdin.flush()
            base.append(float(forker.stdout.readline()))
        forker.stdin.close()
    name = f"a worker, spawn to ready ({', '.join(packages)})"
    show(name, times, "a bare fork of such a server", base, at_most=3)
    sandbox.close()


TORCH_COURSE = ROOT / "tests" / "course_torch"


WITHOUT_GROUPS = """
import os
from grader.engines import server
from grader.sandbox import cgroup
cgroup.Groups.here = lambda **_: "left out"
server.main()
os._exit(0)
"""


def added(folder: Path, rounds: int) -> None:
    """What the wall adds to a warm submission: the same engine with it, and with neither wall nor control
    groups, in turns."""
    os.environ["GRADE_STATE"] = str(folder / "added-state")
    from grader.core import course as courses
    from grader.core.submission import SourceFile, Submission, utc
    from grader.engines import spawn
    from grader.engines.local import LocalEngine
    from grader.sandbox import policy

    whole = spawn.SERVER
    torch = courses.load(TORCH_COURSE / courses.COURSE_FILE)
    numpy = courses.load(course_without_speed(folder / "added") / courses.COURSE_FILE)
    for name, course, number, bound in (("numpy", numpy, "ex10", 6), ("torch", torch, "ex95", 12)):
        exercise = course.exercise(number)
        assert exercise.solution_dir is not None
        right = exercise.solution_dir / exercise.files[0]
        files = (SourceFile(name=exercise.files[0], data=right.read_bytes()),)
        handed = Submission(student="s", exercise=exercise.id, files=files, submitted_utc=utc())
        engines = {}
        for level in ("none", "full"):
            os.environ[policy.SETTING] = level
            spawn.SERVER = whole if level == "full" else ("-c", WITHOUT_GROUPS)
            engines[level] = LocalEngine(course, exercise)
            report = engines[level].judge(handed).sandbox
            assert report.level == level, report
            assert ("cgroup" in report.layers) <= (level == "full"), report
        del os.environ[policy.SETTING]
        without, walled = alternate(
            rounds, *(functools.partial(engine.judge, handed) for engine in engines.values())
        )
        show(f"a warm submission behind the wall ({name})", walled, "no wall, no control groups", without)
        more = (statistics.median(walled) - statistics.median(without)) * 1e3
        verdict = "holds" if more <= bound else "MISSED"
        print(f"  the wall adds {more:.1f} ms (at most {bound}: {verdict})")
        for engine in engines.values():
            engine.close()


SLOW = ("ex13", "ex14")  # exercises whose checks train


def audits(folder: Path) -> None:
    """`grade audit` of the course with its default seeds, on all cores: two commands, and their sum."""
    jobs = os.cpu_count() or 1
    environment = {**os.environ, "GRADE_STATE": str(folder / "audit-state"), "GRADE_COURSE": str(ROOT)}
    from grader.core import course as courses

    numbers = [one.number for one in courses.load(ROOT / courses.COURSE_FILE).exercises.values()]
    total = 0.0
    for name, chosen, bound in (
        (f"all but {' and '.join(SLOW)}", [number for number in numbers if number not in SLOW], 120),
        ("all", list(SLOW), 240),
    ):
        command = [*GRADE, "audit", *chosen, "--jobs", str(jobs), "--json"]
        start = time.perf_counter()
        code = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode
        total += time.perf_counter() - start
        verdict = "holds" if total <= bound else "MISSED"
        print(f"{'grade audit, ' + name:<44} {total:6.1f} s  (at most {bound} on 2 cores: {verdict})")
        if code != 0:
            raise SystemExit(f"not green: see {' '.join(command)}")


def _wall(folder: Path, arguments: argparse.Namespace) -> None:
    calls(arguments.rounds)
    spawns(("numpy",), arguments.rounds)
    spawns(("numpy", "torch"), arguments.rounds)
    added(folder, arguments.rounds)


def _batch(folder: Path, arguments: argparse.Namespace) -> None:
    for kind in (classroom.NUMPY, classroom.TORCH):
        if arguments.only in (None, kind.name):
            size, many = (100, 0) if arguments.quick else (arguments.size, arguments.many)
            classroom.measure(kind, folder, size, many)


def _up_to(most: int, sizes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in sizes if n <= most)


BLOCKS: dict[str, Callable[[Path, argparse.Namespace], None]] = {
    "cold": lambda folder, arguments: cold(folder, max(5, arguments.rounds // 4)),
    "warm": lambda folder, arguments: warm(folder, arguments.rounds),
    "wall": _wall,
    "notebooks": lambda folder, arguments: notebooks(folder, arguments.rounds),
    "audit": lambda folder, _: audits(folder),
    "batch": _batch,
    "slots": lambda folder, arguments: scaling.slots(folder, _up_to(arguments.most, scaling.SLOTS)),
    "engines": lambda folder, _: scaling.engines(folder),
    "book": lambda folder, arguments: scaling.book(folder, _up_to(arguments.most, scaling.RECORDS)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40, help="submissions a block (default 40)")
    parser.add_argument("--quick", action="store_true", help="small classes in the block `batch`")
    parser.add_argument("--size", type=int, default=1000, help="of a class in `batch`")
    parser.add_argument("--many", type=int, default=10_000, help="size of a large class, beside 100")
    parser.add_argument("--most", type=int, default=100_000, help="records in `book`, and slots in `slots`")
    parser.add_argument("--only", choices=["numpy", "torch"], help="one kind of exercise in `batch`")
    default = ["cold", "warm", "wall", "notebooks"]
    parser.add_argument("blocks", nargs="*", default=default, help=", ".join(BLOCKS))
    arguments = parser.parse_args()
    if unknown := [block for block in arguments.blocks if block not in BLOCKS]:
        parser.error(f"no block {unknown[0]!r}: choose {', '.join(BLOCKS)}")
    load = ", ".join(f"{x:.2f}" for x in os.getloadavg())
    print(f"python {platform.python_version()}, {os.cpu_count()} cores, load average {load}")
    with tempfile.TemporaryDirectory(prefix="dlgrade-bench-") as name:
        for block in arguments.blocks:
            print(f"\n== {block}")
            BLOCKS[block](Path(name), arguments)
    print(f"\nload average at the end {', '.join(f'{x:.2f}' for x in os.getloadavg())}")


if __name__ == "__main__":
    main()
