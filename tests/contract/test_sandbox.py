"""Every sandbox, whatever its wall: what a worker cannot do, and that nothing of it stays."""

import contextlib
import dataclasses
import os
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from grader.core.course import Limits
from grader.core.record import Outcome
from grader.errors import MachineError
from grader.judge.faults import CheckFault, StudentError
from grader.judge.proxy import Far, Submission
from grader.judge.transport import AHEAD, Live, Pool
from grader.sandbox.linux import LinuxSandbox
from grader.sandbox.policy import Level
from grader.sandbox.protocol import Config, Worker

LIMITS = Limits(call_s=0.5, check_s=5, import_s=2, total_s=20, memory_mib=256, output_kib=64, reply_mib=8)


LEVELS: tuple[Level, ...] = ("full", "none")  # `reduced` needs a system that refuses: test_denied.py


@pytest.fixture(scope="module", params=LEVELS)
def pool(request: pytest.FixtureRequest) -> Iterator[Pool]:
    """Workers of one sandbox for the whole module."""
    config = Config(packages=("numpy",), limits=LIMITS, accept=request.param)
    pool = Pool(LinuxSandbox(config), LIMITS)
    assert pool.report.level == request.param
    yield pool
    pool.close()


@pytest.fixture
def run(pool: Pool) -> Iterator["Runner"]:
    """What runs a body in a worker of its own."""
    runner = Runner(pool)
    yield runner
    runner.close()


class Runner:
    """Loads a source and calls its `f`."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.live: Live | None = None

    def load(self, source: str) -> Submission:
        """The submission with this source, in a fresh worker."""
        self.close()
        self.live = self.pool.connect([("sub.py", textwrap.dedent(source).encode())], 1)
        self.live.begin()
        return Submission(Far(self.live))

    def __call__(self, body: str, **kwargs: object) -> object:
        """What a function with this body returns."""
        lines = textwrap.indent(textwrap.dedent(body), "    ")
        return self.load(f"import os, sys, numpy as np\ndef f(**kwargs):\n{lines}\n").f(**kwargs)

    def close(self) -> None:
        """End the worker."""
        if self.live is not None:
            self.live.close()


def outcome(run: Runner, body: str) -> Outcome:
    """How a body that does not return ends."""
    with pytest.raises(CheckFault) as caught:
        run(body)
    return caught.value.outcome


def test_environment_holds_nothing_of_ours(run: Runner) -> None:
    """The worker sees a fixed, boring environment, also in /proc."""
    os.environ["DLGRADE_CANARY"] = "canary"
    try:
        environment = run("return dict(os.environ)")
        raw = run(
            """
            try:
                return open('/proc/self/environ', 'rb').read()
            except PermissionError:
                return b''
            """
        )
    finally:
        del os.environ["DLGRADE_CANARY"]

    assert "DLGRADE_CANARY" not in environment
    assert environment["HOME"] == "/home/student"
    assert b"canary" not in raw


def test_descriptors_are_stdio_and_one_socket(run: Runner) -> None:
    """Nothing is inherited: 0, 1, 2, the socket, and the folder being listed."""
    assert run("return sorted(map(int, os.listdir('/proc/self/fd')))") == [0, 1, 2, 3, 4]


def test_working_folder_is_empty_and_keeps_nothing(run: Runner) -> None:
    """A file of the submission's would be seen by the next one."""
    with contextlib.suppress(CheckFault):  # where there is no folder of its own, none can be written
        run("open('x', 'w').write('x'); return 1")

    assert run("return os.listdir('.')") == []


