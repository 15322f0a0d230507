"""The clean parent of all workers: started by exec with explicit arguments and environment.

It imports the allowed packages once, then forks a worker for each request. It never sees a student's
byte: the judge hands it the worker's end of a socket and of a pipe, and talks to the worker alone. It is
forked from nothing that has read a hidden suite, and it runs one thread.

    python -m grader.worker.forkserver FD CONFIG

FD is a SOCK_SEQPACKET socket of the judge's, CONFIG is JSON: `packages`, `limits`, `reply`, `wall`,
`temporary` (a folder), `forbidden` (globs, or None), `gpu_mib` (None: no GPU) and `rehearse` (rehearsal.py).
When it is ready it sends JSON: `versions`, `plan`, `layers`, `missing`; an empty plan means that no wall
stands here, and that it ends.

Without a `wall` it never gets there: it imports, and each request, the JSON of a wall with a socket, makes a
fork server of a fork of it, which first sends its pid i32 and [pidfd] there. So packages are imported once
for several, which share nothing that is written.

Requests to a fork server:

    S + [socket, pipe, files of its control group]
                         fork a worker             -> pid i32 (in the server's namespace), [pidfd]
    W + pid i32          reap the worker, wait     -> waitid's code i32 and status i32, its CPU seconds f64
    R + pid i32          reap the worker           -> nothing
"""

import contextlib
import errno
import fcntl
import gc
import importlib
import json
import os
import signal
import socket
import struct
import sys
import tempfile
from collections.abc import Sequence
from typing import Any, Final

from grader.worker import cuda, kernel, pages, seal, serve, uses, view, wire

PID: Final = struct.Struct("<i")
STATUS: Final = struct.Struct("<iid")
MOST_FILES: Final = 4  # with a request
MAX_WALL: Final = 2**16  # bytes of a request for a fork server
_HOME_PREFIX: Final = "dlgrade-view-"
HOME_MODE: Final = 0o1700
"""Of such a folder in use: locked then. If not, its fork server was killed, and launch.py removes it."""
ENTER: Final = b"0"  # to a control group's list of processes: whoever writes this

# Imported on a first call by numpy or by the standard library: here it costs once, there each time.
WARM: Final = {
    "numpy": (
        "numpy.linalg",
        "numpy.fft",
        "numpy.random",
        "numpy.lib.stride_tricks",
        "dataclasses",
        "typing",
        "math",
        "itertools",
        "functools",
        "collections",
        "heapq",
        "random",
        "abc",
        "copy",
        "enum",
        "traceback",
        "linecache",
        "tokenize",
        "__future__",
        "ast",
        "grader.worker.cells",
    ),
    "torch": (
        "torch.nn.functional",
        "torch.optim",
        "torch.utils.data",
        "torch.utils._python_dispatch",
        "torch.overrides",
        # By the first backward with a gradient: sympy, 0.4 s.
        "torch.fx.experimental.symbolic_shapes",
        # By the first optimiser and its first step: 0.9 s.
        "torch._dynamo",
        "torch.profiler._cupti_monitor",
        # By the first repr of a tensor.
        "torch._subclasses.schema_check_mode",
        "grader.worker.tensors",
        "grader.worker.operations",
    ),
}


def import_warm(package: str) -> None:
    """Import the package, and what it imports on first use."""
    for module in (package, *WARM.get(package, ())):
        importlib.import_module(module)


def _import_all(packages: Sequence[str], temporary: str) -> None:
    """Import what workers may use. Some packages read and write in their user's home as they are imported.

    As root that would be the home of whoever is called as the user in the view is. So they get an empty one,
    in the folder `temporary`, that is gone when they are imported.
    """
    kept = {name: os.environ[name] for name in ("HOME", "TMPDIR")}
    with tempfile.TemporaryDirectory(prefix=_HOME_PREFIX, dir=temporary) as home:
        held = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
        with contextlib.suppress(OSError):
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.fchmod(held, HOME_MODE)
        os.environ.update(dict.fromkeys(kept, home))
        for package in packages:
            import_warm(package)
        os.close(held)
    for name in [name for name, value in os.environ.items() if value.startswith(home)]:
        del os.environ[name]  # noted by a package: where its cache is
    os.environ.update(kept)
    tempfile.tempdir = None


