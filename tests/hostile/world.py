"""Where the corpus is judged: a course with secrets planted all over, watched from outside.

One world for each kind of user: a copy of the course, its state with another student's work, a home, a
temporary folder. All belong to that user, as they would on a grader's machine. Each secret is a random
word; one that is found where it was not planted has leaked.
"""

import contextlib
import ctypes
import hashlib
import os
import platform
import secrets
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil

from tests.hostile import corpus

PORTS = range(47119, 47129)
"""On one of these listens the world on 127.0.0.1; attacks try them all."""
ABSTRACT = "\0dlgrade-hostile-listener"
SHARED = tuple(map(Path, ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run", "/")))
MQ_UNLINK = {"x86_64": 241, "aarch64": 181}[platform.machine()]
QUIET_S = 5.0  # until what was killed is gone


class World:
    """A course, its secrets, and what was there before."""

    def __init__(self, uid: int) -> None:
        """Everything in it belongs to `uid`."""
        self.uid = uid
        self.root = Path(tempfile.mkdtemp(prefix="dlgrade-hostile-world-", dir="/tmp"))
        self.root.chmod(0o755)
        self.course, self.state = self.root / "course", self.root / "state"
        self.home, self.temporary = self.root / "home", self.root / "temporary"
        self.canaries: dict[str, str] = {}
        self.listener = _Listener(self._canary("network"))
        self._plant()
        self._own(self.root)
        self._loose = Path("/tmp") / f"dlgrade-canary-{secrets.token_hex(4)}"
        self._loose.write_text(self._canary("temporary"))
        os.chown(self._loose, uid, uid)
        self._files = dict(self._mine())
        self._shared = set(_marked())
        self._objects = _ipc()
        self._processes = {p.pid for p in psutil.process_iter()}

    def close(self) -> None:
        """Take it down, with whatever an attack has left."""
        self.listener.close()
        shutil.rmtree(self.root, ignore_errors=True)
        self._loose.unlink(missing_ok=True)
        for path in set(_marked()) - self._shared:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    @property
    def environment(self) -> dict[str, str]:
        """Of whoever judges: it holds a secret of its own, one of them under a name that judges inherit."""
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "GRADE_STATE": str(self.state),
            "VIRTUAL_ENV": self._canary("environment"),
            "DLGRADE_TOKEN": self._canary("token"),
            "PYTHONPATH": str(corpus.HERE.parents[1]),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def leaks(self, text: str) -> list[str]:
        """Names of the secrets that `text` holds, as they are or in hexadecimal digits."""
        return [n for n, c in self.canaries.items() if c in text or c.encode().hex() in text]

    def changed(self) -> list[str]:
        """Files of the world, and of the folders that all share, that were made, changed or deleted."""
        now = dict(self._mine())
        own = [str(p) for p in self._files.keys() | now.keys() if self._files.get(p) != now.get(p)]
        return sorted(own + [str(path) for path in set(_marked()) - self._shared])

    def processes(self) -> list[str]:
        """Processes of the grader's or with our mark that were not there before; waits for those that end."""
        new = [p for p in psutil.process_iter() if p.pid not in self._processes and _ours(p)]
        _, left = psutil.wait_procs(new, timeout=QUIET_S)
        return [f"{p.pid} {_words(p)}" for p in left]

    def objects(self) -> list[str]:
        """System V objects that were not there before."""
        return sorted(_ipc() - self._objects)

    def _plant(self) -> None:
        shutil.copytree(corpus.COURSE, self.course)
        solutions = self.course / "solutions" / "ex91_target"
        for path, kind in (
            (solutions / "hidden" / "test_target.py", "suite"),
            (solutions / "target.py", "reference"),
        ):
            path.write_text(f'{path.read_text()}\n\nKEY = "{self._canary(kind)}"\n')
        (solutions / "hidden" / "answers.txt").write_text(self._canary("answers"))
        secret = self.state / "secret"
        secret.parent.mkdir(mode=0o700)
        secret.write_text(self._canary("secret"))
        secret.chmod(0o600)
        (self.state / "grades.db").write_text(self._canary("gradebook"))
        other = self.state / "submissions" / "another_student"
        other.mkdir(parents=True)
        (other / "target.py").write_text(f"# {self._canary('student')}\n")
        self.home.mkdir()
        (self.home / ".netrc").write_text(self._canary("home"))
        self.temporary.mkdir()
        (self.temporary / "notes.txt").write_text(self._canary("notes"))

    def _canary(self, kind: str) -> str:
        """A secret of 32 characters at most; a course's own has 32 bytes."""
        return self.canaries.setdefault(kind, f"CANARY-{kind}-{secrets.token_hex(9)}"[:32].ljust(32, "0"))

    def _own(self, top: Path) -> None:
        for path in (top, *top.rglob("*")):
            os.chown(path, self.uid, self.uid)

    def _mine(self) -> Iterator[tuple[Path, str]]:
        """Each file and folder with what is in it, but the judge's own caches."""
        cache = self.state / "cache"
        for path in self.root.rglob("*"):
            if path == cache or cache in path.parents:
                continue
            if path.is_symlink():
                yield path, f"link to {os.readlink(path)}"
            elif path.is_file():
                yield path, hashlib.sha256(path.read_bytes()).hexdigest()
            else:
                yield path, "folder"


class _Listener:
    """Sockets that nobody is to reach; whoever does is told a secret, and is counted."""

    def __init__(self, secret: str) -> None:
        self.reached: list[str] = []
        self._secret = secret
        self._sockets = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)]
        with contextlib.suppress(OSError):  # the other kind of user's world has it
            self._sockets[0].bind(ABSTRACT)
        for port in PORTS:
            tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self._sockets.append(tcp)
            try:
                tcp.bind(("127.0.0.1", port))
                break
            except OSError:
                continue
        self._end, theirs = socket.socketpair()
        self._sockets.append(theirs)
        for one in self._sockets[:-1]:
            with contextlib.suppress(OSError):
                one.listen()
                threading.Thread(target=self._answer, args=(one,), daemon=True).start()

    def _answer(self, one: socket.socket) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                connection, _ = one.accept()
                with connection:
                    connection.settimeout(1)
                    connection.sendall(self._secret.encode())
                    said = connection.recv(200).decode(errors="replace")
                    self.reached.append(f"{one.family.name}: {said}")

    def close(self) -> None:
        """Stop listening."""
        for one in (*self._sockets, self._end):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)  # wakes whoever waits in accept
            one.close()