def test_nothing_is_written_outside(run: Runner, tmp_path: Path) -> None:
    """Not even where every user may."""
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    for folder in (open_to_all, *open_to_all.parents[:-1]):
        with contextlib.suppress(PermissionError):
            folder.chmod(folder.stat().st_mode | 0o005)
    open_to_all.chmod(0o777)
    written = run(
        f"""
        try:
            with open({str(open_to_all / "x")!r}, 'w') as f:
                f.write('x' * 100)
        except OSError as e:
            return type(e).__name__
        """
    )

    assert written in ("OSError", "PermissionError", "FileNotFoundError")
    assert sum(path.stat().st_size for path in open_to_all.iterdir()) == 0


@pytest.mark.parametrize(
    "body",
    [
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "import subprocess; subprocess.run(['true'])",
        "import multiprocessing; p = multiprocessing.get_context('fork').Process(target=int); p.start()",
        "os.kill(os.getppid(), 9)",
        "os.kill(-1, 9)",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "import signal; signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 9)",
    ],
    ids=["fork", "exec", "subprocess", "multiprocessing", "kill_parent", "kill_all", "spawn", "pidfd"],
)
def test_no_process_is_made_or_signalled(run: Runner, body: str) -> None:
    """Each is an exception in the student's code; the fork server lives."""
    assert outcome(run, body) is Outcome.CRASHED
    assert run("return 1") == 1


def test_threads_work(run: Runner) -> None:
    """Only processes are denied."""
    body = """
    import threading
    found = []
    t = threading.Thread(target=lambda: found.append(1))
    t.start(); t.join()
    return found
    """
    assert run(body) == [1]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("while True: pass", Outcome.TIMED_OUT),
        ("import time; time.sleep(1e6)", Outcome.TIMED_OUT),
        ("import signal; signal.pause()", Outcome.TIMED_OUT),
        ("pow(7, 10**8)", Outcome.TIMED_OUT),
        ("return bytearray(1 << 40)", Outcome.OUT_OF_MEMORY),
        ("return np.ones(2**28)", Outcome.OUT_OF_MEMORY),
        ("x = []\nwhile True: x.append(np.empty(2**22))", Outcome.OUT_OF_MEMORY),
        ("while True: print('x' * 1000)", Outcome.OUTPUT_LIMIT),
        ("sys.stderr.write('x' * 10**6)", Outcome.OUTPUT_LIMIT),
        ("return np.broadcast_to(0.0, (2**14, 2**14))", Outcome.OUTPUT_LIMIT),
        ("os._exit(0)", Outcome.CRASHED),
        ("sys.exit(0)", Outcome.CRASHED),
        ("import ctypes; ctypes.string_at(0)", Outcome.CRASHED),
        ("os.abort()", Outcome.CRASHED),
        ("raise KeyboardInterrupt", Outcome.CRASHED),
        ("def g(): g()\ng()", Outcome.CRASHED),
        ("os.close(3)", Outcome.CRASHED),
        ("os.write(3, b'x' * 100)", Outcome.CRASHED),
        ("raise ValueError('x' * 10**7)", Outcome.CRASHED),
    ],
)
def test_each_limit_has_its_outcome(run: Runner, body: str, expected: Outcome) -> None:
    """What a submission can do wrong ends as what it is, and never as the grader's fault."""
    assert outcome(run, body) is expected


def test_a_reply_that_drips_has_one_deadline(run: Runner) -> None:
    """A byte now and then does not extend the time of a call."""
    begin = time.monotonic()

    found = outcome(run, "import time\nwhile True:\n    os.write(3, b'd')\n    time.sleep(0.05)")

    assert found in (Outcome.TIMED_OUT, Outcome.CRASHED)
    assert time.monotonic() - begin < 3


def test_an_answer_before_the_question_is_refused(run: Runner) -> None:
    """A reply sent by a thread before it was asked for is no reply."""
    submission = run.load(
        """
        import os
        def f():
            return 1
        def forge():
            import threading
            threading.Timer(0.05, lambda: os.write(3, b'dlg1' + bytes(200))).start()
            return 1
        """
    )
    assert submission.f() == 1
    submission.forge()
    time.sleep(0.3)

    with pytest.raises(CheckFault) as caught:
        submission.f()

    assert caught.value.outcome is Outcome.CRASHED


