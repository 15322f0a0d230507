"""The watch over the corpus sees what it is there to see."""

import ctypes
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.hostile import corpus, ordinary
from tests.hostile import world as worlds
from tests.hostile.world import World

OWN = f"\0dlgrade-hostile-listener-{os.getpid()}"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world in which nothing has happened yet; those of the attacks may still listen."""
    monkeypatch.setattr(worlds, "ABSTRACT", OWN)
    world = World(os.geteuid())
    yield world
    world.close()


def test_a_quiet_world_has_nothing_to_tell(world):
    """What is there from the start is no finding."""
    assert (world.changed(), world.processes(), world.objects(), world.listener.reached) == ([], [], [], [])
    assert world.leaks("CANARY-secret-0123") == []


def test_a_secret_is_found_in_any_spelling(world):
    """As it is, and in hexadecimal digits."""
    secret = world.canaries["secret"]

    assert (world.state / "secret").read_bytes() == secret.encode()
    assert len(secret) == 32
    assert world.leaks(f"x{secret}x") == ["secret"]
    assert world.leaks(repr(secret.encode().hex())) == ["secret"]


def test_every_secret_is_one_of_its_own(world):
    """A leak names its source."""
    assert len(set(world.canaries.values())) == len(world.canaries) >= 10


@pytest.mark.parametrize("change", ["edit", "delete", "make", "link"])
def test_a_changed_file_is_seen(world, change):
    """In the state of the course."""
    grades = world.state / "grades.db"
    {
        "edit": lambda: grades.write_text("100"),
        "delete": grades.unlink,
        "make": (world.home / "new").touch,
        "link": lambda: (world.home / "link").symlink_to(grades),
    }[change]()

    assert len(world.changed()) == 1


def test_a_file_that_is_left_is_seen_and_removed(world, tmp_path):
    """In a folder that all share."""
    left = f"/dev/shm/{corpus.MARK}-self-test"
    with open(left, "w"):
        pass

    assert left in world.changed()
    world.close()
    assert not os.path.exists(left)


def test_a_process_that_is_left_is_seen(world, monkeypatch):
    """One with our mark among its arguments."""
    monkeypatch.setattr("tests.hostile.world.QUIET_S", 0.1)
    code = "import time; print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, corpus.MARK], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = world.processes()
        process.kill()

    assert [line.split()[0] for line in found] == [str(process.pid)]


def test_an_object_that_is_left_is_seen(world):
    """Shared memory of System V."""
    libc = ctypes.CDLL(None)
    ident = libc.shmget(0x5EED0001, 4096, 0o1600)
    try:
        assert len(world.objects()) == 1
    finally:
        libc.shmctl(ident, 0, None)


def test_whoever_connects_is_told_a_secret_and_counted(world):
    """By an abstract name; the same holds for ports."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(OWN)
        connection.sendall(b"who")
        told = connection.recv(100).decode()

    assert world.leaks(told) == ["network"]
    end = time.monotonic() + 5
    while not world.listener.reached and time.monotonic() < end:
        time.sleep(0.01)
    assert world.listener.reached == ["AF_UNIX: who"]


def test_the_topmost_closed_folder_is_found(tmp_path):
    """The one that is to be led around."""
    inner = tmp_path / "open" / "closed" / "inner" / "closed"
    inner.mkdir(parents=True)
    for folder in (tmp_path, tmp_path / "open", tmp_path / "open" / "closed" / "inner"):
        folder.chmod(0o755)
    for folder in (inner, inner.parent.parent):
        folder.chmod(0o700)

    found = ordinary.closed(inner)

    # pytest's own folders for temporary files may be closed already.
    assert found is not None
    assert found in (inner.parent.parent, *tmp_path.parents)


def test_without_the_tools_it_says_what_to_install(monkeypatch):
    """An ordinary user is never quietly left out."""
    monkeypatch.setattr("shutil.which", lambda name: None)

    with pytest.raises(ordinary.Unreachable, match="install util-linux"):
        ordinary.command(["true"])
