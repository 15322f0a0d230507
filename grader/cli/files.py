"""Files that commands write: whole or not at all."""

import contextlib
import os
import secrets
from pathlib import Path

from grader.errors import InputError


def write_whole(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """`data` at `path`, in place of what is there; InputError if it cannot be written."""
    draft = path.with_name(f".{path.name[:60]}-{secrets.token_hex(8)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as e:
        raise InputError(
            f"{str(path)!r} cannot be written: {(e.strerror or str(e)).lower()}; name another place"
        ) from e
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