def test_a_callback_that_cannot_answer_is_the_submissions_doing(run: Runner) -> None:
    """Arguments that make a function of the suite's return what does not cross break no judge."""
    submission = run.load("def f(g): return g(2**62)\ndef h(g): return g(2)\n")

    with pytest.raises(StudentError, match="an int outside of 64 bits"):
        submission.f(g=lambda n: n * n)

    assert submission.h(g=lambda n: n * n) == 4


def test_a_dead_worker_is_replaced(run: Runner) -> None:
    """One crash costs its own call; the next is answered by a fresh worker, which has forgotten."""
    submission = run.load(
        """
        import os
        seen = []
        def die(): seen.append(1); os._exit(1)
        def f(): return len(seen)
        """
    )
    with pytest.raises(CheckFault):
        submission.die()

    assert submission.f() == 0


def test_what_was_printed_is_kept_and_capped(run: Runner) -> None:
    """Stdout and stderr arrive in order, to the limit that a record holds."""
    run("print('one'); print('two', file=sys.stderr, flush=True); return 1")

    assert run.live is not None
    run.live.close()
    assert bytes(run.live.output).decode().split() == ["one", "two"]


def test_exception_names_the_students_line(run: Runner) -> None:
    """Type, text and line of what was raised."""
    submission = run.load("def f():\n    x = 1\n    raise KeyError('here')\n")

    with pytest.raises(StudentError) as caught:
        submission.f()

    assert (caught.value.type_name, caught.value.frames) == ("KeyError", [("sub.py", 3)])


def test_source_is_loaded_without_a_path(run: Runner) -> None:
    """The module has a name and no place on disk; sys.path is as it was."""
    submission = run.load(
        "import sys\ndef f():\n    return __name__, sys.path == sys.path, 'sub' in sys.modules\n"
    )

    assert submission.f() == ("sub", True, True)


def test_an_import_that_never_ends_is_stopped(run: Runner) -> None:
    """Its limit is its own, and the verdict holds for every call."""
    submission = run.load("while True: pass\n")

    for _ in range(2):
        with pytest.raises(CheckFault) as caught:
            submission.f()
        assert caught.value.outcome is Outcome.TIMED_OUT


