"""Compares the submissions of a class in a child process, with limits on all that a file can take.

The files are text that students wrote. They are read by a lexer and never run; the child has bounds on time
and memory, and what it says is checked.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from grader.core.similar import Pair, Side, Similar
from grader.errors import EngineError, MachineError
from grader.similar.fingerprints import Found, Task

LEAST: Final = 0.6
"""Share of the one or the other that must be in common."""
MAX_TEXT: Final = 100_000  # characters of a file
MAX_FILES: Final = 5_000
TIME_S: Final = 180
MEMORY_MIB: Final = 3_072


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file of a student's."""

    student: str
    file: str
    text: str


def require() -> None:
    """EngineError where the extra is not installed."""
    if importlib.util.find_spec("copydetect") is None:
        raise EngineError(
            "--similar needs copydetect, which is not installed: pip install 'dlgrade[similar]'"
        )


def compare(
    documents: Sequence[Document], given: Sequence[str], *, cache: Path, time_s: int = TIME_S
) -> Similar:
    """What is alike in files of different students, beyond what all were `given`.

    Args:
        documents: of the class.
        given: the stubs.
        cache: a folder for what the comparing library keeps.
        time_s: for all of it; MachineError past it.
    """
    require()
    taken = [one for one in documents if len(one.text) <= MAX_TEXT][:MAX_FILES]
    plain = [_normal(one.text) for one in taken]
    whose = {student: place for place, student in enumerate(dict.fromkeys(one.student for one in taken))}
    task = Task(
        files=plain,
        owners=[whose[one.student] for one in taken],
        given=[_normal(text) for text in given],
        least=LEAST,
        cpu_s=time_s,
        memory_mib=MEMORY_MIB,
    )
    found = _run(task, cache, time_s)
    return Similar(
        pairs=[
            Pair(
                one=_side(taken[match.files[0]], plain[match.files[0]], match.shares[0], match.marked[0]),
                other=_side(taken[match.files[1]], plain[match.files[1]], match.shares[1], match.marked[1]),
            )
            for match in found.matches
        ],
        left_out=len(documents) - len(taken) + len(found.left_out),
    )


def _side(document: Document, text: str, share: float, marked: Sequence[tuple[int, int]]) -> Side:
    return Side(student=document.student, file=document.file, text=text, share=share, marked=marked)


def _normal(text: str) -> str:
    """As the lexer reads it: places in the one are places in the other."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").strip("\n") + "\n"


def _run(task: Task, cache: Path, time_s: int) -> Found:
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "0",  # fingerprints are chosen by hash: the same class, the same answer
        "OPENBLAS_NUM_THREADS": "1",
        "MPLBACKEND": "agg",  # copydetect imports matplotlib for pictures that nobody asks it for
        "MPLCONFIGDIR": str(cache / "matplotlib"),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "grader.similar.fingerprints"],
            input=msgspec.json.encode(task),
            env=environment,
            capture_output=True,
            timeout=time_s,
            check=False,
        )
    except subprocess.TimeoutExpired as e:
        raise MachineError(f"comparing {len(task.files)} files took more than {time_s} s") from e
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or [
            f"it ended with {done.returncode}"
        ]
        raise MachineError(f"comparing {len(task.files)} files failed: {last[0]}")
    try:
        return msgspec.json.decode(done.stdout, type=Found)
    except msgspec.MsgspecError as e:
        raise MachineError(f"comparing {len(task.files)} files failed: {e}") from e