class ForkServer:
    """Forks, and reaps what it forked."""

    def __init__(self, control: socket.socket, config: dict[str, Any], plan: seal.Plan) -> None:
        self.control = control
        self.plan = plan
        self.reply = wire.Limits(buffers=config["reply"])
        self.gpu_mib: int | None = config["gpu_mib"]
        self.rehearse: bool = config["rehearse"]
        self.children: set[int] = set()

    def run(self) -> None:
        """Serve requests until the judge hangs up."""
        while True:
            request, fds, flags, _ = socket.recv_fds(self.control, 64, MOST_FILES)
            if not request:
                break
            if request[:1] == b"S":
                if flags & socket.MSG_CTRUNC:  # the kernel drops those for which there is no room
                    raise OSError(errno.EMFILE, "the fork server may open no more files (ulimit -n)")
                self._spawn(*fds)
            else:
                (pid,) = PID.unpack(request[1:])
                status = self._reap(pid)
                if request[:1] == b"W":
                    self.control.send(STATUS.pack(*status))
        for pid in list(self.children):
            self._reap(pid)

    def _spawn(self, channel: int, output: int, *group: int) -> None:
        threads = len(os.listdir("/proc/self/task"))
        if threads != 1:  # a child of a process with threads can hang on a lock that nobody holds
            raise RuntimeError(f"{threads} threads before a fork")
        pid = self.plan.fork()
        if pid == 0:
            self._become_worker(channel, output, group)
        for fd in (channel, output, *group):
            os.close(fd)
        self.children.add(pid)
        pidfd = os.pidfd_open(pid)
        socket.send_fds(self.control, [PID.pack(pid)], [pidfd])
        os.close(pidfd)

    def _become_worker(self, channel: int, output: int, group: Sequence[int]) -> None:
        try:
            os.dup2(output, 1)
            os.dup2(output, 2)
            for fd in group:
                os.write(fd, ENTER)
                os.close(fd)
            os.dup2(channel, 3)
            self.plan.apply()
            sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
            sys.stderr = open(2, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
            serve.main(3, self.plan.layers, self.reply, self.gpu_mib, rehearsed=self.rehearse)
        except BaseException as e:  # noqa: BLE001 - the edge of this process: the judge reads why it ended
            with contextlib.suppress(OSError):
                os.write(2, f"worker: {e!r}\n".encode())
        finally:
            os._exit(70)

    def _reap(self, pid: int) -> tuple[int, int, float]:
        """Kill the worker with its group (it cannot have left it: seal.py); how it ended, as in STATUS."""
        if pid not in self.children:
            return 0, 0, 0.0
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):  # not yet the leader of its own group
            os.kill(pid, signal.SIGKILL)
        _, status, used = os.wait4(pid, 0)
        self.children.discard(pid)
        code = os.waitstatus_to_exitcode(status)
        cpu_s = used.ru_utime + used.ru_stime
        return (os.CLD_EXITED, code, cpu_s) if code >= 0 else (os.CLD_KILLED, -code, cpu_s)


def _first_use_of_torch() -> None:
    """What torch looks up once: the kind of CPU, while /proc is in view, and its kernels' own tables.

    Sizes are so small that no operator runs in parallel, and there is no backward: either would leave a
    second thread, and children of a process with threads can hang. `ForkServer` refuses to fork then.
    """
    import torch

    torch.backends.cpu.get_cpu_capability()
    with torch.no_grad():
        for dtype in (torch.float32, torch.float64):
            image, kernel = torch.ones(1, 1, 2, 2, dtype=dtype), torch.ones(1, 1, 1, 1, dtype=dtype)
            torch.nn.functional.conv2d(image, kernel)
            torch.linalg.inv(torch.eye(2, dtype=dtype) @ torch.eye(2, dtype=dtype))


def _reap_all(*_: object) -> None:
    """Fork servers that have ended. Their CPU time counts then, which it does not where they are ignored."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _forked(control: socket.socket) -> tuple[socket.socket, dict[str, Any]]:
    """The socket and the wall of a fork server; returns in each that is forked, and never in this process."""
    signal.signal(signal.SIGCHLD, _reap_all)
    while True:
        wall, fds, _, _ = socket.recv_fds(control, MAX_WALL, 1)
        if not wall:
            os._exit(0)
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            kernel.die_with_parent()
            control.close()
            server = socket.socket(fileno=fds[0])
            pidfd = os.pidfd_open(os.getpid())
            socket.send_fds(server, [PID.pack(os.getpid())], [pidfd])
            os.close(pidfd)
            found = json.loads(wall)
            os.chdir(found["place"])
            return server, found
        os.close(fds[0])


def main() -> None:
    """Import, freeze, serve."""
    gc.disable()  # until all is imported: nothing of it is garbage
    kernel.die_with_parent()
    control = socket.socket(fileno=int(sys.argv[1]))
    config = json.loads(sys.argv[2])
    _import_all(config["packages"], config["temporary"])
    if "torch" in config["packages"]:
        _first_use_of_torch()
    if config["forbidden"] is not None:
        uses.prepare(*config["forbidden"])
    view.preload()
    if config["gpu_mib"] is not None:  # then it has a wall of its own: a GPU is opened by one fork server
        if "torch" in config["packages"]:
            importlib.import_module("grader.worker.device")
        config["wall"]["cuda"] = cuda.profile(cuda.preload())
    if cuda.opened():  # by an import: no child could use CUDA
        raise RuntimeError("a package that was imported has opened a GPU before a fork")
    gc.freeze()
    if config["wall"] is None:
        pages.gather()  # half a second for torch: more than the few forks of one that judges alone would save
        control, config["wall"] = _forked(control)
    plan, missing = seal.choose(config)
    gc.freeze()
    gc.enable()
    hello = {
        "versions": {p: str(sys.modules[p].__version__) for p in config["packages"]},
        "plan": plan.name if plan else "",
        "layers": plan.layers if plan else [],
        "missing": {**missing, **(plan.missing if plan else {})},
    }
    control.send(json.dumps(hello).encode())
    if plan is not None:
        ForkServer(control, config, plan).run()


if __name__ == "__main__":
    # Ctrl-C at a terminal reaches the whole group; the judge decides when workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main()
    os._exit(0)  # its workers are gone: taking numpy down again would take 20 ms
