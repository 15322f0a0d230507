"""The `cuda` profile of the wall: what it adds, and that a worker on the CPU gets nothing of it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from grader.core.course import Limits
from grader.errors import Lost
from grader.judge.transport import Pool
from grader.sandbox.linux import LinuxSandbox
from grader.sandbox.protocol import Config
from tests.sandbox.gpu_host import CAPABILITY, NODES

ROOT = Path(__file__).parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make device nodes")
SEEN = (*(name for name in NODES if name != "nvidia-modeset"), CAPABILITY)


def behind_the_wall(accept: str, *expressions: str, nodes: bool = True, where: str = "") -> list[str]:
    """What each expression gives in a worker, as text; on a host with the nodes of a GPU."""
    command = [sys.executable, "-m", "tests.sandbox.probe", accept, *expressions]
    if where:
        command = [sys.executable, "-m", "tests.sandbox.elsewhere", where, *command]
    if nodes:
        command = [sys.executable, "-m", "tests.sandbox.gpu_host", *command]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    said: dict[str, Any] = json.loads(ended.stdout)
    assert said["level"] == "full", said
    answers: list[str] = said["answers"]
    return answers


OPENED = (
    "[n for n in {names!r} if (lambda p: os.path.exists(p) and os.close(os.open(p, os.O_RDWR)) is None)"
    "('/dev/' + n)]"
)


ASKED = (
    "(lambda ctypes, fd: __import__('errno').errorcode[ctypes.get_errno() if "
    "ctypes.CDLL(None, use_errno=True).ioctl(fd, ctypes.c_ulong(0xC90046C8), None) else 0])"
    "(__import__('ctypes'), os.open('/dev/nvidiactl', os.O_RDWR))"
)


@as_root
@pytest.mark.parametrize("where", ["", "--ordinary"], ids=["root", "ordinary"])
def test_the_nodes_are_in_the_view_of_a_worker_on_a_gpu_alone(where: str) -> None:
    """They open and take the driver's requests there; on the CPU none exists. nvidia-modeset never does."""
    look = OPENED.format(names=(*NODES, CAPABILITY)), "sorted(os.listdir('/dev'))", ASKED

    on_gpu = behind_the_wall("full:cuda", *look, where=where)
    on_cpu = behind_the_wall("full", *look[:2], where=where)

    assert set(eval(on_gpu[0])) == set(SEEN)
    assert "nvidia-modeset" not in on_gpu[1]
    assert eval(on_gpu[2]) == "ENOTTY"  # the node was asked, and is no GPU's
    assert on_cpu[0] == "[]"
    assert on_cpu[1] == "['full', 'null', 'random', 'urandom']"


@as_root
def test_where_namespaces_are_refused_landlock_keeps_the_nodes() -> None:
    """The file system is the host's own there: what opens is what the rules of the profile name."""
    look = OPENED.format(names=SEEN), OPENED.format(names=("nvidia-modeset",)), ASKED, NAMED

    on_gpu = behind_the_wall("full:cuda", *look, where="--refused")
    on_cpu = behind_the_wall("full", *look, where="--refused")

    assert set(eval(on_gpu[0])) == set(SEEN)
    assert "PermissionError" in on_gpu[1]
    assert (eval(on_gpu[2]), eval(on_gpu[3])) == ("ENOTTY", "named\n")
    assert all("PermissionError" in answer for answer in on_cpu), on_cpu


READABLE = (
    "[p for p in {paths!r} if (lambda: os.path.exists(p) and (os.path.isdir(p) or bool(open(p).read(1))))()]"
)
MACHINE = ("/proc/cpuinfo", "/proc/meminfo", "/proc/devices", "/sys/devices/system/cpu")


def test_of_proc_and_sys_what_cuda_reads_and_no_more() -> None:
    """Its own process as always; of the system the files that the profile names, to be read."""
    others = (
        "/proc/kallsyms", "/proc/sys/kernel/hostname", "/proc/net", "/proc/mounts",
        "/sys/fs/cgroup", "/sys/kernel", "/sys/class/net",
    )  # fmt: skip
    look = [
        READABLE.format(paths=MACHINE + others),
        "sorted(os.listdir('/proc'))",
        "len(os.listdir('/proc/self/task')), open('/proc/self/status').read(5)",
        "[n for n in os.listdir('/.proc') if n.isdigit()]",
    ]

    on_gpu = behind_the_wall("full:cuda", *look, nodes=False)
    on_cpu = behind_the_wall("full", *look[:1], nodes=False)

    assert set(eval(on_gpu[0])) == {path for path in MACHINE if os.path.exists(path)}
    assert {"self", "thread-self", "cpuinfo"} <= set(eval(on_gpu[1]))
    assert eval(on_gpu[2]) == (1, "Name:")
    assert eval(on_gpu[3]) == ["1"]
    assert eval(on_cpu[0]) == []


