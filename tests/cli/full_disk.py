"""A disk that fills up, and is then given room again: for test_host.py, which mounts the disk.

    python -m tests.cli.full_disk STATE TEMPORARY SECRET FILE FREE_KIB

Submits FILE while FREE_KIB are free, and again with all of the room; prints how that went as JSON.
"""

import dataclasses
import json
import os
import shutil
import sys
from pathlib import Path

from tests.cli.disturbed import Place, Run


def told(run: Run) -> dict[str, object]:
    """A run as JSON takes it."""
    return {**dataclasses.asdict(run), "sessions": list(run.sessions), "judges": list(run.judges)}


def main() -> None:
    """See the module's docstring."""
    state, temporary, secret, file = map(Path, sys.argv[1:5])
    free_kib = int(sys.argv[5])
    place = Place(state, temporary)
    shutil.copy(secret, state)
    filler = place.state / "filler"
    room = os.statvfs(place.state)
    with filler.open("wb") as out:
        out.write(bytes(max(0, room.f_bavail * room.f_bsize - free_kib * 1024)))
    first = place.submit(file)
    filler.unlink()  # to read a book takes some room, too
    rows = place.book_is_whole()
    again = place.submit(file)
    place.nothing_is_left(first, again)
    drafts = [path.name for path in place.state.rglob("*.tmp")]
    print(json.dumps([told(first), told(again), rows, place.book_is_whole(), drafts]))


if __name__ == "__main__":
    main()
