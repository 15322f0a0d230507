"""Folders of new files, and additions to files that are there: all of it or nothing.

Files are made beside their place and moved there, and what was made is taken back where something fails.
"""

import contextlib
import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from grader.errors import InputError, host_at_fault


def write_trees(
    root: Path, trees: Mapping[Path, Mapping[str, str | bytes]], ends: Mapping[Path, str]
) -> None:
    """Make the folders of `trees` and put `ends` to the ends of files, or leave everything as it was."""
    with ExitStack() as undo:
        try:
            for target, files in trees.items():
                _make_folder(target.parent, undo)
                draft = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
                draft.mkdir()
                undo.callback(_remove, draft, target)
                for name, text in files.items():
                    (draft / name).parent.mkdir(parents=True, exist_ok=True)
                    (draft / name).write_bytes(text.encode() if isinstance(text, str) else text)
                draft.rename(target)
            for path, text in ends.items():
                _append(path, text, undo)
        except OSError as e:
            where = e.filename or str(root)
            raise host_at_fault(e) or InputError(
                f"{str(where)!r} cannot be written: {(e.strerror or str(e)).lower()}; nothing was changed"
            ) from e
        undo.pop_all()


def _make_folder(path: Path, undo: ExitStack) -> None:
    """Make a folder and those above it; what was there stays."""
    if not path.is_dir():
        _make_folder(path.parent, undo)
        path.mkdir()
        undo.callback(_remove_empty, path)


def _remove_empty(path: Path) -> None:
    with contextlib.suppress(OSError):  # somebody else has put something there
        path.rmdir()


def _remove(draft: Path, target: Path) -> None:
    """Take back a folder, whether it had reached its place or not."""
    shutil.rmtree(draft if draft.exists() else target)


def _append(path: Path, text: str, undo: ExitStack) -> None:
    """Put `text` to the end of a file that may not be there."""
    size = path.stat().st_size if path.exists() else None

    def back() -> None:
        if size is None:
            path.unlink(missing_ok=True)
        else:
            os.truncate(path, size)

    with path.open("xb" if size is None else "ab") as file:
        undo.callback(back)
        file.write(text.encode())
