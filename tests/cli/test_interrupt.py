"""However a command ends, nothing of it stays: no process, no folder, no half report."""

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.cli.tiny import RIGHT, command

ENDLESS = "def double(x):\n    while True: pass\n\n\ntotal = double\n"


def default_signals() -> None:
    """As at a terminal, even where the tests run in the background of a script."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@contextlib.contextmanager
def started(*arguments: str, temporary: Path) -> Iterator[subprocess.Popen[str]]:
    """A command in a process group of its own."""
    temporary.mkdir(exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-m", "grader.cli", *arguments],
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=default_signals,  # noqa: PLW1509 - no threads here
    ) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def until_listening(process: subprocess.Popen[str]) -> None:
    """Wait for the first line of ours: before it, Ctrl-C ends Python as it ends every Python."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        (caught,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
        if int(caught, 16) >> (signal.SIGTERM - 1) & 1:
            return
        select.select([], [], [], 0.002)
    raise AssertionError("the command did not start")


def until_busy(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """All its processes, once a worker spends time on a submission."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(psutil.NoSuchProcess):
            found = psutil.Process(process.pid).children(recursive=True)
            busy = [p for p in found if p.parent() and "forkserver" in " ".join(p.parent().cmdline())]
            if any(p.cpu_times().user > 0.1 for p in busy):
                return found
        select.select([], [], [], 0.02)
    raise AssertionError("no worker got to work")


@pytest.mark.parametrize(
    ("number", "whole_group"),
    [
        pytest.param(signal.SIGINT, True, id="Ctrl-C"),
        pytest.param(signal.SIGTERM, False, id="SIGTERM to grade"),
        pytest.param(signal.SIGINT, False, id="SIGINT to grade", marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, True, id="SIGTERM to all", marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, False, id="terminal closed", marks=pytest.mark.slow),
    ],
)
def test_interrupted_while_judging(tmp_path, state, number, whole_group):
    """Ctrl-C in an endless loop: exit 130, and no process, temporary folder or score is left."""
    Path("double.py").write_text(ENDLESS)
    with started("submit", "ex90", temporary=tmp_path / "tmp") as process:
        others = until_busy(process)

        (os.killpg if whole_group else os.kill)(process.pid, number)
        out, err = process.communicate(timeout=20)

    assert process.returncode == 130
    assert (out, err) == ("", "grade: interrupted\n")
    _, alive = psutil.wait_procs(others, timeout=5)
    assert alive == []
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not list(state.rglob("*.html"))
    assert "0 of 20" in command("status").out


@pytest.mark.parametrize(
    "moment",
    [0.1, 0.5, *(pytest.param(m, marks=pytest.mark.slow) for m in (0.0, 0.05, 0.2, 0.3, 0.4, 0.7, 1.0))],
)
def test_interrupted_at_any_moment(tmp_path, moment):
    """Ctrl-C at whatever moment, twice: 130 or already done; nothing left, no traceback."""
    Path("double.py").write_text(RIGHT)
    with started("submit", "ex90", "--quiet", temporary=tmp_path / "tmp") as process:
        until_listening(process)
        select.select([], [], [], moment)
        others = psutil.Process(process.pid).children(recursive=True)

        os.killpg(process.pid, signal.SIGINT)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=20)

    assert process.returncode in {130, 0}
    assert err in {"grade: interrupted\n", ""}
    _, alive = psutil.wait_procs(others, timeout=5)
    assert alive == []
    assert list((tmp_path / "tmp").iterdir()) == []


def test_nothing_is_left_of_a_bad_one(tmp_path):
    """A submission whose workers all die leaves as little."""
    Path("double.py").write_text("import os\n\n\ndef double(x):\n    os._exit(0)\n\n\ntotal = double\n")
    with started("submit", "ex90", "--quiet", temporary=tmp_path / "tmp") as process:
        process.communicate(timeout=60)

    assert process.returncode == 1
    assert list((tmp_path / "tmp").iterdir()) == []


def test_broken_pipe():
    """`grade list | head -1` is silent, and `grade submit | true` keeps its exit code."""
    Path("double.py").write_text(RIGHT)
    script = f"{sys.executable} -m grader.cli %s | %s; exit ${{PIPESTATUS[0]}}"

    for arguments, reader, due in (("list", "head -1", 0), ("submit ex90", "true", 0), ("--help", "true", 0)):
        done = subprocess.run(
            ["bash", "-c", script % (arguments, reader)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (due, "")


def lines_of(process: subprocess.Popen[str], wanted: str) -> str:
    """What it prints until a line holds `wanted`."""
    assert process.stdout is not None
    seen = ""
    deadline = time.monotonic() + 60
    while wanted not in seen and time.monotonic() < deadline:
        if select.select([process.stdout], [], [], 0.2)[0]:
            seen += os.read(process.stdout.fileno(), 2**16).decode(errors="replace")
    assert wanted in seen
    return seen


def test_watch(tmp_path):
    """`watch` checks on every save, survives a file that is gone or broken, and ends with 130."""
    file = Path("double.py")
    file.write_text(RIGHT.replace("2 * x", "3 * x"))
    with started("watch", "ex90", temporary=tmp_path / "tmp") as process:
        lines_of(process, "1 of 2 checks passed")
        others = psutil.Process(process.pid).children(recursive=True)

        file.write_text(RIGHT)
        lines_of(process, "2 of 2 checks passed")

        file.write_text("def double(x")  # half saved
        lines_of(process, "0 of 2 checks passed")

        file.unlink()  # as some editors do
        select.select([], [], [], 0.5)
        Path("new").write_text(RIGHT.replace("2 * x", "x"))
        Path("new").rename(file)
        lines_of(process, "1 of 2 checks passed")

        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=20)

    assert process.returncode == 130
    assert "interrupted" in err
    assert re.search(r"^── \d\d:\d\d:\d\d ──", err, re.MULTILINE)  # between rounds
    assert "Traceback" not in err
    _, alive = psutil.wait_procs(others, timeout=5)
    assert alive == []
    assert list((tmp_path / "tmp").iterdir()) == []


def test_watch_without_a_file():
    """A file that is not there at all is bad input, not something to wait for."""
    ended = command("watch", "ex90", "nothing.py")

    assert ended.code == 2
    assert "no file 'nothing.py'" in ended.err
