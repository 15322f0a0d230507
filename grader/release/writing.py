"""A bundle on the disk, byte for byte the same wherever it is made: folder, zip or repository."""

import os
import secrets
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Final

from grader.errors import InputError, MachineError, host_at_fault
from grader.release.bundle import Bundle

MOMENT: Final = (1980, 1, 1, 0, 0, 0)  # the first that a zip knows
SECONDS: Final = 315532800  # the same in UTC

_FILE_MODE: Final = 0o100644
_AUTHOR: Final = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (
        ("NAME", "dlgrade"),
        ("EMAIL", "dlgrade@localhost"),
        ("DATE", "1980-01-01T00:00:00Z"),
    )
}
_SETTINGS: Final = ("core.autocrlf=false", "core.fileMode=true", "commit.gpgSign=false", "gc.auto=0")
_ARCHIVES: Final = frozenset((".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar"))


def write(files: Bundle, dest: Path, *, git: bool) -> str:
    """The bundle at `dest`, which must not be there: a zip if it is called so, else a folder.

    With `git` the folder is a repository with one commit on `main`. Returns what was made, in words; raises
    InputError, and leaves nothing, where it cannot be made.
    """
    if os.path.lexists(dest):
        raise InputError(f"{str(dest)!r} is there, and nothing is overwritten: move it away, or name another")
    zipped = dest.suffix.lower() == ".zip"
    if not zipped and dest.suffix.lower() in _ARCHIVES:
        raise InputError(f"{dest.name!r}: of archives only a zip is written; call it so, or name a folder")
    if git and zipped:
        raise InputError("a repository is a folder: leave --git out, or name a folder")
    draft = dest.with_name(f".{dest.name[:60]}-{secrets.token_hex(6)}.tmp")
    try:
        dest.parent.mkdir(parents=True, exist_ok=True)
        if zipped:
            _zip(files, draft)
            made = "a zip"
        else:
            _folder(files, draft)
            made = f"a repository, commit {_commit(draft)[:12]}" if git else "a folder"
        draft.rename(dest)
    except OSError as e:
        raise host_at_fault(e) or InputError(
            f"{str(dest)!r} cannot be written: {(e.strerror or str(e)).lower()}; name another place"
        ) from e
    finally:
        if draft.is_dir():
            shutil.rmtree(draft, ignore_errors=True)
        else:
            draft.unlink(missing_ok=True)
    return made


def _zip(files: Bundle, path: Path) -> None:
    """Stored, not deflated: what a compressor makes differs from version to version."""
    with zipfile.ZipFile(path, "x", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(str(name), MOMENT)
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = _FILE_MODE << 16
            archive.writestr(entry, data)


def _folder(files: Bundle, root: Path) -> None:
    root.mkdir()
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(_FILE_MODE & 0o777)
        os.utime(path, (SECONDS, SECONDS))
    for folder in sorted((p for p in root.rglob("*") if p.is_dir()), reverse=True):
        folder.chmod(0o755)
        os.utime(folder, (SECONDS, SECONDS))
    root.chmod(0o755)
    os.utime(root, (SECONDS, SECONDS))


def _commit(root: Path) -> str:
    """Make the folder a repository; the commit's id, which hangs on its files alone."""
    _git(root, "init", "--quiet", "--template=", "--object-format=sha1", "--initial-branch=main")
    _git(root, "add", "--all", "--force")
    _git(root, "commit", "--quiet", "--no-verify", "--message=Release the exercises")
    return _git(root, "rev-parse", "HEAD").strip()


def _git(root: Path, *arguments: str) -> str:
    """What git says; nobody's settings, hooks or identity have a part in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    nobodys = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C", **_AUTHOR}
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *settings, *arguments],
            env={**kept, **nobodys},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except FileNotFoundError as e:
        raise MachineError("there is no git here: install it, or leave --git out") from e
    if done.returncode:
        raise MachineError(f"git {arguments[0]} failed: {done.stderr.strip()[:300]}")
    return done.stdout
