"""The full wall: what is in a worker's view, and which limit ends what."""

import contextlib
import os
import socket
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from grader.core.course import Limits
from grader.core.record import Outcome
from grader.errors import MachineError
from grader.judge.faults import CheckFault, StudentError
from grader.judge.proxy import Far, Submission
from grader.judge.transport import Pool
from grader.sandbox import launch
from grader.sandbox.linux import LinuxSandbox
from grader.sandbox.protocol import Config
from grader.worker import view

LIMITS = Limits(
    call_s=2, check_s=10, import_s=2, total_s=60, cpu_s=2, memory_mib=128,
    disk_mib=4, inodes=50, processes=16, open_files=40,
)  # fmt: skip


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """Workers of one sandbox."""
    pool = Pool(LinuxSandbox(Config(packages=("numpy",), limits=LIMITS)), LIMITS)
    assert pool.report.level == "full"
    yield pool
    pool.close()


@pytest.fixture
def run(pool: Pool) -> Iterator["Runner"]:
    """What runs a body in a worker of its own."""
    runner = Runner(pool)
    yield runner
    runner.close()


@contextlib.contextmanager
def beside(root: str, source: str, monkeypatch: pytest.MonkeyPatch) -> Iterator["Runner"]:
    """What runs a body where a package `beside` is installed below `root`."""
    with tempfile.TemporaryDirectory(dir=root) as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "beside").mkdir()
        (folder / "beside" / "__init__.py").write_text(f"__version__ = '1'\n{source}\n", encoding="utf-8")
        (folder / "beside" / "late.py").write_text("ANSWER = 42\n", encoding="utf-8")
        info = folder / "beside-1.dist-info"
        info.mkdir()
        (info / "RECORD").write_text("beside/__init__.py,,\nbeside/late.py,,\n", encoding="utf-8")
        monkeypatch.setitem(launch.ENVIRONMENT, "PYTHONPATH", name)
        with contextlib.closing(
            Pool(LinuxSandbox(Config(packages=("numpy", "beside"), limits=LIMITS)), LIMITS)
        ) as pool:
            assert pool.report.level == "full"
            with contextlib.closing(Runner(pool)) as runner:
                yield runner


