"""`--engine ray` where there is no cluster, or no Ray: what is wrong, and what to do."""

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from tests.cli.tiny import RIGHT

HERE = ["--engine", "ray"]


@pytest.fixture
def folder() -> Path:
    """A class of one."""
    folder = Path("class")
    folder.mkdir()
    (folder / "s1.py").write_text(RIGHT, encoding="utf-8")
    return folder


def test_without_the_extra(grade, folder, monkeypatch):
    """Exit 2, with the command that installs it."""
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "grader.engines.cluster", raising=False)

    ended = grade("batch", "ex90", folder, *HERE)

    assert ended.code == 2
    assert "pip install 'dlgrade[ray]'" in ended.err


def test_no_cluster_answers(grade, folder, state):
    """Exit 3 at once, with what to do; nothing was recorded."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    ended = grade("batch", "ex90", folder, *HERE, "--address", f"127.0.0.1:{port}")

    assert ended.code == 3
    assert f"no Ray cluster answers at '127.0.0.1:{port}'" in ended.err
    assert "ray start --head" in ended.err
    assert not list(state.glob("gradebook*"))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ray://10.0.0.5:10001", "give HOST:PORT"),
        ("10.0.0.5", "expected HOST:PORT"),
        ("10.0.0.5:port", "expected HOST:PORT"),
    ],
)
def test_an_address_that_is_none(grade, folder, address, words):
    """Exit 2, and what is expected."""
    ended = grade("batch", "ex90", folder, *HERE, "--address", address)

    assert ended.code == 2
    assert words in ended.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--address", "10.0.0.5:6379"], "--address goes with --engine ray"),
        (["--gpu-share", "0.5"], "--gpu-share goes with --engine ray"),
        ([*HERE, "--gpu-share", "0.5"], "--gpu-share goes with --device cuda"),
        ([*HERE, "--gpu-share", "0"], "0<x<=1"),
    ],
    ids=" ".join,
)
def test_options_that_go_together(grade, folder, arguments, words):
    """One that would have no effect is refused."""
    ended = grade("batch", "ex90", folder, *arguments)

    assert ended.code == 2
    assert words in ended.err


@pytest.mark.slow
def test_a_cluster_of_this_machine_alone(grade, folder, tmp_path):
    """`--address local` starts Ray for the command, and ends it."""
    with tempfile.TemporaryDirectory(prefix="dlgr-", dir="/tmp") as short:
        command = [sys.executable, "-m", "grader.cli", "submit", "ex90", folder / "s1.py", "--quiet"]
        with subprocess.Popen(
            [*command, *HERE, "--address", "local"],
            env={**os.environ, "RAY_TMPDIR": short, "TMPDIR": short},
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            seen: dict[int, psutil.Process] = {}
            while process.poll() is None:
                try:
                    process.wait(0.3)
                except subprocess.TimeoutExpired:
                    seen |= {p.pid: p for p in psutil.Process(process.pid).children(recursive=True)}
            err = process.stderr.read()
        _, alive = psutil.wait_procs(seen.values(), timeout=20)

        assert (process.returncode, err) == (0, "")
        assert any("raylet" in name for name in os.listdir(short + "/ray/session_latest/logs"))
        assert alive == []
        assert [name for name in os.listdir(short) if name.startswith("dlgrade")] == []
