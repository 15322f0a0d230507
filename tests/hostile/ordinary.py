"""How to run a command as an ordinary user, from root: an unused uid, no group, no capability.

The interpreter often lives in a folder that only root can enter, such as /root. Then the command gets a
mount namespace of its own, in which such a folder holds nothing but the way to what is needed. Nothing is
copied, no mode is changed, and nothing of it is seen outside. Root calls `command`; what it returns runs
this file first, still as root, to make those mounts.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

UID = 65534  # nobody
MARK = "--enter"


class Unreachable(Exception):
    """An ordinary user cannot run here: the message says why and what to do."""


def closed(path: Path) -> Path | None:
    """The topmost folder on the way to `path` that others cannot enter, if there is one."""
    for folder in reversed([path, *path.parents]):
        if folder.is_dir() and not folder.stat().st_mode & 0o001:
            return folder
    return None


def needed() -> list[Path]:
    """What the grader reads of the machine, beyond the system's own."""
    repository = Path(__file__).resolve().parents[2]
    found = {Path(p).resolve() for p in (sys.base_prefix, sys.prefix, *sys.path) if p and Path(p).exists()}
    found |= {repository, Path(os.path.realpath(sys.executable)).parent}
    return sorted(path for path in found if not any(other in path.parents for other in found))


def command(argv: list[str]) -> list[str]:
    """`argv` for an ordinary user; raises Unreachable."""
    for tool in ("setpriv", "unshare", "mount"):
        if shutil.which(tool) is None:
            raise Unreachable(f"no {tool} here: install util-linux")
    drop = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "--inh-caps=-all"]
    drop += ["--bounding-set=-all", *argv]
    hidden = [path for path in needed() if closed(path) is not None]
    if not hidden:
        return drop
    private = ["unshare", "--mount", "--propagation", "private"]
    done = subprocess.run([*private, "true"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unreachable(
            f"{closed(hidden[0])} cannot be entered by an ordinary user, and {hidden[0]} is below it, "
            "and there are no mount namespaces here to lead around it: install Python outside of that "
            f"folder, or run with CAP_SYS_ADMIN ({done.stderr.strip()})"
        )
    return [*private, sys.executable, __file__, MARK, *map(str, hidden), MARK, *drop]


def enter(hidden: list[Path]) -> None:
    """Lead to `hidden` around closed folders; in a mount namespace of one's own, as root."""
    closed_folders: dict[Path, list[Path]] = {}
    for path in hidden:
        folder = closed(path)
        assert folder is not None
        closed_folders.setdefault(folder, []).append(path)
    for folder, paths in closed_folders.items():
        # Each is held open while a bare folder takes the place of the closed one, then bound to its old name.
        held = [(path, os.open(path, os.O_PATH | os.O_DIRECTORY)) for path in paths]
        mount("-t", "tmpfs", "-o", "mode=755,size=1m", "none", str(folder))
        for path, fd in held:
            path.mkdir(parents=True)
            mount("--bind", f"/proc/{os.getpid()}/fd/{fd}", str(path))
            os.close(fd)


def mount(*arguments: str) -> None:
    """As the command of that name; raises CalledProcessError."""
    subprocess.run(["mount", "--no-canonicalize", *arguments], check=True)


if __name__ == "__main__":
    first, *rest = sys.argv[1:]
    assert first == MARK
    end = rest.index(MARK)
    enter([Path(path) for path in rest[:end]])
    os.execvp(rest[end + 1], rest[end + 1 :])