@pytest.fixture(
    params=[
        "/tmp",
        pytest.param(
            view.HOME,
            marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root can make that folder"),
        ),
    ]
)
def run_beside(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator["Runner"]:
    """The package lies in a folder that workers have for themselves."""
    made = not Path(request.param).exists()
    Path(request.param).mkdir(exist_ok=True)
    with beside(request.param, "", monkeypatch) as runner:
        yield runner
    if made:
        Path(request.param).rmdir()


class Runner:
    """Calls a function with a given body."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.live = pool.connect([], 0)

    def __call__(self, body: str) -> object:
        """What it returns, in a fresh worker."""
        self.close()
        lines = textwrap.indent(textwrap.dedent(body), "    ")
        source = f"import os, sys, numpy as np\ndef f():\n{lines}\n"
        self.live = self.pool.connect([("sub.py", source.encode())], 1)
        self.live.begin()
        return Submission(Far(self.live)).f()

    def close(self) -> None:
        """End the worker."""
        self.live.close()


def fault(run: Runner, body: str) -> CheckFault:
    """How a body ends that does not return."""
    with pytest.raises(CheckFault) as caught:
        run(body)
    return caught.value


def test_the_root_holds_the_interpreter_and_nothing_else(run: Runner) -> None:
    """No /etc, no /usr, no home of anybody."""
    tops = set(run("return os.listdir('/')"))  # type: ignore[call-overload]
    interpreter = {Path(os.__file__).parts[1], Path(pytest.__file__).parts[1]}

    assert tops <= {"dev", "proc", "home", "tmp", ".empty"} | interpreter
    assert run("return os.listdir('/home')") == ["student"]
    assert run("return sorted(os.listdir('/dev'))") == ["full", "null", "random", "urandom"]
    assert run("return sorted(os.listdir('/proc'))") == ["1", "self", "thread-self"]


@pytest.mark.parametrize(
    "name", ["torch", "scipy", "pip", "pytest", "msgspec", "grader.judge", "grader.core"]
)
def test_packages_that_are_not_allowed_do_not_exist(run: Runner, name: str) -> None:
    """Whatever is installed beside the grader."""
    found = fault(run, f"import {name}")

    assert isinstance(found, StudentError)
    assert found.type_name in ("ModuleNotFoundError", "ImportError")


def test_no_path_leads_to_other_packages(run: Runner) -> None:
    """Not the packages of the interpreter, not the wheels that come with it, not the grader."""
    found = run(
        """
        found = []
        for top, folders, files in os.walk('/'):
            found += [n for n in folders + files if n in ('pytest', 'pip', 'msgspec', 'judge')]
            found += [n for n in files if n.endswith('.whl')]
        return found
        """
    )

    assert found == []


@pytest.mark.parametrize(
    "name", ["json", "sqlite3", "lzma", "hashlib", "ctypes", "decimal", "unittest.mock", "csv"]
)
def test_the_standard_library_is_whole(run: Runner, name: str) -> None:
    """Modules of it that nobody has imported before are found, with what they need of the system."""
    assert run(f"import {name}; return 1") == 1


def test_a_rehearsal_touches_memory_first(run: Runner) -> None:
    """Where it is asked for; a class does without."""
    body = "import resource; return resource.getrusage(resource.RUSAGE_SELF).ru_minflt"
    config = Config(packages=("numpy",), limits=LIMITS, rehearse=False)
    with (
        contextlib.closing(Pool(LinuxSandbox(config), LIMITS)) as pool,
        contextlib.closing(Runner(pool)) as unrehearsed,
    ):
        faults = [unrehearsed(body), run(body)]

    assert isinstance(faults[0], int)
    assert isinstance(faults[1], int)
    assert faults[1] > faults[0] + 100


def test_packages_are_whole_wherever_they_lie(run_beside: Runner) -> None:
    """Also what is imported late; and there is a folder to write in."""
    body = """
        import tempfile
        from beside.late import ANSWER
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"x")
            assert os.path.dirname(file.name) == os.getcwd() == os.environ["HOME"]
        return ANSWER
    """
    assert run_beside(body) == 42
    with pytest.raises(StudentError, match=r"Permission|Read-only"):
        run_beside("import beside; return open(beside.__file__, 'w').write('x')")


def test_packages_are_imported_in_an_empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What they read and write there is nobody's, and gone; workers have theirs."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    source = """
import os, tempfile
HOME = os.path.expanduser("~")
SEEN = (os.listdir(HOME), tempfile.gettempdir() == HOME)
os.environ["BESIDE_CACHE"] = HOME + "/cache"
os.mkdir(HOME + "/cache")
"""
    body = """
        import beside, tempfile
        own = [tempfile.gettempdir(), os.environ["HOME"], "BESIDE_CACHE" in os.environ]
        return [*beside.SEEN, beside.HOME, *own]
    """
    with beside(str(tmp_path), source, monkeypatch) as run_there:
        there, temporary, home, *own = run_there(body)  # type: ignore[misc]
        assert list(tmp_path.glob("dlgrade-*")) == []

    assert (there, temporary) == ([], True)
    assert Path(home).parent == tmp_path
    assert own == [view.HOME, view.HOME, False]


def test_numpy_is_whole(run: Runner) -> None:
    """Parts of NumPy that are imported late."""
    body = "import numpy.polynomial, numpy.ma, numpy.testing, numpy.f2py.crackfortran; return 1"

    assert run(body) == 1


def test_the_working_folder_is_its_own_and_small(run: Runner) -> None:
    """It can be written, up to its limit; the next worker finds it empty."""
    assert run("open('a', 'w').write('x' * 1000); os.mkdir('b'); return sorted(os.listdir())") == ["a", "b"]
    assert run("return os.listdir(), os.getcwd()") == ([], "/home/student")
    assert run("import tempfile; return tempfile.mkdtemp().startswith('/home/student/')") is True


def test_network_is_not_there(run: Runner) -> None:
    """Neither sockets nor a listener of this machine's."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]

        found = fault(run, f"import socket; socket.create_connection(('127.0.0.1', {port}))")

    assert isinstance(found, StudentError)


def test_it_is_nobody_and_sees_nobody(run: Runner) -> None:
    """Its ids say nothing, its parent is out of sight, the host has another name."""
    pid, parent, uid, host = run("return os.getpid(), os.getppid(), os.getuid(), os.uname().nodename")  # type: ignore[misc]

    assert (pid, parent, host) == (1, 0, "worker")
    assert uid not in (0, os.getuid()) or os.getuid() == uid == 65534


