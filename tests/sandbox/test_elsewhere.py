"""The wall on other machines: for an ordinary user, and where namespaces are refused."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from grader.worker.seal import OTHERS

ROOT = Path(__file__).parents[2]
SECRETS = (
    f"open({str(ROOT / 'README.md')!r}).read()",
    f"open({str(ROOT / 'solutions/ex10_convolution/convolution.py')!r}).read()",
    "open('/etc/passwd').read()",
    f"open('/proc/{os.getpid()}/environ').read()",
    "__import__('pytest')",
    "__import__('socket').socket()",
    "os.fork()",
    f"os.kill({os.getpid()}, 0)",
    "open('/tmp/dlgrade-elsewhere', 'w').write('x')",
)
as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can become another user, or refuse for others"
)


def run(*command: str, flags: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """A command as it would run on another machine."""
    harness = [sys.executable, "-P", "-m", "tests.sandbox.elsewhere", *flags]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HOME": "/nonexistent",
        "GRADE_STATE": "/nonexistent",
    }
    return subprocess.run(
        [*harness, sys.executable, *command],
        env=environment, cwd="/", capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def probe(accept: str, *expressions: str, flags: tuple[str, ...]) -> dict[str, Any]:
    """What `probe.py` says there."""
    ended = run("-P", "-m", "tests.sandbox.probe", accept, *expressions, flags=flags)
    assert ended.returncode == 0, ended.stderr
    said: dict[str, Any] = json.loads(ended.stdout)
    return said


@as_root
@pytest.mark.parametrize(
    ("flags", "accept", "level"),
    [
        (("--ordinary",), "full", "full"),
        (("--refused",), "full", "full"),
        (("--ordinary", "--refused"), "reduced", "reduced"),
    ],
    ids=["ordinary user", "root without namespaces", "ordinary user without namespaces"],
)
def test_a_wall_stands(flags: tuple[str, ...], accept: str, level: str) -> None:
    """No secret is read, no process is reached, and NumPy works."""
    said = probe(accept, *SECRETS, "float(np.linalg.norm(np.ones(4)))", "1 + 1", flags=flags)

    assert said["level"] == level
    *secrets, norm, two = said["answers"]
    for expression, answer in zip(SECRETS[:-1], secrets[:-1], strict=True):
        assert answer.startswith("crashed"), (expression, answer)
    assert (norm, two) == ("2.0", "2")
    assert not Path("/tmp/dlgrade-elsewhere").exists()
    assert ("landlock" in said["layers"], "seccomp" in said["layers"]) == (True, True)


@as_root
def test_a_weaker_wall_has_to_be_accepted() -> None:
    """An ordinary user without namespaces is refused, and told why and what to do."""
    said = probe("full", flags=("--ordinary", "--refused"))

    assert "unshare: operation not permitted" in said["refused"]
    assert "grade doctor" in said["refused"]
    assert "GRADE_SANDBOX=reduced" in said["refused"]


@as_root
def test_the_record_says_what_is_missing() -> None:
    """Warnings of an ordinary user's record: no control group; of a refusing system's: which call."""
    ordinary = probe("full", flags=("--ordinary",))
    refused = probe("full", flags=("--refused",))

    assert any("cgroup" in warning for warning in ordinary["warnings"])
    assert any("unshare" in warning for warning in refused["warnings"])


@as_root
@pytest.mark.slow
def test_everything_else_holds_for_an_ordinary_user(tmp_path: Path) -> None:
    """The contract of sandboxes and the tests of the full wall, run by an ordinary user."""
    tmp_path.chmod(0o777)
    for folder in tmp_path.parents[:-1]:
        folder.chmod(folder.stat().st_mode | 0o005)

    pytest = ("-P", "-m", "pytest", "-q", "-p", "no:cacheprovider")
    where = ("--rootdir", str(ROOT), "-c", str(ROOT / "pyproject.toml"), f"--basetemp={tmp_path / 'base'}")
    tests = (str(ROOT / "tests/contract"), str(ROOT / "tests/sandbox/test_wall.py"))
    ended = run(*pytest, *where, *tests, flags=("--ordinary",))

    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-2000:]
    assert "passed" in ended.stdout


@as_root
def test_threads_are_limited_where_they_are_counted_with_others() -> None:
    """Else one submission takes all that its user may have, and no worker can be forked for the next."""
    said = probe("reduced", "__import__('resource').getrlimit(6)", flags=("--ordinary", "--refused"))

    soft, hard = eval(said["answers"][0], {})
    assert soft == hard
    assert 0 < hard < 64 + OTHERS + 1000  # that user has few processes