@pytest.mark.parametrize("level", LEVELS)
def test_closing_leaves_nothing(level: Level, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No process, no descriptor and no folder outlives the sandbox."""
    process = psutil.Process()
    before = process.num_fds()
    others = {child.pid for child in process.children(recursive=True)}
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    pool = Pool(LinuxSandbox(Config(packages=("numpy",), limits=LIMITS, accept=level)), LIMITS)
    pool.fill()
    runner = Runner(pool)
    assert runner("return 1") == 1
    assert outcome(runner, "os._exit(0)") is Outcome.CRASHED
    runner.close()
    pool.close()

    assert process.num_fds() == before
    # The fork server of another sandbox may have made a worker meanwhile.
    assert {c.pid for c in process.children(recursive=True) if c.ppid() not in others} <= others
    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_is_the_machines_fault() -> None:
    """A fork server that cannot import its packages says which."""
    sandbox = LinuxSandbox(Config(packages=("no_such_package",), limits=LIMITS))
    try:
        with pytest.raises(MachineError, match="no_such_package"):
            sandbox.spawn()
    finally:
        sandbox.close()


@pytest.mark.parametrize("level", LEVELS)
def test_the_report_says_what_holds(level: Level) -> None:
    """Nobody takes a process for a wall."""
    sandbox = LinuxSandbox(Config(packages=("numpy",), limits=LIMITS, accept=level))
    try:
        assert sandbox.report.level == level
        assert {"rlimits", "no_new_privs", "seccomp"} <= set(sandbox.report.layers)
        assert ("mountns" in sandbox.report.layers) == (level == "full")
        assert any("no wall" in warning for warning in sandbox.report.warnings) == (level == "none")
    finally:
        sandbox.close()


def test_callbacks_take_numbers_arrays_and_objects(run: Runner) -> None:
    """A function of the judge's gets plain values, or stand-ins; what it returns arrives."""
    submission = run.load(
        """
        import numpy as np
        class Box:
            def __init__(self, value): self.value = value
        def twice(f): return f(1) + f(2)
        def array(f): return f(np.ones(3))
        def objects(f):
            f(Box(1))
            return Box(2)
        def endless(f):
            while True: f(1)
        def wrong(f): return f()
        """
    )
    seen = []

    assert submission.twice(f=lambda x: 10 * x) == 30
    assert submission.array(f=lambda x: float(x.sum())) == 3.0
    assert submission.objects(f=lambda box: seen.append(box.type_name)).value == 2
    assert seen == ["Box"]
    for function in (submission.endless, submission.wrong):
        with pytest.raises(CheckFault) as caught:
            function(f=lambda x: x)
        assert caught.value.outcome in (Outcome.CRASHED, Outcome.TIMED_OUT)


FORGER = """
import numpy as np
from grader.worker import serve, wire

def frame(kind, call, value):
    encoder = wire.Encoder(wire.Limits())
    encoder.put(value)
    return wire.pack(kind, call, encoder)

def f(x=None): return 1

def forge(reply):
    def answer(self, kind, call, meta, buffers):
        base, operation = wire.Decoder(meta, buffers, wire.REQUEST, self.revive).value()
        return reply(call, base)
    serve.Session.answer = answer
"""


@pytest.mark.parametrize(
    "reply",
    [
        "frame(wire.REPLY, call, (np.zeros(2), 0.0, []))",
        "frame(wire.REPLY, call, (np.zeros(0), None, []))",
        "frame(wire.REPLY, call, np.zeros(2))",
        "frame(wire.REPLY, call, ('end',))",
        "frame(wire.REPLY, call, ('value', 1))",
        "frame(wire.REPLY, call, ('error', np.zeros(2), 'x', 'y', []))",
        "frame(wire.CALLBACK, call, wire.Handle(base))",
        "frame(wire.CALLBACK, call, (0, (), {}))",
        "frame(wire.CALLBACK, call, (np.zeros(2), (), {}))",
        "frame(wire.HELLO, call, ('value', 1, []))",
        "frame(wire.REPLY, call ^ 1, ('value', 1, []))",
        "frame(wire.REPLY, call, ('value', wire.Handle(base + 1), []))",
        "frame(wire.REPLY, call, ('value', wire.Seed(1), []))",
    ],
)
def test_a_forged_reply_is_a_crash(run: Runner, reply: str) -> None:
    """Whatever the bytes, the verdict is about the submission, and never an error of ours."""
    submission = run.load(FORGER + f"forge(lambda call, base: {reply})\n")

    with pytest.raises(CheckFault) as caught:
        submission.f()

    assert caught.value.outcome is Outcome.CRASHED


def test_a_question_inside_of_a_callback_is_a_crash(run: Runner) -> None:
    """The far side waits for our answer then: it could take no question."""
    submission = run.load("class W:\n    pass\ndef f(g):\n    return g(W())\n")

    with pytest.raises(CheckFault) as caught:
        submission.f(g=lambda w: w.attribute)

    assert caught.value.outcome is Outcome.CRASHED


def test_many_large_replies_are_too_much(run: Runner) -> None:
    """The judge's memory is bounded by the limit on a reply, not by the time of a check."""
    submission = run.load("import numpy as np\ndef f():\n    return np.zeros(7 * 2**20, np.uint8)\n")

    def five() -> None:
        for _ in range(5):
            submission.f()

    with pytest.raises(CheckFault) as caught:
        five()

    assert caught.value.outcome is Outcome.OUTPUT_LIMIT


@pytest.mark.parametrize(
    "body",
    [
        "import resource; resource.prlimit((os.getppid() or 2), resource.RLIMIT_NOFILE, (5, 5))",
        "import fcntl; fcntl.fcntl(3, 8, (os.getppid() or 2))",
        "os.sched_setaffinity((os.getppid() or 2), {0})",
        "os.setpriority(os.PRIO_PROCESS, (os.getppid() or 2), 19)",
        "import ctypes; assert ctypes.CDLL(None).prctl(1, 0, 0, 0, 0) == 0",
        "open(f'/proc/{os.getppid() or 2}/mem', 'rb').read(1)",
    ],
    ids=["limits", "signals", "cpu", "priority", "outlive", "memory"],
)
def test_other_processes_are_left_alone(run: Runner, body: str) -> None:
    """The fork server and the judge are neither signalled, slowed down, starved nor read."""
    assert outcome(run, body) is Outcome.CRASHED
    assert run("import resource; return resource.getrlimit(resource.RLIMIT_CORE)[0]") == 0


def test_a_worker_that_nobody_needs_is_ended_by_the_next_fill(run: Runner) -> None:
    """Until then it lives; what it printed is kept."""
    assert run("print('said'); return 1") == 1
    assert run.live is not None
    assert run.live._worker is not None
    process = psutil.Process(run.live._worker.pid)

    run.close()
    with pytest.raises(psutil.TimeoutExpired):
        process.wait(0.3)
    assert bytes(run.live.output) == b"said\n"

    run.pool.fill()
    with contextlib.suppress(psutil.NoSuchProcess):
        process.wait(5)
    assert not psutil.pid_exists(process.pid)


def test_a_submission_that_kills_its_worker_has_more_ahead(run: Runner) -> None:
    """The first worker has one behind it; whoever takes the place of a dead one has more."""
    run.load("import os\ndef f():\n    os._exit(1)\n")
    assert run.live is not None
    for ahead in (1, AHEAD, AHEAD):
        run.live.begin()
        submission = Submission(Far(run.live))
        with pytest.raises(CheckFault):
            submission.f()
        assert run.pool._asked == ahead

    run.close()
    run.pool.fill()
    assert run("return 1") == 1
    assert run.pool._asked == AHEAD - 1  # those that wait are used up first


def test_the_time_in_which_a_worker_starts_is_not_the_checks(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that says hello later than a check may last costs the check nothing, nor the submission."""
    submission = run.load("def f():\n    return 1\n")
    assert run.live is not None
    take = run.pool.take

    def slowly(ahead: int = 1) -> Worker:
        worker = take(ahead)
        time.sleep(1.2)
        return worker

    monkeypatch.setattr(run.pool, "take", slowly)
    monkeypatch.setattr(run.live, "limits", dataclasses.replace(LIMITS, check_s=1, total_s=1))
    monkeypatch.setattr(run.live, "_end", time.monotonic() + 1)
    run.live.begin()

    assert submission.f() == 1


@pytest.mark.parametrize("level", LEVELS)
def test_a_worker_that_has_said_hello_is_in_its_control_group(level: Level) -> None:
    """It enters by itself, and says hello after that; two workers are never in one group."""
    sandbox = LinuxSandbox(Config(packages=("numpy",), limits=LIMITS, accept=level))
    pool = Pool(sandbox, LIMITS)
    try:
        if "cgroup" not in pool.report.layers:
            assert any(warning.startswith("cgroup") for warning in pool.report.warnings)
            return
        workers = [pool.take(), pool.take()]
        places = [Path(f"/proc/{worker.pid}/cgroup").read_text(encoding="ascii") for worker in workers]
        assert all(f"dlgrade-{os.getpid()}-" in place for place in places)
        assert places[0] != places[1]
        for worker in workers:
            worker.discard()
    finally:
        pool.close()