LIMIT_CASES = {
    "endless loop": ("while True: pass", Outcome.TIMED_OUT, "2 s"),
    "memory": ("return np.ones(2**25)", Outcome.OUT_OF_MEMORY, "128 MiB"),
    "memory, mapped": (
        "import mmap\nm = mmap.mmap(-1, 2**28, mmap.MAP_PRIVATE)\nfor i in range(0, 2**28, 4096): m[i] = 1",
        Outcome.OUT_OF_MEMORY,
        "128 MiB",
    ),
    "files, size": ("open('x', 'wb').write(bytes(2**23))", Outcome.OUTPUT_LIMIT, "4 MiB"),
    "files, many small ones": (
        "for i in range(10): open(f'x{i}', 'wb').write(bytes(2**20))", Outcome.OUTPUT_LIMIT, "4 MiB",
    ),
    "inodes": ("for i in range(100): open(f'x{i}', 'w').close()", Outcome.OUTPUT_LIMIT, "50 files"),
    "descriptors": ("keep = [open('/dev/null') for _ in range(100)]", Outcome.CRASHED, "40 files"),
    "threads": (
        (
            "import threading, time\n"
            "for _ in range(100): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()"
        ),
        Outcome.CRASHED,
        "16 threads",
    ),
    "output": ("for _ in range(2000): print('x' * 1000)", Outcome.OUTPUT_LIMIT, "1024 KiB"),
    "message size": ("return np.broadcast_to(0.0, (2**24,))", Outcome.OUTPUT_LIMIT, "128 MiB"),
    "wall clock": ("import time; time.sleep(60)", Outcome.TIMED_OUT, "2 s"),
}  # fmt: skip


@pytest.mark.parametrize("name", LIMIT_CASES)
def test_each_limit_says_what_and_how_much(run: Runner, name: str) -> None:
    """The outcome is the limit's own, and its message names the limit and the call, in both languages."""
    body, due, words = LIMIT_CASES[name]

    found = fault(run, body)

    assert found.outcome is due
    assert words in found.message.en
    assert "f()" in found.message.en
    assert "f()" in found.message.ko
    assert run("return 1") == 1


def test_cpu_time_of_all_threads_counts(run: Runner) -> None:
    """NumPy without the interpreter's lock in many threads uses CPU time faster than the clock."""
    body = """
    import threading
    x = np.ones((300, 300))
    def spin():
        while True: x @ x
    for _ in range(4): threading.Thread(target=spin, daemon=True).start()
    spin()
    """
    limits = Limits(call_s=30, check_s=40, total_s=60, cpu_s=1, memory_mib=1024)
    pool = Pool(LinuxSandbox(Config(packages=("numpy",), limits=limits)), limits)
    runner = Runner(pool)
    try:
        found = fault(runner, body)
    finally:
        runner.close()
        pool.close()

    assert found.outcome is Outcome.TIMED_OUT
    assert "1 s of CPU time" in found.message.en


def test_no_mount_is_left(pool: Pool, run: Runner) -> None:
    """What is mounted is mounted in namespaces that end with their processes."""
    before = Path("/proc/self/mountinfo").read_text()
    sandbox = LinuxSandbox(Config(packages=("numpy",), limits=LIMITS))
    try:
        assert sandbox.report.level == "full"
        sandbox.spawn().discard()
        during = Path("/proc/self/mountinfo").read_text()
    finally:
        sandbox.close()

    assert during == before == Path("/proc/self/mountinfo").read_text()


def test_workers_die_with_the_fork_server(pool: Pool) -> None:
    """Whoever kills it, and however many workers it has."""
    sandbox = LinuxSandbox(Config(packages=("numpy",), limits=LIMITS))
    try:
        workers = [sandbox.spawn() for _ in range(3)]
        processes = [psutil.Process(worker.pid) for worker in workers]
        sandbox._launched.server.kill()

        gone, alive = psutil.wait_procs(processes, timeout=10)
        for worker in workers:
            with pytest.raises(MachineError):
                worker.discard()
    finally:
        sandbox.close()

    assert len(gone) == 3
    assert alive == []


def test_the_judges_process_is_not_given_out(run: Runner) -> None:
    """SO_PEERPIDFD on the judge's socket would be a handle of it (Linux 6.5)."""
    body = """
    import ctypes, struct
    libc = ctypes.CDLL(None, use_errno=True)
    value, size = ctypes.c_int(-1), ctypes.c_int(4)
    return libc.getsockopt(3, 1, 77, ctypes.byref(value), ctypes.byref(size)), value.value
    """

    assert run(body) == (-1, -1)


def test_both_sides_mean_the_same_folder() -> None:
    """Its name stands twice, so that a launch imports nothing heavy."""
    assert launch.HOME == view.HOME