def _marked() -> Iterator[Path]:
    """Whatever bears our mark in folders that all share, and where Python looks for modules."""
    library = Path(np.__file__).parent
    folders = {*SHARED, *map(Path, filter(None, sys.path)), *_installed(), library, library / "__pycache__"}
    for folder in sorted(folders):
        with contextlib.suppress(OSError):
            yield from (folder / name for name in os.listdir(folder) if corpus.MARK in name)


def _installed() -> Iterator[Path]:
    """Where an installation can be changed."""
    yield from (corpus.HERE.parents[1], Path(sys.prefix), Path(sys.base_prefix), Path.home())


def _ipc() -> set[str]:
    """System V objects, kind, key and id; and whether there was a queue with our mark, which is removed."""
    found: set[str] = set()
    for kind in ("shm", "sem", "msg"):
        lines = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()[1:]
        found |= {f"{kind} {' '.join(line.split()[:2])}" for line in lines}
    if ctypes.CDLL(None).syscall(MQ_UNLINK, f"{corpus.MARK}-mq".encode()) == 0:
        found.add("POSIX message queue")
    return found


def _words(process: psutil.Process) -> str:
    try:
        return " ".join([process.name(), *process.cmdline()])
    except psutil.Error:
        return ""


def _ours(process: psutil.Process) -> bool:
    words = _words(process)
    return corpus.MARK in words or (sys.executable in words and "grader." in words)
