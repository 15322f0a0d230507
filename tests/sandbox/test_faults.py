"""Workers and fork servers that something outside kills or stops: the grader's fault, and in time."""

import contextlib
import os
import signal
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.core.course import Limits
from grader.core.record import Outcome
from grader.errors import Lost, MachineError
from grader.judge.faults import CheckFault
from grader.judge.proxy import Far, Submission
from grader.judge.transport import Live, Pool
from grader.sandbox import launch, linux, stops
from grader.sandbox.linux import LinuxSandbox
from grader.sandbox.protocol import Config
from grader.worker import forkserver

LIMITS = Limits(call_s=1, check_s=5, import_s=5, total_s=60, memory_mib=128)
CONFIG = Config(packages=("numpy",), limits=LIMITS)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """Workers of one sandbox."""
    with contextlib.closing(Pool(LinuxSandbox(CONFIG), LIMITS)) as pool:
        assert pool.report.level == "full"
        yield pool


@pytest.fixture
def live(pool: Pool) -> Iterator[Live]:
    """A submission whose `f` evaluates the body of a function."""
    source = "def f(body):\n    space = {}\n    exec('def g():\\n' + body, space)\n    return space['g']()\n"
    live = pool.connect([("sub.py", source.encode())], 1)
    live.begin()
    yield live
    live.close()


def run(live: Live, body: str) -> object:
    """What the body returns in the worker."""
    return Submission(Far(live)).f(body=textwrap.indent(textwrap.dedent(body), "    "))


def test_a_worker_killed_from_outside_is_not_the_submissions_doing(live: Live) -> None:
    """Nobody inside could have done it: no verdict comes of it."""
    assert run(live, "return 1") == 1
    os.kill(live._worker.pid, signal.SIGKILL)

    with pytest.raises(Lost, match="killed the worker"):
        run(live, "return 1")


def test_a_worker_stopped_from_outside_is_not_late(live: Live) -> None:
    """It could not answer."""
    assert run(live, "return 1") == 1
    os.kill(live._worker.pid, signal.SIGSTOP)

    with pytest.raises(Lost, match="stopped the worker"):
        run(live, "return 1")


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSTOP"])
def test_no_submission_can_look_like_that(live: Live, name: str) -> None:
    """It is the first process of its own namespace: its signals neither kill nor stop it."""
    body = f"import signal, threading\nsignal.pthread_kill(threading.get_ident(), signal.{name})\nreturn 1"

    assert run(live, body) == 1


@pytest.mark.parametrize(
    "body",
    [
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1))",
        "import resource; resource.prlimit(0, resource.RLIMIT_CPU, (1, 1))",
    ],
    ids=["setrlimit", "prlimit"],
)
def test_no_limit_is_set_from_inside(live: Live, body: str) -> None:
    """The kernel's SIGKILL for a limit of its own making could not be told from one from outside."""
    with pytest.raises(CheckFault):
        run(live, body)

    assert run(live, "import resource; return list(resource.getrlimit(resource.RLIMIT_CPU))") == [75, 75]


def test_a_worker_that_closes_its_socket_has_crashed(live: Live) -> None:
    """We kill it then, which is not from outside."""
    with pytest.raises(CheckFault) as caught:
        run(live, "import os\nos.close(3)\nwhile True: pass")

    assert caught.value.outcome is Outcome.CRASHED