TRIED = (
    "(lambda ctypes, errno: (lambda libc: [(name, 'ok' if call(libc) >= 0 else "
    "errno.errorcode[ctypes.get_errno()]) for name, call in {calls}.items()])"
    "(ctypes.CDLL(None, use_errno=True)))(__import__('ctypes'), __import__('errno'))"
)
CALLS = {
    "memfd_create": "lambda libc: libc.memfd_create(b'x', 0)",
    "a socket of this machine": "lambda libc: libc.socket(1, 5, 0)",
    "a socket of the network": "lambda libc: libc.socket(2, 1, 0)",
    "a socket of the kernel": "lambda libc: libc.socket(16, 3, 0)",
    "connect": "lambda libc: libc.connect(0, b'', 0)",
    "accept": "lambda libc: libc.accept(0, None, None)",
    "socketpair": "lambda libc: libc.socketpair(1, 1, 0, (ctypes.c_int * 2)())",
    "card info": "lambda libc: libc.ioctl(0, ctypes.c_ulong(0xC90046C8), None)",
    "managed memory": "lambda libc: libc.ioctl(0, ctypes.c_ulong(0x30000001), None)",
    "memory of processes": "lambda libc: libc.ioctl(0, ctypes.c_ulong(62), None)",
    "another of the type": "lambda libc: libc.ioctl(0, ctypes.c_ulong(0xC00046FF), None)",
    "a terminal's": "lambda libc: libc.ioctl(0, ctypes.c_ulong(0x5412), None)",
}


def test_system_calls_that_the_driver_needs() -> None:
    """Memory in files, a socket that nobody can connect to, its own requests by number; no other is added."""
    body = TRIED.format(calls="{" + ", ".join(f"{name!r}: {call}" for name, call in CALLS.items()) + "}")

    (on_gpu,) = behind_the_wall("full:cuda", body, nodes=False)
    (on_cpu,) = behind_the_wall("full", body, nodes=False)

    added = {"memfd_create", "a socket of this machine", "card info", "managed memory"}
    told = dict(eval(on_gpu))
    assert {name for name, said in told.items() if said != "EPERM"} == added
    assert {told["card info"], told["managed memory"]} <= {
        "ENOTTY",
        "EACCES",
    }  # of /dev/null: not the driver's
    assert set(dict(eval(on_cpu)).values()) == {"EPERM"}


NAMED = (
    "(lambda path: open(path, 'w').write('named') and open(path).read())"
    "(f'/proc/self/task/{__import__(\"threading\").get_native_id()}/comm')"
)
LIMITED = "__import__('resource').getrlimit(__import__('resource').RLIMIT_AS)[0]"


def test_a_thread_may_name_itself_and_addresses_are_not_memory() -> None:
    """Both are what CUDA gives up without; on the CPU both stay shut."""
    on_gpu = behind_the_wall("full:cuda", NAMED, LIMITED, nodes=False)
    on_cpu = behind_the_wall("full", NAMED, LIMITED, nodes=False)

    assert eval(on_gpu[0]) == "named\n"
    assert eval(on_gpu[1]) == -1
    assert "PermissionError" in on_cpu[0]
    assert 0 < eval(on_cpu[1]) < 2**40


def test_memory_is_limited_all_the_same() -> None:
    """By a control group, or by the judge's watch."""
    (answer,) = behind_the_wall("full:cuda", "len(bytearray(2 * 2**30))", nodes=False)

    assert answer.startswith("out_of_memory"), answer


def test_a_worker_that_cannot_open_a_gpu_does_not_start() -> None:
    """Then nothing is judged, and it says why: that is this host's fault, never a submission's."""
    limits = Limits()
    pool = Pool(LinuxSandbox(Config(packages=("numpy", "torch"), limits=limits, device="cuda")), limits)
    try:
        with pytest.raises(Lost, match=r"a worker did not start: .*exit code 70.*(CUDA|NVIDIA)"):
            pool.take()
    finally:
        pool.close()
