"""A Ray cluster of several nodes on this machine, in processes of its own.

    python -m tests.engines.nodes CPUS GPUS

prints its address, and serves until stdin ends. The head is there and has no CPU for slots; each line on
stdin starts a node (`add`) or kills the one that came last (`kill`) as a power cut would, and is answered by
a line.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

STORE = 80 * 2**20  # the least that Ray takes


@dataclass(frozen=True)
class Nodes:
    """A running cluster."""

    process: "subprocess.Popen[str]"
    address: str
    temporary: Path
    """What the nodes take for the system's temporary folder."""

    def add(self) -> None:
        """One more node."""
        self._ask("add")

    def kill(self) -> None:
        """The node that came last, with all of its processes."""
        self._ask("kill")

    def running(self, words: str) -> list[psutil.Process]:
        """Processes of its nodes in whose command line `words` stand."""
        return running(words, psutil.Process(self.process.pid))

    def _ask(self, what: str) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(what, file=self.process.stdin, flush=True)
        assert self.process.stdout.readline().strip() == "done"


def running(words: str, below: psutil.Process) -> list[psutil.Process]:
    """The processes that `below` has started in whose command line `words` stand."""
    found = []
    for process in below.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if words in " ".join(process.cmdline()):
                found.append(process)
    return found


@contextlib.contextmanager
def nodes(count: int, *, cpus: int = 1, gpus: int = 0) -> Iterator[Nodes]:
    """A cluster of so many nodes for slots; afterwards nothing of it is left."""
    # Not below pytest's: the path of a socket has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="dlgr-", dir="/tmp"))
    temporary = folder / "t"
    temporary.mkdir()
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "tests.engines.nodes", str(cpus), str(gpus)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=Path(__file__).parents[2],
            env={
                **os.environ,
                "TMPDIR": str(temporary),
                "RAY_TMPDIR": str(folder),
                "RAY_AUTH_MODE": "disabled",  # a token would be written into the user's home
                "RAY_USAGE_STATS_ENABLED": "0",
            },
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address, "the cluster did not start"
            found = Nodes(process, address, temporary)
            for _ in range(count):
                found.add()
            children = psutil.Process(process.pid).children(recursive=True)
            try:
                yield found
            finally:
                assert process.stdin is not None
                process.stdin.close()
                process.wait(60)
                _, alive = psutil.wait_procs(children, timeout=20)
                for child in alive:
                    child.kill()
    finally:
        shutil.rmtree(folder)


def serve(cpus: int, gpus: int) -> None:
    """Start the head, then do as stdin says."""
    from ray.cluster_utils import Cluster

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # Ray's own words
    cluster = Cluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": 0,
            "num_gpus": 0,
            "object_store_memory": STORE,
            "include_dashboard": False,
        },
    )
    print(cluster.address, file=answers, flush=True)
    workers = []
    for line in sys.stdin:
        if line.strip() == "add":
            workers.append(cluster.add_node(num_cpus=cpus, num_gpus=gpus, object_store_memory=STORE))
        else:
            cluster.remove_node(workers.pop(), allow_graceful=False)
        print("done", file=answers, flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