def test_time_in_which_the_judge_stood_still_does_not_count(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After Ctrl-Z and `fg` nobody has timed out."""
    assert run(live, "return 1") == 1
    live._end = live._check_end = 0.0
    monkeypatch.setattr(stops, "_resumed", stops.resumed() + 1)

    with pytest.raises(Lost, match="stopped the judge"):
        run(live, "return 1")


def test_going_on_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGCONT is counted."""
    before, handler = stops.resumed(), signal.getsignal(signal.SIGCONT)
    try:
        stops.watch()
        os.kill(os.getpid(), signal.SIGCONT)
    finally:
        signal.signal(signal.SIGCONT, handler)

    assert stops.resumed() == before + 1


def test_a_fork_server_that_is_stopped_while_it_starts_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the time for a slow start is over."""
    monkeypatch.setattr(stops, "LOOK_S", 0.02)
    monkeypatch.setattr(launch, "END_S", 0.2)
    with contextlib.closing(LinuxSandbox(CONFIG)) as sandbox:
        os.kill(sandbox._launched.server.pid, signal.SIGSTOP)

        with pytest.raises(Lost, match="has stopped the fork server"):
            _ = sandbox.report


def inner(sandbox: LinuxSandbox) -> int:
    """The process that forks the workers: the outer one waits for it."""
    outer = sandbox._launched.server.pid
    return int(Path(f"/proc/{outer}/task/{outer}/children").read_text().split()[0])


def test_a_fork_server_that_stands_still_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What asks it next is refused at once, and closing ends it all the same."""
    monkeypatch.setattr(linux, "ANSWER_S", 0.2)
    monkeypatch.setattr(launch, "END_S", 0.2)
    sandbox = LinuxSandbox(CONFIG)
    assert sandbox.report.level == "full"
    os.kill(inner(sandbox), signal.SIGSTOP)

    with pytest.raises(Lost, match="does not answer"):
        sandbox.spawn()
    monkeypatch.setattr(sandbox, "_control", None)  # nothing more is asked of it
    with pytest.raises(Lost, match="does not answer"):
        sandbox.spawn()
    sandbox.close()

    assert sandbox._launched.server.returncode == -signal.SIGKILL


@pytest.mark.parametrize("which", ["outer", "inner"])
def test_a_fork_server_that_is_killed_is_lost(which: str) -> None:
    """Whichever of its two processes."""
    with contextlib.closing(LinuxSandbox(CONFIG)) as sandbox:
        worker = sandbox.spawn()
        os.kill(sandbox._launched.server.pid if which == "outer" else inner(sandbox), signal.SIGKILL)

        with pytest.raises(Lost):
            worker.death()
        with pytest.raises(Lost):
            sandbox.spawn()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's temporary folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_no_folder_stays_while_workers_run(temporary: Path) -> None:
    """A mount point is needed until the fork server has moved into its view: a killed judge leaves none."""
    with contextlib.closing(LinuxSandbox(CONFIG)) as sandbox:
        assert sandbox.report.level == "full"

        assert list(temporary.iterdir()) == []
        assert sandbox.spawn().death().signal_number == signal.SIGKILL


def test_folders_of_killed_graders_are_removed(temporary: Path) -> None:
    """By the next one; those of graders that live are theirs."""
    living = launch.Folder()
    pid = os.fork()
    if pid == 0:
        launch.Folder()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    importing = temporary / f"{forkserver._HOME_PREFIX}importing"  # of a fork server that was killed
    (importing / "cache").mkdir(parents=True)
    importing.chmod(forkserver.HOME_MODE)
    assert len(list(temporary.iterdir())) == 3

    launch.remove_abandoned()

    assert list(temporary.iterdir()) == [living.path]
    living.remove()
    assert list(temporary.iterdir()) == []


def test_a_process_that_nobody_has_waited_for_has_ended() -> None:
    """What a killed judge leaves does not stay until its parent asks how it ended."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

    assert stops.ended(pid)
    assert not stops.ended(os.getpid())
    os.waitpid(pid, 0)
    assert stops.ended(pid)


def test_a_lower_hard_limit_is_said(monkeypatch: pytest.MonkeyPatch, temporary: Path) -> None:
    """Workers could not get what the exercise promises: which limit, and how to see it."""
    monkeypatch.setattr(launch.resource, "getrlimit", lambda _: (20, 20))

    with pytest.raises(MachineError, match=r"128 open files \(ulimit -Hn says 20\)"):
        LinuxSandbox(CONFIG)

    assert list(temporary.iterdir()) == []
